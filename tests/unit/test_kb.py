"""The indexing thread: pausing, going on, and building what a new model needs."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from fakes import FakeEmbedder, fake_parts

from desktop_kb.errors import ModelProblem, Problem, StorageProblem, UsageProblem
from desktop_kb.extract import VERSION
from desktop_kb.files import sha256
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import DocumentFilter, Finding, QueuePaused
from desktop_kb.sentences import say


@pytest.fixture
def open_kb(tmp_path: Path) -> Iterator[Callable[..., KnowledgeBase]]:
    opened: list[KnowledgeBase] = []

    def make(embedder: FakeEmbedder | None = None) -> KnowledgeBase:
        opened.append(KnowledgeBase(tmp_path / "library", parts=fake_parts(embedder)))
        return opened[-1]

    yield make
    for kb in opened:
        kb.close()


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    return path


def _until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"terms": 99}, "words"), ({"chunking": 99}, "passages"), ({"readers": ()}, "model")],
)
def test_status_says_which_library_it_is_and_what_is_made_anew(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path, changed: dict[str, Any], what: str
) -> None:
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance.")])))
    status = kb.status()
    assert (status.rebuilding, status.old_reading) == (None, 0)
    assert re.fullmatch("[0-9a-f]{16}", status.id)
    kb.pause()
    active = kb._store.index.generation()
    assert active is not None
    kb._store.index.start_generation(replace(active.fingerprint, **changed))
    found = kb.status().rebuilding
    assert found is not None
    assert (found.what, found.done, found.of) == (what, 0, 1)


def test_one_entry_that_cannot_be_read_does_not_end_adding(
    open_kb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "notes"
    (folder / "locked").mkdir(parents=True)
    (tmp_path / "else").mkdir()
    for name in ("a.txt", "kept out.txt", "z.txt"):
        (folder / name).write_text(f"Bees dance in {name}.", encoding="utf-8")
    (folder / "link").symlink_to(tmp_path / "else", target_is_directory=True)
    (folder / "gone.txt").symlink_to(tmp_path / "nothing")
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
        "link": ("skipped", "linked-folder"),
        "gone.txt": ("skipped", "broken-link"),
    }


def test_an_original_that_may_not_be_looked_at_is_not_gone(
    open_kb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb()
    path = _file(tmp_path, "Bees dance.")
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
    assert not kb._store.documents.place(str(path)).missing
    path.unlink()
    (report,) = kb.follow(kb.refresh())
    assert (report.status, report.error_code) == ("skipped", "vanished")
    assert kb._store.documents.place(str(path)).missing


def test_a_full_disk_pauses_and_resume_goes_on(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(FakeEmbedder())
    events: list[object] = []
    kb.subscribe(events.append)
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance.")])))
    database = kb._store._database
    pages = database.write(lambda c: c.pragma("page_count"))
    long = " ".join(f"Whale{i} sings of sea{i}." for i in range(20_000))
    batch = kb.add([_file(tmp_path, long)])
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
    _file(tmp_path, "Whales sing.")
    kb.resume()
    assert [report.status for report in kb.follow(batch)] == ["updated"]
    assert [hit.shown for hit in kb.search("whales bees").hits] == ["Whales sing."]


def test_a_broken_model_pauses_and_resume_goes_on(open_kb: Any, tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    kb = open_kb(embedder)

    def broken() -> None:
        raise ModelProblem("encoder-failed", reason="it crashed")

    embedder.after_call = broken
    batch = kb.add([_file(tmp_path, "Bees dance.")])
    with pytest.raises(ModelProblem):
        list(kb.follow(batch))
    assert kb.search("bees").hits == ()
    embedder.after_call = lambda: None
    kb.resume()
    assert [report.status for report in kb.follow(batch)] == ["indexed"]


@pytest.mark.logs("indexing stopped")
def test_a_bug_while_building_is_said(open_kb: Any, tmp_path: Path) -> None:
    words = open_kb(None)
    list(words.follow(words.add([_file(tmp_path, "Bees dance.")])))
    words.close()
    embedder = FakeEmbedder()
    kb = open_kb(embedder)
    events: list[Any] = []
    kb.subscribe(events.append)

    def bug() -> None:
        raise ZeroDivisionError

    embedder.after_call = bug
    kb.start_indexing()
    _until(lambda: any(isinstance(event, QueuePaused) for event in events))
    assert events[-1].problem == Finding("bug", {"reason": "ZeroDivisionError"})
    assert not kb._store.lock.held


def test_a_new_model_is_put_to_use_though_nothing_waits(open_kb: Any, tmp_path: Path) -> None:
    words = open_kb(None)
    list(words.follow(words.add([_file(tmp_path, "Bees dance.")])))
    assert words.search("bees").degraded == ("no-model",)
    words.close()
    kb = open_kb(FakeEmbedder())
    kb.start_indexing()
    _until(lambda: kb.search("bees").degraded == ())
    (hit,) = kb.search("bees").hits
    assert hit.why.meaning is not None


def test_repair_makes_again_what_is_derived_and_nothing_else(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance in the hive.")], tags=("insects",))))
    (before,) = kb.documents()

    def damage(connection: apsw.Connection) -> None:
        connection.execute("delete from chunks")
        connection.execute("delete from words_1")

    kb._store._database.write(damage)
    assert not all(check.ok for check in kb._store.check())
    _until(lambda: not kb._store.lock.held)
    wrong = [check for check in kb.doctor(repair=True) if not check.ok and check.name != "model"]
    assert not wrong
    assert kb.documents() == [before]
    assert [hit.shown for hit in kb.search("bees").hits] == ["Bees dance in the hive."]


def test_a_repair_waits_for_who_indexes_here(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(None)
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance in the hive.")])))
    _until(lambda: not kb._store.lock.held)
    kb._store._database.write(lambda c: c.execute("delete from chunks"))
    assert kb._store.lock.acquire()
    later = threading.Timer(0.4, kb._store.lock.release)
    later.start()
    assert all(check.ok for check in kb.doctor(repair=True))
    later.join()


@pytest.mark.parametrize("there", [True, False])
def test_text_that_was_damaged_is_read_again_or_kept(open_kb: Any, tmp_path: Path, there: bool) -> None:
    kb = open_kb(None)
    path = _file(tmp_path, "Bees dance in the hive.")
    list(kb.follow(kb.add([path])))
    kb._store._database.write(lambda c: c.execute("update texts set text = 'Bees prance.'"))
    _until(lambda: not kb._store.lock.held)
    if not there:
        path.unlink()
    assert not all(check.ok for check in kb.doctor())
    checks = kb.doctor(repair=True)
    assert all(check.ok for check in checks)
    assert any("1 text is not what was read" in say(check) for check in checks)
    expected = "Bees dance in the hive." if there else "Bees prance."
    assert [hit.shown for hit in kb.search("bees").hits] == [expected]


def test_a_read_only_library_answers_and_takes_nothing(
    open_kb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance.")])))
    kb.close()
    monkeypatch.setattr("desktop_kb.store.database.is_writable", lambda path: False)
    kb = open_kb(FakeEmbedder())
    kb.start_indexing()
    assert not kb.status().writable
    (hit,) = kb.search("bees dance").hits
    assert hit.why.words is not None
    assert hit.why.meaning is not None
    (document,) = kb.documents()
    changes: list[Callable[[], object]] = [
        lambda: kb.add([tmp_path]),
        lambda: kb.remove([document.document]),
        lambda: kb.tag([document.document], ["t"]),
        lambda: kb.doctor(repair=True),
    ]
    for change in changes:
        with pytest.raises(StorageProblem) as caught:
            change()
        assert caught.value.code == "read-only"
    assert all(check.ok for check in kb.doctor() if check.name != "model")


def test_after_closing_every_request_is_refused(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(None)
    kb.close()
    for request in (lambda: kb.search("bees"), lambda: kb.add([_file(tmp_path, "Bees")]), kb.status):
        with pytest.raises(Problem) as caught:
            request()
        assert caught.value.code == "closed"


def test_pausing_interrupts_a_long_document_and_resuming_goes_on_from_there(
    open_kb: Any, tmp_path: Path
) -> None:
    embedder = FakeEmbedder()
    kb = open_kb(embedder)
    embedder.after_call = lambda: time.sleep(0.02)
    long = " ".join(f"Whale{i} sings of sea{i} and of nothing else." for i in range(3_000))
    batch = kb.add([_file(tmp_path, long)])
    kb.start_indexing()
    _until(lambda: len(embedder.windows) > 40)
    kb.pause()
    _until(lambda: not kb._store.lock.held)
    done = len(embedder.windows)
    assert kb.status().waiting == 1
    assert kb.paused
    embedder.after_call = lambda: None
    kb.resume()
    assert [report.status for report in kb.follow(batch)] == ["indexed"]
    assert len(set(embedder.windows)) == len(embedder.windows) > done  # none was encoded twice


def test_a_repair_that_comes_to_its_turn_after_closing_does_nothing(
    open_kb: Callable[..., KnowledgeBase],
) -> None:
    kb = open_kb()
    kb.close()
    kb._indexer.work_off()


def test_a_query_filters_the_documents_themselves(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    (tmp_path / "b.txt").write_text("Wasps sleep.", encoding="utf-8")
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance.")], tags=["insects"])))
    list(kb.follow(kb.add([tmp_path / "b.txt"], tags=["insects"], metadata={"year": 2022})))
    bees, wasps = (document.document for document in kb.documents())
    assert kb.filter("bees") == DocumentFilter(("bees",))
    assert kb.filter("tag:insects").documents == {bees, wasps}
    assert kb.filter('tag:Insects year>2020 old "big wasps" -bees') == DocumentFilter(
        ("old", "big", "wasps", "big wasps"), ("bees",), frozenset({wasps})
    )
    assert kb.filter("tag:insects -year:2022").documents == {bees}
    assert kb.filter("tag:insects", removed=True).documents == frozenset()
    kb.remove([bees])
    assert kb.filter("tag:insects").documents == {wasps}
    assert kb.filter("tag:insects", removed=True).documents == {bees}


# --- documents by id, path, folder and filter ------------------------------------------------


@pytest.fixture
def three(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> KnowledgeBase:
    """A library of three notes: two in a folder, one beside it whose name begins like the folder's."""
    kb = open_kb()
    (tmp_path / "hive").mkdir()
    for name in ("hive/bees.txt", "hive/wasps.txt", "hives.txt"):
        (tmp_path / name).write_text(f"What {name} holds.", encoding="utf-8")
    list(kb.follow(kb.add([tmp_path / "hive"], tags=["insects"], metadata={"year": 2022})))
    list(kb.follow(kb.add([tmp_path / "hives.txt"])))
    return kb


