"""The rows and tables of generations: their fingerprints, their states and their derived tables.

A generation has its own derived tables: words, grams, and a table of vectors for each of its readers
(embedding models). They can be rebuilt, so dropping them loses nothing. A generation is 'building',
then 'active' (at most one is), then 'old' while it is deleted step by step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import apsw

from desktop_kb.records import Fingerprint, Generation, GenerationState, Reader, ReaderProgress
from desktop_kb.store import vectors, words
from desktop_kb.store.clock import now

#: The kinds of derived tables. Each reader has a table of vectors.
DERIVED: Final = (*words.TABLES, "vectors")


class ReaderTable(NamedTuple):
    """A reader of a generation: the name of its vec0 table, and the dimensions of its vectors."""

    vectors: str
    dimensions: int


class Derived(NamedTuple):
    """A derived table: its kind, its name, and the number of its reader (0: it belongs to none)."""

    kind: str
    table: str
    reader: int = 0


def find(connection: apsw.Connection, state: GenerationState) -> Generation | None:
    """The newest generation in this state, with how many documents and passages it holds."""
    row = connection.execute(
        "select id, count(document_id), ifnull(sum(chunks), 0), ifnull(sum(max(covered, 0)), 0) "
        "from generations left join indexed on generation = id "
        "where state = ? group by id order by id desc limit 1",
        (state,),
    ).fetchone()
    if row is None:
        return None
    id, documents, chunks, covered = row
    fingerprint = fingerprint_of(connection, id)
    read = _read(connection, id, len(fingerprint.readers))
    return Generation(id, fingerprint, documents, chunks, covered, read)


def uncounted(connection: apsw.Connection, state: GenerationState) -> Generation | None:
    """The newest generation in this state, without its counts."""
    id = connection.execute("select max(id) from generations where state = ?", (state,)).get
    return None if id is None else Generation(id, fingerprint_of(connection, id), 0, 0, 0)


def _read(connection: apsw.Connection, generation: int, readers: int) -> tuple[ReaderProgress, ...]:
    """What each reader of a generation has read, both the documents that it cut and others."""
    rows = connection.execute(
        "select reader, count(*), sum(covered) from (select reader, covered from indexed "
        "where generation = :generation and reader > 0 union all "
        "select reader, covered from encoded where generation = :generation) group by reader",
        {"generation": generation},
    )
    found = {reader: ReaderProgress(*counts) for reader, *counts in rows}
    return tuple(found.get(number, ReaderProgress()) for number in range(1, readers + 1))


def readers(connection: apsw.Connection, generation: int) -> Mapping[int, ReaderTable]:
    """The readers of a generation by number, from 1."""
    rows = connection.execute(
        "select number, vectors, dimensions from readers where generation = ? order by number", (generation,)
    )
    return {number: ReaderTable(*row) for number, *row in rows}


def fingerprint_of(connection: apsw.Connection, generation: int) -> Fingerprint:
    """The models and versions that a generation was made with."""
    versions = connection.execute(
        "select chunking, terms, reading from generations where id = ?", (generation,)
    ).fetchall()[0]
    readers = connection.execute(
        "select model, fingerprint, dimensions from readers where generation = ? order by number",
        (generation,),
    )
    return Fingerprint(tuple(Reader(*row) for row in readers), *versions)


def insert(connection: apsw.Connection, fingerprint: Fingerprint, state: str) -> int:
    """Insert a generation with empty derived tables; returns its number."""
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
    """Create the derived tables of a generation, empty."""
    words.create(connection, generation)
    for table, dimensions in readers(connection, generation).values():
        vectors.create(connection, table, dimensions)


def derived(connection: apsw.Connection, generation: int) -> Iterator[Derived]:
    """The derived tables of a generation; their rowids are the ids of its passages."""
    *kinds, of_readers = DERIVED
    yield from (Derived(kind, f"{kind}_{generation}") for kind in kinds)
    for number, reader in readers(connection, generation).items():
        yield Derived(of_readers, reader.vectors, number)


def drop_tables(connection: apsw.Connection, generation: int) -> None:
    """Drop the derived tables of a generation."""
    for found in derived(connection, generation):
        connection.execute(f"drop table if exists {found.table}")


def drop(connection: apsw.Connection, generation: int) -> None:
    """Delete a generation: its derived tables, its passages and its row."""
    drop_tables(connection, generation)
    connection.execute("delete from chunks where generation = ?", (generation,))
    connection.execute("delete from generations where id = ?", (generation,))
