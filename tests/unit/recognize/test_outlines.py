"""What hangs together, and the smallest rectangle around it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from desktop_kb.recognize.outlines import components, smallest_rectangle


def test_what_touches_at_a_corner_hangs_together() -> None:
    mask = np.zeros((6, 8), np.bool_)
    mask[0, 0:2] = mask[1, 2] = True  # a corner
    mask[0, 5:8] = mask[1, 5] = mask[1, 7] = mask[2, 5:8] = True  # a ring
    mask[5, 3] = True
    found = [sorted(zip(*(part.tolist() for part in runs), strict=True)) for runs in components(mask)]
    assert sorted(found) == [
        [(0, 0, 2), (1, 2, 3)],
        [(0, 5, 8), (1, 5, 6), (1, 7, 8), (2, 5, 8)],
        [(5, 3, 4)],
    ]


def test_a_page_without_anything_has_no_components() -> None:
    assert not list(components(np.zeros((3, 3), np.bool_)))


@pytest.mark.parametrize("degrees", [0, 10, -20, 40])
def test_the_rectangle_lies_along_what_it_surrounds(degrees: float) -> None:
    angle = math.radians(degrees)
    grid = np.stack(np.meshgrid(np.linspace(-50, 50, 41), np.linspace(-5, 5, 5)), -1).reshape(-1, 2)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    box = smallest_rectangle((grid @ turn + (200, 100)).astype(np.float32))
    assert (box.x, box.y) == pytest.approx((200, 100), abs=0.1)
    assert (box.width, box.height) == pytest.approx((100, 10), abs=0.2)
    assert box.angle == pytest.approx(angle, abs=0.01)


def test_one_point_has_a_rectangle() -> None:
    assert smallest_rectangle(np.array([[3.0, 4.0]], np.float32))[:4] == (3.0, 4.0, 0.0, 0.0)
