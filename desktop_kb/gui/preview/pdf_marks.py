"""Finds where a passage is on the pages of a PDF.

PDFium extracted the text and PDFium draws the page, so an offset in the document's text is normally an
offset in the page's text. Where the two texts differ, the passage's words are searched on the page; where they
stand there in another order (columns that were drawn row by row), each line's. Of a page whose text was read in
its picture the layout has the places of lines and characters.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPolygonF
from PySide6.QtPdf import QPdfDocument

from desktop_kb.gui.text import utf16_offset
from desktop_kb.records import Edit, Layout, SeenLine, unpack_seen

#: Passage and sentence are marked in turn; the 12,000 lines of a scan of 300 pages take .11 s of the window.
_seen: Final = lru_cache(maxsize=1)(unpack_seen)


@dataclass(frozen=True, slots=True)
class Mark:
    """The marked areas of one page (numbered from 0): polygons in points from the page's upper left corner."""

    page: int
    polygons: tuple[QPolygonF, ...]


def marks_of(document: QPdfDocument, text: str, layout: Layout, place: tuple[int, int]) -> tuple[Mark, ...]:
    """The marks for raw `[start, end)` of the document's text, one per page that it touches."""
    start, end = place
    marks = []
    for number, page in enumerate(layout.pages[: document.pageCount()]):
        first, last = max(start, page.start), min(end, page.end)
        if first >= last:
            continue
        polygons: list[QPolygonF] = []
        for begin, finish in read_parts(text, layout.edits, first, last):
            if page.recognized:
                polygons += recognized_marks(document, number, seen_lines(layout), begin, finish)
                continue
            within = text[page.start : page.end]
            polygons += _polygons(document, number, within, begin - page.start, finish - page.start)
        if polygons:
            marks.append(Mark(number, tuple(polygons)))
    return tuple(marks)


def seen_lines(layout: Layout) -> Sequence[SeenLine]:
    """Where the recognized lines of a document stand."""
    return _seen(layout.seen)


def recognized_marks(
    document: QPdfDocument, page: int, seen: Sequence[SeenLine], start: int, end: int
) -> Iterator[QPolygonF]:
    """Where `[start, end)` of the text stands in the picture of a page."""
    size = document.pagePointSize(page)
    for line in itertools.islice(seen, bisect_right(seen, start, key=lambda line: line.end), None):
        if line.start >= end:
            break
        corners = line.area(start, end)
        points = zip(corners[::2], corners[1::2], strict=True)
        yield QPolygonF([QPointF(x * size.width(), y * size.height()) for x, y in points])


def _polygons(document: QPdfDocument, page: int, text: str, start: int, end: int) -> list[QPolygonF]:
    wanted = text[start:end]
    start += len(wanted) - len(wanted.lstrip())
    end -= len(wanted) - len(wanted.rstrip())
    first, last = utf16_offset(text, start), utf16_offset(text, end)
    selection = document.getSelectionAtIndex(page, first, last - first)
    if _letters(selection.text()) == _letters(text[start:end]):
        return [QPolygonF(polygon) for polygon in selection.bounds()]
    drawn = document.getAllText(page).text()
    whole = find_letters(drawn, text[start:end], start)
    places = [whole] if whole else [find_letters(drawn, line) for line in text[start:end].splitlines()]
    return [
        QPolygonF(polygon)
        for place in places
        if place is not None
        for polygon in document.getSelectionAtIndex(page, place[0], place[1] - place[0]).bounds()
    ]


def read_parts(text: str, edits: Sequence[Edit], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of `[start, end)` that no edit removes: without a running header between two pages, say."""
    first = max(0, bisect_right(edits, start, key=lambda edit: edit.start) - 1)
    for edit in itertools.islice(edits, first, None):
        if edit.start >= end:
            break
        if edit.end > start and any(c.isalnum() for c in text[edit.start : edit.end]):
            if text[start : edit.start].strip():
                yield start, edit.start
            start = edit.end
    if text[start:end].strip():
        yield start, end


def find_letters(page: str, passage: str, near: int = 0) -> tuple[int, int] | None:
    """The span of `passage` in the text of a page, ignoring blanks and line ends: `[start, end)` in UTF-16
    units, or None. Of several it is the one that begins nearest to the character `near`."""
    places = [index for index, c in enumerate(page) if not c.isspace() and c.isprintable()]
    wanted, letters = _letters(passage), "".join(page[index] for index in places)
    found = [one.start() for one in re.finditer(f"(?={re.escape(wanted)})", letters)] if wanted else []
    if not found:
        return None
    at = min(found, key=lambda one: abs(places[one] - near))
    return utf16_offset(page, places[at]), utf16_offset(page, places[at + len(wanted) - 1] + 1)


def _letters(text: str) -> str:
    return "".join(c for c in text if not c.isspace() and c.isprintable())


def lines_of(boxes: Sequence[QRectF]) -> list[QRectF]:
    """Join the boxes of letters into lines: neighbours that overlap vertically and lie close together."""
    lines: list[QRectF] = []
    for box in boxes:
        last = lines[-1] if lines else QRectF()
        shared = min(last.bottom(), box.bottom()) - max(last.top(), box.top())
        height = max(last.height(), box.height())
        gap = max(box.left() - last.right(), last.left() - box.right())
        if lines and shared > 0.4 * min(last.height(), box.height()) and gap < 1.5 * height:
            lines[-1] = last | box
        else:
            lines.append(QRectF(box))
    return lines
