"""The next file is prepared while this one is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from workbench import LONG

from desktop_kb.errors import Cancelled
from desktop_kb.ingest.prefetch import Prefetch
from desktop_kb.records import Incoming, Job, JobOptions
from desktop_kb.worker import Flag


def _meanwhile(bench: Any, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Have `do` called while the first file is stored, once the second was read and encoded."""
    encoded = threading.Event()
    bench.embedder.after_call = lambda: encoded.set() if "Whales" in str(bench.embedder.windows) else None
    plain = bench.store.index.put

    def put(incoming: Incoming, **rest: Any) -> None:
        if incoming.file.path.endswith("a.txt"):
            assert encoded.wait(10), "the next file was not read meanwhile"
            do()
        plain(incoming, **rest)

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

    def file_changed_meanwhile(*stored: Any, **rest: Any) -> None:
        if bench.ingest._prefetch._job is not None:
            bench.ingest._prefetch._result.result(10)
            bench.file("b.txt", "Foxes run.")
        put(*stored, **rest)

    monkeypatch.setattr(bench.store.index, "put", file_changed_meanwhile)
    assert [report.status for report in bench.run(first, second)] == ["indexed"] * 2
    assert bench.found("foxes", mode="words") == ["b.txt"]


def test_the_same_file_twice_is_encoded_once(bench: Any) -> None:
    reports = bench.run(bench.file("a.txt", LONG), bench.file("b.txt", LONG))
    assert [report.status for report in reports] == ["indexed", "duplicate"]
    assert len(bench.embedder.windows) == len(set(map(tuple, bench.embedder.windows)))


def test_cancelling_one_file_lets_what_is_read_ahead_go_on(bench: Any) -> None:
    """Both are being encoded as the first is cancelled."""
    under_way = threading.Event()
    cancelled: list[bool] = []

    def cancel_it() -> None:
        if threading.current_thread().name == "prefetch":
            under_way.set()
        elif not cancelled:
            assert under_way.wait(10), "the next file was not read meanwhile"
            cancelled.append(bench.ingest.cancel())
            assert not bench.stop.is_set()  # that would interrupt the other one too

    bench.embedder.after_call = cancel_it
    files = [
        bench.file("a.txt", LONG),
        bench.file("b.txt", f"Whales sing. {LONG}"),
        bench.file("c.txt", "Foxes."),
    ]
    assert [report.status for report in bench.run(*files)] == ["skipped", "indexed", "indexed"]
    assert cancelled == [True]
    assert [thread for thread in threading.enumerate() if thread.name == "prefetch"] == []
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
    bench.store.queue.enqueue(files, JobOptions())
    while bench.ingest.process_next():
        pass
    assert bench.stop.is_set()
    assert bench.store.queue.waiting() >= 2
    assert [thread for thread in threading.enumerate() if thread.name == "prefetch"] == []
    assert bench.found("whales", mode="words") == []
    bench.embedder.after_call = lambda: None
    bench.stop.clear()
    while bench.ingest.process_next():
        pass
    assert bench.found("foxes", mode="words") == ["c.txt"]
    assert bench.sound()


def test_a_job_is_begun_once_and_taken_once() -> None:
    made: list[int] = []

    def prepare(job: Job, _stop: Flag) -> int:
        made.append(job.id)
        return job.id

    prefetch: Prefetch[int] = Prefetch(prepare, lambda _job: threading.Event())
    prefetch.start(None)
    for _ in range(2):
        prefetch.start(_job(1))
    result = prefetch.take(_job(1))
    assert result is not None
    assert result() == 1
    assert prefetch.take(_job(1)) is None
    assert made == [1]


def test_what_was_begun_for_another_job_is_ended() -> None:
    stopped: list[int] = []

    def prepare(job: Job, stop: Flag) -> int:
        while not stop.is_set():
            time.sleep(0.001)
        stopped.append(job.id)
        raise Cancelled

    prefetch: Prefetch[int] = Prefetch(prepare, lambda _job: threading.Event())
    prefetch.start(_job(1))
    assert prefetch.take(_job(2)) is None
    assert stopped == [1]


@pytest.mark.parametrize("cancelled", [True, False])
def test_only_a_job_that_is_interrupted_itself_is_cancelled(cancelled: bool) -> None:
    flags = {1: threading.Event(), 2: threading.Event()}

    def prepare(job: Job, stop: Flag) -> int:
        while not stop.is_set():
            time.sleep(0.001)
        raise Cancelled

    prefetch: Prefetch[int] = Prefetch(prepare, lambda job: flags[job.id])
    prefetch.start(_job(1))
    result = prefetch.take(_job(1))
    assert result is not None
    prefetch.start(_job(2))
    if cancelled:
        flags[1].set()
        with pytest.raises(Cancelled):
            result()
        prefetch.stop()
    else:
        prefetch.stop()
        assert result() is None


def _job(id: int) -> Job:
    return Job(id, "add", f"/{id}.txt", JobOptions(), 1)
