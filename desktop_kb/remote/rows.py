"""The documents of a library within one transaction: found by id, content, place; saved with what they are found by.

A writer holds the library's row from its first write to its end, so writers follow each other and none deadlocks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Final

from desktop_kb.errors import Conflict, Problem
from desktop_kb.records import Extracted, File, JobOptions, Location, pack_states
from desktop_kb.remote import passages, schema
from desktop_kb.remote.row import Row, given, inherits, packed, said_by, spot, stands, unpacked, without
from desktop_kb.remote.session import Session
from desktop_kb.remote.tokens import digest

COLUMNS: Final = "id, uid, content_hash, revision, status, record"
FOUND: Final = (
    "select documents.id, uid, content_hash, revision, status, record from found_by "
    "join documents on documents.id = document where kind = %s and hash = %s"
)


def now(before: timedelta = timedelta()) -> str:
    """The current time, or that long before it; sorts as text."""
    return (datetime.now(UTC) - before).isoformat(timespec="seconds")


class Rows:
    """Documents to be read and written.

    Args:
        session: a writing transaction; it waits for its turn here.

    Attributes:
        changed: the number of this write among all of the library.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        session.run(
            "update library set changed = changed + 1, version = greatest(version, %s)", (schema.VERSION,)
        )
        changed, version = session.rows("select changed, version from library")[0]
        schema.refuse_other(version, session.library)
        self.changed = int(changed)

    # --- finding

    def known(self, uid: str) -> Row:
        """The document with this public id."""
        row = self._one("uid = %s", [uid])
        if row is None:
            raise Problem("not-found", what=uid)
        return row

    def find(self, uid: str) -> Row | None:
        """The same, if there is one."""
        return self._one("uid = %s", [uid])

    def live_with(self, content_hash: str) -> Row | None:
        """The document with this content that is not in the trash."""
        return self._one("live = %s", [content_hash])

    def trashed_with(self, content_hash: str) -> Row | None:
        """The newest with this content that is."""
        return self._one("content_hash = %s and removed order by id desc", [content_hash])

    def at(self, location: Location) -> Row | None:
        """The live document at a place."""
        found = self._found("s", spot(location), "and not removed")
        return next((row for row in found if location in row.places), None)

    def below(self, path: str) -> list[Row]:
        """The documents, also in the trash, at this path or in the file there."""
        return self._found("p", digest(path), "order by documents.id")

    def under(self, location: Location) -> list[tuple[Location, Row]]:
        """Every part in a file or a part, also of parts in it, with its document."""
        inside = f"{location.part}/" if location.part else ""
        return [
            (at, row)
            for row in self.below(location.path)
            for at in row.places
            if at.path == location.path and at.part and at.part.startswith(inside)
        ]

    def _one(self, where: str, values: Sequence[str]) -> Row | None:
        columns = self.session.row(f"select {COLUMNS} from documents where {where} limit 1", values)
        return unpacked(columns) if columns else None

    def _found(self, kind: str, hash: str, more: str) -> list[Row]:
        return [unpacked(columns) for columns in self.session.rows(f"{FOUND} {more}", [kind, hash])]

    # --- writing

    def save(self, row: Row) -> Row:
        """Write a document; one that is new gets its id. Its passages get the words that they have of it."""
        before = self._one("id = %s", [str(row.id)]) if row.id else None
        row = said_by(row, before, self.session.user, now())
        live = None if row.removed else row.content_hash
        columns = (
            row.content_hash, live, row.revision, self.changed, bool(row.removed), row.status, row.title, row.type,
            "w" in row.states, packed(row),
        )  # fmt: skip
        if before is None:
            id = self.session.run(
                "insert into documents (uid, content_hash, live, revision, changed, removed, status, title, type, "
                "waits, record) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (row.uid, *columns),
            )
            row = replace(row, id=id)
        else:
            self.session.run(
                "update documents set content_hash = %s, live = %s, revision = %s, changed = %s, removed = %s, "
                "status = %s, title = %s, type = %s, waits = %s, record = %s where id = %s",
                (*columns, row.id),
            )
        old, new = before.found_by() if before else set(), row.found_by()
        for at in row.places if live else ():
            if ("s", spot(at)) not in old:  # it is no more of who had it before, and is in the trash
                for other in self._found("s", spot(at), "and removed"):
                    self.save(without(other, [at]))
        for kind, hash in old - new:
            self.session.run(
                "delete from found_by where document = %s and kind = %s and hash = %s", (row.id, kind, hash)
            )
        self.session.many(
            "insert into found_by values (%s, %s, %s)", [(row.id, *one) for one in sorted(new - old)]
        )
        if before is not None and not row.removed and _words(before) != _words(row):
            passages.index_again(self.session, row)
        return row

    def delete(self, row: Row) -> None:
        """Delete a document for good."""
        passages.drop(self.session, row.id)
        for table, column in (("documents", "id"), ("found_by", "document"), ("texts", "document")):
            self.session.run(f"delete from {table} where {column} = %s", (row.id,))

    def trash(self, row: Row, moment: str) -> None:
        """Move a document into the trash; its passages are deleted at once."""
        passages.drop(self.session, row.id)
        self.save(replace(row, removed=moment))

    def leave(self, location: Location) -> None:
        """The place is another document's, or there no more: its document goes to the trash if it lives nowhere
        else."""
        row = self.at(location)
        if row is not None:
            rest = without(row, [location])
            if rest.lives():
                self.save(rest)
            else:
                self.trash(rest, now())

    def put(self, file: File, extracted: Extracted | None, options: JobOptions) -> Row:
        """The document of a file, with it at its place; not saved yet. When the content at a path changes its
        document keeps its public id and what is the person's; if that one has other places it stays with them,
        and this path gets another document."""
        title = extracted.title if extracted else PurePath(file.location.name).stem
        title = title.encode("utf-8", "replace").decode("utf-8")
        self.refuse_other(file)
        row, before = self._row_of(file, title)
        if before is not None and before.id != row.id:
            if before.lives() - {file.location}:
                self.save(without(before, [file.location]))
            else:
                self.trash(without(before, [file.location]), now())
        gone = [at for at, stand in row.places.items() if stand.state == "gone" and at != file.location]
        for at in gone:  # it had the content from before; so had its parts
            for inside, part in self.under(at) if not at.part else ():
                self.save(without(part, [inside]))
        if extracted is None and row.has_text:
            title = row.named
        row = stands(without(row, gone), file)
        row = replace(
            row,
            content_hash=file.content_hash,
            type=file.type,
            named=title,
            size=file.size,
            stored=file.stored,
            reading=file.reading,
            removed=None,
        )
        return given(_read(row, extracted) if extracted else row, options)

    def refuse_other(self, file: File) -> None:
        """Raise Conflict if another content stands at the file's place than the one that was seen there."""
        there = self.at(file.location) if file.instead_of is not None else None
        if there is not None and not file.replaces(there.content_hash):
            raise Conflict("kept-apart", path=file.path, content=there.content_hash)

    def _row_of(self, file: File, title: str) -> tuple[Row, Row | None]:
        """A file's document: a live one, one from the trash, or a new one; and what stood at its place before."""
        before = self.at(file.location)
        # Look for the same content first: two unreadable files with one content are one document too.
        live = self.live_with(file.content_hash)
        if live is not None:
            return live, before
        if before is not None and before.lives() <= {file.location}:
            return before, before
        trashed = self.trashed_with(file.content_hash)
        if trashed is not None:
            for at in trashed.places:  # its parts, which went with it, are found again in the file
                for inside, part in self.under(at):
                    if part.removed == trashed.removed:
                        self.save(without(part, [inside]))
            return replace(trashed, places={}), before
        row = Row(0, uuid.uuid4().hex[:16], file.content_hash, file.type, title, now())
        return inherits(row, before) if before is not None else row, before

    def forget_parts(self, file: File, extracted: Extracted) -> list[Location]:
        """A file was read: parts that it had before and has no more are gone. Returns those to be read now; what a
        person put into the trash stays there."""
        inside = f"{file.part}/" if file.part else ""
        wanted = frozenset(inside + part for part in extracted.parts)
        removed = set()
        for location, row in self.under(file.location):
            if row.removed:
                removed.add(location)
            elif not location.is_in(wanted):
                self.leave(location)
        found = (Location(file.path, inside + part) for part in extracted.parts)
        return [location for location in found if location not in removed]


