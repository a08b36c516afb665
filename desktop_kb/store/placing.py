"""Store a file as a document, with its place, tags and values; parts of a transaction."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Final

import apsw

from desktop_kb.errors import Conflict, Problem
from desktop_kb.files import stored_path
from desktop_kb.records import (
    Cited,
    Extracted,
    File,
    JobOptions,
    Location,
    PageState,
    Value,
    counted_states,
    pack_states,
)
from desktop_kb.store import about, marking, passages
from desktop_kb.store.clock import now

#: The key under which the number of unread files in a document is kept, so that filters know it too.
LEFT_OUT: Final = "parts_left_out"
#: The key of a title that a person gave. The file's own is kept beside it, so that it can be had again.
TITLE: Final = "title"
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}")


def put_document(
    connection: apsw.Connection, file: File, extracted: Extracted | None, options: JobOptions
) -> tuple[int, int]:
    """Write the row of a file's document and its place; returns the row's id and its revision.

    When the content at a path changes, its document keeps its public id, its tags and the person's
    values. If that document has other places, it stays with them, and this path gets another document.
    """
    refuse_other(connection, file)
    title = extracted.title if extracted else PurePath(file.location.name).stem
    title = title.encode("utf-8", "replace").decode("utf-8")
    id = _row_of(connection, file, title)
    if extracted is None:  # a document that was read before keeps the title from its text
        query = "select title from documents join texts on document_id = id where id = ?"
        title = connection.execute(query, (id,)).get or title
    given = _title(connection, id, "user") or _title(connection, id, "reference")
    connection.execute(
        "update documents set content_hash = ?, type = ?, title = ?, size = ?, stored = ?, reading = ?, "
        "removed = null where id = ?",
        (file.content_hash, file.type, given or title, file.size, file.stored, file.reading, id),
    )
    # What is gone had the content from before; so had its parts.
    connection.execute(
        "delete from places where missing = 1 and part != '' and path in (select path from places "
        "where document_id = ? and missing = 1 and part = '' and path != ?)",
        (id, os.fsencode(file.path)),
    )
    connection.execute(
        "delete from places where document_id = ? and missing = 1 and (path, part) != (?, ?)",
        (id, os.fsencode(file.path), file.part),
    )
    leave_place(connection, file.location, id)
    put_place(connection, file, id)
    if extracted is not None:
        connection.execute("delete from tags where document_id = ? and source = 'file'", (id,))
        connection.execute("delete from metadata where document_id = ? and source = 'file'", (id,))
        set_values(connection, id, extracted.tags, _values(extracted), "file")
        if given is not None:
            set_values(connection, id, (), {TITLE: title}, "file")
        set_states(connection, id, pack_states(extracted.page_states))
        marking.set_own(connection, id, extracted.marks)
    set_user(connection, id, options)
    return int(id), int(connection.execute("select revision from documents where id = ?", (id,)).get)


def refuse_other(connection: apsw.Connection, file: File) -> None:
    """Raise Conflict if another content stands at the file's place than the one that was seen there."""
    if file.instead_of is None:
        return
    there = connection.execute(
        "select content_hash from documents join places on document_id = id "
        "where path = ? and part = ? and removed is null",
        (os.fsencode(file.path), file.part),
    ).get
    if there is not None and not file.replaces(there):
        raise Conflict("kept-apart", path=file.path, content=there)


def _values(extracted: Extracted) -> Mapping[str, Value]:
    """The file's values, and how many files in it were not read, if any."""
    if not extracted.parts_left_out:
        return extracted.metadata
    return {**extracted.metadata, LEFT_OUT: extracted.parts_left_out}


def set_states(connection: apsw.Connection, document_id: int, letters: str) -> None:
    """Store the states of a document's pages, and so their number."""
    connection.execute("update documents set page_states = ? where id = ?", (letters, document_id))
    if letters:
        connection.execute("update documents set pages = ? where id = ?", (len(letters), document_id))


