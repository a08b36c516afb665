"""A search with several readers: each that reads the question encodes it, and meaning is what they say together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from fakes import FakeEmbedder, FakeModels

from desktop_kb import paths
from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.ingest.passages import passages_of
from desktop_kb.records import (
    Extracted,
    File,
    Fingerprint,
    Floats,
    Incoming,
    Layout,
    Made,
    Reader,
    SearchOptions,
    SearchResult,
    Vectors,
)
from desktop_kb.search import Searcher
from desktop_kb.search.calibration import Calibration
from desktop_kb.settings import Settings
from desktop_kb.store import Store

TEXTS = {
    "bees": "Bees dance in the hive. They tell each other where the flowers are.",
    "whales": "Whales sing in the ocean. Their songs are heard far away.",
    "蜜蜂": "蜜蜂 在 公园 里 跳舞",
}


ENGLISH, EVERY = FakeEmbedder("fake"), FakeEmbedder("every", ())


class Searching:
    """A library whose passages two readers have read, each those that it reads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.models = FakeModels(ENGLISH, EVERY)
        self.searcher = Searcher(store, cast(Models, self.models), Settings())

    def search(self, query: str, **options: Any) -> SearchResult:
        return self.searcher.search(query, SearchOptions(**options))

    def found(self, query: str, **options: Any) -> list[str]:
        return [hit.title for hit in self.search(query, **options).hits]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Searching]:
    store = Store(paths.library(tmp_path / "library"))
    readers = tuple(Reader(e.id, e.fingerprint, e.dimensions) for e in (ENGLISH, EVERY))
    active = store.index.start_generation(Fingerprint(readers, 1, 1, 0))
    for title, text in TEXTS.items():
        reader, embedder = (1, ENGLISH) if text.isascii() else (2, EVERY)
        extracted = Extracted(text, title, Layout())
        made = Made(active.id, reader, passages_of(extracted, embedder, with_vectors=True))
        file = File(f"/notes/{title}.md", len(text), 7, "markdown", content_hash=title)
        assert store.index.put(Incoming(file, extracted, title, [made]))
    for reader in (1, 2):
        while (missing := store.index.missing_from(active.id, reader)) is not None:
            texts = [passage.text for passage in store.index.passages(missing.document)]
            said = [Vectors(EVERY.encode_query(text) if reader == 2 else None, None) for text in texts]
            assert store.index.add_vectors(missing, active.id, reader, said)
    yield Searching(store)
    store.close()


def test_a_hit_by_meaning_can_be_a_key(both: Searching) -> None:
    """The window keeps the text of each card by its hit."""
    hit = both.search("bees in the hive").hits[0]
    assert hit.why.meaning is not None
    assert hit in {hit: "its card"}


def test_a_question_is_encoded_by_each_reader_that_reads_it(
    both: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = FakeEmbedder.encode_query

    def encode_query(self: FakeEmbedder, text: str) -> Floats:
        asked.append(self.id)
        return plain(self, text)

    monkeypatch.setattr(FakeEmbedder, "encode_query", encode_query)
    assert both.found("whales sing", mode="vectors")[0] == "whales"
    assert asked == ["fake", "every"]
    del asked[:]
    assert both.found("蜜蜂 跳舞", mode="vectors")[0] == "蜜蜂"
    assert asked == ["every"]
    assert both.search("蜜蜂 跳舞").degraded == ()


def test_what_the_questions_readers_have_not_read_is_said(both: Searching) -> None:
    assert both.search("whales sing").degraded == ()
    [bees] = [one.document for one in both.store.documents.find() if one.title == "bees"]
    both.store.index.drop([bees], 2)
    assert both.search("whales sing").degraded == both.search("蜜蜂").degraded == ("reader-pending",)
    both.models.embedder, both.models.others = ENGLISH, ()
    assert both.search("whales sing").degraded == ("vectors-building", "part-not-covered")


def test_a_reader_is_not_asked_in_a_language_that_it_does_not_read(both: Searching) -> None:
    question = "Les abeilles dansent dans la ruche et disent où se trouvent les fleurs"
    why = both.search(question, mode="vectors", rerank="off").hits[0].why.meaning
    both.models.embedder, both.models.others = EVERY, ()
    assert why == both.search(question, mode="vectors", rerank="off").hits[0].why.meaning


def test_meaning_is_what_the_readers_say_and_one_of_few_languages_counts_twice(both: Searching) -> None:
    def similarity(*embedders: FakeEmbedder) -> float:
        both.models.embedder, both.models.others = embedders[0], embedders[1:]
        [whales] = [hit for hit in both.search("whales sing", rerank="off").hits if hit.title == "whales"]
        assert whales.why.meaning is not None
        return whales.why.meaning.similarity

    one, other = similarity(ENGLISH), similarity(EVERY)
    assert one != other
    assert similarity(ENGLISH, EVERY) == pytest.approx((2 * one + other) / 3, abs=1e-5)


def test_a_reader_that_is_not_there_is_said_and_the_other_answers(both: Searching) -> None:
    both.models.others = ()
    found = both.search("whales sing", mode="vectors")
    assert (found.hits[0].title, found.degraded) == ("whales", ("vectors-building", "part-not-covered"))
    assert both.search("蜜蜂").degraded == ("vectors-building",)
    both.models.embedder, both.models.others = None, (EVERY,)
    found = both.search("whales sing", mode="vectors")
    assert (found.hits[0].title, found.degraded) == ("whales", ("no-model",))


@pytest.mark.logs("searching without this model")
def test_a_reader_that_fails_leaves_the_question_to_the_other(
    both: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> None:
        raise ModelProblem("encoder-failed", reason="it crashed")

    monkeypatch.setattr(ENGLISH, "encode_query", broken)
    found = both.search("whales sing", mode="vectors")
    assert (found.hits[0].title, found.degraded) == ("whales", ("no-model",))


def test_late_interaction_measures_tokens_of_two_languages_from_their_means(
    both: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def centres(_self: Calibration, question: str, passage: str) -> tuple[Floats, Floats] | None:
        own = np.ones(EVERY.dimensions, np.float32)
        return (own, own) if question != passage else None

    monkeypatch.setattr(Calibration, "centres", centres)
    seen: dict[str, bool] = {}
    plain = EVERY.late_interaction

    def late_interaction(query: str, passages: Sequence[str], centres: Any = None) -> Floats:
        seen.update(dict.fromkeys(passages, centres is not None))
        return plain(query, passages)

    monkeypatch.setattr(EVERY, "late_interaction", late_interaction)
    both.search("whales sing")
    assert seen == {TEXTS["bees"]: False, TEXTS["whales"]: False, TEXTS["蜜蜂"]: True}


def test_late_interaction_reads_by_the_reader_of_more_languages(both: Searching) -> None:
    found = both.search("蜜蜂 跳舞")
    assert found.hits[0].why.rerank is not None
    assert found.reranked == (3, 3)
