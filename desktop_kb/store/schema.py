"""The tables, and the numbered steps that lead to them.

A migration is never edited once released; a database from a newer version is refused; an
older one is copied before it is changed. The tables of one generation (words, grams, vectors)
are derived: `create_generation` makes them, dropping them loses nothing.

Contentless FTS5 tables over text that is cut into terms *before* the transaction, instead of
external-content tables with a tokenizer inside: measured on 960 Chinese passages (242,000
characters) .02 s instead of .89 s within the transaction, and deleting them 6 ms instead of
1.17 s, because an external-content table has to cut the old text again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import numpy as np

from desktop_kb import language
from desktop_kb.errors import StorageProblem
from desktop_kb.store import vectors
from desktop_kb.store.connection import transaction
from desktop_kb.store.seal import loosen_seal

#: 'DsKB', so that `file` and we know the database for ours.
APPLICATION_ID = 0x44734B42
#: A row of the FTS tables: words (title, heading, body), then grams (all of it, single characters).
Terms = tuple[str, str, str, str, str]


def _m001_initial(connection: apsw.Connection) -> None:
    for statement in (
        # One row a content; `removed` is set while it lies in the trash.
        """create table documents (
            id integer primary key, uid text not null unique, content_hash text not null,
            type text not null, title text not null, status text not null,
            language text not null default '', pages integer not null default 0,
            size integer not null, stored text, error_code text, error text,
            added text not null, removed text) strict""",
        "create unique index documents_content on documents (content_hash) where removed is null",
        "create index documents_status on documents (status) where removed is null",
        # Apart, so that listing documents does not walk over their texts.
        """create table texts (
            document_id integer primary key references documents on delete cascade,
            text text not null, text_hash text not null, layout blob not null) strict""",
        # A path is bytes: file names need not be valid Unicode.
        """create table places (
            path blob primary key, document_id integer not null references documents on delete cascade,
            size integer not null, mtime_ns integer not null, missing integer not null default 0,
            added text not null) strict""",
        "create index places_document on places (document_id)",
        """create table tags (
            document_id integer not null references documents on delete cascade,
            tag text not null, source text not null, primary key (document_id, tag)) strict, without rowid""",
        "create index tags_tag on tags (tag)",
        """create table metadata (
            document_id integer not null references documents on delete cascade,
            key text not null, source text not null, number integer, text text not null,
            primary key (document_id, key, source)) strict, without rowid""",
        "create index metadata_key on metadata (key, text collate nocase)",
        # The queue. `report` is there when the job has ended.
        """create table jobs (
            id integer primary key, kind text not null, path blob not null, document_id integer,
            state text not null, options text not null, attempts integer not null default 0,
            report text, created text not null) strict""",
        "create index jobs_state on jobs (state, id)",
        # Work done and not yet visible.
        """create table staged_texts (
            content_hash text primary key, extracted blob not null, layout blob not null,
            created text not null) strict""",
        """create table staged_windows (
            text_hash text not null, fingerprint text not null, window integer not null,
            vectors blob not null, created text not null,
            primary key (text_hash, fingerprint, window)) strict""",
        """create table generations (
            id integer primary key, fingerprint text not null, model text not null,
            dimensions integer not null, state text not null, created text not null) strict""",
        "create unique index generations_active on generations (state) where state = 'active'",
        """create table indexed (
            document_id integer not null references documents on delete cascade,
            generation integer not null references generations on delete cascade,
            chunks integer not null, covered integer not null, -- covered: -1 = no model was there
            primary key (document_id, generation)) strict, without rowid""",
        "create table chunks (id integer primary key, generation integer not null, "
        "document_id integer not null references documents on delete cascade, "
        'start integer not null, "end" integer not null, page integer, last_page integer, '
        "heading text not null, tokens integer not null, coverage real not null, "
        "text text not null, title text not null) strict",
        "create index chunks_document on chunks (document_id, generation)",
        # Two levels: the chunk's vector as float16, its sentences' as int8, in one row of a plain
        # table, since a rowid lookup into vec0 costs .5 ms and here nothing.
        """create table chunk_vectors (
            chunk_id integer primary key references chunks on delete cascade,
            vector blob, sentences blob not null, sentence_vectors blob) strict""",
    ):
        connection.execute(statement)


def _m002_bits(connection: apsw.Connection) -> None:
    """vec0 holds bits, not the vectors themselves, which lie in `chunk_vectors`: done by the fourth step."""


def _m003_simplified(connection: apsw.Connection) -> None:
    """Traditional characters are simplified by another table: passages that hold a character for
    which the two differ are cut into words again. No vector depends on it.

    They differ for 566 characters: none but those named here of GB 2312's 6,763 and of the 5,401
    common ones of Big5. (4 s for 100,000 passages without any; 1 s more for each 1,000 that are cut.)
    """
    rows = [bytes((lead, trail)) for lead in range(0xA4, 0xF8) for trail in range(0x40, 0xFF)]
    common = {char for row in rows if row[0] >= 0xB0 for char in row.decode("gb2312", "ignore")}
    common |= {char for row in rows if row <= b"\xc6\x7e" for char in row.decode("big5", "ignore")}
    common -= set("嬝痲箠篛苧谿逕鑤渖甯袷醯镟")
    for (generation,) in connection.execute("select id from generations where state != 'old'").fetchall():
        if not connection.execute("select 1 from sqlite_schema where name = ?", (f"words_{generation}",)).get:
            continue
        for id, title, heading, text in connection.execute(
            "select id, title, heading, text from chunks where generation = ?", (generation,)
        ):
            heading = " ".join(json.loads(heading))
            if any(map(language.is_han, {*title, *heading, *text} - common)):
                for table in ("words", "grams"):
                    connection.execute(f"delete from {table}_{generation} where rowid = ?", (id,))
                insert_terms(connection, generation, id, cut_terms(title, heading, text))


def _m004_four_bits(connection: apsw.Connection) -> None:
    """vec0 holds four bits of each component: its tables are made anew (15 s for a million chunks)."""
    for id, dimensions in connection.execute("select id, dimensions from generations").fetchall():
        table = f"vectors_{id}"
        if dimensions and connection.execute("select 1 from sqlite_schema where name = ?", (table,)).get:
            connection.execute(f"drop table {table}")
            vectors.create(connection, table, dimensions)
            for chunk, blob in connection.execute(
                "select chunk_id, vector from chunk_vectors join chunks on chunks.id = chunk_id "
                "where generation = ? and vector is not null",
                (id,),
            ):
                vectors.insert(connection, table, chunk, np.frombuffer(blob, "<f2").astype(np.float32))


MIGRATIONS: tuple[Callable[[apsw.Connection], None], ...] = (
    _m001_initial,
    _m002_bits,
    _m003_simplified,
    _m004_four_bits,
)


def migrate(connection: apsw.Connection, path: Path) -> bool:
    """Bring the database to this version; whether anything was written.

    Raises:
        StorageProblem: it is from a newer version ('newer-library') or not ours at all.
    """
    version = int(connection.pragma("user_version"))
    if version > len(MIGRATIONS):
        raise StorageProblem("newer-library", path=str(path))
    # Only now: a database that is refused is left as it is, and an older one is copied as it is.
    if 0 < version < len(MIGRATIONS):
        connection.pragma("wal_checkpoint", "truncate")
        shutil.copy2(path, path.with_suffix(f".version-{version}.sqlite"))
    changed = bool(connection.pragma("journal_mode") != "wal")
    if changed:
        loosen_seal(connection)
        connection.pragma("journal_mode", "wal")
    if version == len(MIGRATIONS):
        return changed
    with transaction(connection):
        version = int(connection.pragma("user_version"))  # another process may have been first
        for number in range(version, len(MIGRATIONS)):
            MIGRATIONS[number](connection)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(MIGRATIONS))
    return True


def create_generation(connection: apsw.Connection, generation: int, dimensions: int) -> None:
    """Make the derived tables of a generation; `dimensions` 0 means no vectors."""
    terms = "content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'"
    connection.execute(f"create virtual table words_{generation} using fts5(title, heading, body, {terms})")
    connection.execute(f"create virtual table grams_{generation} using fts5(grams, characters, {terms})")
    for name in ("words", "grams"):
        # Few, large segments: search opens each of them for each term.
        connection.execute(
            f"insert into {name}_{generation} ({name}_{generation}, rank) values ('automerge', 4)"
        )
    if dimensions:
        vectors.create(connection, f"vectors_{generation}", dimensions)


def cut_terms(title: str, heading: str, text: str) -> Terms:
    """What a passage is found by."""
    together = f"{title}\n{heading}\n{text}"
    return (
        " ".join(language.words(title)),
        " ".join(language.words(heading)),
        " ".join(language.words(text)),
        " ".join(language.grams(together)),
        " ".join(language.characters(together)),
    )


def insert_terms(connection: apsw.Connection, generation: int, id: int, terms: Terms) -> None:
    """Put a passage's terms into the tables of a generation."""
    connection.execute(
        f"insert into words_{generation} (rowid, title, heading, body) values (?, ?, ?, ?)", (id, *terms[:3])
    )
    connection.execute(
        f"insert into grams_{generation} (rowid, grams, characters) values (?, ?, ?)", (id, *terms[3:])
    )


def drop_tables(connection: apsw.Connection, generation: int) -> None:
    """Remove the derived tables of a generation."""
    for name in ("words", "grams", "vectors"):
        connection.execute(f"drop table if exists {name}_{generation}")


def drop_generation(connection: apsw.Connection, generation: int) -> None:
    """Remove a generation: its tables, its chunks and its row."""
    drop_tables(connection, generation)
    connection.execute("delete from chunks where generation = ?", (generation,))
    connection.execute("delete from generations where id = ?", (generation,))