def wait(connection: apsw.Connection, document_id: int, letters: str) -> None:
    """Store the states of a document's pages, some of which wait to be recognized; it waits too while it has no
    text."""
    set_states(connection, document_id, letters)
    connection.execute(
        "update documents set error_code = null, error_details = null, status = "
        "iif(exists (select 1 from texts where document_id = documents.id), 'ready', 'waiting') where id = ?",
        (document_id,),
    )


def count_pages(connection: apsw.Connection) -> tuple[Mapping[PageState, int], int]:
    """How many pages of all documents are in which state, and how many files in them were not read."""
    rows = connection.execute(
        "select page_states from documents where removed is null and page_states <> ''"
    ).fetchall()
    left_out = connection.execute(
        "select ifnull(sum(number), 0) from metadata join documents on id = document_id "
        "where key = ? and source = 'file' and removed is null",
        (LEFT_OUT,),
    ).get
    return counted_states("".join(letters for (letters,) in rows)), int(left_out)


def _row_of(connection: apsw.Connection, file: File, title: str) -> int:
    """The row of a file's document: a live one, one from the trash, or a new one."""
    row = connection.execute(
        "select id, (select count(*) from places as other where document_id = documents.id and missing != 1 "
        "and other.rowid != places.rowid) > 0 "
        "from documents join places on document_id = id where path = ? and part = ? and removed is null",
        (os.fsencode(file.path), file.part),
    ).fetchone()
    trashed = connection.execute(
        "select id from documents where content_hash = ? and removed is not null order by id desc limit 1",
        (file.content_hash,),
    ).get
    # Look for the same content first: two unreadable files with one content are one document too.
    live = connection.execute(
        "select id from documents where content_hash = ? and removed is null", (file.content_hash,)
    ).get
    if live is not None:
        id = live
    elif row and not row[1]:
        id = row[0]
    elif trashed is not None:
        id = trashed
        # Its parts, which went with it, are found again in the file.
        connection.execute(
            "delete from places where path in (select path from places where document_id = :id) and part != '' "
            "and document_id in (select id from documents where removed = (select removed from documents "
            "where id = :id))",
            {"id": id},
        )
        connection.execute("delete from places where document_id = ?", (id,))
    else:
        connection.execute(
            "insert into documents (uid, content_hash, type, title, status, size, added) "
            "values (?, ?, ?, ?, 'waiting', ?, ?)",
            (uuid.uuid4().hex[:16], file.content_hash, file.type, title, file.size, now()),
        )
        id = connection.last_insert_rowid()
        if row:
            copy_user(connection, row[0], id)
    return int(id)


def known(connection: apsw.Connection, uid: str) -> int:
    """A document's row by its public id."""
    id = connection.execute("select id from documents where uid = ?", (uid,)).get
    if id is None:
        raise Problem("not-found", what=uid)
    return int(id)


def stands(connection: apsw.Connection, document_id: int) -> list[Location]:
    """Where a document stands, files before parts."""
    rows = connection.execute(
        "select path, part from places where document_id = ? order by part != '', path, part", (document_id,)
    ).fetchall()
    return [Location(stored_path(path), part) for path, part in rows]


def put_place(connection: apsw.Connection, file: File, document_id: int) -> None:
    connection.execute(
        "insert into places (path, part, document_id, size, mtime_ns, volume, added) "
        "values (?, ?, ?, ?, ?, ?, ?) on conflict (path, part) do update set document_id = excluded.document_id, "
        "size = excluded.size, mtime_ns = excluded.mtime_ns, volume = excluded.volume, missing = 0",
        (
            *(os.fsencode(file.path), file.part, document_id),
            *(file.size, file.mtime_ns, os.fsencode(file.volume), now()),
        ),
    )


def leave_place(connection: apsw.Connection, location: Location, document_id: int = -1) -> None:
    """The place now belongs to `document_id`, or to none. Its former document goes to the trash if it lives nowhere
    else."""
    old = connection.execute(
        "select document_id from places where path = ? and part = ? and document_id != ?",
        (os.fsencode(location.path), location.part, document_id),
    ).get
    if old is None:
        return
    count = connection.execute(
        "select count(*) from places where document_id = ? and missing != 1 and (path, part) != (?, ?)",
        (old, os.fsencode(location.path), location.part),
    ).get
    if not count:
        connection.execute("update documents set removed = ? where id = ? and removed is null", (now(), old))
        passages.drop(connection, old)


