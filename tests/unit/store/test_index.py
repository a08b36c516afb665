"""Ranking against an independent implementation, filters before top-k, and the states of generations."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder
from rank_bm25 import BM25Okapi

from desktop_kb.lexical import WordQuery
from desktop_kb.reading import cut_out
from desktop_kb.records import (
    Extracted,
    File,
    Fingerprint,
    Floats,
    Incoming,
    JobOptions,
    Layout,
    Made,
    Passage,
    Question,
    Reader,
    Scope,
    Slice,
)
from desktop_kb.search.query import parse_filter
from desktop_kb.store import Store, generations, snapshot
from desktop_kb.store.words import Restriction

#: Made up, so that neither stemming nor a dictionary changes them.
VOCABULARY = [f"{a}{b}zq" for a in ("bor", "tuk", "mev", "lan", "gip") for b in ("a", "o", "u", "ik", "ax")]


def put(
    store: Store,
    name: str,
    texts: Sequence[str],
    vectors: Floats | None = None,
    title: str = "",
    **options: Any,
) -> None:
    """Store a document of these passages as the indexer would, fabricated."""
    generation = store.index.generation()
    assert generation is not None
    chunks, start = [], 0
    for number, text in enumerate(texts):
        span = np.array([[start, start + len(text)]], np.int32)
        vector = None if vectors is None else vectors[number]
        sentence = None if vector is None else vector[None, :]
        chunks.append(Passage(start, start + len(text), None, None, (), 9, text, 1.0, span, sentence, vector))
        start += len(text) + 1
    extracted = Extracted("\n".join(texts), title)
    file = File(name, 1, 1, "text", content_hash=name)
    text_hash = hashlib.sha256(extracted.text.encode()).hexdigest()
    made = Made(generation.id, 0 if vectors is None else 1, chunks)
    store.index.put(Incoming(file, extracted, text_hash, [made], JobOptions(**options)))


def by_words(moment: Any, query: WordQuery, k: int) -> dict[int, float]:
    """The rows that a query of words brings, with their scores."""
    found, _ = moment._connections.run(moment._words.best(query, Restriction(), k))
    scores: dict[int, float] = moment._words.score(query, dict.fromkeys(itertools.chain(*found)))
    return scores


class ReferenceBM25(BM25Okapi):  # type: ignore[misc]
    """rank_bm25 with FTS5's inverse document frequency, floor included."""

    def _calc_idf(self, nd: dict[str, int]) -> None:
        for word, count in nd.items():
            self.idf[word] = max(math.log((self.corpus_size - count + 0.5) / (count + 0.5)), 1e-6)


def test_words_rank_as_an_independent_bm25(open_bench: Any) -> None:
    bench = open_bench(None)
    chance = random.Random(7)
    weights = [1 / (rank + 1) for rank in range(len(VOCABULARY))]
    corpus = [chance.choices(VOCABULARY, weights, k=chance.randint(5, 60)) for _ in range(300)]
    put(bench.store, "/a.txt", [" ".join(words) for words in corpus])
    # The first passage has the file's name too.
    reference = ReferenceBM25([[*corpus[0], "a"], *corpus[1:]], k1=1.2, b=0.75)
    for _ in range(30):
        terms = tuple(dict.fromkeys(chance.choices(VOCABULARY, k=3)))
        expected = reference.get_scores(terms)
        with bench.store.index.moment() as moment:
            # Its words alone: grams are another table with other lengths.
            found = by_words(moment, WordQuery(terms, (), ()), len(corpus))
            passages = moment._passages(list(found), ())
        assert len(found) == np.count_nonzero(expected)
        most = 2.2 * sum(reference.idf[term] for term in terms)
        scores = {" ".join(words): score / most for words, score in zip(corpus, expected, strict=True)}
        assert found == pytest.approx({id: scores[passages[id].text] for id in found}, rel=1e-6)


