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
        ("a row ends in \\\\\nnot in a break \\\\\\\nhere", "a row ends in \\ not in a break \\\nhere"),
        ("`in code\\\nit` stays; and at the very end\\", "in code\\ it stays; and at the very end\\"),
        ("one\ntwo", "one two"),
        ("one  \ntwo\\\nthree", "one\ntwo\nthree"),
        ("中文**强调**\n继续，\nEnglish\nwords", "中文强调继续，English words"),
        ("> quoted\n> text\n\nplain", "quoted text\n\nplain"),
        ("- item one\n  goes on\n- *two*", "- item one goes on\n- two"),
        ("1. one\n2. two\n   2b", "1. one\n2. two 2b"),
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


def test_front_matter_is_metadata_and_not_text() -> None:
    found = of(
        "---\nTitle: A --- B\ntags: [x, '#y', x]\nYear: 2022\nwhen: 2023-05-04\nat: 2023-05-04 10:00:00\n"
        "on: true\nsize: 1.5\nquoted: '2022'\nnested: {a: 1, b: [1, two]}\nnothing:\nhuge: 99999999999999999999\n"
        "---\nBody"
    )
    assert read(found.text, found.layout.edits) == "Body"
    assert (found.title, found.tags) == ("A --- B", ("x", "y"))
    assert dict(found.metadata) == {
        "year": 2022,
        "when": "2023-05-04",
        "at": "2023-05-04",
        "true": "true",  # YAML 1.1 reads 'on' as true
        "size": "1.5",
        "quoted": "2022",
        "nested.a": 1,
        "nested.b": "1, two",
        "huge": "99999999999999999999",
    }


@pytest.mark.parametrize("head", ["---\na: [\n---\n", "---\njust text\n---\n", "---\nno end\n"])
def test_what_is_no_front_matter_is_text(head: str) -> None:
    found = of(head + "Body")
    assert not found.metadata
    assert "Body" in read(found.text, found.layout.edits)


def test_an_alias_that_holds_itself_ends() -> None:
    found = of("---\na: &a\n  b: 1\n  c: *a\n---\nBody")
    assert found.metadata["a.b"] == 1


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
        *("\r\n", "\r", "    ", "\u2028", "\x0c"),
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
    inserted = " |\n&<>*"
    for offset, character in enumerate(whole.text):
        assert character in inserted or text[whole.start(offset)] == character
