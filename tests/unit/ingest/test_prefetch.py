"""The next file is prepared while this one is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fakes import FakeEmbedder
from workbench import LONG

from desktop_kb.errors import Cancelled
from desktop_kb.ingest.passages import passages_of
from desktop_kb.ingest.prefetch import Prefetch
from desktop_kb.records import Extracted, Incoming, Job, JobOptions
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
        for batch in bench.ingest._prefetch._batches:
            batch.results.result(10)
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
    bench.work_off()
    assert bench.stop.is_set()
    assert bench.store.queue.waiting() >= 2
    assert [thread for thread in threading.enumerate() if thread.name == "prefetch"] == []
    assert bench.found("whales", mode="words") == []
    bench.embedder.after_call = lambda: None
    bench.stop.clear()
    bench.work_off()
    assert bench.found("foxes", mode="words") == ["c.txt"]
    assert bench.sound()


def test_short_notes_are_encoded_together_and_each_is_stored_by_itself(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    encode = bench.embedder.encode_windows

    def counted(windows: Any) -> Any:
        calls.append(len(windows))
        return encode(windows)

    monkeypatch.setattr(bench.embedder, "encode_windows", counted)
    texts = [f"Note{n} speaks of topic{n}. It has a second sentence{n} too." for n in range(40)]
    texts[7], texts[9] = "BROKEN", texts[3]
    files = [bench.file(f"{n:02}.txt", text) for n, text in enumerate(texts)]
    long = bench.file("99.txt", LONG)
    reports = bench.run(*files, long)
    wrong = {7: "failed", 9: "duplicate"}
    assert [report.status for report in reports] == [wrong.get(n, "indexed") for n in range(40)] + ["indexed"]
    assert len(calls) < 20  # eight windows a call
    assert len(bench.embedder.windows) == len(set(bench.embedder.windows))
    alone = passages_of(Extracted(texts[5], "05"), FakeEmbedder(), with_vectors=True)
    (stored,) = bench.store.index.passages(bench.store.documents.place(files[5]).document)
    assert stored.vector == pytest.approx(alone[0].vector, abs=1e-3)
    assert stored.tokens == alone[0].tokens
    assert bench.sound()


def test_jobs_are_taken_in_turn_and_the_next_ones_begun_meanwhile() -> None:
    made: list[list[int]] = []

    def prepare(jobs: Sequence[Job], _stop: Flag) -> dict[int, int]:
        made.append([job.id for job in jobs])
        return {job.id: job.id for job in jobs if job.id != 2}

    prefetch: Prefetch[int] = Prefetch(prepare, lambda _job: threading.Event())
    prefetch.start([])
    assert prefetch.last == 0
    prefetch.start([_job(1), _job(2), _job(4)])
    assert prefetch.last == 4
    for id, expected in ((1, 1), (2, None), (4, 4)):
        result = prefetch.take(_job(id))
        assert result is not None
        assert result() == expected
        if id == 1:
            prefetch.start([_job(5)])
        assert prefetch.last is None
    result = prefetch.take(_job(5))
    assert result is not None
    assert (result(), prefetch.last) == (5, 5)
    assert prefetch.take(_job(3)) is None
    assert made == [[1, 2, 4], [5]]


def test_what_was_begun_for_another_job_is_ended() -> None:
    stopped: list[int] = []

    def prepare(jobs: Sequence[Job], stop: Flag) -> dict[int, int]:
        while not stop.is_set():
            time.sleep(0.001)
        stopped.append(jobs[0].id)
        raise Cancelled

    prefetch: Prefetch[int] = Prefetch(prepare, lambda _job: threading.Event())
    prefetch.start([_job(1)])
    assert prefetch.take(_job(2)) is None
    assert stopped == [1]


@pytest.mark.parametrize("cancelled", [True, False])
def test_only_a_job_that_is_interrupted_itself_is_cancelled(cancelled: bool) -> None:
    flags = {1: threading.Event(), 2: threading.Event()}

    def prepare(_jobs: Sequence[Job], stop: Flag) -> dict[int, int]:
        while not stop.is_set():
            time.sleep(0.001)
        raise Cancelled

    prefetch: Prefetch[int] = Prefetch(prepare, lambda job: flags[job.id])
    prefetch.start([_job(1)])
    result = prefetch.take(_job(1))
    assert result is not None
    prefetch.start([_job(2)])
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
