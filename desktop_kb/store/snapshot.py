"""A consistent view of the active generation for one search: words, vectors, passages and texts."""

from __future__ import annotations

import functools
import itertools
import json
import time
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

import apsw
import numpy as np

from desktop_kb import codec
from desktop_kb.lexical import Expansion, WordQuery
from desktop_kb.reading import cut_out
from desktop_kb.records import (
    Floats,
    Key,
    Layout,
    Location,
    Question,
    Retrieved,
    Scope,
    SearchSort,
    Slice,
    Standing,
    StoredPassage,
    Terms,
    Times,
    Value,
    Vectors,
)
from desktop_kb.store import generations
from desktop_kb.store.cache import Cache
from desktop_kb.store.expressions import choice, phrase
from desktop_kb.store.filters import DATE, MODIFIED, SORTED, documents_where
from desktop_kb.store.internals import Ids
from desktop_kb.store.landscape import neighbours_within
from desktop_kb.store.pair import Pair, ReadTask
from desktop_kb.store.places import places_of
from desktop_kb.store.recognized import WAITING
from desktop_kb.store.vectors import Codes, full_vectors, likely, nearest
from desktop_kb.store.verbatim import Rows, Verbatim
from desktop_kb.store.words import Restriction, Words


class Snapshot:
    """Made by `Index.moment`; valid within its `with` block. Row ids never leave it: callers get a `Key`."""

    def __init__(self, connections: Pair, cache: Cache) -> None:
        self._connections = connections
        self._connection = connections.first
        self._cache = cache
        row = self._connection.execute(
            "select id, created from generations where state = 'active'"
        ).fetchone()
        self._generation, self._made = int(row[0]) if row else 0, str(row[1]) if row else ""
        self._readers = generations.readers(self._connection, self._generation)
        self._words = Words(connections, self._generation, self._made, cache)
        self._scopes: dict[Scope, Ids] = {}
        self._ids: dict[Key, int] = {}
        self._documents: dict[str, int] = {}
        self._state = functools.cache(self._look_up_state)

    @property
    def generation(self) -> int:
        """The number of the active generation; 0 if nothing was ever stored."""
        return self._generation

    # --- both retrievers

    def retrieve(self, question: Question, scope: Scope, k: int, also: Iterable[Key] = ()) -> Retrieved:
        """See `records.Moment`."""
        if not self._generation:
            return Retrieved({}, {}, {}, Terms(), {})
        began = time.perf_counter()
        expansion = Expansion(self._words, question.text, question.begun)
        query = expansion.query
        readers = [reader for reader in question.vectors if reader in self._readers]
        tasks = [self._nearest(reader, question.vectors[reader], scope, k) for reader in readers]
        tasks += self._best(query, scope, k) if question.by_words else []
        found, spent = self._connections.run(tasks)
        by_vector = sum(spent[: len(readers)])
        parallel = 0 < len(readers) < len(tasks) and self._connections.second is not None
        ids = dict.fromkeys(itertools.chain((self._ids[key] for key in also), *reversed(found)))
        scores = self._words.score(query, ids) if question.by_words else {}
        by_words = time.perf_counter() - began - (0.0 if parallel else by_vector)
        began = time.perf_counter()
        passages = self._passages(list(ids), readers)
        return Retrieved(
            {passage.key: passage for passage in passages.values()},
            # A damaged table may refer to passages that do not exist.
            {passages[id].key: score for id, score in scores.items() if id in passages},
            {
                reader: [passages[id].key for id in found[at] if id in passages]
                for at, reader in enumerate(readers)
            },
            self._words.weights(query),
            {"words": by_words, "vectors": by_vector, "passages": time.perf_counter() - began},
            tuple(expansion.also) if question.by_words else (),
            frozenset(expansion.choices) if question.by_words else frozenset(),
        )

    def _best(self, query: WordQuery, scope: Scope, k: int) -> list[ReadTask[list[int]]]:
        if not scope:
            return self._words.best(query, Restriction(), k)
        ids = self._within(scope)
        if not len(ids):
            return []
        where, values = self._where(scope, "+rowid")
        # A range is the only condition on rowids that lets FTS5 skip matches. It helps because a document's
        # ids are close together.
        where += " and rowid between ? and ?"
        values += [int(ids.min()), int(ids.max())]
        share = len(ids) / max(1, self._words.size("words"))
        return self._words.best(query, Restriction(where, tuple(values), share), k)

    def _nearest(self, reader: int, vector: Floats, scope: Scope, k: int) -> ReadTask[list[int]]:
        """A task that returns the `k` nearest passages by this reader's vectors, nearest first."""
        table = self._readers[reader].vectors
        subset = self._within(scope) if scope else None
        state = (table, self._state())

        def search(connection: apsw.Connection) -> list[int]:
            with self._connections.to_the_end(connection):
                codes = self._cache.get_or_make(
                    f"vectors {reader}", state, lambda: Codes.read(connection, table)
                )
            return nearest(connection, reader, vector, k, likely(codes, vector, k, subset))

        return search

    def nearest(self, reader: int, vector: Floats, k: int) -> list[int]:
        """The ids of the `k` passages nearest to this vector by a reader, the nearest first."""
        return self._nearest(reader, vector, Scope(), k)(self._connection)

    def _look_up_state(self) -> Hashable:
        """A cache key that changes whenever a document is written, because its words are written together with
        its vectors and text. Further readers' vectors come later, so their documents are counted; rebuilding
        a table changes schema_version."""
        query = "select count(*) from encoded where generation = ?"
        encoded = self._connection.execute(query, (self._generation,)).get if len(self._readers) > 1 else 0
        return self._connection.pragma("schema_version"), encoded, self._words.state

    def _within(self, scope: Scope) -> Ids:
        """The ids of the passages in scope, int64. Cached, because both retrievers need them."""
        if scope not in self._scopes:
            where, values = self._where(scope, "id")
            rows = self._connection.execute(
                f"select id from chunks where generation = ? {where}", (self._generation, *values)
            )
            self._scopes[scope] = np.array(rows.fetchall(), np.int64).reshape(-1)
        return self._scopes[scope]

    def _where(self, scope: Scope, rowid: str) -> tuple[str, list[Value]]:
        """The scope as an SQL condition on `rowid`; both retrievers apply it before top-k."""
        if not scope:
            return "", []
        conditions = ["generation = ?"]
        values: list[Value] = [self._generation]
        if scope.filters:
            condition, parameters = documents_where(scope.filters)
            conditions.append(f"document_id in (select id from documents where {condition})")
            values += parameters
        grams = f"grams_{self._generation}"
        required = (*map(phrase, scope.phrases), *map(choice, scope.choices))
        for expressions, operator in ((required, "in"), (map(phrase, scope.excluded), "not in")):
            for expression in filter(None, expressions):
                conditions.append(f"id {operator} (select rowid from {grams} where {grams} match ?)")
                values.append(expression)
        return f"and {rowid} in (select id from chunks where {' and '.join(conditions)})", values

    # --- passages

    def first(self, scope: Scope, k: int, sort: SearchSort = "score") -> list[StoredPassage]:
        """See `records.Moment`."""
        where, values = self._where(scope, "id")
        found = (
            f"select min(id) as id, document_id from chunks where generation = ? {where} group by document_id"
        )
        ordered = "first.id" if sort == "score" else SORTED[sort]
        rows = self._connection.execute(
            f"select first.id from ({found}) as first join documents on documents.id = document_id "
            f"order by {ordered} limit ?",
            (self._generation, *values, k),
        )
        ids = [id for (id,) in rows]
        passages = self._passages(ids, ())
        return [passages[id] for id in ids]

    def _passages(self, ids: Sequence[int], readers: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these row ids, with the vectors of these readers."""
        asked = json.dumps(list(ids))
        first = "vector, sentence_vectors" if 1 in readers else "null, null"
        rows = self._connection.execute(
            f'select {first}, chunks.id, documents.id, uid, start, "end", sentences, documents.title, type, '
            "heading, page, last_page, text, coverage from chunks "
            "join documents on documents.id = document_id left join chunk_vectors on chunk_id = chunks.id "
            "where chunks.id in (select value from json_each(?))",
            (asked,),
        ).fetchall()
        passages = {row[2]: self._passage(row[2:]) for row in rows}
        for reader in readers:
            if reader == 1:
                said = [(id, whole, own) for whole, own, id, *_ in rows]
            else:
                said = self._connection.execute(
                    "select chunk_id, vector, sentence_vectors from json_each(?) "
                    f"cross join {full_vectors(reader)} on chunk_id = value",
                    (asked,),
                ).fetchall()
            self._add_vectors(reader, said, passages)
        return passages

    def _passage(self, row: Sequence[Any]) -> StoredPassage:
        id, document, uid, start, end, sentences, title, type, heading, page, last_page, text, coverage = row
        key = Key(uid, start, end)
        self._ids[key], self._documents[uid] = id, document
        return StoredPassage(
            key=key,
            title=title,
            type=type,
            heading=codec.unpack_heading(heading),
            page=page,
            last_page=last_page,
            text=text,
            coverage=coverage,
            sentences=codec.unpack_sentences(sentences),
            vectors={},
        )

    def _add_vectors(
        self,
        reader: int,
        said: Sequence[tuple[int, bytes | None, bytes | None]],
        passages: Mapping[int, StoredPassage],
    ) -> None:
        """Give each passage the vectors of a reader: its own and its sentences'."""
        blobs = {id: sentences for id, _, sentences in said if sentences}
        counts = [len(passages[id].sentences) for id in blobs]
        unpacked = codec.unpack_all_directions([*blobs.values()], self._readers[reader].dimensions, counts)
        directions = dict(zip(blobs, unpacked, strict=True))
        wholes = {id: whole for id, whole, _ in said if whole}
        vectors = dict(zip(wholes, codec.unpack_vectors([*wholes.values()]), strict=True))
        for id, *_ in said:
            passages[id].vectors[reader] = Vectors(vectors.get(id), directions.get(id))

    def passages(self, places: Iterable[Key], readers: Collection[int]) -> dict[Key, StoredPassage]:
        """See `records.Moment`."""
        asked = list(places)
        found: dict[int, int] = dict(
            self._connection.execute(
                "select asked.key, chunks.id from json_each(?) as asked "
                "join documents on uid = asked.value ->> 0 and removed is null "
                "join chunks on document_id = documents.id and generation = ? "
                'and start <= asked.value ->> 1 and "end" > asked.value ->> 1',
                (json.dumps(asked), self._generation),
            ).fetchall()
        )
        read = [reader for reader in readers if reader in self._readers]
        passages = self._passages(list(set(found.values())), read)
        return {asked[at]: passages[id] for at, id in found.items()}

    def neighbours(self, keys: Iterable[Key]) -> dict[tuple[Key, Key], float]:
        """See `records.Moment`."""
        known = {self._ids[key]: key for key in keys}
        ids, near, alike = neighbours_within(self._connection, self._generation, list(known))
        return {
            (known[id], known[other]): cosine
            for id, others, cosines in zip(ids, near.tolist(), alike.tolist(), strict=True)
            for other, cosine in zip(others, cosines, strict=True)
            if other in known
        }

    # --- word for word

    def titled(self, text: str, scope: Scope, most: int) -> Standing:
        """See `records.Moment`."""
        return self._standing(self._verbatim(scope, most).titled(text))

    def named(self, text: str, scope: Scope, most: int) -> Standing:
        """See `records.Moment`."""
        return self._standing(self._verbatim(scope, most).named(text))

    def containing(self, text: str, scope: Scope, most: int) -> Standing:
        """See `records.Moment`."""
        return self._standing(self._verbatim(scope, most).containing(text))

    def _verbatim(self, scope: Scope, most: int) -> Verbatim:
        return Verbatim(
            self._connection,
            self._generation,
            lambda column: self._where(scope, column),
            self._words,
            most,
        )

    def _standing(self, rows: Rows) -> Standing:
        wanted = [*rows.chunks, *rows.documents.values()]
        if not wanted:
            return Standing()
        keys: dict[int, Key] = {}
        for id, *key in self._connection.execute(
            'select chunks.id, uid, start, "end" from chunks join documents on documents.id = document_id '
            "where chunks.id in (select value from json_each(?))",
            (json.dumps(wanted),),
        ):
            keys[id] = Key(*key)
            self._ids[keys[id]] = id
        first = (keys[id] for id in rows.documents.values())
        return Standing(
            frozenset(keys[id] for id in rows.chunks),
            {key.document: key for key in first},
        )

    # --- documents

    def slices(self, places: Sequence[Key]) -> list[Slice]:
        """See `records.Moment`."""
        return [self._slice(*place) for place in places]

    def _slice(self, document: str, start: int, end: int) -> Slice:
        id = self._row_of(document)

        def read() -> tuple[str, Layout]:
            text, layout = self._connection.execute(
                "select text, layout from texts where document_id = ?", (id,)
            ).fetchall()[0]
            return text, codec.unpack_layout(layout)

        return cut_out(*self._cache.text(id, self._state(), read), start, end)

    def places(self, documents: Iterable[str]) -> Mapping[str, tuple[Location, ...]]:
        """See `records.Moment`."""
        uids = {self._row_of(document): document for document in documents}
        where = "where document_id in (select value from json_each(?))"
        found = places_of(self._connection, where, (json.dumps(list(uids)),))
        return {uids[id]: tuple(stands) for id, stands in found.items()}

    def times(self, documents: Iterable[str]) -> Mapping[str, Times]:
        """See `records.Moment`."""
        uids = {self._row_of(document): document for document in documents}
        rows = self._connection.execute(
            f"select id, ifnull({DATE}, ''), added, ifnull({MODIFIED}, 0) "
            "from documents where id in (select value from json_each(?))",
            (json.dumps(list(uids)),),
        )
        return {uids[id]: Times(*times) for id, *times in rows}

    def awaits_pages(self, scope: Scope) -> bool:
        """See `records.Moment`."""
        condition, values = documents_where(scope.filters)
        query = f"select exists (select 1 from documents where {WAITING} and {condition})"
        return bool(self._connection.execute(query, values).get)

    def _row_of(self, document: str) -> int:
        if document not in self._documents:
            found = self._connection.execute("select id from documents where uid = ?", (document,)).get
            self._documents[document] = int(found)
        return self._documents[document]
