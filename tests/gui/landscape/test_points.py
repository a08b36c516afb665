"""Dots are where they belong, whole and in their colour."""

from __future__ import annotations

import numpy as np

from desktop_kb.gui.landscape.points import radius_for, stamp, strength_for
from desktop_kb.records import Floats

RED, BLUE = (255.0, 0.0, 0.0), (0.0, 0.0, 255.0)


def _floats(*numbers: object) -> Floats:
    return np.array(numbers, np.float32)


def test_a_dot_covers_its_circle_and_nothing_else() -> None:
    picture = np.zeros((40, 40, 3), np.float32)
    stamp(picture, _floats(20.5), _floats(12.5), _floats(RED), 4.0)
    assert picture[12, 20].tolist() == list(RED)
    assert not picture[12, 26].any()
    assert abs(float(picture[..., 0].sum()) / 255 - np.pi * 16) < 3, "its area is that of a circle"


def test_what_lies_at_the_rim_or_beyond_is_left_out() -> None:
    picture = np.zeros((20, 20, 3), np.float32)
    stamp(picture, _floats(-5, 0, 19.9, 300), _floats(5, 5, 5, 5), _floats(RED, RED, RED, RED), 3.0)
    assert not picture.any()


def test_each_dot_has_its_own_colour() -> None:
    picture = np.zeros((20, 40, 3), np.float32)
    stamp(picture, _floats(10, 30), _floats(10, 10), _floats(RED, BLUE), 3.0)
    assert picture[10, 10].tolist() == list(RED)
    assert picture[10, 30].tolist() == list(BLUE)


def test_of_many_dots_each_is_small_and_lets_the_land_through() -> None:
    assert radius_for(50) > radius_for(5_000) > radius_for(100_000) > 1
    assert strength_for(50) == 1 > strength_for(100_000) > 0.3
