"""PDF -> text, layout, metadata.

PDFium gives the text and the positions of its characters; the preview uses PDFium too, so an offset in
`text` is a place on the page it shows. pypdf gives title, outline and page labels, and opens files that
PDFium refuses. Either may fail: a file that one of them can read is read.

The pages of `text` are joined by a form feed, which belongs to no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from desktop_kb.errors import Problem
from desktop_kb.extract import headings, pdfinfo
from desktop_kb.extract.footnotes import sentences_before_notes
from desktop_kb.extract.furniture import furniture
from desktop_kb.extract.layout import (
    Line,
    between_scripts,
    compounds,
    flow,
    glue,
    invisible,
    join,
    merge_fragments,
    note_marks,
    settle,
)
from desktop_kb.extract.pdf_page import RawPage, by_columns, read_page
from desktop_kb.extract.toc import toc_lines
from desktop_kb.reading import read as read_text
from desktop_kb.records import Edit, Extracted, Layout, Page, pack_states

_NARROWEST = 13  # letter heights; the narrowest columns of newspapers
_PAGE_BREAK = "\f"
_DRAWN_PIXELS = 1600


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
            pages = [by_columns(text) for text in texts]
    if not pages:
        raise Problem("damaged")
    _refuse_unreadable(pages)
    return _assemble(pages, info)


def _refuse_unreadable(pages: Sequence[RawPage]) -> None:
    """Raise if no page has text that can be read."""
    if any(page.is_read for page in pages):
        return
    kinds = {page.state for page in pages}
    letters = pack_states(page.state for page in pages)
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


def _pdfium_pages(data: bytes, password: str | None) -> list[RawPage] | None:
    """The pages, or None if PDFium cannot open the file."""
    try:
        document = pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise Problem("wrong-password" if password else "locked") from error
        return None
    try:
        return [read_page(document, index) for index in range(len(document))]
    finally:
        document.close()


# --- pages -> document -----------------------------------------------------------------------


def _assemble(raws: Sequence[RawPage], info: pdfinfo.Info) -> Extracted:
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
        within += [Edit(edit.start + at, edit.end + at, edit.text) for edit in raw.edits]
        at += len(raw.text) + len(_PAGE_BREAK)
    dropped = furniture(text, placed, [raw.box for raw in raws])
    lines = [line for page in placed for line in page if line not in dropped]
    listed = toc_lines(text, lines, len(pages))
    lines = [line for line in lines if line not in listed]
    inner_edits = settle(within)

    def said(group: Sequence[Line]) -> str:
        spoken = ""
        for line in group:
            part = " ".join(read_text(text, inner_edits, line.start, line.end).split())
            spoken += (glue(spoken[-1:], part[:1]) if spoken else "") + part
        return "".join(c for c in spoken if c.isprintable())

    found = headings.outlined(text, pages, lines, info.outline) or headings.by_size(lines, text, said)
    hyphenated, mixed = compounds(text), between_scripts(text)
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
    title = info.title or headings.largest(lines, said)
    # `between` comes first because `settle` keeps the first of two equal ranges.
    edits = settle([*between, *within, *invisible(text)])
    edits = sentences_before_notes(text, lines, edits, lambda a, b: join(text, a, b, hyphenated, mixed))
    layout = Layout(tuple(pages), tuple(found), edits)
    return Extracted(text, title, layout, info.metadata, page_states=tuple(raw.state for raw in raws))
