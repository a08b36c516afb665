"""Adding files, and the indexing thread: pausing, going on, and building what a new model needs."""

from __future__ import annotations

import os
import random
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder, fake_parts, holding
from workbench import text_file, until

from desktop_kb import choice, paths
from desktop_kb.errors import ModelProblem, StorageProblem
from desktop_kb.extract import VERSION
from desktop_kb.files import sha256
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Finding, QueuePaused
from desktop_kb.settings import save


def test_one_entry_that_cannot_be_read_does_not_end_adding(
    open_kb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "notes"
    (folder / "locked").mkdir(parents=True)
    (tmp_path / "else").mkdir()
    for name in ("a.txt", "kept out.txt", "z.txt"):
        (folder / name).write_text(f"Bees dance in {name}.", encoding="utf-8")
    links = {"link": ("skipped", "linked-circle"), "gone.txt": ("skipped", "broken-link")}
    if os.name == "posix":  # elsewhere they need a right
        (folder / "link").symlink_to(folder, target_is_directory=True)
        (folder / "gone.txt").symlink_to(tmp_path / "nothing")
    else:
        links.clear()
    scan, stat = os.scandir, Path.stat

    def scandir(path: Path) -> Any:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    def look(self: Path, **options: Any) -> os.stat_result:
        if self.name == "kept out.txt":
            raise PermissionError(13, "Permission denied")
        return stat(self, **options)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "stat", look)
    kb = open_kb()
    reports = {Path(r.path).name: (r.status, r.error_code) for r in kb.follow(kb.add([folder]))}
    assert reports == {
        "a.txt": ("indexed", None),
        "z.txt": ("indexed", None),
        "locked": ("failed", "no-permission"),
        "kept out.txt": ("failed", "no-permission"),
        **links,
    }


def test_a_file_renamed_in_capitals_only_has_its_new_name(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "bees.txt").write_text("Bees dance.", encoding="utf-8")
    list(kb.follow(kb.add([tmp_path / "notes"])))
    (tmp_path / "notes" / "bees.txt").rename(tmp_path / "notes" / "Bees.txt")
    list(kb.follow(kb.add([tmp_path / "notes"])))
    list(kb.follow(kb.refresh()))
    (hit,) = kb.search("bees").hits
    assert Path(hit.path).name == "Bees.txt"
    (document,) = kb.documents()  # the name before is none of its places
    assert [Path(place).name for place in document.places] == ["Bees.txt"]


