"""What is queued stays on this machine: the part of the local queue that a library on an engine needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from desktop_kb.records import FileReport, Job, JobKind, JobOptions, Location


class Jobs(Protocol):
    """`store.Queue` is one."""

    def end(self, job: Job, report: FileReport) -> None:
        """A job is done. Called after the engine has what it brought: a job that was not ended is done again, and
        finds its content there."""

    def enqueue(self, files: Sequence[Location], options: JobOptions, kind: JobKind) -> list[int]:
        """Queue files or parts."""
