"""PDF -> text, layout, metadata.

PDFium gives the text and the positions of its characters; the preview uses PDFium too, so an offset in
`text` is a place on the page it shows. pypdf gives title, outline and page labels, and opens files that
PDFium refuses. Either may fail: a file that one of them can read is read.

The pages of `text` are joined by a form feed, which belongs to no page.
"""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
import wcwidth

from desktop_kb.errors import Problem
from desktop_kb.extract import headings, pdfinfo
from desktop_kb.extract.layout import (
    BROKEN_HYPHEN,
    Line,
    between_scripts,
    compounds,
    flow,
    furniture,
    invisible,
    merge_fragments,
    note_marks,
    settle,
)
from desktop_kb.extract.toc import toc_lines
from desktop_kb.records import Edit, Extracted, Layout, Page

_BREAK: Final = re.compile(rf"\r\n|[\n\r{BROKEN_HYPHEN}]")
_WORD: Final = re.compile(r"\S+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_NARROWEST = 13  # letter heights; the narrowest columns of newspapers
_PAGE_BREAK = "\f"
_DRAWN_PIXELS = 1600
_MARK_DIGITS = 2  # digits of a footnote number

#: left, right, top, bottom (growing downwards) and the widest blank of the line [start, end), and the
#: number of superscript digits at its start and end.
_Measure = Callable[[int, int], tuple[float, float, float, float, float, tuple[int, int]] | None]


@dataclass(frozen=True, slots=True)
class _Raw:
    """One page as PDFium or pypdf gives it: its text and the lines in it."""

    text: str
    lines: tuple[Line, ...]


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Read the PDF `data` from `path`.

    Raises:
        Problem: locked, wrong-password, damaged, no-text, garbled.
    """
    info = pdfinfo.read(data, password)
    pages = _pdfium_pages(data, password)
    if not any(page.text.strip() for page in pages or ()):
        texts = info.page_texts()
        if texts is not None and (pages is None or any(text.strip() for text in texts)):
            pages = [_by_columns(text) for text in texts]
    if not pages:
        raise Problem("damaged")
    _refuse_unreadable("".join(page.text for page in pages))
    return _assemble(pages, info)


def _refuse_unreadable(text: str) -> None:
    if not text.strip():
        raise Problem("no-text")
    letters = [c for c in text if not c.isspace()]
    # Letters of a font without a character map come out as private-use, replacement or control characters.
    odd = sum(c < " " or "\x7f" <= c < "\xa0" or "\ue000" <= c <= "\uf8ff" or c == "\ufffd" for c in letters)
    if odd > 0.3 * len(letters):
        raise Problem("garbled")


def draw(path: Path, pages: Sequence[int]) -> None:
    """Draw these pages (from 1; missing ones are skipped) as a preview would, and discard the pictures.

    Raises:
        pypdfium2.PdfiumError: the file or a page cannot be opened.
    """
    document = pypdfium2.PdfDocument(path)
    try:
        for number in pages:
            if 1 <= number <= len(document):
                page = document[number - 1]
                # Scaled to the size of a preview: a page may claim to be kilometres wide.
                page.render(scale=_DRAWN_PIXELS / max(1.0, *page.get_size())).close()
                page.close()
    finally:
        document.close()


# --- PDFium ----------------------------------------------------------------------------------


def _pdfium_pages(data: bytes, password: str | None) -> list[_Raw] | None:
    """The pages, or None if PDFium cannot open the file."""
    try:
        document = pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise Problem("wrong-password" if password else "locked") from error
        return None
    try:
        return [_pdfium_page(document, index) for index in range(len(document))]
    finally:
        document.close()


def _pdfium_page(document: Any, index: int) -> _Raw:
    try:
        page = document[index]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return _Raw("", ())  # a broken page loses only its own text
    try:
        # PDFium counts UTF-16 units; lone surrogates have no meaning and are replaced.
        paired = textpage.get_text_range(errors="surrogatepass")
        text = _SURROGATE.sub("\ufffd", paired)
        lines = _lines(text, _measured(textpage, text))
        return _Raw(text, lines) if lines is not None else _by_columns(text)
    finally:
        textpage.close()
        page.close()


def _measured(textpage: Any, text: str) -> _Measure:
    units = None
    if any(c > "\uffff" for c in text):
        units, at = [], 0
        for c in text:
            units.append(at)
            at += 2 if c > "\uffff" else 1
    box = pdfium.FS_RECTF()

    def place(offset: int) -> tuple[float, float, float, float] | None:
        index = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, units[offset] if units else offset)
        if index < 0 or not pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(box)):
            return None
        return box.left, box.right, -box.top, -box.bottom

    def raised(offsets: Iterable[int], top: float, bottom: float) -> int:
        digits = itertools.takewhile(lambda offset: text[offset].isdecimal(), offsets)
        boxes = (place(offset) for offset in itertools.islice(digits, _MARK_DIGITS))
        limit = bottom - 0.15 * (bottom - top)
        high = (box and box[3] < limit and box[3] - box[2] < 0.85 * (bottom - top) for box in boxes)
        return sum(1 for _ in itertools.takewhile(bool, high))

    def measure(start: int, end: int) -> tuple[float, float, float, float, float, tuple[int, int]] | None:
        words = []
        for word in _WORD.finditer(text, start, end):
            first, last = place(word.start()), place(word.end() - 1)
            if first and last:
                words.append((min(first[0], last[0]), max(first[1], last[1]), first[2], first[3]))
        if not words:
            return None
        left, right = min(w[0] for w in words), max(w[1] for w in words)
        gap = max((b[0] - a[1] for a, b in itertools.pairwise(words)), default=0.0)
        # The longest word has the line's own size; a superscript has not.
        longest = max(words, key=lambda w: w[1] - w[0])
        top, bottom = longest[2:]
        marks = raised(range(start, end), top, bottom), raised(range(end - 1, start, -1), top, bottom)
        return left, right, top, bottom, gap, marks

    return measure


def _lines(text: str, measure: _Measure) -> tuple[Line, ...] | None:
    """The lines of a page in reading order; None if most are not horizontal."""
    lines: list[Line] = []
    upright = 0
    for start, end in _spans(text):
        place = measure(start, end)
        if place is None:
            continue
        left, right, top, bottom, gap, raised = place
        if _RIGHT_TO_LEFT.search(text, start, end):
            left, right = -right, -left
        lines.append(Line(start, end, 0, left, right, top, bottom, max(bottom - top, 1.0), gap, raised))
        upright += right - left >= 0.2 * (bottom - top) * (end - start)
    return tuple(lines) if 2 * upright >= len(lines) else None


def _spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every line that is not blank, stripped."""
    spans, at = [], 0
    breaks = [(m.start(), m.end()) for m in _BREAK.finditer(text)] + [(len(text), len(text))]
    for end, following in breaks:
        raw = text[at:end]
        if body := raw.strip():
            start = at + len(raw) - len(raw.lstrip())
            spans.append((start, start + len(body)))
        at = following
    return spans


def _by_columns(text: str) -> _Raw:
    """Lines positioned by column and row, as in plain text, where the characters' positions are unknown."""
    lines = [
        Line(start, end, 0, 0, wcwidth.width(text[start:end]) / 2, row, row + 1, 1.0)
        for row, (start, end) in enumerate(_spans(text))
    ]
    return _Raw(text, tuple(lines))


# --- pages -> document -----------------------------------------------------------------------


def _assemble(raws: Sequence[_Raw], info: pdfinfo.Info) -> Extracted:
    text = _PAGE_BREAK.join(raw.text for raw in raws)
    pages: list[Page] = []
    placed: list[list[Line]] = []
    within: list[Edit] = []
    at = 0
    for number, raw in enumerate(raws):
        label = info.labels[number] if number < len(info.labels) else str(number + 1)
        pages.append(Page(at, at + len(raw.text), label))
        moved = [replace(line, start=line.start + at, end=line.end + at, page=number) for line in raw.lines]
        whole, inner = merge_fragments(text, moved)
        placed.append(whole)
        within += [*inner, *note_marks(text, moved)]
        at += len(raw.text) + len(_PAGE_BREAK)
    dropped = furniture(text, placed)
    lines = [line for page in placed for line in page if line not in dropped]
    listed = toc_lines(text, lines, len(pages))
    lines = [line for line in lines if line not in listed]
    found = headings.outlined(text, pages, lines, info.outline) or headings.by_size(text, lines)
    between = flow(
        text,
        lines,
        narrowest=_NARROWEST,
        hyphenated=compounds(text),
        mixed=between_scripts(text),
        heading_of=headings.members(lines, found),
    )
    if lines:
        between = [Edit(0, lines[0].start), *between, Edit(lines[-1].end, len(text))]
    title = info.title or headings.largest(text, lines)
    # `between` comes first because `settle` keeps the first of two equal ranges.
    layout = Layout(tuple(pages), tuple(found), settle([*between, *within, *invisible(text)]))
    return Extracted(text, title, layout, info.metadata)
