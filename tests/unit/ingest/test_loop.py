"""One job after the other, each to its end."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fakes import FakeEmbedder
from workbench import LONG

from desktop_kb.ingest.prefetch import Prefetch
from desktop_kb.records import JobOptions, Location


def test_a_file_cancelled_is_skipped_and_the_next_goes_on(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    cancelled: list[bool] = []

    def cancel_it() -> None:
        if not cancelled:
            assert not bench.ingest.cancel([999])
            cancelled.append(bench.ingest.cancel())

    bench.embedder.after_call = cancel_it
    long, short = bench.run(bench.file("a.txt", LONG), bench.file("b.txt", "Whales sing."))
    assert cancelled == [True]
    assert (long.status, short.status) == ("skipped", "indexed")
    assert not bench.ingest.cancel()
    assert bench.found("whales") == ["b.txt"]
    assert [report.status for report in bench.run(str(bench.folder / "a.txt"))] == ["indexed"]


def test_a_file_that_ended_before_it_could_be_cancelled_stops_no_other(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    first = bench.file("a.txt", "Bees dance.")
    bench.embedder.after_call = bench.ingest.cancel  # its only window: nothing is left to interrupt
    assert [report.status for report in bench.run(first)] == ["indexed"]
    bench.embedder.after_call = lambda: None
    assert [report.status for report in bench.run(bench.file("b.txt", "Whales sing."))] == ["indexed"]


def test_waiting_files_are_listed_and_cancelled_one_by_one(bench: Any) -> None:
    files = [bench.file(f"{name}.txt", f"{name} sings.") for name in "abc"]
    bench.store.queue.enqueue(files, JobOptions())
    queued = bench.store.queue.files(10)
    assert [(file.path, file.running) for file in queued] == [(path, False) for path in files]
    assert bench.store.queue.cancel([queued[1].job]) == 1
    bench.work_off()
    assert [d.path for d in bench.store.documents.find(())] == [files[0], files[2]]


def test_a_file_that_waits_already_keeps_its_job(bench: Any) -> None:
    queue = bench.store.queue
    (first,) = queue.enqueue(["/a.txt"], JobOptions())
    second, *again = queue.enqueue(["/b.txt", "/a.txt", "/b.txt"], JobOptions())
    assert again == [first, second]
    others = [
        *queue.enqueue(["/a.txt"], JobOptions(tags=("t",))),
        *queue.enqueue(["/a.txt"], JobOptions(), "read"),
        *queue.enqueue([Location("/a.txt", "b.txt")], JobOptions()),
    ]
    assert len({first, second, *others}) == 5
    assert queue.enqueue([], JobOptions()) == []
    assert queue.waiting() == 5


def test_a_file_takes_its_own_seconds(bench: Any) -> None:
    bench.embedder.after_call = lambda: time.sleep(0.05)
    long, short = bench.run(bench.file("a.txt", LONG), bench.file("b.txt", "Whales sing."))
    assert long.seconds > 4 * 0.05
    assert short.seconds < long.seconds / 2


def test_who_cancels_while_a_file_is_being_put_back_is_heard(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = open_bench(FakeEmbedder())
    bench.embedder.after_call = bench.stop.set
    bench.store.queue.enqueue([bench.file("a.txt", LONG)], JobOptions())
    stop, cancelled = Prefetch.stop, list[int]()

    def cancel(prefetch: Any) -> None:
        if bench.stop.is_set():
            cancelled.append(bench.ingest.cancel() + bench.store.queue.cancel())
        stop(prefetch)

    monkeypatch.setattr(Prefetch, "stop", cancel)
    assert not bench.ingest.process_next()
    assert cancelled == [1]
    assert bench.store.queue.waiting() == 0