def test_a_filter_is_applied_before_the_best_are_taken(open_bench: Any) -> None:
    """Three passages of 5,000 match the filters, and there are 4,997 nearer ones."""
    bench = open_bench(FakeEmbedder())
    chance = np.random.default_rng(3)
    query = bench.embedder.encode_query("engine noise")
    near = query + chance.normal(scale=0.1, size=(4_997, 32))
    near = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    put(bench.store, "/common.txt", ["engine noise"] * 4_997, near, metadata={"year": 2022})
    put(bench.store, "/brand.txt", ["engine noise"], near[:1], metadata={"brand": "BMW", "year": "2021"})
    far = np.tile(-query, (3, 1)).astype(np.float32)
    wanted = {"brand": "BMW", "year": "2022"}
    put(bench.store, "/rare.txt", ["quiet one", "quiet two", "quiet three"], far, metadata=wanted)
    for options in (
        {"mode": "vectors", "filters": ("year:2022 brand:BMW",)},
        {"mode": "vectors", "filters": ("year:2022", "brand:bmw")},
    ):
        hits = bench.search("engine noise", **options).hits
        assert sorted(hit.text for hit in hits) == ["quiet one", "quiet three", "quiet two"]
    hits = bench.search("engine noise year:2022 brand:BMW", mode="vectors").hits
    assert len(hits) == 3
    assert {hit.why.filters for hit in hits} == {("year:2022", "brand:BMW")}
    with bench.store.index.moment() as moment:
        scope = Scope(parse_filter("brand:BMW year>=2022"))
        assert len(moment.retrieve(Question("quiet engine"), scope, 2).by_words) == 2
        assert len(moment.retrieve(Question("quiet engine"), scope, 9).by_words) == 3
    assert [hit.path for hit in bench.search("engine -year:2022").hits] == ["/brand.txt"]


def test_a_passage_between_two_hits_joins_all_three(open_bench: Any) -> None:
    bench = open_bench(None)
    put(bench.store, "/~.txt", ["alpha one", "beta", "alpha two"])
    put(bench.store, "/b.txt", ["beta filler"] * 20)
    apart = [hit.text for hit in bench.search("alpha beta", limit=100).hits if hit.path == "/~.txt"]
    assert apart == ["alpha one", "alpha two", "beta"]
    merged = [hit.text for hit in bench.search("alpha beta", limit=100, merge=True).hits]
    assert merged[0] == "alpha one\nbeta\nalpha two"
    assert len(merged) == 2


