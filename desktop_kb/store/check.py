"""Check a library for damage. Each check has a name, a verdict and its findings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

import apsw
import numpy as np

from desktop_kb import codec
from desktop_kb.errors import reason_of
from desktop_kb.files import sha256
from desktop_kb.paths import Library
from desktop_kb.reading import Reading
from desktop_kb.records import Check, Finding
from desktop_kb.store import generations, internals, marking, vectors
from desktop_kb.store.database import Database
from desktop_kb.store.notes import lost_notes
from desktop_kb.store.queue import unreadable_jobs
from desktop_kb.store.seal import changed_pages

_Look = Callable[[apsw.Connection], Iterator[Finding]]


def check(database: Database, library: Library, *, log_lost: bool = False) -> list[Check]:
    """Run every check; changes nothing.

    Args:
        log_lost: what `seal.log_is_lost` returned before the database was opened.

    Raises:
        StorageProblem: the file is too damaged to be read at all.
    """
    looks: tuple[tuple[str, _Look], ...] = (
        ("database", lambda connection: _database(connection, library, log_lost)),
        ("index", _index),
        ("passages", _passages),
        ("marks", _marks),
        ("work in progress", _unfinished),
        ("files", lambda connection: _files(connection, library)),
        ("notes", lambda connection: _notes(connection, library)),
    )
    with database.read() as connection:
        found = [(name, tuple(_readable(look, connection))) for name, look in looks]
    return [Check(name, not findings, findings) for name, findings in found]


def _readable(look: _Look, connection: apsw.Connection) -> Iterator[Finding]:
    """The findings of one check; a part that cannot be read is a finding too."""
    try:
        yield from look(connection)
    except (apsw.CorruptError, apsw.SQLError, UnicodeDecodeError) as error:
        yield Finding("part-unreadable", {"error": type(error).__name__})
    except codec.UNREADABLE as error:
        yield Finding("makes-no-sense", {"error": type(error).__name__})


def _database(connection: apsw.Connection, library: Library, log_lost: bool) -> Iterator[Finding]:
    if log_lost:
        yield Finding("log-lost")
    pages = changed_pages(library.database)
    if pages:
        yield _changed(connection, pages)
    for (line,) in connection.execute("pragma integrity_check(20)"):
        if line != "ok":
            yield Finding("integrity", {"reason": str(line)})
    for row in connection.execute("pragma foreign_key_check"):
        yield Finding("orphan-row", {"table": row[0], "row": row[1]})


def _changed(connection: apsw.Connection, pages: list[int]) -> Finding:
    """The finding for changed pages; names the tables they belong to where SQLite can tell."""
    try:
        names = connection.execute(
            "select distinct name from dbstat where pageno in (select value from json_each(?)) order by name",
            (json.dumps(pages),),
        ).fetchall()
    except apsw.Error:
        return Finding("changed-pages", {"count": len(pages), "reason": "tables-unknown"})
    if not names:
        return Finding("changed-pages", {"count": len(pages), "reason": "no-table"})
    tables = [name for (name,) in names]
    return Finding("changed-pages", {"count": len(pages), "reason": "tables", "tables": tables})


def _index(connection: apsw.Connection) -> Iterator[Finding]:
    """Each derived table of a generation has one row per chunk, and no other rows."""
    for (generation,) in connection.execute("select id from generations where state != 'old'").fetchall():
        readers = generations.readers(connection, generation)
        for kind, table, reader in generations.derived(connection, generation):
            expected = f"select id from chunks where generation = {generation}"
            there = internals.words_rows(table)
            if reader:
                encoded = f"select chunk_id from {vectors.full_vectors(reader)} where vector is not null"
                expected, there = f"{expected} and id in ({encoded})", internals.vector_rows(table)
            if missing := _count(connection, f"{expected} except {there}"):
                yield Finding("passages-missing", {"count": missing, "table": kind, "generation": generation})
            if left := _count(connection, f"{there} except {expected}"):
                yield Finding("passages-left-over", {"count": left, "table": kind, "generation": generation})
            if not reader:
                continue
            different = vectors.count_different(connection, table, reader, readers[reader].dimensions)
            if different:
                yield Finding("vectors-different", {"count": different, "generation": generation})
        wrong = connection.execute(
            "select count(*) from indexed where generation = ? and chunks != (select count(*) from chunks "
            "where chunks.document_id = indexed.document_id and chunks.generation = indexed.generation)",
            (generation,),
        ).get
        if wrong:
            yield Finding("passages-lost", {"count": wrong})


def _count(connection: apsw.Connection, query: str) -> int:
    return int(connection.execute(f"select count(*) from ({query})").get)


def _passages(connection: apsw.Connection) -> Iterator[Finding]:
    """Every ready document has passages, and each matches the document's text at its offsets."""
    changed = 0
    for text, text_hash in connection.execute("select text, text_hash from texts"):
        changed += hashlib.sha256(text.encode("utf-8")).hexdigest() != text_hash
    if changed:
        yield Finding("texts-changed", {"count": changed})
    damaged = damaged_documents(connection)
    if damaged:
        yield Finding("passages-wrong", {"count": len(damaged)})


