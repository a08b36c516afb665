"""Word's files of 1997 to 2003 (.doc, and those that WPS Writer keeps alike): [MS-DOC].

The text lies in pieces that editing has scattered: a table says where the characters of each stand, in
UTF-16 or in the code page of Western Windows. Behind the main text come footnotes, running heads, comments,
endnotes and text boxes; running heads are not read, nor is what was deleted or hidden.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.extract import doc_lists
from desktop_kb.extract.compound import Compound
from desktop_kb.extract.doc_runs import Characters, Looks, Paragraphs
from desktop_kb.extract.dressing import Dressing, Run, address_of
from desktop_kb.extract.numbering import Counters
from desktop_kb.extract.writer import Writer
from desktop_kb.records import Extracted, LookKind

_WORD_97, _WORD_95 = 0xA5EC, 0xA5DC
_OLDEST = 106  # the version of the first file of Word 97
_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200  # flags of FibBase
_COUNTS_AT = 0x4C  # of FibRgLw97: the characters of each part of the text
_PAIRS_AT = 0x9A  # of FibRgFcLcb97: where each structure is in the table stream, and its length
_STYLES, _CHARACTERS, _PARAGRAPHS, _PIECES, _LISTS, _OVERRIDES = 1, 12, 13, 33, 73, 74  # indexes into it
_IS_NARROW = 0x40000000  # of a piece's place: its characters have one byte, and the place is twice as far
_PARTS: Final = ("main", "footnotes", "heads", "macros", "comments", "endnotes", "boxes", "boxes in heads")
_READ: Final = frozenset({"main", "footnotes", "comments", "endnotes", "boxes"})
_ENDS: Final = re.compile("[\r\x07\x0c]")
_CELL, _PAGE = "\x07", "\x0c"  # the latter ends a page within a paragraph, or a section
_FIELD: Final = re.compile("[\x13\x14\x15]")
_BEGINS, _SHOWS = "\x13", "\x14"  # a field: its instruction, then what it shows
_LONGEST_INSTRUCTION = 5_000  # characters
_SHOWN: Final[dict[int, str | None]] = {0x0B: "\n", 0x0E: "\n", 0x1E: "-", 0xA0: " "} | dict.fromkeys(
    (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x1F, 0xFFFC)
)


def read(file: Compound) -> Extracted:
    """Raises:
    Problem: damaged, encrypted; old-format where it is older than 1997.
    """
    document = _Document(file)
    title, said = file.facts()
    writer = Writer()
    for paragraphs in document.parts():
        _write(paragraphs, writer, document.counters, is_told=document.looks.known)
    return writer.extracted(title, said)


class _Piece(NamedTuple):
    """The characters [start, end) of the document: `width` bytes each, from byte `at` of the file on."""

    start: int
    end: int
    at: int
    width: int


class _Paragraph(NamedTuple):
    runs: list[Run]
    mark: str
    looks: Looks = Looks()


class _Document:
    def __init__(self, file: Compound) -> None:
        self._stream = file.stream("WordDocument")
        if len(self._stream) < _PAIRS_AT:
            raise Problem("damaged")
        identity, version, flags = struct.unpack_from("<HH6xH", self._stream)
        if identity == _WORD_95 or (identity == _WORD_97 and version < _OLDEST):
            raise Problem("old-format")
        if identity != _WORD_97:
            raise Problem("damaged")
        if flags & _ENCRYPTED:
            raise Problem("encrypted")
        self._table = file.stream("1Table" if flags & _SECOND_TABLE else "0Table")
        self._counts = struct.unpack_from("<8i", self._stream, _COUNTS_AT)
        self._pieces = list(self._piece_table())
        if not self._pieces:
            raise Problem("damaged")
        styles = doc_lists.styles(self._structure(_STYLES))
        self.looks = Paragraphs(self._stream, self._structure(_PARAGRAPHS), styles)
        overrides = self._structure(_OVERRIDES)
        self.counters = Counters(doc_lists.lists(self._table, *self._place(_LISTS), overrides))
        self._characters = Characters(self._stream, self._structure(_CHARACTERS))

    def parts(self) -> Iterator[Iterator[_Paragraph]]:
        """The paragraphs of each part that is read."""
        at = 0
        for name, count in zip(_PARTS, self._counts, strict=True):
            if name in _READ and count > 0:
                yield self._paragraphs(at, at + count)
            at += max(0, count)

    def _place(self, index: int) -> tuple[int, int]:
        at = _PAIRS_AT + 8 * index
        if at + 8 > len(self._stream):
            return 0, 0
        start, length = struct.unpack_from("<II", self._stream, at)
        return start, length

    def _structure(self, index: int) -> bytes:
        start, length = self._place(index)
        return self._table[start : start + length]

    def _piece_table(self) -> Iterator[_Piece]:
        found, at = self._structure(_PIECES), 0
        while found[at : at + 1] == b"\x01":  # modifiers that pieces refer to
            at += 3 + int.from_bytes(found[at + 1 : at + 3], "little")
        if found[at : at + 1] != b"\x02":
            return
        table = found[at + 5 : at + 5 + int.from_bytes(found[at + 1 : at + 5], "little")]
        count = max(0, (len(table) - 4) // 12)
        places = struct.unpack_from(f"<{count + 1}I", table) if count else ()
        before = 0
        for number in range(count):
            start, end = places[number : number + 2]
            (where,) = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)
            is_narrow = bool(where & _IS_NARROW)
            where &= _IS_NARROW - 1
            if before <= start < end:  # a hostile table could tell the same text again and again
                yield _Piece(start, end, where // 2 if is_narrow else where, 1 if is_narrow else 2)
                before = end

    def _paragraphs(self, start: int, end: int) -> Iterator[_Paragraph]:
        runs: list[Run] = []
        for piece in self._pieces:
            first, last = max(piece.start, start), min(piece.end, end)
            if first >= last:
                continue
            width = piece.width
            at = piece.at + (first - piece.start) * width
            text = _decoded(self._stream[at : at + (last - first) * width], width)
            begin = 0
            for mark in _ENDS.finditer(text):
                runs += self._looking(text[begin : mark.start()], at + begin * width, width)
                looks = self.looks.at(at + mark.start() * width)
                yield _Paragraph(runs, mark[0], looks)
                runs, begin = [], mark.end()
            runs += self._looking(text[begin:], at + begin * width, width)
        if runs:
            yield _Paragraph(runs, "\r")

    def _looking(self, text: str, at: int, width: int) -> Iterator[Run]:
        """A text that stands from byte `at` on as runs of letters that look alike, without those that are not read.
        Each character has `width` bytes, so its place says where it stands in the file."""
        done = 0
        for one in self._characters.over(at, at + len(text) * width):
            first, last = max(done, (one.start - at) // width), (one.end - at) // width
            if done < first:
                yield Run(text[done:first])
            if first < last and not one.unread:
                yield Run(text[first:last], one.kinds)
            done = max(done, last)
        if done < len(text):
            yield Run(text[done:])


def _decoded(data: bytes, width: int) -> str:
    """Characters, one for each `width` bytes."""
    if width == 1:
        return data.decode("cp1252", "replace")
    return "".join(map(chr, struct.unpack_from(f"<{len(data) // 2}H", data)))


def _whole(text: str) -> str:
    """Halves of characters beyond the first 65,536 put together."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(slots=True)
