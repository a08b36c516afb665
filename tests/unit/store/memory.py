"""A library in memory: what `records.Documents` and `records.PassageIndex` say, done the plain way.

Nothing is indexed: every passage is looked at, cut and scored for every question. It stands for any
other place to keep a library, and is what the SQLite one is held against.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, cast

import numpy as np

from desktop_kb import language
from desktop_kb.errors import Conflict, DocumentProblem, Problem
from desktop_kb.formats import types_named
from desktop_kb.language.dates import DATE_KEYS, dated
from desktop_kb.language.values import bounds, folded, order, says
from desktop_kb.reading import cut_out
from desktop_kb.records import (
    Change,
    Changed,
    Document,
    DocumentStatus,
    Extracted,
    File,
    FileReport,
    Filter,
    Fingerprint,
    Floats,
    Generation,
    GenerationState,
    Incoming,
    Job,
    JobOptions,
    Json,
    Key,
    Layout,
    Left,
    Location,
    Made,
    Missing,
    Moment,
    PageState,
    Passage,
    Place,
    PlaceState,
    Question,
    ReaderProgress,
    Retrieved,
    Scope,
    SearchSort,
    Slice,
    Standing,
    StoredPassage,
    Terms,
    Times,
    Value,
    Vectors,
    counted_states,
    pack_states,
)

#: FTS5's k1 and b, and the weights of title, heading and body.
_ADDED = "2026-01-01T00:00:00+00:00"
_K1, _B, _WEIGHTS = 1.2, 0.75, (2.0, 1.5, 1.0)


@dataclass(frozen=True)
class Cut:
    """A document's passages in one generation; what each reader says of them, in order."""

    made: Made
    said: Mapping[int, Sequence[Vectors]]


@dataclass(frozen=True)
class Row:
    """A document; replaced as a whole by every write, so that a moment keeps what it has."""

    number: int
    uid: str
    file: File
    status: DocumentStatus
    named: str  # by its file; the person may give it another title
    extracted: Extracted | None = None
    places: Mapping[Location, tuple[File, PlaceState]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=lambda: {"file": {}, "user": {}})
    revision: int = 0
    removed: bool = False
    code: str | None = None
    details: Json = field(default_factory=dict)
    cuts: Mapping[int, Cut] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    @property
    def metadata(self) -> dict[str, Value]:
        both = {**self.values["file"], **self.values["user"]}
        found = {key: _value(value) for key, value in both.items() if key != "title"}
        return dict(sorted(found.items()))

    @property
    def title(self) -> str:
        return str(self.values["user"].get("title", self.named))

    def ordered(self) -> tuple[Location, ...]:
        """Its places, those that are there first and those that are gone last; files before parts."""
        rank = ("there", "away", "gone")
        return tuple(sorted(self.places, key=lambda at: (rank.index(self.places[at][1]), at.part != "", at)))

    def paths(self, state: PlaceState) -> tuple[str, ...]:
        return tuple(dict.fromkeys(at.path for at in self.ordered() if self.places[at][1] == state))

    def lives(self) -> set[Location]:
        return {at for at, (_, state) in self.places.items() if state != "gone"}

    @property
    def times(self) -> Times:
        said = ((self.values[source], key) for source in ("user", "file") for key in DATE_KEYS)
        date = next((date for own, key in said if (date := dated(str(own.get(key, ""))))), "")
        times = [file.mtime_ns for file, state in self.places.values() if state == "there"]
        return Times(date, _ADDED, max(times, default=0))

    @property
    def lang(self) -> str:
        return language.language_of(self.extracted.text[:20_000]) if self.extracted else ""


