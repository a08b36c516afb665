"""HTML -> text and headings.

The text is what a visitor of the page reads once its scripts have run: one line for each block and each
table row, formulas as their TeX, without scripts, styles, menus and `data:` URIs. Web archives (MHTML) and
pages saved as one file (SingleFile) are read as the pages they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import lxml.html
from lxml import etree

from desktop_kb.extract.decoding import decode
from desktop_kb.extract.looks import Looks
from desktop_kb.extract.mhtml import Archive, files_of, unpack
from desktop_kb.extract.page_facts import facts
from desktop_kb.extract.parts import Part
from desktop_kb.extract.properties import LONGEST, MOST, hash_tags
from desktop_kb.extract.visible import Furniture, unfold, without_edit_link
from desktop_kb.extract.writer import CELL, UNSEEN
from desktop_kb.records import Extracted, Heading, Layout

DATA_URI: Final = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w=-]+)*,[\w+/=%.-]{20,}")
TAG: Final = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[!?/]?[A-Za-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.S | re.I
)
_CELL_PIECES = 40  # pieces of text; a cell with more belongs to a page laid out as a table
_LISTING: Final = "code"  # the element
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "button",
            "caption",
            "center",
            "dd",
            "details",
            "div",
        ),
        *(
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
        ),
        *(
            "header",
            "hr",
            "html",
            "legend",
            "li",
            "main",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tbody",
        ),
        *("tfoot", "thead", "tr", "ul"),
    }
)
_XML_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """What a visitor of the page reads.

    Raises:
        Problem: not-text.
    """
    archive = unpack(data) or Archive(data)
    source = archive.page if isinstance(archive.page, str) else decode(archive.page, html=True)
    root = parse(source)
    if root is None:  # the page has no element
        return Extracted("", "")
    tags = _memos(root)
    page = read_tree(root, archive.frames)
    first = next((h.title for h in page.headings if h.level == 1), "")
    title, values = facts(root, source, first)
    values = {**archive.values, **values}
    layout = Layout(headings=tuple(page.headings))
    return Extracted(
        page.text,
        title or archive.title,
        layout,
        values,
        tags,
        holds_files=archive.holds_files,
        looks=page.looks.sorted(),
    )


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files in a web archive."""
    return files_of(data)


def _memos(root: Any) -> tuple[str, ...]:
    """flomo's export is one page of many memos: each is headed by its time. Returns the tags in them."""
    tags: list[str] = []
    for memo in root.xpath("//div[@class='memo'][div[@class='time'] and div[@class='content']]"):
        memo.xpath("div[@class='time']")[0].tag = "h2"
        for content in memo.xpath("div[@class='content']"):
            tags += hash_tags(" ".join(content.itertext()))
    return tuple(dict.fromkeys(tags))[:MOST]


def parse(source: str) -> Any:
    """The tree of a page; None if it has no element."""
    source = _XML_DECLARATION.sub("", source).replace("\0", "")
    parser = lxml.html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    # As UTF-8 bytes: libxml2 refuses a string whose text declares another encoding.
    try:
        root = lxml.html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None
    for more in list(root.itersiblings("html")):  # what stands behind an end of the page that came too early
        root.extend(list(more))
    return root


def read_tree(root: Any, frames: Mapping[str, str] | None = None, *, whole: bool = False) -> Page:
    """The text of a tree; changes the tree.

    Args:
        frames: the pages that a web archive holds, by the address its frames have.
        whole: it is no page of a site, with menus and the like, but a text.
    """
    unfold(root, parse, frames or {})
    page = Page()
    page.read(root, Furniture(root, whole=whole))
    return page


