from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packed import INSTEAD, SPECIAL, WORDS, written
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from desktop_kb.inference.q4 import Vocabulary, read_vocabulary
from desktop_kb.inference.unigram import Unigram

#: Characters of pieces, some that are read as others, and some that no piece holds.
CHARACTERS = "abeskp 12.:蜜蜂怎样ｂﬁ\t　▁\x01ꙮཀz"


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return read_vocabulary(written(tmp_path_factory.mktemp("q4") / "tiny.bin"))


@pytest.fixture(scope="module")
def cut(vocabulary: Vocabulary) -> Unigram:
    return Unigram(vocabulary)


@pytest.fixture(scope="module")
def reference(vocabulary: Vocabulary) -> Tokenizer:
    """The library's own, of the same pieces; it makes one token of unknown characters that follow each other."""
    scored = list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True))
    made = Tokenizer(models.Unigram(scored, vocabulary.unknown, False))
    replaced = [normalizers.Replace(chr(code), text) for code, text in INSTEAD.items()]
    made.normalizer = normalizers.Sequence(
        [*replaced, *(normalizers.Replace("  ", " ") for _ in range(6))]  # runs of up to 64 spaces
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return made


@given(st.text(st.sampled_from(CHARACTERS), max_size=40))
@settings(max_examples=400, deadline=None)
def test_the_same_pieces_as_the_tokenizers_library(cut: Unigram, reference: Tokenizer, text: str) -> None:
    (ids,) = cut.ids([text])
    together = [id for id, run in itertools.groupby(ids) for id in ([id] if id == 3 else list(run))]
    expected = reference.encode(text, add_special_tokens=False).ids
    assert together == ([] if expected == [cut.ids(["a "])[0][-1]] else expected)


def test_spaces_belong_to_the_word_behind_them_and_a_text_of_spaces_has_no_piece(cut: Unigram) -> None:
    pieces = (*SPECIAL, *WORDS)

    def of(text: str) -> list[str]:
        return [pieces[id] for id in cut.ids([text])[0]]

    assert of("bees keep") == of(" bees \t 　keep") == ["▁bees", "▁keep"]
    assert of("bees keep ") == ["▁bees", "▁keep", "▁"]
    assert of("") == of(" \t\x01") == []
    assert of("ꙮཀ") == ["▁", "<unk>", "<unk>"]


def test_a_word_that_comes_again_is_cut_as_before(cut: Unigram) -> None:
    texts = ["bees keep bees", "bees", "蜜蜂怎样keep蜜蜂", "bees keep bees"]
    assert cut.ids(texts) == [ids for text in texts for ids in cut.ids([text])]


def test_it_says_which_characters_it_knows(cut: Unigram) -> None:
    (count, known), (_, all_known) = cut.read(["ꙮ ﬁ 蜂z", "ｂ 蜂"])
    assert count == 6
    assert known == bytes([0, 1, 1, 1, 1, 0])
    assert all_known is None


def test_its_special_tokens_are_those_of_the_file(cut: Unigram) -> None:
    assert (cut.prefix, cut.suffix) == ([0], [2])


def test_a_long_text_without_a_space_is_cut_too(cut: Unigram, tmp_path: Path) -> None:
    (ids,) = cut.ids(["蜜蜂怎样" * 20_000])
    assert len(ids) >= 40_000
