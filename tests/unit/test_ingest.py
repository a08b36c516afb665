from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder

from desktop_kb.errors import StorageProblem
from desktop_kb.passages import chunk
from desktop_kb.records import Extracted, SearchOptions
from desktop_kb.settings import Settings
from desktop_kb.store import File

LONG = " ".join(f"Sentence number{i} speaks of topic{i // 7} and of nothing else at all." for i in range(120))


def test_an_interrupted_file_is_encoded_from_where_it_stopped(open_bench: Any) -> None:
    whole = open_bench(FakeEmbedder())
    path = whole.file("a.txt", LONG)
    whole.embedder.after_call = whole.stop.set
    whole.store.queue.enqueue([path], _no_options())
    assert not whole.ingest.step()
    done = list(whole.embedder.windows)
    assert done
    assert whole.store.queue.waiting() == 1
    assert whole.search("topic3").hits == ()
    again = FakeEmbedder()
    whole.store.close()
    second = open_bench(again)
    assert second.ingest.step()
    assert not set(done) & set(again.windows)
    assert [report.status for report in second.run(path)] == ["unchanged"]
    reference = FakeEmbedder()
    windows = len(done) + len(again.windows)
    third = open_bench(reference)
    third.run(path, kind="read")
    assert len(reference.windows) == windows
    assert third.sound()


def test_a_password_opens_what_failed_before(bench: Any) -> None:
    path = bench.file("a.pdf", "LOCKED bees dance.")
    assert bench.run(path)[0].error_code == "locked"
    assert bench.run(path)[0].error_code == "locked"
    bench.ingest.passwords[path] = "bees"
    assert bench.run(path)[0].status == "updated"
    assert bench.found("bees") == ["a.pdf"]
    assert bench.ingest.passwords == {}


def test_a_text_read_with_its_password_elsewhere(bench: Any) -> None:
    path = bench.file("a.pdf", "LOCKED bees dance.")
    bench.run(path)
    bench.ingest.stage_locked(path, "bees")
    assert bench.run(path)[0].status == "updated"


def test_unchanged_and_touched(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path)
    os.utime(path, ns=(1, 1))
    assert bench.run(path, tags=("t",))[0].status == "unchanged"
    assert bench.store.documents.find()[0].tags == ("t",)


def test_a_stored_copy_stands_in_for_the_original(bench: Any) -> None:
    path = bench.file("a.pdf", "Bees dance.")
    bench.run(path)
    Path(path).unlink()
    assert bench.run(path, kind="read")[0].status == "updated"
    assert bench.run(path)[0].error_code == "vanished"
    assert bench.found("bees") == ["a.pdf"]


