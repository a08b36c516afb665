"""What assistants have asked of a library, kept for a while so that the person sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import apsw

from desktop_kb.records import AssistantCall
from desktop_kb.store import clock
from desktop_kb.store.database import Database

#: So long a call is kept.
KEPT: Final = timedelta(days=30)
#: Characters of a client's name and of a question that are kept.
_CLIENT_CHARS: Final = 100
_QUESTION_CHARS: Final = 1_000


class Asked:
    """The calls of assistants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, limit: int) -> list[AssistantCall]:
        """The last calls, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "select at, client, tool, question from asked where at >= ? order by at desc, rowid desc limit ?",
                (clock.ago(KEPT), limit),
            ).fetchall()
        return [AssistantCall(*row) for row in rows]

    def add(self, client: str, tool: str, question: str) -> None:
        """Keep a call, and forget those that are too old."""
        row = (clock.now(), client[:_CLIENT_CHARS], tool[:_CLIENT_CHARS], question[:_QUESTION_CHARS])

        def write(connection: apsw.Connection) -> None:
            connection.execute("delete from asked where at < ?", (clock.ago(KEPT),))
            connection.execute("insert into asked (at, client, tool, question) values (?, ?, ?, ?)", row)

        self._database.write(write, urgent=True)

    def clear(self) -> None:
        """Forget all calls."""
        self._database.write(lambda connection: connection.execute("delete from asked"), urgent=True)