def damaged_documents(connection: apsw.Connection) -> list[int]:
    """The rows of ready documents whose passages are missing or are not what the text reads there."""
    damaged = {
        id
        for (id,) in connection.execute(
            "select id from documents where status = 'ready' and removed is null and id not in "
            "(select document_id from indexed join generations on generations.id = generation "
            "where state = 'active' and chunks > 0) "
            "and id not in (select document_id from texts where text = '') union "  # it has parts only
            "select document_id from indexed where chunks != (select count(*) from chunks "
            "where chunks.document_id = indexed.document_id and chunks.generation = indexed.generation)"
        )
    }
    documents = connection.execute("select id from documents where removed is null").fetchall()
    return sorted(damaged | {id for (id,) in documents if not _reads_as_stored(connection, id)})


def _reads_as_stored(connection: apsw.Connection, id: int) -> bool:
    """Whether every passage matches the document's text at its offsets and contains its sentences."""
    row = connection.execute("select text, layout from texts where document_id = ?", (id,)).fetchone()
    chunks = connection.execute(
        'select start, "end", text, sentences from chunks left join chunk_vectors on chunk_id = id '
        "where document_id = ?",
        (id,),
    ).fetchall()
    if row is None:
        return not chunks
    text, edits = row[0], codec.unpack_layout(row[1]).edits
    for start, end, shown, sentences in chunks:
        if not 0 <= start < end <= len(text) or Reading(text, edits, start, end).text.strip() != shown:
            return False
        if sentences is None or len(sentences) % 8:
            return False
        spans = codec.unpack_sentences(sentences)
        if spans.size and not (start <= spans.min() and spans.max() <= end):
            return False
    return _vectors_fit(connection, id)


def _vectors_fit(connection: apsw.Connection, id: int) -> bool:
    """Whether a document's vectors are finite and have as many dimensions as their readers."""
    reader = "left join readers on readers.generation = chunks.generation and number ="
    rows = connection.execute(
        "select vector, sentence_vectors, length(sentences) / 8, ifnull(dimensions, 0) from chunks "
        f"join chunk_vectors on chunk_id = id {reader} 1 where document_id = :id union all "
        "select other.vector, other.sentence_vectors, length(sentences) / 8, ifnull(dimensions, 0) from chunks "
        "join chunk_vectors on chunk_vectors.chunk_id = id join reader_vectors as other on other.chunk_id = id "
        f"{reader} reader where document_id = :id",
        {"id": id},
    )
    for vector, sentence_vectors, sentences, dimensions in rows:
        if vector is not None and (
            len(vector) != 2 * dimensions or not np.isfinite(codec.unpack_vector(vector)).all()
        ):
            return False
        sizes = (sentences * dimensions, sentences * codec.half_of(dimensions))
        if sentence_vectors is not None and len(sentence_vectors) not in sizes:
            return False
    return True


def _marks(connection: apsw.Connection) -> Iterator[Finding]:
    """Every mark stands where it says, or nowhere."""
    if damaged := marking.damaged(connection):
        yield Finding("marks-wrong", {"count": len(damaged)})


def _unfinished(connection: apsw.Connection) -> Iterator[Finding]:
    for id, _ in unreadable_jobs(connection):
        yield Finding("job-unreadable", {"job": id})


def _files(connection: apsw.Connection, library: Library) -> Iterator[Finding]:
    stored = connection.execute(
        "select distinct stored, content_hash from documents where stored is not null"
    ).fetchall()
    for name, content_hash in stored:
        path = library.copy(name)
        if path is None:
            yield Finding("file-outside")
            continue
        try:
            if not path.is_file():
                yield Finding("file-gone", {"name": path.name})
            elif sha256(path) != content_hash:
                yield Finding("file-changed", {"name": path.name})
        except OSError as error:
            yield Finding("file-unreadable", {"name": path.name, "reason": reason_of(error)})


def _notes(connection: apsw.Connection, library: Library) -> Iterator[Finding]:
    for name in lost_notes(connection, library):
        yield Finding("note-gone", {"name": name})
