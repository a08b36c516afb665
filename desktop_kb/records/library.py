"""The documents of a library, and what is being done with them."""

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
    """One content in the library, with every place it was added from."""

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
        """Why it could not be read when that was tried last."""
        return Finding(self.error_code, self.error_details) if self.error_code else None


AddStatus = Literal["indexed", "updated", "unchanged", "duplicate", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """How one file fared."""

    path: str
    status: AddStatus
    pages: int = 0
    chunks: int = 0
    seconds: float = 0.0
    error_code: str | None = None
    error_details: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def error(self) -> Finding | None:
        """What was in the way."""
        return Finding(self.error_code, self.error_details) if self.error_code else None


@dataclass(frozen=True, slots=True)
class QueuedFile:
    """A file that waits to be read, or is under way; `job` names it in the queue."""

    job: int
    path: str
    running: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request put into the queue, and what needed no work."""

    jobs: tuple[int, ...]
    reports: tuple[FileReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """The library at this moment. `coverage` is the share of passages that `model` reads, which answers
    queries; `building` is the one that takes over when all documents are `built` for it; `notice` says why
    a model does not run where one would expect."""

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
