"""The order in which the lines of a picture are read, from their places alone.

A page is parted at the best *gutter*, a blank band between two columns of prose, which few lines cross. Lines that
cross it and stand alone (headings over both columns) part the page into strips, each of which is read by itself; those
with lines beside them (captions around which the columns flow) are read after their strip. What has no gutter is
read row by row, so that the cells of a table stay beside each other; cells of several lines are read one by one. What
stands beside a table and is none of it (a chart, a side bar) is told by its lines, which are between the table's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_kb.extract.wrapped_cells import find_table

#: Left, top, right and bottom of a line.
Place = tuple[float, float, float, float]

#: Of a line's width and heights, at most, that its box is too large on each side.
_MARGIN: Final = (0.2, 0.22, 0.3)
_FEWEST = 6  # lines that are parted into columns
_BESIDE = 3  # lines on either side of a gutter
_NARROWEST = 0.25  # of a gutter, in heights of lines
_SHORTEST = 2.5  # of a gutter, in heights of lines
_PROSE, _ENTRIES = 8.0, 6.0  # heights of lines: how wide most are in a column of prose, and of an index
#: Of their text, at most, stands in narrower ones: pieces of formulas, labels in figures.
_PIECES, _SHORT = 0.2, 0.3
_LONG, _AS_WIDE = 20, 0.8  # columns of a page: lines, and the narrower one's width in those of the wider one
#: Cells of a table or form: heights between the middles of those in a row, and their share of its text, at least.
_LEVEL, _CELLS = 0.2, 0.52
_NUMBER, _NUMBERED = 2.0, 0.8  # heights: how wide the number of a line is; of the lines of a column, have one
_ALONE, _ABOUT_AS_WIDE = 0.3, 0.6  # of the text of a plain column, at most, stands beside other lines
_INDEX = 12  # lines of a column of entries, at least: fewer are labels beside their values
_APART = 0.3  # of the lines beside rows, at least, stand between these if they are no cells of them
_ONE_ROW, _IN_ROWS = (
    1.7,
    0.7,
)  # heights of its highest line: how high a row is, at most; of the lines stand in one
_MOST = 800  # lines; each is compared with each
_SINGLE = 1.25  # lines on a level, on the average, in a column of entries
_MOST_CROSSING = 0.34  # of the lines beside a gutter
_SAME_ROW = 0.6  # heights of lines between the middles of lines side by side
_SHARED = 0.3  # of a line's height with one beside it
_NEAR, _MOSTLY = 1.5, 0.5  # heights between lines of one block; of its lines
_DEEPEST = 12


class _Gutter(NamedTuple):
    score: float
    x: float
    crossing: NDArray[np.bool_]


def in_reading_order(places: Sequence[Place]) -> list[int]:
    """The numbers of the lines at these places, in the order in which they are read."""
    if not places:
        return []
    ink = _without_margin(np.array(places))
    size = float(np.median(ink[:, 3] - ink[:, 1]))
    return _ordered(ink, np.arange(len(ink)), size, 0)


class TwoColumns(NamedTuple):
    """The numbers of the lines that cross the gutter of a page, where the lines left and right of it begin, and how
    high lines are."""

    crossing: list[int]
    left: float
    right: float
    size: float


def two_columns(places: Sequence[Place]) -> TwoColumns | None:
    """The columns of the page with lines at these places; None if it has no gutter."""
    ink = _without_margin(np.array(places))
    size = float(np.median(ink[:, 3] - ink[:, 1]))
    gutter = _gutter(ink, size)
    if gutter is None or _parts_rows(ink, gutter, size):
        return None
    left, right = ink[ink[:, 2] <= gutter.x, 0], ink[ink[:, 0] >= gutter.x, 0]
    crossing = np.nonzero(gutter.crossing)[0].tolist()
    return TwoColumns(crossing, float(np.median(left)), float(np.median(right)), size)


def _without_margin(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    of_width, of_size, of_height = _MARGIN
    margin = np.minimum(
        of_size * np.minimum(widths, heights), np.minimum(of_width * widths, of_height * heights)
    )
    return np.asarray(boxes + margin[:, None] * np.array([1, 1, -1, -1]))


def _ordered(ink: NDArray[np.float64], ids: NDArray[np.int64], size: float, depth: int) -> list[int]:
    can_be_parted = len(ids) >= _FEWEST and depth < _DEEPEST
    gutter = _gutter(ink[ids], size) if can_be_parted else None
    if can_be_parted and not (gutter and _is_plain(ink[ids], gutter, size)):
        table = find_table(ink[ids], size)
        if table is not None:
            rest = np.setdiff1d(ids, ids[table.lines])
            above = ink[rest, 1] + ink[rest, 3] < 2 * table.top
            return [
                *_ordered(ink, rest[above], size, depth + 1),
                *ids[table.lines].tolist(),
                *_ordered(ink, rest[~above], size, depth + 1),
            ]
    if gutter is None or _parts_rows(ink[ids], gutter, size):
        return _rows(ink, ids)
    rest, across = ids[~gutter.crossing], ids[gutter.crossing]
    middles = (ink[:, 1] + ink[:, 3]) / 2
    across = across[np.argsort(middles[across], kind="stable")]
    # What stands alone on its height parts the page; what stands beside others is set into it.
    inset_too = _are_inset(ink, across, rest, size)
    inset, across = across[inset_too], across[~inset_too]
    tops = np.maximum.accumulate(ink[across, 1])
    found: list[int] = []
    for number in range(len(across) + 1):
        for some in (rest, inset):
            strip = some[np.searchsorted(tops, middles[some]) == number]
            if some is inset:
                found += _rows(ink, strip)
                continue
            left = ink[strip, 2] <= gutter.x
            if (
                _width(ink[strip], 0.5) < _PROSE * size
                and _apart(ink[strip[left]], ink[strip[~left]]) < _APART
            ):
                found += _rows(ink, strip)  # a table over the columns, which leaves the gutter free
                continue
            found += [
                *_ordered(ink, strip[left], size, depth + 1),
                *_ordered(ink, strip[~left], size, depth + 1),
            ]
        if number < len(across):
            found.append(int(across[number]))
    return found


def _parts_rows(ink: NDArray[np.float64], gutter: _Gutter, size: float) -> bool:
    """Whether a side of the gutter is half of a table or form: most of it stands beside other cells, in no columns."""
    sides = ink[ink[:, 2] <= gutter.x], ink[ink[:, 0] >= gutter.x]
    if _apart(*sides) >= _APART or all(_is_numbered(side, size) for side in sides):
        return False
    for side in sides:
        if _beside(side, size) > _CELLS:
            inner = _gutter(side, size)
            if inner is None or _parts_rows(side, inner, size):
                return True
    return False


def _is_numbered(ink: NDArray[np.float64], size: float) -> bool:
    """These lines are a column in which nearly each has a number before it, as in a transcript, and stands alone."""
    small = (ink[:, 2] - ink[:, 0] < _NUMBER * size) & (ink[:, 0] < ink[:, 0].min() + _NUMBER * size)
    lines = ink[~small]
    return bool(small.sum() >= _NUMBERED * len(lines) > 0) and _beside(lines, size) < _ALONE


def _is_plain(ink: NDArray[np.float64], gutter: _Gutter, size: float) -> bool:
    """Whether no table is across the gutter: on each side is one column, nearly all of whose lines stand alone, both
    about as wide, or their lines are on levels of their own."""
    sides = ink[ink[:, 2] <= gutter.x], ink[ink[:, 0] >= gutter.x]
    narrower, wider = sorted(_width(side, _MOSTLY) for side in sides)
    alone = all(_beside(side, size) < _ALONE for side in sides)
    return (alone and narrower > _ABOUT_AS_WIDE * wider) or _apart(*sides) >= _APART


def _are_blocks(left: NDArray[np.float64], right: NDArray[np.float64], size: float) -> bool:
    """These lines are a table or a column, and what stands beside it and is none of it, as charts or a side bar: the
    lines of each stand on any level between the rows of the other."""
    if len(left) + len(right) > _MOST or _apart(left, right) < _APART:
        return False
    return any(_beside(side, size) > _CELLS or _is_column(side, size) for side in (left, right))


def _apart(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """The share of the lines on either side, at least, that stand between rows of the other."""
    return min(_between_rows(left, right), _between_rows(right, left))


def _between_rows(ink: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The share of the others, beside these lines, whose middles are nearer to a gap between two rows of these than to
    a row: half of them by chance, none in a table. 0 if there are few rows, or if many reach over several (merged
    cells)."""
    if min(len(ink), len(others)) < _FEWEST:
        return 0.0
    rows = _bands(ink[:, [1, 3]])
    tops, bottoms = np.full(rows.max() + 1, np.inf), np.full(rows.max() + 1, -np.inf)
    np.minimum.at(tops, rows, ink[:, 1])
    np.maximum.at(bottoms, rows, ink[:, 3])
    highest = np.zeros(len(tops))
    np.maximum.at(highest, rows, ink[:, 3] - ink[:, 1])
    if (bottoms - tops < _ONE_ROW * highest)[rows].mean() < _IN_ROWS:
        return 0.0
    levels, gaps = (tops + bottoms) / 2, (bottoms[:-1] + tops[1:]) / 2
    middles = (others[:, 1] + others[:, 3]) / 2
    middles = middles[(middles > levels[0]) & (middles < levels[-1])]
    if min(len(gaps), len(middles)) < _FEWEST:
        return 0.0
    to_gaps, to_levels = (np.abs(middles[:, None] - some).min(axis=1) for some in (gaps, levels))
    return float((to_gaps < to_levels).mean())


