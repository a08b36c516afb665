"""PDF -> text, layout, metadata.

PDFium gives the text and the positions of its characters; the preview uses PDFium too, so an offset in
`text` is a place on the page it shows. pypdf gives title, outline and page labels, and opens files that
PDFium refuses. Either may fail: a file that one of them can read is read.

The pages of `text` are joined by a form feed, which belongs to no page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from desktop_kb.errors import Problem
from desktop_kb.extract import headings, pdfinfo
from desktop_kb.extract.footnotes import sentences_before_notes
from desktop_kb.extract.furniture import furniture
from desktop_kb.extract.layout import (
    Compounds,
    Line,
    between_scripts,
    flow,
    glue,
    invisible,
    join,
    merge_fragments,
    note_marks,
    settle,
)
from desktop_kb.extract.own_marks import MOST as MOST_MARKS
from desktop_kb.extract.own_marks import placed as placed_marks
from desktop_kb.extract.parts import Part, can_be_read, named
from desktop_kb.extract.pdf_extras import attached_files, files_of
from desktop_kb.extract.pdf_page import RawPage, by_columns, read_page
from desktop_kb.extract.recognized_page import MOST_PIXELS, Seen, recognized
from desktop_kb.extract.toc import toc_lines
from desktop_kb.extract.xfa import said_by_form
from desktop_kb.reading import read as read_text
from desktop_kb.records import (
    Edit,
    Extracted,
    Heading,
    Layout,
    Page,
    Picture,
    SeenLine,
    pack_seen,
    pack_states,
)

logging.getLogger("pypdfium2").setLevel(logging.CRITICAL)  # it warns of every form in XFA

_NARROWEST = 13  # letter heights; the narrowest columns of newspapers
_PAGE_BREAK = "\f"
_LINE_BREAK = "\r\n"
_DRAWN_PIXELS = 1600
_DOTS_PER_INCH = 200  # of pages that are recognized; with 300 nothing more is read
#: A page with no more characters may stand in for what PDFium does not show: 'Please wait', 'Open it in …'.
_STAND_IN = 1_000
#: Forms whose fields PDFium reads.
_FORMS: Final = (pdfium.FORMTYPE_ACRO_FORM, pdfium.FORMTYPE_XFA_FOREGROUND)


def read(
    data: bytes, path: Path, password: str | None = None, seen: Seen = MappingProxyType({})
) -> Extracted:
    """Read the PDF `data` from `path`; `seen` are the lines that were recognized on its pages.

    Raises:
        Problem: locked, wrong-password, damaged, no-text, garbled, portfolio.
    """
    pages, files, known = _pdfium_pages(data, password)
    info = pdfinfo.read(data, password, known)
    if not any(page.text.strip() or page.beside for page in pages or ()):
        texts = info.page_texts()
        if texts is not None and (pages is None or any(text.strip() for text in texts)):
            pages = [by_columns(text) for text in texts]
    if not pages:
        raise Problem("damaged")
    if len(pages) == 1 and len(pages[0].text) <= _STAND_IN:
        if info.form and (said := said_by_form(info.form)):
            pages = [by_columns("\n".join(said))]
        elif info.form:
            raise Problem("no-text", reason="form-away", states=pack_states(["none"]))
        elif info.is_portfolio and files:
            if not _holds_documents(data, path, password):
                raise Problem("portfolio", count=files)
            return Extracted("", info.title, metadata=info.metadata, holds_files=True)
    holds_files = files > 0 or any(page.files for page in pages)
    pages = [recognized(page, seen.get(number, ())) for number, page in enumerate(pages)]
    without_text = not any(page.is_read or page.state == "garbled" for page in pages)
    if not (without_text and holds_files and _holds_documents(data, path, password)):
        refuse_unreadable(pages, seen)
    return replace(assemble(pages, info), holds_files=holds_files)


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files attached to the PDF."""
    yield from files_of(pypdfium2.PdfDocument(data, password=password))


def _holds_documents(data: bytes, path: Path, password: str | None) -> bool:
    """A file attached to it can be read."""
    return any(can_be_read(*part) for part in named(parts(data, path, password)).items())


def refuse_unreadable(pages: Sequence[RawPage], seen: Seen) -> None:
    """Raise if no page has text that can be read. Lines were `seen` on a page without text if it is in a script
    that is not read."""
    if any(page.is_read for page in pages):
        return
    kinds = {page.state for page in pages}
    letters = pack_states(page.state for page in pages)
    if any(seen.values()):
        raise Problem("no-text", reason="unknown-script", states=letters)
    if "garbled" in kinds:
        raise Problem("garbled", states=letters)
    reason = "pictures" if "none" in kinds else "drawn-words" if "drawn" in kinds else "blank-pages"
    raise Problem("no-text", reason=reason, states=letters)


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


def picture(data: bytes, page: int, password: str | None = None) -> Picture:
    """A page, from 0, as grey pixels.

    Raises:
        Problem: locked, wrong-password, damaged.
    """
    document = _opened(data, password)
    if document is None or not 0 <= page < len(document):
        raise Problem("damaged")
    try:
        shown = document[page]
        width, height = shown.get_size()
        scale = min(_DOTS_PER_INCH / 72, MOST_PIXELS / max(1.0, width, height))
        drawn = shown.render(scale=scale, grayscale=True)
        rows = np.frombuffer(drawn.buffer, np.uint8).reshape(drawn.height, drawn.stride)
        return Picture(drawn.width, drawn.height, rows[:, : drawn.width].tobytes())
    except pypdfium2.PdfiumError as error:
        raise Problem("damaged") from error
    finally:
        document.close()


