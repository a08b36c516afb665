"""Where the tables of a database begin, read from its pages without SQLite, which refuses the whole list of tables
for one damaged entry. File format: https://www.sqlite.org/fileformat2.html."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = 100  # of the file; the first page begins behind it
_LEAF: Final = 13
_INTERIOR: Final = 5
#: An entry's type, name, table and root page fit into what stands in the page itself, whatever its SQL's length.
_FIELDS: Final = 4


@dataclass(frozen=True, slots=True)
class Root:
    """An entry of the list of tables: `page` is the first of the table or index `name`, which belongs to `table`."""

    name: str
    table: str
    page: int


def roots(database: Path) -> list[Root]:
    """The entries that can be read."""
    with database.open("rb") as file:
        return list(_entries(file, _page_size(file), 1, set()))


def forget_roots(database: Path) -> None:
    """Empty the list of tables; their pages stay."""
    with database.open("r+b") as file:
        begin = _page_size(file) % 65536  # of the cells' contents: at the page's end
        file.seek(_HEADER)
        file.write(bytes((_LEAF, 0, 0, 0, 0)) + begin.to_bytes(2, "big") + b"\0")


def _page_size(file: BinaryIO) -> int:
    file.seek(16)
    size = int.from_bytes(file.read(2), "big")
    return 65536 if size == 1 else size


def _entries(file: BinaryIO, size: int, number: int, seen: set[int]) -> Iterator[Root]:
    if number < 1 or number in seen:
        return
    seen.add(number)
    file.seek((number - 1) * size)
    page = file.read(size)
    if len(page) < max(size, 512):
        return
    begin = _HEADER if number == 1 else 0
    kind, count = page[begin], _number(page, begin + 3, 2)
    first = begin + (12 if kind == _INTERIOR else 8)
    cells = [_number(page, at, 2) for at in range(first, min(first + 2 * count, size), 2)]
    if kind == _INTERIOR:
        for child in (*(_number(page, at, 4) for at in cells), _number(page, begin + 8, 4)):
            yield from _entries(file, size, child, seen)
    elif kind == _LEAF:
        yield from filter(None, (_entry(page[at:]) for at in cells))


def _number(page: bytes, at: int, width: int) -> int:
    return int.from_bytes(page[at : at + width], "big")


def _entry(cell: bytes) -> Root | None:
    """The entry in a cell; None if it makes no sense."""
    try:
        _, at = _varint(cell, 0)
        _, begin = _varint(cell, at)
        length, at = _varint(cell, begin)
        types = []
        for _ in range(_FIELDS):
            kind, at = _varint(cell, at)
            types.append(kind)
        # Texts have odd types from 13; up to 4 is an integer's width; what has no page has 0, whose type is 8.
        widths = [(kind - 13) // 2 if kind >= 13 else kind if kind <= 4 else 0 for kind in types]
        ends = list(accumulate(widths, initial=begin + length))
        fields = [cell[start:end] for start, end in pairwise(ends)]
        return Root(fields[1].decode(), fields[2].decode(), int.from_bytes(fields[3], "big"))
    except (IndexError, UnicodeDecodeError):
        return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at` in one to nine bytes, and where it ends."""
    value = 0
    for _ in range(8):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | data[at], at + 1
