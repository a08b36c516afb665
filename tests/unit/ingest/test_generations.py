"""Another embedder: the old one serves until the new one is ready, whatever happens meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder, FakeModels
from workbench import LONG, Killed

from desktop_kb.errors import ModelProblem
from desktop_kb.records import JobOptions
from desktop_kb.settings import Settings

TEXTS = [
    " ".join(f"Note{n} sentence{i} speaks of topic{(n + i) // 3} and of nothing else." for i in range(12))
    for n in range(8)
]


def library(bench: Any) -> Any:
    """The texts, indexed with whatever the bench's embedder is."""
    bench.run(*(bench.file(f"{n}.txt", text) for n, text in enumerate(TEXTS)))
    return bench


def switch(bench: Any, embedder: FakeEmbedder) -> None:
    """Choose another embedder; the one before stays at hand."""
    before = bench.models.embedder
    bench.models.embedder, bench.models.others = embedder, (before,)
    bench.ingest.start()


def vectors(bench: Any) -> list[tuple[Any, ...]]:
    """Everything that is stored of the passages that serve."""
    found = []
    for document in bench.store.documents.find():
        for chunk in bench.store.index.passages(document.document):
            with bench.store._database.read() as connection:
                blob = connection.execute(
                    "select vector from chunk_vectors join chunks on chunks.id = chunk_id join generations "
                    "on generations.id = generation and state = 'active' join documents "
                    "on documents.id = document_id where uid = ? and start = ?",
                    (document.document, chunk.start),
                ).get
            found.append((Path(document.path).name, chunk.start, chunk.end, chunk.text, blob))
    return sorted(found)


@pytest.mark.parametrize("late_pooling", [True, False])
def test_a_change_of_model_ends_as_a_fresh_index_and_no_search_fails(
    open_bench: Any, tmp_path: Path, late_pooling: bool
) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    new = FakeEmbedder("new")
    new.late_pooling = late_pooling
    switch(bench, new)
    steps = 0
    while True:
        result = bench.search("note3 topic2")
        assert set(result.degraded) <= {
            "reranker-missing"
        }  # there is no late interaction without late pooling
        assert result.hits[0].why.meaning is not None
        if not bench.ingest.process_next():
            break
        steps += 1
    assert steps > len(TEXTS)
    assert bench.store.index.generation().reader.model == "new"
    assert bench.sound()
    found = vectors(bench)
    bench.store.close()
    fresh_embedder = FakeEmbedder("new")
    fresh_embedder.late_pooling = late_pooling
    (tmp_path / "fresh").mkdir()
    fresh = library(type(bench)(tmp_path / "fresh", fresh_embedder, Settings()))
    assert vectors(fresh) == found
    fresh.store.close()
    assert bool(new.passages) is not late_pooling


@pytest.mark.parametrize("late_pooling", [True, False])
def test_a_kill_in_the_middle_costs_what_was_not_staged(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch, late_pooling: bool
) -> None:
    monkeypatch.setattr("desktop_kb.ingest.encode.STAGING_SECONDS", 0)
    bench = library(open_bench(FakeEmbedder("old")))
    new = FakeEmbedder("new")
    new.late_pooling = late_pooling
    switch(bench, new)
    calls: list[int] = []

    def kill_in_the_end() -> None:
        calls.append(1)
        if len(calls) == 6:
            raise Killed

    new.after_call = kill_in_the_end
    with pytest.raises(Killed):
        bench.work_off()
    assert bench.search("note3 topic2").degraded == ()
    done = bench.store.index.generation("building").documents
    assert done > 0
    bench.store.close()
    again = FakeEmbedder("new")
    again.late_pooling = late_pooling
    second = open_bench(again)
    second.models.others = (FakeEmbedder("old"),)
    assert second.search("note3 topic2").degraded == ()
    second.work_off()
    assert second.store.index.generation().reader.model == "new"
    # Only the call that the kill came into is made twice.
    twice = set(new.windows) & set(again.windows)
    assert len(twice) <= 8
    assert second.sound()
    found = vectors(second)
    assert len({row[0] for row in found}) == len(TEXTS)


