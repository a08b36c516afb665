"""The word index of a generation: two FTS5 tables, what a passage is found by in them, and its score.

Contentless FTS5 tables over text that is cut into terms *before* the transaction, instead of
external-content tables with a tokenizer inside: measured on 960 Chinese passages (242,000
characters) .02 s instead of .89 s within the transaction, and deleting them 6 ms instead of
1.17 s, because an external-content table has to cut the old text again.

BM25 is FTS5's own (https://www.sqlite.org/fts5.html#the_bm25_function), taken from two tables
and added: words (stems, jieba words) with weights for title and heading, and grams (bigrams of
Han characters, unstemmed words) with single characters. Both sides are divided
by the sum of the query's inverse document frequencies, so a score says which share of the
query's weight a passage carries, whatever the best passage is.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from desktop_kb import language
from desktop_kb.records import Terms as Weights
from desktop_kb.records import Value
from desktop_kb.store import internals
from desktop_kb.store.cache import Cache
from desktop_kb.store.pair import Job, Pair

TABLES: Final = ("words", "grams")
#: A row of both tables: words (title, heading, body), then grams (all of it, single characters).
Terms = tuple[str, str, str, str, str]

#: Beyond this many terms a query is cut to its rarest ones: what is left out weighs little,
#: and FTS5's time grows with each term's matches.
_MOST_TERMS = 64
#: Passages that may be scored by FTS5, .55 us each; and at least so many are looked for.
_MOST_SCORED = 20_000
_FEWEST_SCORED = 5_000
#: Terms whose frequency is remembered.
_MOST_KNOWN = 50_000
_WORD_WEIGHTS = "2.0, 1.5, 1.0"
_GRAM_WEIGHTS = "1.0, 1.0"
#: BM25's bound for one term is (k1 + 1) times its inverse document frequency; FTS5's k1 is 1.2.
_MOST_PER_IDF = 2.2


# --- writing ---------------------------------------------------------------------------------


def cut(title: str, heading: Sequence[str], text: str) -> Terms:
    """What a passage is found by."""
    above = " ".join(heading)
    together = f"{title}\n{above}\n{text}"
    return (
        " ".join(language.words(title)),
        " ".join(language.words(above)),
        " ".join(language.words(text)),
        " ".join(language.grams(together)),
        " ".join(language.characters(together)),
    )


def create(connection: apsw.Connection, generation: int) -> None:
    """Make both tables of a generation."""
    terms = "content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'"
    connection.execute(f"create virtual table words_{generation} using fts5(title, heading, body, {terms})")
    connection.execute(f"create virtual table grams_{generation} using fts5(grams, characters, {terms})")
    for name in TABLES:
        # Few, large segments: search opens each of them for each term.
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


# --- finding ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WordQuery:
    """A question as terms of both tables, function words left out where others remain."""

    words: tuple[str, ...]
    grams: tuple[str, ...]
    characters: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> WordQuery:
        """Cut a question the way passages are cut."""
        words = _unique(language.words(text))
        kept = tuple(word for word in words if not language.is_stop(word)) or words
        grams = _unique(language.grams(text))
        grams = tuple(gram for gram in grams if not language.is_stop(gram)) or grams
        characters = tuple(c for c in _unique(language.characters(text)) if not language.is_stop(c))
        return cls(kept, grams, characters)

    def __bool__(self) -> bool:
        return bool(self.words or self.grams)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A scope as SQL on the rowids of both tables, and its parameters; which share of them it holds."""

    where: str = ""
    values: tuple[Value, ...] = ()
    share: float = 1.0