class Page:
    """Writes the text of an element tree, one line for each block."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.headings: list[Heading] = []
        self.looks = Looks()
        self._length = 0
        self._blank = False  # a blank precedes the next word
        self._cells = 0  # cells of the current row so far
        self._in_cell = 0

    @property
    def text(self) -> str:
        return "".join(self.parts).rstrip("\n")

    def extracted(self) -> Extracted:
        """What was read, as a document without a name."""
        layout = Layout(headings=tuple(self.headings))
        return Extracted(self.text, "", layout, looks=self.looks.sorted())

    def read(self, root: Any, furniture: Furniture) -> None:
        """Append `root`. Not recursive, since a hostile page may be nested arbitrarily deep."""
        pre = main = 0
        opened: list[tuple[Any, int]] = []  # the current heading and where it starts
        skipped: Any = None
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                if not tag or furniture.is_left_out(element, tag, main > 0):
                    skipped = element
                    walk.skip_subtree()
                    continue
                main += furniture.is_main(element)
                pre += tag == "pre"
                if pre and tag == _LISTING and _follows_code(element):
                    self._line()
                self._open(tag)
                self.looks.begin(element, tag, self._length)
                if tag in ("td", "th"):
                    self._in_cell += 1 if self._in_cell else _is_cell(element)
                if tag in _HEADINGS and element.text:
                    element.text = without_edit_link(element.text)
                if tag in _HEADINGS and not opened:  # a heading inside another is part of it
                    opened.append((element, self._length))
                self._write(element.text, bool(pre))
                continue
            if element is not skipped:
                self.looks.end(element, tag, self._length)
                main -= furniture.is_main(element)
                pre -= tag == "pre"
                if opened and element is opened[0][0]:
                    self._close_heading(int(tag[1]), opened.pop()[1])
                if tag in ("td", "th"):
                    self._in_cell = max(0, self._in_cell - 1)
                if tag in _BLOCKS:
                    self._line()
            skipped = None
            if element is not root:
                self._write(element.tail, bool(pre))

    def _open(self, tag: str) -> None:
        if tag in _BLOCKS or tag == "br":
            self._line(force=tag == "br")
            self._cells = 0
        elif tag in ("td", "th"):
            self._cells += 1
            if self._cells > 1 and not self._at_line_start():
                self._append(CELL)
                self._blank = False

    def _write(self, text: str | None, verbatim: bool) -> None:
        if not text:
            return
        text = UNSEEN.sub("", text)
        if verbatim:
            self._append(text)
            return
        words = text.split()
        if text[:1].isspace() and not self._at_line_start():
            self._blank = True
        for number, word in enumerate(words):
            if (number or self._blank) and self.parts and not self.parts[-1][-1].isspace():
                self._append(" ")
            self._append(DATA_URI.sub("", word))
        if words:
            self._blank = text[-1:].isspace()

    def _line(self, force: bool = False) -> None:
        self._blank = bool(self._in_cell)  # a table row stays on one line: blocks in cells become blanks
        if not self._in_cell and (force or not self._at_line_start()):
            self._append("\n")

    def _append(self, text: str) -> None:
        if text:
            self.parts.append(text)
            self._length += len(text)

    def _at_line_start(self) -> bool:
        return not self.parts or self.parts[-1].endswith("\n")

    def _close_heading(self, level: int, start: int) -> None:
        written = self._since(start)
        title = " ".join(written.split())
        if title:
            lead = len(written) - len(written.lstrip())
            body = written.strip()
            self.headings.append(Heading(start + lead, start + lead + len(body), level, title[:LONGEST]))

    def _since(self, start: int) -> str:
        parts: list[str] = []
        at = self._length
        for part in reversed(self.parts):
            if at <= start:
                break
            parts.append(part)
            at -= len(part)
        return "".join(reversed(parts))


def _follows_code(element: Any) -> bool:
    """WeChat writes each line of a listing as a `code` of its own."""
    before = element.getprevious()
    return before is not None and before.tag == _LISTING and not (before.tail or "").strip()


def _is_cell(element: Any) -> bool:
    return len(list(islice(element.itertext(), _CELL_PIECES))) < _CELL_PIECES