def test_files_added_meanwhile_are_found_before_and_after(open_bench: Any) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    switch(bench, FakeEmbedder("new"))
    bench.store.queue.enqueue([bench.file("more.txt", "Foxes run over frozen lakes.")], JobOptions())
    assert bench.ingest.process_next()
    assert bench.found("foxes lakes")[0] == "more.txt"
    assert bench.search("foxes lakes").degraded == ()
    bench.work_off()
    assert bench.found("foxes lakes")[0] == "more.txt"
    assert bench.store.index.generation().documents == len(TEXTS) + 1
    assert bench.sound()


def test_going_back_before_it_is_done_cancels_it(open_bench: Any) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    old, new = bench.models.embedder, FakeEmbedder("new")
    before = vectors(bench)
    switch(bench, new)
    assert bench.ingest.process_next()
    switch(bench, old)
    assert bench.store.index.generation("building") is None
    bench.work_off()
    assert vectors(bench) == before
    assert bench.store.index.generation().reader.model == "old"
    with bench.store._database.read() as connection:
        assert connection.execute("select count(*) from generations").get == 1
    assert bench.sound()


def test_a_document_that_changes_while_the_old_generation_is_cleared_away(open_bench: Any) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    switch(bench, FakeEmbedder("new"))
    while bench.store.index.generation("building") is not None:
        assert bench.ingest.process_next()
    assert bench.ingest.process_next()  # the tables of the old one are gone, its chunks are not
    with bench.store._database.read() as connection:
        assert connection.execute("select count(*) from generations where state = 'old'").get == 1
    assert bench.sound()
    bench.run(bench.file("0.txt", "Whales sing."))
    bench.store.documents.remove([bench.store.documents.find()[1].document])
    bench.work_off()
    assert bench.found("whales")[0] == "0.txt"
    assert bench.sound()


def test_the_flip_between_a_query_vector_and_its_search_is_noticed(open_bench: Any) -> None:
    """The vectors of the two models differ in length: mixed up, the search would fail."""
    bench = library(open_bench(FakeEmbedder("old")))
    new = FakeEmbedder("new")
    new.dimensions = 48
    switch(bench, new)
    old = bench.models.others[0]
    plain = old.encode_query

    def encode_while_it_flips(text: str) -> Any:
        while bench.store.index.generation("building") is not None:
            assert bench.ingest.process_next()
        return plain(text)

    old.encode_query = encode_while_it_flips
    result = bench.search("note3 topic2")
    assert result.degraded == ()
    assert result.hits[0].why.meaning is not None


def test_searches_all_along_from_another_thread(open_bench: Any) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    problems: list[Exception] = []
    ended = threading.Event()
    searched = threading.Semaphore(0)

    def ask() -> None:
        while not ended.is_set():
            try:
                assert bench.search("note3 topic2").hits
                searched.release()
            except Exception as problem:
                problems.append(problem)
                return

    thread = threading.Thread(target=ask)
    thread.start()
    for name in ("new", "newer"):
        embedder = FakeEmbedder(name)
        embedder.dimensions = 32 if name == "new" else 40
        switch(bench, embedder)
        while bench.ingest.process_next():
            assert searched.acquire(timeout=10), problems  # one search or more a step
    ended.set()
    thread.join()
    assert not problems
    assert bench.store.index.generation().reader.model == "newer"


def test_a_new_model_that_fails_stops_the_building_not_the_searches(open_bench: Any) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    new = FakeEmbedder("new")

    def fail() -> None:
        raise ModelProblem("encoder-failed", reason="it ended")

    new.after_call = fail
    switch(bench, new)
    with pytest.raises(ModelProblem):
        bench.ingest.process_next()
    assert bench.search("note3 topic2").degraded == ()


def test_without_the_old_model_words_answer_until_the_new_one_is_ready(open_bench: Any) -> None:
    bench = library(open_bench(FakeEmbedder("old")))
    bench.store.close()
    second = open_bench(FakeEmbedder("new"))
    assert isinstance(second.models, FakeModels)
    assert second.search("note3 topic2").degraded == ("vectors-building",)
    second.work_off()
    assert second.search("note3 topic2").degraded == ()


