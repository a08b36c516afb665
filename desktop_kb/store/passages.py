"""Passages as rows: insert a document's passages, add a reader's vectors, delete them; parts of a transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

from desktop_kb import codec, language, lexical
from desktop_kb.files import stored_path
from desktop_kb.lexical import Terms
from desktop_kb.records import Made, Passage, Vectors
from desktop_kb.store import about, generations, vectors, words


def cut(title: str, made: Made) -> list[Terms]:
    """The search terms of each passage. Slow, so it is done before the transaction."""
    language.sounds(title)  # loads its dictionary, which takes a second
    return [lexical.cut(title, passage.heading, passage.text) for passage in made.passages]


def insert(
    connection: apsw.Connection, document: int, title: str, made: Made, terms: Sequence[Terms]
) -> None:
    """Insert a document's passages for one generation, with the terms that `cut` returned; the first has those
    of what is said about the document as well."""
    connection.execute(
        "insert into indexed (document_id, generation, chunks, covered, reader) values (?, ?, ?, ?, ?)",
        (document, made.generation, len(made.passages), _covered(made), made.reader),
    )
    encoded = [Vectors(passage.vector, passage.sentence_vectors) for passage in made.passages]
    ids: list[int] = []
    for passage, own, one in zip(made.passages, terms, encoded, strict=True):
        ids.append(_insert_row(connection, document, title, made.generation, passage))
        if len(ids) == 1:
            own = about.terms(connection, document, title, passage.heading, passage.text) or own
        words.insert(connection, made.generation, ids[-1], own)
        connection.execute(
            "insert into chunk_vectors (chunk_id, sentences, vector, sentence_vectors) values (?, ?, ?, ?)",
            (
                ids[-1],
                codec.pack_sentences(passage.sentences),
                *(_packed(one) if made.reader == 1 else (None, None)),
            ),
        )
    if made.reader > 1:
        _insert_further(connection, made.reader, ids, encoded)
    if made.reader:
        _insert_bits(connection, made.generation, made.reader, ids, encoded)
    for reader, further in made.further.items():
        _insert_vectors(connection, document, made.generation, reader, ids, further)


def add_vectors(
    connection: apsw.Connection, document: int, generation: int, reader: int, encoded: Sequence[Vectors]
) -> None:
    """Store one more reader's vectors of a document's passages, in the passages' order."""
    drop_vectors(connection, document, generation, reader)
    _insert_vectors(connection, document, generation, reader, _ids(connection, document, generation), encoded)


def _insert_vectors(
    connection: apsw.Connection,
    document: int,
    generation: int,
    reader: int,
    ids: Sequence[int],
    encoded: Sequence[Vectors],
) -> None:
    """Insert the vectors of a reader that did not cut the passages with these ids: those of sentences coarse,
    so that a passage takes less than 10 KB with both readers."""
    if reader > 1:
        _insert_further(connection, reader, ids, encoded, coarse=True)
    else:
        connection.executemany(
            "update chunk_vectors set vector = ?, sentence_vectors = ? where chunk_id = ?",
            [(*_packed(one, coarse=True), id) for id, one in zip(ids, encoded, strict=True)],
        )
    _insert_bits(connection, generation, reader, ids, encoded)
    covered = sum(one.whole is not None for one in encoded)
    connection.execute("insert into encoded values (?, ?, ?, ?)", (document, generation, reader, covered))


def drop(connection: apsw.Connection, document: int, generation: int | None = None) -> None:
    """Delete a document's passages, and their rows in the derived tables, of every generation or of one."""
    for number, state in connection.execute("select id, state from generations").fetchall():
        if generation not in (None, number):
            continue
        ids = [(id,) for id in _ids(connection, document, number)]
        # The derived tables of an old generation are dropped whole.
        for found in () if state == "old" else generations.derived(connection, number):
            connection.executemany(f"delete from {found.table} where rowid = ?", ids)
        for table in ("chunks", "indexed"):
            connection.execute(
                f"delete from {table} where document_id = ? and generation = ?", (document, number)
            )


def set_title(connection: apsw.Connection, document: int, title: str) -> None:
    """Index a document's passages with another title."""
    for (number,) in connection.execute("select id from generations where state != 'old'").fetchall():
        rows = connection.execute(
            "select id, heading, text from chunks where document_id = ? and generation = ?",
            (document, number),
        ).fetchall()
        for id, heading, text in rows:
            connection.execute("update chunks set title = ? where id = ?", (title, id))
            words.replace(connection, number, id, lexical.cut(title, codec.unpack_heading(heading), text))
    about.index(connection, document)


def drop_vectors(connection: apsw.Connection, document: int, generation: int, reader: int) -> None:
    """Delete a reader's vectors of a document's passages. If that reader cut the passages, they count as cut
    without a model from then on."""
    ids = [(id,) for id in _ids(connection, document, generation)]
    table = generations.readers(connection, generation)[reader].vectors
    connection.executemany(f"delete from {table} where rowid = ?", ids)
    if reader == 1:
        connection.executemany(
            "update chunk_vectors set vector = null, sentence_vectors = null where chunk_id = ?", ids
        )
    else:
        connection.executemany(f"delete from reader_vectors where chunk_id = ? and reader = {reader}", ids)
    where = (document, generation, reader)
    connection.execute("delete from encoded where document_id = ? and generation = ? and reader = ?", where)
    connection.execute(
        "update indexed set reader = 0, covered = -1 where document_id = ? and generation = ? and reader = ?",
        where,
    )


