"""One moment of the active generation, as a search sees it: words, vectors, passages.

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
import os
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw
import numpy as np

from desktop_kb import language
from desktop_kb.records import Filter, Floats, Ints, Layout, Value
from desktop_kb.store import codec, internals
from desktop_kb.store.cache import Cache
from desktop_kb.store.filters import documents_where
from desktop_kb.store.internals import Ids
from desktop_kb.store.vectors import Codes, likely, nearest
from desktop_kb.store.verbatim import Verbatim

Kind = TypeVar("Kind")
Job = Callable[[apsw.Connection], Kind]

#: Beyond this many terms a query is cut to its rarest ones: what is left out weighs little,
#: and FTS5's time grows with each term's matches.
_MOST_TERMS = 64
#: Chunks that may be scored by FTS5, .55 us each; and at least so many are looked for.
_MOST_SCORED = 20_000
_FEWEST_SCORED = 5_000
#: Terms whose frequency is remembered.
_MOST_KNOWN = 50_000
_WORD_WEIGHTS = "2.0, 1.5, 1.0"
_GRAM_WEIGHTS = "1.0, 1.0"
#: BM25's bound for one term is (k1 + 1) times its inverse document frequency; FTS5's k1 is 1.2.
_MOST_PER_IDF = 2.2


@dataclass(frozen=True, slots=True)
class WordQuery:
    """A query as terms of both tables, function words left out where others remain."""

    words: tuple[str, ...]
    grams: tuple[str, ...]
    characters: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> WordQuery:
        """Cut a query the way passages are cut."""
        words = _unique(language.words(text))
        kept = tuple(word for word in words if not language.is_stop(word)) or words
        grams = _unique(language.grams(text))
        grams = tuple(gram for gram in grams if not language.is_stop(gram)) or grams
        characters = tuple(c for c in _unique(language.characters(text)) if not language.is_stop(c))
        return cls(kept, grams, characters)

    def __bool__(self) -> bool:
        return bool(self.words or self.grams)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which chunks a search may return: filters, phrases they hold, and what they must not hold."""

    filters: tuple[Filter, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.filters or self.phrases or self.excluded)


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk with its document. `sentences` is int32 (n, 2) raw offsets; `vector` float32 (d,)
    and `sentence_vectors` float32 (n, d) are not of unit length, and None where not covered."""

    id: int
    document_id: int
    document: str
    type: str
    title: str
    heading: tuple[str, ...]
    page: int | None
    last_page: int | None
    start: int
    end: int
    text: str
    coverage: float
    sentences: Ints
    vector: Floats | None
    sentence_vectors: Floats | None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Ids of chunks found `by_words`, in no order, and the `nearest`; seconds of each leg, which run beside
    each other."""

    by_words: list[int]
    nearest: list[int]
    seconds: Mapping[str, float]


