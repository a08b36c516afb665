"""What is said about a document, as words of its first passage: the names of its files, its tags and its values
(author, aliases, whatever its head says); and how a Chinese title, name or tag sounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import apsw

from desktop_kb import codec
from desktop_kb.files import stored_path
from desktop_kb.lexical import Terms, cut, said_about
from desktop_kb.records import Location
from desktop_kb.store import words


def terms(
    connection: apsw.Connection, document: int, title: str, heading: Sequence[str], text: str
) -> Terms | None:
    """The terms of a document's first passage with what is said about the document; None if nothing is."""
    names, values = _said(connection, document)
    about, sounds = said_about(title, names, values)
    return cut(title, heading, text, about, sounds) if about or sounds else None


def index(connection: apsw.Connection, document: int) -> None:
    """Index the first passage of a document anew in every generation: its names, tags or values have changed."""
    for (number,) in connection.execute("select id from generations where state != 'old'").fetchall():
        row = connection.execute(
            "select id, title, heading, text from chunks where document_id = ? and generation = ? "
            "order by start, id limit 1",
            (document, number),
        ).fetchone()
        if row is None:
            continue
        id, title, heading, text = row
        above = codec.unpack_heading(heading)
        own = terms(connection, document, title, above, text) or cut(title, above, text)
        words.replace(connection, number, id, own)


def _said(connection: apsw.Connection, document: int) -> tuple[list[str], list[str]]:
    """The names of its files and its tags, and its values."""
    places = connection.execute(
        "select path, part from places where document_id = ? order by path, part", (document,)
    )
    found = [Location(stored_path(path), part).name for path, part in places]
    names = [PurePath(name).stem.encode("utf-8", "replace").decode() for name in found]
    tags = connection.execute("select tag from tags where document_id = ? order by tag", (document,))
    values = connection.execute(
        "select text from metadata where document_id = ? and key != 'year' order by key, source", (document,)
    )
    return [*names, *(tag for (tag,) in tags)], [value for (value,) in values]
