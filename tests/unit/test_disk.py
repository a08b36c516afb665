"""The disk is full, goes away and comes back, or the clock is wrong: a sentence, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder, fake_parts
from full_disk import FullDisk
from workbench import Bench, until

from desktop_kb.errors import StorageProblem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import JobOptions, QueuePaused
from desktop_kb.settings import Settings

LONG = " ".join(f"Sentence number{i} speaks of topic{i // 7} and of nothing else." for i in range(60))


@pytest.fixture
def disk() -> Iterator[FullDisk]:
    one = FullDisk()
    yield one
    one.unregister()


def _started(folder: Path) -> Path:
    """A library with a document, and files that are to be added."""
    folder.mkdir()
    bench = Bench(folder, FakeEmbedder(), Settings())
    bench.run(bench.file("old.txt", "Bees dance in the hive."), tags=("kept",))
    bench.store.close()
    bench.file("new.txt", f"Whales sing. {LONG}")
    bench.file("new.pdf", "Foxes run in the forest.")
    return folder


def _add(bench: Bench) -> None:
    files = [str(bench.folder / name) for name in ("new.txt", "new.pdf", "old.txt")]
    bench.store.queue.enqueue(files, JobOptions(tags=("new",)))
    bench.work_off()


def _full_after(disk: FullDisk, folder: Path, writes: int) -> bool:
    """An `add` on a disk that takes so many more writes; whether it got through. Then there is space
    again, and all must be there."""
    bench = Bench(folder, FakeEmbedder(), Settings())
    disk.left = writes
    try:
        _add(bench)
        done, code = True, "disk-full"
    except StorageProblem as problem:
        done, code = False, problem.code
    assert code == "disk-full"
    # What is there is found, full or not.
    assert bench.found("bees", mode="words") == ["old.txt"]
    assert bench.sound()
    disk.left = None
    bench.ingest.start()
    _add(bench)
    assert bench.found("bees", mode="words") == ["old.txt"]
    assert bench.found("whales", mode="words") == ["new.txt"]
    assert bench.found("foxes", mode="words") == ["new.pdf"]
    assert {document.tags for document in bench.store.documents.find()} == {("kept", "new"), ("new",)}
    assert bench.sound()
    bench.store.close()
    return done


def _try_points(disk: FullDisk, tmp_path: Path, step: int) -> int:
    template = _started(tmp_path / "template")
    points = 0
    while True:
        folder = tmp_path / "trial"
        shutil.copytree(template, folder)
        done = _full_after(disk, folder, points * step)
        shutil.rmtree(folder)
        points += 1
        if done:
            return points


def test_a_disk_full_at_some_writes_of_an_add(disk: FullDisk, tmp_path: Path) -> None:
    assert _try_points(disk, tmp_path, 9) > 5


@pytest.mark.slow
def test_a_disk_full_at_every_write_of_an_add(disk: FullDisk, tmp_path: Path) -> None:
    assert _try_points(disk, tmp_path, 1) > 50


def test_a_disk_full_while_a_backup_is_made(bench: Any, disk: FullDisk, tmp_path: Path) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    disk.left = 1
    with pytest.raises(StorageProblem) as caught:
        bench.store.back_up(tmp_path / "saved.zip")
    assert caught.value.code == "not-written"
    disk.left = None
    assert not list(tmp_path.glob("*saved*")) + list(tmp_path.glob(".backup*"))
    assert bench.sound()


def test_a_disk_too_full_to_compact_the_library_leaves_it_as_it_is(
    disk: FullDisk, bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    disk.left = 1
    with caplog.at_level("INFO"):
        bench.store._compact()
    disk.left = None
    assert "not compacted: disk-full" in caplog.text
    assert bench.sound()
    assert bench.found("bees") == ["a.txt"]


# --- a disk that goes and comes back ---------------------------------------------------------


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    one = KnowledgeBase(tmp_path / "library", parts=fake_parts(FakeEmbedder(), retry=0.05))
    yield one
    one.close()


@pytest.mark.skipif(os.name == "nt", reason="a folder keeps its name there while a file in it is open")
@pytest.mark.parametrize("back", ["the same", "a copy"])
def test_a_library_that_goes_and_comes_back_goes_on_by_itself(
    kb: KnowledgeBase, tmp_path: Path, back: str
) -> None:
    (tmp_path / "a.txt").write_text("Bees dance.")
    (tmp_path / "b.txt").write_text("Whales sing.")
    list(kb.follow(kb.add([tmp_path / "a.txt"])))
    until(lambda: not kb._store.lock.held)
    told: list[QueuePaused] = []
    kb.subscribe(lambda event: told.append(event) if isinstance(event, QueuePaused) else None)
    kb.pause()
    batch = kb.add([tmp_path / "b.txt"])
    (tmp_path / "library").rename(tmp_path / "away")
    kb.resume()
    until(lambda: told)
    assert told[0].problem.code == "library-gone"
    time.sleep(0.3)  # it tries again, and says so once
    assert len(told) == 1
    with pytest.raises(StorageProblem) as caught:
        kb.tag(["any"], ["t"])
    assert caught.value.code == "library-gone"
    if back == "the same":
        (tmp_path / "away").rename(tmp_path / "library")
    else:
        shutil.copytree(tmp_path / "away", tmp_path / "library")
    until(lambda: kb._store._database._presence.holds())
    until(lambda: not kb.status().waiting)
    assert [report.status for report in kb.follow(batch)] == ["indexed"]
    assert kb.search("whales").hits[0].shown == "Whales sing."
    assert all(check.ok for check in kb.doctor() if check.name != "model")
    kb.close()
    with KnowledgeBase(tmp_path / "library", parts=fake_parts(FakeEmbedder())) as again:
        assert len(again.documents()) == 2


def test_a_copy_under_way_is_not_opened(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Bees dance.")
    list(kb.follow(kb.add([tmp_path / "a.txt"])))
    until(lambda: not kb._store.lock.held)
    library, away = tmp_path / "library", tmp_path / "away"
    library.rename(away)
    database = (away / "library.sqlite").read_bytes()
    library.mkdir()
    for part in range(4):  # for longer than a copy must have been left alone
        (library / "library.sqlite").write_bytes(database[: len(database) * part // 4])
        time.sleep(0.7)
        with pytest.raises(StorageProblem, match="library-gone"):
            kb.documents()
    assert sorted(path.name for path in library.iterdir() if "wal" in path.name or "shm" in path.name) == []
    shutil.rmtree(library)
    away.rename(library)
    assert len(kb.documents()) == 1


def test_a_full_disk_that_has_space_again_goes_on_by_itself(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    full.set()
    write = kb._store.index.put

    def put(incoming: Any, **rest: Any) -> bool:
        if full.is_set():
            raise StorageProblem("disk-full")
        return write(incoming, **rest)

    monkeypatch.setattr(kb._store.index, "put", put)
    (tmp_path / "a.txt").write_text("Bees dance.")
    batch = kb.add([tmp_path / "a.txt"])
    with pytest.raises(StorageProblem):
        list(kb.follow(batch))
    assert kb.status().waiting == 1
    full.clear()
    until(lambda: not kb.status().waiting)
    assert [hit.shown for hit in kb.search("bees").hits] == ["Bees dance."]


def test_a_clock_that_goes_backwards_loses_nothing(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every moment is an hour before the last; files are older than what was read of them."""
    moments = iter(f"20{year}-01-01T00:00:00+00:00" for year in range(98, 9, -1))
    for module in ("queue", "placing", "parts", "generations", "trash"):
        monkeypatch.setattr(f"desktop_kb.store.{module}.now", lambda: next(moments))
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path, tags=("kept",))
    (document,) = bench.store.documents.find()
    bench.store.documents.remove([document.document])
    bench.store.purge(30)
    bench.run(*bench.store.documents.restore(document.document), kind="read")
    bench.file("a.txt", "Whales sing.")
    os.utime(path, (1, 1))
    assert bench.run(path)[0].status == "updated"
    bench.store.queue.recover()
    assert bench.found("whales tag:kept") == ["a.txt"]
    assert bench.sound()
