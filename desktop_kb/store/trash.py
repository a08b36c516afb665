"""What goes into the trash and comes out of it: documents, each with the parts of its file."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence

import apsw

from desktop_kb.errors import Problem
from desktop_kb.records import JobOptions, Location, Place
from desktop_kb.store import about, parts, passages, placing
from desktop_kb.store.clock import now
from desktop_kb.store.queue import put


def remove(connection: apsw.Connection, documents: Sequence[str]) -> None:
    """Move documents, by public id, into the trash, with the parts that stand nowhere else."""
    moment = now()
    for uid in documents:
        id = placing.known(connection, uid)
        gone = [id]
        for location in placing.stands(connection, id):
            for part, one in list(parts.under(connection, location)):
                if _is_only_in(connection, one, id):
                    gone.append(one)
                else:
                    parts.drop(connection, part)
        for one in dict.fromkeys(gone):
            connection.execute(
                "update documents set removed = ? where id = ? and removed is null", (moment, one)
            )
            passages.drop(connection, one)


def remove_note(connection: apsw.Connection, place: Place, content_hash: str, stored: str) -> str:
    """Move the document of a file into the trash that goes there too: its content is the library's copy of this name.
    Where the document stands elsewhere too it stays, and another one goes in its place; returns the id of that which
    went."""
    uid = place.document
    id = placing.known(connection, uid)
    here = (os.fsencode(place.path), place.part)
    elsewhere = connection.execute(
        "select exists (select 1 from places where document_id = ? and missing != 1 and (path, part) != (?, ?))",
        (id, *here),
    ).get
    if elsewhere:
        uid = uuid.uuid4().hex[:16]
        connection.execute(
            "insert into documents (uid, content_hash, type, title, status, language, pages, size, added, removed) "
            "select ?, content_hash, type, title, status, language, pages, size, added, ? from documents where id = ?",
            (uid, now(), id),
        )
        other = connection.last_insert_rowid()
        connection.execute(
            "insert into texts select ?, text, text_hash, layout from texts where document_id = ?",
            (other, id),
        )
        placing.copy_user(connection, id, other)
        connection.execute("update places set document_id = ? where (path, part) = (?, ?)", (other, *here))
        about.index(connection, id)
    else:
        remove(connection, [uid])
    connection.execute(
        "update documents set content_hash = ?, stored = ? where uid = ?", (content_hash, stored, uid)
    )
    return uid


def restore(connection: apsw.Connection, document: str) -> tuple[Location, ...]:
    """Take a document out of the trash, with what went there with it, and queue where it stands.

    If the same content was added again meanwhile, that newer document takes over its tags, values and places.

    Raises:
        Problem: it is not in the trash ('not-found'), or other documents now have all its places ('vanished').
    """
    row = connection.execute(
        "select id, removed from documents where uid = ? and removed is not null", (document,)
    ).fetchone()
    if row is None:
        raise Problem("not-found", what=document)
    id, moment = row
    host = _removed_host(connection, id)
    if host is not None:
        return restore(connection, host)
    with_it = {one for at in placing.stands(connection, id) for _, one in parts.under(connection, at)}
    found = [*_restore(connection, id)]
    for one in connection.execute(
        "select id from documents where removed = ? and id in (select value from json_each(?)) order by id",
        (moment, json.dumps(sorted(with_it))),
    ).fetchall():
        found += _restore(connection, one[0])
    return tuple(found)


def _restore(connection: apsw.Connection, id: int) -> list[Location]:
    content_hash = connection.execute("select content_hash from documents where id = ?", (id,)).get
    found = placing.stands(connection, id)
    twin = connection.execute(
        "select id from documents where content_hash = ? and removed is null", (content_hash,)
    ).get
    if twin is not None:
        placing.copy_user(connection, id, twin)
        connection.execute("update places set document_id = ? where document_id = ?", (twin, id))
        connection.execute("delete from documents where id = ?", (id,))
    elif not found:
        raise Problem("vanished")
    else:
        # In the same transaction: a kill must not leave a waiting document without a job.
        put(connection, found, JobOptions(), "read")
        connection.execute("update documents set removed = null, status = 'waiting' where id = ?", (id,))
    return found


def _is_only_in(connection: apsw.Connection, id: int, host: int) -> bool:
    """Whether a part's document stands in files of this document only."""
    hosts = {path for (path,) in connection.execute("select path from places where document_id = ?", (host,))}
    places = connection.execute("select path, part from places where document_id = ?", (id,)).fetchall()
    return all(part and path in hosts for path, part in places)


def _removed_host(connection: apsw.Connection, id: int) -> str | None:
    """The document, by public id, of the file in which a part stands, if it is in the trash too and the part
    stands nowhere else."""
    hosts = connection.execute(
        "select host.uid, host.removed, own.part from places as own left join places as outer on "
        "outer.path = own.path and outer.part = '' left join documents as host on host.id = outer.document_id "
        "where own.document_id = ?",
        (id,),
    ).fetchall()
    if any(part == "" or removed is None for _, removed, part in hosts):
        return None
    return hosts[0][0] if hosts else None
