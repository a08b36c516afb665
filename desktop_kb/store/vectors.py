"""Find the nearest vectors: compare 4-bit codes of all of them, then the best ones in half precision.

vec0 (sqlite-vec) stores for each component of a chunk's vector which of twelve levels it is on. Two bits tell
whether the component is above -t and above t, so the number of differing bits is the distance of two components
(0, 1, 2). Two more bits tell the quarter within that step. Each of the four bits has a column of its own, because
vec0 allows 8,192 bits per column. vec0's own search over bits takes 12 ms for the 50 nearest of 200,000 and 128 ms
for 500, so we read its blocks directly and compare here: 1 ms, for any k. Recall@50 against the exact scan:
tests/bench/SPEED.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import apsw
import numpy as np
from numpy.typing import NDArray

from desktop_kb import codec
from desktop_kb.records import Floats
from desktop_kb.similarity import cosines
from desktop_kb.store import internals
from desktop_kb.store.internals import Ids

#: vectors per block; vec0's largest, so that there are fewer rows to read.
BLOCK = 4096
#: t in standard deviations, and the number of levels on either side of 0. Values of t from .43 to .65 find
#: about the same in the first two steps; in the third, .55 finds .996 of the 50 nearest among 200, .43 only .98.
_BORDER = 0.55
_LEVELS = 6
#: A column for each bit of a level.
_PLANES = ("plane0", "plane1", "plane2", "plane3")
_COLUMNS = ", ".join(_PLANES)
#: Shortlist size after each filtering step (first two bits vs the query's bits; first two bits vs the query's
#: components; all four bits vs its components): a base, plus one candidate per N vectors in the library.
_ROUGH, _ROUGH_ONE_IN = 8_000, 25
_FINE, _FINE_ONE_IN = 2_000, 1_000
_LAST, _LAST_ONE_IN = 300, 5_000


def full_vectors(reader: int) -> str:
    """SQL: the table of a reader's vectors in full: `chunk_id`, `vector` and `sentence_vectors`."""
    if reader == 1:
        return "chunk_vectors"
    return f"(select chunk_id, vector, sentence_vectors from reader_vectors where reader = {reader})"


def create(connection: apsw.Connection, table: str, dimensions: int) -> None:
    """Create a reader's vec0 table, for at most 8,192 dimensions."""
    columns = ", ".join(f"{plane} bit[{8 * -(-dimensions // 8)}]" for plane in _PLANES)
    connection.execute(f"create virtual table {table} using vec0({columns}, chunk_size={BLOCK})")


def insert(connection: apsw.Connection, table: str, id: int, vector: Floats) -> None:
    """Add the code of a chunk's vector, (d,)."""
    values = ", ".join("vec_bit(?)" for _ in _PLANES)
    connection.execute(
        f"insert into {table} (rowid, {_COLUMNS}) values (?, {values})", (id, *_stored(vector))
    )


def count_different(connection: apsw.Connection, table: str, reader: int, dimensions: int) -> int:
    """How many rows have a code that does not match their passage's vector."""
    rows = connection.execute(
        f"select {_COLUMNS}, vector from {table} as derived join {full_vectors(reader)} on chunk_id = derived.rowid"
    )
    return sum(not _matches(half, planes, dimensions) for *planes, half in rows)


def _matches(half: bytes | None, planes: Sequence[bytes], dimensions: int) -> bool:
    if half is None or len(half) != 2 * dimensions:
        return False
    vector = codec.unpack_vector(half)
    return bool(np.isfinite(vector).all()) and _stored(vector) == tuple(planes)


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of a whole table: ids int64 (n,), and the bits as unsigned words (4, d / 8 / word size, n). A row
    holds the same word of every vector, so that a comparison reads memory in order."""

    ids: Ids
    words: NDArray[np.unsignedinteger]

    @classmethod
    def read(cls, connection: apsw.Connection, table: str) -> Codes:
        """Read all codes of a table: 192 bytes per vector of 384 dimensions, and 8 for its id."""
        size = internals.count_vectors(connection, table)
        ids, words = np.zeros(size, np.int64), np.zeros((len(_PLANES), 0, size), np.uint8)
        at = 0
        for some, planes in internals.vector_blocks(connection, table, len(_PLANES)):
            if not at:
                bytes = planes[0].shape[1]
                word = next(width for width in (8, 4, 2, 1) if bytes % width == 0)
                words = np.zeros((len(_PLANES), bytes // word, size), f"<u{word}")
            ids[at : at + len(some)] = some
            for plane, codes in enumerate(planes):
                words[plane, :, at : at + len(some)] = codes.view(words.dtype).T
            at += len(some)
        return cls(ids, words)

    def within(self, subset: Ids) -> Codes:
        """The codes of these ids only."""
        # A lookup table: for each id up to the largest, and one beyond for all others, whether it is in `subset`.
        # It is a hundred times as fast as searching the ids.
        members = np.zeros(int(subset.max(initial=0)) + 2, bool)
        members[subset] = True
        inside = np.flatnonzero(members[np.minimum(self.ids, len(members) - 1)])
        return Codes(self.ids[inside], self.words[:, :, inside])


def likely(codes: Codes, vector: Floats, k: int, subset: Ids | None = None) -> Ids:
    """A shortlist of ids that almost certainly contains the `k` nearest; all ids if there are few.

    Args:
        vector: the query's vector, float32 (d,).
        subset: consider only these ids, int64; None means all.
    """
    total = len(codes.ids)
    if not total:
        return codes.ids
    last = max(_LAST + total // _LAST_ONE_IN, 3 * k)
    if subset is not None:
        if len(subset) <= last:
            return subset
        codes = codes.within(subset)
    near = np.arange(len(codes.ids))
    rough = max(_ROUGH + total // _ROUGH_ONE_IN, last)
    if len(near) > rough:
        query = _planes(vector)[:2].view(codes.words.dtype)
        distances = _distances(codes.words[:2], query)
        # For a million distances a histogram finds the threshold in 1.6 ms, argpartition in 8.7 ms.
        near = np.flatnonzero(distances <= np.searchsorted(np.cumsum(np.bincount(distances)), rough))
    # A code stands for one of 12 levels from -5.5 to 5.5. Its bits weigh 4, 4, 2 and 1; they are scored as
    # +weight or -weight, so half of that.
    estimates = _estimates(codes.words[:2][:, :, near], np.stack((vector, vector)) * 2)
    kept = _largest(estimates, max(_FINE + total // _FINE_ONE_IN, last))
    near, estimates = near[kept], estimates[kept]
    estimates += _estimates(codes.words[2:][:, :, near], np.stack((vector, vector / 2)))
    return codes.ids[near[_largest(estimates, last)]]


def _largest(values: Floats, count: int) -> NDArray[np.intp]:
    """The positions of the `count` largest values, in no order."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(-values, count)[:count]


