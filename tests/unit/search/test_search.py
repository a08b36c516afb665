"""Presentation after ranking, pages, and what a result says was left out."""

from __future__ import annotations

import os
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder, FakeExtractor
from workbench import LONG

from desktop_kb.errors import Cancelled, ModelProblem, UsageProblem
from desktop_kb.records import Extracted, Heading, Layout, Leg, Page, SearchOptions
from desktop_kb.settings import Settings

SENTENCES = [
    f"The {animal}s {verb} in the {place} number{i}."
    for i in range(42)
    for animal, verb, place in (
        ("bee", "dance", "hive"),
        ("whale", "sing", "ocean"),
        ("fox", "run", "forest"),
    )
]
#: Long enough for several passages each.
NOTES = {
    "a.txt": "\n\n".join(" ".join(SENTENCES[n : n + 18]) + f" part{n}." for n in range(0, 108, 18)),
    "b.txt": " ".join(SENTENCES[:107:-1]),
    "c.txt": "Foxes sleep.",
}


@pytest.fixture
def notes(bench: Any) -> Any:
    bench.run(*(bench.file(name, text) for name, text in NOTES.items()))
    return bench


@pytest.mark.parametrize(("stage", "read"), [("encode_query", 0), ("late_interaction", 1)])
def test_a_cancelled_search_does_no_more(
    notes: Any, monkeypatch: pytest.MonkeyPatch, stage: str, read: int
) -> None:
    """In between, and after the first passages that are read again."""
    cancelled, done = threading.Event(), []
    made = getattr(FakeEmbedder, stage)

    def then_cancel(self: FakeEmbedder, *given: Any) -> Any:
        cancelled.set()
        return made(self, *given)

    def look(self: FakeEmbedder, query: str, passages: Any, *given: Any) -> Any:
        done.append(len(passages))
        return (then_cancel if read else late)(self, query, passages, *given)

    late = FakeEmbedder.late_interaction
    monkeypatch.setattr(FakeEmbedder, stage, then_cancel)
    monkeypatch.setattr(FakeEmbedder, "late_interaction", look)
    options = SearchOptions(rerank_seconds=60.0)
    with pytest.raises(Cancelled):
        notes.searcher.search("whale ocean", options, cancelled=cancelled)
    assert len(done) == read
    monkeypatch.undo()
    assert notes.searcher.search("whale ocean", options, cancelled=threading.Event()).hits


def test_at_most_so_many_hits_of_a_document_in_the_same_order(notes: Any) -> None:
    every = notes.search("whale ocean", limit=100).hits
    assert len([hit for hit in every if hit.path.endswith("a.txt")]) > 2
    for most in (1, 2):
        expected, counts = [], dict.fromkeys((hit.document for hit in every), 0)
        for hit in every:
            counts[hit.document] += 1
            if counts[hit.document] <= most:
                expected.append((hit.document, hit.start, hit.end))
        hits = notes.search("whale ocean", limit=100, per_document=most).hits
        assert [(hit.document, hit.start, hit.end) for hit in hits] == expected
        assert len(notes.search("whale ocean", limit=1, per_document=most).hits) == 1


def test_merging_joins_what_follows_each_other(notes: Any) -> None:
    apart = notes.search("whale", limit=100, rerank="off").hits
    merged = notes.search("whale", limit=100, rerank="off", merge=True).hits
    assert len(merged) < len(apart)
    for one in merged:
        text = notes.store.documents.text(one.document)[0]
        assert one.text == text[one.start : one.end]
        parts = [hit for hit in apart if hit.document == one.document and one.start <= hit.start < one.end]
        assert one.score == max(hit.score for hit in parts)
        assert one.start == min(hit.start for hit in parts)
        assert one.end == max(hit.end for hit in parts)
        assert one.best in [hit.best for hit in parts]
    for document in {hit.document for hit in merged}:
        spans = sorted((hit.start, hit.end) for hit in merged if hit.document == document)
        text = notes.store.documents.text(document)[0]
        for (_, end), (start, _) in pairwise(spans):
            assert text[end:start].strip()
    assert len(notes.search("whale", limit=2, merge=True).hits) <= 2


