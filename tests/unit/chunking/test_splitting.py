"""Sentences with their way back to the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from drafts import BUDGETS, documents, extracted, markdown, measure
from hypothesis import given, settings

from desktop_kb.chunking import Budget, split
from desktop_kb.reading import read
from desktop_kb.records import Edit, Extracted, Floats, Ints


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
        assert sentence.tokens == tokens
        assert sentence.coverage == pytest.approx(coverage)
        seen += sentence.text
    assert "".join(seen.split()) == "".join(read(text, edits).split())


@settings(deadline=None)
@given(documents(), BUDGETS)
def test_no_sentence_is_too_long(document: Extracted, budget: Budget) -> None:
    plain = extracted(document.text, headings=document.layout.headings)
    for sentence in split(plain, measure, budget):
        assert sentence.tokens <= budget.maximum


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