def test_what_changes_in_a_file_is_read_again_and_what_is_gone_is_gone(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    path = text_file(tmp_path, holding("Bees dance.", b_txt="Whales sing.", c_txt="Owls hunt."))
    reports = list(kb.follow(kb.add([path])))
    assert [(one.part, one.status) for one in reports] == [
        ("", "indexed"),
        ("b.txt", "indexed"),
        ("c.txt", "indexed"),
    ]
    assert [(one.part, one.status) for one in kb.follow(kb.refresh())] == [("", "unchanged")]
    path = text_file(tmp_path, holding("Bees dance.", b_txt="Whales sing.", d_txt="Foxes run."))
    os.utime(path, ns=(1, 10**18))
    reports = list(kb.follow(kb.refresh(["title:b"])))
    assert {one.part: one.status for one in reports} == {
        "": "updated",
        "b.txt": "unchanged",
        "d.txt": "indexed",
    }
    assert {one.part for one in kb.documents()} == {"", "b.txt", "d.txt"}
    path.unlink()
    assert {one.status for one in kb.follow(kb.refresh())} == {"skipped"}
    assert all(place.state == "gone" for place in kb._store.documents.places())


def test_the_trash_is_emptied_of_a_file_with_its_parts(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    list(kb.follow(kb.add([text_file(tmp_path, holding("Bees dance.", b_txt="Whales sing."))])))
    kb.remove([kb.documents()[0].document])
    assert kb.documents() == []
    reports = list(kb.follow(kb.restore_trash()))
    assert {one.status for one in reports} <= {"updated", "unchanged"}
    assert {one.part: one.status for one in kb.documents()} == {"": "ready", "b.txt": "ready"}


def test_an_original_that_may_not_be_looked_at_is_not_gone(
    open_kb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb()
    path = text_file(tmp_path, "Bees dance.")
    list(kb.follow(kb.add([path])))
    plain = Path.stat

    def refuse(self: Path, **options: Any) -> os.stat_result:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return plain(self, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refuse)
        (report,) = kb.follow(kb.refresh())
    assert (report.status, report.error_code) == ("failed", "no-permission")
    assert kb._store.documents.place(str(path)).state == "there"
    path.unlink()
    (report,) = kb.follow(kb.refresh())
    assert (report.status, report.error_code) == ("skipped", "vanished")
    assert kb._store.documents.place(str(path)).state == "gone"


class HalvedEmbedder(FakeEmbedder):
    """The same model where a processor computes in bfloat16: its vectors keep eight binary digits."""

    def _sum(self, text: str) -> Any:
        whole = super()._sum(text).view(np.uint32)
        return ((whole + 0x8000) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def test_a_library_with_vectors_of_both_precisions_finds_the_same(tmp_path: Path) -> None:
    words = ["bees", "dance", "honey", "hive", "winter", "queen", "flower", "meadow", "swarm", "comb", "wax"]
    chance = random.Random(5)
    notes = [tmp_path / f"{number}.txt" for number in range(30)]
    for note in notes:
        note.write_text(" ".join(chance.sample(words, 5)).capitalize() + ".", encoding="utf-8")
    found: list[list[dict[str, float]]] = []
    for later in (FakeEmbedder(), HalvedEmbedder()):
        library = tmp_path / f"library {len(found)}"
        with KnowledgeBase(library, parts=fake_parts(FakeEmbedder())) as kb:
            list(kb.follow(kb.add(notes[:15])))
        with KnowledgeBase(library, parts=fake_parts(later)) as kb:
            list(kb.follow(kb.add(notes[15:])))
            assert kb._store.index.generation("building") is None  # one generation holds both
            searches = [kb.search(" ".join(pair)) for pair in pairwise(words)]
        assert all(one.degraded == () and one.hits for one in searches)
        found.append([{hit.path: hit.score for hit in one.hits} for one in searches])
    for whole, mixed in zip(*found, strict=True):
        assert mixed == pytest.approx(whole, abs=2e-3)  # those apart by less may change places


def test_a_full_disk_pauses_and_resume_goes_on(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(FakeEmbedder())
    events: list[object] = []
    kb.subscribe(events.append)
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance.")])))
    database = kb._store._database
    pages = database.write(lambda c: c.pragma("page_count"))
    long = " ".join(f"Whale{i} sings of sea{i}." for i in range(20_000))
    batch = kb.add([text_file(tmp_path, long)])
    database.maintain(lambda c: c.pragma("max_page_count", pages + 4))
    with pytest.raises(StorageProblem) as caught:
        list(kb.follow(batch))
    assert caught.value.code == "disk-full"
    assert QueuePaused(Finding.of(caught.value)) in events
    assert not kb._store.lock.held
    assert kb.status().waiting == 1
    assert [hit.shown for hit in kb.search("bees").hits] == ["Bees dance."]
    assert all(check.ok for check in kb._store.check())
    database.maintain(lambda c: c.pragma("max_page_count", 1_000_000))
    text_file(tmp_path, "Whales sing.")
    kb.resume()
    assert [report.status for report in kb.follow(batch)] == ["updated"]
    assert [hit.shown for hit in kb.search("whales bees").hits] == ["Whales sing."]


def test_a_broken_model_pauses_and_resume_goes_on(open_kb: Any, tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    kb = open_kb(embedder)

    def broken() -> None:
        raise ModelProblem("encoder-failed", reason="it crashed")

    embedder.after_call = broken
    batch = kb.add([text_file(tmp_path, "Bees dance.")])
    with pytest.raises(ModelProblem):
        list(kb.follow(batch))
    assert kb.search("bees").hits == ()
    embedder.after_call = lambda: None
    kb.resume()
    assert [report.status for report in kb.follow(batch)] == ["indexed"]


@pytest.mark.logs("indexing stopped")
def test_a_bug_while_building_is_said(open_kb: Any, tmp_path: Path) -> None:
    words = open_kb(None)
    list(words.follow(words.add([text_file(tmp_path, "Bees dance.")])))
    words.close()
    embedder = FakeEmbedder()
    kb = open_kb(embedder)
    events: list[Any] = []
    kb.subscribe(events.append)

    def bug() -> None:
        raise ZeroDivisionError

    embedder.after_call = bug
    kb.start_indexing()
    until(lambda: any(isinstance(event, QueuePaused) for event in events))
    assert events[-1].problem == Finding("bug", {"reason": "ZeroDivisionError"})
    assert not kb._store.lock.held


def test_a_new_model_is_put_to_use_though_nothing_waits(open_kb: Any, tmp_path: Path) -> None:
    words = open_kb(None)
    list(words.follow(words.add([text_file(tmp_path, "Bees dance.")])))
    assert words.search("bees").degraded == ("no-model",)
    words.close()
    kb = open_kb(FakeEmbedder())
    kb.start_indexing()
    until(lambda: kb.search("bees").degraded == ())
    (hit,) = kb.search("bees").hits
    assert hit.why.meaning is not None


def test_pausing_interrupts_a_long_document_and_resuming_goes_on_from_there(
    open_kb: Any, tmp_path: Path
) -> None:
    embedder = FakeEmbedder()
    kb = open_kb(embedder)
    embedder.after_call = lambda: time.sleep(0.02)
    long = " ".join(f"Whale{i} sings of sea{i} and of nothing else." for i in range(3_000))
    batch = kb.add([text_file(tmp_path, long)])
    kb.start_indexing()
    until(lambda: len(embedder.windows) > 40)
    kb.pause()
    until(lambda: not kb._store.lock.held)
    done = len(embedder.windows)
    assert kb.status().waiting == 1
    assert kb.paused
    embedder.after_call = lambda: None
    kb.resume()
    assert [report.status for report in kb.follow(batch)] == ["indexed"]
    assert len(set(embedder.windows)) == len(embedder.windows) > done  # none was encoded twice


def test_failed_files_are_read_again_by_id(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"BROKEN {name}", encoding="utf-8")
    list(kb.follow(kb.add([tmp_path / "a.txt", tmp_path / "b.txt"])))
    first, _ = kb.documents()
    assert [report.path for report in kb.follow(kb.retry(documents=[first.document]))] == [first.path]
    assert len(list(kb.follow(kb.retry()))) == 2


@pytest.fixture
def indexed_elsewhere(open_kb: Any, monkeypatch: pytest.MonkeyPatch) -> KnowledgeBase:
    """A library that another process indexes."""
    kb: KnowledgeBase = open_kb()
    monkeypatch.setattr(kb._store.lock, "acquire", lambda: False)
    return kb


def test_a_password_is_forgotten_once_the_text_is_staged(
    indexed_elsewhere: KnowledgeBase, tmp_path: Path
) -> None:
    kb, path = indexed_elsewhere, tmp_path / "a.pdf"
    path.write_text("LOCKED bees dance.", encoding="utf-8")
    kb.pause()  # here; what another process does goes on
    assert len(kb.add([path], password="bees").jobs) == 1
    assert kb._store.queue.staged_text(sha256(path), VERSION) is not None
    assert kb._indexer.ingest.passwords == {}


def test_a_locked_file_that_may_not_be_read_is_queued_with_the_others(
    indexed_elsewhere: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.pdf"
    path.write_text("LOCKED bees dance.", encoding="utf-8")
    monkeypatch.setattr("desktop_kb.ingest.prepare.sha256", refuse)
    assert len(indexed_elsewhere.add([path], password="bees").jobs) == 1


@pytest.mark.logs("indexing stopped")
def test_a_change_of_models_that_fails_pauses_instead_of_ending_the_thread(
    open_kb: Any, tmp_path: Path
) -> None:
    kb = open_kb()
    events: list[object] = []
    kb.subscribe(events.append)

    def fail() -> None:
        kb._indexer._poll = lambda: None
        raise PermissionError(13, "Permission denied")

    kb._indexer._poll = fail
    kb.start_indexing()
    until(lambda: QueuePaused(Finding("bug", {"reason": "PermissionError"})) in events)
    kb.resume()
    assert [report.status for report in kb.follow(kb.add([text_file(tmp_path, "Bees dance.")]))] == [
        "indexed"
    ]


def test_a_place_with_a_name_too_long_for_this_system_is_not_there(open_kb: Any, tmp_path: Path) -> None:
    """As 'C:\\...' of a library from elsewhere, which is one name here."""
    kb = open_kb()
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance.")])))
    kb._store._database.write(
        lambda connection: connection.execute("update places set path = ?", (b"/" + b"a" * 300,))
    )
    (document,) = kb.documents()
    assert kb.file(document.document) is None
    assert [(report.status, report.error_code) for report in kb.follow(kb.refresh())] == [
        ("skipped", "vanished")
    ]


def test_a_further_model_that_fails_keeps_no_new_file_waiting(tmp_path: Path) -> None:
    further = FakeEmbedder("all", languages=())

    def fail() -> None:
        raise ModelProblem("encoder-failed", reason="it ended")

    further.after_call = fail
    parts = fake_parts(
        open_embedder=lambda **options: FakeEmbedder() if "MiniLM" in options["name"] else further
    )
    events: list[Any] = []
    with KnowledgeBase(tmp_path / "library", parts=parts) as kb:
        kb.subscribe(events.append)
        for number in range(2):
            events.clear()
            file = tmp_path / f"{number}.txt"
            file.write_text(f"Bees number{number} dance.", encoding="utf-8")
            assert [report.status for report in kb.follow(kb.add([file]))] == ["indexed"]
            until(lambda: any(isinstance(event, QueuePaused) for event in events))
        assert [(one.done, one.of) for one in kb.status().readers] == [(2, 2), (0, 2)]
        with pytest.raises(ModelProblem):
            list(kb.follow(kb.add([file]), by_all=True))
        further.after_call = lambda: None
        kb.resume()
        assert [report.pending.readers for report in kb.follow(kb.add([file]), by_all=True)] == [0]


def test_waiting_for_all_waits_for_what_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "seconds_a_passage", lambda *_: 0.0)
    other, go_on = FakeEmbedder("other", languages=()), threading.Event()
    parts = fake_parts(
        open_embedder=lambda **options: FakeEmbedder() if "MiniLM" in options["name"] else other
    )
    files = [tmp_path / f"{number}.txt" for number in range(3)]
    for number, file in enumerate(files):
        file.write_text(f"Bees number{number} dance.", encoding="utf-8")
    (tmp_path / "library").mkdir()
    save(paths.library(tmp_path / "library").settings, {"readers": "english"})
    with KnowledgeBase(tmp_path / "library", parts=parts) as kb:
        list(kb.follow(kb.add(files[:2])))
        other.after_call = lambda: go_on.wait(20)
        kb.models.read_by("multilingual")
        threading.Timer(0.5, go_on.set).start()
        (report,) = kb.follow(kb.add(files[2:]), by_all=True)
        assert (report.status, report.pending.readers) == ("indexed", 0)
        assert not kb.models.rebuilds()
        assert [(one.id, one.done, one.of) for one in kb.status().readers] == [("other", 3, 3)]
