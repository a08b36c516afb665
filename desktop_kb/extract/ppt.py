"""PowerPoint's files of 1997 to 2003 (.ppt, and those that WPS Presentation keeps alike): [MS-PPT].

The stream is a tree of records. Saving appends what has changed; a directory says which record is the
newest of each slide. Text stands in the boxes that are drawn on a slide, but that of titles and outlines
may stand in a list of the document, and the box only refers to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.extract.compound import Compound
from desktop_kb.extract.writer import Writer
from desktop_kb.records import Extracted

STREAM: Final = "PowerPoint Document"
_BOTH: Final = "PP97_DUALSTORAGE"  # where the file is in a file that PowerPoint 95 opens too
_ENCRYPTED = 0xF3D1C4DF  # the token of an encrypted file in the stream 'Current User'
#: Types of records ([MS-PPT] 2.13.24, [MS-ODRAW] 2.2.13).
_DOCUMENT, _SLIDE, _SLIDE_ATOM, _NOTES, _NOTES_ATOM = 1000, 1006, 1007, 1008, 1009
_LIST, _LISTED, _HEADER, _CHARACTERS, _BYTES, _REFERENCE = 4080, 1011, 3999, 4000, 4008, 3998
_DRAWING, _TEXT, _COMMENT, _BINARY = 1036, 4026, 12000, 5003
_EDIT, _DIRECTORY = 4085, 6002
_GROUP, _SHAPE, _BOX, _ANCHOR, _MORE = 0xF003, 0xF004, 0xF00D, 0xF00F, 0xF122
_IS_TABLE = 0x039F  # a property of a group
_OF_SLIDES, _OF_NOTES = 0, 2  # lists
_TITLES: Final = frozenset({0, 6})  # kinds of text
_NOTES_TEXT = 2
_CONTAINER = 0xF  # the version of a record that holds records
_DEEPEST = 64
_MOST_EDITS = 100_000
_SLIDE_NUMBER: Final = "*"  # stands where it is put in
_BREAKS: Final = str.maketrans({"\r": "\n", "\x0b": "\n"})


def read(file: Compound) -> Extracted:
    """Raises:
    Problem: damaged, encrypted; old-format where it is older than 1997.
    """
    folder = (_BOTH,) if file.has(_BOTH, STREAM) else ()
    user = file.stream(*folder, "Current User")
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED:
        raise Problem("encrypted")
    # PowerPoint 95 has only a name in it.
    if len(user) >= 4 and struct.unpack_from("<I", user)[0] + 4 == len(user):
        raise Problem("old-format")
    show = _Show(file.stream(*folder, STREAM), user)
    writer = Writer()
    for number, slide in enumerate(show.slides(), 1):
        writer.page(str(number))
        _write(slide, writer)
    title, said = file.facts()
    if not title or title not in writer.text:  # what a template is called, or 'no title' in any language
        title = next((heading.title for heading in writer.headings), "")
    return writer.extracted(title, said)


class _Record(NamedTuple):
    """A record whose body is the bytes [start, end) of the stream."""

    type: int
    instance: int
    is_container: bool
    start: int
    end: int


class _Text(NamedTuple):
    """What is written in a box, what kind of text it is and where the box stands."""

    text: str
    kind: int
    top: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Slide:
    """What is read of a slide: each group of boxes, which may be a table; then notes and comments."""

    groups: list[tuple[bool, list[_Text]]]
    notes: list[str]
    comments: list[str]


class _Show:
    def __init__(self, data: bytes, user: bytes) -> None:
        self._data = data
        self._places = self._newest(struct.unpack_from("<I", user, 16)[0] if len(user) >= 20 else 0)

    def slides(self) -> Iterator[_Slide]:
        """The slides in their order.

        Raises:
            Problem: damaged: there are none, and no document of which they are.
        """
        document = next((r for r in self._top() if r.type == _DOCUMENT), None)
        lists = [] if document is None else [r for r in self._children(document) if r.type == _LIST]
        notes = {}
        for record, _, _ in self._listed(lists, _OF_NOTES, _NOTES):
            of = next((r for r in self._children(record) if r.type == _NOTES_ATOM), None)
            if of is not None and of.end - of.start >= 4:
                notes[struct.unpack_from("<I", self._data, of.start)[0]] = record
        found = False
        for record, identity, outline in self._listed(lists, _OF_SLIDES, _SLIDE):
            found = True
            noted = notes.get(identity)
            said = [text for _, texts in self._boxes(noted, []) for text in texts] if noted else []
            yield _Slide(
                list(self._boxes(record, outline)),
                [text.text for text in said if text.kind == _NOTES_TEXT],
                list(self._comments(record)),
            )
        if not found and document is None:
            raise Problem("damaged")

    def _listed(
        self, lists: list[_Record], instance: int, type: int
    ) -> Iterator[tuple[_Record, int, list[_Text]]]:
        """The records that a list of the document names, each with its identity and outline. Where it
        leads to none, those of the file."""
        named: list[tuple[int, int, list[_Text]]] = []
        for one in lists:
            if one.instance == instance:
                named += self._names(one)
        found = False
        for place, identity, outline in named:
            record = self._record(self._places.get(place, -1))
            if record is not None and record.type == type:
                found = True
                yield record, identity, outline
        if not found:
            outlines = (outline for _, _, outline in named)
            yield from ((record, 0, next(outlines, [])) for record in self._all() if record.type == type)

    def _names(self, record: _Record) -> Iterator[tuple[int, int, list[_Text]]]:
        place, identity, outline, kind = -1, 0, list[_Text](), 0
        for one in self._children(record):
            if one.type == _LISTED and one.end - one.start >= 16:
                if place >= 0:
                    yield place, identity, outline
                place, _, _, identity = struct.unpack_from("<iIiI", self._data, one.start)
                outline = []
            elif one.type == _HEADER and one.end - one.start >= 4:
                (kind,) = struct.unpack_from("<I", self._data, one.start)
                outline.append(_Text("", kind))
            elif one.type in (_CHARACTERS, _BYTES) and outline:
                outline[-1] = _Text(self._said(one), kind)
        if place >= 0:
            yield place, identity, outline

    def _boxes(self, record: _Record, outline: list[_Text]) -> Iterator[tuple[bool, list[_Text]]]:
        """The texts drawn on a slide: those of one group together, and whether the group is a table."""
        for drawing in self._children(record):
            if drawing.type == _DRAWING:
                yield from self._group(drawing, outline, _DEEPEST)

    def _group(self, record: _Record, outline: list[_Text], deep: int) -> Iterator[tuple[bool, list[_Text]]]:
        texts: list[_Text] = []
        is_table = False
        for one in self._children(record):
            if one.type == _SHAPE:
                texts += self._shape(one, outline)
                is_table = is_table or self._is_table(one)
            elif one.is_container and deep:
                if texts:
                    yield is_table, texts
                    texts = []
                yield from self._group(one, outline, deep - 1)
        if texts:
            yield is_table, texts

    def _shape(self, record: _Record, outline: list[_Text]) -> Iterator[_Text]:
        left = top = kind = 0
        for one in self._children(record):
            if one.type == _ANCHOR and one.end - one.start >= 8:
                left, top = struct.unpack_from("<ii", self._data, one.start)
            elif one.type == _BOX:
                for inside in self._children(one):
                    if inside.type == _HEADER and inside.end - inside.start >= 4:
                        (kind,) = struct.unpack_from("<I", self._data, inside.start)
                    elif inside.type in (_CHARACTERS, _BYTES):
                        yield _Text(self._said(inside), kind, top, left)
                    elif inside.type == _REFERENCE and inside.end - inside.start >= 4:
                        (index,) = struct.unpack_from("<I", self._data, inside.start)
                        if index < len(outline):
                            yield outline[index]._replace(top=top, left=left)

    def _is_table(self, record: _Record) -> bool:
        for one in self._children(record):
            if one.type == _MORE:
                for at in range(one.start, min(one.start + 6 * one.instance, one.end - 5), 6):
                    if struct.unpack_from("<H", self._data, at)[0] & 0x3FFF == _IS_TABLE:
                        return True
        return False

    def _comments(self, record: _Record, deep: int = 8) -> Iterator[str]:
        for one in self._children(record):
            if one.type == _COMMENT:
                said = [self._said(text) for text in self._children(one) if text.type == _TEXT]
                yield ": ".join(said[:2])
            elif one.type != _DRAWING and deep and (one.is_container or one.type == _BINARY):
                yield from self._comments(one, deep - 1)

    def _said(self, record: _Record) -> str:
        data = self._data[record.start : record.end]
        text = data.decode("latin-1") if record.type == _BYTES else data.decode("utf-16-le", "replace")
        text = text.translate(_BREAKS).strip()
        return "" if text == _SLIDE_NUMBER else text

    # --- records -----------------------------------------------------------------------------

    def _newest(self, edit: int) -> dict[int, int]:
        """Where the newest record of each identity stands, from the last edit back."""
        places: dict[int, int] = {}
        seen: set[int] = set()
        while edit not in seen and len(seen) < _MOST_EDITS:
            seen.add(edit)
            record = self._record(edit)
            if record is None or record.type != _EDIT or record.end - record.start < 20:
                break
            edit, directory = struct.unpack_from("<8xII", self._data, record.start)
            for identity, place in self._directory(directory):
                places.setdefault(identity, place)
        return places

    def _directory(self, place: int) -> Iterator[tuple[int, int]]:
        record = self._record(place)
        if record is None or record.type != _DIRECTORY:
            return
        at = record.start
        while at + 4 <= record.end:
            (head,) = struct.unpack_from("<I", self._data, at)
            identity, count = head & 0xFFFFF, min(head >> 20, (record.end - at - 4) // 4)
            yield from enumerate(struct.unpack_from(f"<{count}I", self._data, at + 4), identity)
            at += 4 + 4 * count

    def _top(self) -> list[_Record]:
        """The newest records; where no directory leads to a document, all."""
        found = [self._record(place) for _, place in sorted(self._places.items())]
        newest = [record for record in found if record is not None]
        if any(record.type == _DOCUMENT for record in newest):
            return newest
        return self._all()

    def _all(self) -> list[_Record]:
        return list(self._children(_Record(0, 0, True, 0, len(self._data))))

    def _children(self, record: _Record) -> Iterator[_Record]:
        at = record.start
        while (one := self._record(at, record.end)) is not None:
            yield one
            at = one.end

    def _record(self, at: int, end: int | None = None) -> _Record | None:
        end = len(self._data) if end is None else end
        if at < 0 or at + 8 > end:
            return None
        head, type, length = struct.unpack_from("<HHI", self._data, at)
        return _Record(type, head >> 4, head & 0xF == _CONTAINER, at + 8, min(at + 8 + length, end))


def _write(slide: _Slide, writer: Writer) -> None:
    for is_table, texts in slide.groups:
        if is_table:
            rows: dict[int, list[_Text]] = {}
            for text in sorted(texts, key=lambda one: (one.top, one.left)):
                rows.setdefault(text.top, []).append(text)
            for row in rows.values():
                writer.row(text.text for text in row)
            continue
        for text in texts:
            if text.kind in _TITLES:
                writer.line(text.text, 1)
            else:
                for line in text.text.split("\n"):
                    writer.line(line)
    for noted in (*slide.notes, *slide.comments):
        for line in noted.split("\n"):
            writer.line(line)
