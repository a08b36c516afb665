"""The nearest vectors: four bits a dimension of all of them, then half precision of the best.

vec0 (sqlite-vec) holds of each component of a chunk's vector on which of twelve levels it lies. First, in two
bits, whether the component is above -t and above t: differing bits count how far apart two components are (0,
1, 2). Then, in two more, in which quarter of that step. vec0's own search over bits takes
12 ms for the 50 nearest of 200,000 and 128 ms for 500, so its blocks are read as they lie and compared
here: 1 ms, whatever is asked for. Recall@50 against the exact scan: tests/bench/SPEED.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import apsw
import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Floats

Ids = NDArray[np.int64]

#: vec0's largest block: fewer rows to read.
BLOCK = 4096
#: t, in standard deviations, and levels on either side. Borders from .43 to .65 find about the same in the
#: first two steps; in the third .55 finds .996 of the 50 nearest among 200, .43 only .98.
_BORDER = 0.55
_LEVELS = 6
#: How many stay after comparing bits with bits; then the first two bits with the query's own components;
#: then all four: so many, and one more for this many vectors in the library.
_ROUGH, _ROUGH_ONE_IN = 8_000, 25
_FINE, _FINE_ONE_IN = 2_000, 1_000
_LAST, _LAST_ONE_IN = 300, 5_000


def create(connection: apsw.Connection, table: str, dimensions: int) -> None:
    """Make the table of a generation; `dimensions` is a multiple of 4."""
    connection.execute(
        f"create virtual table {table} using vec0(embedding bit[{4 * dimensions}], chunk_size={BLOCK})"
    )


def insert(connection: apsw.Connection, table: str, id: int, vector: Floats) -> None:
    """Add the bits of a chunk's vector, (d,)."""
    connection.execute(
        f"insert into {table} (rowid, embedding) values (?, vec_bit(?))", (id, _stored_bits(vector))
    )


def count_different(connection: apsw.Connection, table: str, dimensions: int) -> int:
    """How many rows do not hold the bits of their chunk's vector."""
    rows = connection.execute(
        f"select embedding, vector from {table} as derived join chunk_vectors on chunk_id = derived.rowid"
    )
    return sum(
        half is None
        or len(half) != 2 * dimensions
        or _stored_bits(np.frombuffer(half, "<f2").astype(np.float32)) != bits
        for bits, half in rows
    )


