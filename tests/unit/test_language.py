"""Words, grams, folding and sentences."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections import Counter

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_kb import language

TEXTS = st.text(
    st.one_of(
        st.characters(),  # lone surrogates and NUL included
        st.sampled_from("abzABZ019._-+@/:&#',’ \n"),
        st.sampled_from("的资料資訊。！？“”《》（）Ａ１ﬁßİｶﾞ々〇⻓"),
        st.sampled_from("\u0301\u00ad\u200d\ufe0f\u0e33🎉👩𝑥éй한グ"),
    )
)


# The first call loads the dictionaries.
slow_start = settings(deadline=None)


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


@slow_start
@given(TEXTS)
def test_fold_keeps_length_and_is_settled_at_once(text: str) -> None:
    folded = language.fold(text)
    assert len(folded) == len(text)
    assert language.fold(folded) == folded


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＢＭＷ　Ｘ１，３．１４", "bmw x1,3.14"),
        ("資訊檢索與機器學習", "资讯检索与机器学习"),
        (
            "瞭解牠的大砲，妳說錢鍾書",
            "了解它的大炮,你说钱钟书",
        ),  # by characters; OpenCC has phrases for these
        ("钱锺书衞陜額薴𫪄", "钱钟书卫陕额苎𫪄"),
        ("乾燥幹部干涉餘馀", "干燥干部干涉余余"),
        ("Café MÜLLER Ångström", "cafe muller angstrom"),
        ("Ελλάς Йод がく", "ελλασ йод がく"),
        ("⽂⻓⻅豈", "文长见岂"),
        ("𝑥² ﬁ ß İ", "x2 ﬁ ß i"),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert language.fold(written) == folded


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


def test_a_hash_is_not_split_to_dust() -> None:
    assert language.words("d41d8cd98f00b204e9800998ecf8427e") == ["d41d8cd98f00b204e9800998ecf8427e"]


def test_long_words_are_shortened_alike() -> None:
    assert language.words("a" * 5000) == language.words("a" * 6000)


def test_stop_words() -> None:
    for question in ("what does it do", "这个是什么", "有多少", "哪里"):
        assert all(map(language.is_stop, language.words(question))), question
    for topic in ("engine", "北京", "2022", "x1"):
        assert not any(map(language.is_stop, language.words(topic)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("使用 PyTorch 的 DataLoader 加载数据", "zh"),
        ("Tsinghua University (清华大学) is a university", "en"),
        ("Это просто text", ""),
        ("これはペンです", ""),
        ("3.14 🎉", ""),
        ("", ""),
    ],
)
def test_language_of(text: str, expected: str) -> None:
    assert language.language_of(text) == expected


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


# --- sentences -------------------------------------------------------------------------------


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in language.sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith met Mrs. Jones.", "They talked."],
        ["J. K. Rowling wrote it.", "He read it."],
        ["See Fig. 3 and No. 5 on p. 12.", "It is there."],
        ["Smith et al. (2020) showed it.", "So did Brown et al.", "The end."],
        ["Now I am neither.”", "The Doctor remarks (1).", "Increased O2."],
        ["Use a tool, e.g. Excel, i.e. This one.", "Done."],
        ["He lives in the U.S. Army base.", "She came to the U.S.", "The end."],
        ["Pi is 3.14 in v1.2.3 of https://a.org/x?q=1.", "Write to a.b@c.org!", "Now."],
        ["Wait... what?", "Well...", "Yes."],
        ["“Really?!” he asked.", "“Yes.”", "She left."],
        ['He said "no."', 'Then "maybe?"', "Fine."],
        ["He left (see App. B. It is big.) at noon.", "(He was tired.)", "Then he slept."],
        ["1. Introduction is short.", "2. Methods follow."],
        ["It was so in 2020.", "15 people came."],
        ["It is known.[12]", "So is this."],
    ],
)
def test_english_sentences(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["今天天气很好。", "我们去公园吧！", "好吗？", "当然；", "走。"],
        ["他说：“你好。", "我是张三。”", "然后走了。"],
        ["她问：「真的嗎？」", "他點頭。"],
        ["电影《你好！李焕英》很好看！！", "真的吗？！"],
        ["所谓“人工智能！”就是这样。", "对。"],
        ["他认为“应该禁酒。就这样。”", "事实上没有。"],
        ["“好！”，他说。", "完了。"],
        ["他走了（真的走了。没有回来）再见。", "（见图一。）", "好。"],
        ["我不知道……", "也许吧。"],
        ['他说："你好。"', "她走了。"],
        ["版本3.14发布了。", "使用PyTorch.", "它很好。"],
    ],
)
def test_chinese_sentences(expected: list[str]) -> None:
    assert sentences("".join(expected)) == expected


@pytest.mark.parametrize("border", ["\n", "\r\n", "\n\n", "\f", "\u2028"])
def test_a_newline_is_a_border(border: str) -> None:
    assert sentences(f"no mark{border}lower case, Dr.{border}（未完{border}）") == [
        *("no mark", "lower case, Dr.", "（未完", "）")
    ]


@slow_start
@given(TEXTS)
def test_sentences_hold_everything_in_order(text: str) -> None:
    at = 0
    for start, end in language.sentence_spans(text):
        assert at <= start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        at = end
    assert not text[at:].strip()


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


def test_one_character_is_simplified_at_once_and_to_one() -> None:
    table = language._simplified()
    assert len(table) > 4000
    assert all(len(old) == len(new) == 1 for old, new in table.items())
    assert not table.keys() & set(table.values())
    # What the converter says of each by itself, but for the characters that are listed here.
    assert table.keys() >= set("國學體龍龜圖書館萬與")


def test_the_dictionary_is_the_one_jieba_reads() -> None:
    language.prepare()
    import jieba

    frequencies, total = jieba.dt.gen_pfdict(jieba.dt.get_dict_file())
    assert frequencies == language._jieba().FREQ
    assert language._jieba().total == total


def test_the_words_of_a_run_are_jiebas_the_second_time_too() -> None:
    run = "中华人民共和国国务院关于加强信息化建设的若干意见𠀀" * 90  # longer than what jieba is given at once
    parts = [run[at : at + 2000] for at in range(0, len(run), 2000)]
    expected = [term for part in parts for term, *_ in language._jieba().tokenize(part, mode="search")]
    for _ in range(2):
        tokens = list(language.word_tokens(run))
        assert [token.term for token in tokens] == expected
        assert all(run[token.start : token.end] == token.term for token in tokens)


def test_without_han_keeps_the_length_and_everything_else() -> None:
    assert language.without_han("2022年的 MacBook，资料𠀀。") == "2022   MacBook，   。"
    assert language.without_han("plain") == "plain"