def test_merging_does_not_read_what_lies_between_hits(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = open_bench(None)
    filler = "nothing of it " * 2_000
    put(bench.store, "/book.txt", [text for _ in range(8) for text in ("alpha one", filler)])
    lengths: list[int] = []

    def counted(text: str, layout: Layout, start: int, end: int) -> Slice:
        lengths.append(end - start)
        return cut_out(text, layout, start, end)

    monkeypatch.setattr(snapshot, "cut_out", counted)
    hits = bench.search("alpha one", limit=100, merge=True, copies=True).hits
    assert [hit.text for hit in hits[:8]] == ["alpha one"] * 8
    assert max(lengths) < 2_000


@pytest.mark.parametrize("first", ["2022", 2022])
def test_the_persons_value_hides_the_files(open_bench: Any, first: int | str) -> None:
    bench = open_bench(None)
    put(bench.store, "/a.txt", ["Bees dance."])
    (document,) = bench.store.documents.find()

    def from_file(connection: Any) -> None:
        connection.execute("insert into metadata values (1, 'year', 'file', ?, ?)", (2022, "2022"))

    bench.store._database.write(from_file)
    assert bench.store.documents.find()[0].metadata == {"year": 2022}
    assert bench.store.documents.find(parse_filter("year:2022")) != []
    bench.store.documents.edit([document.document], metadata={"year": 1999})
    assert bench.store.documents.find()[0].metadata == {"year": 1999}
    assert bench.store.documents.find(parse_filter("year:2022")) == []
    assert bench.store.documents.find(parse_filter("year<2000")) != []
    bench.store.documents.edit([document.document], metadata={"year": first})
    assert bench.store.documents.find()[0].metadata == {"year": 2022}
    assert bench.store.documents.find(parse_filter("year:2022 year>2021")) != []
    bench.store.documents.edit([document.document], metadata={"year": ""})
    assert bench.store.documents.find()[0].metadata == {"year": 2022}


def test_another_model_drops_what_was_half_built_for_the_last(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    put(bench.store, "/a.txt", ["Bees dance."])
    index = bench.store.index
    second = Fingerprint((Reader("m2", "second", 16),), 1, 1, 0)
    third = Fingerprint((Reader("m3", "third", 8), Reader("m2", "second", 16)), 1, 1, 0)
    first = index.start_generation(second)
    assert (index.generation("building") or first).fingerprint == second
    index.start_generation(third)
    building = index.generation("building")
    assert building is not None
    assert building.fingerprint == third
    assert index.missing_from(building.id, 1) is not None
    assert index.missing_from(building.id, 0) is not None
    assert bench.found("bees", mode="words") == ["a.txt"]
    index.flip(building.id)
    assert index.generation("building") is None
    assert (index.generation() or first).fingerprint == third
    assert index.start_generation(third).id == building.id
    while index.clear_old():
        pass
    with bench.store._database.read() as connection:
        names = [
            name
            for (name,) in connection.execute("select name from sqlite_schema where sql like '%using vec0%'")
        ]
    assert names == [f"vectors_{building.id}", f"vectors_{building.id}_2"]


def test_a_repair_gives_free_space_back_and_changes_no_answer(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    for number in range(16):
        texts = [" ".join([f"Bees {number} dance in hive {passage}."] * 40) for passage in range(20)]
        put(bench.store, f"/{number}.txt", texts, np.stack([bench.embedder.encode_query(t) for t in texts]))
    bench.store.documents.remove([document.document for document in bench.store.documents.find()[1:]])
    bench.store.documents.purge(-1)
    database = bench.store._database
    database.maintain(lambda connection: connection.pragma("wal_checkpoint", "truncate"))
    size, before = bench.store.size_bytes(), bench.search("bees dance in hive 7").hits
    assert database.free_share() > 0.5
    assert bench.store.repair() == []
    assert database.free_share() < 0.25
    assert bench.store.size_bytes() < size / 2
    assert bench.search("bees dance in hive 7").hits == before
    assert bench.sound()


def test_the_generation_is_counted_once_for_each_change(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = open_bench(FakeEmbedder())
    bench.run(bench.file("a.md", "Bees dance."))
    counted: list[str] = []
    find = generations.find

    def counting(connection: Any, state: Any) -> Any:
        counted.append(state)
        return find(connection, state)

    monkeypatch.setattr(generations, "find", counting)
    bench.run(bench.file("b.md", "Whales sing."))
    assert bench.store.index.generation().documents == 2
    del counted[:]
    other = Store(bench.store.library)  # what another program writes is seen too
    other.documents.remove([bench.store.documents.find()[0].document])
    other.close()
    for _ in range(3):
        assert bench.store.index.generation().documents == 1
        assert bench.store.index.generation("building") is None
    assert counted == ["active", "building"]


@pytest.mark.parametrize("count", [1, 2, 30, 31])
def test_a_note_that_answers_is_scored_however_few_there_are(open_bench: Any, count: int) -> None:
    bench = open_bench(None)
    put(bench.store, "/bees.txt", ["蜜蜂在公园里跳舞 bees dance"])
    for number in range(count - 1):
        put(bench.store, f"/{number}.txt", [f"鲸鱼 {number} 唱歌 whales sing"])
    for question in ("蜜蜂跳舞", "bees dance"):
        best = bench.search(question).hits[0]
        assert best.path == "/bees.txt"
        assert best.why.words.score > 0.2
    with bench.store.index.moment() as moment:
        found = by_words(moment, WordQuery.of("whales and foxes in cities"), 9)
        assert all(score < 0.25 for score in found.values())


def test_a_long_text_pasted_as_a_question_carries_its_own_weight(open_bench: Any) -> None:
    """A query is cut to 64 terms; what was cut off is not charged, what the library does not know is."""
    bench = open_bench(None)
    texts = [
        " ".join(f"{word}{chr(97 + n // 6)}{chr(97 + n % 6)}" for word in VOCABULARY * 4) for n in range(36)
    ]
    texts = [" ".join(f"{word}{at}" for at, word in enumerate(text.split())) for text in texts]
    put(bench.store, "/a.txt", texts)
    with bench.store.index.moment() as moment:
        own = max(by_words(moment, WordQuery.of(texts[0]), 9).values())
        half = texts[0].split()[:50] + [f"{word}q" for word in texts[1].split()[50:]]
        part = max(by_words(moment, WordQuery.of(" ".join(half)), 9).values())
    assert own > 0.4
    assert part < own * 0.7
