"""A document as it is kept: one record, replaced as a whole by every write.

Pure: what happens to a document is made of its record here, what happens to the library in `rows`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from desktop_kb import language
from desktop_kb.language.dates import DATE_KEYS, dated
from desktop_kb.language.values import folded
from desktop_kb.records import (
    Change,
    Changed,
    Document,
    DocumentStatus,
    File,
    JobOptions,
    Json,
    Left,
    Location,
    Place,
    PlaceState,
    SearchSort,
    SharedMark,
    Times,
    Value,
)
from desktop_kb.remote.tokens import digest, token

#: The key of a title that a person gave.
TITLE: Final = "title"
#: The key under which filters know how many files in a document were not read.
LEFT_OUT: Final = "parts_left_out"
_RANK: Final[tuple[PlaceState, ...]] = ("there", "away", "gone")
#: So many changes are kept of a document: how it came, and the last ones.
_MOST_CHANGES: Final = 10
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}")


class Stand(NamedTuple):
    """A file, or a part of one, when it was last looked at."""

    size: int
    mtime_ns: int
    volume: str
    state: PlaceState


@dataclass(frozen=True, slots=True)
class Row:
    """A document. `named` is its title by its file; a person's own is one of their `own` values, and that of a
    bibliography one of the `reference` values."""

    id: int
    uid: str
    content_hash: str
    type: str
    named: str
    added: str
    size: int = 0
    stored: str | None = None
    reading: int = 0
    revision: int = 0
    status: DocumentStatus = "waiting"
    removed: str | None = None
    language: str = ""
    pages: int = 0
    states: str = ""
    left_out: int = 0
    has_text: bool = False
    places: Mapping[Location, Stand] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    file_values: Mapping[str, Value] = field(default_factory=dict)
    reference: Mapping[str, Value] = field(default_factory=dict)
    own: Mapping[str, Value] = field(default_factory=dict)
    code: str | None = None
    details: Json = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    marks: tuple[SharedMark, ...] = ()

    @property
    def title(self) -> str:
        """The person's, else a bibliography's, else the file's."""
        return str(self.own.get(TITLE) or self.reference.get(TITLE) or self.named)

    @property
    def metadata(self) -> dict[str, Value]:
        """The file's values under a bibliography's under the person's own."""
        values = {**self.file_values, **self.reference, **self.own}
        return {key: value_of(values[key]) for key in sorted(values) if key != TITLE}

    @property
    def location(self) -> Location:
        """Its first place."""
        return next(iter(self.ordered()), Location(""))

    def ordered(self) -> tuple[Location, ...]:
        """Its places, those that are there first and those that are gone last; files before parts."""
        return tuple(
            sorted(self.places, key=lambda at: (_RANK.index(self.places[at].state), at.part != "", at))
        )

    def lives(self) -> set[Location]:
        """The places that are not gone."""
        return {at for at, stand in self.places.items() if stand.state != "gone"}

    @property
    def standing(self) -> PlaceState:
        """Whether it is at one of its places; 'there' if it has none."""
        states = {stand.state for stand in self.places.values()} or {"there"}
        return next(state for state in _RANK if state in states)

    @property
    def times(self) -> Times:
        """When it is from; a person's own date comes first."""
        all_values = (self.own, self.reference, self.file_values)
        said = (values[key] for values in all_values for key in DATE_KEYS if key in values)
        date = next((date for value in said if (date := dated(str(value)))), "")
        times = [stand.mtime_ns for stand in self.places.values() if stand.state == "there"]
        return Times(date, self.added, max(times, default=0))

    def names(self) -> list[str]:
        """The names of its files."""
        return [at.name for at in sorted(self.places)]

    def said(self) -> tuple[list[str], list[str]]:
        """What its first passage is found by besides its text: names without suffix and tags, and values."""
        names = [PurePath(name).stem.encode("utf-8", "replace").decode() for name in self.names()]
        values = [
            str(values[key])
            for key in sorted({*self.own, *self.reference, *self.file_values})
            if key not in ("year", TITLE)
            for values in (self.file_values, self.reference, self.own)
            if key in values
        ]
        return [*names, *sorted(self.tags)], values

    def required(self) -> list[str]:
        """The tokens that filters may require of its passages."""
        tags = {
            "/".join(parts[:depth])
            for tag in self.tags
            for parts in [folded(tag).split("/")]
            for depth in range(1, len(parts) + 1)
        }
        return [
            f"d{self.id}",
            token("f", f"type:{self.type}"),
            token("f", f"lang:{self.language}"),
            *(token("f", f"tag:{tag}") for tag in sorted(tags)),
        ]

    def found_by(self) -> set[tuple[str, str]]:
        """The kinds and keys by which it is looked up."""
        names = {language.bare(form) for name in self.names() for form in (name, PurePath(name).stem)}
        return (
            {("s", spot(at)) for at in self.places}
            | {("p", digest(at.path)) for at in self.places}
            | {("t", digest(language.bare(self.title)))}
            | {("n", digest(name)) for name in names}
            | {("f", digest(one)) for one in self.required()}
        )


def spot(location: Location) -> str:
    """The key of a place."""
    return digest(f"{location.path}\0{location.part}")


def value_of(value: Value) -> Value:
    """A value as filters and lists have it: what is written as a number is one."""
    return int(value) if _INTEGER.fullmatch(str(value)) else value


# --- as a record -----------------------------------------------------------------------------

_PLAIN: Final = (
    "type", "named", "added", "size", "stored", "reading", "language", "pages", "states", "left_out", "has_text",
    "code", "details",
)  # fmt: skip