class MemoryLibrary:
    def __init__(self, user: str = "root") -> None:
        self.user = user
        self.rows: dict[str, Row] = {}
        self.generations: dict[int, tuple[Fingerprint, str]] = {}
        self.numbers = itertools.count(1)
        self.reports: list[tuple[Job, FileReport]] = []
        self.documents = MemoryDocuments(self)
        self.index = MemoryIndex(self)

    def in_state(self, state: str) -> int:
        return max((id for id, (_, found) in self.generations.items() if found == state), default=0)

    def live(self) -> list[Row]:
        return [row for row in self.rows.values() if not row.removed]

    def at(self, location: Location) -> Row | None:
        return next((row for row in self.live() if location in row.places), None)

    def leave(self, location: Location) -> None:
        """The place is another document's, or there no more."""
        row = self.at(location)
        if row is not None:
            rest = {place: found for place, found in row.places.items() if place != location}
            self.write(replace(row, places=rest) if rest else replace(row, places={}, removed=True, cuts={}))

    def keep_parts(self, file: File, extracted: Extracted) -> None:
        for location, _ in self.under(file.location):
            kept = (f"{file.part}/{name}".lstrip("/") for name in extracted.parts)
            if not any(f"{location.part}/".startswith(f"{name}/") for name in kept):
                self.leave(location)

    def under(self, location: Location) -> list[tuple[Location, Row]]:
        below = f"{location.part}/" if location.part else ""
        return [
            (place, row)
            for row in self.rows.values()
            for place in row.places
            if place.path == location.path and place.part and place.part.startswith(below)
        ]

    def write(self, row: Row) -> None:
        row = self.said_by(row, self.rows.get(row.uid))
        if not row.removed:  # no place of it is of who had it before, and is in the trash
            for other in [other for other in self.rows.values() if other.removed]:
                rest = {at: found for at, found in other.places.items() if at not in row.places}
                self.rows[other.uid] = replace(other, places=rest)
        self.rows[row.uid] = row

    def said_by(self, row: Row, before: Row | None) -> Row:
        """Who changed what: each kind of change once in a row, how it came first, and the last ones."""
        if before is None:
            kinds = ["added"]
        elif row.file.content_hash != before.file.content_hash:
            kinds = ["text"]
        else:
            kinds = [
                *(["removed" if row.removed else "restored"] if row.removed != before.removed else []),
                *(["title"] if row.title != before.title else []),
                *(["tags"] if row.tags.keys() != before.tags.keys() else []),
                *(["values"] if _own(row) != _own(before) else []),
            ]
        changes = list(row.changes)
        for what in kinds:
            first, rest = changes[:1], changes[1:]
            if rest and rest[-1].what == what:
                rest.pop()
            changes = [*first, *rest[-8:], Change(_ADDED, self.user, cast(Changed, what))]
        return replace(row, changes=tuple(changes))

    def refuse_other(self, file: File) -> None:
        there = self.at(file.location)
        if file.instead_of is not None and there is not None:
            content = there.file.content_hash
            if content not in (file.instead_of, file.content_hash):
                raise Conflict("kept-apart", path=file.path, content=content)

    def place(self, file: File, extracted: Extracted | None, options: JobOptions) -> Row:
        """The document of a file: by its content, else by its place, else out of the trash, else new."""
        self.refuse_other(file)
        live = next((row for row in self.live() if row.file.content_hash == file.content_hash), None)
        before = self.at(file.location)
        trashed = [
            row for row in self.rows.values() if row.removed and row.file.content_hash == file.content_hash
        ]
        title = (
            (extracted.title if extracted else PurePath(file.location.name).stem)
            .encode("utf-8", "replace")
            .decode()
        )
        if live is not None:
            row = live
        elif before is not None and before.lives() <= {file.location}:
            row = before
        elif trashed:
            row = replace(trashed[-1], removed=False, places={})
        else:
            number = next(self.numbers)
            row = Row(number, f"{number:016x}", file, "waiting", title)
            if before is not None:
                row = replace(
                    row,
                    tags={tag: source for tag, source in before.tags.items() if source == "user"},
                    values={"file": {}, "user": before.values["user"]},
                )
        if before is not None and before.uid != row.uid:
            rest = {at: place for at, place in before.places.items() if at != file.location}
            gone = replace(before, removed=True, cuts={})
            self.write(replace(before, places=rest) if before.lives() - {file.location} else gone)
        if extracted is None and row.extracted is not None:
            title = row.named
        kept = {place: row.places[place] for place in sorted(row.lives())}
        row = replace(row, file=file, named=title, places={**kept, file.location: (file, "there")})
        if extracted is not None:
            own = {tag: source for tag, source in row.tags.items() if source == "user"}
            row = replace(
                row,
                tags=dict.fromkeys(extracted.tags, "file") | own,
                values={**row.values, "file": dict(extracted.metadata)},
            )
        return given(row, options.tags, options.metadata)


def given(row: Row, tags: Iterable[str], metadata: Mapping[str, Value]) -> Row:
    """The document with these as the person's own."""
    values = {**row.values, "user": {**row.values["user"], **metadata}}
    return replace(row, tags={**row.tags, **dict.fromkeys(tags, "user")}, values=values)


def _own(row: Row) -> Mapping[str, Value]:
    return {key: value for key, value in row.values["user"].items() if key != "title"}


