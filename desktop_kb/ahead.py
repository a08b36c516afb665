"""The file whose turn is next is read and encoded while the one before it is cut and stored.

The encoder takes nine tenths of the time, so it should not wait for the rest. What is read ahead is a
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
    """Reads one job ahead on a thread of its own; all methods are for the one thread that uses it.

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
        self._thread = threading.Thread()

    def begin(self, job: Job | None) -> None:
        """Read this job, if there is one, instead of what was read before."""
        self.end()
        if job is not None:
            self._path, self._result = job.path, Future()
            self._thread = threading.Thread(target=_run, args=(self._read, job, self._result), name="ahead")
            self._thread.start()

    def take(self, path: str) -> Result | None:
        """What was read of this file, waited for if it is under way; None if it was another's.

        Raises:
            Cancelled: all work is interrupted.
            Problem: what the reading met.
        """
        result = self._result
        if result is None or path != self._path:
            self.end()
            return None
        self._result = None
        try:
            return result.result()
        except Cancelled:
            if self._stop_all.is_set():
                raise
            return None

    def end(self) -> None:
        """Interrupt what is under way and forget it; what it met will be met when it is its turn."""
        if self._result is not None:
            self.stop.set()
            self._thread.join()
            self.stop.clear()
            self._result = None


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
