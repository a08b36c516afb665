"""Events, named in the past tense; sent from worker threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desktop_kb.records.findings import Finding
from desktop_kb.records.library import FileReport
from desktop_kb.records.values import Located


@dataclass(frozen=True, slots=True)
class FileFinished:
    """A job has ended and its result is stored."""

    report: FileReport


@dataclass(frozen=True, slots=True)
class ProgressMade(Located):
    """`fraction` 0..1 of the current file `path`, or of this part of it, is done; `waiting` files follow it.

    Also sent when a file is started. `path` is '' while the library is re-encoded for another model.
    """

    path: str
    fraction: float
    waiting: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class QueuePaused:
    """Indexing stopped by itself because of `problem`; `resume` continues it."""

    problem: Finding


@dataclass(frozen=True, slots=True)
class ModelBuilt:
    """The library is being re-encoded for `model`, and `done` of `documents` are finished. When all are,
    `model` answers queries."""

    model: str
    done: int
    documents: int


@dataclass(frozen=True, slots=True)
class DocumentsReadAgain:
    """`model`, a further reader, has encoded `done` of the `documents` that others read first."""

    model: str
    done: int
    documents: int


@dataclass(frozen=True, slots=True)
class PageRecognized:
    """Of `path`, `done` of the `pages` are recognized that hold no text that can be read."""

    path: str
    done: int
    pages: int


Event = FileFinished | ProgressMade | QueuePaused | ModelBuilt | DocumentsReadAgain | PageRecognized
Listener = Callable[[Event], None]
