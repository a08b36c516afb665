"""The job being processed, and what was prepared for it ahead of its turn."""

from __future__ import annotations

import time
from dataclasses import dataclass

from desktop_kb.errors import DocumentProblem, Problem
from desktop_kb.ingest.prepare import Prepared
from desktop_kb.records import File, FileReport, Job


class Turn:
    """The job being processed.

    Attributes:
        began: its start by `perf_counter`, moved back by the seconds that prefetching took.
        file: the file as it was hashed and copied; None before that.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.began = time.perf_counter()
        self.file: File | None = None

    @property
    def seconds(self) -> float:
        """The seconds spent on it so far."""
        return round(time.perf_counter() - self.began, 3)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The result of prefetching a file (prepared, or its problem), and the seconds it took."""

    file: File
    outcome: Prepared | DocumentProblem
    seconds: float


class JobCancelled:
    """A flag that is set when this job was cancelled."""

    def __init__(self, jobs: set[int], job: int) -> None:
        self._jobs, self._job = jobs, job

    def is_set(self) -> bool:
        return self._job in self._jobs


def failed(turn: Turn, problem: Problem) -> FileReport:
    job = turn.job
    return FileReport(job.path, "failed", 0, 0, turn.seconds, problem.code, problem.details, part=job.part)