def _opened(data: bytes, password: str | None) -> pypdfium2.PdfDocument | None:
    """PDFium's document; None if it cannot open it."""
    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise Problem("wrong-password" if password else "locked") from error
        return None


def _pdfium_pages(data: bytes, password: str | None) -> tuple[list[RawPage] | None, int, pdfinfo.Info]:
    """The pages, None if PDFium cannot open the file; the number of files attached; labels and outline."""
    document = _opened(data, password)
    if document is None:
        return None, 0, pdfinfo.Info()
    try:
        if document.get_formtype() in _FORMS:
            document.init_forms()
        pages = [read_page(document, index) for index in range(len(document))]
        return pages, attached_files(document), pdfinfo.signposts(document)
    finally:
        document.close()


# --- pages -> document -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """The pages of the document's text: their lines, what stands beside their text, and the edits inside
    lines."""

    pages: tuple[Page, ...]
    lines: list[list[Line]]
    beside: list[Line]
    edits: list[Edit]
    seen: list[SeenLine]


def assemble(raws: Sequence[RawPage], info: pdfinfo.Info) -> Extracted:
    """The document that these pages make."""
    text = _PAGE_BREAK.join(_whole(raw) for raw in raws)
    placed = _placed(text, raws, info.labels)
    dropped = furniture(text, placed.lines, [raw.box for raw in raws])
    lines = [line for page in placed.lines for line in page if line not in dropped]
    listed = toc_lines(text, lines, len(raws))
    lines = [line for line in lines if line not in listed]
    said = _saying(text, placed.edits)
    found = headings.outlined(text, placed.pages, lines, info.outline) or headings.with_chapters(
        headings.by_size(lines, text, said), lines, text
    )
    title = info.title or headings.largest(lines, said)
    # What stands beside the text is neither furniture nor a heading.
    lines = sorted([*lines, *placed.beside], key=lambda line: line.start)
    edits = _edits(text, lines, found, placed.edits)
    layout = Layout(placed.pages, tuple(found), edits, pack_seen(placed.seen))
    marks = [
        mark
        for raw, page in zip(raws, placed.pages, strict=True)
        if raw.marks
        for mark in placed_marks(raw.marks, raw.text, page.start)
    ]
    states = tuple(raw.state for raw in raws)
    return Extracted(text, title, layout, info.metadata, page_states=states, marks=tuple(marks[:MOST_MARKS]))


def _placed(text: str, raws: Sequence[RawPage], labels: Sequence[str]) -> _Placed:
    pages: list[Page] = []
    lines: list[list[Line]] = []
    beside: list[Line] = []
    edits: list[Edit] = []
    seen: list[SeenLine] = []
    at = 0
    for number, raw in enumerate(raws):
        end = at + len(_whole(raw))
        label = labels[number] if number < len(labels) else str(number + 1)
        pages.append(Page(at, end, label, raw.state == "recognized"))
        moved = [line._replace(start=line.start + at, end=line.end + at, page=number) for line in raw.lines]
        whole, inner = merge_fragments(text, moved)
        lines.append(whole)
        edits += [*inner, *note_marks(text, moved)]
        edits += [Edit(edit.start + at, edit.end + at, edit.text) for edit in raw.edits]
        beside += _lines_beside(raw, at, number)
        seen += [line._replace(start=line.start + at, end=line.end + at) for line in raw.seen]
        at = end + len(_PAGE_BREAK)
    return _Placed(tuple(pages), lines, beside, edits, seen)


def _saying(text: str, within: Sequence[Edit]) -> headings.Said:
    """What lines say, read as one."""
    edits = settle(within)

    def said(lines: Sequence[Line]) -> str:
        whole = ""
        for line in lines:
            part = " ".join(read_text(text, edits, line.start, line.end).split())
            whole += (glue(whole[-1:], part[:1]) if whole else "") + part
        return "".join(c for c in whole if c.isprintable())

    return said


def _edits(
    text: str, lines: Sequence[Line], found: Sequence[Heading], within: Sequence[Edit]
) -> tuple[Edit, ...]:
    """The edits that make the text readable; `within` are those inside lines."""
    hyphenated, mixed = Compounds(text), between_scripts(text)
    between = flow(
        text,
        lines,
        narrowest=_NARROWEST,
        hyphenated=hyphenated,
        mixed=mixed,
        heading_of=headings.members(lines, found),
    )
    if lines:
        between = [Edit(0, lines[0].start), *between, Edit(lines[-1].end, len(text))]
    # `between` comes first because `settle` keeps the first of two equal ranges.
    edits = settle([*between, *within, *invisible(text)])
    return sentences_before_notes(text, lines, edits, lambda a, b: join(text, a, b, hyphenated, mixed))


def _whole(raw: RawPage) -> str:
    """The page's text, and behind it what stands beside it."""
    return _LINE_BREAK.join((raw.text, *raw.beside)) if raw.beside else raw.text


def _lines_beside(raw: RawPage, at: int, page: int) -> list[Line]:
    """What stands beside the text of a page that begins at `at`, a line each that is joined with none."""
    lines = []
    start = at + len(raw.text)
    bottom = max((line.bottom for line in raw.lines), default=0.0)
    for said in raw.beside:
        start += len(_LINE_BREAK)
        bottom += 100
        apart = 1e3  # wider than any blank: a row of its own
        lines.append(Line(start, start + len(said), page, 0, len(said), bottom - 1, bottom, 1.0, apart))
        start += len(said)
    return lines
