"""The nearest vectors: four bits a dimension of all of them, then half precision of the best.

vec0 (sqlite-vec) holds of each component of a chunk's vector on which of twelve levels it lies. Two bits say
whether the component is above -t and above t: differing bits count how far apart two components are (0, 1, 2).
Two more say in which quarter of that step. Each of the four is a column, as vec0 takes 8,192 bits a column.
Its own search over bits takes 12 ms for the 50 nearest of 200,000 and 128 ms for 500, so its blocks are read as
they lie and compared here: 1 ms, whatever is asked for. Recall@50 against the exact scan: tests/bench/SPEED.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import apsw
import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Floats
from desktop_kb.similarity import cosines
from desktop_kb.store import codec, internals
from desktop_kb.store.internals import Ids

#: vec0's largest block: fewer rows to read.
BLOCK = 4096
#: t, in standard deviations, and levels on either side. Borders from .43 to .65 find about the same in the
#: first two steps; in the third .55 finds .996 of the 50 nearest among 200, .43 only .98.
_BORDER = 0.55
_LEVELS = 6
#: A column for each bit of a level.
_PLANES = ("plane0", "plane1", "plane2", "plane3")
_COLUMNS = ", ".join(_PLANES)
#: How many stay after comparing bits with bits; then the first two bits with the query's own components;
#: then all four: so many, and one more for this many vectors in the library.
_ROUGH, _ROUGH_ONE_IN = 8_000, 25
_FINE, _FINE_ONE_IN = 2_000, 1_000
_LAST, _LAST_ONE_IN = 300, 5_000


def held_in(reader: int) -> str:
    """SQL: where a reader's vectors lie in full, by `chunk_id`: `vector` and `sentence_vectors`."""
    if reader == 1:
        return "chunk_vectors"
    return f"(select chunk_id, vector, sentence_vectors from reader_vectors where reader = {reader})"


def create(connection: apsw.Connection, table: str, dimensions: int) -> None:
    """Make the table of a generation, of at most 8,192 dimensions."""
    columns = ", ".join(f"{plane} bit[{8 * -(-dimensions // 8)}]" for plane in _PLANES)
    connection.execute(f"create virtual table {table} using vec0({columns}, chunk_size={BLOCK})")


def insert(connection: apsw.Connection, table: str, id: int, vector: Floats) -> None:
    """Add the bits of a chunk's vector, (d,)."""
    values = ", ".join("vec_bit(?)" for _ in _PLANES)
    connection.execute(
        f"insert into {table} (rowid, {_COLUMNS}) values (?, {values})", (id, *_stored(vector))
    )


def count_different(connection: apsw.Connection, table: str, reader: int, dimensions: int) -> int:
    """How many rows do not hold the bits of their passage's vector."""
    rows = connection.execute(
        f"select {_COLUMNS}, vector from {table} as derived join {held_in(reader)} on chunk_id = derived.rowid"
    )
    return sum(
        half is None or len(half) != 2 * dimensions or _stored(codec.unpack_vector(half)) != tuple(planes)
        for *planes, half in rows
    )


@dataclass(frozen=True, slots=True)
class Codes:
    """The bits of a whole table: ids int64 (n,), and words of bits, unsigned (4, d / 8 / their size, n): one
    row is one word of every vector, so that comparing walks over memory in order."""

    ids: Ids
    words: NDArray[np.unsignedinteger]

    @classmethod
    def read(cls, connection: apsw.Connection, table: str) -> Codes:
        """All of them; 192 bytes a vector of 384 dimensions, and 8 for its id."""
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

    def within(self, among: Ids) -> Codes:
        """Those of these ids."""
        # Whether each id up to the largest, and one behind it, is among these: a hundred times as fast to ask
        # as the ids themselves.
        members = np.zeros(int(among.max(initial=0)) + 2, bool)
        members[among] = True
        inside = np.flatnonzero(members[np.minimum(self.ids, len(members) - 1)])
        return Codes(self.ids[inside], self.words[:, :, inside])


