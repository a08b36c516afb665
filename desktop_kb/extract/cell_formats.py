"""What calamine does not tell of a sheet in Excel's binary files: how its numbers are shown, and for .xls
([MS-XLS]) comments and what is written in boxes. For .xlsb ([MS-XLSB]) the numbers alone.

Both are a sequence of records. A number names one of the workbook's formats; those that are shown as they are
('General') are left to calamine.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from desktop_kb.extract.number_formats import BUILT_IN, LONGEST_CODE, is_general, shown
from desktop_kb.extract.ooxml import resolved
from desktop_kb.extract.package import Package
from desktop_kb.extract.xml_tree import attribute, below, parse

_Record = tuple[int, bytes]


@dataclass(slots=True)
class Sheet:
    """Of one sheet: numbers as they are shown by row and column from 0; comments; what is written in boxes."""

    numbers: dict[tuple[int, int], str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


class Note(NamedTuple):
    """A comment: where it is, who wrote it, and what."""

    row: int
    column: int
    author: str
    text: str


@dataclass(slots=True)
class _Formats:
    """The codes by number, the number that each format of cells has, and the first day."""

    codes: dict[int, str] = field(default_factory=lambda: dict(BUILT_IN))
    of_cells: list[int] = field(default_factory=list)
    since_1904: bool = False

    def shown(self, value: float, format: int) -> str:
        """A number in a format of cells; '' if that shows it as it is."""
        code = self.codes.get(self.of_cells[format], "") if format < len(self.of_cells) else ""
        if is_general(code) or not math.isfinite(value):
            return ""
        return shown(value, code, since_1904=self.since_1904)


def _packed_number(packed: int) -> float:
    """A number in four bytes ([MS-XLS] 2.5.217): an integer or the upper half of a float, or a hundredth of it."""
    value: float = (packed >> 2) - (1 << 30 if packed >> 31 else 0)
    if not packed & 2:
        (value,) = struct.unpack("<d", struct.pack("<II", 0, packed & ~3 & 0xFFFFFFFF))
    return value / 100 if packed & 1 else value


# --- .xls --------------------------------------------------------------------------------------

_BEGIN, _END, _SHEET, _DAYS, _FORMAT, _CELL_FORMAT = 0x0809, 0x0A, 0x85, 0x22, 0x041E, 0xE0
_NUMBER, _PACKED, _PACKED_ROW, _FORMULA = 0x0203, 0x027E, 0xBD, 0x06
_NOTE, _OBJECT, _TEXT, _MORE = 0x1C, 0x5D, 0x01B6, 0x3C
_IS_NOTE = 0x19  # a kind of object
_BIFF8 = 0x0600


class Workbook:
    """The stream of a workbook of Excel 97 to 2003, or of 5 and 95, of which the numbers alone are looked at."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._formats = _Formats()
        self._places: list[int] = []
        seen: set[int] = set()  # a hostile file may name one sheet thousands of times
        self._is_biff8 = stream[4:6] == _BIFF8.to_bytes(2, "little")
        for kind, body in self._records(0):
            if kind == _FORMAT and len(body) > 3:
                code = _string(body, 2) if self._is_biff8 else body[3:].decode("cp1252", "replace")
                self._formats.codes[int.from_bytes(body[:2], "little")] = code[:LONGEST_CODE]
            elif kind == _CELL_FORMAT:
                self._formats.of_cells.append(int.from_bytes(body[2:4], "little"))
            elif kind == _DAYS:
                self._formats.since_1904 = body[:1] == b"\1"
            elif kind == _SHEET:
                place = int.from_bytes(body[:4], "little")
                self._places.append(place if place not in seen else len(stream))
                seen.add(place)

    def sheet(self, number: int) -> Sheet:
        """What is known of the sheet with this number, from 0."""
        found = Sheet()
        if number >= len(self._places):
            return found
        texts: dict[int, str] = {}  # of comments, by the identity of their object
        kind_of_object = identity = 0
        records = self._records(self._places[number])
        for kind, body in records:
            if kind in (_NUMBER, _PACKED, _PACKED_ROW, _FORMULA):
                self._numbers(kind, body, found.numbers)
            elif kind == _OBJECT and len(body) >= 8:
                kind_of_object, identity = struct.unpack_from("<HH", body, 4)
            elif kind == _TEXT and len(body) >= 12 and self._is_biff8:
                text = _boxed(int.from_bytes(body[10:12], "little"), records)
                if kind_of_object == _IS_NOTE:
                    texts[identity] = text
                else:
                    found.boxes.append(text)
            elif kind == _NOTE and len(body) > 8 and self._is_biff8:
                row, column, _, of = struct.unpack_from("<HHHH", body)
                found.notes.append(Note(row, column, _string(body, 8), texts.get(of, "")))
        return found

    def _numbers(self, kind: int, body: bytes, numbers: dict[tuple[int, int], str]) -> None:
        if len(body) < 10:
            return
        row, column, format = struct.unpack_from("<HHH", body)
        if kind == _PACKED_ROW:
            for at in range(4, len(body) - 7, 6):
                format, packed = struct.unpack_from("<HI", body, at)
                if text := self._formats.shown(_packed_number(packed), format):
                    numbers[row, column] = text
                column += 1
            return
        if kind == _PACKED:
            value = _packed_number(struct.unpack_from("<I", body, 6)[0])
        elif len(body) < 14 or (kind == _FORMULA and body[12:14] == b"\xff\xff"):  # its result is no number
            return
        else:
            (value,) = struct.unpack_from("<d", body, 6)
        if text := self._formats.shown(value, format):
            numbers[row, column] = text

    def _records(self, at: int) -> Iterator[_Record]:
        """The records of the book or of a sheet; not those of charts in it."""
        depth = 0
        while at + 4 <= len(self._stream):
            kind, length = struct.unpack_from("<HH", self._stream, at)
            depth += kind == _BEGIN
            depth -= kind == _END
            if depth <= 0:
                return
            if depth == 1:
                yield kind, self._stream[at + 4 : at + 4 + length]
            at += 4 + length


