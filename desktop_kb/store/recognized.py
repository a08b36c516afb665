"""Pages of which the pictures were recognized: their lines, and which pages still wait.

A page waits as long as its document's `page_states` say so ('w'); there is no other list. Its lines are kept by the
content of the file, so a kill costs one page, and a newer version of the readers makes the text anew without the
pictures. What was recognized is seen when the document is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import apsw

from desktop_kb.files import stored_path
from desktop_kb.formats import FORMATS
from desktop_kb.records import Location, PageState, awaiting, pack_lines, pack_states, unpack_states
from desktop_kb.store import placing
from desktop_kb.store.clock import ago, now
from desktop_kb.store.database import Database

_KEEP: Final = timedelta(days=30)  # those of a document that is gone; it may be added again
_PICTURED: Final = tuple(format.type for format in FORMATS if format.pictured)
#: The condition on documents of which pages wait: one that cannot be read at all waits for nothing.
WAITING: Final = "instr(page_states, 'w') > 0 and removed is null and status <> 'failed'"
_NO_LINES: Final = pack_lines(())


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document of which pages wait.

    Attributes:
        location: one of its places.
        pages: those that are still to be recognized, from 0.
        fresh: how many are recognized, and the document is to be read again with them.
        done: how many were recognized.
        is_seen: other pages of it can be found already.
    """

    location: Location
    content_hash: str
    pages: tuple[int, ...]
    fresh: int
    done: int
    is_seen: bool


class Recognized:
    """The recognized pages of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, content_hash: str, page: int, lines: bytes, version: int) -> None:
        """Keep the lines of a page (from 0), as `pack_lines` packs them. The text that was staged for this content
        is not what it will be read as any more."""

        def write(connection: apsw.Connection) -> None:
            connection.execute(
                "insert or replace into recognized values (?, ?, ?, ?, ?)",
                (content_hash, page, version, lines, now()),
            )
            connection.execute("delete from staged_texts where content_hash = ?", (content_hash,))

        self._database.write(write)

    def pages(self, content_hash: str) -> dict[int, bytes]:
        """The lines of all pages of a content that were recognized, also of those that hold no line."""
        with self._database.read() as connection:
            return dict(
                connection.execute(
                    "select page, lines from recognized where content_hash = ? order by page", (content_hash,)
                ).fetchall()
            )

    def tried(self, content_hash: str) -> set[int]:
        """The pages of a content that were recognized, as `pages` has them, without their lines."""
        with self._database.read() as connection:
            return _tried(connection, content_hash)

    def forget_empty(self, content_hash: str) -> None:
        """Let pages in which no line was found be recognized once more."""
        self._database.write(
            lambda connection: connection.execute(
                "delete from recognized where content_hash = ? and lines = ?", (content_hash, _NO_LINES)
            )
        )

    def next(self) -> Waiting | None:
        """A document with pages that wait: first those of which nothing can be found yet, then the oldest. None
        if no page waits, but for those of files that cannot be read any more."""
        with self._database.read() as connection:
            row = connection.execute(
                "select path, part, content_hash, page_states, status = 'ready' from documents "
                "join places on document_id = documents.id "
                f"where {WAITING} "
                "order by status = 'ready', documents.id, missing limit 1"
            ).fetchone()
            if row is None:
                return None
            path, part, content_hash, letters, is_seen = row
            tried = _tried(connection, content_hash)
        waiting = [page for page, state in enumerate(unpack_states(letters)) if state == "waiting"]
        left = tuple(page for page in waiting if page not in tried)
        return Waiting(
            Location(stored_path(path), part),
            content_hash,
            left,
            len(waiting) - len(left),
            len(tried),
            bool(is_seen),
        )

    def any_waiting(self) -> bool:
        """Whether a page waits."""
        with self._database.read() as connection:
            return bool(connection.execute(f"select exists (select 1 from documents where {WAITING})").get)

    def states(self, content_hash: str) -> tuple[PageState, ...]:
        """The states of the pages of the document with this content; () if there is none."""
        with self._database.read() as connection:
            query = "select page_states from documents where content_hash = ? and removed is null"
            return unpack_states(connection.execute(query, (content_hash,)).get or "")

    def wait_for_all(self) -> None:
        """Have all pages wait that hold no text that can be read and were not recognized yet; called when
        recognition was switched on, or is new."""

        def write(connection: apsw.Connection) -> None:
            for id, content_hash, letters in connection.execute(
                "select id, content_hash, page_states from documents where page_states glob '*[ndg]*' "
                "and removed is null and (status <> 'failed' or error_code in ('no-text', 'garbled')) "
                f"and type in ({', '.join('?' * len(_PICTURED))})",
                _PICTURED,
            ).fetchall():
                states = awaiting(unpack_states(letters), _tried(connection, content_hash))
                if "waiting" in states:
                    placing.wait(connection, id, pack_states(states))

        self._database.write(write)

    def clean_up(self) -> None:
        """Delete the lines of contents that have long been gone."""
        self._database.write(
            lambda connection: connection.execute(
                "delete from recognized where created < ? and content_hash not in "
                "(select content_hash from documents)",
                (ago(_KEEP),),
            )
        )


def _tried(connection: apsw.Connection, content_hash: str) -> set[int]:
    """The pages of a content that were recognized, also those that hold no line."""
    rows = connection.execute("select page from recognized where content_hash = ?", (content_hash,))
    return {page for (page,) in rows}