def set_title(connection: apsw.Connection, id: int, title: str) -> None:
    """Give a document another title, and its passages' words with it."""
    if connection.execute("select title from documents where id = ?", (id,)).get != title:
        connection.execute("update documents set title = ? where id = ?", (title, id))
        passages.set_title(connection, id, title)


def _title(connection: apsw.Connection, id: int, source: str) -> str | None:
    """The title that is kept as the person's or a bibliography's, or as the file's beside that."""
    query = "select text from metadata where document_id = ? and key = ? and source = ?"
    found: str | None = connection.execute(query, (id, TITLE, source)).get
    return found


def _give_title(connection: apsw.Connection, id: int, title: str) -> None:
    """The person's title, or that of a bibliography which is stored after this; '' brings back what was beneath it."""
    of_file = _title(connection, id, "file")
    if not title:
        cited = _title(connection, id, "reference")
        kept = "source = 'user'" if cited else "source != 'reference'"
        connection.execute(f"delete from metadata where document_id = ? and key = ? and {kept}", (id, TITLE))
        title = cited or of_file or ""
    elif of_file is None:
        shown = connection.execute("select title from documents where id = ?", (id,)).get
        set_values(connection, id, (), {TITLE: shown}, "file")
    if title:
        set_title(connection, id, title)


def edit_user(
    connection: apsw.Connection,
    id: int,
    tags: Sequence[str],
    untag: Sequence[str],
    metadata: Mapping[str, Value],
) -> None:
    """Change the tags and the person's own values; '' deletes a value."""
    for tag in untag:
        connection.execute("delete from tags where document_id = ? and tag = ?", (id, tag))
    for key in metadata:
        connection.execute(
            "delete from metadata where document_id = ? and key = ? and source = 'user'", (id, key)
        )
    if metadata.get(TITLE) == "":
        _give_title(connection, id, "")
    kept = {key: value for key, value in metadata.items() if value != ""}
    set_user(connection, id, JobOptions(tags=tuple(tags), metadata=kept))


def set_user(connection: apsw.Connection, document_id: int, options: JobOptions) -> None:
    if TITLE in options.metadata:
        _give_title(connection, document_id, str(options.metadata[TITLE]))
    set_values(connection, document_id, options.tags, options.metadata, "user")
    if options.cited is not None:
        _set_cited(connection, document_id, options.cited)
    about.index(connection, document_id)


def _set_cited(connection: apsw.Connection, id: int, cited: Cited) -> None:
    """What a bibliography says of a document is this, and no longer what it said before."""
    for table in ("tags", "metadata"):
        connection.execute(f"delete from {table} where document_id = ? and source = 'reference'", (id,))
    if _title(connection, id, "user") is None:
        _give_title(connection, id, str(cited.metadata.get(TITLE, "")))
    set_values(connection, id, cited.tags, cited.metadata, "reference")


def set_values(
    connection: apsw.Connection, id: int, tags: Sequence[str], metadata: Mapping[str, Value], source: str
) -> None:
    for tag in tags:
        connection.execute(
            "insert into tags values (?, ?, ?) on conflict do update set source = "
            "max(source, excluded.source)",  # file, reference, user
            (id, tag, source),
        )
    for key, value in metadata.items():
        # A number of more than 18 digits may not fit SQLite's 64-bit integer, so it is stored as text.
        number = int(value) if _INTEGER.fullmatch(str(value)) else None
        connection.execute(
            "insert or replace into metadata values (?, ?, ?, ?, ?)", (id, key, source, number, str(value))
        )


def copy_user(connection: apsw.Connection, old: int, new: int) -> None:
    """Another document gets the tags and values of this one that are not its file's, and the person's marks."""
    for table, columns in (("tags", "tag, source"), ("metadata", "key, source, number, text")):
        connection.execute(
            f"insert or ignore into {table} (document_id, {columns}) select ?, {columns} from {table} "
            "where document_id = ? and source != 'file'",
            (new, old),
        )
    marking.copy(connection, old, new)
