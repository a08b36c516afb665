"""A person's own marks in a library that is elsewhere: here, on copies of the texts that are marked.

The copies are brought up to the library's texts when marks are asked for, and marks follow their words as in a library
of one's own. What others have shared stands among them.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

import apsw

from desktop_kb import codec
from desktop_kb.anchoring import Anchor, Change, anchor
from desktop_kb.errors import Problem
from desktop_kb.records import Colour, Document, Documents, Filter, Layout, Mark, SharedMark, SharedMarks
from desktop_kb.store import marking
from desktop_kb.store.clock import now
from desktop_kb.store.database import Database
from desktop_kb.store.filters import documents_where
from desktop_kb.store.marks import BY, Marks

_Shared = Mapping[str, Sequence[SharedMark]]


class TeamDocuments(Documents, Protocol):
    """Documents that are elsewhere: what is known of many of them is asked for at once."""

    def contents(self, documents: Sequence[str]) -> Mapping[str, str]:
        """The content hashes of these documents, by public id; without those that do not exist."""


class PrivateMarks(Marks):
    """Args:
    documents: those of the library; the local ones are copies, and only of what is marked.
    shared: what people have shared there.
    """

    def __init__(self, database: Database, documents: TeamDocuments, shared: SharedMarks) -> None:
        super().__init__(database)
        self._documents, self._shared = documents, shared

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        uids: Sequence[str] | None = None,
    ) -> list[Mark]:
        """See `Marks`; also those that others have shared."""
        shared = self._shared.all()
        marked = {*self._marked(), *shared}
        chosen = marked if only is None else marked.intersection(only)
        if not chosen:
            return []
        found = self._documents.find(filters, only=sorted(chosen))
        self._copy(found, shared)
        known = {one.uid for marks in shared.values() for one in marks}
        marks = super().find((), only=[one.document for one in found], uids=uids)
        return [replace(mark, shared=mark.uid in known) for mark in marks]

    def documents_with(self, filter: Filter) -> list[str]:
        """The documents, by public id, whose marks a filter asks for."""
        shared = self._shared.all()
        self._copy(self._documents.find(only=sorted({*self._marked(), *shared})), shared)
        where, values = documents_where([replace(filter, excluded=False)])
        with self._database.read() as connection:
            return [uid for (uid,) in connection.execute(f"select uid from documents where {where}", values)]

    def add(self, document: str, start: int, end: int, *, comment: str, colour: Colour) -> str:
        """See `Marks`."""
        self._copy(self._known([document]))
        return super().add(document, start, end, comment=comment, colour=colour)

    def edit(self, uid: str, comment: str | None, colour: Colour | None) -> None:
        """See `Marks`; what is shared changes for all."""
        super().edit(uid, comment, colour)
        if any(mark.shared for mark in self.find(uids=[uid])):
            self.share([uid])

    def remove(self, uids: Sequence[str]) -> None:
        """See `Marks`; what is shared goes for all."""
        self.take_back([mark.uid for mark in self.find(uids=uids) if mark.shared and mark.is_mine])
        super().remove(uids)

    def put_back(self, marks: Sequence[Mark]) -> None:
        """See `Marks`; what another one shares stays theirs."""
        self._copy(self._known([mark.document for mark in marks]), self._shared.all())
        super().put_back(marks)
        self.share([mark.uid for mark in marks if mark.shared and mark.is_mine])

    # --- sharing

    def share(self, uids: Sequence[str]) -> None:
        """See `Marks`."""
        shared = defaultdict(list)
        for mark in self._mine(uids):
            if mark.start is not None and mark.end is not None:
                shared[mark.document].append(_to_share(mark, mark.start, mark.end))
        if shared:
            self._shared.share(shared)

    def take_back(self, uids: Sequence[str]) -> None:
        """See `Marks`."""
        taken = defaultdict(list)
        for mark in self._mine(uids):
            taken[mark.document].append(mark.uid)
        if taken:
            self._shared.take_back(taken)

    def _mine(self, uids: Sequence[str]) -> list[Mark]:
        mine = [mark for mark in self.find(uids=uids) if mark.is_mine] if uids else []
        if lost := set(uids) - {mark.uid for mark in mine}:
            raise Problem("no-mark", what=min(lost))
        return mine

    # --- copies

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

    def _copy(self, documents: Sequence[Document], shared: _Shared | None = None) -> None:
        """Have copies of these documents as the library has them now, with what is shared there if that is given."""
        with self._database.read() as connection:
            have = {
                uid: (version, title, path, part)
                for uid, version, title, path, part in connection.execute(
                    "select uid, content_hash, title, path, part from documents join places on document_id = id"
                )
            }
        contents = self._documents.contents([one.document for one in documents])
        for one in documents:
            if one.document not in contents:
                continue  # it was deleted meanwhile
            version = f"{one.document} {contents[one.document]} {one.chunks}"  # read anew it may say more
            if have.get(one.document) != (version, one.title, os.fsencode(one.path), one.part):
                text, layout = self._documents.text(one.document)
                self._database.write(partial(_write, document=one, version=version, text=text, layout=layout))
        if shared is not None:
            self._bring({id: shared.get(id, ()) for id in contents})

    def _bring(self, shared: _Shared) -> None:
        """Have the marks of others that are shared of these documents, and no more of them."""
        mine: set[str] = set()
        of_others = defaultdict(set)
        with self._database.read() as connection:
            for document, *mark in connection.execute(
                "select documents.uid, marks.uid, comment, colour, source from marks join documents on id = document"
            ):
                uid, *_, source = mark
                if source.startswith(BY):
                    of_others[document].add(tuple(mark))
                elif source == "user":
                    mine.add(uid)
        for document, marks in shared.items():
            theirs = [one for one in marks if one.uid not in mine]
            if of_others[document] != {(one.uid, one.comment, one.colour, BY + one.by) for one in theirs}:
                self._database.write(partial(_bring, document=document, shared=theirs))


def _to_share(mark: Mark, start: int, end: int) -> SharedMark:
    return SharedMark(
        mark.uid, start, end, mark.quote, mark.before, mark.after, mark.comment, mark.colour, mark.created
    )


def _bring(connection: apsw.Connection, document: str, shared: Sequence[SharedMark]) -> None:
    id, text = connection.execute(
        "select id, text from documents join texts on document_id = id where uid = ?", (document,)
    ).fetchall()[0]
    connection.execute(  # one of them may have been another document's
        "delete from marks where source like ? and (document = ? or uid in (select value from json_each(?)))",
        (f"{BY}%", id, json.dumps([one.uid for one in shared])),
    )
    change = Change(None, text)
    for one in shared:
        was = Anchor(one.start, one.end, one.quote, one.before, one.after)
        stands = text[one.start : one.end] == one.quote
        found = (one.start, one.end) if stands else change.find(was)
        at = anchor(text, *found) if found else was
        marking.insert(connection, one.uid, id, at, one.comment, one.colour, BY + one.by)
        connection.execute("update marks set created = ? where uid = ?", (one.created, one.uid))
        if found is None:
            connection.execute('update marks set start = null, "end" = null where uid = ?', (one.uid,))


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
        connection.execute("delete from marks where document = ? and source like ?", (id, f"{BY}%"))
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
