"""What a library stores, and the two protocols of a storage engine: for documents and for passages.

`store` implements them with one local SQLite file. Another engine can implement them too: nothing in them
is a row of a table, and each call is one short transaction or one snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from desktop_kb.errors import DocumentProblem
from desktop_kb.records.generations import Fingerprint, Generation
from desktop_kb.records.library import Document, DocumentStatus, FileReport
from desktop_kb.records.passages import Passage
from desktop_kb.records.retrieval import Moment, Vectors
from desktop_kb.records.search import Filter, SearchSort
from desktop_kb.records.text import Extracted, Layout, PageState
from desktop_kb.records.values import Json, Located, Location, Value

#: 'add' reads the file only if it is new or changed; 'read' reads it in any case; 'renew' too, but leaves its
#: passages where its text is what it was.
JobKind = Literal["add", "read", "renew"]
GenerationState = Literal["active", "building"]
#: Of an original: it is there; it was deleted, moved or renamed; the drive that it was on is not connected.
PlaceState = Literal["there", "gone", "away"]


@dataclass(frozen=True, slots=True)
class File(Located):
    """A file, or a part of one, when it was examined: `content_hash` is the SHA-256 of its bytes, `stored` the
    library's copy if there is one, `reading` the version of the readers in `extract`, `volume` the mount point of its
    drive. `instead_of` is the content that was seen at its place before, '' for none: storing the file where another
    one stands by now is a `Conflict`; None: whatever stands there is replaced."""

    path: str
    size: int
    mtime_ns: int
    type: str
    content_hash: str = ""
    stored: str | None = None
    reading: int = 0
    volume: str = ""
    part: str = ""
    instead_of: str | None = None

    def replaces(self, content_hash: str) -> bool:
        """Whether it may take the place of this content."""
        return self.instead_of is None or content_hash in (self.instead_of, self.content_hash)


@dataclass(frozen=True, slots=True)
class Place(Located):
    """What the library knows about a path, or a part of the file there; `document` is the public id of the content
    found there."""

    path: str
    document: str
    title: str
    type: str
    size: int
    mtime_ns: int
    state: PlaceState
    volume: str
    status: DocumentStatus
    content_hash: str
    stored: str | None
    pages: int
    chunks: int
    error_code: str | None
    error_details: Json
    part: str = ""

    @property
    def stamp(self) -> tuple[int, int]:
        """The file's size and time when it was read last."""
        return self.size, self.mtime_ns


@dataclass(frozen=True, slots=True)
class Left:
    """Where a file was before it was moved or renamed, and its document's title now: another one where that was the
    file's name."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Cited:
    """What a bibliography says of a document; what the person says goes before it, and it before what the file says."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the person asked for with the file, stored with the job: tags and metadata; `recognize`: its pages are to
    be recognized, also where no page is unless it is asked for; `cited`: what a bibliography says of it. `was` is where
    it may have been before: a file of its name is gone from there."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Value] = field(default_factory=dict)
    recognize: bool = False
    cited: Cited | None = None
    was: str = ""


