"""Which lines of a text are rows of tables, and where their cells stand.

Readers write a row as its cells with ' | ' between them; an empty first cell leaves '| ' at the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final
from unicodedata import east_asian_width

_BORDER: Final = re.compile(r"(?:^| )\|(?: |$)")
_FEWEST_ROWS = 2
_ALWAYS_COLUMNS = 8
_WIDEST = 90  # Latin letters; wider tables of more columns are easier to read line by line
_FRAME = 2  # letters; what a column needs besides its words
_WRAPPED = 24  # letters; longer words of a cell stand well in several lines
_LONGEST_CELL = 300  # characters; longer ones belong to a page laid out as a table
_MOST_CELLS = 1_500  # of all tables that are laid out, which takes 150 µs a cell
_AROUND = 60  # rows before and behind the passage


def cells(line: str) -> list[tuple[int, int]]:
    """The spans of a row's cells."""
    spans: list[tuple[int, int]] = []
    at = 0
    for border in _BORDER.finditer(line):
        spans.append((at, border.start()))
        at = border.end()
    return [*spans, (at, len(line))]


def tables(lines: Sequence[str], near: tuple[int, int], starts: Collection[int] = ()) -> dict[int, int]:
    """The tables to lay out: how many lines each has, by its first.

    Args:
        near: the first and the last line of the passage. Of a long table the rows around it are taken, of many
            tables the nearest.
        starts: lines that begin a page; no table goes on there.
    """
    found: list[tuple[int, int]] = []
    first = None
    for at, line in enumerate([*lines, ""]):
        is_row = "| " in line and _BORDER.search(line) is not None
        if first is not None and (not is_row or at in starts):
            found.append((max(first, near[0] - _AROUND), min(at, near[1] + _AROUND)))
            first = None
        if is_row and first is None:
            first = at
    chosen: dict[int, int] = {}
    left = _MOST_CELLS
    for start, end in sorted(found, key=lambda run: max(run[0] - near[1], near[0] - run[1])):
        rows = [cells(line) for line in lines[start:end]]
        columns = max(map(len, rows), default=0)
        longest = max((stop - begin for row in rows for begin, stop in row), default=0)
        if len(rows) < _FEWEST_ROWS or longest > _LONGEST_CELL:
            continue
        if columns > _ALWAYS_COLUMNS and _width(lines[start:end], rows) > _WIDEST:
            continue
        left -= len(rows) * columns
        if left < 0:
            break
        chosen[start] = len(rows)
    return chosen


def _width(lines: Sequence[str], rows: Sequence[Sequence[tuple[int, int]]]) -> int:
    """How wide a table should be, in Latin letters: its columns are as wide as their widest cells, up to a line."""
    widths: dict[int, int] = {}
    for line, row in zip(lines, rows, strict=True):
        for column, (start, end) in enumerate(row):
            wide = sum(east_asian_width(c) in "WF" for c in line[start:end])
            widths[column] = max(widths.get(column, 0), end - start + wide)
    return sum(min(width, _WRAPPED) + _FRAME for width in widths.values())