def _read(row: Row, extracted: Extracted) -> Row:
    """The document with what was read from its file."""
    own = {tag: source for tag, source in row.tags.items() if source != "file"}
    states = pack_states(extracted.page_states)
    return replace(
        row,
        tags={**dict.fromkeys(extracted.tags, "file"), **own},
        file_values=dict(extracted.metadata),
        states=states,
        pages=len(states) or row.pages,
        left_out=extracted.parts_left_out,
    )


def _words(row: Row) -> tuple[object, ...]:
    """What passages have of their document."""
    return (row.title, row.said(), row.required())


def chunks(session: Session, ids: Iterable[int] | None = None) -> Mapping[int, int]:
    """How many passages documents have in the active generation; of all where none are named."""
    asked = None if ids is None else list(ids)
    if asked is not None and not asked:
        return {}
    within = "" if asked is None else f"and document in ({', '.join(map(str, asked))})"
    return dict(
        session.rows(
            "select document, chunks from indexed join generations on generations.id = generation "
            f"and state = 'active' where true {within}"
        )
    )


def those(session: Session, uids: Sequence[str]) -> list[Row]:
    """The documents with these public ids, as far as there are such."""
    if not uids:
        return []
    asked = ", ".join(["%s"] * len(uids))
    found = session.rows(f"select {COLUMNS} from documents where uid in ({asked}) order by id", uids)
    return [unpacked(one) for one in found]
