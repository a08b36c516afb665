"""How dense points of a plane lie: a grid of heights, lines of equal height, and the peaks with what lies on them.

The density is a histogram that is blurred by a Gaussian: by less the more points there are, and by so much that few
peaks stand out. A peak does that by how much it rises above the ridge to a higher one (its prominence, as Chazal et
al. 2013 cluster), against how much chance moves a density of its height.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from desktop_kb.records import NO_TOPIC, Contour, Floats, Frame, Hills, Ints

#: Cells of the grid in each direction, and how wide the blur of a thousand points is in cells, at least; of n it is as
#: wide as n^(-1/6) says, the best for a density in two dimensions (Scott 1992), but no narrower than a cell. It is
#: widened by such steps while too many peaks stand out.
_CELLS: Final = 128
_BLUR: Final = 2.6
_NARROWEST: Final = 1.0
_WIDER: Final = 1.15
#: Levels of the lines, of the highest peak.
_LEVELS: Final = (0.03, 0.08, 0.16, 0.28, 0.42, 0.58, 0.76)
#: The least prominence of a peak, in standard errors of its height as if points were strewn by chance: a map's are
#: strewn more evenly.
_PROMINENCE: Final = 0.5
_MOST_PEAKS: Final = 24
#: Room around the points, of the map's longer side: as far as the blur of few reaches, or their hills are cut off.
_MARGIN: Final = 0.14


class Peak(NamedTuple):
    """Where a hill is highest, and how high, 0..1."""

    x: float
    y: float
    height: float


def frame_of(places: Floats) -> Frame:
    """The rectangle that holds all points, (n, 2), with room around them."""
    if not len(places):
        return Frame(0.0, 0.0, 1.0, 1.0)
    low, high = places.min(axis=0), places.max(axis=0)
    margin = _MARGIN * max(float((high - low).max()), 1e-3)
    (left, top), (right, bottom) = (low - margin).tolist(), (high + margin).tolist()
    return Frame(left, top, right, bottom)


def raise_hills(places: Floats) -> Hills:
    """The hills of points, (n, 2)."""
    frame = frame_of(places)
    heights, blur = np.zeros((_CELLS, _CELLS), np.float32), 0.0
    if len(places):
        counts = heights.copy()
        np.add.at(counts, _cells(places, frame), 1)
        blur = max(_NARROWEST, _BLUR * (1_000 / len(places)) ** (1 / 6))
        heights = _blurred(counts, blur)
        while len(_basins(heights, _within(heights, blur, len(places)))[0]) > _MOST_PEAKS:
            blur *= _WIDER
            heights = _blurred(counts, blur)
    lines = tuple(
        Contour(level, line) for level in _LEVELS for line in _lines(heights, level, frame) if len(line) > 2
    )
    return Hills(frame, heights, lines, blur)


def _within(heights: Floats, blur: float, count: int) -> float:
    """How many of so many points lie within the blur at the height 1: in 4 pi blur^2 cells, by which the error of a
    blurred count is that of as many points."""
    return count / max(float(heights.sum()), 1e-9) * 4 * math.pi * blur**2


def _cells(places: Floats, frame: Frame) -> tuple[Ints, Ints]:
    """The row and the column of each point's cell, int32 (n,)."""
    size = np.array([frame.right - frame.left, frame.bottom - frame.top], np.float32)
    at = (places - np.array([frame.left, frame.top], np.float32)) / size * _CELLS
    cells = np.clip(at, 0, _CELLS - 1).astype(np.int32)
    return cells[:, 1], cells[:, 0]


def _blurred(heights: Floats, width: float) -> Floats:
    reach = int(3 * width)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    for _ in range(2):  # along the rows, then along the columns
        heights = np.stack([np.convolve(row, kernel, "same") for row in heights]).T
    return np.ascontiguousarray(heights / heights.max(), np.float32)


def peaks_of(hills: Hills, places: Floats) -> tuple[list[Peak], Ints]:
    """The peaks, the highest first, and of each point the number of the peak that it lies below, int32 (n,):
    `NO_TOPIC` for those lower than the lowest line."""
    if not len(places):
        return [], np.zeros(0, np.int32)
    found, basins = _basins(hills.heights, _within(hills.heights, hills.blur, len(places)))
    frame, peaks = hills.frame, []
    for at in found:
        row, column = divmod(at, _CELLS)
        x = frame.left + (column + 0.5) / _CELLS * (frame.right - frame.left)
        y = frame.top + (row + 0.5) / _CELLS * (frame.bottom - frame.top)
        peaks.append(Peak(x, y, float(hills.heights[row, column])))
    return peaks, basins[_cells(places, frame)]


