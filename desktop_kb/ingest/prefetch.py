"""The file whose turn is next is prepared while the one before it is encoded, cut and stored.

The encoder takes nine tenths of the time, so it should never wait for the rest. What is prepared ahead
is a guess: it serves if that job is indeed the next one and its file still the same, else it is
forgotten, and nothing of it is in the library but what staging keeps of any file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from desktop_kb.errors import Cancelled
from desktop_kb.records import Job
from desktop_kb.worker import Flag

Result = TypeVar("Result")


class AnyOf:
    """A flag that is set as soon as one of these is."""

    def __init__(self, *flags: Flag) -> None:
        self._flags = flags

    def is_set(self) -> bool:
        """Whether one of them is set."""
        return any(flag.is_set() for flag in self._flags)


class Prefetch(Generic[Result]):
    """Works at one job ahead on a thread of its own, beside the one that was taken; all methods are for
    the one thread that uses it.

    Args:
        prepare: does the work; None where there is nothing worth it. Raises `Cancelled` soon after its
            flag is set.
        stop_of: set when this job is to be interrupted, whether it is its turn or not.
    """

    def __init__(self, prepare: Callable[[Job, Flag], Result | None], stop_of: Callable[[Job], Flag]) -> None:
        self._prepare = prepare
        self._stop_of = stop_of
        self._ended = threading.Event()
        self._job: Job | None = None
        self._result: Future[Result | None] = Future()
        self._threads: list[threading.Thread] = []

    def begin(self, job: Job | None) -> None:
        """Work at this job, if there is one, beside the one that was taken and may still be under way."""
        if job is None or (self._job is not None and job.id == self._job.id):
            return
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._job, self._result = job, Future()
        thread = threading.Thread(target=self._run, args=(job, self._result), name="prefetch")
        thread.start()
        self._threads.append(thread)

    def take(self, job: Job) -> Callable[[], Result | None] | None:
        """What was made of this job: a function that waits for it; None if it was another's.

        The function returns None where there was nothing worth it, or `end` came between; it raises
        what the work raised.
        """
        if self._job is None or job.id != self._job.id:
            self.end()
            return None
        self._job, result = None, self._result
        return lambda: self._wait(job, result)

    def _wait(self, job: Job, result: Future[Result | None]) -> Result | None:
        try:
            return result.result()
        except Cancelled:
            if self._stop_of(job).is_set():
                raise
            return None

    def end(self) -> None:
        """Interrupt what is under way and forget it; what it met will be met when it is its turn."""
        self._job = None
        if any(thread.is_alive() for thread in self._threads):
            self._ended.set()
            for thread in self._threads:
                thread.join()
            self._ended.clear()
        self._threads = []

    def _run(self, job: Job, result: Future[Result | None]) -> None:
        try:
            result.set_result(self._prepare(job, AnyOf(self._ended, self._stop_of(job))))
        except BaseException as error:
            result.set_exception(error)
