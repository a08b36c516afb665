"""Many small discs on a picture at once."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from desktop_kb.records import Floats

#: The radius of a disc: of few points, of many, and how many are many.
_LARGEST: Final = 4.6
_SMALLEST: Final = 1.25
_ROOM: Final = 30_000.0
#: From so many dots on they are transparent, so that the land is seen through them.
_CROWD: Final = 8_000


def radius_for(count: int) -> float:
    """The radius of the discs in pixels of a screen at 100 %, where so many are in sight: together they leave most of
    the land to be seen."""
    return min(_LARGEST, max(_SMALLEST, math.sqrt(_ROOM / max(1, count))))


def strength_for(count: int) -> float:
    """How much of the land the discs cover, 0..1, where so many are in sight."""
    return max(0.45, min(1.0, math.pow(_CROWD / max(1, count), 0.3)))


def stamp(
    picture: Floats, x: Floats, y: Floats, colours: Floats, radius: float, strength: float = 1.0
) -> None:
    """Draw discs with smooth edges into a picture; what lies outside is left out.

    Args:
        picture: [height, width, 3], 0..255, which is changed.
        x, y: the middles in pixels.
        colours: [count, 3], or [3] for all.
        strength: how much of what is below them they cover, 0..1.
    """
    height, width, _ = picture.shape
    reach = math.ceil(radius + 0.5)
    inside = (x > reach) & (y > reach) & (x < width - reach - 1) & (y < height - reach - 1)
    x, y = x[inside].astype(np.float32), y[inside].astype(np.float32)
    colours = colours[inside] if colours.ndim == 2 else np.broadcast_to(colours, (len(x), 3))
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, down = x - column - 0.5, y - row - 0.5
    flat = picture.reshape(-1, 3)
    corner = row * width + column
    for by_row in range(-reach, reach + 1):
        for by_column in range(-reach, reach + 1):
            if math.hypot(by_row, by_column) > radius + 1.3:  # no middle within its pixel reaches there
                continue
            cover = np.clip(radius + 0.5 - np.hypot(by_column - right, by_row - down), 0, 1)
            (drawn,) = np.nonzero(cover > 0.02)
            at = corner[drawn] + by_row * width + by_column
            was = flat[at]
            flat[at] = was + (colours[drawn] - was) * (cover[drawn, None] * np.float32(strength))
