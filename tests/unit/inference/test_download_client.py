"""Installing from the hub, with a server on this machine in its place and no way to any other."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from asked import Tiny
from hub_server import REVISION, Hub, serving

from desktop_kb import paths
from desktop_kb.errors import Cancelled, ModelProblem, Problem
from desktop_kb.inference import catalogue, download_client, installed
from desktop_kb.inference.installed import find

#: Refuses, in a child, every connection but to this machine, and writes down what was tried.
GUARD = """
import os, sys
def guard(event, args):
    host = {"socket.connect": lambda: args[1][0], "socket.getaddrinfo": lambda: args[0]}.get(event, lambda: None)()
    if isinstance(host, (str, bytes)) and host not in ("127.0.0.1", "localhost", b"127.0.0.1", None):
        with open(os.environ["GUARD_LOG"], "a") as log:
            print(host, file=log)
        raise OSError("not on this machine: %s" % host)
sys.addaudithook(guard)
"""


@pytest.fixture
def hub(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    paths_before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(tmp_path / "guard"), paths_before))))
    monkeypatch.setenv("GUARD_LOG", str(tmp_path / "hosts"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download_client, "_POLL_S", 0.01)
    root = tmp_path / "hub"
    shutil.copytree(tiny.root, root)
    with serving(root) as server:
        yield server
    assert not (tmp_path / "hosts").exists()


def install(hub: Hub, name: str = "BAAI/bge-m3", **options: Any) -> installed.Installed:
    return download_client.install(name, hub.address, **options)


def left() -> list[str]:
    return sorted(path.name for path in paths.models_dir().iterdir())


def test_a_model_is_fetched_checked_and_pinned(hub: Hub) -> None:
    steps: list[tuple[int, int]] = []
    found = install(hub, progress=lambda done, total: steps.append((done, total)))
    assert find("BAAI/bge-m3") == found
    assert (found.model.id, found.model.revision, found.model.pooling) == ("BAAI/bge-m3", REVISION, "cls")
    assert left() == ["BAAI--bge-m3"]
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1] == sum(
        path.stat().st_size for path in (hub.root / "bge-m3").rglob("*") if path.is_file()
    )  # fmt: skip
    assert not any("README" in path for path, _ in hub.asked)  # there is none; nothing is guessed


def test_only_what_a_model_is_made_of_is_fetched(hub: Hub) -> None:
    folder = hub.root / "bge-m3"
    for name in (
        "pytorch_model.bin",
        "onnx/model.onnx",
        "modeling.py",
        "model.fp16.safetensors",
        "imgs/a.jpg",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x" * 1000)
    install(hub)
    fetched = {path.partition(f"{REVISION}/")[2] for path, _ in hub.asked} - {""}
    assert fetched == {
        "1_Pooling/config.json",
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }


def downloader() -> psutil.Process:
    (child,) = (c for c in psutil.Process().children() if c.cmdline()[-2:] == ["--worker", "download"])
    return child


def interrupted(hub: Hub, **options: Any) -> list[Exception]:
    """Install in a thread until the server stalls in the midst of the weights; kill what downloads."""
    problems: list[Exception] = []

    def run() -> None:
        try:
            install(hub, **options)
        except Exception as problem:
            problems.append(problem)

    hub.stalls_at = (hub.root / "bge-m3" / "model.safetensors").stat().st_size * 3 // 4
    thread = threading.Thread(target=run)
    thread.start()
    assert hub.stalled.wait(120)
    part = paths.models_dir() / f".download-BAAI--bge-m3@{REVISION[:12]}" / "model.safetensors.part"
    deadline = time.monotonic() + 120
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if "cancelled" in options:
        options["cancelled"].set()
    else:
        downloader().kill()
    thread.join(120)
    hub.stalls_at = None
    hub.go_on.set()
    return problems


def test_a_killed_download_goes_on_where_it_stopped(hub: Hub) -> None:
    (problem,) = interrupted(hub)
    assert isinstance(problem, Problem)
    assert problem.code == "download-failed"
    assert installed.installed()[len(catalogue.EMBEDDED) :] == []
    hub.asked.clear()
    install(hub)
    ranges = {path.rpartition("/")[2]: asked for path, asked in hub.asked}
    assert list(ranges) == ["bge-m3", "model.safetensors"]  # the small files were there
    assert left() == ["BAAI--bge-m3"]
    start = int(ranges["model.safetensors"].removeprefix("bytes=").partition("-")[0] or 0)
    assert start > 0


def test_cancelling_leaves_nothing(hub: Hub) -> None:
    cancelled = threading.Event()
    (problem,) = interrupted(hub, cancelled=cancelled)
    assert isinstance(problem, Cancelled)
    assert left() == []


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_file_that_is_not_as_the_hub_says(hub: Hub, name: str) -> None:
    hub.lies.add(name)
    with pytest.raises(Problem) as refused:
        install(hub)
    assert (refused.value.code, refused.value.details) == ("model-damaged", {"name": name})
    assert find("bge-m3") is None
    hub.lies.clear()
    assert install(hub).model.id == "BAAI/bge-m3"


def test_what_cannot_be_fetched_is_said(hub: Hub) -> None:
    with pytest.raises(Problem, match=r"no-such-model.* name='BAAI/nothing'"):
        install(hub, "BAAI/nothing")
    with pytest.raises(Problem, match=r"no-such-model.* name='\.\./x y'"):
        install(hub, "../x y")
    (hub.root / "bge-m3" / "model.safetensors").rename(hub.root / "bge-m3" / "pytorch_model.bin")
    with pytest.raises(ModelProblem) as refused:
        install(hub)
    assert refused.value.code == "model-pickle"
    assert not any("resolve" in path for path, _ in hub.asked)
    hub.shutdown()
    hub.server_close()
    with pytest.raises(Problem, match="unreachable"):
        install(hub)
    assert left() == []


@pytest.mark.parametrize(
    "says",
    [
        {"sha": "/../../../x"},
        {"sha": ["c0ffee00"]},
        {"sha": None},
        {"siblings": [{"rfilename": "model.safetensors", "size": "much", "blobId": "a"}]},
        {"siblings": [{"rfilename": "C:x.json", "size": 1}, {"rfilename": "model.safetensors", "size": 1}]},
        {"siblings": [{"rfilename": "../x/config.json", "size": 1}, {"rfilename": "model.safetensors"}]},
        {"siblings": 7},
        {"id": 7, "siblings": [{"rfilename": None}]},
    ],
)
def test_a_hub_that_cannot_be_trusted_names_no_place_of_ours(hub: Hub, says: dict[str, Any]) -> None:
    hub.says = says
    with pytest.raises(Problem):
        install(hub)
    assert set(left()) <= {f".download-BAAI--bge-m3@{REVISION[:12]}"}
    assert [path.name for path in paths.models_dir().parent.iterdir()] == ["models"]


def test_an_answer_that_is_longer_than_it_should_be_is_not_written(hub: Hub) -> None:
    hub.more = 300_000
    sizes = {p.name: p.stat().st_size for p in (hub.root / "bge-m3").rglob("*") if p.is_file()}
    with pytest.raises(Problem) as refused:
        install(hub)
    assert refused.value.code == "download-failed"
    kept = [p for p in paths.models_dir().rglob("*") if p.is_file()]
    assert all(p.stat().st_size <= sizes[p.name.removesuffix(".part")] for p in kept)
    hub.more = 0
    assert install(hub).model.id == "BAAI/bge-m3"


def test_a_full_disk_is_said_before_anything_is_fetched(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(paths.models_dir())
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=2**20))
    with pytest.raises(Problem) as refused:
        install(hub)
    assert refused.value.code == "no-room"
    assert not any("resolve" in path for path, _ in hub.asked)


def test_a_disk_that_fills_up_meanwhile(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from desktop_kb.inference import download_worker
    from desktop_kb.worker import Message

    def full(url: str, file: Any, **_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download_worker, "http_get", full)
    file = {"name": "config.json", "size": 3, "sha256": None, "git": ""}
    header = {"repo": "a/b", "revision": "c", "endpoint": hub.address, "file": file}
    with pytest.raises(Problem) as failed:
        download_worker.fetch(Message({**header, "target": str(tmp_path / "config.json")}))
    assert failed.value.code == "disk-full"


def test_a_server_that_sends_elsewhere_is_held_back_by_the_guard(hub: Hub, tmp_path: Path) -> None:
    """The guard of these tests works: another host is refused, and the attempt is seen."""
    with pytest.raises(Problem, match="unreachable"):
        download_client.install("BAAI/bge-m3", "http://192.0.2.1:9")
    assert (tmp_path / "hosts").read_text().split() == ["192.0.2.1"]
    (tmp_path / "hosts").unlink()
