"""Generations as rows and tables: what each was made with, which one serves, what is derived in it.

A generation has its own derived tables: words and grams, and a table of vectors for each of its
readers. Dropping them loses nothing. It is 'building', then 'active' (one at most), then 'old' while
it is cleared away bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from desktop_kb.records import Fingerprint, Reader
from desktop_kb.store import vectors, words
from desktop_kb.store.clock import now


def fingerprint_of(connection: apsw.Connection, generation: int) -> Fingerprint:
    """What a generation was made with."""
    versions = connection.execute(
        "select chunking, terms, reading from generations where id = ?", (generation,)
    ).fetchall()[0]
    readers = connection.execute(
        "select model, fingerprint, dimensions from readers where generation = ? order by number",
        (generation,),
    )
    return Fingerprint(tuple(Reader(*row) for row in readers), *versions)


def insert(connection: apsw.Connection, fingerprint: Fingerprint, state: str) -> int:
    """A new generation with empty tables; returns its number."""
    connection.execute(
        "insert into generations (state, created, chunking, terms, reading) values (?, ?, ?, ?, ?)",
        (state, now(), fingerprint.chunking, fingerprint.terms, fingerprint.reading),
    )
    id = int(connection.last_insert_rowid())
    for number, reader in enumerate(fingerprint.readers, 1):
        table = f"vectors_{id}" if number == 1 else f"vectors_{id}_{number}"
        connection.execute(
            "insert into readers values (?, ?, ?, ?, ?, ?)",
            (id, number, reader.model, reader.fingerprint, reader.dimensions, table),
        )
    create_tables(connection, id)
    return id


def create_tables(connection: apsw.Connection, generation: int) -> None:
    """Make the derived tables of a generation, empty."""
    words.create(connection, generation)
    for table, dimensions in connection.execute(
        "select vectors, dimensions from readers where generation = ?", (generation,)
    ).fetchall():
        vectors.create(connection, table, dimensions)


def tables(connection: apsw.Connection, generation: int) -> Iterator[str]:
    """The names of its derived tables; their rows have the numbers of its passages."""
    yield from (f"words_{generation}", f"grams_{generation}")
    rows = connection.execute("select vectors from readers where generation = ?", (generation,))
    yield from (table for (table,) in rows.fetchall())


def drop_tables(connection: apsw.Connection, generation: int) -> None:
    """Remove the derived tables of a generation."""
    for table in tables(connection, generation):
        connection.execute(f"drop table if exists {table}")


def drop(connection: apsw.Connection, generation: int) -> None:
    """Remove a generation: its tables, its passages and its row."""
    drop_tables(connection, generation)
    connection.execute("delete from chunks where generation = ?", (generation,))
    connection.execute("delete from generations where id = ?", (generation,))
