"""Documents are shown as a person expects them, and what is marked is exactly what was found."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextCharFormat
from pytestqt.qtbot import QtBot

from desktop_kb.extract import eml, markdown, rtf, webpage
from desktop_kb.formats import HTML, MARKDOWN, ODT, RTF, Format
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.preview.formulas import pieces
from desktop_kb.gui.preview.note_pictures import pictures_among
from desktop_kb.gui.preview.text_formats import QUOTED
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.reading import read
from desktop_kb.records import Extracted, Look

NOTE = """---
tags: x
---
# Kettle 𝑥 repairs

This paragraph was wrapped by hand at about seventy columns, so that its
lines go on and **bold words** with *italic ones* stand beside `code`.

A poem
in short lines

- first item
- second with $E = mc^2$
  - nested
    1. numbered
- [x] a done task

> A quote that says
> a few words.
>> And a deeper one.

> [!warning] Mind the steam
> Never open the lid.

```python
def boil(water):

    return "$hot$ > cold"
```

$$\\int_0^1 x dx$$

| Part | Price |
|---|---:|
| Lid | **3** |

See [[Other note]] and [web](https://example.org/a).

最后一段中文，手工折行的段落写得很长很长很长很长很长很长很长很长，
应该连接起来。
"""

PAGE = """<html><head><title>Kettles</title></head><body><main><h1>Kettle 𝑥 repairs</h1>
<p>This is a <b>bold</b> and <i>italic</i> paragraph with <code>code()</code> and <a href="https://example.org/x">a
link</a>, x<sup>2</sup> and H<sub>2</sub>O.
<a href="#there">Not a link</a> and <a href="javascript:alert(1)">no</a>.</p>
<ul><li>first item</li><li>second<ol start="3"><li>three</li><li>four <s>five</s></li></ol></li></ul>
<blockquote><p>A quote of words.</p><p>Its second paragraph.</p></blockquote>
<pre><code>def boil(water):

    return "hot"</code></pre>
<p>Before the picture.</p><p><img src="pic.png"><img src="https://example.org/far.png"><img src="../up.png"></p>
<table><tr><th>Part</th><th>Price</th></tr><tr><td>Lid</td><td>3</td></tr></table>
<h2>More</h2><p>Last paragraph, 中文 stands here.</p></main></body></html>
"""

LETTER = r"""{\rtf1\ansi\pard\outlinelevel0 Kettle \u-10187?\u-9189? repairs\par\pard\outlinelevel9 Some {\b bold 
words} and {\i italic ones}, x{\super 2}, {\field{\*\fldinst HYPERLINK "https://example.org/a"}{\fldrslt a link}}.\par
\pard\ls1{\listtext\'b7\tab}first item\line goes on\par\pard\ls1\ilvl1{\listtext 12.\tab}numbered one\par
\pard{\listtext 2024\tab}a year\par
\trowd\cellx1\cellx2\pard\intbl Part\cell {\b Price}\cell\row\pard\intbl Lid\cell 3\cell\row\pard Last words.\par}"""


@pytest.fixture
def preview(qtbot: QtBot) -> TextPreview:
    made = TextPreview()
    qtbot.addWidget(made)
    made.resize(640, 700)
    made.show()
    return made


def _shown(preview: TextPreview, found: Extracted, format: Format) -> None:
    preview.show_text(found.text, found.layout, format=format, looks=found.looks)


def _format(preview: TextPreview, words: str) -> QTextCharFormat:
    cursor = preview.document().find(words)
    assert cursor.selectedText() == words
    return cursor.charFormat()


def _block(preview: TextPreview, words: str) -> QTextBlock:
    return preview.document().find(words).block()


def _letters(text: str) -> str:
    """What of a text is compared: bullets, numbers and boxes of items may be shown otherwise."""
    text = re.sub(r"^\s*(?:[-*+•☐☑]|\d+[.)])\s+(?:\[[ xX]\]\s+)?", "", text, flags=re.MULTILINE)
    return "".join(c for c in text if c.isalnum())


def _meant(found: Extracted, start: int, end: int) -> str:
    """What is read of a note, its formulas as they are shown: what the span cuts of one is shown whole."""
    text, edits = found.text, found.layout.edits
    said, done = "", start
    for formula in re.finditer(r"(\$\$?)[^$\n]+\1", text):
        if "hot" in formula[0]:  # it is code
            continue
        for piece in pieces(formula[0]):
            begins, ends = formula.start() + piece.start, formula.start() + piece.end
            if begins < end and ends > start:
                said += read(text, edits, done, max(done, begins)) + piece.text
                done = min(end, ends)
    return said + read(text, edits, done, end)


def _note() -> Extracted:
    return markdown.read(NOTE.encode(), Path("a.md"))


def _page() -> Extracted:
    return webpage.read(PAGE.encode(), Path("a.html"))


def test_a_note_is_shown_as_it_is_meant(preview: TextPreview) -> None:
    _shown(preview, _note(), MARKDOWN)
    assert "columns, so that its lines go on" in _block(preview, "wrapped by hand").text()
    assert _block(preview, "A poem").text() == "A poem\u2028in short lines"
    assert _block(preview, "first item").text() == "• first item"
    margins = [
        _block(preview, words).blockFormat().leftMargin() for words in ("first item", "nested", "numbered")
    ]
    assert margins == sorted(set(margins))
    assert _block(preview, "numbered").text() == "1. numbered"
    assert _block(preview, "a done task").text() == "☑ a done task"
    assert _block(preview, "A quote").blockFormat().property(QUOTED) == "quote"
    assert _block(preview, "And a deeper").blockFormat().property(QUOTED) == "quote,quote"
    assert _block(preview, "Never open").blockFormat().property(QUOTED) == "warning"
    assert _format(preview, "Mind the steam").fontWeight() == QFont.Weight.Bold
    assert _format(preview, "bold words").fontWeight() == QFont.Weight.Bold
    fixed = theme.fixed_font().family()
    assert fixed in _format(preview, "$hot$ > cold").fontFamilies()
    assert _format(preview, "mc").fontItalic()
    assert _block(preview, "∫₀¹ x dx").text() == "∫₀¹ x dx"
    assert _format(preview, "Other note").anchorHref() == "page:Other note"
    assert "很长，应该连接" in preview.toPlainText()


def test_a_web_page_is_shown_as_it_is_meant(preview: TextPreview) -> None:
    _shown(preview, _page(), HTML)
    assert _format(preview, "bold").fontWeight() == QFont.Weight.Bold
    assert _format(preview, "italic").fontItalic()
    assert theme.fixed_font().family() in _format(preview, "code()").fontFamilies()
    assert _format(preview, "a link").anchorHref() == "https://example.org/x"
    assert not _format(preview, "Not a link").isAnchor()
    assert not _format(preview, "no.").isAnchor()
    text = preview.toPlainText()
    assert all(line in text for line in ("• first item", "• second", "3. three", "4. four five"))
    assert _format(preview, "five").fontStrikeOut()
    three, first = (_block(preview, words).blockFormat().leftMargin() for words in ("three", "first item"))
    assert three > first
    assert [_block(preview, w).blockFormat().property(QUOTED) for w in ("A quote", "Its second")] == [
        "quote"
    ] * 2
    assert theme.fixed_font().family() in _format(preview, "return").fontFamilies()
    assert "def boil(water):\n\n    return" in text


def test_an_office_text_is_shown_as_it_is_meant(preview: TextPreview) -> None:
    found = rtf.read(LETTER.encode(), Path("a.rtf"))
    _shown(preview, found, RTF)
    assert _format(preview, "bold words").fontWeight() == QFont.Weight.Bold
    assert _format(preview, "a link").anchorHref() == "https://example.org/a"
    assert _block(preview, "first item").text() == "· first item"
    assert _block(preview, "numbered one").text() == "12. numbered one"
    first, goes_on, deeper, last = (
        _block(preview, words).blockFormat()
        for words in ("first item", "goes on", "numbered one", "Last words")
    )
    assert last.leftMargin() == 0 < first.leftMargin() < deeper.leftMargin()
    assert first.textIndent() == -first.leftMargin()
    assert goes_on.leftMargin() > 0
    assert goes_on.textIndent() == 0


@pytest.mark.parametrize("kind", ["note", "page", "letter"])
def test_what_is_marked_is_what_was_found(preview: TextPreview, kind: str) -> None:
    """Spans of all lengths, held against their reading letter by letter."""
    found, format = {
        "note": (_note(), MARKDOWN),
        "page": (_page(), HTML),
        "letter": (rtf.read(LETTER.encode(), Path("a.rtf")), RTF),
    }[kind]
    text, edits = found.text, found.layout.edits
    words = [one.span() for one in re.finditer(r"[^\W\d]\w+", text)]
    dice = random.Random(3)
    for first in range(len(words)):
        start, end = words[first][0], words[min(first + dice.randrange(12), len(words) - 1)][1]
        preview.show_text(text, found.layout, (start, end), (start, end), format, looks=found.looks)
        expected = _meant(found, start, end) if kind == "note" else read(text, edits, start, end)
        assert _letters(preview.passage_text()) == _letters(expected)
        assert preview.best_text() == preview.passage_text()


def test_only_pictures_of_the_own_folder_are_shown(preview: TextPreview, tmp_path: Path) -> None:
    inside = tmp_path / "page"
    inside.mkdir()
    for place in (inside / "pic.png", tmp_path / "up.png"):
        Image.new("RGB", (60, 40), (200, 30, 30)).save(place)
    found = _page()
    assert [one.detail for one in found.looks if one.kind == "image"] == [
        "pic.png", "https://example.org/far.png", "../up.png",
    ]  # fmt: skip
    pictures = pictures_among(found.looks, inside, 0, 1_000)
    assert len(pictures) == 1
    preview.show_text(found.text, found.layout, format=HTML, pictures=pictures, looks=found.looks)
    blocks = preview.toPlainText().split("\n")
    at = next(number for number, line in enumerate(blocks) if "\ufffc" in line)
    assert "Before the picture" in blocks[at - 1]


def test_quotes_have_a_bar_and_code_a_ground(preview: TextPreview, qtbot: QtBot) -> None:
    _shown(preview, _page(), HTML)
    qtbot.wait(50)
    picture = preview.viewport().grab().toImage()
    layout = preview.document().documentLayout()
    margin = round(preview.document().documentMargin())
    quote = layout.blockBoundingRect(_block(preview, "A quote"))
    assert picture.pixelColor(margin + 1, round(quote.center().y())) == theme.current().muted
    code = layout.blockBoundingRect(_block(preview, "return"))
    assert picture.pixelColor(margin + 2, round(code.center().y())) == QColor(theme.current().background)


def test_mail_written_as_a_page_tells_its_looks() -> None:
    mail = (
        "From: a@example.org\nSubject: Kettles\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
        "<p>Some <b>bold</b> words.</p><ul><li>one</li></ul>"
    )
    found = eml.read(mail.encode(), Path("a.eml"))
    said = {(one.kind, found.text[one.start : one.end].strip()) for one in found.looks}
    assert {("bold", "bold"), ("item", "one")} <= said


def test_a_document_is_read_again_to_be_dressed_and_stays_plain_if_it_says_something_else(
    bridge: Bridge, tmp_path: Path
) -> None:
    file = tmp_path / "a.html"
    file.write_text(PAGE, encoding="utf-8")
    (report,) = bridge.kb.follow(bridge.kb.add([file]))
    assert report.status == "indexed"
    (document,) = bridge.kb.documents()
    text, _ = bridge.kb.text(document.document)
    looks = bridge.kb.looks(document.document, text)
    bold = next(one for one in looks if one.kind == "bold")
    assert text[bold.start : bold.end].strip() == "bold"
    file.write_text(PAGE.replace("paragraph", "sentence"), encoding="utf-8")
    assert bridge.kb.looks(document.document, text) == ()
    file.unlink()
    assert bridge.kb.looks(document.document, text) == ()


def test_looks_that_no_honest_reader_sends_are_refused() -> None:
    from desktop_kb.extract.extraction_client import _checked_looks
    from desktop_kb.frames import Message

    hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of 'hello'
    good = Message({"hash": hash, "looks": [[0, 2, "bold", ""]]}, ())
    assert _checked_looks(good, "hello") == (Look(0, 2, "bold"),)
    for look in ([0, 9, "bold", ""], [3, 2, "bold", ""], [0, 2, "evil", ""], [0, 2, "bold", 7]):
        with pytest.raises((ValueError, TypeError)):
            _checked_looks(Message({"hash": hash, "looks": [look]}, ()), "hello")


def test_a_book_is_read_again_once_for_all_its_hits(
    bridge: Bridge, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.html"
    file.write_text(PAGE, encoding="utf-8")
    list(bridge.kb.follow(bridge.kb.add([file])))
    (document,) = bridge.kb.documents()
    asked: list[str] = []
    looks = bridge.kb.looks

    def noted(id: str, text: str) -> tuple[Look, ...]:
        asked.append(id)
        return looks(id, text)

    monkeypatch.setattr(bridge.kb, "looks", noted)
    shown: list[Contents] = []
    bridge.load_contents(document, shown.append)
    qtbot.waitUntil(lambda: len(shown) == 1)
    bridge.load_contents(document, shown.append)
    qtbot.waitUntil(lambda: len(shown) == 2)
    assert shown[0].looks
    assert shown[0].looks is shown[1].looks
    assert asked == [document.document]


def test_only_the_first_line_of_a_callout_is_its_title(preview: TextPreview) -> None:
    note = "> [!note] Of lids\n>\n> Never open it.\n>\n> ```\n> code\n> ```\n> Nor shake it.\n"
    _shown(preview, markdown.read(note.encode(), Path("a.md")), MARKDOWN)
    assert _format(preview, "Of lids").fontWeight() == QFont.Weight.Bold
    for words in ("Never open it.", "Nor shake it."):
        assert _format(preview, words).fontWeight() == QFont.Weight.Normal


def test_pictures_in_an_office_file_are_shown_where_they_stand(
    bridge: Bridge, preview: TextPreview, tmp_path: Path, qtbot: QtBot
) -> None:
    held = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(held, "PNG")
    frame = '<d:frame><d:image l:href="Pictures/{}.png"/></d:frame>'
    body = f"<t:p>Before.{frame.format('a')}</t:p><t:p>After it.{frame.format('torn')}</t:p>"
    spaces = 'xmlns:o="o" xmlns:t="t" xmlns:d="d" xmlns:l="l"'
    content = f"<o:document-content {spaces}><o:body><o:text>{body}</o:text></o:body></o:document-content>"
    entries: dict[str, str | bytes] = {
        "content.xml": content,
        "Pictures/a.png": held.getvalue(),
        "Pictures/torn.png": b"\x89PNG",
    }
    with zipfile.ZipFile(tmp_path / "a.odt", "w") as package:
        for name, data in entries.items():
            package.writestr(name, data)
    list(bridge.kb.follow(bridge.kb.add([tmp_path / "a.odt"])))
    (document,) = bridge.kb.documents()
    shown: list[Contents] = []
    bridge.load_contents(document, shown.append)
    qtbot.waitUntil(lambda: len(shown) == 1)
    (one,) = shown[0].pictures
    assert one.image.pixelColor(5, 5) == QColor(200, 30, 30)
    preview.show_text(
        shown[0].text, shown[0].layout, format=ODT, pictures=shown[0].pictures, looks=shown[0].looks
    )
    blocks = preview.toPlainText().split("\n")
    assert [line.strip("\ufffc") for line in blocks] == ["Before.", "", "After it."]
