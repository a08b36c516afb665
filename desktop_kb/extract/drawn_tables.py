"""Tables that are drawn column by column: first all names, then all numbers beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from math import inf
from typing import Final, NamedTuple

from desktop_kb.extract.pieces import Piece

_FEWEST_ROWS = 3
_LINE = 0.9  # letter heights from one line to the next, at least
_LETTERS: Final = re.compile(r"[^\W\d_]")


class DrawnTable(NamedTuple):
    """The pieces from `first` to `last` (behind it) are its cells; in `rows`, the lines of a name, then the others."""

    first: int
    last: int
    columns: list[tuple[float, float]]
    rows: list[list[Piece]]


def tables(text: str, pieces: Sequence[Piece], cells: Sequence[Sequence[Piece]]) -> Iterator[DrawnTable]:
    """Tables of which first the names are drawn, then one column after the other. Only such with a column of numbers:
    they say nothing without the names in their rows, while lists in columns are read as they are drawn."""
    begin = done = 0  # of the pieces that stand below each other; behind the last table
    for at, (before, piece) in enumerate(pairwise(pieces), 1):
        if piece.longest.top >= before.longest.top - piece.size:
            continue
        run, begin = range(at - 1, max(begin, done) - 1, -1), at
        level = piece.longest.top - piece.size
        first = next((n + 1 for n in run if pieces[n].longest.top < level), run.stop + 1)
        end, bottom = at + 1, before.longest.top + piece.size
        while end < len(pieces) and pieces[end - 1].longest.top < pieces[end].longest.top <= bottom:
            end += 1
        columns = [list(pieces[at:end])]
        rows = _by_height(pieces[first:at], columns[0]) if first >= done else None
        if rows is None or any(len(one) > 1 for one in cells[first:end]):
            continue
        while _stand_beside(columns[-1], following := pieces[end : end + len(columns[0])]):
            columns.append(list(following))
            end += len(following)
        done = end
        if any(_are_numbers(text, column) for column in columns):
            spans = [_span(one) for one in (list(chain(*rows)), *columns)]
            levels = [[*names, *others] for names, *others in zip(rows, *columns, strict=True)]
            yield DrawnTable(first, end, spans, levels)


def _by_height(names: Sequence[Piece], column: Sequence[Piece]) -> list[list[Piece]] | None:
    """The lines of names in the row of the column that is nearest; None if a row has none, or if they do not stand
    left of it."""
    if len(column) < _FEWEST_ROWS or len(names) < len(column):
        return None
    if max(name.right for name in names) >= min(cell.left for cell in column):
        return None
    rows: list[list[Piece]] = [[] for _ in column]
    at = 0
    for name in names:
        top = name.longest.top
        while at + 1 < len(column) and top - column[at].longest.top > column[at + 1].longest.top - top:
            at += 1
        rows[at].append(name)
    tops = [cell.longest.top for cell in column]
    for row, steps in zip(rows, zip((inf, *_steps(tops)), (*_steps(tops), inf), strict=True), strict=True):
        # A name of several lines needs as much room; without it, it stands in a row whose cell is blank.
        if not row or (len(row) > 1 and min(steps) < _LINE * len(row) * row[0].size):
            return None
    return rows


def _stand_beside(column: Sequence[Piece], cells: Sequence[Piece]) -> bool:
    """Each cell stands at the height of its neighbour in the column, all to the right of it."""
    edge = max(cell.right for cell in column)
    return len(cells) == len(column) and all(
        abs(a.longest.top - b.longest.top) < 0.5 * a.size and b.left > edge
        for a, b in zip(column, cells, strict=True)
    )


def _are_numbers(text: str, column: Sequence[Piece]) -> bool:
    """Numbers with their signs and units, perhaps below a name."""
    said = [text[cell.start : cell.end] for cell in column[len(column) > _FEWEST_ROWS :]]
    return all(any(c.isdigit() for c in one) and len(_LETTERS.findall(one)) <= 2 for one in said)


def _span(cells: Sequence[Piece]) -> tuple[float, float]:
    return min(cell.left for cell in cells), max(cell.right for cell in cells)


def _steps(tops: Sequence[float]) -> list[float]:
    return [b - a for a, b in pairwise(tops)]