def nearest(connection: apsw.Connection, reader: int, vector: Floats, k: int, subset: Ids) -> list[int]:
    """The `k` of these ids with the largest exact cosine to `vector`, nearest first."""
    ids, alike = _cosines(connection, reader, vector, subset)
    return [int(id) for id in ids[np.lexsort((ids, -alike))[:k]]]


def _planes(vector: Floats) -> NDArray[np.uint8]:
    """The code of a vector, uint8 (4, d / 8)."""
    step = _BORDER / 2 * np.linalg.norm(vector) / np.sqrt(len(vector))
    levels = np.floor(vector / (step or 1)) + _LEVELS
    levels = np.clip(levels, 0, 2 * _LEVELS - 1).astype(np.uint8)
    return np.packbits([levels >= 4, levels >= 8, levels & 2 > 0, levels & 1 > 0], axis=1, bitorder="little")


def _stored(vector: Floats) -> tuple[bytes, ...]:
    """The code of a chunk's vector, computed from its half-precision form, so that it can be rebuilt from the
    stored vector."""
    return tuple(plane.tobytes() for plane in _planes(codec.unpack_vector(codec.pack_vector(vector))))


def _distances(words: NDArray[np.unsignedinteger], query: NDArray[np.unsignedinteger]) -> NDArray[np.uint16]:
    """Hamming distances of the codes, (planes, words, n), to the query's, (planes, words): uint16 (n,)."""
    distances = np.zeros(words.shape[2], np.uint16)
    for plane, own in zip(words, query, strict=True):
        for every, one in zip(plane, own, strict=True):
            distances += np.bitwise_count(every ^ one)
    return distances


def _estimates(words: NDArray[np.unsignedinteger], weights: Floats) -> Floats:
    """For each code of (planes, words, n) the sum of the weights, (planes, d): +weight for each set bit, -weight
    for the others; float32 (n,). Computed per byte, from a lookup table."""
    planes, width, count = words.shape
    size = words.itemsize
    padded = np.zeros((planes, 8 * size * width), np.float32)
    padded[:, : weights.shape[1]] = weights
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little") * 2.0 - 1
    # einsum, not BLAS: BLAS starts a second thread even for so few values, which costs 20 ms on a busy machine.
    sums = np.einsum("bi,vi->bv", padded.reshape(-1, 8), signs).astype(np.float32)  # (bytes, 256)
    bytes = np.ascontiguousarray(words).view(np.uint8).reshape(planes * width, count, size)
    estimates = np.zeros(count, np.float32)
    for number, table in enumerate(sums):
        estimates += table[bytes[number // size, :, number % size]]
    return estimates


def _cosines(connection: apsw.Connection, reader: int, vector: Floats, subset: Ids) -> tuple[Ids, Floats]:
    """The ids that have a vector, and the cosine of each with the query's vector, float32 (n,)."""
    rows = connection.execute(
        f"select chunk_id, vector from json_each(?) cross join {full_vectors(reader)} on chunk_id = value "
        "where vector is not null",
        (json.dumps(sorted(subset.tolist())),),
    ).fetchall()
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    exact = codec.unpack_vector(b"".join([blob for _, blob in rows])).reshape(len(rows), -1)
    return np.array([id for id, _ in rows], np.int64), cosines(exact, vector)
