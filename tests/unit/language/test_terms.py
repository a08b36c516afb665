"""Words, grams and characters as index terms."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections import Counter

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import TEXTS, slow_start

from desktop_kb import language


def fts5_tokens(terms: list[str]) -> list[str]:
    """The terms as FTS5 keeps them when they are written between spaces."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61 remove_diacritics 0')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    connection.execute("INSERT INTO t VALUES (?)", (" ".join(terms),))
    return [term for (term,) in connection.execute("SELECT term FROM v ORDER BY offset")]


@slow_start
@given(TEXTS)
def test_terms_survive_fts5(text: str) -> None:
    for terms in (language.words(text), language.grams(text), language.characters(text)):
        assert fts5_tokens(terms) == terms


def test_every_character_there_is_survives_fts5() -> None:
    every = " ".join(map(chr, range(0x40000)))  # planes above hold none in use
    for terms in (language.words(every), language.grams(every)):
        assert len(terms) > 100_000
        assert fts5_tokens(terms) == terms


@slow_start
@given(TEXTS)
def test_tokens_stand_where_they_say(text: str) -> None:
    for tokens in (language.word_tokens(text), language.gram_tokens(text)):
        for token in tokens:
            assert 0 <= token.start < token.end <= len(text)
            assert 0 < len(token.term) <= 64
            # What a token marks is found by the token's own term.
            part = text[token.start : token.end]
            assert token.term in {*language.words(part), *language.grams(part)}


@pytest.mark.parametrize(
    ("document", "query"),
    [
        ("BMW X1, 2022-03", "x1"),
        ("BMW X1, 2022-03", "2022"),
        ("BMW X1, 2022-03", "2022–03"),
        ("pi is 3.14159", "3.14159"),
        ("编码为ＧＢ１８０３０。", "gb18030"),
        ("written in C++ and C#", "c++"),
        ("call foo_bar() here", "foo_bar"),
        ("call foo_bar() here", "bar"),
        ("send an e-mail", "email"),
        ("1,234,567 people", "1234567"),
        ("write to jo@example.org", "jo@example.org"),
        ("Biden’s speech", "biden"),
        ("l'università di Roma", "universita"),
        ("ﬁnancial in\u00adfor\u00admation", "FINANCIAL"),
        ("ﬁnancial in\u00adfor\u00admation", "informed"),
        ("cafe\u0301", "café"),
        ("機器學習", "机器学习"),
        ("我们在北京大学学习", "大学"),
        ("Москва слезам не верит", "МОСКВА"),
        ("東京タワーへ行く", "タワー"),
        ("안녕하세요", "안녕"),
        ("เราไปเที่ยวเชียงใหม่โดยรถไฟ", "เชียงใหม่"),
        ("ខ្ញុំស្រលាញ់ភាសាខ្មែរ", "ភាសា"),
        ("In v1.2.3 it works", "1.2.3"),
        ("kostet 2.345.678 Euro", "2345678"),
        ("ISBN 978-3-16-148410-0", "9783161484100"),
        ("call 1234-5678", "12345678"),
        ("on 2024-05-06", "20240506"),
        ("from parseHttpRequest on", "request"),
        ("the XMLParser and its PDFs", "parser"),
        ("the XMLParser and its PDFs", "PDFs"),
        ("родилась ёлка", "елка"),
        ("Łódź, Ærø, Đà Nẵng", "lodz da"),
        ("١٢٣", "123"),
        ("أحمد", "احمد"),
        ("摘 要", "摘要"),
        ("第一章　目　录", "目录"),
        ("光 合 作 用 是", "光合作用"),
        ("the list 🚀 is open", "🚀"),
    ],
)
def test_found(document: str, query: str) -> None:
    assert set(language.words(query)) & set(language.words(document))


@pytest.mark.parametrize(
    ("one", "other"), [("3.14", "314"), ("c++", "c#"), ("2022-03", "202203"), ("v1.2", "v12")]
)
def test_codes_differ_as_a_whole(one: str, other: str) -> None:
    assert language.words(one)[0] != language.words(other)[0]


def test_plain_terms_read_as_written() -> None:
    assert [language.plain(term) for term in language.words("C++ 3.14 foo_bar")] == [
        *("c++", "c", "3.14", "3", "14", "foo_bar", "foo", "bar")
    ]


def test_words_keep_their_places() -> None:
    text = "Running Biden's 資料庫 (3.14)"
    spans = {text[token.start : token.end]: token.term for token in language.word_tokens(text)}
    assert spans["Running"] == "run"
    assert spans["Biden's"] == "biden"
    assert spans["資料"] == "资料"
    assert spans["14"] == "14"


def test_grams() -> None:
    assert language.grams("資料庫，的 Models") == ["资料", "料库", "的", "models"]
    assert language.characters("資料 of 庫") == ["资", "料", "库"]


def test_words_typed_apart_stay_apart() -> None:
    assert language.grams("北京 大学 摘 要") == ["北京", "大学", "摘要"]


def test_a_run_beside_a_word_has_its_edges_too() -> None:
    assert language.grams("2024年度，用Python读取PDF", edges=True) == [
        *("2024", "年", "年度", "用", "python", "读", "读取", "取", "pdf")
    ]
    assert language.grams("年度，报告", edges=True) == ["年度", "报告"]


