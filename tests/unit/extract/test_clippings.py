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
    ("line", "place"),
    [
        (
            "– Ваш выделенный отрывок на странице 6 | Место 53–55 | Добавлено: воскресенье, 3 марта 2024 г. в 18:48:36",
            "Ваш выделенный отрывок на странице 6 | Место 53–55",
        ),
        (
            "- Je markering op pagina 6 | locatie 36-40 | Toegevoegd op maandag 30 september 2019 18:00:39",
            "Je markering op pagina 6 | locatie 36-40",
        ),
        ("- 我的标注 位置100-102 | 已添加至 2013年4月2日 星期二 下午3:21:03", "我的标注 位置100-102"),
        (
            "- Your Highlight on page 607 | location 9399-9399",
            "Your Highlight on page 607 | location 9399-9399",
        ),
    ],
)
def test_a_kindle_in_any_language(line: str, place: str) -> None:
    text = f"The Ferry (Ann Baker)\n{line}\n\nThe steps are worn.\n==========\n"
    found = plain.read(text.encode(), Path("My Clippings.txt"))
    assert [h.title for h in found.layout.headings] == ["The Ferry (Ann Baker)", place]
    assert read(found.text, found.layout.edits).splitlines()[1].startswith(place)


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


def test_notes_of_several_books_of_weread() -> None:
    second = WEREAD.replace("渡口", "灯塔").replace("第一章 石阶", "第一章 雾").replace("林小满", "周远")
    found = plain.read(f"{WEREAD}\n{second}".encode(), Path("notes.txt"))
    assert [(h.level, h.title) for h in found.layout.headings] == [
        *((1, "渡口"), (2, "第一章 石阶"), (2, "第二章 大雨")),
        *((1, "灯塔"), (2, "第一章 雾"), (2, "第二章 大雨")),
    ]
    assert (found.title, dict(found.metadata)) == ("", {})
