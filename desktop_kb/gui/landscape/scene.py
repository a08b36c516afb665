"""The picture of a part of the plane: land, and the passages as dots on it. Drawn on a thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage

from desktop_kb.gui.landscape.points import radius_for, stamp, strength_for
from desktop_kb.gui.landscape.terrain import Land, rgb, terrain
from desktop_kb.records import Floats, Hills, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is drawn.

    Attributes:
        places: float32 (n, 2), of the passages.
        groups: int32 (n,), the colour of each as a position in `palette`.
        lit: bool (n,), those that matter now; the others are pale. None: all matter alike.
        ring: around each dot, so that neighbours are told apart.
    """

    hills: Hills
    land: Land
    places: Floats
    groups: Ints
    palette: tuple[QColor, ...]
    ring: QColor
    lit: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None


#: How much of a pale dot's own colour is left.
_PALE = 0.22


def draw(scene: Scene, part: QRectF, width: int, height: int, ratio: float) -> QImage:
    """A picture of `width` times `height` pixels.

    Args:
        ratio: pixels of the screen for one of the widget.
    """
    picture = terrain(scene.hills, part, width, height, scene.land)
    x = (scene.places[:, 0] - part.left()) * (width / part.width())
    y = (scene.places[:, 1] - part.top()) * (height / part.height())
    (seen,) = np.nonzero((x > 0) & (y > 0) & (x < width) & (y < height))
    x, y, groups = x[seen], y[seen], scene.groups[seen]
    colours = np.stack([rgb(color) for color in scene.palette])
    ring, radius = rgb(scene.ring), radius_for(len(seen)) * ratio
    lit = np.ones(len(seen), bool) if scene.lit is None else scene.lit[seen]
    if not lit.all():
        sea = rgb(scene.land.peak)
        pale = sea + (colours - sea) * np.float32(_PALE)
        stamp(picture, x[~lit], y[~lit], pale[groups[~lit]], radius * 0.85)
        radius = max(radius, radius_for(int(lit.sum()) * 4) * ratio)
    if radius > 1.6 * ratio:  # smaller ones would be ring and nothing else
        stamp(picture, x[lit], y[lit], ring, radius + ratio)
    stamp(picture, x[lit], y[lit], colours[groups[lit]], radius, strength_for(int(lit.sum())))
    return _image(picture, ratio)


def _image(picture: Floats, ratio: float) -> QImage:
    height, width, _ = picture.shape
    bytes_ = np.empty((height, width, 4), np.uint8)
    bytes_[..., :3] = picture[..., ::-1] + np.float32(0.5)
    bytes_[..., 3] = 255
    made = QImage(bytes_.tobytes(), width, height, width * 4, QImage.Format.Format_RGB32).copy()
    made.setDevicePixelRatio(ratio)
    return made
