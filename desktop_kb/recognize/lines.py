"""Reads the lines of a page: each is cut out upright, and the reader's steps become characters with their places.

A page may lie on its side or upside down, and Chinese may be written in columns. The side is seen from the boxes,
which are longer than high; which of the two ways is up, from how sure the reader is of the longest lines (the
right way .99, the wrong one .42 to .69).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from desktop_kb.recognize.boxes import Detector, Grey, find_lines
from desktop_kb.recognize.outlines import Rectangle
from desktop_kb.records import Corners, Floats, RecognizedLine

#: Pictures of lines (n, 3, 48, w) of -1..1 -> the share of each class at each step, (n, steps, classes).
Reader = Callable[[Floats], Floats]

_HEIGHT: Final = 48  # pixels of a line, as the reader was trained
_NARROWEST, _WIDEST = 16, 4_800  # pixels
_MOST_SAMPLES = 4  # each way for a pixel of a line that is reduced
_TALL = 1.5  # times as high as wide: it lies across
_LONGEST = 4  # lines from which the way up is told
_SURE = 0.9
_LEAST_SCORE = 0.5
#: A line of so many heights of which so few letters a height are read is in a script that the reader does not know, if
#: others are too: of Chinese it reads 1.2, of English 2.3, of Hebrew, Arabic, Georgian and Armenian .1 to .2. Greek
#: letters do not count: it knows those of formulas, and loses every other one of a text.
_WIDE, _FEW_LETTERS, _FEWEST_UNKNOWN = 5.0, 0.25, 3
#: Lines are read together if they are about as wide as each other, or most of what is computed is padding.
_WIDTH_RANGE, _MOST_TOGETHER, _MOST_PIXELS = 1.1, 4, 1_600


class _Read(NamedTuple):
    """What the reader reads in a line; `places` are the middles of its characters, 0..1 along it."""

    text: str
    score: float
    places: tuple[float, ...]


class LineReader:
    """Reads pages with a detector and a reader.

    Args:
        characters: what the reader's classes stand for; the first is none.
    """

    def __init__(self, detect: Detector, read: Reader, characters: Sequence[str]) -> None:
        self._detect = detect
        self._read = read
        self._characters = characters

    def page(self, grey: Grey) -> list[RecognizedLine]:
        """The lines of a page, in no order. Those in a script that is not read have no text, if most are."""
        boxes = find_lines(grey, self._detect)
        if not boxes:
            return []
        turn, found = self._way_up(grey, boxes)
        rest = [number for number in range(len(boxes)) if number not in found]
        found |= self._read_boxes(grey, boxes, rest, turn)
        unknown = _unknown(boxes, found, turn)
        found |= dict.fromkeys(unknown, _Read("", 0.0, ()))
        return [
            RecognizedLine(
                read.text, round(read.score, 3), _corners(boxes[number], turn, grey.shape), read.places
            )
            for number, read in sorted(found.items())
            if number in unknown or (read.score >= _LEAST_SCORE and read.text.strip())
        ]

    def _way_up(self, grey: Grey, boxes: Sequence[Rectangle]) -> tuple[int, dict[int, _Read]]:
        """By how many quarter turns, clockwise, most lines run; and those that were read to see it."""
        tall = 2 * sum(box.height > _TALL * box.width for box in boxes) > len(boxes)
        longest = sorted(range(len(boxes)), key=lambda n: -max(boxes[n].width, boxes[n].height))[:_LONGEST]
        best = -1.0, 0, dict[int, _Read]()
        for turn in (1, 3) if tall else (0, 2):
            read = self._read_boxes(grey, boxes, longest, turn)
            score = sum(one.score for one in read.values()) / len(longest)
            best = max(best, (score, turn, read), key=lambda one: one[0])
            if score > _SURE:
                break
        return best[1], best[2]

    def _read_boxes(
        self, grey: Grey, boxes: Sequence[Rectangle], numbers: Sequence[int], turn: int
    ) -> dict[int, _Read]:
        """Those of the boxes with these numbers, read."""
        pictures = {n: _cut_out(grey, boxes[n], _turn_of(boxes[n], turn)) for n in numbers}
        found: dict[int, _Read] = {}
        for together in _batches({n: picture.shape[1] for n, picture in pictures.items()}):
            width = max(pictures[n].shape[1] for n in together)
            batch = np.zeros((len(together), 3, _HEIGHT, width), np.float32)
            for row, n in zip(batch, together, strict=True):
                row[:, :, : pictures[n].shape[1]] = pictures[n]
            for shares, n in zip(self._read(batch), together, strict=True):
                found[n] = self._decoded(shares, width / pictures[n].shape[1])
        return found

    def _decoded(self, shares: Floats, stretch: float) -> _Read:
        """The characters of (steps, classes): the likeliest class of each step, where it changes (A. Graves et al.,
        "Connectionist Temporal Classification", 2006, best path decoding)."""
        best = shares.argmax(axis=1)
        begins = best != 0
        begins[1:] &= best[1:] != best[:-1]
        steps = np.nonzero(begins)[0]
        if not len(steps):
            return _Read("", 0.0, ())
        text = "".join(self._characters[best[step]] for step in steps)
        places = np.minimum((steps + 0.5) / len(best) * stretch, 1.0)
        return _Read(text, float(shares[steps, best[steps]].mean()), tuple(places.round(4).tolist()))


def _unknown(boxes: Sequence[Rectangle], found: Mapping[int, _Read], turn: int) -> set[int]:
    """The lines in a script that is not read; none if most of the wide lines are read, as where dots or blanks
    fill some."""
    wide, unknown = 0, set()
    for number, read in found.items():
        long, high = _sides(boxes[number], _turn_of(boxes[number], turn))
        if long > _WIDE * high:
            wide += 1
            if sum(map(_is_known, read.text)) < _FEW_LETTERS * long / high:
                unknown.add(number)
    return unknown if len(unknown) >= _FEWEST_UNKNOWN and 2 * len(unknown) > wide else set()


def _is_known(character: str) -> bool:
    """A letter or digit of a script that is read."""
    return character.isalnum() and not "\u0370" <= character <= "\u03ff"


def _batches(widths: dict[int, int]) -> Iterator[list[int]]:
    """The numbers of lines to read together."""
    batch: list[int] = []
    for number in sorted(widths, key=widths.__getitem__):
        width = widths[number]
        if batch and (
            len(batch) == _MOST_TOGETHER
            or width > _WIDTH_RANGE * widths[batch[0]]
            or width * (len(batch) + 1) > _MOST_PIXELS
        ):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _turn_of(box: Rectangle, turn: int) -> int:
    """By how many quarter turns a line runs, where most of the page run by `turn`: one that lies across them (the
    label of an axis) runs by one more."""
    along, across = (box.width, box.height) if turn % 2 == 0 else (box.height, box.width)
    return turn + 1 if across > _TALL * along else turn


def _sides(box: Rectangle, turn: int) -> tuple[float, float]:
    """How long and how high a line is that runs by so many quarter turns."""
    return (box.height, box.width) if turn % 2 else (box.width, box.height)


def _cut_out(grey: Grey, box: Rectangle, turn: int) -> Floats:
    """The line in a box, upright, 48 pixels high, of -1..1."""
    long, high = _sides(box, turn)
    width = min(_WIDEST, max(_NARROWEST, math.ceil(_HEIGHT * long / high)))
    samples = max(1, min(_MOST_SAMPLES, round(high / _HEIGHT)))
    across, along = _HEIGHT * samples, width * samples
    u = (((np.arange(along) + 0.5) / along - 0.5) * long).astype(np.float32)
    v = (((np.arange(across) + 0.5) / across - 0.5) * high).astype(np.float32)
    angle = box.angle + turn * math.pi / 2
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    height, breadth = grey.shape
    x = np.clip(np.float32(box.x) + u * cos - v[:, None] * sin, 0, breadth - 1.001)
    y = np.clip(np.float32(box.y) + u * sin + v[:, None] * cos, 0, height - 1.001)
    column, row = x.astype(np.int32), y.astype(np.int32)
    x -= column
    y -= row
    at = row * breadth + column
    flat = grey.ravel()
    above = flat[at] * (1 - x) + flat[at + 1] * x
    below = flat[at + breadth] * (1 - x) + flat[at + breadth + 1] * x
    line = above * (1 - y) + below * y
    if samples > 1:
        line = line.reshape(_HEIGHT, samples, width, samples).mean(axis=(1, 3))
    return np.asarray(line / np.float32(127.5) - 1, np.float32)


def _corners(box: Rectangle, turn: int, shape: tuple[int, int]) -> Corners:
    """The corners of a line, from its beginning's upper one on, clockwise as it is read; shares of the page."""
    turn = _turn_of(box, turn)
    long, high = _sides(box, turn)
    angle = box.angle + turn * math.pi / 2
    cos, sin = math.cos(angle), math.sin(angle)
    height, width = shape
    found = []
    for u, v in ((-long, -high), (long, -high), (long, high), (-long, high)):
        found.append(round((box.x + (u * cos - v * sin) / 2) / width, 5))
        found.append(round((box.y + (u * sin + v * cos) / 2) / height, 5))
    return tuple(found)
