"""The nearest vectors: two bits a dimension of all of them, then half precision of the best.

vec0 (sqlite-vec) holds of each component of a chunk's vector whether it is above -t and above t, so
that differing bits count how far apart two components are (0, 1, 2). vec0's own search over bits takes
12 ms for the 50 nearest of 200,000 and 128 ms for 500, so its blocks are read as they lie and compared
here: 4 ms, whatever is asked for. Two steps of refinement follow. Recall@50 against the exact scan of
200,000 vectors of 384 dimensions: 1.000 for questions of XQuAD, .998 for rare names, .992 for two common
words, whose nearest are hardly nearer than the rest (half as many in the first step gave .990 and .982; one
bit a dimension .93; tests/bench/speed.py). Nothing is kept between searches: what is read is the transaction's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import apsw
import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Floats

Codes = NDArray[np.unsignedinteger]
Ids = NDArray[np.int64]

#: vec0's largest block: fewer rows to read.
BLOCK = 4096
#: t, in standard deviations: a third of a normal distribution lies below, between and above.
_BORDER = 0.43
#: How many stay after comparing bits with bits, and then bits with the query's own components:
#: so many, and one more for this many vectors in the library.
_ROUGH, _ROUGH_ONE_IN = 8_000, 25
_FINE, _FINE_ONE_IN = 2_000, 1_000


def create(connection: apsw.Connection, table: str, dimensions: int) -> None:
    """Make the table of a generation; `dimensions` is a multiple of 4."""
    connection.execute(
        f"create virtual table {table} using vec0(embedding bit[{2 * dimensions}], chunk_size={BLOCK})"
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


def nearest(
    connection: apsw.Connection, table: str, vector: Floats, k: int, among: Ids | None = None
) -> list[int]:
    """The ids of the `k` vectors with the largest cosine, nearest first.

    Exact where there are fewer candidates than the last step takes anyway.

    Args:
        vector: the query's, float32 (d,).
        among: only these ids, int64; None means all.
    """
    total = connection.execute(f"select count(*) from {table}_rowids").get
    fine = max(_FINE + total // _FINE_ONE_IN, 10 * k)
    if among is None or len(among) > fine:
        among = _likely(connection, table, vector, _ROUGH + total // _ROUGH_ONE_IN, fine, among)
    ids, cosines = _cosines(connection, vector, among)
    return [int(id) for id in ids[np.lexsort((ids, -cosines))[:k]]]


def _likely(
    connection: apsw.Connection, table: str, vector: Floats, rough: int, fine: int, among: Ids | None
) -> Ids:
    """About `fine` ids that hold the nearest vectors with near certainty."""
    query = _bits(vector)
    wanted = _members(among)
    blocks = []
    for ids, codes in _blocks(connection, table):
        distances = _distances(codes, query)
        if wanted is not None:
            inside = wanted[np.minimum(ids, len(wanted) - 1)]
            ids, codes, distances = ids[inside], codes[inside], distances[inside]
        blocks.append((ids, codes, distances))
    if not blocks:
        return np.zeros(0, np.int64)
    # A histogram finds the border in 1.6 ms of a million, argpartition in 8.7.
    counts = np.cumsum(np.bincount(np.concatenate([distances for *_, distances in blocks])))
    border = np.searchsorted(counts, rough)
    kept = [
        (ids[near], codes[near]) for ids, codes, distances in blocks if (near := distances <= border).any()
    ]
    if not kept:
        return np.zeros(0, np.int64)
    candidates = np.concatenate([ids for ids, _ in kept])
    estimates = _estimates(np.concatenate([codes for _, codes in kept]), vector)
    return np.asarray(candidates[np.argsort(-estimates, kind="stable")[:fine]])


def _members(ids: Ids | None) -> NDArray[np.bool_] | None:
    """Whether each id up to the largest, and one behind it, is among these; a hundred times as fast to ask
    as the ids themselves."""
    if ids is None:
        return None
    members = np.zeros(int(ids.max(initial=0)) + 2, bool)
    members[ids] = True
    return members


def _bits(vector: Floats) -> NDArray[np.uint8]:
    """The code of a vector, uint8 (d / 4,)."""
    border = _BORDER * np.linalg.norm(vector) / np.sqrt(len(vector))
    return np.packbits(np.concatenate((vector > -border, vector > border)), bitorder="little")


def _stored_bits(vector: Floats) -> bytes:
    """The code of a chunk's vector as it is kept, in half precision: it can be made again from that."""
    return _bits(vector.astype("<f2").astype(np.float32)).tobytes()


def _blocks(connection: apsw.Connection, table: str) -> Iterator[tuple[Ids, NDArray[np.uint8]]]:
    """The ids and codes, uint8 (n, d / 4), of each block of the vec0 table; holes left out.

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


def _distances(codes: NDArray[np.uint8], query: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """How many bits differ, uint16 (n,)."""
    word = next(size for size in (8, 4, 2, 1) if len(query) % size == 0)
    differing = np.bitwise_count(codes.view(f"<u{word}") ^ query.view(f"<u{word}"))
    distances: NDArray[np.uint16] = differing[:, 0].astype(np.uint16)
    for column in range(1, differing.shape[1]):  # four times as fast as a sum over rows of six
        distances += differing[:, column]
    return distances


def _estimates(codes: NDArray[np.uint8], vector: Floats) -> Floats:
    """The query's components added with the levels (-2, 0, 2) of the codes, float32 (n,); by bytes, from
    a table."""
    signs = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little") * 2.0 - 1
    sums = (np.tile(vector, 2).reshape(-1, 8) @ signs.T).astype(np.float32)  # (d / 4, 256)
    estimates = np.zeros(len(codes), np.float32)
    for column, table in enumerate(sums):
        estimates += table[codes[:, column]]
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
    # Not by BLAS: it wakes a second thread for so few, which costs 20 ms where other programs are at work.
    lengths = np.sqrt(np.einsum("ij,ij->i", exact, exact))
    cosines = np.einsum("ij,j->i", exact, vector) / np.where(lengths > 0, lengths, 1)
    return np.array([id for id, _ in rows], np.int64), np.asarray(cosines, np.float32)
