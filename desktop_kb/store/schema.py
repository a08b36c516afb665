"""The numbered migrations that create the tables.

A migration is frozen once released: its statements and helpers are its own, and it imports nothing of
the program that may change (import-linter enforces that). So a migration never tokenizes or chunks text.
Where the program now does that differently, the migration records the version that was used, and the
indexer builds new passages while the old ones serve. A database from a newer version is refused.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apsw
import numpy as np
from numpy.typing import NDArray

from desktop_kb.errors import StorageProblem
from desktop_kb.store.connection import transaction
from desktop_kb.store.seal import loosen_seal

#: 'DsKB', by which `file` and this program recognize the database.
APPLICATION_ID = 0x44734B42


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
    """vec0 holds bits; the vectors themselves are in `chunk_vectors`. The fourth migration does this now."""


def _m003_simplified(connection: apsw.Connection) -> None:
    """Traditional characters are now simplified by another table, so older generations have other terms.
    A third part of their fingerprint marks that; the fifth migration reads it."""
    connection.execute("update generations set fingerprint = fingerprint || '/0'")


def _m004_four_bits(connection: apsw.Connection) -> None:
    """vec0 holds four bits of each component: rebuild its tables (15 s for a million chunks)."""
    for id, dimensions in connection.execute("select id, dimensions from generations").fetchall():
        table = f"vectors_{id}"
        if not dimensions or not _exists(connection, table):
            continue
        connection.execute(f"drop table {table}")
        columns = ", ".join(f"plane{number} bit[{8 * -(-dimensions // 8)}]" for number in range(4))
        connection.execute(f"create virtual table {table} using vec0({columns}, chunk_size=4096)")
        for chunk, blob in connection.execute(
            "select chunk_id, vector from chunk_vectors join chunks on chunks.id = chunk_id "
            "where generation = ? and vector is not null",
            (id,),
        ):
            vector = np.frombuffer(blob, "<f2").astype(np.float32)
            connection.execute(
                f"insert into {table} (rowid, plane0, plane1, plane2, plane3) "
                "values (?, vec_bit(?), vec_bit(?), vec_bit(?), vec_bit(?))",
                (chunk, *_m004_planes(vector)),
            )


def _m004_planes(vector: NDArray[np.float32]) -> list[bytes]:
    """The level of each component, one of twelve, as four bits."""
    step = 0.55 / 2 * np.linalg.norm(vector) / np.sqrt(len(vector))
    levels = np.clip(np.floor(vector / (step or 1)) + 6, 0, 11).astype(np.uint8)
    bits = [levels >= 4, levels >= 8, levels & 2 > 0, levels & 1 > 0]
    return [plane.tobytes() for plane in np.packbits(bits, axis=1, bitorder="little")]


def _m005_readers(connection: apsw.Connection) -> None:
    """A generation has several readers (embedding models), and the versions that it was made with; failures
    have a code and details; documents record the version that read them.

    Adds columns and tables, and rewrites the rows of documents, generations and jobs only.
    """
    for statement in (
        "create table library (id text not null) strict",
        "insert into library values (lower(hex(randomblob(8))))",
        "alter table documents add column error_details text",
        # By which version of the file readers it was read; 0: before there were versions.
        "alter table documents add column reading integer not null default 0",
        # A letter for each page: text, recognized, waiting, garbled, drawn, blank, none ('trwgdbn').
        "alter table documents add column page_states text not null default ''",
        # Counts its contents: what was computed from one of them is not stored beside another.
        "alter table documents add column revision integer not null default 0",
        "alter table staged_texts add column reading integer not null default 0",
        # The models of a generation, the first one of which is number 1. None: words only.
        """create table readers (
            generation integer not null references generations on delete cascade, number integer not null,
            model text not null, fingerprint text not null, dimensions integer not null,
            vectors text not null, -- its vec0 table
            primary key (generation, number)) strict, without rowid""",
        "insert into readers select id, 1, model, substr(fingerprint, 1, instr(fingerprint || '/', '/') - 1), "
        "dimensions, 'vectors_' || id from generations where dimensions > 0",
        "alter table generations add column chunking integer not null default 0",
        "alter table generations add column terms integer not null default 1",
        "alter table generations add column reading integer not null default 0",
        # By which of the readers a document was cut; 0: without a model.
        "alter table indexed add column reader integer not null default 1",
        "update indexed set reader = 0 where covered < 0",
        # What the other readers have read of a document; `covered` as in `indexed`.
        """create table encoded (
            document_id integer not null, generation integer not null, reader integer not null,
            covered integer not null, primary key (document_id, generation, reader),
            foreign key (document_id, generation) references indexed on delete cascade) strict, without rowid""",
        # As in `chunk_vectors`, which holds those of reader 1.
        """create table reader_vectors (
            chunk_id integer not null references chunks on delete cascade, reader integer not null,
            vector blob, sentence_vectors blob, primary key (chunk_id, reader)) strict""",
    ):
        connection.execute(statement)
    for id, fingerprint in connection.execute("select id, fingerprint from generations").fetchall():
        _, chunking, terms = [*fingerprint.split("/"), "", ""][:3]
        connection.execute(
            "update generations set chunking = ?, terms = ? where id = ?",
            (int(chunking) if chunking.isdecimal() else 0, 0 if terms == "0" else 1, id),
        )
    for id, code, sentence in connection.execute(
        "select id, error_code, error from documents where error_code is not null"
    ).fetchall():
        details = json.dumps(_m005_details(code, sentence))
        connection.execute("update documents set error_details = ? where id = ?", (details, id))
    for id, text in connection.execute("select id, report from jobs where report is not null").fetchall():
        report = _m005_report(text)
        if report is not None:
            connection.execute("update jobs set report = ? where id = ?", (json.dumps(report), id))
    for table, column in (
        ("documents", "error"),
        ("generations", "fingerprint"),
        ("generations", "model"),
        ("generations", "dimensions"),
    ):
        connection.execute(f"alter table {table} drop column {column}")


def _m006_parts_and_pictures(connection: apsw.Connection) -> None:
    """A place may be a part of a file, such as an attachment, and knows the mount point of its drive; pages may be
    recognized in their pictures.

    Makes the table of places anew, a row for each file: its key has another column.
    """
    for statement in (
        """create table places_6 (
            path blob not null, part text not null default '', -- '' is the file itself
            document_id integer not null references documents on delete cascade,
            size integer not null, mtime_ns integer not null, missing integer not null default 0,
            volume blob not null default x'', added text not null, primary key (path, part)) strict""",
        "insert into places_6 select path, '', document_id, size, mtime_ns, missing, x'', added from places",
        "drop table places",
        "alter table places_6 rename to places",
        "create index places_document on places (document_id)",
        "alter table jobs add column part text not null default ''",
        # The job in which it was found that there is this one.
        "alter table jobs add column parent integer",
        "create index jobs_parent on jobs (parent) where parent is not null",
        # By content, so that they outlive a newer version of the readers; `page` from 0.
        """create table recognized (
            content_hash text not null, page integer not null, version integer not null, lines blob not null,
            created text not null, primary key (content_hash, page)) strict""",
        "create index documents_waiting on documents (id) where instr(page_states, 'w') > 0",
    ):
        connection.execute(statement)


def _m007_marks(connection: apsw.Connection) -> None:
    """Passages can be marked."""
    # Without a place (`start` and `end`) the words of `quote` are not in the text any more.
    connection.execute(
        """create table marks (
            uid text not null unique, document integer not null references documents on delete cascade,
            start integer, "end" integer, quote text not null, before text not null, after text not null,
            comment text not null, colour text not null, source text not null, created text not null) strict"""
    )
    connection.execute("create index marks_document on marks (document)")


def _m008_assistants_and_neighbours(connection: apsw.Connection) -> None:
    """What assistants ask is kept for a while, for the person to see. Passages have neighbours and a place."""
    for statement in (
        """create table asked (
            at text not null, client text not null, tool text not null, question text not null) strict""",
        "create index asked_at on asked (at)",
        # A row for each passage of the active generation; what of it stands in `chunks` too is here so that a look
        # at all of them does not walk over their texts. `near` are the ids of ten passages, the nearest first, 0 for
        # none, as uint32, then how much they are alike, as uint8 of 255; `place` are x and y as float32, NaN before
        # it has one. All in all 85 bytes.
        """create table neighbours (
            chunk_id integer primary key references chunks on delete cascade, generation integer not null,
            document_id integer not null, start integer not null, "end" integer not null, language text not null,
            near blob not null, place blob not null) strict""",
    ):
        connection.execute(statement)


def _m009_contents(connection: apsw.Connection) -> None:
    """Documents are found by their content, also those in the trash: for each file that was added all of them were
    looked through, 4 ms among 100,000."""
    connection.execute("create index documents_hash on documents (content_hash)")


#: Error code -> (pattern of the old sentence, name of the detail in it, how to convert the detail).
_M005_SENTENCES: Final[dict[str, tuple[str, str, Callable[[str], int | float | str]]]] = {
    "too-large": (r"The file is larger than the limit of (\d+) MiB\. ", "limit_mib", int),
    "took-too-long": (r"Reading the file took longer than (\S+) seconds\. ", "limit_s", float),
    "too-much-memory": (
        r"Reading the file needed more than ([\d.]+) GB of memory\. ",
        "limit_mib",
        lambda gib: round(float(gib) * 1024),
    ),
    "too-much-text": (
        r"The file holds more text than the limit of ([\d,]+) characters\. ",
        "limit_characters",
        lambda count: int(count.replace(",", "")),
    ),
    "unreadable": (r"The file could not be read: (.+)\. Check the disk it is on", "reason", str),
    "bug": (r"Something went wrong inside the program \((.+)\)\. The log has", "reason", str),
}


def _m005_details(code: str | None, sentence: str | None) -> dict[str, int | float | str]:
    """The details in the sentence of a failure, as far as they can be parsed."""
    pattern, name, value = _M005_SENTENCES.get(code or "", ("(?!)", "", str))
    found = re.match(pattern, sentence or "", re.DOTALL)
    try:
        return {name: value(found[1])} if found else {}
    except ValueError:
        return {}


def _m005_report(text: str) -> dict[str, Any] | None:
    """A job's report with details in place of its sentence; None if it cannot be parsed."""
    try:
        report = json.loads(text)
        sentence = report.pop("error", None)
    except (ValueError, AttributeError):  # damaged: `check` reports it
        return None
    report["error_details"] = _m005_details(report.get("error_code"), sentence)
    return dict(report)