def _written(time_ns: int) -> str:
    """A file's time as people write it; '' for none."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time_ns else ""


def in_order(rows: Sequence[Row], sort: SearchSort) -> list[Row]:
    """The rows in the order that is named."""
    if sort == "score":
        return list(rows)
    if sort == "title":
        return sorted(rows, key=lambda row: folded(row.title))
    return sorted(rows, key=lambda row: getattr(row.times, sort), reverse=True)


class MemoryDocuments:
    def __init__(self, library: MemoryLibrary) -> None:
        self._library = library

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        removed: bool = False,
        sort: SearchSort = "score",
    ) -> list[Document]:
        rows = [row for row in self._library.rows.values() if row.removed == removed and fits(row, filters)]
        rows = [row for row in rows if only is None or row.uid in only]
        rows.sort(key=lambda row: row.number)
        return [self._document(row) for row in in_order(rows, sort)]

    def below(self, path: str) -> list[str]:
        rows = sorted(self._library.live(), key=lambda row: row.number)
        return [row.uid for row in rows if any(PurePath(*p).is_relative_to(path) for p in row.places)]

    def _document(self, row: Row) -> Document:
        places = row.ordered() or (Location(""),)
        return Document(
            document=row.uid,
            path=places[0].path,
            part=places[0].part,
            places=tuple(dict.fromkeys(place.path for place in places if place.path)),
            title=row.title,
            type=row.file.type,
            status=row.status,
            pages=len(row.extracted.layout.pages) if row.extracted else 0,
            chunks=self._chunks(row),
            tags=tuple(sorted(row.tags)),
            metadata=row.metadata,
            added=_ADDED,
            error_code=row.code,
            error_details=row.details,
            states=self._states(row),
            parts_left_out=row.extracted.parts_left_out if row.extracted else 0,
            missing_places=row.paths("gone"),
            away_places=row.paths("away"),
            date=row.times.date or None,
            copied=row.file.stored is not None,
            size_bytes=row.file.size,
            modified=_written(row.times.modified),
            changes=row.changes,
        )

    def _states(self, row: Row) -> str:
        if "states" in row.details or row.extracted is None:
            return str(row.details.get("states", ""))
        return pack_states(row.extracted.page_states)

    def page_states(self) -> tuple[Mapping[PageState, int], int]:
        rows = self._library.live()
        left_out = sum(row.extracted.parts_left_out for row in rows if row.extracted)
        return counted_states("".join(map(self._states, rows))), left_out

    def _chunks(self, row: Row) -> int:
        cut = row.cuts.get(self._library.in_state("active"))
        return len(cut.made.passages) if cut else 0

    def keys(self) -> frozenset[str]:
        built_in = {"tag", "type", "title", "path", "lang", "added", "document", "has", "mark"}
        return frozenset(built_in.union(*(row.metadata for row in self._library.rows.values())))

    def counts(self) -> Mapping[str, int]:
        states = Counter("trash" if row.removed else row.status for row in self._library.rows.values())
        standing = [{state for _, state in row.places.values()} for row in self._library.live()]
        gone = sum(found == {"gone"} for found in standing)
        away = sum("away" in found and "there" not in found for found in standing)
        return {"ready": 0, "failed": 0, "trash": 0} | states | {"gone": gone, "away": away}

    def _known(self, document: str) -> Row:
        if document not in self._library.rows:
            raise Problem("not-found", what=document)
        return self._library.rows[document]

    def text(self, document: str) -> tuple[str, Layout]:
        extracted = self._known(document).extracted
        return (extracted.text, extracted.layout) if extracted else ("", Layout())

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        row = self._known(document)
        files = tuple(place.path for place in row.ordered() if not place.part)
        return row.file.content_hash, row.file.stored, files

    def contents(self, documents: Sequence[str]) -> Mapping[str, str]:
        rows = self._library.rows
        return {uid: rows[uid].file.content_hash for uid in documents if uid in rows}

    def _place(self, row: Row, location: Location) -> Place:
        file, state = row.places[location]
        return Place(
            path=location.path,
            part=location.part,
            document=row.uid,
            title=row.title,
            type=row.file.type,
            size=file.size,
            mtime_ns=file.mtime_ns,
            state=state,
            volume=file.volume,
            status=row.status,
            content_hash=row.file.content_hash,
            stored=row.file.stored,
            pages=len(row.extracted.layout.pages) if row.extracted else 0,
            chunks=self._chunks(row),
            error_code=row.code,
            error_details=row.details,
        )

    def place(self, path: str, part: str = "") -> Place | None:
        row = self._library.at(Location(path, part))
        return self._place(row, Location(path, part)) if row else None

    def places(self, path: str | None = None, *, state: PlaceState | None = None) -> list[Place]:
        found = [
            (one, row)
            for row in self._library.live()
            for one in row.places
            if path is None or PurePath(one.path).is_relative_to(path)
        ]
        places = [self._place(row, path) for path, row in sorted(found, key=lambda pair: pair[0])]
        return [place for place in places if state is None or place.state == state]

    def with_content(self, content_hash: str) -> list[Place]:
        rows = [row for row in self._library.live() if row.file.content_hash == content_hash]
        return [self._place(row, path) for row in rows for path in row.ordered()]

    def count_read_before(self, version: int) -> int:
        return sum(row.file.reading < version and row.status == "ready" for row in self._library.live())

    def read_before(self, version: int) -> list[Place]:
        later = ("no-text", "garbled", "unsupported", "portfolio")
        return [
            self._place(row, row.ordered()[0])
            for row in sorted(self._library.live(), key=lambda row: row.number)
            if row.places and row.file.reading < version and (row.status == "ready" or row.code in later)
        ]

    def edit(
        self,
        documents: Sequence[str],
        *,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> None:
        for row in [self._known(document) for document in documents]:
            own = {key: value for key, value in row.values["user"].items() if key not in (metadata or {})}
            kept = {tag: source for tag, source in row.tags.items() if tag not in untag}
            row = replace(row, tags=kept, values={**row.values, "user": own})
            values = {key: value for key, value in (metadata or {}).items() if value != ""}
            self._library.write(given(row, tags, values))

    def own_values(self, documents: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        own = {id: self._known(id).values["user"] for id in documents}
        return {id: {key: _value(value) for key, value in values.items()} for id, values in own.items()}

    def tag(self, paths: Sequence[str], options: JobOptions) -> None:
        for row in [row for row in self._library.live() if any(at.path in paths for at in row.places)]:
            self._library.write(given(row, options.tags, options.metadata))

    def touch(self, file: File) -> None:
        for row in [*self._library.live()]:
            for at, (known, _) in row.places.items():
                if at == file.location:
                    row = replace(row, places={**row.places, at: (file, "there")})
                elif at.path == file.path and not file.part:
                    touched = replace(known, mtime_ns=file.mtime_ns)
                    row = replace(row, places={**row.places, at: (touched, "there")})
            self._library.write(row)

    def rename(self, old: str, new: str) -> None:
        for row in [*self._library.rows.values()]:
            moved = {
                at._replace(path=new) if at.path == old else at: found for at, found in row.places.items()
            }
            self._library.write(replace(row, places=moved))

    def mark(self, states: Mapping[str, PlaceState]) -> None:
        for row in [*self._library.live()]:
            marked = {
                at: (file, states[at.path]) for at, (file, _) in row.places.items() if at.path in states
            }
            self._library.write(replace(row, places={**row.places, **marked}))

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
        known = self._known(document)
        self._library.refuse_other(file)
        held = self._library.under(next(iter(known.places))) if known.places else []
        row = self._library.place(replace(file, content_hash=known.file.content_hash), None, options)
        others = {at: place for at, place in known.places.items() if left is None or at.path != left.path}
        row = replace(row, places={**others, file.location: row.places[file.location]})
        self._library.write(replace(row, named=left.title) if left else row)
        for at, one in held:
            own = self._library.rows[one.uid]
            part = replace(own.places[at][0], path=file.path, mtime_ns=file.mtime_ns)
            kept = {at: place for at, place in own.places.items() if left is None or at.path != left.path}
            self._library.write(replace(own, places={**kept, part.location: (part, "there")}))
        self._library.reports.append((job, report))

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        row = self._library.place(file, None, job.options)
        failed = replace(row, status="failed", code=problem.code, details=dict(problem.details))
        self._library.write(failed)
        self._library.reports.append((job, report))

    def wait(self, file: File, states: str, job: Job, report: FileReport) -> None:
        row = self._library.place(file, None, job.options)
        self._library.write(replace(row, status="waiting", details={"states": states}))
        self._library.reports.append((job, report))

    def read_again(self, file: File, extracted: Extracted, job: Job, report: FileReport) -> None:
        self._library.write(self._library.place(file, extracted, job.options))
        self._library.keep_parts(file, extracted)
        self._library.reports.append((job, report))

    def remove(self, documents: Sequence[str]) -> None:
        for row in [self._known(document) for document in documents]:
            hosts = {at.path for at in row.places}
            for location, part in [pair for at in row.places for pair in self._library.under(at)]:
                if all(at.part and at.path in hosts for at in part.places):
                    self._library.write(replace(part, removed=True, cuts={}))
                else:
                    self._library.leave(location)
            self._library.write(replace(row, removed=True, cuts={}))

    def leave(self, path: str) -> None:
        for at in {at for row in self._library.live() for at in row.places if at.path == path}:
            self._library.leave(at)

    def restore(self, document: str) -> tuple[Location, ...]:
        row = self._library.rows.get(document)
        held = [part for at in (row.places if row else ()) for _, part in self._library.under(at)]
        found = self._restore(document)
        for part in held:
            found += self._restore(part.uid) if self._library.rows[part.uid].removed else ()
        return found

    def _restore(self, document: str) -> tuple[Location, ...]:
        row = self._library.rows.get(document)
        if row is None or not row.removed:
            raise Problem("not-found", what=document)
        twin = next((o for o in self._library.live() if o.file.content_hash == row.file.content_hash), None)
        if twin is not None:
            own = [tag for tag, source in row.tags.items() if source == "user"]
            values = {**row.values["user"], **twin.values["user"]}
            self._library.write(replace(given(twin, own, values), places={**twin.places, **row.places}))
            del self._library.rows[document]
        elif not row.places:
            raise Problem("vanished")
        else:
            self._library.write(replace(row, removed=False, status="waiting"))
        return row.ordered()

    def purge(self, days: int) -> frozenset[str]:
        rows = self._library.rows
        for uid in [uid for uid, row in rows.items() if row.removed and days < 0]:
            del rows[uid]
        return frozenset(row.file.stored for row in rows.values() if row.file.stored)


class MemoryIndex:
    def __init__(self, library: MemoryLibrary) -> None:
        self._library = library

    @contextlib.contextmanager
    def moment(self, cancelled: threading.Event | None = None) -> Iterator[Moment]:
        active = self._library.in_state("active")
        yield MemoryMoment(active, self._library.live())

    def readers_of(self, document: str) -> tuple[int, ...]:
        row = self._library.rows.get(document)
        cut = row.cuts.get(self._library.in_state("active")) if row else None
        return tuple(sorted(cut.said, key=lambda reader: (reader != cut.made.reader, reader))) if cut else ()

    def passages(self, document: str, reader: int | None = None) -> list[Passage]:
        row = self._library.rows.get(document)
        cut = row.cuts.get(self._library.in_state("active")) if row else None
        if reader is None and cut is not None:
            reader = cut.made.reader
        first = (cut.said.get(reader or 0) if cut else None) or itertools.repeat(Vectors(None, None))
        return [
            replace(passage, vector=said.whole, sentence_vectors=said.sentences)
            for passage, said in zip(cut.made.passages if cut else (), first, strict=False)
        ]

    # --- documents

    def put(
        self, incoming: Incoming, *, expected: int | None = None, ended: tuple[Job, FileReport] | None = None
    ) -> bool:
        before = dict(self._library.rows)
        row = self._library.place(incoming.file, incoming.extracted, incoming.options)
        if expected not in (None, row.revision):
            self._library.rows = before
            return False
        cuts = {made.generation: _cut(made) for made in incoming.made}
        stored = replace(row, status="ready", extracted=incoming.extracted, code=None, details={}, cuts=cuts)
        self._library.write(replace(stored, revision=row.revision + 1))
        self._library.keep_parts(incoming.file, incoming.extracted)
        if ended is not None:
            self._library.reports.append(ended)
        return True

    def _unchanged(self, missing: Missing) -> Row | None:
        row = self._library.rows.get(missing.document)
        return row if row and not row.removed and row.revision == missing.revision else None

    def put_made(self, missing: Missing, made: Made) -> bool:
        row = self._unchanged(missing)
        if row is not None:
            self._library.write(replace(row, cuts={**row.cuts, made.generation: _cut(made)}))
        return row is not None

    def add_vectors(self, missing: Missing, generation: int, reader: int, encoded: Sequence[Vectors]) -> bool:
        row = self._unchanged(missing)
        if row is not None:
            self._say(row, generation, {**row.cuts[generation].said, reader: encoded})
        return row is not None

    def _say(self, row: Row, generation: int, said: Mapping[int, Sequence[Vectors]]) -> None:
        cut = replace(row.cuts[generation], said=said)
        self._library.write(replace(row, cuts={**row.cuts, generation: cut}))

    def drop(self, documents: Sequence[str], reader: int | None = None) -> None:
        for document in documents:
            row = self._library.rows[document]
            if reader is None:
                self._library.write(replace(row, cuts={}))
                continue
            for generation, cut in row.cuts.items():
                left = {number: said for number, said in cut.said.items() if number != reader}
                self._say(self._library.rows[document], generation, left)

    # --- generations

    def generation(self, state: GenerationState = "active") -> Generation | None:
        id = self._library.in_state(state)
        if not id:
            return None
        cuts = [row.cuts[id] for row in self._library.rows.values() if id in row.cuts]
        chunks = sum(len(cut.made.passages) for cut in cuts)
        covered = sum(said.whole is not None for cut in cuts for said in cut.said.get(cut.made.reader, ()))
        fingerprint = self._library.generations[id][0]
        read = []
        for number in range(1, len(fingerprint.readers) + 1):
            said = [cut.said[number] for cut in cuts if number in cut.said]
            read.append(
                ReaderProgress(len(said), sum(one.whole is not None for some in said for one in some))
            )
        return Generation(id, fingerprint, len(cuts), chunks, covered, tuple(read))

    def uncounted(self, state: GenerationState = "active") -> Generation | None:
        found = self.generation(state)
        return found and replace(found, documents=0, chunks=0, covered=0, read=())

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        known = self._library.generations
        for id, (found, state) in known.items():
            if replace(found, reading=fingerprint.reading) == fingerprint:
                known[id] = (fingerprint, state)
        same = {state: id for id, (found, state) in known.items() if found == fingerprint and state != "old"}
        for id, (found, state) in known.items():
            if state == "building" and ("active" in same or same.get("building") != id):
                known[id] = (found, "old")
        begun: GenerationState = "active" if "active" in same else "building"
        if not same:
            if not any(row.cuts for row in self._library.rows.values()):
                begun = "active"
                known.update(
                    {id: (found, "old") for id, (found, state) in known.items() if state == "active"}
                )
            known[max(known, default=0) + 1] = (fingerprint, begun)
        generation = self.generation(begun)
        assert generation is not None
        return generation

    def missing_from(self, generation: int, reader: int, after: str = "") -> Missing | None:
        least = self._library.rows[after].number if after else -1
        for row in sorted(self._library.live(), key=lambda row: row.number):
            cut = row.cuts.get(generation)
            serves = row.status == "ready" or (row.status == "failed" and row.cuts)
            if row.number > least and serves and (cut is None or (reader and reader not in cut.said)):
                cut_by = None if cut is None else cut.made.reader if cut.made.reader in cut.said else 0
                return Missing(row.uid, row.title, row.revision, cut_by)
        return None

    def flip(self, generation: int) -> None:
        known = self._library.generations
        for id, (found, state) in known.items():
            known[id] = (found, "active" if id == generation else "old" if state == "active" else state)

    def clear_old(self) -> bool:
        old = self._library.in_state("old")
        if old:
            del self._library.generations[old]
            for row in list(self._library.rows.values()):
                cuts = {id: cut for id, cut in row.cuts.items() if id != old}
                self._library.write(replace(row, cuts=cuts))
        return bool(old)


def _cut(made: Made) -> Cut:
    said = [Vectors(passage.vector, passage.sentence_vectors) for passage in made.passages]
    return Cut(made, {**({made.reader: said} if made.reader else {}), **made.further})


class MemoryMoment:
    def __init__(self, generation: int, rows: Sequence[Row]) -> None:
        self.generation = generation
        self._rows = {row.uid: row for row in rows}
        self._entries = [
            Entry(row, passage, {reader: said[at] for reader, said in cut.said.items()}, first=at == 0)
            for row in sorted(rows, key=lambda row: row.number)
            if (cut := row.cuts.get(generation))
            for at, passage in enumerate(cut.made.passages)
        ]

    def retrieve(self, question: Question, scope: Scope, k: int, also: Iterable[Key] = ()) -> Retrieved:
        wanted = set(also)
        inside = [entry for entry in self._entries if entry.within(scope)]
        found = {entry.key: entry for entry in self._entries if entry.key in wanted}
        terms, score = self._scorer(question.text)
        if question.by_words:
            scores = {entry.key: score(entry) for entry in inside}
            worded = [entry for entry in inside if scores[entry.key] > 0]
            worded.sort(key=lambda entry: -scores[entry.key])
            found |= {entry.key: entry for entry in worded[:k]}
        nearest: dict[int, list[Key]] = {}
        for reader, vector in question.vectors.items():
            read = [entry for entry in inside if entry.cosine(reader, vector) is not None]
            read.sort(key=lambda entry: -(entry.cosine(reader, vector) or 0))
            found |= {entry.key: entry for entry in read[:k]}
            nearest[reader] = [entry.key for entry in read[:k]]
        return Retrieved(
            {key: entry.passage(question.vectors) for key, entry in found.items()},
            {key: score(entry) for key, entry in found.items()} if question.by_words else {},
            nearest,
            terms,
            {"words": 0.0, "vectors": 0.0, "passages": 0.0},
        )

    def _scorer(self, text: str) -> tuple[Terms, Callable[[Entry], float]]:
        """A question's terms with their weights, and the share of those that a passage carries."""
        words = _kept(language.words(text))
        grams = _kept([*language.grams(text), *language.lone_characters(text)])
        characters = [c for c in dict.fromkeys(language.characters(text)) if not language.is_stop(c)]
        size = len(self._entries)
        weights = [
            {
                term: _idf(size, sum(term in entry.terms(*columns) for entry in self._entries))
                for term in terms
            }
            for terms, columns in ((words, range(3)), (grams, (3, 4)), (characters, (3, 4)))
        ]
        total = 2.2 * (sum(weights[0].values()) + sum((weights[1] | weights[2]).values()))
        lengths = [
            sum(len(entry.cut[c]) for entry in self._entries for c in columns) / max(1, size)
            for columns in (range(3), range(3, 5))
        ]

        def score(entry: Entry) -> float:
            found = 0.0
            for terms, columns, table in ((words, (0, 1, 2), 0), (grams, (3,), 1), (characters, (4,), 1)):
                length = sum(len(entry.cut[c]) for c in (range(3), range(3, 5))[table])
                for term in terms:
                    often = sum((*_WEIGHTS, 1.0, 1.0)[c] * entry.cut[c].count(term) for c in columns)
                    idf = _idf(size, sum(term in other.terms(*columns) for other in self._entries))
                    norm = _K1 * (1 - _B + _B * length / (lengths[table] or 1))
                    found += idf * often * (_K1 + 1) / (often + norm)
            return found / total if total else 0.0

        return Terms(*weights), score

    def passages(self, places: Iterable[Key], readers: Collection[int]) -> dict[Key, StoredPassage]:
        return {
            place: entry.passage(dict.fromkeys(readers))
            for place in places
            for entry in self._entries
            if entry.key.document == place.document and entry.key.start <= place.start < entry.key.end
        }

    def neighbours(self, keys: Iterable[Key]) -> dict[tuple[Key, Key], float]:
        return {}

    def first(self, scope: Scope, k: int, sort: SearchSort = "score") -> list[StoredPassage]:
        found: dict[str, Entry] = {}
        for entry in self._entries:
            if entry.within(scope):
                found.setdefault(entry.row.uid, entry)
        rows = in_order([entry.row for entry in found.values()], sort)
        return [found[row.uid].passage({}) for row in rows][:k]

    def titled(self, text: str, scope: Scope, most: int) -> Standing:
        sought = language.bare(text)
        return self._standing(lambda row: language.bare(row.title) == sought, scope, most)

    def named(self, text: str, scope: Scope, most: int) -> Standing:
        sought = language.bare(unicodedata.normalize("NFC", text.strip()))

        def bears(row: Row) -> bool:
            names = (
                name for path in (PurePath(at.name) for at in row.places) for name in (path.name, path.stem)
            )
            return sought in map(language.bare, names)

        return self._standing(bears, scope, most)

    def containing(self, text: str, scope: Scope, most: int) -> Standing:
        sought = language.bare(text)
        titled = self._standing(lambda row: language.holds(language.bare(row.title), sought), scope, 10**9)
        passages = {
            entry.key
            for entry in self._entries
            if entry.within(scope) and entry.row.uid not in titled.documents
            if any(
                language.holds(language.bare(part), sought)
                for part in (entry.chunk.text, *entry.chunk.heading)
            )
        }
        many = len({key.document for key in passages} | titled.documents.keys()) > most
        return Standing() if many else Standing(frozenset(passages), titled.documents)

    def _standing(self, holds: Callable[[Row], bool], scope: Scope, most: int) -> Standing:
        first: dict[str, Key] = {}
        for entry in self._entries:
            if entry.within(scope) and holds(entry.row):
                first.setdefault(entry.row.uid, entry.key)
        return Standing(documents=first) if len(first) <= most else Standing()

    def slices(self, places: Sequence[Key]) -> list[Slice]:
        return [self._slice(*place) for place in places]

    def _slice(self, document: str, start: int, end: int) -> Slice:
        extracted = self._rows[document].extracted
        assert extracted is not None
        return cut_out(extracted.text, extracted.layout, start, end)

    def places(self, documents: Iterable[str]) -> Mapping[str, tuple[Location, ...]]:
        return {document: self._rows[document].ordered() for document in documents}

    def times(self, documents: Iterable[str]) -> Mapping[str, Times]:
        return {document: self._rows[document].times for document in documents}

    def awaits_pages(self, scope: Scope) -> bool:
        return any(
            entry.row.extracted is not None
            and "waiting" in entry.row.extracted.page_states
            and entry.within(Scope(scope.filters))
            for entry in self._entries
        )