def likely(codes: Codes, vector: Floats, k: int, among: Ids | None = None) -> Ids:
    """Ids that hold the `k` nearest vectors with near certainty: all of them where they are few.

    Args:
        vector: the query's, float32 (d,).
        among: only these ids, int64; None means all.
    """
    total = len(codes.ids)
    if not total:
        return codes.ids
    last = max(_LAST + total // _LAST_ONE_IN, 3 * k)
    if among is not None:
        if len(among) <= last:
            return among
        codes = codes.within(among)
    near = np.arange(len(codes.ids))
    rough = max(_ROUGH + total // _ROUGH_ONE_IN, last)
    if len(near) > rough:
        query = _planes(vector)[:2].view(codes.words.dtype)
        distances = _distances(codes.words[:2], query)
        # A histogram finds the border in 1.6 ms of a million, argpartition in 8.7.
        near = np.flatnonzero(distances <= np.searchsorted(np.cumsum(np.bincount(distances)), rough))
    # As twelve levels, -5.5 to 5.5: the first two bits count 4 each, the others 2 and 1; halves of that as +-.
    estimates = _estimates(codes.words[:2][:, :, near], np.stack((vector, vector)) * 2)
    kept = _largest(estimates, max(_FINE + total // _FINE_ONE_IN, last))
    near, estimates = near[kept], estimates[kept]
    estimates += _estimates(codes.words[2:][:, :, near], np.stack((vector, vector / 2)))
    return codes.ids[near[_largest(estimates, last)]]


def _largest(values: Floats, count: int) -> NDArray[np.intp]:
    """Where the largest stand, in no order."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(-values, count)[:count]


def nearest(connection: apsw.Connection, reader: int, vector: Floats, k: int, among: Ids) -> list[int]:
    """The `k` of these ids whose vectors have the largest cosine with this, nearest first; exact."""
    ids, alike = _cosines(connection, reader, vector, among)
    return [int(id) for id in ids[np.lexsort((ids, -alike))[:k]]]


def _planes(vector: Floats) -> NDArray[np.uint8]:
    """The code of a vector, uint8 (4, d / 8)."""
    step = _BORDER / 2 * np.linalg.norm(vector) / np.sqrt(len(vector))
    levels = np.floor(vector / (step or 1)) + _LEVELS
    levels = np.clip(levels, 0, 2 * _LEVELS - 1).astype(np.uint8)
    return np.packbits([levels >= 4, levels >= 8, levels & 2 > 0, levels & 1 > 0], axis=1, bitorder="little")


def _stored(vector: Floats) -> tuple[bytes, ...]:
    """The code of a chunk's vector as it is kept, in half precision: it can be made again from that."""
    return tuple(plane.tobytes() for plane in _planes(codec.unpack_vector(codec.pack_vector(vector))))


def _distances(words: NDArray[np.unsignedinteger], query: NDArray[np.unsignedinteger]) -> NDArray[np.uint16]:
    """How many bits of (planes, words, n) differ from (planes, words), uint16 (n,)."""
    distances = np.zeros(words.shape[2], np.uint16)
    for plane, own in zip(words, query, strict=True):
        for every, one in zip(plane, own, strict=True):
            distances += np.bitwise_count(every ^ one)
    return distances


def _estimates(words: NDArray[np.unsignedinteger], weights: Floats) -> Floats:
    """What is set of these bits, (planes, words, n), counts as +weight, (planes, d), what is not as -weight:
    the sums, float32 (n,); by bytes, from a table."""
    planes, width, count = words.shape
    size = words.itemsize
    padded = np.zeros((planes, 8 * size * width), np.float32)
    padded[:, : weights.shape[1]] = weights
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little") * 2.0 - 1
    # Not by BLAS: it wakes a second thread for so few, which costs 20 ms where other programs are at work.
    sums = np.einsum("bi,vi->bv", padded.reshape(-1, 8), signs).astype(np.float32)  # (bytes, 256)
    bytes = np.ascontiguousarray(words).view(np.uint8).reshape(planes * width, count, size)
    estimates = np.zeros(count, np.float32)
    for number, table in enumerate(sums):
        estimates += table[bytes[number // size, :, number % size]]
    return estimates


def _cosines(connection: apsw.Connection, reader: int, vector: Floats, among: Ids) -> tuple[Ids, Floats]:
    """The ids that have a vector, and its cosine with the query's, float32 (n,)."""
    rows = connection.execute(
        f"select chunk_id, vector from json_each(?) cross join {held_in(reader)} on chunk_id = value "
        "where vector is not null",
        (json.dumps(sorted(among.tolist())),),
    ).fetchall()
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    exact = codec.unpack_vector(b"".join([blob for _, blob in rows])).reshape(len(rows), -1)
    return np.array([id for id, _ in rows], np.int64), cosines(exact, vector)
