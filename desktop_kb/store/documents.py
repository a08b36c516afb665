"""Documents, the places they were added from, their tags and metadata, and the trash.

A document is one content; a place is a path where that content stands. Removing sets
`removed` and drops what is derived; the row, its text, tags and stored file stay until purged.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import apsw

from desktop_kb.errors import DocumentProblem, Problem
from desktop_kb.records import (
    Document,
    Extracted,
    File,
    FileReport,
    Filter,
    Job,
    JobOptions,
    Json,
    Layout,
    Place,
    Value,
)
from desktop_kb.store import codec, passages
from desktop_kb.store.clock import ago, now
from desktop_kb.store.database import Database
from desktop_kb.store.filters import BUILT_IN, documents_where
from desktop_kb.store.queue import finish, put

_INTEGER = re.compile(r"[+-]?\d{1,18}")


_PLACE = """select places.path, documents.uid, documents.type, places.size, places.mtime_ns,
    places.missing, documents.status, documents.content_hash, documents.stored, documents.pages,
    ifnull((select indexed.chunks from indexed join generations on generations.id = generation and state = 'active'
        where indexed.document_id = documents.id), 0), documents.error_code, documents.error_details
    from places join documents on documents.id = places.document_id where documents.removed is null"""


class Documents:
    """The documents of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- reading

    def find(
        self, filters: Sequence[Filter] = (), *, only: Sequence[str] | None = None, removed: bool = False
    ) -> list[Document]:
        """The documents that match, oldest first; with `removed`, of those in the trash.

        Args:
            only: of these public ids alone.
        """
        where, values = documents_where(filters, removed=removed)
        theirs, ids = "", list[str]()
        if only is not None:
            ids = [json.dumps(list(only))]
            where += " and uid in (select value from json_each(?))"
            theirs = "where document_id in (select id from documents where uid in (select value from json_each(?)))"
        with self._database.read() as connection:
            rows = connection.execute(
                f"select id, uid, title, type, status, pages, added, error_code, error_details, "
                f"ifnull((select indexed.chunks from indexed join generations on generations.id = generation "
                f"and state = 'active' where indexed.document_id = documents.id), 0) "
                f"from documents where {where} order by id",
                (*values, *ids),
            ).fetchall()
            places = _grouped(connection, f"select document_id, path from places {theirs} order by path", ids)
            tags = _grouped(connection, f"select document_id, tag from tags {theirs} order by tag", ids)
            metadata = _metadata(connection, theirs, ids)
        documents = []
        for id, uid, title, kind, status, pages, added, code, details, chunks in rows:
            paths = tuple(os.fsdecode(path) for path in places.get(id, ()))
            documents.append(
                Document(
                    document=uid,
                    path=paths[0] if paths else "",
                    places=paths,
                    title=title,
                    type=kind,
                    status=status,
                    pages=pages,
                    chunks=chunks,
                    tags=tuple(tags.get(id, ())),
                    metadata=metadata.get(id, {}),
                    added=added,
                    error_code=code,
                    error_details=_details(details),
                )
            )
        return documents

    def ids(self, filters: Sequence[Filter], *, removed: bool = False) -> frozenset[str]:
        """The public ids of the documents that match."""
        where, values = documents_where(filters, removed=removed)
        with self._database.read() as connection:
            return frozenset(
                row[0] for row in connection.execute(f"select uid from documents where {where}", values)
            )

    def below(self, path: str) -> list[str]:
        """The public ids of the documents that stand at this path or in the folder of this name."""
        wanted = os.path.normcase(path)
        folder = wanted.rstrip(os.sep) + os.sep
        with self._database.read() as connection:
            rows = connection.execute(
                "select uid, path from places join documents on id = document_id where removed is null order by id"
            ).fetchall()
        named = ((uid, os.path.normcase(os.fsdecode(place))) for uid, place in rows)
        return list(dict.fromkeys(uid for uid, name in named if name == wanted or name.startswith(folder)))

    def place(self, path: str) -> Place | None:
        """What the library knows of this path."""
        with self._database.read() as connection:
            row = connection.execute(f"{_PLACE} and places.path = ?", (os.fsencode(path),)).fetchone()
        return _place(row) if row else None

    def places(self) -> list[Place]:
        """Every known path."""
        with self._database.read() as connection:
            return [_place(row) for row in connection.execute(f"{_PLACE} order by places.path")]

    def with_content(self, content_hash: str) -> Place | None:
        """A place of the document that has this content, if there is one."""
        with self._database.read() as connection:
            row = connection.execute(
                f"{_PLACE} and documents.content_hash = ? limit 1", (content_hash,)
            ).fetchone()
        return _place(row) if row else None

    def text(self, document: str) -> tuple[str, Layout]:
        """The stored text of a document by its public id, and where things stand in it; '' as long as it
        was not read.

        Raises:
            Problem: there is no such document ('not-found').
        """
        with self._database.read() as connection:
            row = connection.execute(
                "select text, layout from documents left join texts on document_id = id where uid = ?",
                (document,),
            ).fetchone()
        if row is None:
            raise Problem("not-found", what=document)
        return (row[0], codec.unpack_layout(row[1])) if row[0] is not None else ("", Layout())

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        """A document's content hash, its copy within the library if there is one, and its places.

        Raises:
            Problem: there is no such document ('not-found').
        """
        with self._database.read() as connection:
            rows = connection.execute(
                "select content_hash, stored, path from documents left join places on document_id = id "
                "where uid = ? order by path",
                (document,),
            ).fetchall()
        if not rows:
            raise Problem("not-found", what=document)
        content_hash, stored = rows[0][:2]
        return content_hash, stored, tuple(os.fsdecode(row[2]) for row in rows if row[2] is not None)

    def keys(self) -> frozenset[str]:
        """Every key a filter can name."""
        with self._database.read() as connection:
            return BUILT_IN | {row[0] for row in connection.execute("select distinct key from metadata")}

    def counts(self) -> Mapping[str, int]:
        """How many documents are ready, failed and in the trash."""
        with self._database.read() as connection:
            rows = connection.execute(
                "select iif(removed is null, status, 'trash'), count(*) from documents group by 1"
            ).fetchall()
        return {"ready": 0, "failed": 0, "trash": 0} | dict(rows)

    # --- writing

    def tag(self, path: str, options: JobOptions) -> None:
        """Give the document at `path` these tags and values, as the person's own."""
        if options.tags or options.metadata:
            self._database.write(lambda connection: _set_user(connection, _id_of(connection, path), options))

    def edit(
        self,
        documents: Sequence[str],
        *,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> None:
        """Change tags and the person's own values of documents, by public id; '' drops a value.

        Raises:
            Problem: one is not there ('not-found'); then nothing is changed.
        """

        def write(connection: apsw.Connection) -> None:
            for uid in documents:
                id = _known(connection, uid)
                for tag in untag:
                    connection.execute("delete from tags where document_id = ? and tag = ?", (id, tag))
                for key in metadata or {}:
                    connection.execute(
                        "delete from metadata where document_id = ? and key = ? and source = 'user'",
                        (id, key),
                    )
                kept = {key: value for key, value in (metadata or {}).items() if value != ""}
                _set(connection, id, tags, kept, "user")

        self._database.write(write, urgent=True)

    def touch(self, file: File) -> None:
        """The place was looked at and holds what it held."""
        self._database.write(
            lambda connection: connection.execute(
                "update places set size = ?, mtime_ns = ?, missing = 0 where path = ?",
                (file.size, file.mtime_ns, os.fsencode(file.path)),
            )
        )

    def mark_missing(self, path: str, missing: bool) -> None:
        """The original is gone from this place (or back)."""
        self._database.write(
            lambda connection: connection.execute(
                "update places set missing = ? where path = ?", (int(missing), os.fsencode(path))
            )
        )

    def add_place(self, file: File, document: str, options: JobOptions, job: Job, report: FileReport) -> None:
        """Another file with the content of a document that is there."""

        def write(connection: apsw.Connection) -> None:
            id = _known(connection, document)
            _leave_place(connection, file.path, id)
            _put_place(connection, file, id)
            _set_user(connection, id, options)
            finish(connection, job, report)

        self._database.write(write)

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        """The file cannot be read: it becomes a row that says why, with Retry.

        A document that was read before keeps what it had: only its error is new.
        """

        def write(connection: apsw.Connection) -> None:
            document_id, _ = put_document(connection, file, None, job.options)
            connection.execute(
                "update documents set status = 'failed', error_code = ?, error_details = ? where id = ?",
                (problem.code, json.dumps(problem.details), document_id),
            )
            finish(connection, job, report)

        self._database.write(write)

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents, by public id, into the trash; what is derived from them goes at once.

        Raises:
            Problem: one is not there ('not-found'); then nothing is removed.
        """

        def write(connection: apsw.Connection) -> None:
            for uid in documents:
                id = _known(connection, uid)
                connection.execute(
                    "update documents set removed = ? where id = ? and removed is null", (now(), id)
                )
                passages.drop(connection, id)

        self._database.write(write, urgent=True)

    def restore(self, document: str) -> tuple[str, ...]:
        """Take a document out of the trash and put its places, which are returned, into the queue.

        Where its content has come back by another way meanwhile, that document gets its tags and
        values, and takes over its places.

        Raises:
            Problem: it is not in the trash ('not-found'), or other files stand at all its places
                now ('vanished').
        """

        def write(connection: apsw.Connection) -> tuple[str, ...]:
            row = connection.execute(
                "select id, content_hash from documents where uid = ? and removed is not null", (document,)
            ).fetchone()
            if row is None:
                raise Problem("not-found", what=document)
            id, content_hash = row
            paths = connection.execute("select path from places where document_id = ?", (id,)).fetchall()
            twin = connection.execute(
                "select id from documents where content_hash = ? and removed is null", (content_hash,)
            ).get
            if twin is not None:
                _copy_user(connection, id, twin)
                connection.execute("update places set document_id = ? where document_id = ?", (twin, id))
                connection.execute("delete from documents where id = ?", (id,))
            elif not paths:
                raise Problem("vanished")
            else:
                # In the same step: a kill must not leave a document that nobody will ever read.
                put(connection, [path for (path,) in paths], JobOptions(), "read")
                connection.execute(
                    "update documents set removed = null, status = 'waiting' where id = ?", (id,)
                )
            return tuple(os.fsdecode(path) for (path,) in paths)

        return self._database.write(write, urgent=True)

    def purge(self, days: int) -> frozenset[str]:
        """Forget what has lain in the trash for `days`; returns the stored files still needed."""
        before = ago(timedelta(days=days))

        def write(connection: apsw.Connection) -> frozenset[str]:
            connection.execute("delete from documents where removed < ?", (before,))
            kept = connection.execute("select stored from documents where stored is not null")
            return frozenset(stored for (stored,) in kept)

        return self._database.write(write)


# --- parts of a transaction; `index.put` uses them too ----------------------------------------


def put_document(
    connection: apsw.Connection, file: File, extracted: Extracted | None, options: JobOptions
) -> tuple[int, int]:
    """Write the row of a file's document and its place; returns the row's id and its revision.

    The document that stood at this path keeps its public id, tags and the person's values when
    its content changed; one with other places is left to them.
    """
    row = connection.execute(
        "select id, (select count(*) from places where document_id = documents.id) > 1 "
        "from documents join places on document_id = id where path = ? and removed is null",
        (os.fsencode(file.path),),
    ).fetchone()
    trashed = connection.execute(
        "select id from documents where content_hash = ? and removed is not null order by id desc limit 1",
        (file.content_hash,),
    ).get
    title = extracted.title if extracted else os.path.splitext(os.path.basename(file.path))[0]  # noqa: PTH119,PTH122
    title = title.encode("utf-8", "replace").decode("utf-8")
    # Two files with one content that cannot be read are one document too.
    live = connection.execute(
        "select id from documents where content_hash = ? and removed is null", (file.content_hash,)
    ).get
    if live is not None:
        id = live
    elif row and not row[1]:
        id = row[0]
    elif trashed is not None:
        id = trashed
        connection.execute("delete from places where document_id = ?", (id,))
    else:
        connection.execute(
            "insert into documents (uid, content_hash, type, title, status, size, added) "
            "values (?, ?, ?, ?, 'waiting', ?, ?)",
            (uuid.uuid4().hex[:16], file.content_hash, file.type, title, file.size, now()),
        )
        id = connection.last_insert_rowid()
        if row:
            _copy_user(connection, row[0], id)
    connection.execute(
        "update documents set content_hash = ?, type = ?, title = ?, size = ?, stored = ?, reading = ?, "
        "removed = null where id = ?",
        (file.content_hash, file.type, title, file.size, file.stored, file.reading, id),
    )
    _leave_place(connection, file.path, id)
    _put_place(connection, file, id)
    if extracted is not None:
        connection.execute("delete from tags where document_id = ? and source = 'file'", (id,))
        connection.execute("delete from metadata where document_id = ? and source = 'file'", (id,))
        _set(connection, id, extracted.tags, extracted.metadata, "file")
    _set_user(connection, id, options)
    return int(id), int(connection.execute("select revision from documents where id = ?", (id,)).get)


def _known(connection: apsw.Connection, uid: str) -> int:
    """A document's row by its public id."""
    id = connection.execute("select id from documents where uid = ?", (uid,)).get
    if id is None:
        raise Problem("not-found", what=uid)
    return int(id)


def _id_of(connection: apsw.Connection, path: str) -> int:
    return int(connection.execute("select document_id from places where path = ?", (os.fsencode(path),)).get)


def _put_place(connection: apsw.Connection, file: File, document_id: int) -> None:
    connection.execute(
        "insert into places (path, document_id, size, mtime_ns, added) values (?, ?, ?, ?, ?) "
        "on conflict (path) do update set document_id = excluded.document_id, size = excluded.size, "
        "mtime_ns = excluded.mtime_ns, missing = 0",
        (os.fsencode(file.path), document_id, file.size, file.mtime_ns, now()),
    )


def _leave_place(connection: apsw.Connection, path: str, document_id: int) -> None:
    """The path now holds another document; the one it held goes to the trash if it has no other."""
    old = connection.execute(
        "select document_id from places where path = ? and document_id != ?", (os.fsencode(path), document_id)
    ).get
    if old is None:
        return
    count = connection.execute("select count(*) from places where document_id = ?", (old,)).get
    if count == 1:
        connection.execute("update documents set removed = ? where id = ? and removed is null", (now(), old))
        passages.drop(connection, old)


def _set_user(connection: apsw.Connection, document_id: int, options: JobOptions) -> None:
    _set(connection, document_id, options.tags, options.metadata, "user")


def _set(
    connection: apsw.Connection, id: int, tags: Sequence[str], metadata: Mapping[str, Value], source: str
) -> None:
    for tag in tags:
        connection.execute(
            "insert into tags values (?, ?, ?) on conflict do update set source = "
            "iif(source = 'user', 'user', excluded.source)",
            (id, tag, source),
        )
    for key, value in metadata.items():
        # Beyond 18 digits SQLite's integers may end: such a number is text.
        number = int(value) if _INTEGER.fullmatch(str(value)) else None
        connection.execute(
            "insert or replace into metadata values (?, ?, ?, ?, ?)", (id, key, source, number, str(value))
        )


def _copy_user(connection: apsw.Connection, old: int, new: int) -> None:
    for table, columns in (("tags", "tag, source"), ("metadata", "key, source, number, text")):
        connection.execute(
            f"insert or ignore into {table} (document_id, {columns}) select ?, {columns} from {table} "
            "where document_id = ? and source = 'user'",
            (new, old),
        )


def _place(row: Sequence[Any]) -> Place:
    path, document, type, size, mtime_ns, missing, *known, details = row
    status, content_hash, stored, pages, chunks, code = known
    return Place(
        path=os.fsdecode(path),
        document=document,
        type=type,
        size=size,
        mtime_ns=mtime_ns,
        missing=bool(missing),
        status=status,
        content_hash=content_hash,
        stored=stored,
        pages=pages,
        chunks=chunks,
        error_code=code,
        error_details=_details(details),
    )


def _details(text: str | None) -> Json:
    return dict(json.loads(text)) if text else {}


def _grouped(connection: apsw.Connection, query: str, values: Sequence[str]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = {}
    for id, value in connection.execute(query, values):
        groups.setdefault(id, []).append(value)
    return groups


def _metadata(connection: apsw.Connection, where: str, ids: Sequence[str]) -> dict[int, dict[str, Value]]:
    """The values of the documents; the person's own hide the file's ('user' sorts last)."""
    values: dict[int, dict[str, Value]] = {}
    for id, key, number, text in connection.execute(
        f"select document_id, key, number, text from metadata {where} order by document_id, source, key", ids
    ):
        values.setdefault(id, {})[key] = text if number is None or str(number) != text else number
    return values