class Snapshot:
    """Made by `Index.snapshot`; valid within its `with` block. `generation` is whose it is; 0: none yet.

    Args:
        beside: sees the same moment, for a second thread: what FTS5 and the vectors' bits take keeps two
            cores at work. None: there is none, and one thing is done after the other.
        made: of what model and when; with its number it tells a generation from every other.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        beside: apsw.Connection | None,
        generation: int,
        dimensions: int,
        made: str,
        cache: Cache,
    ) -> None:
        self._connection = connection
        self._beside = beside
        self._cache = cache
        self.generation = generation
        self.dimensions = dimensions
        self._made = made
        self._idf: dict[WordQuery, dict[str, dict[str, float]]] = {}
        self._scopes: dict[Scope, Ids] = {}
        self._states: dict[str, tuple[bytes, ...]] = {}

    # --- both legs

    def retrieve(self, query: WordQuery, vector: Floats | None, scope: Scope, k: int) -> Retrieved:
        """What each leg finds: the ids of the `k` best of each table by words, and of the `k` nearest covered
        chunks, nearest first."""
        began = time.perf_counter()
        jobs: list[Job[list[int]]] = []
        if vector is not None and self.dimensions:
            jobs = [self._by_vector(vector, scope, k)]
        vectors = len(jobs)
        jobs += self._by_words(query, scope, k)
        found, seconds = self._beside_each_other(jobs)
        by_vector = sum(seconds[:vectors])
        both = 0 < vectors < len(jobs) and self._beside is not None
        by_words = time.perf_counter() - began - (0.0 if both else by_vector)
        return Retrieved(
            list(dict.fromkeys(itertools.chain(*found[vectors:]))),
            found[0] if vectors else [],
            {"words": by_words, "vectors": by_vector},
        )

    def _beside_each_other(self, jobs: Sequence[Job[Kind]]) -> tuple[list[Kind], list[float]]:
        """What each of these says, and the seconds it took; two at a time."""
        found: dict[int, tuple[Kind, float]] = {}
        waiting = deque(enumerate(jobs))

        def work(connection: apsw.Connection) -> None:
            while True:
                try:
                    number, job = waiting.popleft()
                except IndexError:
                    return
                began = time.perf_counter()
                found[number] = job(connection), time.perf_counter() - began

        if self._beside is None or len(jobs) < 2:
            work(self._connection)
        else:
            with ThreadPoolExecutor(1) as thread:
                other = thread.submit(work, self._beside)
                work(self._connection)
                other.result()
        ordered = [found[number] for number in range(len(jobs))]
        return [result for result, _ in ordered], [seconds for _, seconds in ordered]

    # --- words

    def _by_words(self, query: WordQuery, scope: Scope, k: int) -> list[Job[list[int]]]:
        """The `k` best of each table. What carries little weight does not add candidates, so
        a very common word costs no score for half the library; `score_words` counts it all."""
        where, values = self._where(scope, "+rowid")
        share = 1.0
        if scope:
            ids = self._ids(scope)
            if not len(ids):
                return []
            # A range is the one condition on rowids that FTS5 skips by: a document's ids lie together.
            where += " and rowid between ? and ?"
            values += [int(ids.min()), int(ids.max())]
            share = len(ids) / max(1, self._size("words"))

        def best(name: str, weights: str, terms: dict[str, int], size: int) -> Job[list[int]]:
            table = f"{name}_{self.generation}"

            def look(connection: apsw.Connection) -> list[int]:
                rows: list[tuple[int]] = []
                for match in selective(terms, size, share):
                    # Not `order by rank`: that sorts every match, this keeps the best k (61 ms, not 143, of 109,000).
                    rows = connection.execute(
                        f"select rowid from {table} where {table} match ? {where} "
                        f"order by bm25({table}, {weights}) limit ?",
                        (match, *values, k),
                    ).fetchall()
                    if len(rows) >= k:
                        break
                return [id for (id,) in rows]

            return look

        return [
            best(name, weights, terms, self._size(name))
            for name, weights, terms in self._leading(query)
            if terms
        ]

    def _leading(self, query: WordQuery) -> list[tuple[str, str, dict[str, int]]]:
        """(table, weights, terms with the number of chunks they stand in) of what makes a candidate.

        A single character does only where the query has it alone.
        """
        words = self._counted("words", self._rarest("words", query.words), "{}")
        grams = self._counted("grams", self._rarest("grams", query.grams), "grams : {}")
        alone = [character for character in query.characters if character in query.grams]
        grams |= self._counted("grams", alone, "characters : {}")
        return [("words", _WORD_WEIGHTS, words), ("grams", _GRAM_WEIGHTS, grams)]

    def _counted(self, name: str, terms: Sequence[str], form: str) -> dict[str, int]:
        counts = self._frequencies(name, terms)
        return {form.format(_quoted(term)): counts[term] for term in terms if counts.get(term)}

    def score_words(self, query: WordQuery, ids: Iterable[int]) -> dict[int, float]:
        """The words' score of these chunks, 0..1; 0 where nothing matches."""
        scores = dict.fromkeys(ids, 0.0)
        weight = self.weight(query)
        if not scores or not weight:
            return scores
        within = (json.dumps(list(scores)), min(scores), max(scores))

        def score(table: str, match: str, weights: str) -> Job[list[tuple[int, float]]]:
            return lambda connection: connection.execute(
                f"select rowid, bm25({table}, {weights}) from {table} where {table} match ? "
                # '+': one walk over the matches; without it FTS5 starts anew for every rowid (180 ms).
                "and +rowid in (select value from json_each(?)) and rowid between ? and ?",
                (match, *within),
            ).fetchall()

        found, _ = self._beside_each_other([score(*match) for match in self._matches(query)])
        for id, better in itertools.chain(*found):
            scores[id] -= better  # FTS5's better is smaller
        return {id: score / (weight * _MOST_PER_IDF) for id, score in scores.items()}

    def __bool__(self) -> bool:
        """There is something to search: an empty library has no generation yet."""
        return self.generation > 0

    def weight(self, query: WordQuery) -> float:
        """The sum of the inverse document frequencies of the query's terms, as FTS5 has them."""
        idf = self.idf(query)
        return sum(idf["words"].values()) + sum(idf["grams"].values())

    def idf(self, query: WordQuery) -> dict[str, dict[str, float]]:
        """Per table: term -> inverse document frequency. Kept: a search asks for it three times."""
        if query not in self._idf:
            self._idf[query] = self._look_up_idf(query)
        return self._idf[query]

    def _look_up_idf(self, query: WordQuery) -> dict[str, dict[str, float]]:
        result: dict[str, dict[str, float]] = {"words": {}, "grams": {}}
        sizes = {name: self._size(name) for name in result}
        for name, terms in (
            ("words", query.words),
            ("grams", query.grams),
            ("grams", query.characters),
        ):
            frequencies = self._frequencies(name, terms)
            for term in terms:
                result[name][term] = _idf(sizes[name], frequencies.get(term, 0))
        return result

    def _matches(self, query: WordQuery) -> list[tuple[str, str, str]]:
        """(table, MATCH expression, weights) of all terms, what takes longest first. A score is a sum over
        terms, so the characters may be asked for by themselves, beside the rest."""
        grams = f"grams_{self.generation}"
        found = [
            (grams, "characters", self._rarest("grams", query.characters), _GRAM_WEIGHTS),
            (grams, "grams", self._rarest("grams", query.grams), _GRAM_WEIGHTS),
            (
                f"words_{self.generation}",
                "title heading body",
                self._rarest("words", query.words),
                _WORD_WEIGHTS,
            ),
        ]
        return [
            (table, f"{{{columns}}} : ({' OR '.join(map(_quoted, terms))})", weights)
            for table, columns, terms, weights in found
            if terms
        ]

    def _rarest(self, name: str, terms: Sequence[str]) -> Sequence[str]:
        if len(terms) <= _MOST_TERMS:
            return terms
        found = self._frequencies(name, terms)
        known = sorted((term for term in terms if term in found), key=lambda term: (found[term], term))
        return known[:_MOST_TERMS]

    def _frequencies(self, name: str, terms: Sequence[str]) -> dict[str, int]:
        """In how many chunks each term stands; terms that stand in none are left out."""
        table = f"{name}_{self.generation}"
        known = self._cache.of(name, (table, self._made, self._state(name)), dict[str, int])
        counts = {term: known[term] for term in terms if term in known}
        asked = [term for term in terms if term not in counts]
        if asked:
            self._connection.execute(
                f"create virtual table if not exists temp.{table}_vocabulary using fts5vocab(main, {table}, row)"
            )
            rows = self._connection.execute(
                f"select term, doc from temp.{table}_vocabulary where term in (select value from json_each(?))",
                (json.dumps(asked),),
            ).fetchall()
            found = dict.fromkeys(asked, 0) | dict(rows)
            counts |= found
            if len(known) < _MOST_KNOWN:
                known.update(found)
        return {term: counts[term] for term in terms if counts[term]}

    def _state(self, name: str) -> tuple[bytes, ...]:
        """Of the table: see `internals.words_state`. Kept: a search asks for it with every hit."""
        if name not in self._states:
            self._states[name] = internals.words_state(self._connection, f"{name}_{self.generation}")
        return self._states[name]

    def _moment(self) -> Hashable:
        """Changes with every document that is written: its words are written together with its vectors and
        its text. Repairing one table alone makes it anew, which the schema's number tells."""
        return self._made, self._connection.pragma("schema_version"), self._state("words")

    def _size(self, name: str) -> int:
        """How many rows a table has."""
        return internals.words_size(self._state(name))

    def verbatim(self, scope: Scope, most: int) -> Verbatim:
        """Where a text stands word for word, within the scope and in at most so many documents."""
        return Verbatim(
            self._connection,
            self.generation,
            lambda column: self._where(scope, column),
            self._frequencies,
            most,
        )

    # --- vectors

    def _by_vector(self, vector: Floats, scope: Scope, k: int) -> Job[list[int]]:
        """The `k` nearest covered chunks, nearest first."""
        table = f"vectors_{self.generation}"
        among = self._ids(scope) if scope else None
        state = (table, self._moment())

        def look(connection: apsw.Connection) -> list[int]:
            codes = self._cache.of("vectors", state, lambda: Codes.read(connection, table))
            return nearest(connection, vector, k, likely(codes, vector, k, among))

        return look

    def _ids(self, scope: Scope) -> Ids:
        """The chunks in scope, int64. Kept: both legs ask."""
        if scope not in self._scopes:
            where, values = self._where(scope, "id")
            rows = self._connection.execute(
                f"select id from chunks where generation = ? {where}", (self.generation, *values)
            )
            self._scopes[scope] = np.array(rows.fetchall(), np.int64).reshape(-1)
        return self._scopes[scope]

    def _where(self, scope: Scope, rowid: str) -> tuple[str, list[Value]]:
        """The scope as a condition on `rowid`, inside both legs: before top-k, not after."""
        if not scope:
            return "", []
        conditions = ["generation = ?"]
        values: list[Value] = [self.generation]
        if scope.filters:
            condition, parameters = documents_where(scope.filters)
            conditions.append(f"document_id in (select id from documents where {condition})")
            values += parameters
        grams = f"grams_{self.generation}"
        for texts, operator in ((scope.phrases, "in"), (scope.excluded, "not in")):
            for text in texts:
                phrase = language.grams(text)
                if phrase:
                    conditions.append(f"id {operator} (select rowid from {grams} where {grams} match ?)")
                    values.append(_phrase(phrase))
        return f"and {rowid} in (select id from chunks where {' and '.join(conditions)})", values

    # --- passages

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """The chunks with these ids."""
        rows = self._connection.execute(
            'select chunks.id, documents.id, uid, type, documents.title, heading, page, last_page, start, "end", '
            "text, coverage, sentences, vector, sentence_vectors from chunks "
            "join documents on documents.id = document_id left join chunk_vectors on chunk_id = chunks.id "
            "where chunks.id in (select value from json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: self._passage(row) for row in rows}

    def _passage(self, row: Sequence[Any]) -> Passage:
        *fields, sentences, vector, sentence_vectors = row
        fields[5] = tuple(json.loads(fields[5]))
        values = (
            *fields,
            codec.unpack_sentences(sentences),
            codec.unpack_vector(vector) if vector else None,
            codec.unpack_directions(sentence_vectors, self.dimensions) if sentence_vectors else None,
        )
        return Passage(*values)

    def first_chunks(self, scope: Scope, k: int) -> list[int]:
        """The first chunk of each of the first `k` documents in scope."""
        where, values = self._where(scope, "id")
        rows = self._connection.execute(
            f"select min(id) from chunks where generation = ? {where} group by document_id order by 1 limit ?",
            (self.generation, *values, k),
        )
        return [id for (id,) in rows]

    def document_id(self, document: str) -> int:
        """The row of a document by its public id."""
        return int(self._connection.execute("select id from documents where uid = ?", (document,)).get)

    def text(self, document_id: int) -> tuple[str, Layout]:
        """A document's raw text, and where things stand in it."""

        def read() -> tuple[str, Layout]:
            text, layout = self._connection.execute(
                "select text, layout from texts where document_id = ?", (document_id,)
            ).fetchall()[0]
            return text, codec.unpack_layout(layout)

        return self._cache.text(document_id, self._moment(), read)

    def paths(self, document_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Every place of these documents, in order."""
        places: dict[int, tuple[str, ...]] = {}
        for id, path in self._connection.execute(
            "select document_id, path from places where document_id in (select value from json_each(?)) "
            "order by path",
            (json.dumps(list(document_ids)),),
        ):
            places[id] = (*places.get(id, ()), os.fsdecode(path))
        return places


def _idf(size: int, frequency: int) -> float:
    """FTS5's own formula, floor included, so that shares add up to its scores."""
    return max(math.log((size - frequency + 0.5) / (frequency + 0.5)), 1e-6)


def _unique(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))


def selective(terms: Mapping[str, int], size: int, share: float) -> Iterator[str]:
    """FTS5 expressions to try in turn until one finds enough; the last matches any of the terms.

    A chunk with a rare term is scored whatever else it holds. Common terms are dealt into groups, the
    rarest first, and a chunk must hold one of each group: eight words of a tenth of a million
    chunks match 570,000 of them, in three groups 14,000, and among those stand the best.

    Args:
        terms: expression -> the number of chunks that match it.
        size: of the table, in chunks.
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


def _quoted(term: str) -> str:
    """A term of an FTS5 expression: nothing in it is syntax."""
    return f'"{term.replace(chr(34), "")}"'


def _phrase(terms: Sequence[str]) -> str:
    words = " ".join(terms).replace('"', "")
    return f'grams : "{words}"'
