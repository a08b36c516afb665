"""Where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given
from texts import TEXTS, slow_start

from desktop_kb import language


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
