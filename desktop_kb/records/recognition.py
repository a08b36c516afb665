"""Lines that were read in the picture of a page, and where they stand on it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

#: Four corners of a line on its page, x and y of each, clockwise as it is read, from the upper one of its beginning
#: on. Shares of the page's width and height, as it is shown.
Corners = tuple[float, ...]

_MOST_LINES, _MOST_CHARACTERS = 5_000, 2_000  # on a page, in a line
_MOST_BYTES = 16 * 2**20  # of a page's lines, unpacked
#: How the places of lines are kept: offsets, and shares of a page or a line as whole numbers.
_OFFSET: Final = np.dtype("<i4")
_SHARE: Final = np.dtype("<i2")
_SHARES = 10_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as grey pixels, a byte each, row by row."""

    width: int
    height: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class ColourPicture:
    """A picture as pixels of four bytes, red, green, blue and how opaque they are, row by row."""

    width: int
    height: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class RecognizedLine:
    """A line read in the picture of a page: how sure its reader is (0..1), its corners, and the middle of each of
    its characters, 0..1 along it."""

    text: str
    score: float
    corners: Corners
    places: tuple[float, ...]


class SeenLine(NamedTuple):
    """Where the recognized line `text[start:end]` of a document stands on its page; see `RecognizedLine`."""

    start: int
    end: int
    corners: Corners
    places: tuple[float, ...]

    def area(self, start: int, end: int) -> Corners:
        """The corners of that part of it whose characters are in `[start, end)` of the document's text. A character
        reaches halfway to the next one's middle; the first and the last reach to the ends of the line."""
        first, last = max(start, self.start) - self.start, min(end, self.end) - self.start
        return self.between(self._edge(first), self._edge(last))

    def between(self, begin: float, finish: float) -> Corners:
        """The corners of the part of it from `begin` to `finish`, 0..1 along it."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = zip(self.corners[::2], self.corners[1::2], strict=True)
        upper, lower = (bx - ax, by - ay), (cx - dx, cy - dy)
        return (
            *(ax + begin * upper[0], ay + begin * upper[1], ax + finish * upper[0], ay + finish * upper[1]),
            *(dx + finish * lower[0], dy + finish * lower[1], dx + begin * lower[0], dy + begin * lower[1]),
        )

    def _edge(self, character: int) -> float:
        """Where a character of the line begins, 0..1 along it."""
        if character <= 0:
            return 0.0
        if character >= len(self.places):
            return 1.0
        return (self.places[character - 1] + self.places[character]) / 2


def pack_lines(lines: Sequence[RecognizedLine]) -> bytes:
    """The lines of a page as bytes."""
    rows = [(line.text, line.score, line.corners, line.places) for line in lines]
    return zlib.compress(json.dumps(rows).encode("ascii"), 1)


def unpack_lines(packed: bytes) -> tuple[RecognizedLine, ...]:
    """The lines that `pack_lines` packed, checked: a picture may have taken over who read it.

    Raises:
        ValueError, TypeError: it packed no such bytes.
    """
    unzip = zlib.decompressobj()
    try:
        rows = json.loads(unzip.decompress(packed, _MOST_BYTES))
    except (zlib.error, RecursionError) as error:
        raise ValueError("lines") from error
    if not isinstance(rows, list) or len(rows) > _MOST_LINES:
        raise ValueError("lines")
    return tuple(_line(*row) for row in rows)


def _line(text: Any, score: Any, corners: Any, places: Any) -> RecognizedLine:
    if type(text) is not str or len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise ValueError("text")
    if len(corners) != 8 or len(places) != len(text):
        raise ValueError("places")
    numbers = [float(number) for number in (score, *corners, *places)]
    if not all(-1 <= number <= 2 for number in numbers):  # a line may reach over the edge of its page; no NaN
        raise ValueError("places")
    return RecognizedLine(text, numbers[0], tuple(numbers[1:9]), tuple(numbers[9:]))


def pack_seen(lines: Sequence[SeenLine]) -> bytes:
    """The places of a document's recognized lines as bytes; b'' for none."""
    if not lines:
        return b""
    corners = np.array([line.corners for line in lines])
    places = np.array([place for line in lines for place in line.places])
    packed = (
        np.array([len(lines)], _OFFSET),
        np.array([(line.start, line.end) for line in lines], _OFFSET),
        np.rint(corners * _SHARES).astype(_SHARE),
        np.rint(places * _SHARES).astype(_SHARE),
    )
    return zlib.compress(b"".join(part.tobytes() for part in packed), 1)


def unpack_seen(packed: bytes) -> list[SeenLine]:
    """The lines that `pack_seen` packed, in the order of the text.

    Raises:
        ValueError: it packed no such bytes.
    """
    if not packed:
        return []
    try:
        data = zlib.decompress(packed)
    except zlib.error as error:
        raise ValueError("places") from error
    count = int(np.frombuffer(data, _OFFSET, 1)[0])
    spans = np.frombuffer(data, _OFFSET, 2 * count, 4).reshape(count, 2)
    at = 4 + 8 * count
    corners = np.frombuffer(data, _SHARE, 8 * count, at).reshape(count, 8) / _SHARES
    places = np.frombuffer(data, _SHARE, offset=at + 16 * count) / _SHARES
    ends = np.cumsum(spans[:, 1] - spans[:, 0])
    inside = spans.ravel()
    if np.any(inside[1:] < inside[:-1]) or np.any(inside < 0) or (ends[-1] if count else 0) != len(places):
        raise ValueError("places")
    return [
        SeenLine(
            int(start),
            int(end),
            tuple(corners[n].tolist()),
            tuple(places[last - (end - start) : last].tolist()),
        )
        for n, ((start, end), last) in enumerate(zip(spans, ends, strict=True))
    ]