def _beside(ink: NDArray[np.float64], size: float) -> float:
    """The share of the text that stands on a level with other lines."""
    middles = (ink[:, 1] + ink[:, 3]) / 2
    order = np.argsort(middles)
    apart = np.diff(middles[order], prepend=-np.inf, append=np.inf)
    widths = (ink[:, 2] - ink[:, 0])[order]
    return float(widths[np.minimum(apart[:-1], apart[1:]) < _LEVEL * size].sum() / max(1.0, widths.sum()))


def _are_inset(
    ink: NDArray[np.float64], across: NDArray[np.int64], others: NDArray[np.int64], size: float
) -> NDArray[np.bool_]:
    """Which of the lines `across` belong to blocks most of whose lines have others at their height."""
    if not len(across):
        return np.zeros(0, np.bool_)
    lines, rest = ink[across], ink[others]
    beside = _are_beside(lines, rest, _SHARED)
    beside &= np.any(rest[:, 3] < lines[:, 1][:, None], axis=1)  # not the head of a page, with its number
    block = np.concatenate([[0], np.cumsum(lines[1:, 1] - lines[:-1, 3] > _NEAR * size)])
    share = np.bincount(block, beside) / np.bincount(block)
    return np.asarray(share[block] > _MOSTLY)


def _are_beside(lines: NDArray[np.float64], others: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Which of the lines have one of the others at their height, by more than this share of it."""
    shared = np.minimum(lines[:, None, 3], others[:, 3]) - np.maximum(lines[:, None, 1], others[:, 1])
    return np.asarray(np.any(shared > share * (lines[:, 3] - lines[:, 1])[:, None], axis=1))


def _stand_beside(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Most lines on one side have one at their height on the other, or nearly: the messages of a chat stand at the left
    and at the right too, but below each other."""
    sides = (left, right), (right, left)
    return any(_are_beside(lines, others, -_SHARED).mean() > _MOSTLY for lines, others in sides)


def _gutter(ink: NDArray[np.float64], size: float) -> _Gutter | None:
    """The best gutter between these lines; None if they stand in one column, or in a table."""
    edges = np.unique(ink[:, [0, 2]])
    best: _Gutter | None = None
    for before, after in pairwise(edges):
        if after - before < _NARROWEST * size:
            continue
        x = (before + after) / 2
        left, right = ink[:, 2] <= x, ink[:, 0] >= x
        score = _score(ink, left, right, size)
        if score is not None:
            score += min(1.0, (after - before) / size)  # of two alike the wider one
            if best is None or score > best.score:
                best = _Gutter(score, x, ~(left | right))
    return best


def _score(
    ink: NDArray[np.float64], left: NDArray[np.bool_], right: NDArray[np.bool_], size: float
) -> float | None:
    """How good a gutter is that has these lines on its left and right; None if it is none."""
    if min(left.sum(), right.sum()) < _BESIDE:
        return None
    sides = ink[left], ink[right]
    top = max(side[:, 1].min() for side in sides)
    bottom = min(side[:, 3].max() for side in sides)
    if bottom - top < _SHORTEST * size:
        return None
    within = (ink[:, 1] < bottom) & (ink[:, 3] > top)
    fewest = min((left & within).sum(), (right & within).sum())
    crossing = (~(left | right) & within).sum()
    if fewest < _BESIDE or not (
        all(_is_column(side, size) for side in sides)
        or (not crossing and (_are_pages_columns(*sides, size) or _are_blocks(*sides, size)))
    ):
        return None
    if crossing > _MOST_CROSSING * fewest or not _stand_beside(ink[left & within], ink[right & within]):
        return None
    # Columns that give way to a picture have a wider gutter there; that of the whole page is the one few lines cross.
    return float(min(left.sum(), right.sum()) - 3 * (~(left | right)).sum())


def _bands(spans: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each span, from `spans[n, 0]` to `spans[n, 1]`, the number of the run of overlapping ones that it is in."""
    order = np.argsort(spans[:, 0], kind="stable")
    reached = np.maximum.accumulate(spans[order, 1])
    numbers = np.zeros(len(spans), np.int64)
    numbers[order[1:]] = np.cumsum(spans[order[1:], 0] >= reached[:-1])
    return numbers


def _width(ink: NDArray[np.float64], share: float) -> float:
    """The width that the lines have, or more, but for this share of the text, which stands in narrower ones."""
    widths = np.sort(ink[:, 2] - ink[:, 0])
    upto = np.cumsum(widths)
    return float(widths[np.searchsorted(upto, upto[-1] * share)]) if len(widths) else 0.0


def _is_column(ink: NDArray[np.float64], size: float) -> bool:
    """These lines are a column of prose or of entries, and no cells of a table."""
    if _width(ink, _PIECES) >= _PROSE * size:
        return True
    levels = _bands(ink[:, [1, 3]]).max() + 1
    return len(ink) >= _INDEX and _width(ink, _SHORT) >= _ENTRIES * size and len(ink) <= _SINGLE * levels


def _are_pages_columns(left: NDArray[np.float64], right: NDArray[np.float64], size: float) -> bool:
    """These lines are the two columns of a page, one of which holds tables: both are long, as wide as each other, and
    prose, one wholly and the other mostly."""
    narrower, wider = sorted(_width(side, 1 - _PIECES) for side in (left, right))
    return (
        min(len(left), len(right)) >= _LONG
        and narrower > _AS_WIDE * wider
        and (_is_column(left, size) or _is_column(right, size))
        and min(_width(side, _MOSTLY) for side in (left, right)) >= _PROSE * size
    )


def _rows(ink: NDArray[np.float64], ids: NDArray[np.int64]) -> list[int]:
    """From the top, lines side by side from left to right."""
    rows: list[list[int]] = []
    for number in sorted(ids.tolist(), key=lambda n: ink[n, 1] + ink[n, 3]):
        if rows and _stands_beside(ink, rows[-1], number):
            rows[-1].append(number)
        else:
            rows.append([number])
    return [number for row in rows for number in sorted(row, key=lambda n: ink[n, 0])]


def _stands_beside(ink: NDArray[np.float64], row: Sequence[int], number: int) -> bool:
    boxes, (left, top, right, bottom) = ink[list(row)], ink[number]
    middle = float(np.mean(boxes[:, 1] + boxes[:, 3])) / 2
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    if abs((top + bottom) / 2 - middle) >= _SAME_ROW * max(height, bottom - top):
        return False
    touching = 0.3 * height
    return bool(np.all((left >= boxes[:, 2] - touching) | (right <= boxes[:, 0] + touching)))
