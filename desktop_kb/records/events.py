"""What happened, in the past tense; sent from worker threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desktop_kb.records.findings import Finding
from desktop_kb.records.library import FileReport


@dataclass(frozen=True, slots=True)
class FileFinished:
    """One job has ended; its result is stored."""

    report: FileReport


@dataclass(frozen=True, slots=True)
class ProgressMade:
    """`fraction` 0..1 of `path`, the file under way, is done; `waiting` files follow it.

    Sent once when a file is begun. `path` is '' while the library is built anew for another model.
    """

    path: str
    fraction: float
    waiting: int


@dataclass(frozen=True, slots=True)
class QueuePaused:
    """Indexing stopped by itself, for this reason; it goes on with `resume`."""

    problem: Finding


@dataclass(frozen=True, slots=True)
class ModelBuilt:
    """The library is being read anew for `model`: so many of its documents are done. When all are, the
    model serves."""

    model: str
    done: int
    documents: int


Event = FileFinished | ProgressMade | QueuePaused | ModelBuilt
Listener = Callable[[Event], None]
