"""Tables some of whose cells have several lines: which lines of a picture are one, row by row and cell by cell.

The lines of a cell follow each other closely. Where a row begins, its cells begin on one level, behind wider gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Left, top, right and bottom of lines, (n, 4).
Ink = NDArray[np.float64]
#: The lines of cells side by side.
_Row = list[list[int]]

#: In heights of lines: how much wider than between lines of a cell a gap before it is, at least, and how far apart the
#: middles of lines on a level are, at most.
_WIDER: Final = 0.35
_LEVEL: Final = 0.3
_TOUCHING: Final = 0.1  # of a line's height, at most, reach the lines of two cells into each other
_CLOSE: Final = 0.2  # quantile of the gaps that is usual within cells: most rows may have one line
_MOST: Final = 2_000  # lines; each is compared with each
_ROWS: Final = 3  # with cells side by side
_MOST_LINES, _HEADING = 12, 2  # of a cell, and of a heading between rows
_ALIGNED: Final = (
    0.75  # of the lines behind a wide gap, at least, begin a row: paragraphs side by side do by chance
)
_FILLED: Final = 0.75  # of the cells that rows would have if each had one in each column
#: Of the cells, at most, have nearly as many lines as the longest of their row: else these are rows, in groups.
_AS_LONG, _NEARLY = 0.7, 0.7
#: In heights of lines: how wide lines of cells are that have most of them, and the narrowest column.
_WORDS, _NARROWEST = 8.0, 0.5
_OF_TWO: Final = (
    0.6  # of the wider one's width has the narrower one of two columns, at most: else they are prose
)


class Table(NamedTuple):
    """The numbers of its lines in the order in which they are read, and where it begins."""

    lines: list[int]
    top: float


def find_table(ink: Ink, size: float) -> Table | None:
    """The first table with cells of several lines among lines that are `size` high; None if there is none."""
    if len(ink) > _MOST:
        return None
    begin, levels = _beginnings(ink, size)
    rows = [_cells(ink, row) for row in _rows(ink, begin, levels, size)]
    first = 0
    while first < len(rows):
        last = first + 1
        while last < len(rows) and _are_one(ink, rows[first : last + 1]):
            last += 1
        while last > first + 1 and len(rows[last - 1]) == 1:
            last -= 1
        table = rows[first:last]
        if _is_wrapped(table) and _is_aligned(table, begin) and _has_columns(ink, table, size):
            lines = _lines(table)
            return Table(lines, float(ink[lines, 1].min()))
        first = last
    return None


def _beginnings(ink: Ink, size: float) -> tuple[NDArray[np.bool_], list[list[int]]]:
    """Which lines stand behind a wide gap in their column; and the lines on each level, from the left."""
    left, top, right, bottom = ink.T
    middle = (top + bottom) / 2
    over = np.minimum(right[:, None], right) > np.maximum(left[:, None], left)
    over &= middle[:, None] > middle + _LEVEL * size
    gaps = np.where(over, top[:, None] - bottom, np.inf).min(axis=1)
    finite = gaps[np.isfinite(gaps)]
    usual = float(np.quantile(finite, _CLOSE)) if len(finite) else 0.0
    levels: list[list[int]] = []
    for line in np.argsort(middle).tolist():
        if not levels or middle[line] - middle[levels[-1][0]] > _LEVEL * size:
            levels.append([])
        levels[-1].append(line)
    return gaps > usual + _WIDER * size, [sorted(level, key=lambda n: float(left[n])) for level in levels]


def _rows(ink: Ink, begin: NDArray[np.bool_], levels: Sequence[list[int]], size: float) -> list[list[int]]:
    """The lines of each row, level by level. Where one begins, the first cell does, most do, and no line is across."""
    rows: list[list[int]] = []
    for level in levels:
        middle = float(np.mean(ink[level][:, [1, 3]]))
        across = (ink[:, 1] < middle - _LEVEL * size) & (ink[:, 3] > middle)
        across[level] = False
        begins = begin[level[0]] and 2 * begin[level].sum() > len(level) and not across.any()
        if begins or not rows:
            rows.append([])
        rows[-1] += level
    return rows


def _cells(ink: Ink, row: Sequence[int], slack: float = 0.0) -> _Row:
    """The lines of a row by the cells they are in, from the left; `slack` is how far cells reach into each other."""
    cells: _Row = []
    reached = -np.inf
    for line in sorted(row, key=lambda n: float(ink[n, 0])):
        if ink[line, 0] >= reached - slack:
            cells.append([])
        cells[-1].append(line)
        reached = max(reached, ink[line, 2])
    place = {line: number for number, line in enumerate(row)}
    return [sorted(cell, key=place.__getitem__) for cell in cells]


def _are_one(ink: Ink, rows: Sequence[_Row]) -> bool:
    """Whether the cells of these rows stand in the same columns; a row of one cell is a heading between them."""
    beside = _beside(rows)
    if len(rows[0]) == 1 or any(len(row) == 1 and len(row[0]) > _HEADING for row in rows):
        return False
    columns = _columns(ink, beside)
    return 1 < max(map(len, beside)) <= len(columns) and max(map(len, _all(beside))) <= _MOST_LINES


def _is_wrapped(rows: Sequence[_Row]) -> bool:
    """Whether cells have several lines, others beside them fewer."""
    beside = _beside(rows)
    counts = [[len(cell) for cell in row] for row in beside if max(map(len, row)) > 1]
    as_long = sum(count >= _NEARLY * max(row) for row in counts for count in row)
    return len(beside) >= _ROWS and bool(counts) and as_long <= _AS_LONG * sum(map(len, counts))


def _is_aligned(rows: Sequence[_Row], begin: NDArray[np.bool_]) -> bool:
    """Whether most lines that stand behind a wide gap are the first of their cell."""
    heads = begin[[cell[0] for cell in _all(rows)]].sum()
    return bool(heads >= _ALIGNED * begin[_lines(rows)].sum())


def _has_columns(ink: Ink, rows: Sequence[_Row], size: float) -> bool:
    """Whether the rows fill their columns, of which two are none of prose, with words and not pieces of formulas."""
    beside = _beside(rows)
    columns = _columns(ink, beside)
    widths = ink[:, 2] - ink[:, 0]
    usual = sorted(float(np.median(widths[column])) for column in columns)
    longest = [max(row, key=len) for row in beside if max(map(len, row)) > 1]
    return (
        len(_all(beside)) >= _FILLED * len(columns) * len(beside)
        and (len(columns) > 2 or usual[0] <= _OF_TWO * usual[1])
        and min(ink[column, 2].max() - ink[column, 0].min() for column in columns) >= _NARROWEST * size
        and float(np.median([widths[cell[0]] for cell in longest])) >= _WORDS * size
    )


def _columns(ink: Ink, rows: Sequence[_Row]) -> _Row:
    """The lines of these rows by the columns they are in: where the line that fills its cell ends beyond where another
    row's next cell begins, as the boxes of lines are not exact, these are two all the same."""
    lines = _lines(rows)
    return _cells(ink, lines, _TOUCHING * float(np.median(ink[lines, 3] - ink[lines, 1])))


def _beside(rows: Sequence[_Row]) -> list[_Row]:
    """The rows that have cells side by side."""
    return [row for row in rows if len(row) > 1]


def _all(rows: Sequence[_Row]) -> _Row:
    return [cell for row in rows for cell in row]


def _lines(rows: Sequence[_Row]) -> list[int]:
    return [line for cell in _all(rows) for line in cell]
