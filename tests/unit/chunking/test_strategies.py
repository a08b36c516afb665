"""Where passages end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from drafts import BUDGETS, TWO_TOPICS, documents, extracted, markdown, measure, unit_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_kb.chunking import STRATEGIES, Budget, cut, lexical_vectors, split
from desktop_kb.records import Cut, Extracted, Floats, Sentence


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


def test_no_text_no_chunks() -> None:
    for text in ("", " \n\r\n\t"):
        assert split(extracted(text), measure) == []
    for strategy in STRATEGIES:
        assert cut([], None, strategy) == []
    assert lexical_vectors([]).shape == (0, 256)


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