class _Field:
    """A field that has begun: what it is told to do, whether what it shows has begun, and where that leads.

    Attributes:
        is_hidden: it stands in what another one is told to do.
    """

    is_hidden: bool = False
    address: str = ""
    instruction: str = ""
    shows: bool = False


class _Fields:
    """Keeps of fields what they show. One may begin in a paragraph and end in another."""

    def __init__(self) -> None:
        self._open: list[_Field] = []
        self._dressing = Dressing()

    def shown(self, runs: Iterable[Run]) -> str:
        """What of a paragraph is shown."""
        kept: list[Run] = []
        for kinds, alike in groupby(runs, key=lambda run: run.kinds):
            text = _whole("".join(run.text for run in alike))
            at = 0
            for mark in _FIELD.finditer(text):
                self._keep(text[at : mark.start()], kinds, kept)
                at = mark.end()
                field = self._open[-1] if self._open else _Field(shows=True)
                if mark[0] == _BEGINS:
                    self._open.append(_Field(field.is_hidden or not field.shows, field.address))
                elif self._open and mark[0] == _SHOWS:
                    field.shows, field.address = True, field.address or address_of(field.instruction)
                elif self._open:
                    self._open.pop()
            self._keep(text[at:], kinds, kept)
        return self._dressing.joined(kept)

    def _keep(self, text: str, kinds: tuple[LookKind, ...], kept: list[Run]) -> None:
        """Keep a text that is shown; else it is what the innermost field is told to do."""
        field = self._open[-1] if self._open else _Field(shows=True)
        if field.shows and not field.is_hidden:
            kept.append(Run(text.translate(_SHOWN), kinds, field.address))
        elif not field.shows and len(field.instruction) < _LONGEST_INSTRUCTION:
            field.instruction += text


def _write(paragraphs: Iterator[_Paragraph], writer: Writer, counters: Counters, *, is_told: bool) -> None:
    """Write paragraphs as lines, and those of a table as its rows.

    Args:
        is_told: whether the file says which paragraphs end a row; else an empty cell does.
    """
    fields = _Fields()
    cells: list[str] = []
    cell: list[str] = []
    for runs, mark, looks in paragraphs:
        text = fields.shown(runs)
        number = ""
        if looks.list and not looks.ends_row and (text.strip() or mark != _PAGE):
            number = counters.count(str(looks.list), looks.depth)  # what shows a picture alone counts too
            text = f"{number} {text.strip()}" if number and text.strip() else text
        if mark == _CELL and (looks.ends_row if is_told else not text and not cell):
            writer.row(cells)
            cells, cell = [], []
        elif mark == _CELL:
            cells.append(" ".join((*cell, text)))
            cell = []
        elif looks.in_table:
            cell.append(text)
        else:
            writer.row((*cells, *cell))
            cells, cell = [], []
            writer.line(text, looks.level, depth=looks.depth + 1 if number else 0, mark=number)
    writer.row((*cells, *cell))
