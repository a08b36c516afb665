from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.errors import Problem
from desktop_kb.extract import plain
from desktop_kb.extract.decoding import decode
from desktop_kb.reading import Reading, read
from desktop_kb.records import Edit

NAME = Path("note.txt")
SIMPLIFIED = "人工智能是计算机科学的一个分支，它企图了解智能的实质，并生产出一种新的智能机器。"
TRADITIONAL = "人工智慧是電腦科學的一個分支，它企圖了解智慧的實質，並生產出一種新的智慧機器。"


def reading(text: str, name: str = "note.txt") -> str:
    found = plain.read(text.encode("utf-8"), Path(name))
    return read(found.text, found.layout.edits)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain ASCII", "ascii"),
        ("naïve 字 😀 𝑥", "utf-8"),
        ("naïve 字 😀 𝑥", "utf-8-sig"),
        ("naïve 字 😀 𝑥", "utf-16"),
        ("naïve 字 😀 𝑥", "utf-32"),
        ("hello world", "utf-16-le"),
        ("hello world", "utf-16-be"),
        (SIMPLIFIED, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be"),
        *((text, "gb18030") for text in ("你好", "会议记录", "蒹葭苍苍，白露为霜。", "陈", "abc中文def")),
        *((text, "gb18030") for text in ("宝马X1 2022年款的油耗是多少？", "价格：100元", SIMPLIFIED * 400)),
        *((text, "big5") for text in ("你好", "會議記錄", "臺灣", "abc中文def", "價格：100元")),
        *((text, "big5") for text in ("寶馬X1 2022年款的油耗是多少？", TRADITIONAL * 400)),
        ("café au lait", "cp1252"),
        ("Où êtes-vous allés cet été ? Voilà ! Grüße aus München, déjà vu.", "cp1252"),
        ("Съешь же ещё этих мягких французских булок, да выпей чаю.", "koi8_r"),
        ("吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。", "euc_jp"),
        ("吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。", "cp932"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        bytes(range(256)) * 3,
        b"\x7fELF\x02\x01\x01\0\0\0",
    ],
)
def test_what_is_no_text_is_said(data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        decode(data)
    assert caught.value.code == "not-text"


def test_wrapped_paragraphs_are_joined_and_verse_is_not() -> None:
    prose = (
        "This paragraph was wrapped by hand at about seventy columns, as people\n"
        "have done since the days of the teletype, and it has a well-known com-\n"
        "pound in it, and ends here.\n"
    )
    verse = "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n"
    code = "def double(x):\n    return 2 * x\n"
    listed = (
        "- the first item is so long that whoever wrote it had to wrap it by hand\n  at its end\n- second\n"
    )
    joined = (
        "This paragraph was wrapped by hand at about seventy columns, as people have done since the days of "
        "the teletype, and it has a well-known compound in it, and ends here.\n"
    )
    item = "- the first item is so long that whoever wrote it had to wrap it by hand at its end\n- second\n"
    text = "\n".join([prose, verse, code, listed])
    assert reading(text) == "\n".join([joined, verse, code, item])


def test_rows_of_a_table_stay() -> None:
    rows = "".join(f"{n:<30}a value that is long enough      {n * 7:>12}\n" for n in range(10))
    assert reading(rows) == rows
    assert reading("a,long,line,of,values,that,goes,on,and,on,and,on,1\n" * 5, "x.csv").count("\n") == 5


def test_every_kind_of_line_break_reads_as_a_newline() -> None:
    assert reading("one\r\ntwo\rthree\n\r\nfour\x0cfive\u2028six") == "one\ntwo\nthree\n\nfour\nfive\nsix"


_LINES = st.lists(
    st.text(alphabet="ab -𝑥中，。😀\u00ad\t", max_size=80) | st.just("word " * 14), min_size=1, max_size=12
)


@given(_LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_offsets_are_those_of_the_file(lines: list[str], newline: str) -> None:
    text = newline.join(lines)
    found = plain.read(b"\xef\xbb\xbf" + text.encode("utf-8"), NAME)
    assert found.text == text
    check(found.text, found.layout.edits)


def check(text: str, edits: tuple[Edit, ...]) -> None:
    """Sorted, not overlapping, and every letter that is read stands where the reading says."""
    at = 0
    for edit in edits:
        assert at <= edit.start < edit.end <= len(text)
        at = edit.end
    whole = Reading(text, edits)
    for offset, character in enumerate(whole.text):
        if not character.isspace():
            assert text[whole.start(offset)] == character


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_problem(data: bytes) -> None:
    with suppress(Problem):
        decode(data).encode("utf-8")


def test_a_text_takes_time_in_proportion_to_its_length() -> None:
    def seconds(paragraphs: int) -> float:
        data = "".join(f"Paragraph {n} of 蜜蜂 and bees.\n\n" for n in range(paragraphs)).encode()
        spent = []
        for _ in range(3):
            began = time.perf_counter()
            plain.read(data, Path("a.txt"))
            spent.append(time.perf_counter() - began)
        return min(spent)

    assert seconds(8_000) < 25 * seconds(1_000)  # the square would be 64 times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mERROR\x1b[0m disk \x1b[1;38;5;208mfull\x1b[m", "ERROR disk full"),
        ("\x1b]0;title\x07$ ls \x1b]8;;http://a.b\x1b\\name\x1b]8;;\x1b\\", "$ ls name"),
        ("\x9b1mbold\x9b0m \x1b(B\x1b[?25l\x1b[2K\x1b7x", "bold x"),
        ("^[[32mOK^[[0m and \\e[33mWARN\\033[0m", "OK and WARN"),
        ("[31mERROR[0m [1m in [/etc/x] [12]", "ERROR  in [/etc/x] [12]"),
        ("N\x08NA\x08AM\x08ME _\x08u", "NAME u"),
        ("an array[0m] of items", "an array[0m] of items"),
    ],
)
def test_what_a_terminal_carries_out_is_not_read(text: str, expected: str) -> None:
    assert reading(text, "a.log") == expected
    assert reading(text, "a.txt") == expected


def test_a_row_of_a_table_stays_one_line() -> None:
    table = 'name,said\nAnn,"one\ntwo ""quoted"",\r\nthree"\nBo,"x"\n5" pipe,6"\n'
    assert reading(table, "a.csv") == 'name,said\nAnn,"one two ""quoted"", three"\nBo,"x"\n5" pipe,6"\n'
