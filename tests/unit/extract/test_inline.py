from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import markdown
from desktop_kb.reading import read


def reading(text: str) -> str:
    found = markdown.read(text.encode(), Path("note.md"))
    return read(found.text, found.layout.edits).strip()


def tags(text: str) -> tuple[str, ...]:
    return markdown.read(text.encode(), Path("note.md")).tags


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**注意：**请先关机。", "注意：请先关机。"),
        ("使用**“引号”**强调，以及~~（删去）~~的字", "使用“引号”强调，以及（删去）的字"),
        ("这是*《书名》*的作者", "这是《书名》的作者"),
        ("**第一步。**然后**`code`**继续", "第一步。然后code继续"),
        ("これは**「強調」**です。**テスト。**です", "これは「強調」です。テスト。です"),
        ("请看**[链接](http://a.b)**的说明", "请看链接的说明"),
        ("한국어**(강조)**입니다", "한국어(강조)입니다"),
        ("文字***（粗斜）***后面", "文字（粗斜）后面"),
        ("价格 5 * 3 * 2 和 a_b_c 不变", "价格 5 * 3 * 2 和 a_b_c 不变"),
        ("**open and 2 ** 3, *.txt and *.md", "**open and 2 ** 3, *.txt and *.md"),
    ],
)
def test_emphasis_next_to_chinese(source: str, expected: str) -> None:
    assert reading(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "See [[Worm bin|the worm bin]] and [[Leaf mould#Ratio]].",
            "See the worm bin and Leaf mould > Ratio.",
        ),
        ("[[#Below]] and [[Note#A#B]] and [[Note#^ab12cd]]", "Below and Note > A > B and Note"),
        ("![[heap.png|300]] ![[heap.png|300x200]] ![[Other note]]", "heap.png heap.png Other note"),
        ("![[chart.svg|a chart of heat]]", "a chart of heat"),
        ("[[文件夹/笔记|那条笔记]]里写了", "那条笔记里写了"),
        ("| a |\n|---|\n| [[Page\\|shown]] |", "a\nshown"),
        ("**[[Bold link]]** and [a [[b]] c](http://x.y)", "Bold link and [a b c](http://x.y)"),
        (
            "a Map<String> and <T> and <your name>, a <b>tag</b>, <Tabs>x</Tabs>",
            "a Map<String> and <T> and <your name>, a tag, x",
        ),
        ("`[[code]]` and \\[[no]] and [[]] [[unclosed", "[[code]] and [[no]] and [[]] [[unclosed"),
        ("==sixty degrees== and **==both==**", "sixty degrees and both"),
        ("**注：**==高亮。==后面", "注：高亮。后面"),
        ("a == b, x==1 and y==2, ===", "a == b, x==1 and y==2, ==="),
        ("The pile. ^hot-phase", "The pile."),
        ("- one ^ab12cd\n- two", "- one \n- two"),
        ("glued ^ab12字", "glued ^ab12字"),
        ("2^10 and x ^ y and E ^2", "2^10 and x ^ y and E ^2"),
        ("a %%hidden thought%% b, 100%% sure", "a hidden thought b, 100%% sure"),
        ("Set $\\{a_1 * b_1\\}$ and $x_*$ *so*.", "Set $\\{a_1 * b_1\\}$ and $x_*$ so."),
        ("It costs $5 and *not* $6.", "It costs $5 and not $6."),
        ("$$\na_1 \\\\ b_1\n$$", "$$\na_1 \\\\ b_1\n$$"),
        ("# Set up {#set-up}", "Set up"),
        ("Said[^1] so [^note].\n\n[^1]: By *whom*\n[^note]: http://a.b", "Said so .\n\nBy whom\nhttp://a.b"),
        ("The class [^0-9] and [^\\s]", "The class [^0-9] and [^\\s]"),
        ("[Tom]: hello\n[注]: 说明文字", "[Tom]: hello\n[注]: 说明文字"),
    ],
)
def test_the_marks_of_note_apps_are_not_read(source: str, expected: str) -> None:
    assert reading(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("> [!warning]- No meat\n> It attracts rats.", "No meat\nIt attracts rats."),
        ("> [!NOTE]\n> Useful.", "NOTE\nUseful."),
        ("> [!tip|right] **Ti**tle\n> > [!todo]+ Inner\n> > text", "Title\nInner\ntext"),
        ("> [!信息] 标题\n> 正文", "标题\n正文"),
        ("::: tip 提示\n先关电源。\n:::", "提示\n先关电源。"),
        (":::warning\nHot.\n\nVery.\n:::", "warning\nHot.\n\nVery."),
        ("a ::: b and std::x", "a ::: b and std::x"),
        ("[!note] outside of a quote", "[!note] outside of a quote"),
        ("> [a] b\n> c", "[a] b\nc"),
    ],
)
def test_the_title_of_a_callout_is_a_line(source: str, expected: str) -> None:
    assert reading(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Within months. #composting #garden/kitchen-waste", ("composting", "garden/kitchen-waste")),
        ("- 读完再整理 #读书笔记/农业\n\n（#想法）#随笔", ("读书笔记/农业", "想法", "随笔")),
        (
            "#first\n#[[rye flour]] #a-b_c #a-b_c #2024/plan #🌱",
            ("first", "rye flour", "a-b_c", "2024/plan", "🌱"),
        ),
        ("#123 a#b #fff0 #00ff00 # #! C# [x](#anchor) `#code` \\#no <#x> https://a.b/#frag", ()),
        ("```\n#code\n```\n\n    #code\n\n# heading\n\n## Head #inhead", ("inhead",)),
        ("| a |\n|---|\n| #cell |\n\n> #quoted, and #end.", ("cell", "quoted", "end")),
        ("---\ntags: [a]\n---\n#b #a", ("a", "b")),
    ],
)
def test_tags_in_the_text_are_tags(source: str, expected: tuple[str, ...]) -> None:
    assert tags(source) == expected
    assert tags(source.replace("\n", "\r\n")) == expected


def test_a_tag_is_read_without_its_mark() -> None:
    assert reading("and #rats are #[[very hard]] work, #1") == "and rats are very hard work, #1"