class Entry:
    """A passage of a moment, cut into title, headings, body, grams and characters."""

    def __init__(self, row: Row, chunk: Passage, said: Mapping[int, Vectors], *, first: bool) -> None:
        self.row, self.chunk, self.said = row, chunk, said
        self.key = Key(row.uid, chunk.start, chunk.end)
        together = f"{row.title}\n{' '.join(chunk.heading)}\n{chunk.text}"
        code = language.language_of(together)
        self.cut = [
            *(language.words(part, code) for part in (row.title, " ".join(chunk.heading), chunk.text)),
            language.grams(together, edges=True),
            language.characters(together),
        ]
        if first:
            names = [PurePath(at.name).stem for at in sorted(row.places)]
            values = [str(row.metadata[key]) for key in sorted(row.metadata) if key != "year"]
            about = "\n".join(line for line in (*names, *sorted(row.tags), *values) if line != row.title)
            self.cut[1] += language.words(about, code)
            sounds = language.sounds("\n".join((row.title, *names, *sorted(row.tags))))
            self.cut[3] += [*language.grams(about, edges=True), *sounds]
            self.cut[4] += language.characters(about)

    def terms(self, *columns: int) -> set[str]:
        return {term for column in columns for term in self.cut[column]}

    def cosine(self, reader: int, vector: Floats) -> float | None:
        whole = self.said[reader].whole if reader in self.said else None
        return None if whole is None else float(whole @ vector / np.linalg.norm(whole))

    def within(self, scope: Scope) -> bool:
        return (
            fits(self.row, scope.filters)
            and all(self._holds(phrase) for phrase in scope.phrases)
            and not any(self._holds(phrase) for phrase in scope.excluded if language.grams(phrase))
            and all(any(map(self._has, choice)) for choice in scope.choices)
        )

    def _has(self, wanted: str) -> bool:
        if wanted.endswith("*"):
            return any(term.startswith(wanted[:-1]) for term in self.cut[3])
        if '"~' in wanted:
            terms, most = wanted[1:].split('"~')
            places = [[at for at, own in enumerate(self.cut[3]) if own == term] for term in terms.split()]
            return any(max(found) - min(found) <= int(most) + 1 for found in itertools.product(*places))
        return self._holds(wanted)

    def _holds(self, phrase: str) -> bool:
        terms, own = language.grams(phrase, edges=True), self.cut[3]
        if terms and len(terms) == len(terms[0]) == 1 and language.is_han(terms[0]):
            return terms[0] in self.cut[4]
        return any(own[at : at + len(terms)] == terms for at in range(len(own) - len(terms) + 1))

    def passage(self, readers: Mapping[int, Any]) -> StoredPassage:
        chunk = self.chunk
        return StoredPassage(
            key=self.key,
            title=self.row.title,
            type=self.row.file.type,
            heading=chunk.heading,
            page=chunk.page,
            last_page=chunk.last_page,
            text=chunk.text,
            coverage=chunk.coverage,
            sentences=chunk.sentences,
            vectors={reader: self.said.get(reader, Vectors(None, None)) for reader in readers},
        )


