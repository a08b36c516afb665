"""The tables of a library on an engine: a database each.

A document's row is a record in JSON, beside it what is looked up in SQL. Passages are in a table for each
generation, with the engine's full-text and vector indexes.
"""

from __future__ import annotations

import json
import uuid
from typing import Final

from desktop_kb.errors import StorageProblem
from desktop_kb.records import Fingerprint, Reader
from desktop_kb.remote.session import Session

#: 2: records say who changed what, and have the marks that are shared (those of a library of form 1 say nothing).
VERSION: Final = 2
_OLDEST: Final = 1
_PARSER: Final = "with parser space parser_properties=(min_token_size=1, max_token_size=84)"
_TABLES: Final = (
    # One row; each writer holds it until its transaction ends. `changed` counts writes.
    "create table library (id char(16) not null, version int not null, changed bigint not null, "
    "only_one tinyint primary key)",
    # `live` is the content hash while it is not in the trash: one content is one document.
    "create table documents (id bigint primary key auto_increment, uid char(16) not null unique, "
    "content_hash varchar(255) not null, live varchar(255) unique, revision bigint not null, changed bigint not null, "
    "removed tinyint not null, status varchar(16) not null, title text not null, type varchar(32) not null, "
    "waits tinyint not null, record mediumtext not null, key by_change (changed), key by_content (content_hash))",
    # What documents are found by: s a place, p a path, t a title, n a file's name, f what a filter asks for.
    "create table found_by (document bigint not null, kind char(1) not null, hash char(32) not null, "
    "primary key (document, kind, hash), key by_hash (kind, hash))",
    "create table texts (document bigint primary key, text longtext not null, text_hash varchar(64) not null, "
    "layout longblob not null)",
    "create table generations (id int primary key, state varchar(16) not null, fingerprint text not null)",
    # `words` and `grams` are lengths in terms, for their means.
    "create table indexed (document bigint not null, generation int not null, reader int not null, "
    "chunks int not null, covered int not null, words bigint not null, grams bigint not null, "
    "primary key (document, generation), key by_generation (generation))",
    "create table encoded (document bigint not null, generation int not null, reader int not null, "
    "covered int not null, primary key (document, generation, reader))",
)


def create(session: Session) -> None:
    """Create the tables, if there are none."""
    if session.value("select count(*) from information_schema.tables where table_schema = database()"):
        return
    for statement in _TABLES:
        session.run(statement)
    session.run("insert into library values (%s, %s, 0, 1)", (uuid.uuid4().hex[:16], VERSION))


def check(session: Session, name: str) -> str:
    """The library's id.

    Raises:
        StorageProblem: see `refuse_other`.
    """
    id, version = session.rows("select id, version from library")[0]
    refuse_other(version, name)
    return str(id)


def refuse_other(version: int, name: str) -> None:
    """A library of an older form is read as it is, and is of this one with the first change of a document.

    Raises:
        StorageProblem: a newer version of the program made it ('newer-library'), or one that is too old ('older-team').
    """
    if version > VERSION:
        raise StorageProblem("newer-library", path=name)
    if version < _OLDEST:
        raise StorageProblem("older-team", path=name)


def create_generation(session: Session, id: int, fingerprint: Fingerprint) -> None:
    """Create the tables of a generation: its passages, and the terms that they have had."""
    readers = "".join(
        f", v{number} vector({reader.dimensions}), h{number} blob, s{number} mediumblob, "
        f"vector index nearest_{number} (v{number}) with (distance=cosine, type=hnsw_sq, lib=vsag)"
        for number, reader in enumerate(fingerprint.readers, 1)
    )
    session.run(
        f"create table passages_{id} (id bigint primary key auto_increment, document bigint not null, "
        "begins bigint not null, ends bigint not null, page int, last_page int, heading text not null, "
        "tokens int not null, coverage double not null, text mediumtext not null, sentences mediumblob not null, "
        "terms mediumblob not null, w mediumtext not null, g mediumtext not null, key by_document (document), "
        f"fulltext index words (w) {_PARSER}, fulltext index grams (g) {_PARSER}{readers})"
    )
    session.run(
        f"create table terms_{id} (kind char(1) not null, term varchar(255) not null, primary key (kind, term))"
    )


def drop_generation(session: Session, id: int) -> None:
    """Delete a generation."""
    for statement in (
        f"drop table if exists passages_{id}",
        f"drop table if exists terms_{id}",
        f"delete from indexed where generation = {id}",
        f"delete from encoded where generation = {id}",
        f"delete from generations where id = {id}",
    ):
        session.run(statement)


def packed(fingerprint: Fingerprint) -> str:
    """A fingerprint as it is stored."""
    readers = [(reader.model, reader.fingerprint, reader.dimensions) for reader in fingerprint.readers]
    return json.dumps([readers, fingerprint.chunking, fingerprint.terms, fingerprint.reading])


def unpacked(text: str) -> Fingerprint:
    """The fingerprint that `packed` packed."""
    readers, chunking, terms, reading = json.loads(text)
    return Fingerprint(tuple(Reader(*one) for one in readers), chunking, terms, reading)
