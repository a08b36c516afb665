"""The documents of a library, its queue and its status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from desktop_kb.errors import JsonValue
from desktop_kb.records.findings import Finding
from desktop_kb.records.text import PAGE_STATES, PageState, awaiting, unpack_states
from desktop_kb.records.values import Located, Value, is_of_others

DocumentStatus = Literal["waiting", "ready", "failed"]
#: The tag of a document of a team that is kept beside the one that the library has at its file's place.
CONFLICT: Final = "conflict"
Changed = Literal["added", "text", "title", "tags", "values", "removed", "restored"]


def counted_states(letters: str) -> dict[PageState, int]:
    """How many pages are in which state, every state named; `letters` as `pack_states` packs them."""
    counts = Counter(unpack_states(letters))
    return {state: counts[state] for state in PAGE_STATES}


def unread(letters: str, parts_left_out: int = 0) -> tuple[Finding, ...]:
    """What of a file cannot be found, for each kind of page with the numbers of its pages."""
    if not (letters or parts_left_out):
        return ()  # most have no pages, and a list asks this of each of its 100,000
    pictures, drawn, garbled = (_pages(letters, state) for state in ("none", "drawn", "garbled"))
    of = len(letters)
    findings = []
    if waiting := _pages(letters, "waiting"):
        findings.append(Finding("pages-waiting", {"count": len(waiting), "of": of, "pages": _runs(waiting)}))
    if pictures:
        count = len(pictures)
        findings.append(Finding("pages-without-text", {"count": count, "of": of, "pages": _runs(pictures)}))
    if drawn:
        findings.append(Finding("pages-drawn", {"count": len(drawn), "of": of, "pages": _runs(drawn)}))
    if garbled:
        findings.append(Finding("pages-garbled", {"count": len(garbled), "of": of, "pages": _runs(garbled)}))
    if parts_left_out:
        findings.append(Finding("parts-left-out", {"count": parts_left_out}))
    return tuple(findings)


def _pages(letters: str, wanted: PageState) -> list[int]:
    """The numbers of the pages in this state."""
    return [number for number, state in enumerate(unpack_states(letters), 1) if state == wanted]


def _runs(numbers: Sequence[int]) -> list[JsonValue]:
    """Ascending numbers, runs of them as '3-7'."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in runs]


class Change(NamedTuple):
    """When somebody changed a document of a team (ISO 8601, UTC), who, and what: see `Changed`."""

    at: str
    by: str
    what: Changed

    @property
    def when(self) -> str:
        """The time as the clock here shows it."""
        return datetime.fromisoformat(self.at).astimezone().strftime("%Y-%m-%d %H:%M")

    @property
    def finding(self) -> Finding:
        """What is to be said of it."""
        told: Mapping[Changed, Finding] = {
            "added": Finding("by-added", {"by": self.by}),
            "text": Finding("by-text", {"by": self.by}),
            "title": Finding("by-title", {"by": self.by}),
            "tags": Finding("by-tags", {"by": self.by}),
            "values": Finding("by-values", {"by": self.by}),
            "removed": Finding("by-removed", {"by": self.by}),
            "restored": Finding("by-restored", {"by": self.by}),
        }
        return told[self.what]


@dataclass(frozen=True, slots=True)
class Document(Located):
    """A document: one content, with the paths (`places`) of all files that have it, those that are there first.

    Attributes:
        missing_places: those of its places where the file is gone.
        away_places: those on a drive that is not connected.
        copied: whether the library has a copy of the file.
        date: what it says of itself, an ISO date.
        size_bytes: of its file, or of the part.
        modified: when the newest of its files that is there was changed, ISO 8601, UTC; '' if none is there.
        changes: in a library that a team shares, who changed what: how it came, and the last ones.
    """

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
    states: str = ""  # of its pages, as `pack_states` packs them
    parts_left_out: int = 0  # files in it that were not read
    part: str = ""  # which part of the file at `path` it is; '' for the file itself
    missing_places: tuple[str, ...] = ()
    away_places: tuple[str, ...] = ()
    copied: bool = False
    date: str | None = None
    size_bytes: int = 0
    modified: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def gone(self) -> bool:
        """Whether its file is at none of its places any more."""
        return bool(self.places) and len(self.missing_places) == len(self.places)

    @property
    def elsewhere(self) -> bool:
        """Whether its file is on another machine of the team."""
        return self.path in self.away_places and is_of_others(self.path)

    @property
    def standing(self) -> tuple[Finding, ...]:
        """What is to be said of its originals, where one is gone or its drive is not connected."""
        if self.gone:
            return (Finding("original-kept" if self.copied else "original-gone", {"path": self.path}),)
        found = []
        if self.changes and CONFLICT in self.tags:
            found.append(Finding("kept-apart", {"path": self.path}))
        if self.path in self.away_places:
            found.append(
                Finding("original-elsewhere" if self.elsewhere else "original-away", {"path": self.path})
            )
        return (*found, *(Finding("place-gone", {"path": path}) for path in self.missing_places))

    @property
    def error(self) -> Finding | None:
        """Why the last attempt to read it failed; None if it did not."""
        return Finding(self.error_code, self.error_details) if self.error_code else None

    @property
    def page_states(self) -> Mapping[PageState, int]:
        """How many pages are in which state."""
        return counted_states(self.states)

    @property
    def has_unread_pages(self) -> bool:
        """Whether it has pages that hold no text that can be read, and wait for nothing."""
        states = unpack_states(self.states)
        return awaiting(states, ()) != states

    @property
    def unread(self) -> tuple[Finding, ...]:
        """What of it cannot be found although it is ready."""
        return unread(self.states, self.parts_left_out)


AddStatus = Literal["indexed", "updated", "unchanged", "duplicate", "moved", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Pending:
    """What is still to be done for a document that can be found: how many of its pages are to be recognized, and
    by how many further models it is to be read."""

    pages: int = 0
    readers: int = 0


@dataclass(frozen=True, slots=True)
class FileReport(Located):
    """What became of one file, or of a part of it. `pending` is what was left to do when it was reported;
    `tags_from` where the document is gone that the person's tags and values were taken over from."""

    path: str
    status: AddStatus
    pages: int = 0
    chunks: int = 0
    seconds: float = 0.0
    error_code: str | None = None
    error_details: Mapping[str, JsonValue] = field(default_factory=dict)
    pending: Pending = Pending()
    states: str = ""
    parts_left_out: int = 0
    part: str = ""
    tags_from: str = ""

    @property
    def error(self) -> Finding | None:
        """Why it failed or was skipped; None if it was not."""
        return Finding(self.error_code, self.error_details) if self.error_code else None

    @property
    def page_states(self) -> Mapping[PageState, int]:
        """How many pages are in which state."""
        return counted_states(self.states)

    @property
    def unread(self) -> tuple[Finding, ...]:
        """What of it cannot be found although it was indexed."""
        return unread(self.states, self.parts_left_out)


@dataclass(frozen=True, slots=True)
class QueuedFile(Located):
    """A file that waits to be read or is being read; `job` is its id in the queue."""

    job: int
    path: str
    running: bool
    part: str = ""


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
    run on the expected device. `page_states` counts the pages of all documents, failed ones too, and
    `parts_left_out` the files in them that were not read. Of `gone` documents the original is nowhere any more, of
    `away` ones it is on a drive that is not connected. `old_reading`
    documents were read by an older program, and are read again in the background where their original or
    a copy is there."""

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
    page_states: Mapping[PageState, int] = field(default_factory=dict)
    parts_left_out: int = 0
    gone: int = 0
    away: int = 0
