"""A person's own marks in a library that is elsewhere: here, on copies of the texts that are marked.

The copies are brought up to the library's texts when marks are asked for, and marks follow their words as in a library
of one's own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import apsw

from desktop_kb import codec
from desktop_kb.errors import Problem
from desktop_kb.records import Colour, Document, Documents, Filter, Layout, Mark
from desktop_kb.store import marking
from desktop_kb.store.clock import now
from desktop_kb.store.database import Database
from desktop_kb.store.filters import documents_where
from desktop_kb.store.marks import Marks


class PrivateMarks(Marks):
    """Args:
    documents: those of the library; the local ones are copies, and only of what is marked.
    """

    def __init__(self, database: Database, documents: Documents) -> None:
        super().__init__(database)
        self._documents = documents

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        uids: Sequence[str] | None = None,
    ) -> list[Mark]:
        """See `Marks`."""
        marked = set(self._marked())
        chosen = marked if only is None else marked.intersection(only)
        if not chosen:
            return []
        found = self._documents.find(filters, only=sorted(chosen))
        self._copy(found)
        return super().find((), only=[one.document for one in found], uids=uids)

    def documents_with(self, filter: Filter) -> list[str]:
        """The documents, by public id, whose marks a filter asks for."""
        self._copy(self._documents.find(only=self._marked()))
        where, values = documents_where([replace(filter, excluded=False)])
        with self._database.read() as connection:
            return [uid for (uid,) in connection.execute(f"select uid from documents where {where}", values)]

    def add(self, document: str, start: int, end: int, *, comment: str, colour: Colour) -> str:
        """See `Marks`."""
        self._copy(self._known([document]))
        return super().add(document, start, end, comment=comment, colour=colour)

    def put_back(self, marks: Sequence[Mark]) -> None:
        """See `Marks`."""
        self._copy(self._known([mark.document for mark in marks]))
        super().put_back(marks)

    def _marked(self) -> list[str]:
        with self._database.read() as connection:
            rows = connection.execute("select uid from documents where id in (select document from marks)")
            return [uid for (uid,) in rows]

    def _known(self, ids: Sequence[str]) -> list[Document]:
        found = self._documents.find(only=list(dict.fromkeys(ids)))
        lost = set(ids) - {one.document for one in found}
        if lost:
            raise Problem("not-found", what=min(lost))
        return found

    def _copy(self, documents: Sequence[Document]) -> None:
        """Have copies of these documents as the library has them now."""
        with self._database.read() as connection:
            have = {
                uid: (version, title, path, part)
                for uid, version, title, path, part in connection.execute(
                    "select uid, content_hash, title, path, part from documents join places on document_id = id"
                )
            }
        for one in documents:
            content_hash, _, _ = self._documents.files(one.document)
            version = f"{one.document} {content_hash} {one.chunks}"  # read anew it may say more
            if have.get(one.document) != (version, one.title, os.fsencode(one.path), one.part):
                text, layout = self._documents.text(one.document)
                self._database.write(partial(_write, document=one, version=version, text=text, layout=layout))


def _write(connection: apsw.Connection, document: Document, version: str, text: str, layout: Layout) -> None:
    id = connection.execute("select id from documents where uid = ?", (document.document,)).get
    if id is None:
        connection.execute(
            "insert into documents (uid, content_hash, type, title, status, size, added) "
            "values (?, ?, ?, ?, 'ready', 0, ?)",
            (document.document, version, document.type, document.title, now()),
        )
        id = connection.last_insert_rowid()
    else:
        marking.follow(connection, id, text, {})
        connection.execute(
            "update documents set content_hash = ?, title = ? where id = ?", (version, document.title, id)
        )
    connection.execute(
        "insert or replace into texts (document_id, text, text_hash, layout) values (?, ?, ?, ?)",
        (id, text, version, codec.pack_layout(layout)),
    )
    connection.execute("delete from places where document_id = ?", (id,))
    connection.execute(
        "insert or replace into places (path, part, document_id, size, mtime_ns, added) values (?, ?, ?, 0, 0, ?)",
        (os.fsencode(document.path), document.part, id, now()),
    )
