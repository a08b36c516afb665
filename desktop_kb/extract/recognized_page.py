"""A page whose lines were recognized in its picture: the same kind of page as one that PDFium reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb.extract.layout import Line
from desktop_kb.extract.pdf_page import RawPage
from desktop_kb.extract.picture_order import Place, in_reading_order, two_columns
from desktop_kb.language.misread import as_traditional
from desktop_kb.records import RecognizedLine, SeenLine

#: Where the corners of lines are on their page, in points: (n, 4, 2).
_Corners = NDArray[np.float64]

#: The lines that were recognized in a file, by page from 0.
Seen = Mapping[int, Sequence[RecognizedLine]]
#: The longer side of a page that is drawn to be recognized, at most.
MOST_PIXELS: Final = 4_000

_LINE_BREAK: Final = "\r\n"
#: Two columns that were taken for one: the gap between them, in usual steps from a character to the next, and how
#: many steps tell what is usual.
_GAP, _FEWEST_STEPS = 1.6, 10
_INDENT = 3.0  # heights of a line, from the left edge of its column
#: A label that runs across: times as high as wide, and characters, as the initial of a chapter may be an I.
_TALL, _LABEL = 1.5, 3
#: The detector sees less than the height of letters with their blank above and below.
_LETTERS = 1.6
#: The detector widens what it sees of a line by this share of its area for each unit of half its circumference.
_WIDENED = 1.6


def recognized(raw: RawPage, lines: Sequence[RecognizedLine]) -> RawPage:
    """The page `raw` with these lines in place of its text; as it is if they hold no words."""
    if raw.size is None or not any(character.isalnum() for line in lines for character in line.text):
        return raw
    texts = as_traditional([line.text for line in lines])
    lines = [replace(line, text=text) for line, text in zip(lines, texts, strict=True)]
    upright = _Upright(lines, *raw.size)
    lines, places = _parted(lines, upright)
    text, rows, seen = "", list[Line](), list[SeenLine]()
    for number in _order(lines, places):
        line, (left, top, right, bottom) = lines[number], places[number]
        said = line.text.strip()
        if not said:
            continue
        cut = len(line.text) - len(line.text.lstrip())
        text += _LINE_BREAK if text else ""
        start, end = len(text), len(text) + len(said)
        text += said
        size = max(1.0, _LETTERS * _seen_height(line, *raw.size))
        rows.append(Line(start, end, 0, left, right, top, bottom, size))
        seen.append(SeenLine(start, end, line.corners, line.places[cut : cut + len(said)]))
    return replace(
        raw, text=text, lines=tuple(rows), edits=(), box=upright.page, state="recognized", seen=tuple(seen)
    )


class _Upright:
    """A page turned so that most of its lines run to the right and none slants: a scan may lie askew, on its side or
    upside down.

    Attributes:
        page: the box around it, in points.
    """

    def __init__(self, lines: Sequence[RecognizedLine], width: float, height: float) -> None:
        self._size = width, height
        corners = self._corners(lines)
        angle = _usual_angle(corners[:, 1] - corners[:, 0])
        cos, sin = math.cos(-angle), math.sin(-angle)
        self._turn = np.array([[cos, sin], [-sin, cos]])
        page = np.array([[0, 0], [width, 0], [width, height], [0, height]])
        self.page: Final = _around(page @ self._turn)

    def places(self, lines: Sequence[RecognizedLine]) -> list[Place]:
        """The boxes around these lines of it, in points."""
        return [_around(four @ self._turn) for four in self._corners(lines)]

    def _corners(self, lines: Sequence[RecognizedLine]) -> _Corners:
        return np.array([line.corners for line in lines]).reshape(-1, 4, 2) * self._size


def _parted(
    lines: Sequence[RecognizedLine], upright: _Upright
) -> tuple[Sequence[RecognizedLine], list[Place]]:
    """The lines with their places; those of two columns whose gutter is so narrow that the detector took them for one
    are each two."""
    places = upright.places(lines)
    columns = two_columns(places)
    if columns is None:
        return lines, places
    parted = dict(enumerate([line] for line in lines))
    for number in columns.crossing:
        left, _, right, _ = places[number]
        if abs(left - columns.left) > _INDENT * columns.size:
            continue
        edge, reach = (columns.right - left) / (right - left), columns.size / (right - left)
        cut = _cut_at(edge, reach, lines[number])
        if cut:
            parted[number] = [
                _part(lines[number], 0, cut),
                _part(lines[number], cut, len(lines[number].text)),
            ]
    lines = [part for parts in parted.values() for part in parts]
    return lines, upright.places(lines)


def _order(lines: Sequence[RecognizedLine], places: Sequence[Place]) -> list[int]:
    """The numbers of the lines in the order in which they are read. Labels that run across the others, at a margin or
    along an axis, come last: between the lines beside them they would part a sentence."""
    labels, rest = list[int](), list[int]()
    for number, (line, (left, top, right, bottom)) in enumerate(zip(lines, places, strict=True)):
        across = bottom - top > _TALL * (right - left) and len(line.text.strip()) >= _LABEL
        (labels if across else rest).append(number)
    return [some[n] for some in (rest, labels) for n in in_reading_order([places[n] for n in some])]


def _cut_at(edge: float, reach: float, line: RecognizedLine) -> int:
    """The character with which the right column's line begins: it stands at this edge, behind a gap; 0 if none does.
    Both measures are shares of the line."""
    inked = [n for n, character in enumerate(line.text) if not character.isspace()]
    steps = [line.places[b] - line.places[a] for a, b in pairwise(inked)]
    if len(steps) < _FEWEST_STEPS:
        return 0
    usual = median(steps)
    for step, character in zip(steps, inked[1:], strict=True):
        begins = line.places[character] - usual / 2
        if step > _GAP * usual and abs(begins - edge) < reach:
            return character
    return 0


def _part(line: RecognizedLine, start: int, end: int) -> RecognizedLine:
    """The characters `[start, end)` of a line as a line, which ends half a character beyond its last one."""
    text = line.text[start:end].rstrip()
    places = line.places[start : start + len(text)]
    half = (places[-1] - places[0]) / max(1, len(places) - 1) / 2
    first = 0.0 if start == 0 else places[0] - half
    last = 1.0 if end == len(line.text) else places[-1] + half
    whole = SeenLine(0, 2, line.corners, (0.0, 0.0))
    corners = whole.between(first, last)
    return RecognizedLine(text, line.score, corners, tuple((p - first) / (last - first) for p in places))


def _seen_height(line: RecognizedLine, width: float, height: float) -> float:
    """How high the detector saw a line, in points: what it widens a long line by makes that half again as high as a
    short one of the same letters, which would be a heading by its size."""
    ax, ay, bx, by, cx, cy = line.corners[:6]
    long = math.hypot((bx - ax) * width, (by - ay) * height)
    high = math.hypot((cx - bx) * width, (cy - by) * height)
    both, share = long + high, _WIDENED
    # Each side is longer by m = share * w * h / (w + h), where w and h are those that were seen.
    a, b, c = share + 2, -(share + 1) * both, share * long * high
    return high - (-b - math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)


def _usual_angle(along: NDArray[np.float64]) -> float:
    """The direction, in radians, in which the lines of these vectors (n, 2) run: the median by length."""
    angles = np.arctan2(along[:, 1], along[:, 0])
    length = np.hypot(along[:, 0], along[:, 1])
    # Around the mean direction, so that upside down is not half to the left and half to the right.
    middle = math.atan2(float((np.sin(angles) * length).sum()), float((np.cos(angles) * length).sum()))
    apart = (angles - middle + math.pi) % (2 * math.pi) - math.pi
    order = np.argsort(apart)
    half = int(np.searchsorted(np.cumsum(length[order]), length.sum() / 2))
    return middle + float(apart[order[min(half, len(order) - 1)]])


def _around(points: NDArray[np.float64]) -> Place:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