def _basins(heights: Floats, within: float) -> tuple[list[int], Ints]:
    """The cells of the peaks that stand out, the highest first, and of each cell the number of its peak.

    Args:
        within: how many points lie within the blur at the height 1.
    """
    flat = heights.ravel()
    order = [int(at) for at in np.argsort(-flat, kind="stable") if flat[at] >= _LEVELS[0]]
    uphill = np.full(flat.size, -1, np.int64)  # the peak that a cell was first climbed to
    joined: dict[int, tuple[int, float]] = {}  # peak -> the higher one, and its prominence
    roots: dict[int, int] = {}

    def root(peak: int) -> int:
        while roots[peak] != peak:
            peak = roots[peak]
        return peak

    for at in order:
        around = [near for near in _around(at) if uphill[near] >= 0]
        if not around:
            uphill[at] = at
            roots[at] = at
            continue
        uphill[at] = uphill[max(around, key=lambda near: flat[near])]
        met = sorted({root(int(uphill[near])) for near in around}, key=lambda peak: -flat[peak])
        for lower in met[1:]:
            joined[lower] = met[0], float(flat[lower] - flat[at])
            roots[lower] = met[0]

    def stands_out(peak: int) -> bool:
        return peak not in joined or joined[peak][1] >= _PROMINENCE * math.sqrt(flat[peak] / within)

    kept = [peak for peak in roots if stands_out(peak)]
    kept.sort(key=lambda peak: -flat[peak])
    number = {peak: at for at, peak in enumerate(kept)}
    numbers = np.full(flat.size, NO_TOPIC, np.int32)
    for at in order:
        peak = int(uphill[at])
        while peak not in number:
            peak = joined[peak][0]
        numbers[at] = number[peak]
    return kept, numbers.reshape(heights.shape)


def _around(at: int) -> list[int]:
    row, column = divmod(at, _CELLS)
    return [
        r * _CELLS + c
        for r in range(max(0, row - 1), min(_CELLS, row + 2))
        for c in range(max(0, column - 1), min(_CELLS, column + 2))
        if (r, c) != (row, column)
    ]


def _lines(heights: Floats, level: float, frame: Frame) -> list[Floats]:
    """Lines of this height by marching squares over the cells' middles: of each square the edges that the line
    crosses, then joined to lines."""
    padded = np.pad(heights, 1)  # so that each line is closed
    above = padded >= level
    kinds = above[:-1, :-1] * 1 + above[:-1, 1:] * 2 + above[1:, 1:] * 4 + above[1:, :-1] * 8
    following: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    for row, column in np.argwhere((kinds > 0) & (kinds < 15)).tolist():
        # An edge is a row, a column, and whether it goes down (1) or right (0) from there.
        edges = (row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1)
        for begin, end in _CROSSED[int(kinds[row, column])]:
            following[edges[begin]] = edges[end]
    lines = []
    while following:
        first, at = following.popitem()
        line = [first]
        while at != first and at in following:
            line.append(at)
            at = following.pop(at)
        lines.append(_points([*line, first], padded, level, frame))
    return lines


#: By the corners of a square that are above the level (1 top left, 2 top right, 4 bottom right, 8 bottom left): from
#: which edge to which the line goes (0 top, 1 right, 2 bottom, 3 left), what is above on its right.
_CROSSED: Final[tuple[tuple[tuple[int, int], ...], ...]] = (
    (),
    ((3, 0),),
    ((0, 1),),
    ((3, 1),),
    ((1, 2),),
    ((3, 0), (1, 2)),
    ((0, 2),),
    ((3, 2),),
    ((2, 3),),
    ((2, 0),),
    ((0, 1), (2, 3)),
    ((2, 1),),
    ((1, 3),),
    ((1, 0),),
    ((0, 3),),
    (),
)


def _points(line: list[tuple[int, int, int]], padded: Floats, level: float, frame: Frame) -> Floats:
    rows, columns, down = np.array(line).T
    here = padded[rows, columns]
    there = padded[rows + down, columns + 1 - down]
    share = (level - here) / np.where(there == here, 1, there - here)
    x = (columns + np.where(down, 0, share) - 0.5) / _CELLS * (frame.right - frame.left) + frame.left
    y = (rows + np.where(down, share, 0) - 0.5) / _CELLS * (frame.bottom - frame.top) + frame.top
    return np.stack((x, y), axis=1).astype(np.float32)