def test_vectors_of_the_second_pass_are_of_the_passages_own_text(open_bench: Any) -> None:
    embedder = FakeEmbedder()
    embedder.late_pooling = False
    bench = library(open_bench(embedder))
    rows = vectors(bench)
    assert {row[3] for row in rows} == set(embedder.passages)
    (_, _, _, text, blob) = rows[0]
    expected = embedder.encode_passages([text])[0]
    np.testing.assert_allclose(np.frombuffer(blob, "<f2").astype(np.float32), expected, atol=1e-3)


def test_a_model_that_comes_later_builds_a_generation_beside(open_bench: Any) -> None:
    words = open_bench(None)
    words.run(words.file("a.txt", "Bees dance."), words.file("b.txt", "Whales sing."))
    assert words.search("bees").degraded == ("no-model",)
    words.store.close()
    bench = open_bench(FakeEmbedder())
    assert bench.search("bees").degraded == ("vectors-building",)
    bench.store.queue.enqueue([bench.file("c.txt", "Foxes run.")], JobOptions())
    assert bench.ingest.process_next()
    assert bench.found("foxes") == ["c.txt"]
    assert bench.sound()
    bench.work_off()
    assert bench.store.index.generation("building") is None
    result = bench.search("bees dance")
    assert result.degraded == ()
    assert {Path(hit.path).name for hit in result.hits} == {"a.txt", "b.txt", "c.txt"}
    assert bench.sound()


def test_a_file_that_comes_while_vectors_are_built_is_in_both_generations(open_bench: Any) -> None:
    words = open_bench(None)
    words.run(words.file("a.txt", "Bees dance."))
    words.store.close()
    bench = open_bench(FakeEmbedder())
    bench.store.queue.enqueue([bench.file("c.txt", "Foxes run.")], JobOptions())
    assert bench.ingest.process_next()
    index = bench.store.index
    assert (index.generation("active").documents, index.generation("building").documents) == (2, 1)
    assert bench.ingest.process_next()
    assert index.generation("building").documents == 2
    assert bench.ingest.process_next()
    assert index.generation("building") is None
    assert index.generation().documents == 2
    bench.work_off()  # what served before is cleared away
    with bench.store._database.read() as connection:
        assert connection.execute("select state from generations").fetchall() == [("active",)]
        tables = connection.execute("select count(*) from sqlite_schema where name like 'words%_config'").get
        assert (tables, connection.execute("select count(*) from chunks").get) == (1, 2)
    assert bench.sound()


def test_stopping_while_a_generation_is_built_is_silent(open_bench: Any) -> None:
    words = open_bench(None)
    words.run(words.file("a.txt", LONG))
    words.store.close()
    bench = open_bench(FakeEmbedder())
    bench.stop.set()
    assert not bench.ingest.process_next()


def test_words_alone_are_made_again(open_bench: Any) -> None:
    bench = open_bench(None)
    bench.run(bench.file("a.txt", "Bees dance."), bench.file("b.txt", "Whales sing."))
    bench.store._database.write(
        lambda c: c.execute("update chunks set text = 'nonsense' where document_id = 1")
    )
    assert not all(check.ok for check in bench.store.check())
    assert bench.store.index.forget_damaged() == 1
    assert bench.found("bees") == []
    bench.work_off()
    assert bench.sound()
    assert bench.found("bees") == ["a.txt"]


def test_without_its_model_a_damaged_document_is_found_by_words(open_bench: Any) -> None:
    first = open_bench(FakeEmbedder())
    first.run(first.file("a.txt", "Bees dance."))
    first.store._database.write(lambda c: c.execute('update chunks set start = 9, "end" = 9'))
    first.store.index.forget_damaged()
    first.store.close()
    without = open_bench(None)
    assert without.ingest.process_next()
    assert not without.ingest.process_next()
    assert without.found("bees") == ["a.txt"]
    assert without.sound()
    without.store.close()
    again = open_bench(FakeEmbedder())
    assert again.ingest.process_next()
    assert not again.ingest.process_next()
    assert again.search("bees").hits[0].why.meaning is not None