def _string(data: bytes, at: int) -> str:
    """A text with its length, and a flag for UTF-16 ([MS-XLS] 2.5.294)."""
    length, is_wide = int.from_bytes(data[at : at + 2], "little"), bool(data[at + 2 : at + 3] == b"\1")
    said = data[at + 3 : at + 3 + length * (1 + is_wide)]
    return said.decode("utf-16-le" if is_wide else "latin-1", "replace")


def _boxed(length: int, records: Iterator[_Record]) -> str:
    """The text of a box, which stands in the records behind it, each with the flag for UTF-16."""
    pieces: list[str] = []
    while length > 0:
        kind, body = next(records, (0, b""))
        if kind != _MORE or len(body) < 2:
            break
        said = body[1:].decode("utf-16-le" if body[0] & 1 else "latin-1", "replace")[:length]
        pieces.append(said)
        length -= len(said)
    return "".join(pieces).replace("\r", "\n")


# --- .xlsb -------------------------------------------------------------------------------------

_ROW, _B_PACKED, _B_NUMBER, _B_FORMULA = 0, 2, 5, 9
_B_FORMAT, _B_CELL_FORMAT, _FORMATS_BEGIN, _FORMATS_END = 44, 47, 617, 618
_B_BOOK, _B_SHEET = 153, 156
_BOOK, _STYLES, _RELATIONS = "xl/workbook.bin", "xl/styles.bin", "xl/_rels/workbook.bin.rels"


class BinaryWorkbook:
    """A workbook of Excel in binary parts."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._formats = _Formats()
        self._names: list[str] = []
        places = {}
        if _RELATIONS in package:
            found = below(parse(package.read(_RELATIONS)), "Relationship")
            places = {attribute(one, "Id"): resolved("xl", attribute(one, "Target")) for one in found}
        for kind, body in _binary_records(package.read(_BOOK)):
            if kind == _B_BOOK:
                self._formats.since_1904 = bool(body[:1] and body[0] & 1)
            elif kind == _B_SHEET:
                self._names.append(places.get(_wide(body, 8), ""))
        self._read_styles()

    def sheet(self, number: int) -> Sheet:
        """What is known of the sheet with this number, from 0."""
        found = Sheet()
        name = self._names[number] if number < len(self._names) else ""
        row = 0
        for kind, body in _binary_records(
            self._package.read(name, streamed=True) if name in self._package else b""
        ):
            if kind == _ROW:
                row = int.from_bytes(body[:4], "little")
            elif kind in (_B_PACKED, _B_NUMBER, _B_FORMULA) and len(body) >= (
                12 if kind == _B_PACKED else 16
            ):
                column, format = struct.unpack_from("<II", body)
                packed = kind == _B_PACKED
                (value,) = struct.unpack_from("<I" if packed else "<d", body, 8)
                if text := self._formats.shown(_packed_number(value) if packed else value, format & 0xFFFFFF):
                    found.numbers[row, column] = text
        return found

    def _read_styles(self) -> None:
        are_cells = False
        for kind, body in _binary_records(self._package.read(_STYLES) if _STYLES in self._package else b""):
            if kind == _B_FORMAT:
                self._formats.codes[int.from_bytes(body[:2], "little")] = _wide(body, 2)[:LONGEST_CODE]
            elif kind in (_FORMATS_BEGIN, _FORMATS_END):
                are_cells = kind == _FORMATS_BEGIN
            elif kind == _B_CELL_FORMAT and are_cells:
                self._formats.of_cells.append(int.from_bytes(body[2:4], "little"))


def _binary_records(data: bytes) -> Iterator[_Record]:
    at = 0
    while at < len(data):
        kind, at = _spread(data, at, 2)
        length, at = _spread(data, at, 4)
        yield kind, data[at : at + length]
        at += length


def _spread(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next thing begins."""
    value = 0
    for count in range(most):
        byte = data[at] if at < len(data) else 0
        at += 1
        value |= (byte & 0x7F) << 7 * count
        if not byte & 0x80:
            break
    return value, at


def _wide(data: bytes, at: int) -> str:
    """A text in UTF-16 with its length."""
    length = int.from_bytes(data[at : at + 4], "little")
    return "" if length >= 2**31 else data[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace")
