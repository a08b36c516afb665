"""The detector's map -> the rectangles of lines."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_kb.recognize.boxes import find_lines, resized
from desktop_kb.records import Floats


def test_a_smaller_picture_has_the_means_of_its_areas() -> None:
    grey = np.array([[0, 100, 200], [100, 200, 0], [40, 40, 40], [80, 80, 80]], np.uint8)
    assert resized(grey, 2, 3).tolist() == [[50, 150, 100], [60, 60, 60]]
    thirds = resized(np.array([[0, 90, 0]], np.uint8), 1, 2)
    assert thirds.tolist() == [[pytest.approx(30), pytest.approx(30)]]


def test_a_larger_picture_goes_over_from_pixel_to_pixel() -> None:
    assert resized(np.array([[0, 100]], np.uint8), 1, 4).tolist() == [[0, 25, 75, 100]]


def test_lines_are_found_in_the_pixels_of_the_page() -> None:
    seen: list[tuple[int, ...]] = []

    def detect(picture: Floats) -> Floats:
        seen.append(picture.shape)
        likely = np.zeros(picture.shape[2:], np.float32)
        likely[100:110, 200:400] = 0.9  # a line
        likely[300:310, 200:400] = 0.35  # faint all over: no line
        likely[500, 500:502] = 0.9  # a speck
        return likely

    (box,) = find_lines(np.full((2560, 1920), 255, np.uint8), detect)
    assert seen == [(1, 3, 1280, 960)]
    assert (box.x, box.y) == pytest.approx((600, 209), abs=3)
    # The map has a line without its margin.
    assert box.height == pytest.approx(2 * 10 * 2.6, rel=0.2)
    assert box.width > 400


def test_a_small_picture_is_enlarged() -> None:
    shapes: list[tuple[int, ...]] = []

    def detect(picture: Floats) -> Floats:
        shapes.append(picture.shape)
        return np.zeros(picture.shape[2:], np.float32)

    assert find_lines(np.full((100, 400), 255, np.uint8), detect) == []
    assert shapes == [(1, 3, 736, 2944)]
