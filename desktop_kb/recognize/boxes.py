"""Where lines stand on a page: the detector's map of how likely each pixel belongs to one -> rectangles.

The method is that of DB (M. Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020):
the map is cut at a threshold, and what hangs together in it, which is a line without its margin, is widened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb.recognize.outlines import Rectangle, Runs, components, smallest_rectangle
from desktop_kb.records import Floats

#: A page as grey pixels, (height, width).
Grey = NDArray[np.uint8]
#: A picture (1, 3, h, w) -> the map (h, w).
Detector = Callable[[Floats], Floats]

_LONG_SIDE = 1280  # pixels that the detector sees; with 1600 it takes half again as long and finds no more
_SHORT_SIDE = 736  # a smaller picture is enlarged
_MOST_ENLARGED = 4000
_STEP: Final = 32  # the detector halves its picture five times
_LIKELY = 0.3
_BOX_LIKELY = 0.5  # on the average
_UNCLIP = 1.6
_LEAST, _LEAST_WIDENED = 3, 5  # pixels across


def find_lines(grey: Grey, detect: Detector) -> list[Rectangle]:
    """The rectangles of lines on a page, in its pixels."""
    height, width = grey.shape
    h, w = _seen_size(height, width)
    picture = resized(grey, h, w) / np.float32(127.5) - np.float32(1)
    likely = detect(np.broadcast_to(picture, (1, 3, h, w)))
    x, y = width / w, height / h
    return [
        Rectangle(box.x * x, box.y * y, box.width * x, box.height * y, box.angle) for box in _boxes(likely)
    ]


def _seen_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of the picture that the detector sees."""
    long, short = max(height, width), min(height, width)
    scale = min(1.0, _LONG_SIDE / long)
    if short * scale < _SHORT_SIDE and long * _SHORT_SIDE / short < _MOST_ENLARGED:
        scale = _SHORT_SIDE / short
    return (
        max(_STEP, round(height * scale / _STEP) * _STEP),
        max(_STEP, round(width * scale / _STEP) * _STEP),
    )


def _boxes(likely: Floats) -> list[Rectangle]:
    mask = likely > _LIKELY
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:, 1:] |= mask[:, :-1]
    grown[1:, 1:] |= mask[:-1, :-1]
    sums = np.cumsum(np.pad(likely, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    found = []
    for runs in components(grown):
        inside = (sums[runs.rows, runs.ends] - sums[runs.rows, runs.starts]).sum()
        if inside < _BOX_LIKELY * (runs.ends - runs.starts).sum():
            continue
        box = smallest_rectangle(_outline(runs))
        if min(box.width, box.height) < _LEAST:
            continue
        margin = box.width * box.height * _UNCLIP / (box.width + box.height)
        box = box._replace(width=box.width + margin, height=box.height + margin)
        if min(box.width, box.height) >= _LEAST_WIDENED:
            found.append(box)
    return found


def _outline(runs: Runs) -> Floats:
    """Both ends of each run, (2 n, 2)."""
    return np.stack(
        [np.concatenate([runs.starts, runs.ends - 1]), np.concatenate([runs.rows, runs.rows])], axis=1
    ).astype(np.float32)


def resized(grey: Grey, height: int, width: int) -> Floats:
    """The picture in another size: a smaller one's pixels are the means of the areas they stand for."""
    return _resized_rows(_resized_rows(grey, height).T, width).T


def _resized_rows(rows: NDArray[np.uint8] | Floats, count: int) -> Floats:
    before = len(rows)
    if count == before:
        return rows.astype(np.float32)
    if count < before:
        # Means between fractional edges: differences of the sums up to each edge.
        sums = np.zeros((before + 1, rows.shape[1]), np.float64)
        np.cumsum(rows, axis=0, out=sums[1:])
        upto = _between(sums, np.linspace(0, before, count + 1))
        return np.asarray(np.diff(upto, axis=0) * (count / before), np.float32)
    middles = (np.arange(count) + 0.5) * (before / count) - 0.5
    return np.asarray(_between(rows, np.clip(middles, 0, before - 1)), np.float32)


def _between(
    rows: NDArray[np.uint8] | Floats | NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The rows at fractional places."""
    first = np.minimum(places.astype(np.int64), len(rows) - 2)
    share = (places - first)[:, None]
    return np.asarray(rows[first] * (1 - share) + rows[first + 1] * share)
