"""The file whose turn is next is read and encoded while the one before it is encoded, cut and stored.

The encoder takes nine tenths of the time, so it should never wait for the rest. What is read ahead is a
guess: it serves if that file is indeed the next one and still the same, else it is forgotten, and
nothing of it is in the library but what staging keeps of any file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from desktop_kb.errors import Cancelled
from desktop_kb.store import Job

Result = TypeVar("Result")


class ReadAhead(Generic[Result]):
    """Reads one job ahead on a thread of its own, beside the one that was taken; all methods are for the
    one thread that uses it.

    Args:
        read: does the work; None where there is nothing worth it. It looks at the attribute `stop` and
            raises `Cancelled`.
        stop: set when all work is to be interrupted.
    """

    def __init__(self, read: Callable[[Job], Result | None], stop: threading.Event) -> None:
        self._read = read
        self._stop_all = stop
        self.stop = _Either(stop)
        self._path = ""
        self._result: Future[Result | None] | None = None
        self._threads: list[threading.Thread] = []

    def begin(self, job: Job | None) -> None:
        """After `take`: read this job, if there is one, beside the one that was taken and may still be under way."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if job is not None:
            result: Future[Result | None] = Future()
            thread = threading.Thread(target=_run, args=(self._read, job, result), name="ahead")
            thread.start()
            self._threads.append(thread)
            self._path, self._result = job.path, result

    def take(self, path: str) -> Callable[[], Result | None] | None:
        """What was read of this file: a function that waits for it; None if it was another's."""
        result = self._result
        if result is None or path != self._path:
            self.end()
            return None
        self._result = None
        return lambda: self._wait(result)

    def _wait(self, result: Future[Result | None]) -> Result | None:
        """What was read, or None if only that was interrupted.

        Raises:
            Cancelled: all work is interrupted.
            Problem: what the reading met.
        """
        try:
            return result.result()
        except Cancelled:
            if self._stop_all.is_set():
                raise
            return None

    def end(self) -> None:
        """Interrupt what is under way and forget it; what it met will be met when it is its turn."""
        self._result = None
        if any(thread.is_alive() for thread in self._threads):
            self.stop.set()
            for thread in self._threads:
                thread.join()
            self.stop.clear()
        self._threads = []


class _Either(threading.Event):
    """Set when itself or the other event is."""

    def __init__(self, other: threading.Event) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        return super().is_set() or self._other.is_set()


def _run(read: Callable[[Job], Result | None], job: Job, result: Future[Result | None]) -> None:
    try:
        result.set_result(read(job))
    except BaseException as error:
        result.set_exception(error)
