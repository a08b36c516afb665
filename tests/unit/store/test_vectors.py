"""Nearest vectors and the words' candidates, held against looking at everything."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest
from fakes import FakeEmbedder
from test_index import by_words, put

from desktop_kb.errors import Cancelled
from desktop_kb.lexical import WordQuery, groups, selective
from desktop_kb.records import Floats, Layout, Question, Retrieved, Scope
from desktop_kb.store import cache as cache_module
from desktop_kb.store import connection as connection_module
from desktop_kb.store import vectors
from desktop_kb.store.connection import connect, transaction
from desktop_kb.store.internals import Ids


def clustered(count: int, dimensions: int, chance: np.random.Generator) -> Floats:
    """Unit vectors around 40 centres, float32 (count, dimensions)."""
    centres = chance.normal(size=(40, dimensions))
    found = centres[chance.integers(40, size=count)] + chance.normal(scale=0.8, size=(count, dimensions))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@pytest.fixture
def table(tmp_path: Path) -> Any:
    connection = connect(tmp_path / "vectors.sqlite", write=True)
    connection.execute("create table chunk_vectors (chunk_id integer primary key, vector blob)")
    yield connection
    connection.close()


def fill(connection: apsw.Connection, every: Floats) -> None:
    vectors.create(connection, "vectors_1", every.shape[1])
    with transaction(connection):
        for id, vector in enumerate(every, 1):
            vectors.insert(connection, "vectors_1", id, vector)
            half = vector.astype("<f2").tobytes()
            connection.execute("insert into chunk_vectors values (?, ?)", (id, half))


def nearest(connection: apsw.Connection, vector: Floats, k: int, among: Ids | None = None) -> list[int]:
    """As a search asks."""
    codes = vectors.Codes.read(connection, "vectors_1")
    return vectors.nearest(connection, 1, vector, k, vectors.likely(codes, vector, k, among))


@pytest.mark.parametrize("dimensions", [384, 32, 24, 20])
def test_the_nearest_are_those_of_the_exact_scan(
    table: Any, dimensions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More vectors than every step keeps, holes among them, more than one block."""
    monkeypatch.setattr(vectors, "_ROUGH", 3_000)
    chance = np.random.default_rng(5)
    every = clustered(6_000, dimensions, chance)
    fill(table, every)
    gone = set(chance.choice(np.arange(1, 6_001), 700, replace=False).tolist())
    for id in sorted(gone):
        table.execute("delete from vectors_1 where rowid = ?", (id,))
        table.execute("delete from chunk_vectors where chunk_id = ?", (id,))
    there = np.array([id for id in range(1, 6_001) if id not in gone])
    recalls = []
    for query in clustered(20, dimensions, chance):
        exact = there[np.argsort(-(every[there - 1].astype("<f2").astype(np.float32) @ query))]
        found = nearest(table, query, 50)
        assert len(found) == 50
        recalls.append(len(set(found) & set(exact[:50].tolist())) / 50)
        assert found[0] == exact[0]
        among = there[::3]
        inside = nearest(table, query, 50, among)
        assert set(inside) <= set(among.tolist())
        best = [id for id in exact.tolist() if id in set(among.tolist())][:50]
        recalls.append(len(set(inside) & set(best)) / 50)
        few = there[:40]
        ordered = nearest(table, query, 50, few)
        assert sorted(ordered) == few.tolist()
        # Vectors of half precision have other lengths than one by as much as this.
        assert np.all(np.diff([every[id - 1] @ query for id in ordered]) < 1e-3)
    # 24 bits say little; the steps were sized for 384.
    assert np.mean(recalls) >= (0.99 if dimensions == 384 else 0.8)


def test_an_empty_table_has_no_nearest(table: Any) -> None:
    fill(table, np.zeros((0, 32), np.float32))
    query = np.ones(32, np.float32)
    assert nearest(table, query, 5) == []
    assert nearest(table, query, 5, np.zeros(0, np.int64)) == []


def test_the_widest_models_fit(table: Any) -> None:
    every = clustered(3, 8_192, np.random.default_rng(3))
    fill(table, every)
    assert nearest(table, every[1], 1) == [2]
    assert vectors.count_different(table, "vectors_1", 1, 8_192) == 0
    table.execute("update chunk_vectors set vector = (select vector from chunk_vectors where chunk_id = 3)")
    assert vectors.count_different(table, "vectors_1", 1, 8_192) == 2