@pytest.mark.parametrize(
    ("text", "code", "query"),
    [
        ("Die Häuser der Straßen", "de", "Haus"),
        ("мы искали грибы", "ru", "грибов"),
        ("las canciones", "es", "canción"),
        ("elle parlait", "fr", "parler"),
    ],
)
def test_words_have_the_stem_of_their_language(text: str, code: str, query: str) -> None:
    assert set(language.stems(query, [code])) & set(language.words(text, code))
    assert not set(language.stems(query, [code])) & set(language.words(text))
    assert language.plain(language.stems("Haus", ["de"])[0]) == "haus"


@given(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12), st.sampled_from(["", "s", "ies", "ying"])
)
def test_a_stem_begins_as_its_word_does(word: str, ending: str) -> None:
    for one in (f"{word}{ending}", "skis", "skies", "dying", "lying", "tying", "idly", "only", "yes"):
        assert language.word_of(one)[0] in language.initials([one])
        assert language.words(one) == [language.word_of(gram) for gram in language.grams(one)]


def test_a_hash_is_not_split_to_dust() -> None:
    assert language.words("d41d8cd98f00b204e9800998ecf8427e") == ["d41d8cd98f00b204e9800998ecf8427e"]


def test_long_words_are_shortened_alike() -> None:
    assert language.words("a" * 5000) == language.words("a" * 6000)


def test_stop_words() -> None:
    for question in ("what does it do", "这个是什么", "有多少", "哪里"):
        assert all(map(language.is_stop, language.words(question))), question
    for topic in ("engine", "北京", "2022", "x1"):
        assert not any(map(language.is_stop, language.words(topic)))


def test_threads_get_the_same_words() -> None:
    text = "Relational databases and 关系数据库 were running quickly; universities organise 研究生命起源"
    expected = language.words(text)
    wrong = Counter[bool]()

    def work(seed: int) -> None:
        for turn in range(50):
            language.words(f"unique{seed}words{turn}ing organisational{seed * turn}")
            wrong[language.words(text) != expected] += 1

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == {False: 200}


@pytest.mark.parametrize(
    "unit", ["a", "字", "(", "（", "《", '"', ". ", '。"', "…", "“", "Dr. ", "a.", " ", "1,"]
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        begin = time.process_time()
        language.sentence_spans(text)
        for _ in language.gram_tokens(text):
            pass
        return time.process_time() - begin

    seconds(1000)
    # Four times the text; a quadratic way would take sixteen times as long.
    assert seconds(200_000) < 10 * seconds(50_000) + 0.2


def test_categories_are_as_assumed() -> None:
    """A mark is no letter: `fold` and the scanner of words rely on it."""
    assert not any(
        chr(code).isalnum() for code in range(0x20000) if unicodedata.category(chr(code))[0] == "M"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invoice 4711, GD32F103 and v1.2.3 of foo_bar", ["4711", "gd32f103", "v1.2.3", "foo_bar"]),
        ("电话是62751234，２０２４年；a@b.org", ["62751234", "2024", "a@b.org"]),
        ("the 20th of the 1960s, in 1970's, a 2-point or 10-year-old", []),
        ("2-4821 and 4821-KX since 1999's end", ["2-4821", "4821-kx"]),
        ("well-known words, e.g. these, 摘要", []),
    ],
)
def test_numbers_and_codes_are_told_from_words(text: str, expected: list[str]) -> None:
    assert language.codes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q3 Report!", "q3 report"),
        ("  Ｑ３　報告（2024）", "q3报告2024"),
        ("2024-03-12", "2024 03 12"),
        ("Harbour-plan_7", "harbour plan 7"),
        ("cafe\u0301s ﬁne don't 1,234", "cafes fine dont 1234"),
        ("C++ und C#", "c++ und c#"),
        ("第 3 章", "第3章"),
        ("摘 要", "摘要"),
        ("🚀 Plan", "plan"),
        ("…!", ""),
    ],
)
def test_what_says_the_same_is_the_same(text: str, expected: str) -> None:
    assert language.bare(text) == expected


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("see 12345 there", "1234", False),
        ("see 1234 there", "1234", True),
        ("green lamps", "lamp", False),
        ("see C++ there", "C", False),
        ("详见第3章的说明", "第3章", True),
        ("我们用Python读取PDF文件", "Python读取", True),
        ("我们用Python3读取", "Python", False),
        ("KX-4821", "4821", True),
        ("anything", "…", False),
    ],
)
def test_a_phrase_stands_from_word_to_word(text: str, phrase: str, expected: bool) -> None:
    assert language.holds(language.bare(text), language.bare(phrase)) is expected
    assert language.says(text, language.bare(phrase)) is expected


@slow_start
@given(TEXTS, TEXTS, TEXTS, st.integers(0, 9), st.integers(1, 9))
def test_a_text_says_what_it_holds_once_it_is_bare(
    before: str, middle: str, after: str, start: int, length: int
) -> None:
    for text in (before + middle + after, f"{before} {middle} {after}"):
        for part in (middle, text[start : start + length]):
            phrase = language.bare(part)
            assert language.says(text, phrase) == language.holds(language.bare(text), phrase)


@slow_start
@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_is_cut_as_it_is_within_any_text(text: str) -> None:
    assert [*language.grams(text), "国"] == language.grams(f"{text} 国")
    assert [*language.word_tokens(text)] == [*language.word_tokens(f"{text} é")][:-1]


def test_an_arabic_word_is_found_without_its_article() -> None:
    written = set(language.words("الكِتَابُ على الطاولة", "ar"))
    assert set(language.stems("كتاب", ["ar"])) <= written
