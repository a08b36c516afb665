"""Prepares the next file while the current one is encoded, cut and stored.

Encoding takes nine tenths of the time, so the encoder should never wait for anything else. The result is
used if that job is really the next one and its file has not changed; else it is dropped. Until then the
library has only the staged text and vectors of the file.
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
    """A flag that is set when any of these flags is."""

    def __init__(self, *flags: Flag) -> None:
        self._flags = flags

    def is_set(self) -> bool:
        """Whether any flag is set."""
        return any(flag.is_set() for flag in self._flags)


class Prefetch(Generic[Result]):
    """Prepares one job ahead on a thread of its own. Call all methods on the same thread.

    Args:
        prepare: prepares a job; returns None if there is nothing to gain. Raises `Cancelled` soon after
            its flag is set.
        stop_of: the flag that is set when this job must stop, whether it is the current one or not.
    """

    def __init__(self, prepare: Callable[[Job, Flag], Result | None], stop_of: Callable[[Job], Flag]) -> None:
        self._prepare = prepare
        self._stop_of = stop_of
        self._stopped = threading.Event()
        self._job: Job | None = None
        self._result: Future[Result | None] = Future()
        self._threads: list[threading.Thread] = []

    def start(self, job: Job | None) -> None:
        """Start to prepare this job, if not None. The job taken before may still be running."""
        if job is None or (self._job is not None and job.id == self._job.id):
            return
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._job, self._result = job, Future()
        thread = threading.Thread(target=self._run, args=(job, self._result), name="prefetch")
        thread.start()
        self._threads.append(thread)

    def take(self, job: Job) -> Callable[[], Result | None] | None:
        """A function that waits for the result of this job; None if another job was prepared.

        The function returns None if `prepare` did, or if `stop` was called meanwhile. It raises what
        `prepare` raised.
        """
        if self._job is None or job.id != self._job.id:
            self.stop()
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

    def stop(self) -> None:
        """Interrupt all preparing and drop the results. A problem it met is reported when the job's turn comes."""
        self._job = None
        if any(thread.is_alive() for thread in self._threads):
            self._stopped.set()
            for thread in self._threads:
                thread.join()
            self._stopped.clear()
        self._threads = []

    def _run(self, job: Job, result: Future[Result | None]) -> None:
        try:
            result.set_result(self._prepare(job, AnyOf(self._stopped, self._stop_of(job))))
        except BaseException as error:
            result.set_exception(error)
