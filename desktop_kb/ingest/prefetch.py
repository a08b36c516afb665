"""Prepares the next files while the current one is encoded, cut and stored.

Encoding takes nine tenths of the time, so the encoder should never wait for anything else. A result is used
if that job is really the next one and its file has not changed; else it is dropped. Until then the library
has only the staged text and vectors of the file. Short notes are prepared together, so that the encoder gets
several of them in one request.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from desktop_kb.errors import Cancelled
from desktop_kb.formats import format_of
from desktop_kb.records import Job
from desktop_kb.worker import Flag

Result = TypeVar("Result")


#: At most so many files are prepared together, none of them larger than this: a quarter of a second of encoding.
MOST_TOGETHER: Final = 16
SHORT_CHARACTERS: Final = 2_000


def short_first(jobs: Sequence[Job]) -> list[Job]:
    """As many of these jobs as are of short new files, or else the first one alone."""
    short = list(itertools.takewhile(_is_short, jobs))
    return short or list(jobs[:1])


def _is_short(job: Job) -> bool:
    if job.part:  # how long it is only its file's reader knows; mails mostly are short
        format = format_of(Path(job.location.name))
        return job.kind == "add" and format is not None and format.group == "mail"
    try:
        return job.kind == "add" and Path(job.path).stat().st_size <= SHORT_CHARACTERS
    except OSError:
        return False


class AnyOf:
    """A flag that is set when any of these flags is."""

    def __init__(self, *flags: Flag) -> None:
        self._flags = flags

    def is_set(self) -> bool:
        """Whether any flag is set."""
        return any(flag.is_set() for flag in self._flags)


@dataclass(frozen=True, slots=True)
class _Batch(Generic[Result]):
    """Jobs that are prepared together, and what became of each, by its id."""

    jobs: tuple[Job, ...]
    results: Future[Mapping[int, Result]]


class Prefetch(Generic[Result]):
    """Prepares the next jobs ahead on a thread of its own. Call all methods on the same thread.

    Args:
        prepare: prepares jobs; returns what there is to gain, by a job's id. Raises `Cancelled` soon after
            its flag is set.
        stop_of: the flag that is set when this job must stop, whether it is the current one or not.
    """

    def __init__(
        self, prepare: Callable[[Sequence[Job], Flag], Mapping[int, Result]], stop_of: Callable[[Job], Flag]
    ) -> None:
        self._prepare = prepare
        self._stop_of = stop_of
        self._stopped = threading.Event()
        self._batches: list[_Batch[Result]] = []  # the one whose jobs are being taken, and the next one
        self._threads: list[threading.Thread] = []

    @property
    def last(self) -> int | None:
        """The id of the last job that is prepared ahead, if what comes behind it should be prepared now: all
        jobs of the next batch are still to be taken otherwise. 0 if none is prepared ahead."""
        if len(self._batches) > 1:
            return None
        return self._batches[-1].jobs[-1].id if self._batches else 0

    def start(self, jobs: Sequence[Job]) -> None:
        """Start to prepare these jobs together. The jobs taken before may still be running."""
        if not jobs:
            return
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        batch: _Batch[Result] = _Batch(tuple(jobs), Future())
        self._batches.append(batch)
        thread = threading.Thread(target=self._run, args=(batch,), name="prefetch")
        thread.start()
        self._threads.append(thread)

    def take(self, job: Job) -> Callable[[], Result | None] | None:
        """A function that waits for the result of this job; None if other jobs were prepared.

        The function returns None if `prepare` had none, or if `stop` was called meanwhile. It raises what
        `prepare` raised.
        """
        while self._batches and job.id > self._batches[0].jobs[-1].id:
            if not self._batches.pop(0).results.done():  # none of its jobs was taken
                self.stop()
        if not self._batches or all(job.id != one.id for one in self._batches[0].jobs):
            self.stop()
            return None
        results = self._batches[0].results
        return lambda: self._wait(job, results)

    def _wait(self, job: Job, results: Future[Mapping[int, Result]]) -> Result | None:
        try:
            return results.result().get(job.id)
        except Cancelled:
            if self._stop_of(job).is_set():
                raise
            return None

    def stop(self) -> None:
        """Interrupt all preparing and drop the results. A problem it met is reported when the job's turn comes."""
        self._batches = []
        if any(thread.is_alive() for thread in self._threads):
            self._stopped.set()
            for thread in self._threads:
                thread.join()
            self._stopped.clear()
        self._threads = []

    def _run(self, batch: _Batch[Result]) -> None:
        try:
            stop = AnyOf(self._stopped, *map(self._stop_of, batch.jobs))
            batch.results.set_result(self._prepare(batch.jobs, stop))
        except BaseException as error:
            batch.results.set_exception(error)
