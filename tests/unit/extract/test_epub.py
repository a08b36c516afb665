from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from packages import CONTAINER, zipped
from packages import epub as book

from desktop_kb.errors import Problem
from desktop_kb.extract import epub
from desktop_kb.records import Extracted

META = (
    "<dc:title>堆肥手册</dc:title><dc:creator>Ann</dc:creator><dc:creator>王伟</dc:creator><dc:language>zh</dc:language>"
    '<dc:date opf:event="modification">2024-01-01</dc:date><dc:date opf:event="publication">2023-10-08</dc:date>'
)


def chapter(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title/></head><body>{body}</body></html>"
    )


def of(*chapters: str, **more: object) -> Extracted:
    held = {f"a b{at}.xhtml": chapter(body) for at, body in enumerate(chapters)}
    return epub.read(book(held, meta=META, **more), Path("a.epub"))  # type: ignore[arg-type]


def headings(found: Extracted) -> list[tuple[int, str, str]]:
    return [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]


def test_chapters_in_the_order_of_the_spine() -> None:
    found = of("<h1>Two</h1><p>second</p>", "<h1>第一章</h1><p>first&nbsp;&hellip;<br/>line</p>", spine="10")
    assert found.text == "第一章\nfirst …\nline\nTwo\nsecond\n"
    assert headings(found) == [(1, "第一章", "第一章"), (1, "Two", "Two")]
    assert found.title == "堆肥手册"
    said = {"author": "Ann, 王伟", "date": "2023-10-08", "lang": "zh", "year": 2023}
    assert dict(found.metadata) == said


def test_a_chapter_without_a_heading_has_its_name_from_the_contents() -> None:
    entries = "".join(
        f'<navPoint><navLabel><text>{name}</text></navLabel><content src="a%20b{at}.xhtml#x"/></navPoint>'
        for at, name in enumerate(("One", "Two"))
    )
    ncx = f"application/x-dtbncx+xml|<ncx><navMap>{entries}</navMap></ncx>"
    found = of("<p>ONE</p><p>first</p>", "<p>second</p>", more={"toc.ncx": ncx})
    assert found.text == "ONE\nfirst\nTwo\nsecond\n"
    assert headings(found) == [(1, "One", "ONE"), (1, "Two", "Two")]
    assert of("<p>ONE</p>", more={"toc.ncx": "application/x-dtbncx+xml|"}).text == "ONE\n"
    nav = "nav|" + chapter("<nav><a href='a%20b0.xhtml'>Uno</a></nav>")
    assert [title for _, title, _ in headings(of("<p>first</p>", more={"nav.xhtml": nav}))] == ["Uno"]


def test_all_of_a_chapter_is_read() -> None:
    body = '<div class="sidebar"><a href="x">links</a></div><aside>note</aside>'
    body += '<p class="toc">kept</p><button>b</button>'
    assert of(body).text == "links\nnote\nkept\nb\n"


def test_a_chapter_that_is_no_xml() -> None:
    found = epub.read(book({"a.html": "<html><body><p>one<p>two & three<br></body></html>"}), Path("a.epub"))
    assert found.text == "one\ntwo & three\n"


def test_a_chapter_is_read_once_and_nothing_outside_the_book() -> None:
    chapters = {"../../../etc/passwd": "no", "file:///etc/passwd": "no", "c.xhtml": chapter("<p>fine</p>")}
    held = book(chapters, spine="0122222222")
    assert epub.read(held, Path("a.epub")).text == "fine\n"


def test_what_sellers_protect_is_said() -> None:
    data = book({"a.xhtml": chapter("<p>words</p>")})
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = {name: package.read(name) for name in package.namelist()}

    def locked(algorithm: str, name: str) -> bytes:
        said = (
            f'<encryption><EncryptedData><EncryptionMethod Algorithm="{algorithm}"/><CipherData>'
            f'<CipherReference URI="{name}"/></CipherData></EncryptedData></encryption>'
        )
        return zipped({**entries, "META-INF/encryption.xml": said})

    with pytest.raises(Problem, match="protected"):
        epub.read(locked("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OPS/a.xhtml"), Path("a.epub"))
    for algorithm, name in (("http://ns.adobe.com/pdf/enc#RC", "OPS/font.otf"), ("x", "OPS/font.otf")):
        assert epub.read(locked(algorithm, name), Path("a.epub")).text == "words\n"


def test_what_is_no_book() -> None:
    for data in (b"words", zipped({"META-INF/container.xml": CONTAINER})):
        with pytest.raises(Problem, match="damaged"):
            epub.read(data, Path("a.epub"))


def test_pictures_are_named_by_their_place_in_the_book() -> None:
    text = "<p>Before.</p><p><img src='a%20b0.xhtml'/><img src='https://example.org/a.png'/><img src='none.png'/></p>"
    found = of(text, "<p>Second.</p>")
    named = [(found.text[: one.start].strip(), one.kind, one.detail) for one in found.looks]
    assert [(kind, detail.rpartition("/")[2]) for _, kind, detail in named] == [
        ("figure", "a b0.xhtml"), ("image", "a.png"), ("image", "none.png"),
    ]  # fmt: skip
    assert named[0][0] == "Before."
