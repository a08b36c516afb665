from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract import markdown
from desktop_kb.reading import Reading, read
from desktop_kb.records import Extracted


def of(text: str) -> Extracted:
    return markdown.read(text.encode("utf-8"), Path("my note.md"))


def reading(text: str) -> str:
    found = of(text)
    return read(found.text, found.layout.edits).strip("\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# Head *one* ##", "Head one"),
        ("Head\n====", "Head"),
        ("**bold**, _it_, ***both***, ~~gone~~", "bold, it, both, gone"),
        ("snake_case and 2 * 3 * 4 and **open", "snake_case and 2 * 3 * 4 and **open"),
        ('a [link *x*](http://a.b/c "t (x) y") here', "a link x here"),
        ("[one][ref] and [ref] and [no]\n\n[ref]: http://x.y", "one and ref and [no]"),
        ("![a picture](x.png) behind", "a picture behind"),
        ("<http://a.b> and `co*d*e` and ``a`b``", "http://a.b and co*d*e and a`b"),
        (r"\*not\* &amp; &lt;b&gt;", "*not* & <b>"),
        (
            r"C:\Windows\System32, \\server\Public, \d{4}-\w+",
            r"C:\Windows\System32, \server\Public, \d{4}-\w+",
        ),
        (r"# D:\Logs and \# *$\frac{1}{2}$*", r"D:\Logs and # $\frac{1}{2}$"),
        ("| A | path |\n|---|---|\n| a\\|b | D:\\Logs\\x.log |", "A | path\na|b | D:\\Logs\\x.log"),
        (r"反斜杠\文件夹\，\ 空格 \é 和 \*星\*", r"反斜杠\文件夹\，\ 空格 \é 和 *星*"),
        (" ".join(f"\\{char}" for char in string.punctuation), " ".join(string.punctuation)),
        ("a row ends in \\\\\nnot in a break \\\\\\\nhere", "a row ends in \\\nnot in a break \\\nhere"),
        ("`in code\\\nit` stays; and at the very end\\", "in code\\\nit stays; and at the very end\\"),
        ("one\ntwo", "one\ntwo"),
        ("one  \ntwo\\\nthree", "one\ntwo\nthree"),
        ("中文**强调**\n继续，\nEnglish\nwords", "中文强调\n继续，\nEnglish\nwords"),
        ("> quoted\n> text\n\nplain", "quoted\ntext\n\nplain"),
        ("- item one\n  goes on\n- *two*", "- item one\ngoes on\n- two"),
        ("1. one\n2. two\n   2b", "1. one\n2. two\n2b"),
        ("| A | `b` |\n|---|:-:|\n| **c** | d |", "A | b\nc | d"),
        ("```py\n# no heading\nx = *y*\n```", "# no heading\nx = *y*"),
        ("a <b>tag</b> <!-- no --> end<br>line", "a tag  end\nline"),
        ("<!-- a\nb -->\n\ntext", "text"),
        ("<div class='x'>\ninside\n</div>", "inside"),
        ("a\n\n---\n\nb", "a\n\n\nb"),
        ("x ![](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA) y", "x  y"),
        ("see data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAAA end", "see  end"),
    ],
)
def test_marks_are_not_read(source: str, expected: str) -> None:
    assert reading(source) == expected
    assert reading(source.replace("\n", "\r\n")) == expected


def test_headings_stand_where_they_say() -> None:
    text = "# One\r\n\r\n```\r\n# no\r\n```\r\n\r\nTwo *x* 𝑥\r\n-----\r\n\r\n> ### Three #\r\n\r\n#no\r\n"
    found = of(text)
    shown = [(h.level, h.title, text[h.start : h.end]) for h in found.layout.headings]
    assert shown == [(1, "One", "One"), (2, "Two x 𝑥", "Two *x* 𝑥"), (3, "Three", "Three")]


@pytest.mark.parametrize(
    ("text", "title"),
    [("text\n\n## two\n\n# *one*\n", "one"), ("text", ""), ("---\ntitle: t\n---\n# h", "t")],
)
def test_the_title(text: str, title: str) -> None:
    assert of(text).title == title


