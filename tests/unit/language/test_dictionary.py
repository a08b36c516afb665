"""The dictionaries give what their libraries give by themselves."""

from __future__ import annotations

from desktop_kb import language
from desktop_kb.language import dictionary


def test_the_dictionary_is_the_one_jieba_reads() -> None:
    language.prepare()
    import jieba

    frequencies, total = jieba.dt.gen_pfdict(jieba.dt.get_dict_file())
    assert frequencies == dictionary._jieba().FREQ
    assert dictionary._jieba().total == total


def test_the_words_of_a_run_are_jiebas_the_second_time_too() -> None:
    run = "中华人民共和国国务院关于加强信息化建设的若干意见𠀀" * 90  # longer than what jieba is given at once
    parts = [run[at : at + 2000] for at in range(0, len(run), 2000)]
    expected = [term for part in parts for term, *_ in dictionary._jieba().tokenize(part, mode="search")]
    for _ in range(2):
        tokens = list(language.word_tokens(run))
        assert [token.term for token in tokens] == expected
        assert all(run[token.start : token.end] == token.term for token in tokens)
