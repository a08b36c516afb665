"""What is said about a document is found as words."""

from __future__ import annotations

from typing import Any

import pytest
from test_index import put


@pytest.fixture
def bench(open_bench: Any) -> Any:
    bench = open_bench(None)
    put(bench.store, "/archive/harbour-plan-7.md", ["Berths from north to south.", "Nothing more."])
    put(bench.store, "/other.md", ["Whales sing."])
    return bench


def found(bench: Any, query: str) -> list[tuple[str, str]]:
    return [(hit.path, hit.text) for hit in bench.search(query, mode="words").hits]


def test_names_tags_and_values_are_words_of_the_first_passage(bench: Any) -> None:
    first = ("/archive/harbour-plan-7.md", "Berths from north to south.")
    (document,) = [d.document for d in bench.store.documents.find() if "harbour" in d.places[0]]
    assert found(bench, "harbour plan")[:1] == [first]
    assert found(bench, "张三") == found(bench, "ports") == []
    bench.store.documents.edit([document], tags=["ports"], metadata={"author": "张三", "alias": "Old Quay"})
    for query in ("张三", "ports", "quay", "berths 张三"):
        assert found(bench, query) == [first]
    bench.store.documents.edit([document], untag=["ports"], metadata={"author": ""})
    assert found(bench, "张三") == found(bench, "ports") == []
    assert found(bench, "quay") == [first]


def test_the_last_that_was_said_is_no_word_any_more(bench: Any) -> None:
    """Where its file has the title's name, nothing is said about a document but its tag."""
    put(bench.store, "/Bees.md", ["They dance."], title="Bees")
    (document,) = [d.document for d in bench.store.documents.find() if "Bees" in d.places[0]]
    bench.store.documents.edit([document], tags=["insects"])
    assert found(bench, "insects") == [("/Bees.md", "They dance.")]
    bench.store.documents.edit([document], untag=["insects"])
    assert found(bench, "insects") == []
    assert found(bench, "dance") == [("/Bees.md", "They dance.")]


def test_a_rebuilt_index_says_it_too(bench: Any) -> None:
    (document,) = [d.document for d in bench.store.documents.find() if "harbour" in d.places[0]]
    bench.store.documents.edit([document], metadata={"author": "Ada Lovelace"})
    bench.store.index.rebuild()
    assert [path for path, _ in found(bench, "lovelace")] == ["/archive/harbour-plan-7.md"]
    assert [path for path, _ in found(bench, "harbour")] == ["/archive/harbour-plan-7.md"]


@pytest.mark.parametrize(
    "query", ["chongqingyinhang", "chongqing", "yinhang", "cqyh", "CQYH", "chongq", "yinyuehui"]
)
def test_chinese_names_are_found_by_their_sounds(bench: Any, query: str) -> None:
    put(bench.store, "/重慶銀行.md", ["利率表。"])
    put(bench.store, "/music.md", ["没有别的。"], tags=["音乐会"])
    result = bench.search(query)
    assert [hit.path for hit in result.hits] == ["/music.md" if "yue" in query else "/重慶銀行.md"]
    assert {one.kind for one in result.also} == {"pinyin"}


def test_a_word_that_there_is_is_no_sound(bench: Any) -> None:
    put(bench.store, "/上海.md", ["东边。"])
    put(bench.store, "/trip.md", ["A trip to Shanghai."])
    assert [hit.path for hit in bench.search("shanghai").hits] == ["/trip.md"]
    assert bench.search("zhongqing").hits == ()
