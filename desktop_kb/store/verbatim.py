"""Where a text stands word for word: as a title, as a file's name, or in what is said.

The tables find by terms; what they find is compared as `language.bare` has it. A search is sure of
what stands in a few documents only, so every look ends as soon as there are more.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

import apsw

from desktop_kb import language
from desktop_kb.records import Value

#: Terms of a text among which the rarest that stand side by side are looked for; and so many of them the
#: tables are asked for, the rest is compared. Of 200,000 chunks a sentence of common words, whole, took 7 ms.
_MOST_TERMS: Final = 256
_ASKED: Final = 4
#: Chunks that hold the rarest term of a phrase; above it a look takes longer than it is worth.
_MOST_HELD: Final = 20_000
#: Rows that are looked at, and of these compared, .3 ms each: what the tables know for sure is taken as it is.
_MOST_ROWS: Final = 2_000
_MOST_COMPARED: Final = 50
_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a text stands, as `records.Standing`, in numbers of rows."""

    chunks: frozenset[int] = frozenset()
    documents: Mapping[int, int] = field(default_factory=dict)


class Verbatim:
    """Looks of one moment.

    Args:
        where: SQL that narrows chunks, of which the argument is the column of ids, and its parameters.
        frequencies: in how many chunks each of these terms of a table stands.
        most: documents that a text may stand in; where it stands in more, nothing is found.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        generation: int,
        where: Callable[[str], tuple[str, list[Value]]],
        frequencies: Callable[[str, Sequence[str]], Mapping[str, int]],
        most: int,
    ) -> None:
        self._connection = connection
        self._generation = generation
        self._where = where
        self._frequencies = frequencies
        self._most = most

    def titled(self, text: str) -> Rows:
        """The documents that have this title."""
        terms = language.words(text) if len(text) <= _LONGEST_NAME else []
        asked = self._rarest("words", terms)
        if not asked:
            return Rows()
        begins = "^" if asked == terms[: len(asked)] else ""
        match = f'title : {begins} "{" ".join(asked)}"'
        # A book of thousands of passages, whose title only begins like this, is one row.
        columns = "document_id, min(chunks.id), chunks.title"
        rows = self._rows("words", match, columns, "group by document_id")
        sought = language.bare(text)
        return self._of(
            {document: chunk for document, chunk, title in rows if language.bare(title) == sought}
        )

    def named(self, text: str) -> Rows:
        """The documents of which a file has this name, with its suffix or without."""
        text, sought = text.strip(), language.bare(text)
        if not sought or len(text) > _LONGEST_NAME:
            return Rows()
        forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
        # Punctuation may be another, as `bare` has it. Of capitals SQLite knows A to Z; and it finds folders too.
        patterns = [f"%{os.sep}{_spelled(form, '_', capitals=False)}%" for form in forms]
        likes = " or ".join(["cast(path as text) like ?"] * len(patterns))
        found = self._connection.execute(f"select document_id, path from places where {likes}", patterns)
        begins = re.compile("|".join(_spelled(form, ".", capitals=True) for form in forms), re.I | re.S)
        names = ((id, os.fsdecode(path).rpartition(os.sep)[2]) for id, path in found)
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

    def said(self, text: str) -> Rows:
        """What holds this text in its title, headings or text."""
        terms, ends = _terms(text)
        asked = self._rarest("grams", terms)
        if not asked:
            return Rows()
        column = "characters" if len(terms) == len(terms[0]) == 1 and language.is_han(terms[0]) else "grams"
        match = " AND ".join([f'{column} : "{" ".join(asked)}"', *(f'characters : "{end}"' for end in ends)])
        loose = bool(ends) or len(asked) < len(terms)
        rows = self._rows("grams", match, "chunks.id, document_id, chunks.title, heading, text")
        sought = language.bare(text)
        titles: dict[int, bool] = {}
        first: dict[int, int] = {}
        chunks: set[int] = set()
        for number, (id, document, title, heading, body) in enumerate(rows):
            if document not in titles:
                titles[document] = language.holds(language.bare(title), sought)
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

    def _rarest(self, table: str, terms: Sequence[str]) -> list[str]:
        """Of these terms the rarest that stand side by side; none where one stands nowhere, or all
        everywhere."""
        terms = terms[:_MOST_TERMS]
        counts = self._frequencies(table, list(dict.fromkeys(terms)))
        if not terms or any(term not in counts for term in terms) or min(counts.values()) > _MOST_HELD:
            return []
        starts = range(max(1, len(terms) - _ASKED + 1))
        first = min(starts, key=lambda at: sum(counts[term] for term in terms[at : at + _ASKED]))
        return list(terms[first : first + _ASKED])

    def _rows(self, name: str, match: str, columns: str, grouped: str = "") -> Iterator[Any]:
        where, values = self._where("chunks.id")
        table = f"{name}_{self._generation}"
        yield from itertools.islice(
            self._connection.execute(
                # A cross join: the matches are walked as they are found, and no further than needed.
                f"select {columns} from {table} cross join chunks on chunks.id = {table}.rowid "
                f"where {table} match ? {where} {grouped}",
                (match, *values),
            ),
            _MOST_ROWS,
        )

    def _of(self, first_chunks: Mapping[int, int]) -> Rows:
        """These documents, unless they are too many."""
        return Rows(documents=first_chunks) if len(first_chunks) <= self._most else Rows()


def _spelled(name: str, any_character: str, *, capitals: bool) -> str:
    """A pattern of names that are spelled like this but for punctuation and, where the pattern's language does
    not know them (`capitals`), capitals."""
    return "".join(
        character
        if (
            character.isalnum() if character.isascii() else capitals or character.lower() == character.upper()
        )
        else any_character
        for character in name
    )


def _terms(text: str) -> tuple[list[str], list[str]]:
    """The grams of a text, and the Chinese characters at its ends that stand alone: where a text goes on
    beyond them they are no gram of it."""
    terms = language.grams(text)
    ends = []
    for at in (0, -1):
        if len(terms) > 1 and len(terms[at]) == 1 and language.is_han(terms[at]):
            ends.append(terms.pop(at))
    return terms, ends


def _says(sought: str, heading: str, body: str) -> bool:
    return any(language.holds(language.bare(part), sought) for part in (body, *json.loads(heading)))