def test_a_document_is_had_by_its_id_alone(three: KnowledgeBase) -> None:
    for document in three.documents():
        assert three.document(document.document) == document
    gone = three.documents()[0].document
    three.remove([gone])
    with pytest.raises(Problem) as told:
        three.document(gone)
    assert (told.value.code, told.value.details) == ("not-found", {"what": gone})


def test_targets_are_ids_paths_folders_or_filters(
    three: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bees, wasps, hives = three.documents()
    assert three.find([bees.document, bees.path]) == [bees]
    assert three.find([str(tmp_path / "hive")]) == [bees, wasps]
    assert three.find([str(tmp_path / "hives.txt"), "tag:insects"]) == [hives, bees, wasps]
    monkeypatch.chdir(tmp_path)
    assert three.find(["hive"]) == [bees, wasps]
    assert three.find(["tag:none"]) == []
    with pytest.raises(Problem, match="not-found"):
        three.find([str(tmp_path / "nowhere.txt")])


def test_filters_are_written_as_in_a_search(three: KnowledgeBase) -> None:
    bees, wasps, hives = three.documents()
    assert three.documents(["year>=2020"]) == [bees, wasps]
    assert three.documents(["tag:insects", "-path:wasps"]) == [bees]
    assert {hit.document for hit in three.search("what", filters=["-tag:insects"]).hits} == {hives.document}
    assert len(three.search("what", limit=1).hits) == 1
    assert [report.path for report in three.refresh(["tag:insects"]).reports] == [bees.path, wasps.path]
    for ask in (three.documents, three.refresh, three.retry):
        with pytest.raises(UsageProblem, match="bad-filter"):
            ask(["two words"])


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
    _until(lambda: QueuePaused(Finding("bug", {"reason": "PermissionError"})) in events)
    kb.resume()
    assert [report.status for report in kb.follow(kb.add([_file(tmp_path, "Bees dance.")]))] == ["indexed"]


def test_a_place_with_a_name_too_long_for_this_system_is_not_there(open_kb: Any, tmp_path: Path) -> None:
    """As 'C:\\...' of a library from elsewhere, which is one name here."""
    kb = open_kb()
    list(kb.follow(kb.add([_file(tmp_path, "Bees dance.")])))
    kb._store._database.write(
        lambda connection: connection.execute("update places set path = ?", (b"/" + b"a" * 300,))
    )
    (document,) = kb.documents()
    assert kb.file(document.document) is None
    assert [(report.status, report.error_code) for report in kb.follow(kb.refresh())] == [
        ("skipped", "vanished")
    ]
