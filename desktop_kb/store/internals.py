"""Read the internal ('shadow') tables of FTS5 and vec0.

Neither guarantees their format. So `apsw`, which brings SQLite, and `sqlite-vec` are pinned exactly in
pyproject.toml, and no other module reads these tables:

    FTS5, https://www.sqlite.org/fts5.html#internal_storage (and fts5_index.c)
        T_data      block 1: number of rows, then of tokens a column, as varints; block 10: the segments
        T_docsize   a row for each row of the FTS5 table
    vec0, https://alexgarcia.xyz/sqlite-vec
        T_rowids    a row for each vector
        T_chunks    blocks of up to 4,096 vectors: a bit for each slot in use, and the rowids (int64)
        T_vector_chunksNN   for each block the values of column NN, one after the other
"""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


def words_state(connection: apsw.Connection, table: str) -> tuple[bytes, ...]:
    """A cache key that changes with every change of an FTS5 table."""
    rows = connection.execute(f"select block from {table}_data where id in (1, 10) order by id")
    return tuple(block for (block,) in rows)


def words_size(state: tuple[bytes, ...]) -> int:
    """How many rows an FTS5 table has, read from its state: counting a million takes 10 ms."""
    size = 0
    for byte in state[0]:
        size = size << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return size


def words_rows(table: str) -> str:
    """SQL: the rowids of a contentless FTS5 table."""
    return f"select id from {table}_docsize"


def vector_rows(table: str) -> str:
    """SQL: the rowids of a vec0 table."""
    return f"select rowid from {table}_rowids"


def count_vectors(connection: apsw.Connection, table: str) -> int:
    """How many vectors a vec0 table holds."""
    blobs = connection.execute(f"select validity from {table}_chunks")
    return sum(int(np.bitwise_count(np.frombuffer(bits, np.uint8)).sum()) for (bits,) in blobs)


def vector_blocks(
    connection: apsw.Connection, table: str, columns: int
) -> Iterator[tuple[Ids, list[NDArray[np.uint8]]]]:
    """For each block of a vec0 table of bit columns: the ids (n,), and each column's bytes (n, width).
    Unused slots are left out."""
    numbers = range(columns)
    joined = " ".join(
        f"join {table}_vector_chunks{number:02} as column{number} on column{number}.rowid = chunk_id"
        for number in numbers
    )
    values = ", ".join(f"column{number}.vectors" for number in numbers)
    for validity, rowids, *blobs in connection.execute(
        f"select validity, rowids, {values} from {table}_chunks {joined}"
    ):
        ids = np.frombuffer(rowids, "<i8")
        found = [np.frombuffer(blob, np.uint8).reshape(len(ids), -1) for blob in blobs]
        valid = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little").astype(bool)
        yield (ids, found) if valid.all() else (ids[valid], [column[valid] for column in found])
