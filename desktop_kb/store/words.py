"""The word index of a generation: two FTS5 tables, the terms of a passage in them, and its BM25 score.

The tables are contentless, and text is tokenized *before* the transaction, instead of by a tokenizer
inside external-content tables. Measured on 960 Chinese passages (242,000 characters): .02 s instead
of .89 s within the transaction, and 6 ms instead of 1.17 s to delete them, because an
external-content table has to tokenize the old text again.

BM25 is FTS5's own (https://www.sqlite.org/fts5.html#the_bm25_function), added up over two tables:
words (stems, jieba words) with weights for title and heading, and grams (bigrams of Han characters,
unstemmed words) with single characters. The sum is divided by the sum of the query's inverse document
frequencies, so a score is the share of the query's weight that a passage has, whatever the best
passage is.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import apsw

from desktop_kb import language
from desktop_kb.lexical import (
    BEGINNING,
    MOST_PER_IDF,
    MOST_TERMS,
    Terms,
    WordQuery,
    idf,
    leading,
    rarest,
    selective,
    weights,
    whole_weight,
)
from desktop_kb.lexical.weights import FEW, fts5_idf
from desktop_kb.records import Terms as Weights
from desktop_kb.records import Value
from desktop_kb.store import internals
from desktop_kb.store.cache import Cache
from desktop_kb.store.expressions import matching, quoted
from desktop_kb.store.pair import Pair, ReadTask

TABLES: Final = ("words", "grams")
#: How many of the terms that begin alike are looked at.
_MOST_BEGINNING = 5_000
#: How many terms' frequencies are cached.
_MOST_KNOWN = 50_000
_WORD_WEIGHTS = "2.0, 1.5, 1.0"
_GRAM_WEIGHTS = "1.0, 1.0"
_ALL_WORDS: Final = "title heading body"


# --- writing ---------------------------------------------------------------------------------


def create(connection: apsw.Connection, generation: int) -> None:
    """Create both tables of a generation."""
    terms = "content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'"
    connection.execute(f"create virtual table words_{generation} using fts5(title, heading, body, {terms})")
    connection.execute(f"create virtual table grams_{generation} using fts5(grams, characters, {terms})")
    for name in TABLES:
        # Merge into few, large segments, because a search opens every segment for every term.
        connection.execute(
            f"insert into {name}_{generation} ({name}_{generation}, rank) values ('automerge', 4)"
        )


def insert(connection: apsw.Connection, generation: int, id: int, terms: Terms) -> None:
    """Add a passage's terms."""
    connection.execute(
        f"insert into words_{generation} (rowid, title, heading, body) values (?, ?, ?, ?)", (id, *terms[:3])
    )
    connection.execute(
        f"insert into grams_{generation} (rowid, grams, characters) values (?, ?, ?)", (id, *terms[3:])
    )


def replace(connection: apsw.Connection, generation: int, id: int, terms: Terms) -> None:
    """Index a passage with other terms."""
    for table in TABLES:
        connection.execute(f"delete from {table}_{generation} where rowid = ?", (id,))
    insert(connection, generation, id, terms)


# --- finding ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restriction:
    """A scope as an SQL condition on the rowids of both tables, its parameters, and the share of the passages
    that are in scope."""

    where: str = ""
    values: tuple[Value, ...] = ()
    share: float = 1.0


class Match(NamedTuple):
    """A lookup in one of the tables: a MATCH expression, the weights of the columns, and what to multiply FTS5's
    scores by."""

    table: str
    expression: str
    weights: str
    factor: float

    @classmethod
    def of(cls, table: str, columns: str, terms: Sequence[str], weights: str, factor: float = 1.0) -> Match:
        """The lookup of passages with any of the terms in these columns."""
        # Naming columns makes FTS5 sort out every place of a term (18 ms for 13), so where only these can hold them
        # they are not named: of both columns of the grams only a single character may be in either.
        either = columns != _ALL_WORDS and any(map(_is_character, terms))
        found = " OR ".join(map(quoted, terms))
        return cls(table, f"{{{columns}}} : ({found})" if either else found, weights, factor)


def _is_character(term: str) -> bool:
    return len(term) == 1 and language.is_han(term)


