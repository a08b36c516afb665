from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import plain
from desktop_kb.reading import read

KINDLE = """\ufeffThe Ferry (Ann Baker)
- Your Highlight on page 12 | Location 123-125 | Added on Sunday, October 8, 2023 10:11:12 AM

The steps at the landing are worn.
==========
渡口 (林小满)
- 您在位置 #123-125的标注 | 添加于 2023年10月8日星期日 上午10:11:12

石阶被江水磨得发亮。
==========
The Ferry (Ann Baker)
- Your Note on Location 130 | Added on Monday, October 9, 2023 8:00:00 AM

Ask about the rope.
==========
Die Fähre (Jo Kern)
- Ihre Markierung auf Seite 7 | Position 99-101 | Hinzugefügt am Montag, 9. Oktober 2023 08:00:00


==========
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_each_clipping_of_a_kindle_has_its_book_and_place(newline: str) -> None:
    found = plain.read(KINDLE.replace("\n", newline).encode(), Path("My Clippings.txt"))
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "The Ferry (Ann Baker)"),
        (2, "Your Highlight on page 12 | Location 123-125"),
        (1, "渡口 (林小满)"),
        (2, "您在位置 #123-125的标注"),
        (1, "The Ferry (Ann Baker)"),
        (2, "Your Note on Location 130"),
        (1, "Die Fähre (Jo Kern)"),
        (2, "Ihre Markierung auf Seite 7 | Position 99-101"),
    ]
    shown = read(found.text, found.layout.edits)
    assert "=====" not in shown
    assert "The steps at the landing are worn." in shown
    assert "Added on Sunday" in shown


@pytest.mark.parametrize(
    "text",
    [
        "Title\n==========\n\n- item 1\n- item 2\n",
        "a\n- b | 2\n\nc\n==========\nd\n==========\ne\n==========\n",
    ],
)
def test_a_ruled_text_is_no_clipping(text: str) -> None:
    assert plain.read(text.encode(), Path("a.txt")).layout.headings == ()


WEREAD = """《渡口》

林小满
3个笔记

第一章 石阶

◆ 石阶被江水磨得发亮。

◆ 2023/10/08发表想法

江水真的能磨石头吗
原文：石阶被江水磨得发亮。

第二章 大雨

◆ 摆渡人把缆绳系在桩上。

-- 来自微信读书
"""


@pytest.mark.parametrize(
    "text", [WEREAD, WEREAD.replace("\n", "\r\n"), WEREAD.replace("-- 来自微信读书\n", "")]
)
def test_notes_of_weread(text: str) -> None:
    found = plain.read(text.encode(), Path("notes.txt"))
    assert (found.title, dict(found.metadata)) == ("渡口", {"author": "林小满"})
    assert [(h.level, h.title) for h in found.layout.headings] == [
        *((1, "渡口"), (2, "第一章 石阶"), (2, "第二章 大雨")),
    ]
    shown = read(found.text, found.layout.edits)
    assert "◆" not in shown
    assert "来自微信读书" not in shown
    assert "江水真的能磨石头吗" in shown


def test_a_book_of_weread_without_notes() -> None:
    assert plain.read("《渡口》\n0个笔记".encode(), Path("a.txt")).title == "渡口"
    assert plain.read("-- 来自微信读书".encode(), Path("a.txt")).layout.headings == ()


def test_notes_of_weread_with_marked_chapters() -> None:
    text = WEREAD.replace("◆ ", ">> ").replace("第一章", "◆ 第一章").replace("第二章", "◆ 第二章")
    found = plain.read(text.encode(), Path("notes.txt"))
    assert [h.title for h in found.layout.headings] == ["渡口", "第一章 石阶", "第二章 大雨"]
    assert ">>" not in read(found.text, found.layout.edits)