def test_a_search_given_up_leaves_what_the_next_one_needs(
    open_bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the bits, which take seconds to read in a large library, would be begun anew with every letter typed."""
    monkeypatch.setattr(connection_module, "STEPS", 1)
    monkeypatch.setattr(vectors, "_LAST", 1)  # few enough for the bits to decide
    cancelled, reads = threading.Event(), []
    read = vectors.Codes.read

    def noted(_class: type, *given: Any) -> vectors.Codes:
        cancelled.set()
        found = read(*given)
        reads.append(found)
        return found

    monkeypatch.setattr(vectors.Codes, "read", classmethod(noted))
    bench = open_bench(FakeEmbedder())
    every = clustered(300, 32, np.random.default_rng(7))
    put(bench.store, "/a.txt", ["bee"] * 300, every)

    def look(cancelled: threading.Event) -> Retrieved:
        with bench.store.index.moment(cancelled) as now:
            found: Retrieved = now.retrieve(Question("", {1: every[40]}, by_words=False), Scope(), 1)
            return found

    with pytest.raises(Cancelled):
        look(cancelled)
    assert len(reads) == 1
    assert len(look(threading.Event()).nearest[1]) == 1
    assert len(reads) == 1


def test_what_is_kept_between_searches_follows_every_write(
    open_bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are numbered anew after the last ones went: the same numbers, other vectors."""
    monkeypatch.setattr(vectors, "_LAST", 1)  # few enough for the bits to decide
    reads: list[object] = []
    read = vectors.Codes.read

    def counted(_class: type, *given: Any) -> vectors.Codes:
        reads.append(given)
        return read(*given)

    monkeypatch.setattr(vectors.Codes, "read", classmethod(counted))
    bench = open_bench(FakeEmbedder())
    every = clustered(300, 32, np.random.default_rng(7))

    def first(vector: Floats) -> int:
        with bench.store.index.moment() as now:
            (key,) = now.retrieve(Question("", {1: vector}, by_words=False), Scope(), 1).nearest[1]
            return int(key.start) // len("bee ") + 1

    put(bench.store, "/a.txt", ["bee"] * 150, every[:150])
    assert first(every[40]) == 41
    assert first(every[140]) == 141
    assert len(reads) == 1
    bench.store.documents.remove([bench.store.documents.find()[0].document])
    put(bench.store, "/b.txt", ["bee"] * 150, every[150:])  # the same words as well
    assert first(every[190]) == 41
    assert len(reads) == 2
    bench.store.index.rebuild()
    assert first(every[290]) == 141
    assert len(reads) == 3


def test_the_texts_used_last_are_kept_as_far_as_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_MOST_CHARACTERS", 10)
    cache, reads = cache_module.Cache(), list[str]()

    def ask(id: int, content: str, state: int = 1) -> None:
        def read() -> tuple[str, Layout]:
            reads.append(content)
            return content, Layout()

        text, _ = cache.text(id, state, read)
        assert text == content

    for id in (1, 2, 1, 1, 3, 1, 2):
        ask(id, ("", "bees", "whale", "foxes")[id])
    assert reads == ["bees", "whale", "foxes", "whale"]
    ask(4, "a longer text than fits")
    ask(4, "a longer text than fits")
    assert reads[4:] == ["a longer text than fits"]
    ask(4, "changed", state=2)
    ask(4, "changed", state=2)
    assert reads[5:] == ["changed"]


def test_a_text_that_changed_is_read_again(bench: Any) -> None:
    bench.run(bench.file("a.txt", "Bees dance in the morning."))
    assert bench.search("dance").hits[0].text == "Bees dance in the morning."
    bench.run(bench.file("a.txt", "Now the bees dance at noon."))
    assert bench.search("dance").hits[0].text == "Now the bees dance at noon."


def test_the_second_connection_says_what_one_alone_says(open_bench: Callable[..., Any]) -> None:
    bench = open_bench(None)
    put(bench.store, "/a.txt", [f"The bees of hive {number % 7} dance. 蜜蜂跳舞" for number in range(300)])
    question = Question("dancing bees, hive 3, 蜜蜂")
    with bench.store.index.moment() as now:
        assert now._connections.second is not None
        both = now.retrieve(question, Scope(), 50).by_words
        now._connections.second = None
        assert now.retrieve(question, Scope(), 50).by_words == both
        assert len(both) >= 50


def test_common_words_are_answered_as_by_scoring_everything(
    open_bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = open_bench(None)
    chance = random.Random(11)
    common = [f"zq{letter}zq" for letter in "abcdefgh"]
    rare = [f"zq{number}xq" for number in range(1_500)]
    texts = [
        " ".join(
            [word for word in common for _ in range(chance.choice((0, 0, 0, 0, 1, 2)))]
            + chance.choices(rare, k=chance.randint(5, 20))
        )
        for _ in range(3_000)
    ]
    put(bench.store, "/a.txt", texts)
    queries = [WordQuery(tuple(chance.sample(common, 5)), (), ()) for _ in range(10)]
    queries += [WordQuery((*chance.sample(common, 3), rare[number]), (), ()) for number in range(10)]

    def best(query: WordQuery) -> list[int]:
        with bench.store.index.moment() as now:
            found = by_words(now, query, 100)
        return sorted(found, key=lambda id: (-found[id], id))[:10]

    everything = [best(query) for query in queries]
    monkeypatch.setattr(groups, "_MOST_SCORED", 1_300)
    monkeypatch.setattr(groups, "_FEWEST_SCORED", 300)
    with bench.store.index.moment() as now:
        counted = now._words._leading(queries[0])[0][2]
        assert len(list(selective(counted, 3_000, 1.0))) == 2  # it does leave something out
    overlap = [
        len(set(best(query)) & set(truth)) / 10 for query, truth in zip(queries, everything, strict=True)
    ]
    assert sum(overlap) / len(overlap) >= 0.98


def test_a_frequency_is_that_of_the_moment(open_bench: Callable[..., Any]) -> None:
    bench = open_bench(None)
    put(bench.store, "/a.txt", ["Bees dance.", "Whales sing."])
    query = WordQuery.of("bees")

    def counted() -> tuple[dict[str, int], int]:
        with bench.store.index.moment() as now:
            return now._words.frequencies("words", query.words), now._words.size("words")

    assert counted() == ({query.words[0]: 1}, 2)
    put(bench.store, "/b.txt", ["Bees again.", "Bees once more."])
    assert counted() == ({query.words[0]: 3}, 4)
    bench.store.documents.remove([bench.store.documents.find()[0].document])
    assert counted() == ({query.words[0]: 2}, 2)


def test_a_table_of_many_rows_knows_its_size(open_bench: Callable[..., Any]) -> None:
    bench = open_bench(None)
    put(bench.store, "/a.txt", ["bee"] * 300)
    with bench.store.index.moment() as now:
        assert now._words.size("words") == 300 == now._words.size("grams")