def readers_of(connection: apsw.Connection, document: str) -> tuple[int, ...]:
    """The readers of a document in the active generation; see `records.PassageIndex.readers_of`."""
    rows = connection.execute(
        "select reader from (select 0 as later, reader, generation, document_id from indexed where reader > 0 "
        "union all select 1, reader, generation, document_id from encoded) as said "
        "join generations on generations.id = generation and state = 'active' "
        "join documents on documents.id = document_id where uid = ? order by later, reader",
        (document,),
    )
    return tuple(reader for (reader,) in rows)


def read_by(connection: apsw.Connection) -> dict[str, tuple[frozenset[int], str]]:
    """Who has read which file; see `Index.read_by`."""
    rows = connection.execute(
        "select path, json_group_array(reader), page_states from "
        "(select reader, generation, document_id from indexed where chunks > 0 "
        "union all select reader, generation, document_id from encoded) as said "
        "join generations on generations.id = generation and state = 'active' "
        "join documents on documents.id = said.document_id and status = 'ready' and instr(page_states, 'w') = 0 "
        "join places on places.document_id = documents.id and part = '' group by path"
    )
    return {stored_path(path): (frozenset(json.loads(readers)), states) for path, readers, states in rows}


def stored(connection: apsw.Connection, document: str, reader: int | None = None) -> list[Passage]:
    """A document's passages in the active generation; see `records.PassageIndex.passages`."""
    if reader is None:
        reader = next(iter(readers_of(connection, document)), 1)
    rows = connection.execute(
        'select start, "end", page, last_page, heading, tokens, chunks.text, coverage, '
        "chunk_vectors.sentences, said.sentence_vectors, said.vector, ifnull(dimensions, 0) from chunks "
        "join generations on generations.id = chunks.generation and state = 'active' "
        "join documents on documents.id = document_id "
        "join chunk_vectors on chunk_vectors.chunk_id = chunks.id "
        f"left join {vectors.full_vectors(reader)} as said on said.chunk_id = chunks.id "
        f"left join readers on readers.generation = chunks.generation and number = {reader} "
        "where uid = ? order by start, chunks.id",
        (document,),
    ).fetchall()
    return [codec.unpack_passage(row, row[11]) for row in rows]


def derive(connection: apsw.Connection, generation: int) -> None:
    """Rebuild the derived tables of a generation from its passages and their vectors."""
    generations.drop_tables(connection, generation)
    generations.create_tables(connection, generation)
    before = 0
    for document, id, title, heading, text in connection.execute(
        "select document_id, id, title, heading, text from chunks where generation = ? "
        "order by document_id, start, id",
        (generation,),
    ).fetchall():
        above = codec.unpack_heading(heading)
        own = about.terms(connection, document, title, above, text) if document != before else None
        words.insert(connection, generation, id, own or lexical.cut(title, above, text))
        before = document
    for reader, (table, _) in generations.readers(connection, generation).items():
        for id, vector in connection.execute(
            f"select chunk_id, vector from {vectors.full_vectors(reader)} join chunks on id = chunk_id "
            "where generation = ? and vector is not null",
            (generation,),
        ).fetchall():
            vectors.insert(connection, table, id, codec.unpack_vector(vector))


def _covered(made: Made) -> int:
    return sum(passage.vector is not None for passage in made.passages) if made.reader else -1


def _ids(connection: apsw.Connection, document: int, generation: int) -> list[int]:
    rows = connection.execute(
        "select id from chunks where document_id = ? and generation = ? order by start, id",
        (document, generation),
    )
    return [id for (id,) in rows]


def _insert_row(
    connection: apsw.Connection, document: int, title: str, generation: int, passage: Passage
) -> int:
    connection.execute(
        'insert into chunks (generation, document_id, start, "end", page, last_page, heading, tokens, '
        "coverage, text, title) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            generation,
            document,
            passage.start,
            passage.end,
            passage.page,
            passage.last_page,
            codec.pack_heading(passage.heading),
            passage.tokens,
            passage.coverage,
            passage.text,
            title,
        ),
    )
    return int(connection.last_insert_rowid())


def _insert_further(
    connection: apsw.Connection,
    reader: int,
    ids: Sequence[int],
    encoded: Sequence[Vectors],
    *,
    coarse: bool = False,
) -> None:
    connection.executemany(
        "insert into reader_vectors (chunk_id, reader, vector, sentence_vectors) values (?, ?, ?, ?)",
        [(id, reader, *_packed(one, coarse=coarse)) for id, one in zip(ids, encoded, strict=True)],
    )


def _insert_bits(
    connection: apsw.Connection, generation: int, reader: int, ids: Sequence[int], encoded: Sequence[Vectors]
) -> None:
    table = generations.readers(connection, generation)[reader].vectors
    for id, (whole, _) in zip(ids, encoded, strict=True):
        if whole is not None:
            vectors.insert(connection, table, id, whole)


def _packed(encoded: Vectors, *, coarse: bool = False) -> tuple[bytes | None, bytes | None]:
    whole, sentences = encoded
    return (
        None if whole is None else codec.pack_vector(whole),
        None if sentences is None else codec.pack_directions(sentences, coarse=coarse),
    )
