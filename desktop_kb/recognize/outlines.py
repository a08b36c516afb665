"""Shapes in a picture of zeros and ones: what hangs together, and the smallest rectangle around it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Floats

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


class Rectangle(NamedTuple):
    """A rectangle around (`x`, `y`), `width` long in the direction `angle` (radians, clockwise, at most a quarter
    of a half turn either way) and `height` across it."""

    x: float
    y: float
    width: float
    height: float
    angle: float


class Runs(NamedTuple):
    """Runs of pixels side by side: row, first and last column + 1, each (n,)."""

    rows: Numbers
    starts: Numbers
    ends: Numbers


def components(mask: Mask) -> Iterator[Runs]:
    """What hangs together in `mask`, diagonals too (8-connected components, by union-find over runs)."""
    height, width = mask.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    if not len(rows):
        return
    roots = _roots(rows, starts, ends, height)
    order = np.argsort(roots, kind="stable")
    cuts = np.nonzero(np.diff(roots[order]))[0] + 1
    for group in np.split(order, cuts):
        yield Runs(rows[group], starts[group], ends[group])


def _roots(rows: Numbers, starts: Numbers, ends: Numbers, height: int) -> Numbers:
    """For each run a number that all runs of its component share."""
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    first = np.searchsorted(rows, np.arange(height + 1)).tolist()
    left, right = starts.tolist(), ends.tolist()
    for row in range(1, height):
        above, here = first[row - 1], first[row]
        while above < first[row] and here < first[row + 1]:
            if left[above] <= right[here] and left[here] <= right[above]:
                one, other = sorted((root(above), root(here)))
                parent[other] = one
            if right[above] < right[here]:
                above += 1
            else:
                here += 1
    return np.array([root(run) for run in range(len(rows))], np.int64)


def smallest_rectangle(points: Floats) -> Rectangle:
    """The rectangle of the least area around `points`, (n, 2): one side lies along the convex hull
    (H. Freeman and R. Shapira, 1975)."""
    corners = _hull(points)
    edges = np.diff(np.vstack([corners, corners[:1]]), axis=0)
    angles = np.unique(np.round(np.mod(np.arctan2(edges[:, 1], edges[:, 0]), math.pi / 2), 6))
    cos, sin = np.cos(angles), np.sin(angles)
    along = np.outer(corners[:, 0], cos) + np.outer(corners[:, 1], sin)
    across = np.outer(corners[:, 1], cos) - np.outer(corners[:, 0], sin)
    widths, heights = np.ptp(along, 0), np.ptp(across, 0)
    best = int(np.argmin(widths * heights))
    u = (along[:, best].max() + along[:, best].min()) / 2
    v = (across[:, best].max() + across[:, best].min()) / 2
    x, y = u * cos[best] - v * sin[best], u * sin[best] + v * cos[best]
    width, height, angle = float(widths[best]), float(heights[best]), float(angles[best])
    if angle > math.pi / 4:
        width, height, angle = height, width, angle - math.pi / 2
    return Rectangle(float(x), float(y), width, height, angle)


def _hull(points: Floats) -> Floats:
    """The corners of the convex hull, in order (A. M. Andrew's monotone chain, 1979)."""
    ordered = np.unique(points, axis=0).tolist()
    if len(ordered) < 3:
        return np.array(ordered, np.float32)

    def chain(points: list[list[float]]) -> list[list[float]]:
        found: list[list[float]] = []
        for x, y in points:
            while len(found) >= 2:
                (a, b), (c, d) = found[-2:]
                if (c - a) * (y - b) - (d - b) * (x - a) > 0:
                    break
                found.pop()
            found.append([x, y])
        return found[:-1]

    return np.array([*chain(ordered), *chain(ordered[::-1])], np.float32)