class Words:
    """Both tables in one read transaction.

    Args:
        made: when the generation was created; time and number together identify it.
    """

    def __init__(self, connections: Pair, generation: int, made: str, cache: Cache) -> None:
        self._connections = connections
        self._generation = generation
        self._made = made
        self._cache = cache
        self._weights: dict[WordQuery, Weights] = {}
        self._states: dict[str, tuple[bytes, ...]] = {}

    def best(self, query: WordQuery, restriction: Restriction, k: int) -> list[ReadTask[list[int]]]:
        """Tasks that return the `k` best passages of each table. Terms of little weight add no candidates, so
        that a very common word does not make FTS5 score half the library; `score` counts all terms."""

        def task(name: str, weights: str, terms: dict[str, int]) -> ReadTask[list[int]]:
            table, size = f"{name}_{self._generation}", self.size(name)

            def search(connection: apsw.Connection) -> list[int]:
                rows: list[tuple[int]] = []
                for groups in selective(terms, size, restriction.share):
                    # Not `order by rank`: that sorts every match, this keeps the best k (61 ms, not 143, of 109,000).
                    rows = connection.execute(
                        f"select rowid from {table} where {table} match ? {restriction.where} "
                        f"order by bm25({table}, {weights}) limit ?",
                        (matching(groups), *restriction.values, k),
                    ).fetchall()
                    if len(rows) >= k:
                        break
                return [id for (id,) in rows]

            return search

        return [task(name, weights, terms) for name, weights, terms in self._leading(query) if terms]

    def score(self, query: WordQuery, ids: Iterable[int]) -> dict[int, float]:
        """The scores of these passages, 0..1; 0 where nothing matches."""
        scores = dict.fromkeys(ids, 0.0)
        weight = whole_weight(self, query)
        if not scores or not weight:
            return scores
        within = (json.dumps(list(scores)), min(scores), max(scores))

        def task(match: Match) -> ReadTask[list[tuple[int, float]]]:
            table, expression, weights, factor = match
            return lambda connection: connection.execute(
                f"select rowid, bm25({table}, {weights}) * {factor!r} from {table} where {table} match ? "
                # '+' makes SQLite read the matches once; without it FTS5 starts over for every rowid (180 ms).
                "and +rowid in (select value from json_each(?)) and rowid between ? and ?",
                (expression, *within),
            ).fetchall()

        found, _ = self._connections.run([task(match) for match in self.matches(query)])
        for id, better in itertools.chain(*found):
            scores[id] -= better  # in FTS5 a smaller score is better
        return {id: score / (weight * MOST_PER_IDF) for id, score in scores.items()}

    def weights(self, query: WordQuery) -> Weights:
        """The query's terms with their inverse document frequency. Cached, because a search asks twice."""
        if query not in self._weights:
            self._weights[query] = weights(self, query)
        return self._weights[query]

    def matches(self, query: WordQuery) -> list[Match]:
        """The lookups for all terms, the slowest first. A score is a sum over terms, so the characters can be a
        query of their own, run in parallel with the others, and in a small library each term is one."""
        words, grams = (f"{name}_{self._generation}" for name in TABLES)
        found = [
            (grams, "characters", rarest(self, "grams", query.characters), _GRAM_WEIGHTS),
            (grams, "grams", rarest(self, "grams", query.grams), _GRAM_WEIGHTS),
            (words, _ALL_WORDS, rarest(self, "words", query.words), _WORD_WEIGHTS),
        ]
        size = self.size("words")
        if size > FEW:
            return [Match.of(*one) for one in found if one[2]]
        return [
            Match.of(table, columns, (term,), weights, idf(size, count) / fts5_idf(size, count))
            for table, columns, terms, weights in found
            for term, count in self.frequencies(table.partition("_")[0], terms).items()
        ]

    def _leading(self, query: WordQuery) -> list[tuple[str, str, dict[str, int]]]:
        """(table, weights, expressions with their numbers of passages) for the terms that make candidates."""
        words, grams, alone = leading(self, query)
        named = {
            f"grams : {quoted(term)}" if _is_character(term) else quoted(term): count
            for term, count in grams.items()
        }
        named |= {f"characters : {quoted(term)}": count for term, count in alone.items()}
        return [
            ("words", _WORD_WEIGHTS, {quoted(term): count for term, count in words.items()}),
            ("grams", _GRAM_WEIGHTS, named),
        ]

    # --- what the tables hold

    def frequencies(self, name: str, terms: Sequence[str]) -> dict[str, int]:
        """The number of passages with each term; terms without any are left out."""
        table = f"{name}_{self._generation}"
        known = self._cache.get_or_make(name, (table, self._made, self._state(name)), dict[str, int])
        counts = {term: known[term] for term in terms if term in known}
        asked = [term for term in terms if term not in counts]
        if asked:
            rows = self._connections.first.execute(
                f"select term, doc from {self._vocabulary(name)} where term in (select value from json_each(?))",
                (json.dumps(asked),),
            ).fetchall()
            found = dict.fromkeys(asked, 0) | dict(rows)
            for term in asked:
                if term[-1:] == BEGINNING:
                    total = sum(count for _, count in self._beginning(name, term[:-1]))
                    found[term] = min(total, self.size(name))
            counts |= found
            if len(known) < _MOST_KNOWN:
                known.update(found)
        return {term: counts[term] for term in terms if counts[term]}

    def beginning(self, name: str, start: str) -> list[tuple[str, int]]:
        """The most frequent terms that begin like this, each with its number of passages."""
        found = sorted(self._beginning(name, start), key=lambda row: (-row[1], row[0]))
        return found[:MOST_TERMS]

    def _beginning(self, name: str, start: str) -> list[tuple[str, int]]:
        rows = self._connections.first.execute(
            f"select term, doc from {self._vocabulary(name)} where term >= ? and term < ? limit ?",
            (start, f"{start}{chr(sys.maxunicode)}", _MOST_BEGINNING),
        )
        return [(term, count) for term, count in rows]

    def _vocabulary(self, name: str) -> str:
        table = f"{name}_{self._generation}"
        self._connections.first.execute(
            f"create virtual table if not exists temp.{table}_vocabulary using fts5vocab(main, {table}, row)"
        )
        return f"temp.{table}_vocabulary"

    def size(self, name: str) -> int:
        """How many rows a table has."""
        return internals.words_size(self._state(name))

    def _state(self, name: str) -> tuple[bytes, ...]:
        """A table's `internals.words_state`. Cached, because a search asks for it with every hit."""
        if name not in self._states:
            self._states[name] = internals.words_state(self._connections.first, f"{name}_{self._generation}")
        return self._states[name]

    @property
    def state(self) -> tuple[str, tuple[bytes, ...]]:
        """A cache key that changes with every document that is written."""
        return self._made, self._state("words")
