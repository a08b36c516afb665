"""The marks of a library: passages that a person has highlighted, and those that files have of their own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any, Final

import apsw

from desktop_kb import codec
from desktop_kb.anchoring import anchor
from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.files import stored_path
from desktop_kb.records import Colour, Filter, Layout, Mark
from desktop_kb.store import marking, placing
from desktop_kb.store.database import Database
from desktop_kb.store.filters import documents_where
from desktop_kb.store.marking import FIELDS
from desktop_kb.store.places import LIVING_FIRST

#: Characters of what is marked: some pages. A longer one is no passage.
LONGEST: Final = 20_000
#: Before the name of who shared a mark with others of a team's library, in its column `source`.
BY: Final = "by "
_PLACE: Final = f"(select {{}} from places where document_id = documents.id order by {LIVING_FIRST} limit 1)"


class Marks:
    """The marks of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- reading

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        uids: Sequence[str] | None = None,
    ) -> list[Mark]:
        """The marks of the documents that match, by document, in the order of its text; those adrift last.

        Args:
            only: the ids of the documents. `uids`: those of the marks.
        """
        where, values = documents_where(filters)
        for column, ids in (("documents.uid", only), ("marks.uid", uids)):
            if ids is not None:
                where += f" and {column} in (select value from json_each(?))"
                values.append(json.dumps(list(ids)))
        with self._database.read() as connection:
            rows = connection.execute(
                f"select documents.id, documents.uid, {_PLACE.format('path')}, {_PLACE.format('part')}, title, type, "
                f"{', '.join(f'marks.{field}' for field in FIELDS.split(', '))} "
                f"from marks join documents on documents.id = marks.document where {where} "
                "order by documents.id, marks.start is null, marks.start, marks.rowid",
                values,
            ).fetchall()
            layouts = {id: _layout(connection, id) for id in {row[0] for row in rows}}
        return [_mark(row, layouts[row[0]]) for row in rows]

    def count_adrift(self) -> int:
        """How many marks have no place in their document's text any more."""
        with self._database.read() as connection:
            return int(
                connection.execute(
                    "select count(*) from marks join documents on documents.id = marks.document "
                    "where removed is null and start is null"
                ).get
            )

    # --- writing

    def add(self, document: str, start: int, end: int, *, comment: str, colour: Colour) -> str:
        """Mark `[start, end)` of a document's text; returns the id of the mark.

        Raises:
            Problem: there is no such document ('not-found').
            UsageProblem: nothing is said there, or too much ('not-marked').
        """
        uid = uuid.uuid4().hex[:16]

        def write(connection: apsw.Connection) -> None:
            id = placing.known(connection, document)
            text = connection.execute("select text from texts where document_id = ?", (id,)).get or ""
            if not 0 <= start <= end <= len(text) or end - start > LONGEST:
                raise UsageProblem("not-marked", most=LONGEST)
            at = anchor(text, start, end)
            if not at.quote:
                raise UsageProblem("not-marked", most=LONGEST)
            marking.insert(connection, uid, id, at, comment, colour, "user")

        self._database.write(write, urgent=True)
        return uid

    def edit(self, uid: str, comment: str | None, colour: Colour | None) -> None:
        """Give one of the person's marks another comment or colour.

        Raises:
            Problem: there is no such mark ('no-mark').
        """

        def write(connection: apsw.Connection) -> None:
            connection.execute(
                "update marks set comment = ifnull(?, comment), colour = ifnull(?, colour) "
                "where uid = ? and source = 'user'",
                (comment, colour, uid),
            )
            if not connection.changes():
                raise Problem("no-mark", what=uid)

        self._database.write(write, urgent=True)

    def remove(self, uids: Sequence[str]) -> None:
        """Remove marks of the person.

        Raises:
            Problem: one of them does not exist ('no-mark'); then none is removed.
        """

        def write(connection: apsw.Connection) -> None:
            for uid in uids:
                connection.execute("delete from marks where uid = ? and source = 'user'", (uid,))
                if not connection.changes():
                    raise Problem("no-mark", what=uid)

        self._database.write(write, urgent=True)

    def share(self, uids: Sequence[str]) -> None:
        """Let the others of a team's library see these marks of the person.

        Raises:
            Problem: one of them does not exist ('no-mark'); then none is shared. Or the library is the person's own
                ('not-a-team').
        """
        raise Problem("not-a-team")

    def take_back(self, uids: Sequence[str]) -> None:
        """Let nobody else see these marks of the person; the same."""
        raise Problem("not-a-team")

    def repair(self) -> None:
        """Give those marks their places again that do not stand where they say."""

        def write(connection: apsw.Connection) -> None:
            for id in marking.damaged(connection):
                marking.mend(connection, id)

        self._database.write(write)

    def put_back(self, marks: Sequence[Mark]) -> None:
        """Put marks back that were removed; the text may have changed meanwhile."""

        def write(connection: apsw.Connection) -> None:
            for mark in marks:
                id = placing.known(connection, mark.document)
                connection.execute(
                    f"insert or ignore into marks ({FIELDS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'user', ?)",
                    (
                        *(mark.uid, id, mark.start, mark.end, mark.quote, mark.before, mark.after),
                        *(mark.comment, mark.colour, mark.created),
                    ),
                )
                marking.mend(connection, id)

        self._database.write(write, urgent=True)


def _layout(connection: apsw.Connection, id: int) -> Layout:
    packed = connection.execute("select layout from texts where document_id = ?", (id,)).get
    return Layout() if packed is None else codec.unpack_layout(packed)


def _mark(row: Sequence[Any], layout: Layout) -> Mark:
    _, document, path, part, title, type, uid, _, start, end, quote, before, after, *rest = row
    comment, colour, source, created = rest
    page = layout.page_at(start) if start is not None else None
    return Mark(
        uid=uid,
        document=document,
        path=stored_path(path) if path is not None else "",
        part=part or "",
        title=title,
        type=type,
        page=page,
        page_label=layout.pages[page - 1].label if page else "",
        start=start,
        end=end,
        quote=quote,
        before=before,
        after=after,
        comment=comment,
        colour=colour,
        created=created,
        own=source == "file",
        by=source.removeprefix(BY) if source.startswith(BY) else "",
    )