def test_sentences_come_best_first_and_within_their_passage(notes: Any) -> None:
    hits = notes.search("whales sing number3", unit="sentence", limit=8).hits
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert "whales sing" in hits[0].text
    assert "number3" in hits[0].text
    assert len({(hit.document, hit.start) for hit in hits}) == len(hits)
    for hit in hits:
        assert hit.text.count(".") == 1
        assert hit.best == (hit.start, hit.end)
        assert hit.text == notes.store.documents.text(hit.document)[0][hit.start : hit.end]


def test_filters_alone_list_each_document_by_its_beginning(notes: Any) -> None:
    hits = notes.search("type:note").hits
    assert [Path(hit.path).name for hit in hits] == ["a.txt", "b.txt", "c.txt"]
    assert [hit.start for hit in hits] == [0, 0, 0]
    assert len(notes.search("type:note", limit=2).hits) == 2


def test_hits_come_in_the_order_asked_for(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dates = {"cliff": "2021-03-02", "bay": "2024-01-05", "angle": "", "dune": "2019"}

    def extract(_self: Any, path: Path, **_given: Any) -> Extracted:
        date = {"date": dates[path.stem]} if dates[path.stem] else {}
        return Extracted(path.read_text(encoding="utf-8"), path.stem, metadata=date)

    monkeypatch.setattr(FakeExtractor, "extract", extract)
    for number, name in enumerate(dates):
        path = bench.file(f"{name}.txt", f"Whales sing in the ocean at the {name}.")
        os.utime(path, ns=(1, 10**18 - number * 10**9))  # Windows keeps no single nanoseconds
        bench.run(path)

    def titles(query: str, **options: Any) -> list[str]:
        return [hit.title for hit in bench.search(query, mode="words", **options).hits if not hit.weak]

    newest = ["bay", "cliff", "dune", "angle"]
    assert titles("whales sing", sort="date") == titles("whales sing sort:date") == newest
    assert titles("whales sing", filters=["sort:date"]) == titles("sort:date") == newest
    assert titles("whales sing", sort="date", limit=2) == newest[:2]  # they are sorted before they are cut
    assert titles("whales sing sort:title") == ["angle", "bay", "cliff", "dune"]
    assert titles("whales sing sort:modified") == list(dates)
    assert sorted(titles("whales sing sort:added")) == sorted(dates)
    assert titles("type:note sort:title", limit=2) == ["angle", "bay"]
    assert [hit.rank for hit in bench.search("whales sing sort:date").hits] == [1, 2, 3, 4]
    assert [hit.date for hit in bench.search("whales sing sort:date").hits] == [
        *("2024-01-05", "2021-03-02", "2019", None),
    ]
    unknown = bench.search("whales sort:weight")
    assert unknown.degraded == ("filter-not-understood",)
    with pytest.raises(UsageProblem):
        bench.search("whales", filters=["sort:weight"])
    with pytest.raises(ValueError, match="sort"):
        bench.search("whales", sort="weight")


def test_what_matches_strongly_stays_first_whatever_the_order(bench: Any) -> None:
    bench.run(bench.file("a.txt", "Foxes run in the forest. Whales are elsewhere."))
    bench.run(bench.file("b.txt", "Whales sing in the ocean, and seals listen to them."))
    hits = bench.search("whales sing in the ocean", sort="title").hits
    assert [hit.weak for hit in hits] == sorted(hit.weak for hit in hits)


def test_a_hit_says_its_page(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = ["Bees dance in the hive.", "Whales sing in the ocean.", "Foxes run in the forest."]
    text = "\n".join(pages)
    starts = [text.index(page) for page in pages]
    ends = [*starts[1:], len(text)]
    layout = Layout(
        pages=tuple(
            Page(start, end, label) for start, end, label in zip(starts, ends, ("i", "ii", "1"), strict=True)
        ),
        headings=(Heading(starts[2], starts[2], 1, "Forest"),),
    )
    monkeypatch.setattr(FakeExtractor, "extract", lambda *_, **__: Extracted(text, "Animals", layout))
    assert bench.run(bench.file("a.pdf", "%PDF"))[0].pages == 3
    for word, page, label, heading in (
        ("dance", 1, "i", ()),
        ("sing", 2, "ii", ()),
        ("forest", 3, "1", ("Forest",)),
    ):
        hit = bench.search(word, unit="sentence", mode="words").hits[0]
        assert (hit.page, hit.pages, hit.page_label) == (page, (page, page), label)
        assert hit.shown == pages[page - 1]
        if heading:
            assert hit.heading == heading
    passage = bench.search("sing", merge=True, limit=9).hits[0]
    assert passage.pages is not None
    assert text[passage.start : passage.end] == passage.text
    assert passage.page == passage.pages[0] <= 2 <= passage.pages[1]
    monkeypatch.undo()
    bench.run(bench.file("n.txt", "Otters swim."))
    note = bench.search("otters", mode="words").hits[0]
    assert (note.page, note.pages, note.page_label) == (None, None, None)


@pytest.mark.logs("searching without this model")
def test_a_model_that_fails_does_not_fail_the_search(notes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise ModelProblem("encoder-failed", reason="it crashed")

    monkeypatch.setattr(notes.embedder, "encode_query", broken)
    result = notes.search("whale")
    assert result.degraded == ("no-model",)
    assert result.hits


@pytest.mark.logs("not reranked")
def test_a_reranking_that_fails_leaves_the_fused_order(notes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = notes.search("whale ocean", rerank="off")
    assert expected.degraded == ()

    def broken(query: str, passages: object, centres: object) -> None:
        raise ModelProblem("encoder-failed", reason="it crashed")

    monkeypatch.setattr(notes.embedder, "late_interaction", broken)
    result = notes.search("whale ocean")
    assert result.degraded == ("no-model",)
    assert result.hits == expected.hits


def test_scores_are_shares_and_gibberish_has_none(notes: Any) -> None:
    for query in ("whale ocean", "xyzzy plugh", "the", "fox xyzzy"):
        for mode in ("hybrid", "words", "vectors"):
            hits = notes.search(query, mode=mode).hits
            assert all(0 <= hit.score <= 1 for hit in hits)
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert notes.search("xyzzy plugh", mode="words").hits == ()
    assert all(hit.weak for hit in notes.search("xyzzy plugh", rerank="off").hits)


def test_switched_off_is_not_left_out(notes: Any) -> None:
    for options in ({"mode": "words"}, {"rerank": "off"}, {"mode": "vectors", "rerank": "off"}, {}):
        assert notes.search("whale", **options).degraded == ()
    assert notes.search("whale", rerank="some-model").degraded == ("reranker-missing",)
    assert notes.search("whale", rerank="some-model", mode="words").degraded == ("reranker-missing",)


def test_an_empty_library_answers_nothing(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    for query in ("bees", "", "type:note", '"bees dance" -foxes'):
        assert bench.search(query).hits == ()
    assert not np.isnan(bench.search("bees").seconds["total"])


@pytest.mark.logs("searching without this model")
def test_a_query_is_encoded_once_unless_that_failed(notes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []
    plain = FakeEmbedder.encode_query

    def encode_query(self: FakeEmbedder, text: str) -> Any:
        encoded.append(f"{self.id}: {text}")
        if text == "broken fox":
            raise ModelProblem("encoder-failed", reason="a test")
        return plain(self, text)

    monkeypatch.setattr(FakeEmbedder, "encode_query", encode_query)
    first, second = (notes.search("bees dance", rerank="off", limit=limit) for limit in (5, 3))
    assert second.hits == first.hits[:3]
    assert first.hits[0].why.meaning is not None
    assert encoded == ["fake: bees dance"]
    for _ in range(2):  # what failed is tried again
        assert "no-model" in notes.search("broken fox").degraded
    assert encoded[1:] == ["fake: broken fox"] * 2


def test_what_search_leaves_out_it_names(bench: Any) -> None:
    bench.run(bench.file("a.txt", "Bees dance in the hive."), bench.file("b.txt", "蜜蜂在蜂巢里跳舞。"))
    assert bench.search("bees").degraded == ("part-not-covered",)
    assert bench.search("蜜蜂").degraded == ("query-not-covered",)
    assert bench.search("bees", mode="words").degraded == ()
    assert "reranker-missing" in bench.search("bees", rerank="nothing").degraded
    assert "reranker-missing" not in bench.search("bees", rerank="off").degraded
    assert "rerank-budget" in bench.search("hive", rerank_seconds=0.0).degraded
    assert "rerank-budget" not in bench.search("bees", rerank_seconds=0.0).degraded  # remembered


def test_hits_are_slices_of_the_text_and_always_in_one_order(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder(), Settings(copy_files=False))
    bench.run(bench.file("a.txt", LONG), bench.file("b.txt", "蜜蜂跳舞。小狗在公园里追着蜜蜂跑。"))
    text = bench.store.documents.text(bench.search("topic3").hits[0].document)[0]
    for options in ({}, {"unit": "sentence"}, {"merge": True}, {"per_document": 1}, {"limit": 2}):
        hits = bench.search("number30 topic3", **options).hits
        assert hits == bench.search("number30 topic3", **options).hits
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        assert len(hits) <= SearchOptions(**options).limit
        for hit in hits:
            if hit.path.endswith("a.txt"):
                assert hit.text == text[hit.start : hit.end]
    assert bench.found("公园")[0] == "b.txt"
    assert bench.found('"追着蜜蜂"') == ["b.txt"]
    assert "b.txt" not in bench.found("topic3 蜜蜂 -公园")
    assert bench.found("") == []


def test_the_terminal_prints_each_leg_under_its_name(notes: Any) -> None:
    result = notes.search("whale ocean", filters=("type:text",))
    record = result.as_json()
    assert list(record) == ["query", "degraded", "seconds", "hits", "also"]
    hit, why = result.hits[0], record["hits"][0]["why"]
    assert [found.leg for found in hit.why.legs] == list(Leg)
    assert why == {
        "words": {"rank": hit.why.words.rank, "score": hit.why.words.score, "terms": ["whales", "ocean"]},
        "meaning": {
            "rank": hit.why.meaning.rank,
            "similarity": hit.why.meaning.similarity,
            "readers": {"fake": hit.why.meaning.similarity},
        },
        "rerank": {"score": hit.why.rerank.score, "model": "late interaction"},
        "filters": ["type:text"],
        "exact": None,
    }
    [alone] = notes.search("sleep", mode="words", limit=1).as_json()["hits"]
    assert (alone["why"]["words"]["terms"], alone["why"]["meaning"]) == (["sleep"], None)


def test_a_heading_with_nothing_below_it_does_not_come_before_what_answers(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract(_self: object, path: Path, *_: object, **__: object) -> Extracted:
        text = path.read_text(encoding="utf-8")
        title = text.splitlines()[0][2:]
        return Extracted(text, title, Layout(headings=(Heading(0, len(title) + 2, 1, title),)))

    monkeypatch.setattr(FakeExtractor, "extract", extract)
    bench.run(
        bench.file("empty.md", "# Bees in winter\n"),
        bench.file("some.md", "# Bees and winter\n\nThey gather around the queen and shiver.\n"),
        *(
            bench.file(f"{n}.md", f"# Day {n}\n\nWe spoke of the ferry and of the {n} guests.\n")
            for n in range(9)
        ),
    )
    found = bench.search("how do bees survive winter", mode="words")
    assert Path(found.hits[0].path).stem == "some"
    # What the question names is first whatever it holds.
    assert Path(bench.search("bees in winter").hits[0].path).stem == "empty"


def test_the_sentence_that_says_most_is_marked_not_its_neighbour_at_the_edge(bench: Any) -> None:
    answer = "Foxes painted the old red barn green."
    bench.run(bench.file("a.txt", f"Foxes saw the old red barn. {answer} Nobody else came by."))
    (hit,) = bench.search("foxes painted red barn green", mode="words").hits
    assert hit.text[hit.best[0] - hit.start : hit.best[1] - hit.start].strip() == answer
