"""The highlights and comments that a PDF page has of its own, and where in its text they stand."""

from __future__ import annotations

import colorsys
import ctypes
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from desktop_kb.anchoring import Letters, occurrences, solid
from desktop_kb.records import Colour, OwnMark

#: What marks words, with or without a comment.
MARKUP: Final = frozenset(
    (
        *(pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE),
        *(pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_STRIKEOUT),
    )
)
#: What says something at a place of the page.
_SAYS: Final = frozenset((pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, *MARKUP))
_LONGEST: Final = 2_000
_NEAR: Final = 12.0  # points
#: Of a document.
MOST: Final = 10_000
#: The hue, in degrees, up to which a colour is called so.
_HUES: Final[tuple[tuple[float, Colour], ...]] = (
    (30, "red"),
    (75, "yellow"),
    (165, "green"),
    (255, "blue"),
    (300, "purple"),
    (361, "red"),
)


class PageMark(NamedTuple):
    """A mark of a page: the words that it covers, what it says, its colour, and the character of PDFium's text at
    which it stands, -1 for none."""

    quote: str
    comment: str
    colour: Colour
    at: int


def page_mark(
    annotation: Any, kind: int, marked: str, comment: str, textpage: Any, box: Sequence[float]
) -> PageMark | None:
    """An annotation as a mark; None if it is none.

    Args:
        marked: the words that it covers.
        box: its left, bottom, right and top, in points.
    """
    if kind not in _SAYS or not (comment or (kind in MARKUP and marked)):
        return None
    left, bottom, right, top = box
    x, y = (left + 1, top - min(_NEAR, top - bottom) / 2) if kind in MARKUP else ((left + right) / 2, top)
    at = pdfium.FPDFText_GetCharIndexAtPos(textpage.raw, x, y, _NEAR, _NEAR)
    quote = marked if kind in MARKUP else ""
    return PageMark(quote[:_LONGEST], comment[:_LONGEST], _colour(annotation), at)


def placed(marks: Sequence[PageMark], text: str, begins: int) -> Iterator[OwnMark]:
    """The marks of a page with this text, which begins at `begins` of the document's."""
    letters = Letters(text)
    for mark in marks:
        start, end = _place(mark, letters, text)
        yield OwnMark(
            begins + start, begins + end, text[start:end].strip() or mark.quote, mark.comment, mark.colour
        )


def _place(mark: PageMark, letters: Letters, text: str) -> tuple[int, int]:
    """`[start, end)` of the words: of several places the one nearest to where the mark stands on the page."""
    near = min(max(0, mark.at), len(text))
    wanted = solid(mark.quote)
    if not wanted:
        return near, near
    places = (letters.place(at, at + len(wanted)) for at in occurrences(letters.all, wanted))
    return min(places, key=lambda place: abs(place[0] - near), default=(near, near))


def _colour(annotation: Any) -> Colour:
    parts = [ctypes.c_uint() for _ in range(4)]
    into = [ctypes.byref(part) for part in parts]
    # PDFium says it only where the file does not say how it looks; else what is drawn has it.
    known = pdfium.FPDFAnnot_GetColor(annotation, pdfium.FPDFANNOT_COLORTYPE_Color, *into)
    for number in range(0 if known else min(8, pdfium.FPDFAnnot_GetObjectCount(annotation))):
        drawn = pdfium.FPDFAnnot_GetObject(annotation, number)
        known = pdfium.FPDFPageObj_GetFillColor(drawn, *into)
        if known:
            break
    if not known:
        return "yellow"
    red, green, blue = (part.value / 255 for part in parts[:3])
    hue, _, _ = colorsys.rgb_to_hls(red, green, blue)
    return next(name for limit, name in _HUES if hue * 360 < limit)