class Words:
    """Both tables at one moment.

    Args:
        made: when its generation was; with its number it tells it from every other.
    """

    def __init__(self, connections: Pair, generation: int, made: str, cache: Cache) -> None:
        self._connections = connections
        self._generation = generation
        self._made = made
        self._cache = cache
        self._weights: dict[WordQuery, Weights] = {}
        self._states: dict[str, tuple[bytes, ...]] = {}

    def best(self, query: WordQuery, narrowed: Narrowed, k: int) -> list[Job[list[int]]]:
        """Jobs that say the `k` best of each table. What carries little weight does not add candidates, so
        a very common word costs no score for half the library; `score` counts it all."""

        def job(name: str, weights: str, terms: dict[str, int]) -> Job[list[int]]:
            table, size = f"{name}_{self._generation}", self.size(name)

            def look(connection: apsw.Connection) -> list[int]:
                rows: list[tuple[int]] = []
                for match in selective(terms, size, narrowed.share):
                    # Not `order by rank`: that sorts every match, this keeps the best k (61 ms, not 143, of 109,000).
                    rows = connection.execute(
                        f"select rowid from {table} where {table} match ? {narrowed.where} "
                        f"order by bm25({table}, {weights}) limit ?",
                        (match, *narrowed.values, k),
                    ).fetchall()
                    if len(rows) >= k:
                        break
                return [id for (id,) in rows]

            return look

        return [job(name, weights, terms) for name, weights, terms in self._leading(query) if terms]

    def score(self, query: WordQuery, ids: Iterable[int]) -> dict[int, float]:
        """The score of these passages, 0..1; 0 where nothing matches."""
        scores = dict.fromkeys(ids, 0.0)
        weight = self._weight(query)
        if not scores or not weight:
            return scores
        within = (json.dumps(list(scores)), min(scores), max(scores))

        def job(table: str, match: str, weights: str) -> Job[list[tuple[int, float]]]:
            return lambda connection: connection.execute(
                f"select rowid, bm25({table}, {weights}) from {table} where {table} match ? "
                # '+': one walk over the matches; without it FTS5 starts anew for every rowid (180 ms).
                "and +rowid in (select value from json_each(?)) and rowid between ? and ?",
                (match, *within),
            ).fetchall()

        found, _ = self._connections.run([job(*match) for match in self.matches(query)])
        for id, better in itertools.chain(*found):
            scores[id] -= better  # FTS5's better is smaller
        return {id: score / (weight * _MOST_PER_IDF) for id, score in scores.items()}

    def weights(self, query: WordQuery) -> Weights:
        """The query's terms with their inverse document frequency, as FTS5 has it. Kept: a search asks twice."""
        if query not in self._weights:
            self._weights[query] = Weights(
                self._idf("words", query.words),
                self._idf("grams", query.grams),
                self._idf("grams", query.characters),
            )
        return self._weights[query]

    def _weight(self, query: WordQuery) -> float:
        found = self.weights(query)
        return sum(found.words.values()) + sum({**found.grams, **found.characters}.values())

    def _idf(self, name: str, terms: Sequence[str]) -> dict[str, float]:
        size, counts = self.size(name), self.frequencies(name, terms)
        return {term: _idf(size, counts.get(term, 0)) for term in terms}

    def matches(self, query: WordQuery) -> list[tuple[str, str, str]]:
        """(table, MATCH expression, weights) of all terms, what takes longest first. A score is a sum over
        terms, so the characters may be asked for by themselves, beside the rest."""
        words, grams = (f"{name}_{self._generation}" for name in TABLES)
        found = [
            (grams, "characters", self._rarest("grams", query.characters), _GRAM_WEIGHTS),
            (grams, "grams", self._rarest("grams", query.grams), _GRAM_WEIGHTS),
            (words, "title heading body", self._rarest("words", query.words), _WORD_WEIGHTS),
        ]
        return [
            (table, f"{{{columns}}} : ({' OR '.join(map(_quoted, terms))})", weights)
            for table, columns, terms, weights in found
            if terms
        ]

    def _leading(self, query: WordQuery) -> list[tuple[str, str, dict[str, int]]]:
        """(table, weights, terms with the number of passages they stand in) of what makes a candidate.

        A single character does only where the query has it alone.
        """
        words = self._counted("words", self._rarest("words", query.words), "{}")
        grams = self._counted("grams", self._rarest("grams", query.grams), "grams : {}")
        alone = [character for character in query.characters if character in query.grams]
        grams |= self._counted("grams", alone, "characters : {}")
        return [("words", _WORD_WEIGHTS, words), ("grams", _GRAM_WEIGHTS, grams)]

    def _counted(self, name: str, terms: Sequence[str], form: str) -> dict[str, int]:
        counts = self.frequencies(name, terms)
        return {form.format(_quoted(term)): counts[term] for term in terms if counts.get(term)}

    def _rarest(self, name: str, terms: Sequence[str]) -> Sequence[str]:
        if len(terms) <= _MOST_TERMS:
            return terms
        found = self.frequencies(name, terms)
        known = sorted((term for term in terms if term in found), key=lambda term: (found[term], term))
        return known[:_MOST_TERMS]

    # --- what the tables hold

    def frequencies(self, name: str, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term stands; terms that stand in none are left out."""
        table = f"{name}_{self._generation}"
        known = self._cache.of(name, (table, self._made, self._state(name)), dict[str, int])
        counts = {term: known[term] for term in terms if term in known}
        asked = [term for term in terms if term not in counts]
        if asked:
            connection = self._connections.first
            connection.execute(
                f"create virtual table if not exists temp.{table}_vocabulary using fts5vocab(main, {table}, row)"
            )
            rows = connection.execute(
                f"select term, doc from temp.{table}_vocabulary where term in (select value from json_each(?))",
                (json.dumps(asked),),
            ).fetchall()
            found = dict.fromkeys(asked, 0) | dict(rows)
            counts |= found
            if len(known) < _MOST_KNOWN:
                known.update(found)
        return {term: counts[term] for term in terms if counts[term]}

    def size(self, name: str) -> int:
        """How many rows a table has."""
        return internals.words_size(self._state(name))

    def _state(self, name: str) -> tuple[bytes, ...]:
        """Of a table: see `internals.words_state`. Kept: a search asks for it with every hit."""
        if name not in self._states:
            self._states[name] = internals.words_state(self._connections.first, f"{name}_{self._generation}")
        return self._states[name]

    @property
    def state(self) -> tuple[str, tuple[bytes, ...]]:
        """Changes with every document that is written."""
        return self._made, self._state("words")


def phrase(text: str) -> str | None:
    """An expression over the grams that every passage fits which holds these words one after the other; None
    where there are none."""
    terms = " ".join(language.grams(text)).replace('"', "")
    return f'grams : "{terms}"' if terms else None


def selective(terms: Mapping[str, int], size: int, share: float) -> Iterator[str]:
    """FTS5 expressions to try in turn until one finds enough; the last matches any of the terms.

    A passage with a rare term is scored whatever else it holds. Common terms are dealt into groups, the
    rarest first, and a passage must hold one of each group: eight words of a tenth of a million
    passages match 570,000 of them, in three groups 14,000, and among those stand the best.

    Args:
        terms: expression -> the number of passages that match it.
        size: of the table, in passages.
        share: of the table that is in scope.
    """
    ordered = sorted(terms, key=lambda term: (terms[term], term))
    scored, rare = 0.0, 0
    while rare < len(ordered) and scored + terms[ordered[rare]] * share <= _FEWEST_SCORED:
        scored += terms[ordered[rare]] * share
        rare += 1
    common = ordered[rare:]
    narrow = ""
    # Two terms a group at the least: what lacks one word of many may still be among the best.
    for count in range(2, max(2, len(common) // 2) + 1 if len(common) > 1 else 2):
        groups = [common[first::count] for first in range(count)]
        expected = share * size
        for group in groups:
            expected *= 1 - math.prod(1 - terms[term] / size for term in group)
        if expected < _FEWEST_SCORED:
            break
        narrow = " AND ".join(f"({' OR '.join(group)})" for group in groups)
        if expected <= _MOST_SCORED:
            break
    if narrow:
        yield " OR ".join([*ordered[:rare], f"({narrow})"])
    yield " OR ".join(ordered)


def _idf(size: int, frequency: int) -> float:
    """FTS5's own formula, floor included, so that shares add up to its scores."""
    return max(math.log((size - frequency + 0.5) / (frequency + 0.5)), 1e-6)


def _unique(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))


def _quoted(term: str) -> str:
    """A term of an FTS5 expression: nothing in it is syntax."""
    return f'"{term.replace(chr(34), "")}"'
