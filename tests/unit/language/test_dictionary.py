"""The dictionaries give what their libraries give by themselves."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from desktop_kb import language
from desktop_kb.language import dictionary


@pytest.fixture(scope="module")
def jieba() -> Any:
    """jieba itself, with its dictionary as it reads it."""
    language.prepare()
    import jieba

    jieba.dt.FREQ, jieba.dt.total = jieba.dt.gen_pfdict(jieba.dt.get_dict_file())
    jieba.dt.initialized = True
    return jieba.dt


def test_the_dictionary_is_the_one_jieba_reads(jieba: Any) -> None:
    whole = math.log(jieba.total)
    known = dictionary._dictionary()
    assert known.unknown == -whole
    assert known.weights == {
        word: math.log(count) - whole if count else 0.0 for word, count in jieba.FREQ.items()
    }


def test_the_words_of_a_run_are_jiebas_the_second_time_too(jieba: Any) -> None:
    run = "中华人民共和国国务院关于加强信息化建设的若干意见𠀀" * 90  # longer than what is cut at once
    parts = [run[at : at + 2000] for at in range(0, len(run), 2000)]
    expected = [term for part in parts for term, *_ in jieba.tokenize(part, mode="search")]
    for _ in range(2):
        tokens = list(language.word_tokens(run))
        assert [token.term for token in tokens] == expected
        assert all(run[token.start : token.end] == token.term for token in tokens)


def test_any_run_is_cut_as_jieba_cuts_it(jieba: Any) -> None:
    chance = random.Random(5)
    words = [word for word in jieba.FREQ if all("\u4e00" <= sign <= "\u9fff" for sign in word)]
    for _ in range(400):
        run = "".join(
            chance.choice(words)
            if chance.random() < 0.6
            else chr(chance.choice((chance.randrange(0x4E00, 0xA000), chance.randrange(0x3400, 0x4DC0))))
            for _ in range(chance.randint(1, 30))
        )
        cut = dictionary.dictionary_words(run)
        expected = [at for _, *place in jieba.tokenize(run, mode="search") for at in place]
        assert cut.tolist() == expected, run