def packed(row: Row) -> str:
    """The record, but for what stands in columns of its own."""
    fields = {name: getattr(row, name) for name in _PLAIN}
    fields |= {
        "removed": row.removed,
        "tags": dict(row.tags),
        "own": dict(row.own),
        "reference": dict(row.reference),
        "file": dict(row.file_values),
    }
    fields["places"] = [(*at, *stand) for at, stand in row.places.items()]
    fields["changes"] = row.changes
    fields["marks"] = row.marks
    return json.dumps(fields)


def unpacked(columns: Sequence[Any]) -> Row:
    """The document of id, uid, content hash, revision, status and record."""
    id, uid, content_hash, revision, status, record = columns
    fields = json.loads(record)
    places = {Location(path, part): Stand(*stand) for path, part, *stand in fields.pop("places")}
    return Row(
        id=id,
        uid=uid,
        content_hash=content_hash,
        revision=revision,
        status=status,
        places=places,
        file_values=fields.pop("file"),
        changes=tuple(Change(*one) for one in fields.pop("changes", ())),
        marks=tuple(SharedMark(*one) for one in fields.pop("marks", ())),
        **fields,
    )


# --- what happens to it ----------------------------------------------------------------------


def given(row: Row, options: JobOptions) -> Row:
    """The document with these tags and values as the person's own, and with what a bibliography says of it now."""
    if options.cited is not None:
        said = {tag: "reference" for tag in options.cited.tags if row.tags.get(tag) != "user"}
        kept = {tag: source for tag, source in row.tags.items() if source != "reference"}
        row = replace(row, tags=kept | said, reference=dict(options.cited.metadata))
    tags = {**row.tags, **dict.fromkeys(options.tags, "user")}
    return replace(row, tags=tags, own={**row.own, **options.metadata})


def inherits(row: Row, old: Row) -> Row:
    """The document with what another has that is not of its file, where it has none itself."""
    tags = dict(row.tags)
    for tag, source in old.tags.items():
        if source != "file":
            tags[tag] = max(source, tags.get(tag, ""))  # file, reference, user
    return replace(row, tags=tags, own={**old.own, **row.own}, reference={**old.reference, **row.reference})


def stands(row: Row, file: File) -> Row:
    """The document with the file at its place, and there."""
    stand = Stand(file.size, file.mtime_ns, file.volume, "there")
    return replace(row, places={**row.places, file.location: stand})


def without(row: Row, gone: Iterable[Location]) -> Row:
    """The document without these places."""
    left = set(gone)
    return replace(row, places={at: stand for at, stand in row.places.items() if at not in left})


def moved(row: Row, left: Left | None) -> Row:
    """The document without the place that its file left."""
    return without(row, [at for at in row.places if left is not None and at.path == left.path])


def said_by(row: Row, before: Row | None, by: str, at: str) -> Row:
    """The document with who changed what of it, one change of a kind after the other being one."""
    changes = list(row.changes)
    for what in _changed(row, before):
        if changes and len(changes) > 1 and changes[-1][1:] == (by, what):
            changes.pop()
        changes.append(Change(at, by, what))
    if len(changes) > _MOST_CHANGES:
        changes[1 : len(changes) - _MOST_CHANGES + 1] = []
    return replace(row, changes=tuple(changes))


def _changed(row: Row, before: Row | None) -> Iterator[Changed]:
    if before is None:
        yield "added"
        return
    if bool(row.removed) != bool(before.removed):
        yield "removed" if row.removed else "restored"
    if row.content_hash != before.content_hash:
        yield "text"
        return  # what it says of itself came with it
    if row.title != before.title:
        yield "title"
    if set(row.tags) != set(before.tags):
        yield "tags"
    if _values(row) != _values(before):
        yield "values"


def _values(row: Row) -> Mapping[str, Value]:
    return {key: value for key, value in (*row.reference.items(), *row.own.items()) if key != TITLE}


def in_order(rows: Sequence[Row], sort: SearchSort) -> list[Row]:
    """The documents in the order that is named."""
    if sort == "score":
        return list(rows)
    if sort == "title":
        return sorted(rows, key=lambda row: folded(row.title))
    return sorted(rows, key=lambda row: getattr(row.times, sort), reverse=True)


def document(row: Row, chunks: int) -> Document:
    """What lists show."""
    places, times = row.ordered(), row.times
    return Document(
        document=row.uid,
        path=row.location.path,
        part=row.location.part,
        places=tuple(dict.fromkeys(at.path for at in places)),
        title=row.title,
        type=row.type,
        status=row.status,
        pages=row.pages,
        chunks=chunks,
        tags=tuple(sorted(row.tags)),
        metadata=row.metadata,
        added=row.added,
        error_code=row.code,
        error_details=row.details,
        states=row.states,
        parts_left_out=row.left_out,
        missing_places=_in_state(row, "gone"),
        away_places=_in_state(row, "away"),
        copied=row.stored is not None,
        date=times.date or None,
        size_bytes=row.size,
        modified=_written(times.modified),
        changes=row.changes,
    )


def place(row: Row, at: Location, chunks: int) -> Place:
    """What is known of one of its places."""
    stand = row.places[at]
    return Place(
        path=at.path,
        part=at.part,
        document=row.uid,
        title=row.title,
        type=row.type,
        size=stand.size,
        mtime_ns=stand.mtime_ns,
        state=stand.state,
        volume=stand.volume,
        status=row.status,
        content_hash=row.content_hash,
        stored=row.stored,
        pages=row.pages,
        chunks=chunks,
        error_code=row.code,
        error_details=row.details,
    )


def _in_state(row: Row, state: PlaceState) -> tuple[str, ...]:
    return tuple(dict.fromkeys(at.path for at in row.ordered() if row.places[at].state == state))


def _written(time_ns: int) -> str:
    """A file's time as people write it; '' for none."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time_ns else ""
