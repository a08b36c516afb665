"""Reads the one file of multilingual-e5-small in four bits: a BERT encoder and its tokenizer.

Little-endian, in this order:

    'E5S1', uint32 version; int32 hidden, layers, heads, inner, vocabulary, positions, types;
        float32 epsilon; int32 numbers in a block
    int32 pieces, ids of <s>, </s>, <pad>, <unk>; uint64 length of the text; uint32 offsets in the text,
        one more than pieces; float32 scores; the pieces' text, UTF-8
    int32 entries, uint32 length; each a uint32 code point, a uint8 count and that many uint32 code points:
        what the tokenizer reads instead
    int32 tensors; each a uint16 length and a name, uint8 kind, uint32 numbers, uint64 offset in the file,
        uint64 bytes

Numbers are float32 (kind 0) or Q4_0 (kind 1): blocks of a float16 scale and 16 bytes, where byte i holds
number i in its low and number i + 16 in its high half; a number is (half - 8) * scale.

Every length is compared with the file's size before anything is read or allocated for it. Needs no torch.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb.errors import ModelProblem
from desktop_kb.files import regular
from desktop_kb.records import Floats

BLOCK: Final = 32
_BLOCK_BYTES: Final = 2 + BLOCK // 2
_MAGIC: Final = b"E5S1"
_VERSION: Final = 1
_FLOAT32: Final = 0
_Q4_0: Final = 1
_LAST_CODE_POINT: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
#: The largest published BERT encoders have 48 layers and 2,560 dimensions.
_MOST_LAYERS: Final = 128
_MOST_HIDDEN: Final = 2**13


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A Unigram tokenizer.

    Attributes:
        scores: the logarithm of each piece's probability, float32 (pieces,).
        instead: by code point, what is read instead of it; '' for nothing.
    """

    pieces: tuple[str, ...]
    scores: Floats
    start: int
    end: int
    unknown: int
    instead: dict[int, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder. `vocabulary` is the number of rows of its table, at least one a piece."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor's numbers stand in the file."""

    kind: int
    numbers: int
    offset: int
    size: int


class Weights:
    """The tensors of a file, each read when it is asked for."""

    def __init__(self, path: Path, shape: Shape, places: dict[str, _Place]) -> None:
        self._path = path
        self._places = places
        self.shape = shape

    def values(self, name: str, *size: int) -> Floats:
        """A tensor in float32, of this size.

        Raises:
            ModelProblem: 'model-truncated' if it is missing, of another size, or not of finite numbers.
        """
        place = self._places.get(name)
        if place is not None and place.kind == _Q4_0:
            scales, halves = self.blocks(name, *size)
            whole = np.concatenate((halves & 15, halves >> 4), axis=-1).astype(np.float32) - 8
            return np.asarray((whole * scales[..., None]).astype(np.float32).reshape(size))
        values = self._read(name, math.prod(size), _FLOAT32).view("<f4").astype(np.float32)
        self._check(bool(np.isfinite(values).all()))
        return values.reshape(size)

    def blocks(self, name: str, *size: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        """A tensor as it is stored: scales (..., n / 32) and pairs of numbers (..., n / 32, 16).

        Raises:
            ModelProblem: as `values`.
        """
        raw = self._read(name, math.prod(size), _Q4_0).reshape(*size[:-1], size[-1] // BLOCK, _BLOCK_BYTES)
        scales = np.ascontiguousarray(raw[..., :2]).view("<f2")[..., 0].astype(np.float16)
        self._check(bool(np.isfinite(scales).all()))
        return scales, np.ascontiguousarray(raw[..., 2:])

    def _read(self, name: str, numbers: int, kind: int) -> NDArray[np.uint8]:
        place = self._places.get(name)
        self._check(place is not None and (place.numbers, place.kind) == (numbers, kind))
        assert place is not None
        with _opened(self._path) as file:
            file.skip(place.offset)
            return np.frombuffer(file.take(place.size), np.uint8)

    def _check(self, holds: bool) -> None:
        if not holds:
            raise ModelProblem("model-truncated", name=self._path.name)


def read_vocabulary(path: Path) -> Vocabulary:
    """The tokenizer in a file.

    Raises:
        ModelProblem: 'model-truncated' if the file is not what its numbers say, 'model-damaged' if it
            cannot be read.
    """
    with _opened(path) as file:
        shape = _shape(file)
        count, start, end, _, unknown, length = file.numbers("<5iQ")
        file.check(0 < count <= shape.vocabulary and all(0 <= id < count for id in (start, end, unknown)))
        offsets = file.array("<u4", count + 1).astype(np.int64)
        scores = file.array("<f4", count).astype(np.float32)
        text = file.take(length)
        file.check(bool(offsets[0] == 0 and offsets[-1] == length and (np.diff(offsets) >= 0).all()))
        file.check(bool(np.isfinite(scores).all()))
        ends = offsets.tolist()
        try:
            pieces = tuple(text[ends[i] : ends[i + 1]].decode() for i in range(count))
        except UnicodeDecodeError as error:
            raise file.damaged() from error
        return Vocabulary(pieces, scores, start, end, unknown, _instead(file))


def read_weights(path: Path) -> Weights:
    """The encoder in a file.

    Raises:
        ModelProblem: as `read_vocabulary`.
    """
    with _opened(path) as file:
        shape = _shape(file)
        count, *_, length = file.numbers("<5iQ")
        file.check(0 < count <= shape.vocabulary)
        file.skip(4 * (count + 1) + 4 * count + length)
        _, length = file.numbers("<iI")
        file.skip(length)
        (count,) = file.numbers("<i")
        places: dict[str, _Place] = {}
        for _ in range(count):
            (length,) = file.numbers("<H")
            name = file.take(length).decode("latin-1")
            place = _Place(*file.numbers("<BIQQ"))
            size = 4 * place.numbers if place.kind == _FLOAT32 else place.numbers // BLOCK * _BLOCK_BYTES
            file.check(place.kind in (_FLOAT32, _Q4_0) and place.size == size)
            file.check(place.offset + place.size <= file.size)
            places[name] = place
        return Weights(path, shape, places)


def _shape(file: _File) -> Shape:
    magic, version, *sizes, epsilon, block = file.numbers("<4sI7ifi")
    file.check((magic, version, block) == (_MAGIC, _VERSION, BLOCK) and min(sizes) > 0)
    hidden, layers, heads, inner, vocabulary, positions, types = sizes
    shape = Shape(hidden, layers, heads, inner, vocabulary, positions, types, epsilon)
    file.check(shape.hidden <= _MOST_HIDDEN and shape.layers <= _MOST_LAYERS and 0 < epsilon < 1)
    file.check(not (shape.hidden % BLOCK or shape.inner % BLOCK or shape.hidden % shape.heads))
    return shape


def _instead(file: _File) -> dict[int, str]:
    entries, length = file.numbers("<iI")
    last = file.position + length
    instead: dict[int, str] = {}
    for _ in range(entries):
        file.check(file.position < last)
        code, count = file.numbers("<IB")
        codes = (code, *file.numbers(f"<{count}I"))
        file.check(all(code <= _LAST_CODE_POINT and code not in _SURROGATES for code in codes))
        instead[code] = "".join(map(chr, codes[1:]))
    file.check(file.position == last)
    return instead


class _File:
    """An open file that gives no more than it has."""

    def __init__(self, path: Path, opened: IO[bytes]) -> None:
        self._path = path
        self._opened = opened
        self.size = opened.seek(0, 2)
        self.position = opened.seek(0)

    def damaged(self) -> ModelProblem:
        """The problem to raise."""
        return ModelProblem("model-truncated", name=self._path.name)

    def check(self, holds: bool) -> None:
        """Raise unless it holds."""
        if not holds:
            raise self.damaged()

    def skip(self, size: int) -> None:
        """Leave out this many bytes."""
        self.check(0 <= size <= self.size - self.position)
        self.position = self._opened.seek(size, 1)

    def take(self, size: int) -> bytes:
        """The next bytes."""
        self.check(0 <= size <= self.size - self.position)
        found = self._opened.read(size)
        self.check(len(found) == size)
        self.position += size
        return found

    def numbers(self, layout: str) -> tuple[Any, ...]:
        """The next numbers, as `struct` lays them out."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """The next `count` numbers of a kind."""
        return np.frombuffer(self.take(count * np.dtype(kind).itemsize), kind)


@contextmanager
def _opened(path: Path) -> Iterator[_File]:
    try:
        with open(path, "rb", opener=regular) as opened:
            yield _File(path, opened)
    except OSError as error:
        raise ModelProblem("model-damaged", name=path.name) from error