@dataclass(frozen=True, slots=True)
class Job(Located):
    """A queued file, or part of one."""

    id: int
    kind: JobKind
    path: str
    options: JobOptions
    attempts: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A document's passages for one generation, in order.

    Attributes:
        reader: the number of the reader that cut and encoded them; 0 if they were cut without a model.
        further: the vectors of other readers, of each passage in order, by reader.
    """

    generation: int
    reader: int
    passages: Sequence[Passage]
    further: Mapping[int, Sequence[Vectors]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document to store; `text_hash` is the key of its staged vectors; `former` the id of the document that it
    goes on with, whose marks it gets."""

    file: File
    extracted: Extracted
    text_hash: str
    made: Sequence[Made]
    options: JobOptions = JobOptions()
    former: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that is missing, wholly or in part, from a generation.

    Attributes:
        revision: grows with its content's changes.
        cut_by: the number of the reader that cut it in this generation, 0 if no model did; None if it is not
            in the generation.
    """

    document: str
    title: str
    revision: int
    cut_by: int | None = None


class Documents(Protocol):
    """The documents of one library. A document is one content, identified by its public id; a place is a path
    at which a file with that content was found."""

    # --- reading

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        removed: bool = False,
        sort: SearchSort = "score",
    ) -> list[Document]:
        """The documents that match, in the order in which they came unless another is named; `only` those with
        these ids; with `removed`, those in the trash."""

    def below(self, path: str) -> list[str]:
        """The ids of the documents with a file at this path or in this folder."""

    def keys(self) -> frozenset[str]:
        """All keys that a filter can name."""

    def counts(self) -> Mapping[str, int]:
        """The numbers of documents that are 'ready', 'failed' and in the 'trash'."""

    def page_states(self) -> tuple[Mapping[PageState, int], int]:
        """How many pages of all documents are in which state, and how many files in them were not read."""

    def text(self, document: str) -> tuple[str, Layout]:
        """The stored text of a document and its layout."""

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        """A document's content hash, its copy in the library if there is one, and the paths of files with its
        bytes: a part has none."""

    def place(self, path: str, part: str = "") -> Place | None:
        """What the library knows about this path, or this part of the file there, if anything."""

    def places(self, path: str | None = None, *, state: PlaceState | None = None) -> list[Place]:
        """Every known path, and every part; at `path` or below it, and in this state, if these are given."""

    def with_content(self, content_hash: str) -> list[Place]:
        """The places of the document with this content, those that are there first."""

    def count_read_before(self, version: int) -> int:
        """How many documents that are ready were read by an earlier version of the file readers."""

    def read_before(self, version: int) -> list[Place]:
        """A place of each document that an earlier version of the file readers read, one that is there if
        any is; of failures only those that a reader may have learned to read since."""

    def own_values(self, documents: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """The metadata that the person gave these documents, by id."""

    # --- writing

    def edit(
        self,
        documents: Sequence[str],
        *,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> None:
        """Change the tags and the person's own metadata of documents; the value '' deletes a key. The value
        `title` is the document's title, in place of its file's."""

    def tag(self, paths: Sequence[str], options: JobOptions) -> None:
        """Add these tags and metadata, as the person's own, to the documents at these paths and to their parts."""

    def touch(self, file: File) -> None:
        """Record that the file, with its parts, was examined and its content has not changed."""

    def rename(self, old: str, new: str) -> None:
        """The file at a path is at another one now, with its parts; what waits for it is done there."""

    def mark(self, states: Mapping[str, PlaceState]) -> None:
        """Record which originals are there, gone or away, by their paths; so are their parts."""

    def add_place(
        self,
        file: File,
        document: str,
        options: JobOptions,
        job: Job,
        report: FileReport,
        *,
        left: Left | None = None,
    ) -> None:
        """Add a file that has the content of an existing document, and so the same parts, in place of the one that
        it left."""

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        """Record that the file cannot be read. A document that was read before keeps its text and passages."""

    def wait(self, file: File, states: str, job: Job, report: FileReport) -> None:
        """Record that no page of the file can be read before it is recognized: `states` says which wait."""

    def read_again(self, file: File, extracted: Extracted, job: Job, report: FileReport) -> None:
        """A document was read again and says what it said: its passages stay, what else the file holds is new."""

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents into the trash, with the parts that stand nowhere else; their derived data is deleted at
        once."""

    def restore(self, document: str) -> tuple[Location, ...]:
        """Take a document out of the trash, with the parts that went there with it; queue where they stand and
        return that. A part whose file is in the trash comes out with that file.

        Raises:
            Problem: it is not in the trash ('not-found'), or none of its files is left ('vanished').
        """

    def purge(self, days: int) -> frozenset[str]:
        """Delete documents that were in the trash for `days`; returns the stored copies still in use."""


class PassageIndex(Protocol):
    """The passages of one library, found by words and by vectors.

    A generation's readers are numbered from 1. Replacing is one transaction: readers of the library see the
    old document or the new one. With `expected` nothing is stored if another writer was faster.
    """

    def moment(self, cancelled: threading.Event | None = None) -> AbstractContextManager[Moment]:
        """A consistent view of the library as it is now, for one search. Once `cancelled` is set, looking may end
        with `Cancelled`."""

    def passages(self, document: str, reader: int | None = None) -> list[Passage]:
        """A document's passages in the active generation, in order, with the vectors of this reader, or of the
        one that cut them, as float32 (n, d): rounded to half precision, those of sentences to int8 and then
        to unit length."""

    def readers_of(self, document: str) -> tuple[int, ...]:
        """The numbers of the readers that have read a document in the active generation, the one that cut it
        first; () if no model did or it is not there."""

    # --- documents

    def put(
        self, incoming: Incoming, *, expected: int | None = None, ended: tuple[Job, FileReport] | None = None
    ) -> bool:
        """Store a document with its passages for each generation, and end its job: one transaction.

        Args:
            expected: the revision it must still have (0: it is new); None: any.

        Returns whether it was stored, which it is not if it has another revision by now.
        """

    def put_made(self, missing: Missing, made: Made) -> bool:
        """Store a document's passages for one more generation, unless it has changed since it was found
        missing; returns whether they were stored."""

    def add_vectors(self, missing: Missing, generation: int, reader: int, encoded: Sequence[Vectors]) -> bool:
        """Store a further reader's vectors of a document's passages, in their order, unless the document has
        changed since it was found missing; returns whether they were stored. One transaction."""

    def drop(self, documents: Sequence[str], reader: int | None = None) -> None:
        """Delete the passages of documents, or only this reader's vectors; `missing_from` finds them then."""

    # --- generations

    def generation(self, state: GenerationState = "active") -> Generation | None:
        """The active generation, or the one being built."""

    def uncounted(self, state: GenerationState = "active") -> Generation | None:
        """The same without its counts, all 0: counting takes 4 ms for 10,000 documents after each write."""

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        """Make sure that a generation with this fingerprint exists: the active one if it has this
        fingerprint or the library is empty, else one to build. Another unfinished one becomes old."""

    def missing_from(self, generation: int, reader: int, after: str = "") -> Missing | None:
        """The first document, of those stored after the one with the id `after`, that this reader has not
        encoded in this generation; with reader 0, that is not in the generation at all."""

    def flip(self, generation: int) -> None:
        """Make the built generation the active one; the previous one becomes old, for `clear_old`."""

    def clear_old(self) -> bool:
        """Delete a part of an old generation in a short transaction; False if there is none."""


class Library(Protocol):
    """A storage engine: documents and their passages."""

    @property
    def documents(self) -> Documents: ...

    @property
    def index(self) -> PassageIndex: ...
