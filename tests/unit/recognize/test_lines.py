"""Lines are cut out, read, and their characters placed. The models are made up here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from desktop_kb.recognize.lines import LineReader
from desktop_kb.records import Floats, RecognizedLine

CHARACTERS = ("", "a", "b", " ")
STEPS = 8  # pixels of a line a step


class FakeReader:
    """Reads 'a' where a line is dark in its upper half and 'b' where it is in its lower half."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, lines: Floats) -> Floats:
        self.shapes.append(lines.shape)
        whole = lines.shape[3] // STEPS * STEPS
        steps = lines[:, 0, :, :whole].reshape(len(lines), 48, -1, STEPS).mean(axis=3) < 0
        upper, lower = steps[:, 6:22].mean(axis=1) > 0.5, steps[:, 26:42].mean(axis=1) > 0.5
        shares = np.zeros((*upper.shape, len(CHARACTERS)), np.float32)
        shares[..., 0] = 1.0
        shares[upper & ~lower] = (0, 0.95, 0, 0)
        shares[lower & ~upper] = (0, 0, 0.6, 0)  # as of a line that is upside down
        return shares


def _detector(*boxes: tuple[int, int, int, int]) -> object:
    def detect(picture: Floats) -> Floats:
        likely = np.zeros(picture.shape[2:], np.float32)
        for left, top, right, bottom in boxes:
            likely[top:bottom, left:right] = 1.0
        return likely

    return detect


def _page() -> np.ndarray:
    """A line in the middle of 800 x 800: three dashes in its upper half."""
    page = np.full((800, 800), 255, np.uint8)
    for left in (200, 360, 520):
        page[384:400, left : left + 80] = 0
    return page


def _read(page: np.ndarray, *boxes: tuple[int, int, int, int]) -> tuple[list[RecognizedLine], FakeReader]:
    reader = FakeReader()
    return LineReader(_detector(*boxes), reader, CHARACTERS).page(page), reader  # type: ignore[arg-type]


def test_a_character_begins_where_the_class_changes_and_has_its_place() -> None:
    (line,), _ = _read(_page(), (200, 390, 600, 410))
    assert line.text == "aaa"
    left, top, right = line.corners[0] * 800, line.corners[1] * 800, line.corners[2] * 800
    assert top < 390
    begins = [left + place * (right - left) for place in line.places]
    assert begins == pytest.approx([200, 360, 520], abs=16)


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_a_page_is_read_whichever_way_it_lies(quarter_turns: int) -> None:
    page = np.ascontiguousarray(np.rot90(_page(), -quarter_turns))
    box = (200, 390, 600, 410) if quarter_turns % 2 == 0 else (390, 200, 410, 600)
    (line,), _ = _read(page, box)
    assert line.text == "aaa"
    assert line.score == pytest.approx(0.95, abs=0.001)
    x, y = line.corners[2] - line.corners[0], line.corners[3] - line.corners[1]
    assert math.degrees(math.atan2(y, x)) % 360 == pytest.approx(90 * quarter_turns % 360, abs=1)


def _ruled(count: int) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """So many lines with one dash each, as of a script of which nearly nothing is read, then one that is read."""
    page = np.full((800, 800), 255, np.uint8)
    boxes = []
    for row in range(count + 1):
        top = 84 + 150 * row
        for left in range(100, 700, 60) if row == count else (100,):
            page[top : top + 16, left : left + 30] = 0
        boxes.append((100, top + 6, 700, top + 26))
    return page, boxes


def test_lines_in_a_script_that_is_not_read_have_no_text() -> None:
    page, boxes = _ruled(4)
    lines, _ = _read(page, *boxes)
    assert [line.text for line in sorted(lines, key=lambda line: line.corners[1])] == [
        "",
        "",
        "",
        "",
        "a" * 10,
    ]


def test_greek_is_no_script_that_is_read() -> None:
    """Its letters are known from formulas, and every other one of a text is lost."""
    page = np.full((800, 800), 255, np.uint8)
    tops = range(84, 700, 150)
    for top in tops:
        for left in range(100, 700, 60):
            page[top : top + 16, left : left + 30] = 0
    detect = _detector(*((100, top + 6, 700, top + 26) for top in tops))
    for letter, said in (("α", ""), ("é", "é" * 10)):
        lines = LineReader(detect, FakeReader(), ("", letter, "b", " ")).page(page)  # type: ignore[arg-type]
        assert [line.text for line in lines] == [said] * len(tops)


def test_a_few_lines_with_little_in_them_are_read_as_they_are() -> None:
    page, boxes = _ruled(2)
    lines, _ = _read(page, *boxes)
    assert [line.text for line in sorted(lines, key=lambda line: line.corners[1])] == ["a", "a", "a" * 10]


def test_a_line_of_which_the_reader_is_unsure_is_left_out() -> None:
    lines, _ = _read(np.full((800, 800), 255, np.uint8), (200, 390, 600, 410))
    assert lines == []


def test_a_blank_page_is_not_read() -> None:
    lines, reader = _read(_page())
    assert (lines, reader.shapes) == ([], [])


def test_lines_as_wide_as_each_other_are_read_together() -> None:
    rows = [(200, top, 600, top + 20) for top in range(50, 750, 100)]
    _, reader = _read(np.full((800, 800), 255, np.uint8), *rows, (300, 770, 400, 790))
    assert max(len(shape) and shape[0] for shape in reader.shapes) <= 4
    assert all(shape[0] * shape[3] <= 1600 for shape in reader.shapes if shape[0] > 1)


def test_a_line_across_the_others_is_read_across() -> None:
    page = _page()
    for top in (100, 260, 420):
        page[top : top + 80, 90:106] = 0  # turned clockwise: its upper half is on the right
    lines, _ = _read(
        page, (200, 390, 600, 410), (300, 520, 600, 540), (300, 600, 700, 620), (80, 100, 100, 500)
    )
    across = [line for line in lines if abs(line.corners[3] - line.corners[1]) > 0.3]
    assert [line.text for line in across] == ["aaa"]