@dataclass(frozen=True, slots=True)
class Codes:
    """The bits of a whole table: ids int64 (n,), and words of bits, unsigned (d / 2 / their size, n), the first
    half of them the first two bits: one row is one word of every vector, so that comparing walks over memory in
    order."""

    ids: Ids
    words: NDArray[np.unsignedinteger]

    @classmethod
    def read(cls, connection: apsw.Connection, table: str) -> Codes:
        """All of them; 192 bytes a vector of 384 dimensions."""
        held = connection.execute(f"select validity from {table}_chunks")
        size = sum(int(np.bitwise_count(np.frombuffer(bits, np.uint8)).sum()) for (bits,) in held)
        ids, words = np.zeros(size, np.int64), np.zeros((0, size), np.uint8)
        at = 0
        for some, codes in _blocks(connection, table):
            if not at:
                word = next(size for size in (8, 4, 2, 1) if codes.shape[1] // 2 % size == 0)
                words = np.zeros((codes.shape[1] // word, size), f"<u{word}")
            ids[at : at + len(some)] = some
            words[:, at : at + len(some)] = codes.view(words.dtype).T
            at += len(some)
        return cls(ids, words)

    def within(self, among: Ids) -> Codes:
        """Those of these ids."""
        # Whether each id up to the largest, and one behind it, is among these: a hundred times as fast to ask
        # as the ids themselves.
        members = np.zeros(int(among.max(initial=0)) + 2, bool)
        members[among] = True
        inside = np.flatnonzero(members[np.minimum(self.ids, len(members) - 1)])
        return Codes(self.ids[inside], self.words[:, inside])


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
    first, second = np.split(codes.words, 2)
    near = np.arange(len(codes.ids))
    rough = _ROUGH + total // _ROUGH_ONE_IN
    if len(near) > rough:
        distances = _distances(first, _bits(vector)[: len(vector) // 4])
        # A histogram finds the border in 1.6 ms of a million, argpartition in 8.7.
        near = np.flatnonzero(distances <= np.searchsorted(np.cumsum(np.bincount(distances)), rough))
    estimates = _estimates(first[:, near], np.tile(vector, 2))
    kept = _largest(estimates, _FINE + total // _FINE_ONE_IN)
    near, estimates = near[kept], estimates[kept]
    estimates = 2 * estimates + _estimates(second[:, near], np.concatenate((vector, vector / 2)))
    return codes.ids[near[_largest(estimates, last)]]


def _largest(values: Floats, count: int) -> NDArray[np.intp]:
    """Where the largest stand, in no order."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(-values, count)[:count]


def nearest(connection: apsw.Connection, vector: Floats, k: int, among: Ids) -> list[int]:
    """The `k` of these ids whose vectors have the largest cosine with this, nearest first; exact."""
    ids, cosines = _cosines(connection, vector, among)
    return [int(id) for id in ids[np.lexsort((ids, -cosines))[:k]]]


def _bits(vector: Floats) -> NDArray[np.uint8]:
    """The code of a vector, uint8 (d / 2,)."""
    step = _BORDER / 2 * np.linalg.norm(vector) / np.sqrt(len(vector))
    levels = np.floor(vector / (step or 1)) + _LEVELS
    levels = np.clip(levels, 0, 2 * _LEVELS - 1).astype(np.uint8)
    bits = (levels >= 4, levels >= 8, levels & 2, levels & 1)
    return np.packbits(np.concatenate(bits), bitorder="little")


def _stored_bits(vector: Floats) -> bytes:
    """The code of a chunk's vector as it is kept, in half precision: it can be made again from that."""
    return _bits(vector.astype("<f2").astype(np.float32)).tobytes()


def _blocks(connection: apsw.Connection, table: str) -> Iterator[tuple[Ids, NDArray[np.uint8]]]:
    """The ids and codes, uint8 (n, d / 2), of each block of the vec0 table; holes left out.

    Its layout: https://alexgarcia.xyz/sqlite-vec (vec0's shadow tables).
    """
    for validity, rowids, vectors in connection.execute(
        f"select validity, rowids, vectors from {table}_chunks join {table}_vector_chunks00 as codes "
        "on codes.rowid = chunk_id"
    ):
        ids = np.frombuffer(rowids, "<i8")
        codes = np.frombuffer(vectors, np.uint8).reshape(len(ids), -1)
        held = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little").astype(bool)
        yield (ids, codes) if held.all() else (ids[held], codes[held])


def _distances(words: NDArray[np.unsignedinteger], query: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """How many bits differ, uint16 (n,)."""
    distances = np.zeros(words.shape[1], np.uint16)
    for every, own in zip(words, query.view(words.dtype), strict=True):
        distances += np.bitwise_count(every ^ own)
    return distances


def _estimates(words: NDArray[np.unsignedinteger], weights: Floats) -> Floats:
    """What is set of these bits counts as +weight, what is not as -weight: the sums, float32 (n,); by bytes, from
    a table."""
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little") * 2.0 - 1
    # Not by BLAS: it wakes a second thread for so few, which costs 20 ms where other programs are at work.
    sums = np.einsum("bi,vi->bv", weights.reshape(-1, 8), signs).astype(np.float32)  # (bytes, 256)
    codes = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1, words.itemsize)
    estimates = np.zeros(words.shape[1], np.float32)
    for number, table in enumerate(sums):
        estimates += table[codes[number // words.itemsize, :, number % words.itemsize]]
    return estimates


def _cosines(connection: apsw.Connection, vector: Floats, among: Ids) -> tuple[Ids, Floats]:
    """The ids that have a vector, and its cosine with the query's, float32 (n,)."""
    rows = connection.execute(
        "select chunk_id, vector from json_each(?) cross join chunk_vectors on chunk_id = value "
        "where vector is not null",
        (json.dumps(sorted(among.tolist())),),
    ).fetchall()
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    vectors = np.frombuffer(b"".join([blob for _, blob in rows]), "<f2").reshape(len(rows), -1)
    exact = vectors.astype(np.float32)
    # Not by BLAS here either.
    lengths = np.sqrt(np.einsum("ij,ij->i", exact, exact))
    cosines = np.einsum("ij,j->i", exact, vector) / np.where(lengths > 0, lengths, 1)
    return np.array([id for id, _ in rows], np.int64), np.asarray(cosines, np.float32)
