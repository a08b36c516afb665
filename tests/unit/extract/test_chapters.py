from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import plain
from desktop_kb.reading import read


def headings(text: str) -> list[tuple[int, str]]:
    found = plain.read(text.encode(), Path("book.txt"))
    for heading in found.layout.headings:
        assert " ".join(found.text[heading.start : heading.end].split()) == heading.title
    return [(h.level, h.title) for h in found.layout.headings]


PROSE = "　　渡口的石阶被江水磨得发亮。摆渡人每天清晨把船推到水里，再把缆绳系在桩上。\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"第一章 渡口\n{PROSE}\n第二章 大雨\n{PROSE}", [(1, "第一章 渡口"), (1, "第二章 大雨")]),
        (f"第一章\n\n{PROSE}\n\n第十二章　归来\n\n{PROSE}", [(1, "第一章"), (1, "第十二章 归来")]),
        (
            f"第一卷 春\n\n第1章 渡口\n{PROSE}\n第2章 船\n{PROSE}\n\n第二卷 秋\n\n第１０２章 雨\n{PROSE}",
            [(1, "第一卷 春"), (2, "第1章 渡口"), (2, "第2章 船"), (1, "第二卷 秋"), (2, "第１０２章 雨")],
        ),
        (
            f"楔子\n{PROSE}\n第一回 甄士隐梦幻识通灵 贾雨村风尘怀闺秀\n{PROSE}\n尾声\n{PROSE}",
            [(1, "楔子"), (1, "第一回 甄士隐梦幻识通灵 贾雨村风尘怀闺秀"), (1, "尾声")],
        ),
        (
            "Preface\n\nWords.\n\nChapter 1: The ferry\n\nWords follow.\n\nCHAPTER II.\n\nMore words.\n",
            [(1, "Preface"), (1, "Chapter 1: The ferry"), (1, "CHAPTER II.")],
        ),
        (
            "CHAPTER I.\nDown the Rabbit-Hole\n\nAlice began.\n\nCHAPTER II.\n\nThe Pool of Tears\n\nCuriouser.\n",
            [(1, "CHAPTER I. Down the Rabbit-Hole"), (1, "CHAPTER II. The Pool of Tears")],
        ),
        (
            "BOOK ONE\n\nText.\n\nChapter One\n\nText.\n\nPART TWO\n\nText.",
            [(1, "BOOK ONE"), (2, "Chapter One"), (1, "PART TWO")],
        ),
        ("BOOK ONE\n\nCHAPTER I\n\nThe ferry\n\nText.", [(1, "BOOK ONE"), (2, "CHAPTER I The ferry")]),
        ("【第一章】 起\n" + PROSE, [(1, "【第一章】 起")]),
    ],
)
def test_chapters_are_headings(text: str, expected: list[tuple[int, str]]) -> None:
    assert headings(text) == expected
    assert headings(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"他在第一章里说过，第二章讲的是船。\n第三章讲的是雨，所以要慢慢读。\n{PROSE}",
        "CONTENTS\n\nCHAPTER I. The ferry\nCHAPTER II. The rain\nCHAPTER III. The way back\n",
        "Chapter 7 of the law says that the ferry, which is old, must not carry more than nine people at once.\n",
        "We read on.\nChapter 2 was long and we all fell asleep over it, as it was late\nand the lamp was out.\n",
        "the introduction of the euro took long\n",
        "第一次见面\n" + PROSE,
    ],
)
def test_what_only_mentions_chapters_is_text(text: str) -> None:
    assert headings(text) == []


def test_a_contents_page_is_no_chapter_and_the_chapters_are() -> None:
    contents = "目录\n第一章 渡口\n第二章 大雨\n第三章 归来\n\n"
    text = contents + "".join(
        f"{name}\n{PROSE * 3}\n" for name in ("第一章 渡口", "第二章 大雨", "第三章 归来")
    )
    assert [title for _, title in headings(text)][-3:] == ["第一章 渡口", "第二章 大雨", "第三章 归来"]
    assert len(headings(text)) <= 4


def test_a_chapter_is_not_joined_with_its_text() -> None:
    line = "这一段文字是在编辑器里按照固定的宽度手工折行的，每一行都写满了四十个汉字左右才换到"
    found = plain.read(f"第一章 渡口\n{line}\n{line}\n下一行。\n".encode(), Path("book.txt"))
    assert read(found.text, found.layout.edits) == f"第一章 渡口\n{line}{line}下一行。\n"