def _exists(connection: apsw.Connection, table: str) -> bool:
    return bool(connection.execute("select count(*) from sqlite_schema where name = ?", (table,)).get)


MIGRATIONS: tuple[Callable[[apsw.Connection], None], ...] = (
    _m001_initial,
    _m002_bits,
    _m003_simplified,
    _m004_four_bits,
    _m005_readers,
    _m006_parts_and_pictures,
    _m007_marks,
    _m008_assistants_and_neighbours,
    _m009_contents,
)
#: Migrations that lose nothing, and rewrite nothing large and nothing of the person's own. They run without a
#: copy, which would take half a minute for a million passages, during which nobody can search.
_SMALL: Final = frozenset({5, 6, 7, 8, 9})


def migrate(connection: apsw.Connection, path: Path, *, to: int | None = None) -> bool:
    """Migrate the database to the current version; returns whether anything was written.

    Args:
        to: an earlier version to stop at, for a database that is being created.

    Raises:
        StorageProblem: it is from a newer version ('newer-library') or not ours at all.
    """
    last = len(MIGRATIONS) if to is None else to
    version = int(connection.pragma("user_version"))
    if version > last:
        raise StorageProblem("newer-library", path=str(path))
    # Nothing is written before this point, so that a refused database stays as it is and an older one
    # is copied as it was.
    if version > 0 and not _SMALL.issuperset(range(version + 1, last + 1)):
        connection.pragma("wal_checkpoint", "truncate")
        shutil.copy2(path, path.with_suffix(f".version-{version}.sqlite"))
    changed = bool(connection.pragma("journal_mode") != "wal")
    if changed:
        loosen_seal(connection)
        connection.pragma("journal_mode", "wal")
    if version == last:
        return changed
    try:
        with transaction(connection):
            version = int(connection.pragma("user_version"))  # another process may have been first
            for number in range(version, last):
                MIGRATIONS[number](connection)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", last)
    except apsw.SQLError as error:  # its tables do not match its user_version
        raise StorageProblem("database-damaged", path=str(path)) from error
    return True
