"""Density as land: tinted hills with contour lines, drawn anew for every part of the map and every scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from desktop_kb.gui.theme import Theme, mixed
from desktop_kb.records import Floats, Hills

#: Contour lines from the sea to the highest peak.
LEVELS: Final = 10
#: Light comes from the upper left; how much a slope toward it is lighter than one away from it.
_LIGHT: Final = (-0.6, -0.8)
_RELIEF: Final = 0.9


@dataclass(frozen=True, slots=True)
class Land:
    """The colours of the land: the sea and the highest peak, between which all are mixed, and the contour lines.
    `relief` is how much the slopes are shaded, 0 not at all."""

    sea: QColor
    peak: QColor
    contour: QColor
    relief: float


def land_of(theme: Theme) -> Land:
    """The land of a theme. Where more contrast is asked for there are lines alone: what is written on the hills is
    read as on paper."""
    plain = theme.line.lightness() < 150 if not theme.dark else theme.background.lightness() == 0
    high = 0.08 if plain else 0.27 if not theme.dark else 0.28
    line = 0.75 if plain else 0.50 if not theme.dark else 0.46
    return Land(
        theme.background,
        mixed(theme.background, theme.accent, high),
        mixed(theme.background, theme.accent, line),
        0.0 if plain else _RELIEF,
    )


def rgb(color: QColor) -> Floats:
    """A colour as three numbers, 0..255."""
    return np.array((color.red(), color.green(), color.blue()), np.float32)


def terrain(hills: Hills, part: QRectF, width: int, height: int, land: Land) -> Floats:
    """The land in a part of the plane; what lies outside of the hills' frame is sea.

    Returns:
        [height, width, 3], 0..255.
    """
    frame = hills.frame
    across, down_ = frame.right - frame.left, frame.bottom - frame.top
    rows = _spline(hills.heights.shape[0], (part.top() - frame.top) / down_, part.height() / down_, height)
    columns = _spline(
        hills.heights.shape[1], (part.left() - frame.left) / across, part.width() / across, width
    )
    # The square root spreads the lines: few passages are a hill already, and many no tower.
    level = np.sqrt(np.maximum(rows @ hills.heights @ columns.T, 0)) * LEVELS
    down, right = np.gradient(level) if min(level.shape) > 1 else (level * 0, level * 0)
    steep = np.hypot(right, down)
    made = np.empty((height, width, 3), np.float32)
    sea, peak, contour = rgb(land.sea), rgb(land.peak), rgb(land.contour)
    # From the first line on there is land; below it a blur's end would be seen.
    height_ = np.clip((level - 0.6) / (LEVELS - 0.6), 0, 1)
    made[:] = sea + height_[..., None] * (peak - sea)
    if land.relief:
        # Slopes in levels for a hundredth of the map, so that they look the same at every scale.
        hundredth = part.width() / width / across * 100
        shade = (right * _LIGHT[0] + down * _LIGHT[1]) * np.float32(-land.relief / hundredth)
        made += (np.clip(shade, -1, 1) * np.clip(level - 0.6, 0, 1))[..., None] * np.float32(9)
    nearest = np.rint(level)
    away = np.abs(level - nearest) / np.maximum(steep, 1e-4)
    line = np.clip(1.1 - away, 0, 1) * (nearest >= 1)
    made += line[..., None] * (contour - made)
    return np.clip(made, 0, 255, out=made)


def _spline(cells: int, start: float, length: float, count: int) -> Floats:
    """The weights with which `count` pixels from `start`, in shares of the row, take its cells: a cubic B-spline,
    whose slopes have no corners, so that the lines bend smoothly however near one looks.

    Returns:
        [count, cells]; what lies outside of the map has none.
    """
    at = (start + (np.arange(count) + 0.5) * (length / count)) * cells - 0.5
    first = np.floor(at).astype(int)
    t = at - first
    weights = np.stack(((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)) / 6
    made = np.zeros((count, cells), np.float32)
    pixel = np.arange(count)
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        cell = first + offset
        inside = (cell >= 0) & (cell < cells)
        made[pixel[inside], cell[inside]] = weight[inside]
    return made