_PIECES = st.sampled_from(
    [
        *("a", "b", "中文", "𝑥", "😀", "*", "**", "_", "`", "``", "[x](y)", "[x]", "![i](u)", "<b>", "</b>"),
        *("<!--", "-->", "\\*", "&amp;", "#", "##", "-", ">", "1.", "|", "---", "```", "~~", "==", "\t"),
        *("[r]: u", "data:a/b;base64,AAAAAAAAAAAAAAAAAAAAAAAA", "\n", "\n", "\n\n", " ", "  \n"),
        *(
            "\r\n",
            "\r",
            "    ",
            "\u2028",
            "\x0c",
            "[[",
            "]]",
            "[[a|b]]",
            "![[x#y]]",
            "$",
            "$$",
            "%%",
            "^id9",
            "#tag",
        ),
        *(
            "> [!note]- ",
            "key:: v",
            "id:: 1",
            "{{query x}}",
            "{{embed [[a]]}}",
            "((",
            "：",
            "“",
            "[^1]",
            "[^1]: n",
        ),
        *(
            ":LOGBOOK:",
            ":END:",
            "# Excalidraw Data",
            "## Text Elements",
            "title: t\n",
            "+++\n",
            "tags: [a]\n",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=40))
def test_whatever_is_written_offsets_are_those_of_the_file(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = of(text)
    assert found.text == text
    at = 0
    for edit in found.layout.edits:
        assert at <= edit.start < edit.end <= len(text)
        at = edit.end
    at = 0
    for heading in found.layout.headings:
        assert at <= heading.start < heading.end <= len(text)
        at = heading.end
    whole = Reading(text, found.layout.edits)
    inserted = " |\n&<>*"  # what edits put in
    for offset, character in enumerate(whole.text):
        assert character in inserted or text[whole.start(offset)] == character


_MARKED = st.sampled_from(
    [
        *(
            "{}",
            "**{}**",
            "*{}*",
            "_{}_",
            "~~{}~~",
            "=={}==",
            "`{}`",
            "[{}](u.v)",
            "![{}](u.v)",
            "[[{}]]",
            "#{}",
        ),
        *(
            "[[x|{}]]",
            "![[{}]]",
            "%%{}%%",
            "${}$",
            "“{}”",
            "**{}。**",
            "# {}",
            "> {}",
            "> [!note] {}",
            "- {}",
            "1. {}",
        ),
        *(
            "<b>{}</b>",
            "&lt;{}&gt;",
            "\\*{}\\*",
            "| {} | b |",
            "\\{}",
            "{} ^ab12",
            "{}[^1]",
            "[^1]: {}",
            "x:: {}",
            " (({}))",  # right after [^1] it is a link
        ),
    ]
)


@given(st.lists(st.tuples(_MARKED, st.sampled_from([" ", "\n", "\n\n", "，", ""])), min_size=1, max_size=12))
def test_a_reading_drops_nothing_but_markup(pieces: list[tuple[str, str]]) -> None:
    words = [f"w{chr(97 + n)}字" for n in range(len(pieces))]
    text = "Text\n\n" + "".join(
        mark.format(word) + after for word, (mark, after) in zip(words, pieces, strict=True)
    )
    shown = reading(text)
    assert [word for word in words if word not in shown] == []


def test_a_footnote_before_a_bracket_is_no_link() -> None:
    """It is one where the text has no such note, as CommonMark says."""
    assert reading("It rained[^1](see below).\n\n[^1]: All day.") == "It rained(see below).\n\nAll day."
    assert reading("It rained [^1](https://rain.example).") == "It rained ^1."


def test_lines_stay_lines_unless_they_are_full() -> None:
    wrapped = (
        "This paragraph was wrapped by hand at about seventy columns, as people\n"
        "have done since the days of the **teletype**, and *it* has a well-known com-\n"
        "pound in it, and ends here.\n"
    )
    joined = (
        "This paragraph was wrapped by hand at about seventy columns, as people have done since the days of "
        "the teletype, and it has a well-known compound in it, and ends here.\n"
    )
    verse = "床前的灯\n照着旧书\n窗外的雨\n下到天亮\n"
    keys = "电话：010-5555\n地址：槐树街9号\nHours: 9 to 5\nContact: Lena\n"
    listed = "- " + wrapped.replace("\n", "\n  ").rstrip() + "\n- second\n"
    text = "\n".join([wrapped, verse, keys, listed])
    assert reading(text) == "\n".join([joined, verse, keys, f"- {joined}- second"])
    quoted = "> " + wrapped.strip().replace("\n", "\n> ") + "\n\n" + verse
    assert reading(quoted) == joined + "\n" + verse.strip()


def test_chinese_wrapped_by_hand_is_joined() -> None:
    line = "这一段文字是在编辑器里按照固定的宽度手工折行的，每一行都写满了四十个汉字左右才换到"
    text = f"{line}\n{line}\n**下一行**继续。\n\n短句一。\n短句二。\n"
    assert reading(text) == f"{line}{line}下一行继续。\n\n短句一。\n短句二。"


def test_a_quote_in_a_quote() -> None:
    assert reading("> one\n>\n> > two\n> >> three\n\n- > four\n") == "one\n\ntwo\nthree\n\n- four"
