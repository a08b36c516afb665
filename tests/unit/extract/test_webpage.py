from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract import webpage
from desktop_kb.records import Extracted


def of(page: str, encoding: str = "utf-8") -> Extracted:
    return webpage.read(page.encode(encoding), Path("page.html"))


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one\n two<p>three", "one two\nthree"),
        ("a<b>b</b>c <i>d</i>, e", "abc d, e"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li><p>b</p></li></ul>c", "a\nb\nc"),
        ("<table><tr><td>a<td><p>b</p><p>c</p></tr><tr><th>d</table>", "a | b c\nd"),
        ("<pre>x\n  y</pre>z", "x\n  y\nz"),
        ("a<script>no()</script><style>no</style><!-- no --> b", "a b"),
        ("a<div hidden>no</div><p style='display: none'>no</p><p aria-hidden=true>no</p>b", "ab"),
        ("<nav>menu</nav><main>text</main>", "text"),
        (
            "x <img src='data:image/png;base64,AAAA' alt=no> data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAA y",
            "x y",
        ),
        ("&lt;b&gt; &nbsp; &#x1d465; soft&shy;ly", "<b> 𝑥 softly"),
        ("<?xml version='1.0' encoding='latin-1'?><p>字</p>", "字"),
    ],
)
def test_a_page_is_read_as_it_is_seen(page: str, text: str) -> None:
    assert of(page).text == text


def test_headings_title_and_metadata() -> None:
    found = of(
        "<html lang=zh><head><title> A &amp;\n B </title><meta name=Author content='C. D.'></head>"
        "<body><h1>One <em>x</em></h1>text<h3>\nThree</h3></body>"
    )
    assert found.title == "A & B"
    assert dict(found.metadata) == {"author": "C. D.", "lang": "zh"}
    shown = [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]
    assert shown == [(1, "One x", "One x"), (3, "Three", "Three")]


@pytest.mark.parametrize(("says", "is_in"), [("gb2312", "gb18030"), ("big5", "big5"), ("utf-8", "gb18030")])
def test_the_declared_encoding_is_heard_and_not_believed(says: str, is_in: str) -> None:
    page = f"<meta charset='{says}'><p>中文的內容在這裡，是不是可以看見。"
    assert of(page, is_in).text == "中文的內容在這裡，是不是可以看見。"


def test_a_page_nested_without_end_is_read() -> None:
    assert "deep" in of("<div>" * 200 + "deep").text


def test_a_page_laid_out_as_a_table_keeps_its_paragraphs() -> None:
    body = "".join(f"<p>paragraph {n}</p>" for n in range(50))
    assert of(f"<table><tr><td>{body}</td></tr></table>").text.count("\n") == 49


_TAGS = st.sampled_from(
    [
        *("<p>", "</p>", "<b>", "</b>", "<h1>", "</h1>", "<h2>", "</h2>", "<td>", "<tr>", "<table>"),
        *("</table>", "<li>", "<br>", "<pre>", "</pre>", "<script>", "</script>"),
    ]
)


@given(st.lists(_TAGS | st.text(alphabet="ab 中\n<>&;", max_size=4), max_size=30))
def test_whatever_is_written_headings_stand_in_the_text(pieces: list[str]) -> None:
    found = of("".join(pieces) or "x")
    at = 0
    for heading in found.layout.headings:
        assert at <= heading.start < heading.end <= len(found.text)
        assert " ".join(found.text[heading.start : heading.end].split()) == heading.title
        at = heading.end
