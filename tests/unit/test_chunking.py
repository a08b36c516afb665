"""Sentences with their way back to the file, and the chunks made of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_kb.chunking import STRATEGIES, Budget, cut, lexical_vectors, split
from desktop_kb.language import is_han
from desktop_kb.reading import read
from desktop_kb.records import Cut, Edit, Extracted, Floats, Heading, Ints, Layout, Sentence


def measure(texts: Sequence[str]) -> tuple[Ints, Floats]:
    """A token for every Chinese character and every four others; Chinese is not covered."""
    han = np.array([sum(map(is_han, text)) for text in texts])
    length = np.array([len(text) for text in texts])
    return (han + -(-(length - han) // 4)).astype(np.int32), (1 - han / length).astype(np.float32)


def extracted(text: str, edits: Sequence[Edit] = (), headings: Sequence[Heading] = ()) -> Extracted:
    return Extracted(text, "text", "", Layout((), tuple(headings), tuple(edits)))


def markdown(text: str) -> Extracted:
    """Lines that begin with '#' are headings; the sign is not read."""
    edits, headings, at = [], [], 0
    for line in text.splitlines(keepends=True):
        if line.startswith("#"):
            bare = line.rstrip()
            title = bare.lstrip("# ")
            headings.append(Heading(at, at + len(bare), len(bare) - len(bare.lstrip("#")), title))
            edits.append(Edit(at, at + len(bare) - len(title)))
        at += len(line)
    return extracted(text, edits, headings)


def unit_rows(n: int, seed: int = 0) -> Floats:
    rows = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


PIECES = st.sampled_from(
    [
        *("Hello world. ", "He said: “No.” ", "a longer clause, with parts; and more ", "x" * 40),
        *("今天天气很好。", "我们去公园，好吗？", "资料", "\r\n", "\n", "\n\n", " ", "\t", "\u3000"),
        *("👩‍👩‍👧‍👦", "👍🏽", "𝑥𝒚𝓏", "e\u0301\u0302", "\ud83d", "\ufeff", "\x00", "-", "Dr. ", "3.14"),
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> Extracted:
    """Random text with edits and headings anywhere, as an extractor may find them."""
    text = "".join(draw(st.lists(PIECES, max_size=40)))
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    edits = [
        Edit(start, end, draw(st.sampled_from(["", "", " ", "\n", "-", "One. Two", "\n• ", "ﬁ"])))
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    lines = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    headings = [Heading(a, b, 1, text[a:b]) for a, b in zip(lines[::2], lines[1::2], strict=False)]
    return extracted(text, edits, headings)


BUDGETS = st.builds(Budget, maximum=st.just(12), target=st.just(8)) | st.just(Budget(40, 30))


@settings(deadline=None)
@given(documents(), BUDGETS)
def test_sentences_find_their_way_back(document: Extracted, budget: Budget) -> None:
    text, edits = document.text, document.layout.edits
    at, seen = 0, ""
    for sentence in split(document, measure, budget):
        assert at <= sentence.start < sentence.end <= len(text)
        at = sentence.end
        assert read(text, edits, sentence.start, sentence.end) == sentence.text
        assert sentence.text.strip()
        (tokens,), (coverage,) = measure([sentence.text])
        assert (sentence.tokens, sentence.coverage) == (tokens, pytest.approx(coverage))
        seen += sentence.text
    assert "".join(seen.split()) == "".join(read(text, edits).split())


@settings(deadline=None)
@given(documents(), BUDGETS)
def test_no_sentence_is_too_long(document: Extracted, budget: Budget) -> None:
    plain = extracted(document.text, headings=document.layout.headings)
    for sentence in split(plain, measure, budget):
        assert sentence.tokens <= budget.maximum


@settings(deadline=None)
@given(documents(), st.sampled_from(STRATEGIES), BUDGETS, st.integers(0, 3))
def test_cuts_hold_every_sentence_once(
    document: Extracted, strategy: str, budget: Budget, model: int
) -> None:
    sentences = split(document, measure, budget)
    vectors = unit_rows(len(sentences), model) if model else None
    if vectors is not None:
        vectors[::model] = 0
    cuts = cut(sentences, vectors, strategy, budget)
    assert [at for piece in cuts for at in range(piece.first, piece.last)] == list(range(len(sentences)))
    assert cuts == cut(sentences, vectors, strategy, budget)
    assert sum(piece.tokens for piece in cuts) == sum(sentence.tokens for sentence in sentences)
    assert all(one.end <= other.start for one, other in pairwise(cuts))
    assert all(piece.start < piece.end for piece in cuts)
    if strategy == "fixed":
        return
    for piece in cuts:
        inside = sentences[piece.first : piece.last]
        assert (piece.start, piece.end) == (inside[0].start, inside[-1].end)
        assert piece.tokens == sum(sentence.tokens for sentence in inside)
        assert piece.tokens <= budget.maximum or len(inside) == 1


TWO_TOPICS = [
    *(
        "The engine burns petrol. ",
        "Its engine needs oil. ",
        "Petrol and oil cost money. ",
        "An engine runs hot. ",
    ),
    *(
        "My soup needs salt. ",
        "Onion soup is sweet. ",
        "Salt the onion first. ",
        "Soup with onion cooks long. ",
    ),
]


@pytest.mark.parametrize("strategy", ["semantic", "percentile", "recursive"])
def test_no_chunk_crosses_a_heading(strategy: str) -> None:
    body = "One sentence stands here. Another one follows it. "
    document = markdown(f"before\n# One\n{body}\n{body}\n# Two\n## Three\n{body}\n# Four\n{body * 20}\n# End")
    sentences = split(document, measure)
    cuts = cut(sentences, None, strategy)
    # A heading without text goes with the next one; the last has nothing to go with.
    assert {piece.first for piece in cuts} >= {
        at
        for at, sentence in enumerate(sentences)
        if sentence.text in ("before", "One", "Two", "Four", "End")
    }
    by_first = {sentences[piece.first].text: piece for piece in cuts}
    assert "Three" not in by_first
    assert by_first["Two"].last - by_first["Two"].first >= 3
    # No heading but the last stands alone.
    assert all(by_first[title].last - by_first[title].first > 1 for title in ("One", "Two", "Four"))


def test_headings_are_sentences_and_open_sections() -> None:
    document = markdown("Intro one. Intro two.\n\nIntro three.\n# Title. Of it\nbody\n## Sub\n# Next\nbody")
    found = [(s.text, s.section, s.paragraph) for s in split(document, measure)]
    assert found == [
        ("Intro one.", 0, 0),
        ("Intro two.", 0, 0),
        ("Intro three.", 0, 1),
        ("Title. Of it", 1, 2),
        ("body", 1, 3),
        ("Sub", 2, 4),
        ("Next", 3, 5),
        ("body", 3, 6),
    ]


def test_lines_joined_by_edits_are_one_sentence() -> None:
    text = "A hyphen-\nated line that\ngoes on.\r\nNew one."
    at = text.index("-\n")
    edits = [Edit(at, at + 2), Edit(text.index("\ngoes"), text.index("goes"), " ")]
    first, second = split(extracted(text, edits), measure)
    assert first.text == "A hyphenated line that goes on."
    assert text[first.start : first.end] == "A hyphen-\nated line that\ngoes on."
    assert second.text == text[second.start : second.end] == "New one."


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("word " * 400, "word"),
        ("a clause of some words here, " * 60, ","),
        ("一个子句在这里，" * 100, "，"),
        ("资料检索" * 200, "资料检索"),
    ],
)
def test_long_sentences_are_cut_where_it_hurts_least(text: str, ends: str) -> None:
    pieces = [sentence.text for sentence in split(extracted(text), measure)]
    assert len(pieces) > 1
    assert all(piece.endswith(("检索", "资料") if ends == "资料检索" else ends) for piece in pieces)


def test_characters_are_not_torn() -> None:
    for unit in ("👩‍👩‍👧‍👦", "e\u0301\u0302", "👍🏽", "\ud83d\ude00"):
        for sentence in split(extracted(unit * 500), measure):
            first = sentence.text[0]
            assert unicodedata.category(first)[0] != "M"
            assert first not in "\u200d\U0001f3fd\ude00"


def test_one_character_may_be_over_the_budget() -> None:
    def dear(texts: Sequence[str]) -> tuple[Ints, Floats]:
        return np.full(len(texts), 999, np.int32), np.ones(len(texts), np.float32)

    assert [sentence.text for sentence in split(extracted("abc"), dear)] == ["a", "b", "c"]


def test_no_text_no_chunks() -> None:
    for text in ("", " \n\r\n\t"):
        assert split(extracted(text), measure) == []
    for strategy in STRATEGIES:
        assert cut([], None, strategy) == []
    assert lexical_vectors([]).shape == (0, 256)


# --- where chunks end ------------------------------------------------------------------------


def topic_sentences(topics: int, each: int, tokens: int) -> tuple[list[Sentence], Floats]:
    """`topics` x `each` sentences; those of one topic point the same way, with noise."""
    n = topics * each
    centres = unit_rows(topics, 1)
    rows = np.repeat(centres, each, axis=0) + 0.3 * unit_rows(n, 2)
    sentences = [Sentence(10 * at, 10 * at + 9, "x" * 9, 0, 0, tokens, 1.0) for at in range(n)]
    return sentences, np.asarray(rows, np.float32)


def ends(cuts: Sequence[Cut]) -> list[int]:
    return [piece.last for piece in cuts]


def test_semantic_borders_are_where_the_topic_changes() -> None:
    sentences, vectors = topic_sentences(6, 7, 22)
    assert ends(cut(sentences, vectors)) == [7, 14, 21, 28, 35, 42]


def test_semantic_chunks_keep_the_budget() -> None:
    sentences, vectors = topic_sentences(2, 300, 20)
    sizes = [piece.tokens for piece in cut(sentences, vectors)]
    assert max(sizes) <= 250
    assert 140 <= np.mean(sizes) <= 200


def test_semantic_borders_by_words_where_there_is_no_model() -> None:
    text = "".join(TWO_TOPICS)
    sentences = split(extracted(text), measure)
    pieces = cut(sentences, None, "semantic", Budget(maximum=36, target=26))
    assert ends(pieces) == [4, 8]


def test_uncovered_sections_are_cut_by_words_and_others_by_vectors() -> None:
    """One script in two sections: swapping the vectors of the first does not touch the second."""
    document = markdown(f"# One\n{''.join(TWO_TOPICS)}\n# Two\n{''.join(TWO_TOPICS)}")
    sentences = split(document, measure)
    vectors = unit_rows(len(sentences))
    vectors[9:] = 0  # the second section is not covered
    budget = Budget(maximum=36, target=26)
    second = [piece for piece in cut(sentences, vectors, "semantic", budget) if piece.first >= 9]
    by_words = [piece for piece in cut(sentences, None, "semantic", budget) if piece.first >= 9]
    assert second == by_words


def test_a_paragraph_border_is_preferred() -> None:
    sentences, vectors = topic_sentences(1, 16, 20)
    vectors[:] = vectors[0]
    for border in (7, 8, 9):
        there = [
            Sentence(s.start, s.end, s.text, 0, int(at >= border), s.tokens, 1.0)
            for at, s in enumerate(sentences)
        ]
        assert ends(cut(there, vectors)) == [border, 16]


def test_percentile_cuts_at_the_least_alike_fifth() -> None:
    sentences, vectors = topic_sentences(6, 5, 10)
    assert ends(cut(sentences, vectors, "percentile"))[-1] == 30
    assert set(ends(cut(sentences, vectors, "percentile"))) >= {5, 10, 15, 20, 25}


def test_recursive_fills_with_whole_paragraphs() -> None:
    text = "\n".join("x" * 79 + "." for _ in range(20))  # 20 tokens each
    cuts = cut(split(extracted(text), measure), None, "recursive")
    assert [piece.tokens for piece in cuts] == [160, 160, 80]


def test_fixed_cuts_at_the_target_inside_sentences() -> None:
    text = "word " * 180 + "end. Another one."
    document = extracted(text)
    budget = Budget(maximum=250, target=50)
    sentences = split(document, measure, budget)
    cuts = cut(sentences, None, "fixed", budget)
    assert "".join(text[piece.start : piece.end] for piece in cuts).split() == text.split()
    assert {piece.tokens for piece in cuts[:-1]} == {50}
    assert any(piece.first == piece.last for piece in cuts)


def test_lexical_vectors_are_alike_where_words_are() -> None:
    sentences = split(extracted("搜索引擎检索文档。\n文档由搜索引擎检索。\n今天下雨。\n！？"), measure)
    vectors = lexical_vectors(sentences)
    alike = vectors @ vectors.T
    assert vectors.dtype == np.float32
    assert np.allclose(np.diag(alike), [1, 1, 1, 0], atol=1e-5)
    assert alike[0, 1] > 0.5 > alike[0, 2]
    # Stable across processes and machines: no hash().
    assert np.flatnonzero(lexical_vectors(sentences[2:3])[0]).tolist() == FIXED_BINS


FIXED_BINS = [47, 135, 252]
