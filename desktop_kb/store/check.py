"""Is the library whole? Each check is a name, a verdict and a sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apsw

from desktop_kb.paths import Library
from desktop_kb.reading import Reading
from desktop_kb.store.database import Database
from desktop_kb.store.queue import unpack_layout


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str


def check(database: Database, library: Library) -> list[Check]:
    """Look at everything; nothing is changed.

    Raises:
        StorageProblem: the file is too damaged to be read at all.
    """
    checks: list[Check] = []
    looks: tuple[tuple[str, Callable[[apsw.Connection], Iterator[str]]], ...] = (
        ("database", _database),
        ("index", _index),
        ("passages", _passages),
        ("work in progress", _unfinished),
    )
    with database.read() as connection:
        for name, look in looks:
            checks.append(_verdict(name, list(look(connection))))
        stored = connection.execute(
            "select distinct stored, content_hash from documents where stored is not null"
        ).fetchall()
    checks.append(_verdict("files", list(_files(library, stored))))
    return checks


def _verdict(name: str, findings: list[str]) -> Check:
    more = f" (and {len(findings) - 5} more)" if len(findings) > 5 else ""
    return Check(name, not findings, "; ".join(findings[:5]) + more if findings else "in order")


def _database(connection: apsw.Connection) -> Iterator[str]:
    for (line,) in connection.execute("pragma integrity_check(20)"):
        if line != "ok":
            yield str(line)
    for row in connection.execute("pragma foreign_key_check"):
        yield f"{row[0]} row {row[1]} belongs to nothing"


def _index(connection: apsw.Connection) -> Iterator[str]:
    """Every chunk stands once in each derived table of its generation, and nothing else does."""
    for generation, dimensions in connection.execute("select id, dimensions from generations").fetchall():
        tables = [
            ("words", f"select id from words_{generation}_docsize", "1"),
            ("grams", f"select id from grams_{generation}_docsize", "1"),
        ]
        if dimensions:
            tables.append(
                (
                    "vectors",
                    f"select rowid from vectors_{generation}_rowids",
                    "id in (select chunk_id from chunk_vectors where vector is not null)",
                )
            )
        for name, there, condition in tables:
            expected = f"select id from chunks where generation = {generation} and {condition}"
            for text, query in (
                ("are missing from", f"{expected} except {there}"),
                ("are left over in", f"{there} except {expected}"),
            ):
                count = connection.execute(f"select count(*) from ({query})").get
                if count:
                    yield f"{count} passages {text} {name} of generation {generation}"
        wrong = connection.execute(
            "select count(*) from indexed where generation = ? and chunks != (select count(*) from chunks "
            "where chunks.document_id = indexed.document_id and chunks.generation = indexed.generation)",
            (generation,),
        ).get
        if wrong:
            yield f"{wrong} documents have lost passages"


def _passages(connection: apsw.Connection) -> Iterator[str]:
    """Every ready document has passages, and each is what its text reads at that place."""
    damaged = damaged_documents(connection)
    if damaged:
        yield f"{len(damaged)} documents have no passages, or passages that are not in their text"


def damaged_documents(connection: apsw.Connection) -> list[int]:
    """The rows of ready documents whose passages are missing or are not what the text reads there."""
    damaged = {
        id
        for (id,) in connection.execute(
            "select id from documents where status = 'ready' and removed is null and id not in "
            "(select document_id from indexed join generations on generations.id = generation "
            "where state = 'active' and chunks > 0) union "
            "select document_id from indexed where chunks != (select count(*) from chunks "
            "where chunks.document_id = indexed.document_id and chunks.generation = indexed.generation)"
        )
    }
    documents = connection.execute("select id from documents where removed is null").fetchall()
    for (id,) in documents:
        row = connection.execute("select text, layout from texts where document_id = ?", (id,)).fetchone()
        chunks = connection.execute(
            'select start, "end", text from chunks where document_id = ?', (id,)
        ).fetchall()
        if row is None:
            if chunks:
                damaged.add(id)
            continue
        text, edits = row[0], unpack_layout(row[1]).edits
        if not all(
            0 <= start < end <= len(text) and Reading(text, edits, start, end).text.strip() == shown
            for start, end, shown in chunks
        ):
            damaged.add(id)
    return sorted(damaged)


def _unfinished(connection: apsw.Connection) -> Iterator[str]:
    for id, report in connection.execute("select id, report from jobs where state = 'done'").fetchall():
        try:
            json.loads(report)
        except (TypeError, ValueError):
            yield f"job {id} has no readable report"


def _files(library: Library, stored: list[tuple[str, str]]) -> Iterator[str]:
    for name, content_hash in stored:
        path = library.copy(name)
        if path is None:
            yield "the library names a file outside itself"
        elif not path.is_file():
            yield f"the stored file {path.name} is gone"
        else:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != content_hash:
                    yield f"the stored file {path.name} is not what was added"
