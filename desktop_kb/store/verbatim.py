"""Find a text word for word: as a title, as a file's name, or in a passage.

The FTS5 tables find candidates by terms; then the candidates are compared after `language.bare`. A search
uses a match only if it occurs in a few documents, so each lookup stops as soon as there are more.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

import apsw

from desktop_kb import codec, language
from desktop_kb.files import stored_path
from desktop_kb.lexical import Vocabulary, is_character, rarest_run, terms_in_order
from desktop_kb.records import Location, Value

#: How many rows are looked at, and how many of these are compared (.3 ms each). Beyond that, matches that
#: FTS5 finds exactly are taken without comparing.
_MOST_ROWS: Final = 2_000
_MOST_COMPARED: Final = 50
_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a text occurs, like `records.Standing` but with row ids."""

    chunks: frozenset[int] = frozenset()
    documents: Mapping[int, int] = field(default_factory=dict)


class Verbatim:
    """Lookups in one read transaction.

    Args:
        where: given the column of chunk ids, the SQL condition of the scope and its parameters.
        words: how many chunks have a term.
        most: if a text occurs in more documents than this, nothing is returned.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        generation: int,
        where: Callable[[str], tuple[str, list[Value]]],
        words: Vocabulary,
        most: int,
    ) -> None:
        self._connection = connection
        self._generation = generation
        self._where = where
        self._words = words
        self._most = most

    def titled(self, text: str) -> Rows:
        """The documents that have this title."""
        terms = language.words(text) if len(text) <= _LONGEST_NAME else []
        asked = rarest_run(self._words, "words", terms)
        if not asked:
            return Rows()
        begins = "^" if asked == terms[: len(asked)] else ""
        match = f'title : {begins} "{" ".join(asked)}"'
        # Grouped, so that a book of thousands of passages whose title only begins like this is one row.
        columns = "document_id, min(chunks.id), chunks.title"
        rows = self._rows("words", match, columns, "group by document_id")
        sought = language.bare(text)
        return self._of(
            {document: chunk for document, chunk, title in rows if language.bare(title) == sought}
        )

    def named(self, text: str) -> Rows:
        """The documents with a file of this name, with or without its suffix."""
        text, sought = text.strip(), language.bare(text)
        if not sought or len(text) > _LONGEST_NAME:
            return Rows()
        forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
        # `bare` ignores punctuation, so the pattern takes any character there. SQLite's LIKE ignores case for A to Z
        # only, and it also matches folders; the regular expression below checks the name itself.
        patterns = [f"%{os.sep}{_spelled(form, '_', capitals=False)}%" for form in forms]
        likes = " or ".join(["named like ?"] * len(patterns))
        found = self._connection.execute(
            "select document_id, path, part from (select document_id, path, part, "
            "iif(part = '', cast(path as text), ? || replace(part, '/', ?)) as named from places) "
            f"where {likes}",
            [os.sep, os.sep, *patterns],
        )
        begins = re.compile("|".join(_spelled(form, ".", capitals=True) for form in forms), re.I | re.S)
        names = ((id, Location(stored_path(path), part).name) for id, path, part in found)
        named = itertools.islice(
            ((id, PurePath(name)) for id, name in names if begins.match(name)), _MOST_ROWS
        )
        ids = {id for id, name in named if sought in (language.bare(name.stem), language.bare(name.name))}
        where, values = self._where("chunks.id")
        return self._of(
            dict(
                self._connection.execute(
                    "select document_id, min(chunks.id) from chunks where generation = ? "
                    f"and document_id in (select value from json_each(?)) {where} group by document_id",
                    (self._generation, json.dumps(sorted(ids)), *values),
                )
            )
        )

    def containing(self, text: str) -> Rows:
        """The passages and documents that contain this text in their title, headings or text."""
        terms, ends = terms_in_order(text)
        asked = rarest_run(self._words, "grams", terms)
        if not asked:
            return Rows()
        column = "characters" if is_character(terms) else "grams"
        match = " AND ".join([f'{column} : "{" ".join(asked)}"', *(f'characters : "{end}"' for end in ends)])
        loose = bool(ends) or len(asked) < len(terms)
        rows = self._rows("grams", match, "chunks.id, document_id, chunks.title, heading, text")
        sought = language.bare(text)
        titles: dict[int, bool] = {}
        first: dict[int, int] = {}
        chunks: set[int] = set()
        for number, (id, document, title, heading, body) in enumerate(rows):
            if document not in titles:
                titles[document] = language.says(title, sought)
            if not titles[document]:
                if number >= _MOST_COMPARED and loose:
                    return Rows()
                if number < _MOST_COMPARED and not _says(sought, heading, body):
                    continue
                chunks.add(id)
            first.setdefault(document, id)
            if len(first) > self._most:
                return Rows()
        return Rows(frozenset(chunks), {id: chunk for id, chunk in first.items() if titles[id]})

    def _rows(self, name: str, match: str, columns: str, grouped: str = "") -> Iterator[Any]:
        where, values = self._where("chunks.id")
        table = f"{name}_{self._generation}"
        yield from itertools.islice(
            self._connection.execute(
                # A cross join makes SQLite read the matches as FTS5 finds them, and no more than needed.
                f"select {columns} from {table} cross join chunks on chunks.id = {table}.rowid "
                f"where {table} match ? {where} {grouped}",
                (match, *values),
            ),
            _MOST_ROWS,
        )

    def _of(self, first_chunks: Mapping[int, int]) -> Rows:
        """These documents; nothing if there are more than `most`."""
        return Rows(documents=first_chunks) if len(first_chunks) <= self._most else Rows()


def _spelled(name: str, any_character: str, *, capitals: bool) -> str:
    """A pattern for names like this one with any ASCII punctuation. `capitals`: the pattern's language ignores case
    beyond ASCII too; if it does not, such letters match any character."""
    return "".join(
        character
        if (
            character.isalnum() if character.isascii() else capitals or character.lower() == character.upper()
        )
        else any_character
        for character in name
    )


def _says(sought: str, heading: str, body: str) -> bool:
    return any(language.says(part, sought) for part in (body, *codec.unpack_heading(heading)))
