"""The thread that processes the queue of an open library: when it works, waits, pauses and resumes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop_kb.errors import DocumentProblem, ModelProblem, Problem, StorageProblem
from desktop_kb.formats import format_of
from desktop_kb.ingest import Ingest
from desktop_kb.power import Sparing
from desktop_kb.records import Event, FileFinished, FileReport, Finding, Listener, ProgressMade, QueuePaused
from desktop_kb.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the indexer looks for work, in seconds.

    Attributes:
        poll: between two looks while there is work.
        longest_poll: the same after a while without work; only another process's work is met so late.
        retry: until work that the disk was in the way of is tried again.
    """

    poll: float = 0.2
    longest_poll: float = 1.0
    retry: float = 20.0


class Indexer:
    """Indexes a library while this program holds its lock: of several that have it open, one does.

    Every method may be called from any thread.

    Args:
        make_ingest: gets `emit` and the event that interrupts the file under way.
        poll: called before every look for work; it picks up what other programs changed.
        needs_building: whether a generation is half built and its model is installed.
        trash_days: how long removed documents are kept.
        behind: does a part of what is left when nothing else is, and returns whether it did; ends early when what it
            is given says so.
        pace: how often it looks for work.
        sparing: how long the thread rests after some work.
    """

    def __init__(
        self,
        store: Store,
        make_ingest: Callable[[Listener, threading.Event], Ingest],
        *,
        poll: Callable[[], None],
        needs_building: Callable[[], bool],
        trash_days: int,
        behind: Callable[[Callable[[], bool]], bool],
        pace: Pace,
        sparing: Sparing,
    ) -> None:
        self._store = store
        self._poll = poll
        self._needs_building = needs_building
        self._trash_days = trash_days
        self._behind = behind
        self._pace, self._sparing = pace, sparing
        self._closing = threading.Event()
        self._interrupt = threading.Event()  # interrupts the current file: set by `close` and `pause`
        self._wake = threading.Event()
        self._turn = threading.Lock()  # held by whoever works: the thread of `start`, or `work_off`
        self._finished = threading.Condition()
        self._paused: Problem | None = None
        self._try_again_at = 0.0
        self._last_reported: Finding | None = None  # why the queue paused; reported once, not at every retry
        self._paused_by_user = False
        self._awaited = 0  # how many wait for reports
        self._rested_at = 0.0
        self._needs_start = True  # ingest.start() must run first: it detects a new model or unfinished work
        self._listeners: list[Listener] = []
        self._thread: threading.Thread | None = None
        self.ingest: Final = make_ingest(self.emit, self._interrupt)

    @property
    def closing(self) -> threading.Event:
        """Set when the library is being closed."""
        return self._closing

    @property
    def paused(self) -> bool:
        """Whether `pause` was asked for."""
        return self._paused_by_user

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` called with every event, from a worker thread; it must return at once."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Work off the queue in the background, now and whenever there is work."""
        if self._thread is None and self._store.writable:
            self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """There is new work. If a model failed, it is tried too: the model that fails may be one that only
        reads on what was found long ago."""
        if isinstance(self._paused, ModelProblem):
            self._paused = None
        self._wake.set()

    def pause(self) -> None:
        """Stop at once, until `resume`; what was encoded of the current file is kept."""
        self._paused_by_user = True
        self._interrupt.set()

    def resume(self) -> None:
        """Continue after the queue paused, or was paused."""
        self._paused_by_user = False
        self._last_reported = None
        self._paused = None
        if not self._closing.is_set():
            self._interrupt.clear()
        self._wake.set()

    def restart(self) -> None:
        """Resume after another model was chosen."""
        self._needs_start = True
        self.resume()

    def work_off(self) -> None:
        """Process the whole queue in this thread; if another process indexes, it is left to that one.

        Raises:
            Problem: of the disk or the model; what is left waits.
        """
        with self._turn:
            if (
                self._closing.is_set()
                or self._paused is not None
                or self._paused_by_user
                or not (self._store.lock.held or self._store.lock.acquire())
            ):
                return
            try:
                self.ingest.start()
                while not self._closing.is_set() and self.ingest.process_next(recognize=False):
                    pass
            finally:
                self.ingest.stop_prefetch()
                self._store.lock.release()

    def unlock(self, path: str, password: str) -> None:
        """Open a locked file with this password, which stays in this process: where another one indexes,
        the file is read here and its text staged for that one. Does nothing for a file of a kind that is
        never locked."""
        format = format_of(Path(path))
        if format is None or not format.lockable:
            return
        self.ingest.passwords[path] = password
        if self._store.lock.held or self._store.lock.is_free():
            return
        try:
            # Whether indexing is paused here does not matter to the other process.
            self.ingest.stage_locked(path, password, self._closing)
        except DocumentProblem as problem:
            log.info("not unlocked: %s", problem.code)  # the queued job will report the same problem
        else:
            self.ingest.passwords.pop(path, None)

    def cancel(self, jobs: Sequence[int] | None = None) -> bool:
        """End the job under way as skipped, if it is one of these (None: whichever it is)."""
        return self.ingest.cancel(jobs)

    def wait_to_poll(self) -> None:
        """Wait until it is time for another look, or the library is being closed."""
        self._closing.wait(self._pace.poll)

    def close(self) -> None:
        """Stop; what is done is staged."""
        self._closing.set()
        self._interrupt.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    # --- watching it

    def reports(self, jobs: Sequence[int]) -> Iterator[FileReport]:
        """The reports of these jobs and of those for the parts of their files, as they end, whichever process
        does them.

        Raises:
            Problem: the queue paused (disk full, model broken); what is left waits.
        """
        self._awaited += 1
        try:
            yield from self._reports(set(jobs))
        finally:
            self._awaited -= 1

    def _reports(self, pending: set[int]) -> Iterator[FileReport]:
        while pending:
            self.start()
            ended = sorted(self._store.queue.reports(sorted(pending)).items())
            pending.update(self._store.queue.found_by([id for id, _ in ended]) if ended else ())
            for id, report in ended:
                pending.discard(id)
                yield report
            if not pending:
                return
            self.raise_if_paused()
            with self._finished:
                self._finished.wait(self._pace.poll)

    def raise_if_paused(self) -> None:
        """Raise the Problem that the queue paused for, if it did."""
        if self._paused is not None:
            raise self._paused

    def emit(self, event: Event) -> None:
        """Call every listener with the event."""
        if isinstance(event, FileFinished):
            with self._finished:
                self._finished.notify_all()
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # a listener's bug must not stop the indexing
                log.exception("a listener failed")
        if isinstance(event, ProgressMade) and threading.current_thread() is self._thread:
            self._rest()  # within a book too, which takes minutes

    # --- the thread

    def _run(self) -> None:
        """Hold the lock while there is work, release it when there is none."""
        interval = self._pace.poll
        while not self._closing.is_set():
            if isinstance(self._paused, StorageProblem) and time.monotonic() > self._try_again_at:
                self._paused = None  # the disk may be mounted again, or have free space
            self._rested_at = time.monotonic()
            with self._turn:
                worked = self._try_to_work()
            if worked:
                interval = self._pace.poll
                self._rest()
            else:
                interval = (
                    self._pace.poll
                    if self._wake.wait(interval)
                    else min(2 * interval, self._pace.longest_poll)
                )
                self._wake.clear()
        with self._turn:
            self.ingest.stop_prefetch()

    def _rest(self) -> None:
        """Spare the battery and others, unless somebody waits for the end, which would take twice as long."""
        if not self._awaited:
            self._interrupt.wait(self._sparing.rest_s(time.monotonic() - self._rested_at))
        self._rested_at = time.monotonic()

    def _try_to_work(self) -> bool:
        try:
            self._poll()
            return self._paused is None and not self._paused_by_user and self._work()
        except Problem as problem:
            self._stop_for(problem)
        except Exception as error:  # nothing above reports it: the thread would end unnoticed
            log.exception("indexing stopped")
            self._stop_for(Problem("bug", reason=type(error).__name__))
        return False

    def _stop_for(self, problem: Problem) -> None:
        # Release the lock so that whoever continues calls `ingest.start`, which requeues the job: on a full disk
        # releasing the job itself may have failed.
        self._store.lock.release()
        self._paused = problem
        self._try_again_at = time.monotonic() + self._pace.retry
        found = Finding.of(problem)
        if found != self._last_reported:
            self._last_reported = found
            self.emit(QueuePaused(found))

    def _work(self) -> bool:
        lock = self._store.lock
        if not lock.held and not (self._needs_start or self._store.queue.waiting() or self._needs_building()):
            return False
        if not lock.held:
            if not lock.acquire():
                return False
            self._needs_start = False
            self.ingest.start()
            self._store.purge(self._trash_days)
        elif self._needs_start:  # another model was chosen while the lock was held
            self._needs_start = False
            self.ingest.start()
        if self.ingest.process_next():
            self._last_reported = None
            return True
        if self._behind(lambda: self._interrupt.is_set() or bool(self._store.queue.waiting())):
            return True
        lock.release()
        return False