def test_a_full_disk_while_copying_is_the_librarys_trouble(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = bench.file("a.pdf", "Bees dance.")
    with pytest.raises(StorageProblem) as caught:
        bench.run(path)
    assert caught.value.code == "disk-full"
    assert not [path for path in bench.store.library.files.rglob("*") if path.is_file()]
    monkeypatch.undo()
    assert bench.ingest.step()
    assert bench.found("bees") == ["a.pdf"]


def test_a_model_that_comes_later_builds_a_generation_beside(open_bench: Any) -> None:
    words = open_bench(None)
    words.run(words.file("a.txt", "Bees dance."), words.file("b.txt", "Whales sing."))
    assert words.search("bees").degraded == ("no-model",)
    words.store.close()
    bench = open_bench(FakeEmbedder())
    assert bench.search("bees").degraded == ("vectors-building",)
    bench.store.queue.enqueue([bench.file("c.txt", "Foxes run.")], _no_options())
    assert bench.ingest.step()
    assert bench.found("foxes") == ["c.txt"]
    assert bench.sound()
    while bench.ingest.step():
        pass
    assert bench.store.index.generation("building") is None
    result = bench.search("bees dance")
    assert result.degraded == ()
    assert {Path(hit.path).name for hit in result.hits} == {"a.txt", "b.txt", "c.txt"}
    assert bench.sound()


class Killed(BaseException):
    """As good as a kill: nothing is there to hear of it."""


def test_a_kill_costs_what_was_not_staged_yet(open_bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_kb.encoding.STAGING_SECONDS", 0)
    first = open_bench(FakeEmbedder())
    path = first.file("a.txt", LONG)
    calls: list[int] = []

    def kill_at_the_third() -> None:
        calls.append(len(first.embedder.windows))
        if len(calls) == 3:
            raise Killed

    first.embedder.after_call = kill_at_the_third
    first.store.queue.enqueue([path], _no_options())
    with pytest.raises(Killed):
        first.ingest.step()
    assert first.store.queue.claim() is None
    first.store.close()
    second = open_bench(FakeEmbedder())
    assert second.ingest.step()
    assert second.embedder.windows[: calls[2] - calls[1]] == first.embedder.windows[calls[1] :]
    assert not set(first.embedder.windows[: calls[1]]) & set(second.embedder.windows)
    assert second.search("topic3").degraded == ()
    assert second.sound()


def test_what_was_staged_and_went_with_another_file_is_encoded_again(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another file of this text is stored while this one, read ahead, is being encoded."""
    monkeypatch.setattr("desktop_kb.encoding.STAGING_SECONDS", 0)
    bench = open_bench(FakeEmbedder())
    calls: list[int] = []

    def take_away_at_the_third() -> None:
        calls.append(1)
        if len(calls) == 3:
            bench.store._database.write(lambda connection: connection.execute("delete from staged_windows"))

    bench.embedder.after_call = take_away_at_the_third
    bench.run(bench.file("a.txt", LONG))
    assert len(bench.embedder.windows) > len(set(bench.embedder.windows))
    (document,) = bench.store.documents.find()
    with_all = chunk(Extracted(LONG, ""), FakeEmbedder(), with_vectors=True)
    stored = bench.store.index.chunks(document.document)
    assert len(stored) == len(with_all)
    for one, other in zip(stored, with_all, strict=True):
        assert one.sentence_vectors == pytest.approx(other.sentence_vectors, abs=0.02)  # stored as int8
        assert np.linalg.norm(one.sentence_vectors, axis=1) == pytest.approx(1, abs=1e-3)
    assert bench.sound()


def test_a_file_that_comes_while_vectors_are_built_is_in_both_generations(open_bench: Any) -> None:
    words = open_bench(None)
    words.run(words.file("a.txt", "Bees dance."))
    words.store.close()
    bench = open_bench(FakeEmbedder())
    bench.store.queue.enqueue([bench.file("c.txt", "Foxes run.")], _no_options())
    assert bench.ingest.step()
    index = bench.store.index
    assert (index.generation("active").documents, index.generation("building").documents) == (2, 1)
    assert bench.ingest.step()
    assert index.generation("building").documents == 2
    assert bench.ingest.step()
    assert index.generation("building") is None
    assert index.generation().documents == 2
    while bench.ingest.step():  # what served before is cleared away
        pass
    with bench.store._database.read() as connection:
        assert connection.execute("select state from generations").fetchall() == [("active",)]
        tables = connection.execute("select count(*) from sqlite_schema where name like 'words%_config'").get
        assert (tables, connection.execute("select count(*) from chunks").get) == (1, 2)
    assert bench.sound()


def test_stopping_while_a_generation_is_built_is_silent(open_bench: Any) -> None:
    words = open_bench(None)
    words.run(words.file("a.txt", LONG))
    words.store.close()
    bench = open_bench(FakeEmbedder())
    bench.stop.set()
    assert not bench.ingest.step()


def test_words_alone_are_made_again(open_bench: Any) -> None:
    bench = open_bench(None)
    bench.run(bench.file("a.txt", "Bees dance."), bench.file("b.txt", "Whales sing."))
    bench.store._database.write(
        lambda c: c.execute("update chunks set text = 'nonsense' where document_id = 1")
    )
    assert not all(check.ok for check in bench.store.check())
    assert bench.store.index.forget_damaged() == 1
    assert bench.found("bees") == []
    while bench.ingest.step():
        pass
    assert bench.sound()
    assert bench.found("bees") == ["a.txt"]


def test_without_its_model_a_damaged_document_is_found_by_words(open_bench: Any) -> None:
    first = open_bench(FakeEmbedder())
    first.run(first.file("a.txt", "Bees dance."))
    first.store._database.write(lambda c: c.execute('update chunks set start = 9, "end" = 9'))
    first.store.index.forget_damaged()
    first.store.close()
    without = open_bench(None)
    assert without.ingest.step()
    assert not without.ingest.step()
    assert without.found("bees") == ["a.txt"]
    assert without.sound()
    without.store.close()
    again = open_bench(FakeEmbedder())
    assert again.ingest.step()
    assert not again.ingest.step()
    assert again.search("bees").hits[0].why.meaning is not None


def test_what_search_leaves_out_it_names(bench: Any) -> None:
    bench.run(bench.file("a.txt", "Bees dance in the hive."), bench.file("b.txt", "蜜蜂在蜂巢里跳舞。"))
    assert bench.search("bees").degraded == ("part-not-covered",)
    assert bench.search("蜜蜂").degraded == ("query-not-covered",)
    assert bench.search("bees", mode="words").degraded == ()
    assert "reranker-missing" in bench.search("bees", rerank="nothing").degraded
    assert "reranker-missing" not in bench.search("bees", rerank="off").degraded
    assert "rerank-budget" in bench.search("hive", rerank_seconds=0.0).degraded
    assert "rerank-budget" not in bench.search("bees", rerank_seconds=0.0).degraded  # remembered


def test_hits_are_slices_of_the_text_and_always_in_one_order(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder(), Settings(copy_files=False))
    bench.run(bench.file("a.txt", LONG), bench.file("b.txt", "蜜蜂跳舞。小狗在公园里追着蜜蜂跑。"))
    text = bench.store.documents.text(bench.search("topic3").hits[0].document)[0]
    for options in ({}, {"unit": "sentence"}, {"merge": True}, {"per_document": 1}, {"limit": 2}):
        hits = bench.search("number30 topic3", **options).hits
        assert hits == bench.search("number30 topic3", **options).hits
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        assert len(hits) <= SearchOptions(**options).limit
        for hit in hits:
            if hit.path.endswith("a.txt"):
                assert hit.text == text[hit.start : hit.end]
    assert bench.found("公园")[0] == "b.txt"
    assert bench.found('"追着蜜蜂"') == ["b.txt"]
    assert "b.txt" not in bench.found("topic3 蜜蜂 -公园")
    assert bench.found("") == []


def _no_options() -> Any:
    from desktop_kb.store import JobOptions

    return JobOptions()


def test_a_file_given_up_is_skipped_and_the_next_goes_on(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    given_up: list[bool] = []

    def give_up() -> None:
        if not given_up:
            assert not bench.ingest.give_up([999])
            given_up.append(bench.ingest.give_up())

    bench.embedder.after_call = give_up
    long, short = bench.run(bench.file("a.txt", LONG), bench.file("b.txt", "Whales sing."))
    assert given_up == [True]
    assert (long.status, short.status) == ("skipped", "indexed")
    assert not bench.ingest.give_up()
    assert bench.found("whales") == ["b.txt"]
    assert [report.status for report in bench.run(str(bench.folder / "a.txt"))] == ["indexed"]


def test_a_file_that_ended_before_it_could_be_given_up_stops_no_other(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    first = bench.file("a.txt", "Bees dance.")
    bench.embedder.after_call = bench.ingest.give_up  # its only window: nothing is left to interrupt
    assert [report.status for report in bench.run(first)] == ["indexed"]
    bench.embedder.after_call = lambda: None
    assert [report.status for report in bench.run(bench.file("b.txt", "Whales sing."))] == ["indexed"]


def test_waiting_files_are_listed_and_cancelled_one_by_one(bench: Any) -> None:
    files = [bench.file(f"{name}.txt", f"{name} sings.") for name in "abc"]
    bench.store.queue.enqueue(files, _no_options())
    queued = bench.store.queue.files(10)
    assert [(file.path, file.running) for file in queued] == [(path, False) for path in files]
    assert bench.store.queue.cancel([queued[1].job]) == 1
    while bench.ingest.step():
        pass
    assert [d.path for d in bench.store.documents.find(())] == [files[0], files[2]]


def _meanwhile(bench: Any, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Have `do` called while the first file is stored, once the second was read and encoded."""
    encoded = threading.Event()
    bench.embedder.after_call = lambda: encoded.set() if "Whales" in str(bench.embedder.windows) else None
    plain = bench.store.index.put

    def put(file: File, *rest: Any) -> None:
        if file.path.endswith("a.txt"):
            assert encoded.wait(10), "the next file was not read meanwhile"
            do()
        plain(file, *rest)

    monkeypatch.setattr(bench.store.index, "put", put)


def test_the_next_file_is_encoded_while_the_first_is_stored(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _meanwhile(bench, monkeypatch, lambda: None)
    files = [
        bench.file(f"{name}.txt", text)
        for name, text in zip("abc", (LONG, "Whales sing.", "Foxes run."), strict=True)
    ]
    assert [report.status for report in bench.run(*files)] == ["indexed"] * 3
    assert len(bench.embedder.windows) == len(set(bench.embedder.windows))  # none twice
    assert bench.found("whales", mode="words") == ["b.txt"]
    assert bench.found("foxes", mode="words") == ["c.txt"]
    assert bench.sound()


def test_what_was_read_ahead_serves_only_as_it_still_stands(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bench.file("a.txt", LONG), bench.file("b.txt", "Whales sing.")
    _meanwhile(bench, monkeypatch, lambda: bench.file("b.txt", "Foxes run."))
    assert [report.status for report in bench.run(first, second)] == ["indexed"] * 2
    assert bench.found("foxes", mode="words") == ["b.txt"]
    assert bench.found("whales", mode="words") == []


def test_what_was_read_ahead_and_is_cancelled_leaves_nothing(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        bench.file(f"{name}.txt", text)
        for name, text in zip("abc", (LONG, "Whales sing.", "Foxes run."), strict=True)
    ]
    _meanwhile(
        bench,
        monkeypatch,
        lambda: bench.store.queue.cancel([f.job for f in bench.store.queue.files(9) if f.path == files[1]]),
    )
    assert [report.status for report in bench.run(*files)] == ["indexed", "skipped", "indexed"]
    assert [document.path for document in bench.store.documents.find(())] == [files[0], files[2]]


def test_a_failure_met_ahead_is_the_files_own(bench: Any) -> None:
    texts = (LONG, "BROKEN", "LOCKED", "Foxes run.", "Foxes run.")
    files = [bench.file(f"{name}.txt", text) for name, text in zip("abcde", texts, strict=True)]
    reports = bench.run(*files)
    assert [report.status for report in reports] == ["indexed", "failed", "failed", "indexed", "duplicate"]
    assert [report.error_code for report in reports[1:3]] == ["damaged", "locked"]


def test_a_failure_met_ahead_is_forgotten_when_the_file_has_changed(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bench.file("a.txt", LONG), bench.file("b.txt", "BROKEN")
    put = bench.store.index.put

    def mended_meanwhile(*stored: Any) -> None:
        if bench.ingest._ahead._result is not None:
            bench.ingest._ahead._result.result(10)
            bench.file("b.txt", "Foxes run.")
        put(*stored)

    monkeypatch.setattr(bench.store.index, "put", mended_meanwhile)
    assert [report.status for report in bench.run(first, second)] == ["indexed"] * 2
    assert bench.found("foxes", mode="words") == ["b.txt"]


def test_the_same_file_twice_is_encoded_once(bench: Any) -> None:
    reports = bench.run(bench.file("a.txt", LONG), bench.file("b.txt", LONG))
    assert [report.status for report in reports] == ["indexed", "duplicate"]
    assert len(bench.embedder.windows) == len(set(map(tuple, bench.embedder.windows)))


def test_a_file_takes_its_own_seconds(bench: Any) -> None:
    bench.embedder.after_call = lambda: time.sleep(0.05)
    long, short = bench.run(bench.file("a.txt", LONG), bench.file("b.txt", "Whales sing."))
    assert long.seconds > 4 * 0.05
    assert short.seconds < long.seconds / 2


def test_giving_up_one_file_lets_what_is_read_ahead_go_on(bench: Any) -> None:
    """Both are being encoded as the first is given up."""
    under_way = threading.Event()
    given_up: list[bool] = []

    def give_up() -> None:
        if threading.current_thread().name == "ahead":
            under_way.set()
        elif not given_up:
            assert under_way.wait(10), "the next file was not read meanwhile"
            given_up.append(bench.ingest.give_up())

    bench.embedder.after_call = give_up
    files = [
        bench.file("a.txt", LONG),
        bench.file("b.txt", f"Whales sing. {LONG}"),
        bench.file("c.txt", "Foxes."),
    ]
    assert [report.status for report in bench.run(*files)] == ["skipped", "indexed", "indexed"]
    assert given_up == [True]
    assert [thread for thread in threading.enumerate() if thread.name == "ahead"] == []
    assert bench.sound()


def test_an_interruption_ends_what_is_read_ahead(bench: Any) -> None:
    files = [
        bench.file("a.txt", LONG),
        bench.file("b.txt", f"Whales sing. {LONG}"),
        bench.file("c.txt", "Foxes."),
    ]

    def interrupt() -> None:
        if any("Whales" in sentence for window in bench.embedder.windows for sentence in window):
            bench.stop.set()

    bench.embedder.after_call = interrupt
    bench.store.queue.enqueue(files, _no_options())
    while bench.ingest.step():
        pass
    assert bench.stop.is_set()
    assert bench.store.queue.waiting() >= 2
    assert [thread for thread in threading.enumerate() if thread.name == "ahead"] == []
    assert bench.found("whales", mode="words") == []
    bench.embedder.after_call = lambda: None
    bench.stop.clear()
    while bench.ingest.step():
        pass
    assert bench.found("foxes", mode="words") == ["c.txt"]
    assert bench.sound()
