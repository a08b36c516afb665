"""One transaction on an engine: its statements, and texts in the pieces that the engine takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pymysql
from pymysql.cursors import Cursor

from desktop_kb.errors import DocumentProblem

#: WORKAROUND(seekdb 1.4.0): over TLS a row of a megabyte never arrives; one of .3 does.
_PIECE: Final = 60_000
#: What it is told at once: two records at most, and by a variable, which holds a megabyte, this much.
_SENT: Final = 8_000
_HELD: Final = 30 * _SENT
#: Of a text as much is sent again for each further megabyte: one of 15 MB takes a quarter of a minute, one of 45 three.
_LONGEST_TEXT: Final = 16_000_000


class Session:
    """One transaction; `user` is whose it is, `library` the name of the library's database."""

    def __init__(
        self,
        connection: pymysql.Connection[Cursor],
        user: str = "",
        kept: frozenset[int] | set[int] = frozenset(),
        library: str = "",
    ) -> None:
        self._connection = connection
        self.user = user
        self.library = library
        self._kept = kept
        self.new: set[int] = set()

    def unknown(self, keys: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Those of rows that nobody deletes which this program has not written yet; it writes them now."""
        found = [key for key in keys if hash(key) not in self._kept]
        self.new.update(map(hash, found))
        return found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(values) or None)
            return list(cursor.fetchall())

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Its first row."""
        return next(iter(self.rows(sql, values)), None)

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first value of its first row; None if there is none."""
        found = self.row(sql, values)
        return found[0] if found else None

    def text_of(self, document: int) -> str | None:
        """The text of a document, in pieces; None if it has none."""
        pieces = self._pieces("text", "char_length", document)
        return None if pieces is None else "".join(map(str, pieces))

    def layout_of(self, document: int) -> bytes | None:
        """Its packed layout."""
        pieces = self._pieces("layout", "length", document)
        return None if pieces is None else b"".join(map(bytes, pieces))

    def layouts_of(self, documents: Sequence[int]) -> dict[int, bytes]:
        """The packed layouts of those that have been read; of those that are short at once."""
        if not documents:
            return {}
        found = self.rows(
            f"select document, length(layout), substring(layout, 1, {_PIECE}) from texts "
            f"where document in ({', '.join(map(str, documents))})"
        )
        return {id: bytes(blob) if size <= _PIECE else self.layout_of(id) or b"" for id, size, blob in found}

    def put_text(self, document: int, text: str, text_hash: str, layout: bytes) -> None:
        """Store a document's text with its packed layout, in the place of what it had.

        Raises:
            DocumentProblem: it is longer than an engine takes in reasonable time ('larger-than-engine').
        """
        if len(text.encode()) + len(layout) > _LONGEST_TEXT:
            raise DocumentProblem("larger-than-engine", limit_mb=_LONGEST_TEXT // 10**6)
        self.run(
            "replace into texts values (%s, %s, %s, %s)", (document, text[:_SENT], text_hash, layout[:_SENT])
        )
        for column, value in (("text", text), ("layout", layout)):
            for first in range(_SENT, len(value), _HELD):
                self.run("set @held = %s", (value[:0],))
                for begin in range(first, min(first + _HELD, len(value)), _SENT):
                    piece = value[begin : min(begin + _SENT, first + _HELD)]
                    self.run("set @held = concat(@held, %s)", (piece,))
                self.run(
                    f"update texts set {column} = concat({column}, @held) where document = %s", (document,)
                )

    def _pieces(self, column: str, length: str, document: int) -> list[Any] | None:
        size = self.value(f"select {length}({column}) from texts where document = %s", (document,))
        if size is None:
            return None
        piece = f"select substring({column}, %s, {_PIECE}) from texts where document = %s"
        return [self.value(piece, (begin, document)) for begin in range(1, size + 1, _PIECE)]

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; returns the id of the row that it inserted, if any."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(values) or None)
            return int(cursor.lastrowid or 0)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, many at once."""
        if rows:
            with self._connection.cursor() as cursor:
                vars(cursor)["max_stmt_length"] = 3 * _SENT
                cursor.executemany(sql, rows)
