"""The documents of a library, its queue and its status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from desktop_kb.errors import JsonValue
from desktop_kb.records.findings import Finding
from desktop_kb.records.values import Value

DocumentStatus = Literal["waiting", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Document:
    """A document: one content, with the paths (`places`) of all files that have it."""

    document: str  # public id
    path: str
    places: tuple[str, ...]
    title: str
    type: str
    status: DocumentStatus
    pages: int
    chunks: int
    tags: tuple[str, ...]
    metadata: Mapping[str, Value]
    added: str  # ISO 8601, UTC
    error_code: str | None = None
    error_details: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def error(self) -> Finding | None:
        """Why the last attempt to read it failed; None if it did not."""
        return Finding(self.error_code, self.error_details) if self.error_code else None


AddStatus = Literal["indexed", "updated", "unchanged", "duplicate", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Pending:
    """What is still to be done for a document that can be found: how many of its pages are to be recognized, and
    by how many further models it is to be read."""

    pages: int = 0
    readers: int = 0


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file. `pending` is what was left to do when it was reported."""

    path: str
    status: AddStatus
    pages: int = 0
    chunks: int = 0
    seconds: float = 0.0
    error_code: str | None = None
    error_details: Mapping[str, JsonValue] = field(default_factory=dict)
    pending: Pending = Pending()

    @property
    def error(self) -> Finding | None:
        """Why it failed or was skipped; None if it was not."""
        return Finding(self.error_code, self.error_details) if self.error_code else None


@dataclass(frozen=True, slots=True)
class QueuedFile:
    """A file that waits to be read or is being read; `job` is its id in the queue."""

    job: int
    path: str
    running: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """The jobs that one request queued, and reports of the files that needed none."""

    jobs: tuple[int, ...]
    reports: tuple[FileReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """What is being rebuilt while the old passages answer: for another model, or because a new version cuts
    passages or their words differently. `done` documents of how many."""

    what: Literal["model", "passages", "words"]
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """A model that reads the library: where it runs ('' while it is not loaded), and how many documents it has
    encoded, of how many."""

    id: str
    device: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Status:
    """The library at this moment. `readers` are the models that read it, `model` is the first of those that
    answer queries; they cover a share `coverage` of the passages.
    `building` is the first model that takes over when all documents are encoded for it; `built` are so
    far. `id` is the library's own name, 16 hexadecimal digits. `notice` says why a model does not
    run on the expected device. `old_reading` documents were read by an older program, and are read
    again in the background where their original or a copy is there."""

    library: str
    writable: bool
    documents: int
    failed: int
    trash: int
    chunks: int
    size_bytes: int
    model: str | None
    device: str
    notice: Finding | None
    reranker: str | None
    reranker_device: str
    building: str | None
    built: int
    coverage: float
    waiting: int
    indexer: str | None
    id: str = ""
    rebuilding: Rebuilding | None = None
    old_reading: int = 0
    readers: tuple[ReaderStatus, ...] = ()
