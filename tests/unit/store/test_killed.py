"""Killed at a write to the disk, whatever was under way: the library is whole, and it goes on.

`tests/bench/kill*.py` kill the program at moments; here every write can be tried.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dying import DEEDS
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb import paths
from desktop_kb.settings import Settings
from desktop_kb.store import restore

HERE = Path(__file__).parent
OLD = HERE.parents[1] / "data" / "library-1.zip"
WORDS = {"bees": "bees.txt", "whales": "whales.txt", "foxes": "foxes.pdf", "蜜蜂": "zh.md"}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """A folder with a library of now (False), and one with a library of the first version (True)."""
    folder = tmp_path_factory.mktemp("template")
    bench = Bench(folder, FakeEmbedder(), Settings())
    files = [
        bench.file("bees.txt", "Bees dance in the hive. " * 30),
        bench.file("whales.txt", "Whales sing. " * 30),
        bench.file("foxes.pdf", "Foxes run in the forest. " * 30),
        bench.file("zh.md", "蜜蜂在公园里跳舞。" * 9),
    ]
    bench.run(*files, tags=("kept",))
    bench.store.close()
    old = tmp_path_factory.mktemp("old")
    restore(OLD, paths.library(old / "library"))
    return {False: folder, True: old}


def _killed(folder: Path, what: str, write: int) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(HERE), str(HERE.parent), *sys.path])
    return subprocess.run(
        [sys.executable, str(HERE / "dying.py"), str(folder), what, str(write)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def _look(folder: Path, what: str) -> None:
    """Nothing is lost and nothing is half, at once and after what was begun was finished."""
    bench = Bench(folder, FakeEmbedder(DEEDS[what][0]), Settings())
    assert bench.sound()
    bench.work_off()
    documents = [*bench.store.documents.find(), *bench.store.documents.find(removed=True)]
    assert bench.sound()
    if what == "upgrade":
        assert len(documents) == 5
        assert bench.found("bees", mode="words") == ["bees.txt"]
    else:
        assert [document.tags for document in documents] == [("kept",)] * 4
        for document in bench.store.documents.find(removed=True):
            bench.run(*bench.store.documents.restore(document.document), kind="read")
        for word, name in WORDS.items():
            assert bench.found(word, mode="words") == [name]
        assert bench.search("bees dance").hits[0].why.meaning is not None
        assert bench.sound()
    bench.store.close()


def _try(templates: dict[bool, Path], tmp_path: Path, what: str, most: int) -> int:
    """Kill at up to so many writes, evenly; returns how many there were."""
    template = templates[what == "upgrade"]
    whole = tmp_path / "whole"
    shutil.copytree(template, whole)
    done = _killed(whole, what, 0)
    assert done.returncode == 0, done.stderr
    _look(whole, what)
    writes = int(done.stdout)
    tried = sorted({1 + writes * part // (most + 1) for part in range(1, most + 1)})
    for write in tried:
        folder = tmp_path / f"at-{write}"
        shutil.copytree(template, folder)
        killed = _killed(folder, what, write)
        assert killed.returncode == 9, killed.stderr
        _look(folder, what)
        shutil.rmtree(folder)
    return len(tried)


@pytest.mark.parametrize("what", DEEDS)
def test_killed_half_way(templates: dict[bool, Path], tmp_path: Path, what: str) -> None:
    assert _try(templates, tmp_path, what, 1) == 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("what", DEEDS)
def test_killed_at_many_writes(templates: dict[bool, Path], tmp_path: Path, what: str) -> None:
    assert _try(templates, tmp_path, what, 60) > 20
