from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.inference.catalogue import ENGLISH
from desktop_kb.inference.tokens import Tokens


@pytest.fixture(scope="module")
def tokens(model_folder: Path) -> Tokens:
    return Tokens(ENGLISH, model_folder)


@pytest.mark.parametrize(
    ("text", "coverage"),
    [
        ("The tower is 330 metres tall.", 1.0),
        ("naïve café in Zürich", 1.0),
        ("Größe, señor, Łódź", 1.0),
        ("2022", 1.0),
        ("什么时候建成的?", 0.0),
        ("大学和中国人", 0.0),  # every character is in the vocabulary; the model never learned to read them
        ("2022年的报告", 0.0),  # a year does not make it readable
        ("Когда построили башню?", 0.0),
        ("東京はどこですか", 0.0),
        ("iPhone多少钱", 6 / 9),
        ("𝒳𝒴 plus ab", 6 / 8),
        ("x" * 120, 0.0),  # a 'word' the tokenizer gives up on
        ("--- ?!", 0.0),
        ("", 0.0),
    ],
)
def test_coverage_is_the_share_of_letters_the_model_reads(tokens: Tokens, text: str, coverage: float) -> None:
    assert tokens.measure([text])[1][0] == pytest.approx(coverage)


def test_a_model_of_all_scripts_leaves_it_to_its_tokenizer(model_folder: Path) -> None:
    anything = Tokens(dataclasses.replace(ENGLISH, scripts=()), model_folder)
    coverage = anything.measure(["Когда построили", "大学", "饕餮", "ab饕餮"])[1]
    assert coverage.tolist() == [1.0, 1.0, 0.0, 0.5]


def test_counts_are_not_cut_at_the_128_tokens_of_the_tokenizer_file(tokens: Tokens) -> None:
    assert tokens.measure(["word " * 1000, "a b", ""])[0].tolist() == [1000, 2, 0]
    assert len(tokens.ids(["word " * 1000])[0]) == 1000


def test_special_tokens_are_those_around_a_text(tokens: Tokens) -> None:
    assert (tokens.prefix, tokens.suffix) == ([101], [102])


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_text_can_be_measured(tokens: Tokens, texts: list[str]) -> None:
    counts, coverage = tokens.measure(texts)
    assert counts.tolist() == [len(ids) for ids in tokens.ids(texts)]
    assert len(coverage) == len(texts)
    assert all(0 <= share <= 1 for share in coverage)
