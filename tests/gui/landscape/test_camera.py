"""Near and far, and what stays where it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSizeF

from desktop_kb.gui.landscape.camera import FARTHEST, NEAREST, Camera
from desktop_kb.records import Frame

FRAME, SIZE = Frame(-2, 1, 6, 5), QSizeF(800, 300)


def test_all_of_the_frame_is_in_sight() -> None:
    part = Camera.over(FRAME, SIZE).part(SIZE)
    assert part.left() <= FRAME.left + 1e-6
    assert part.bottom() >= FRAME.bottom - 1e-6
    assert part.center().toTuple() == (2, 3)


def test_what_is_under_the_mouse_stays_there() -> None:
    camera, at = Camera.over(FRAME, SIZE), QPointF(123, 45)
    before = camera.plane(at, SIZE)
    after = camera.nearer(3, at, SIZE).plane(at, SIZE)
    assert (after - before).manhattanLength() < 1e-9


def test_a_drag_takes_the_land_along() -> None:
    camera = Camera.over(FRAME, SIZE)
    was = camera.pixel(2, 3, SIZE)
    assert (camera.moved(QPointF(30, -7)).pixel(2, 3, SIZE) - was).toTuple() == (30, -7)


def test_nobody_gets_lost() -> None:
    whole = Camera.over(FRAME, SIZE)
    assert whole.nearer(1e6, QPointF(), SIZE).within(FRAME, SIZE).scale == whole.scale * NEAREST
    assert whole.nearer(1e-6, QPointF(), SIZE).within(FRAME, SIZE).scale == whole.scale * FARTHEST
    away = whole.moved(QPointF(1e5, 1e5)).within(FRAME, SIZE)
    assert (away.x, away.y) == (FRAME.left, FRAME.top)


def test_many_points_are_where_each_one_is() -> None:
    camera = Camera.over(FRAME, SIZE).nearer(2, QPointF(10, 10), SIZE)
    places = np.array([(0, 2), (5, 4)], np.float32)
    for (x, y), pixel in zip(places.tolist(), camera.pixels(places, SIZE).tolist(), strict=True):
        assert np.allclose(pixel, camera.pixel(x, y, SIZE).toTuple(), atol=1e-3)
