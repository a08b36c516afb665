"""How marks follow their words when a document's text changes, and go with their document; parts of a transaction."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

from desktop_kb.anchoring import Anchor, Change, anchor
from desktop_kb.records import File, OwnMark
from desktop_kb.store.clock import now

#: The columns of a mark.
FIELDS: Final = 'uid, document, start, "end", quote, before, after, comment, colour, source, created'

#: uid, start, end, quote, before, after.
_Row = tuple[str, int | None, int, str, str, str]
#: uid, and where the mark stands now; None: adrift.
_Move = tuple[str, Anchor | None]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Where a document's marks will stand in a new text, if they and its text are still these."""

    rows: Sequence[_Row]
    old: str | None
    moves: Sequence[_Move]


def foresee(connection: apsw.Connection, file: File, new: str) -> Mapping[int, Foreseen]:
    """Look ahead, before the transaction of `follow`, for the marks of the documents that the file may be: a long
    quote that was edited takes .1 s."""
    ids = connection.execute(
        "select document_id from places where path = ? and part = ? union "
        "select id from documents where content_hash = ?",
        (os.fsencode(file.path), file.part, file.content_hash),
    ).fetchall()
    found = {}
    for (id,) in ids:
        rows = _of_person(connection, id)
        if rows and (old := _text(connection, id)) != new:
            found[id] = Foreseen(rows, old, _moves(rows, Change(old, new), new))
    return found


def follow(connection: apsw.Connection, id: int, new: str, foreseen: Mapping[int, Foreseen]) -> None:
    """A document's text is about to be `new`: its marks get their places there, or are adrift. Where there is no text
    yet, the document has the marks of another one."""
    rows = _of_person(connection, id)
    if not rows or (old := _text(connection, id)) == new:
        return
    ahead = foreseen.get(id)
    if ahead is not None and ahead.rows == rows and ahead.old == old:
        _move(connection, ahead.moves)
    else:
        _move(connection, _moves(rows, Change(old, new), new))


def mend(connection: apsw.Connection, id: int) -> None:
    """Give those marks of a document their places again that do not stand where they say."""
    text = _text(connection, id)
    if text is not None and (wrong := [row for row in _of_person(connection, id) if not _stands(row, text)]):
        _move(connection, _moves(wrong, Change(None, text), text))


def damaged(connection: apsw.Connection) -> list[int]:
    """The rows of documents with marks that do not stand where they say."""
    found = []
    for id, text in connection.execute(
        "select document_id, text from texts where document_id in (select document from marks)"
    ).fetchall():
        if not all(_stands(row, text) for row in _of_person(connection, id)):
            found.append(id)
    return found


def copy(connection: apsw.Connection, old: int, new: int) -> None:
    """Another document gets the person's marks of this one, but those that it has."""
    for row in connection.execute(
        f"select {FIELDS} from marks as theirs where document = ? and source = 'user' and not exists "
        "(select 1 from marks as own where own.document = ? and own.quote = theirs.quote "
        "and own.comment = theirs.comment and own.before = theirs.before and own.after = theirs.after) "
        "order by rowid",
        (old, new),
    ).fetchall():
        connection.execute(
            f"insert into marks ({FIELDS}) values ({', '.join('?' * len(row))})",
            (uuid.uuid4().hex[:16], new, *row[2:]),
        )
    mend(connection, new)


def set_own(connection: apsw.Connection, id: int, marks: Sequence[OwnMark]) -> None:
    """The marks that a document's file itself has are these."""
    connection.execute("delete from marks where document = ? and source = 'file'", (id,))
    for start, end, quote, comment, colour in marks:
        at = Anchor(start, end, quote, "", "")
        insert(connection, uuid.uuid4().hex[:16], id, at, comment, colour, "file")


def insert(
    connection: apsw.Connection, uid: str, id: int, at: Anchor, comment: str, colour: str, source: str
) -> None:
    """Add a mark of a document, of the person ('user') or of the file itself ('file')."""
    connection.execute(
        f"insert into marks ({FIELDS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (uid, id, at.start, at.end, at.quote, at.before, at.after, comment, colour, source, now()),
    )


def _text(connection: apsw.Connection, id: int) -> str | None:
    text: str | None = connection.execute("select text from texts where document_id = ?", (id,)).get
    return text


def _of_person(connection: apsw.Connection, id: int) -> list[_Row]:
    rows: list[_Row] = connection.execute(
        'select uid, start, "end", quote, before, after from marks where document = ? and source = ?',
        (id, "user"),
    ).fetchall()
    return rows


def _stands(row: Sequence[Any], text: str) -> bool:
    _, start, end, quote, *_ = row
    return start is None or (0 <= start < end <= len(text) and text[start:end] == quote)


def _moves(rows: Sequence[_Row], change: Change, text: str) -> list[_Move]:
    moves: list[_Move] = []
    for uid, start, end, quote, before, after in rows:
        was = Anchor(start or 0, end or 0, quote, before, after)
        found = change.find(was, adrift=start is None)
        # What an edited passage says now is its quote from here on, or many small edits would part them.
        moves.append((uid, None if found is None else anchor(text, *found)))
    return moves


def _move(connection: apsw.Connection, moves: Sequence[_Move]) -> None:
    for uid, at in moves:
        if at is None:
            connection.execute('update marks set start = null, "end" = null where uid = ?', (uid,))
            continue
        connection.execute(
            'update marks set start = ?, "end" = ?, quote = ?, before = ?, after = ? where uid = ?',
            (at.start, at.end, at.quote, at.before, at.after, uid),
        )