def fits(row: Row, filters: Iterable[Filter]) -> bool:
    return all(_fits(row, one) != one.excluded for one in filters)


def _fits(row: Row, one: Filter) -> bool:
    text = folded(str(one.value))
    match one.key:
        case "tag":
            return any(f"{folded(tag)}/".startswith(f"{text.strip('/')}/") for tag in row.tags)
        case "type":
            return row.file.type in types_named(str(one.value))
        case "title":
            return text in folded(row.title)
        case "path":
            places = (folded("/".join(filter(None, at))).replace("\\", "/") for at in row.places)
            return any(text.replace("\\", "/") in place for place in places)
        case "lang":
            return text == row.lang
        case "document":
            return row.uid in str(one.value).split(",")
    value: Value | None = row.metadata.get(one.key)
    if one.key == "date":
        value = row.times.date or None
    elif one.key == "sort":
        return True
    if value is None:
        return False
    said = str(one.value)
    if one.operator == ":":
        if ends := bounds(said):
            low, high = (order(str(value), end) if end else 0 for end in ends)
            return low is not None and high is not None and low >= 0 >= high
        return says(str(value), said)
    stands = order(str(value), said)
    orders = stands is not None and {
        ">": stands > 0,
        ">=": stands >= 0,
        "<": stands < 0,
        "<=": stands <= 0,
    }
    return bool(orders and orders[one.operator])


def _value(value: Value) -> Value:
    text = str(value)
    return int(text) if text.isdecimal() and str(int(text)) == text else text


def _kept(terms: Sequence[str]) -> list[str]:
    once = list(dict.fromkeys(terms))
    return [term for term in once if not language.is_stop(term)] or once


def _idf(size: int, frequency: int) -> float:
    if size <= 30:  # Lucene's, which is never 0
        return math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
    return max(math.log((size - frequency + 0.5) / (frequency + 0.5)), 1e-6)
