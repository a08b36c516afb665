"""Which points lie within a line that was drawn around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from desktop_kb.records import Floats

#: Corners of a lasso; a hand draws many more than it takes.
_CORNERS = 160

Chosen = np.ndarray[Any, np.dtype[np.bool_]]


def inside(places: Floats, corners: Floats) -> Chosen:
    """Bool (n,): whether each of the points, (n, 2), lies within the polygon, (m, 2): a ray from it then crosses an
    odd number of edges."""
    if len(corners) > _CORNERS:
        corners = corners[np.linspace(0, len(corners) - 1, _CORNERS).astype(int)]
    found = np.zeros(len(places), bool)
    if len(corners) < 3:
        return found
    low, high = corners.min(axis=0), corners.max(axis=0)
    (near,) = np.nonzero(((places >= low) & (places <= high)).all(axis=1))
    x, y = places[near, 0], places[near, 1]
    odd = np.zeros(len(near), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 != y1:
            odd ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    found[near] = odd
    return found
