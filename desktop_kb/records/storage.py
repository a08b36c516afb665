"""What a library keeps, and the two protocols that a place to keep it fills: its documents, its passages.

`store` keeps them in one SQLite file on the own disk. Another engine may be behind the same protocols:
nothing in them is a row of a table, and each call is one short transaction or one moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from desktop_kb.errors import DocumentProblem
from desktop_kb.records.generations import Fingerprint, Generation
from desktop_kb.records.library import Document, DocumentStatus, FileReport
from desktop_kb.records.passages import Chunk
from desktop_kb.records.retrieval import Moment, Vectors
from desktop_kb.records.search import Filter
from desktop_kb.records.text import Extracted, Layout
from desktop_kb.records.values import Json, Value

#: 'add' looks at the file and does what is needed; 'read' reads it again whatever it looks like.
JobKind = Literal["add", "read"]
GenerationState = Literal["active", "building"]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was looked at: where, what (SHA-256 of its bytes), its stored copy if any, and by which
    version of the file readers."""

    path: str
    size: int
    mtime_ns: int
    type: str
    content_hash: str = ""
    stored: str | None = None
    reading: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """What the library knows of a path; `document` is the public id of what it held."""

    path: str
    document: str
    type: str
    size: int
    mtime_ns: int
    missing: bool
    status: DocumentStatus
    content_hash: str
    stored: str | None
    pages: int
    chunks: int
    error_code: str | None
    error_details: Json


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the person asked for beside reading the file; kept with the job."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One file to look at."""

    id: int
    kind: JobKind
    path: str
    options: JobOptions
    attempts: int


@dataclass(frozen=True, slots=True)
class Made:
    """A document's passages for one generation, in order. `reader` is the number of that of its readers which
    they were cut and encoded by; 0: cut without a model."""

    generation: int
    reader: int
    passages: Sequence[Chunk]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document as it was read; `text_hash` is what its staged windows lie under."""

    file: File
    extracted: Extracted
    text_hash: str
    made: Sequence[Made]
    options: JobOptions = JobOptions()


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that a generation lacks something of; `revision` counts its contents."""

    document: str
    title: str
    revision: int


class Documents(Protocol):
    """The documents of one library. A document is one content, known by its public id; a place is a path
    where that content stands."""

    # --- reading

    def find(
        self, filters: Sequence[Filter] = (), *, only: Sequence[str] | None = None, removed: bool = False
    ) -> list[Document]:
        """The documents that match, or of the trash, oldest first; `only` those with these ids."""

    def below(self, path: str) -> list[str]:
        """The ids of the documents that stand at this path or in the folder of this name."""

    def keys(self) -> frozenset[str]:
        """Every key a filter can name."""

    def counts(self) -> Mapping[str, int]:
        """How many documents are 'ready', 'failed' and in the 'trash'."""

    def text(self, document: str) -> tuple[str, Layout]:
        """The stored text of a document, and where things stand in it."""

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        """A document's content hash, its copy within the library if there is one, and its places."""

    def place(self, path: str) -> Place | None:
        """What the library knows of this path."""

    def places(self) -> list[Place]:
        """Every known path."""

    def with_content(self, content_hash: str) -> Place | None:
        """A place of the document that has this content, if there is one."""

    # --- writing

    def edit(
        self,
        documents: Sequence[str],
        *,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> None:
        """Change tags and the person's own values of documents; '' drops a value."""

    def tag(self, path: str, options: JobOptions) -> None:
        """Give the document at `path` these tags and values, as the person's own."""

    def touch(self, file: File) -> None:
        """The place was looked at and holds what it held."""

    def mark_missing(self, path: str, missing: bool) -> None:
        """The original is gone from this place (or back)."""

    def add_place(self, file: File, document: str, options: JobOptions, job: Job, report: FileReport) -> None:
        """Another file with the content of a document that is there."""

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        """The file cannot be read: its document says so. One that was read before keeps what it had."""

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents into the trash; what is derived from them goes at once."""

    def restore(self, document: str) -> tuple[str, ...]:
        """Take a document out of the trash and queue its places, which are returned.

        Raises:
            Problem: it is not in the trash ('not-found'), or it has no place any more ('vanished').
        """

    def purge(self, days: int) -> frozenset[str]:
        """Forget what has lain in the trash for `days`; returns the stored files still needed."""


class PassageIndex(Protocol):
    """The passages of one library, found by words and by vectors.

    A generation's readers are numbered from 1. Replacing is one transaction: whoever looks sees the old
    document or the new one, and with `expected` nothing is stored where another was faster.
    """

    def moment(self) -> AbstractContextManager[Moment]:
        """The library as it is now, for one search."""

    def passages(self, document: str) -> list[Chunk]:
        """A document's passages in the generation that serves, in order, with its first reader's vectors:
        in half precision, and of sentences int8 stretched back to unit length, float32 (n, d)."""

    # --- documents

    def put(
        self, incoming: Incoming, *, expected: int | None = None, ended: tuple[Job, FileReport] | None = None
    ) -> bool:
        """Store a document with its passages for each generation, and end its job: one transaction.

        Args:
            expected: its revision (0: it is new); None: whichever.

        Returns whether it was stored: not where it has another revision.
        """

    def put_made(self, missing: Missing, made: Made) -> bool:
        """Store a document's passages in one more generation; not where it has changed since it was found
        missing."""

    def add_vectors(self, missing: Missing, generation: int, reader: int, said: Sequence[Vectors]) -> bool:
        """Store what a further reader says of a document's passages, in their order: one transaction of its
        own; not where the document has changed since it was found missing."""

    def drop(self, documents: Sequence[str], reader: int | None = None) -> None:
        """Drop the passages of documents, or only what this reader says of them; they are missing then."""

    # --- generations

    def generation(self, state: GenerationState = "active") -> Generation | None:
        """The generation that serves, or the one that is being built."""

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        """Make sure a generation with this fingerprint exists: the active one if it has it or if
        the library is empty, else one that is building. Another unfinished one becomes old."""

    def missing_from(self, generation: int, reader: int) -> Missing | None:
        """A document that this reader has not read in this generation; with 0, one that is not in it at all."""

    def flip(self, generation: int) -> None:
        """The generation being built serves from now on; what served before is cleared away afterwards."""

    def clear_old(self) -> bool:
        """Clear away some of an old generation, a short transaction; False if there is none."""


class Library(Protocol):
    """A place where documents and passages are kept."""

    @property
    def documents(self) -> Documents: ...

    @property
    def index(self) -> PassageIndex: ...
