"""One page of a PDF as PDFium gives it: its text and the lines in it, in the order in which they are read."""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
import wcwidth

from desktop_kb.extract import page_order, page_states, pdf_extras
from desktop_kb.extract import pieces as of_page
from desktop_kb.extract.layout import BROKEN_HYPHEN, Box, Line
from desktop_kb.extract.own_marks import PageMark
from desktop_kb.extract.page_order import Row
from desktop_kb.extract.pieces import RIGHT_TO_LEFT, Piece, Word
from desktop_kb.records import Edit, PageState, SeenLine, pack_states

_BREAK: Final = re.compile(rf"\r\n|[\n\r{BROKEN_HYPHEN}]")
_WORD: Final = re.compile(r"\S+")
_RIGHT_TO_LEFT_WORD: Final = re.compile(f"{RIGHT_TO_LEFT.pattern}{{2,}}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MARK_DIGITS = 2  # digits of a footnote number

#: The piece `text[start:end]`; None where PDFium knows no place of it.
_Measure = Callable[[int, int], Piece | None]
_Place = Callable[[int], tuple[float, float, float, float] | None]


@dataclass(frozen=True, slots=True)
class RawPage:
    """The text of one page, its lines, and the edits inside them. `box` is its left,
    upper, right and lower edge, as `Line` counts; None if they are not known. `beside` are the values of its
    form fields and its comments, `files` is how many are attached to it. `size` is its width and height as it
    is shown, None if it cannot be; `seen` has the places of recognized lines. `marks` are its
    highlights and comments. `doubtful`: it is garbled, but some of
    its words may be right."""

    text: str
    lines: tuple[Line, ...] = ()
    edits: tuple[Edit, ...] = ()
    box: Box | None = None
    state: PageState = "text"
    beside: tuple[str, ...] = ()
    files: int = 0
    size: tuple[float, float] | None = None
    seen: tuple[SeenLine, ...] = ()
    marks: tuple[PageMark, ...] = ()
    doubtful: bool = False

    @property
    def is_read(self) -> bool:
        """It has text to be found."""
        return pack_states([self.state]) in "tr" or self.doubtful or bool(self.beside)


def read_page(document: Any, index: int) -> RawPage:
    """The page `index` (from 0) of PDFium's document."""
    form = document.formenv.raw if document.formenv else None
    try:
        page = document[index]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return RawPage("", state="none")  # a broken page loses only its own text
    try:
        # PDFium counts UTF-16 units; lone surrogates have no meaning and are replaced.
        paired = textpage.get_text_range(errors="surrogatepass")
        text = _SURROGATE.sub("\ufffd", paired)
        box = _box(page)
        place = _places(textpage, text)
        found = _laid_out(text, _measured(place, text), box, _ligatures(place, text)) or by_columns(text)
        state = page_states.state_of(page, text, found.lines, box)
        beside = pdf_extras.beside_text(page, textpage, form)
        if state == "blank" and beside.said:
            state = "text"
        read = replace(found, state=state, beside=beside.said, files=beside.files, marks=beside.marks)
        read = replace(read, size=page.get_size())
        if read.is_read and page_states.has_doubtful_layer(page, text, box):
            return replace(read, state="garbled", doubtful=True)
        return read
    finally:
        textpage.close()
        page.close()


def by_columns(text: str) -> RawPage:
    """Lines positioned by column and row, as in plain text, where the characters' positions are unknown."""
    lines = [
        Line(start, end, 0, 0, wcwidth.width(text[start:end]) / 2, row, row + 1, 1.0)
        for row, (start, end) in enumerate(_spans(text))
    ]
    state: PageState = "garbled" if page_states.is_garbled(text) else "text" if text.strip() else "none"
    return RawPage(text, tuple(lines), state=state)


def _ligatures(place: _Place, text: str) -> list[Edit]:
    """Edits that turn round what PDFium reads of a ligature in a line that runs to the left: it turns the letters of
    the line, and so those that one sign stands for (lam and alef), which all have the sign's box."""
    if not RIGHT_TO_LEFT.search(text):
        return []
    edits: list[Edit] = []
    for word in _RIGHT_TO_LEFT_WORD.finditer(text):
        boxes = [place(at) for at in range(*word.span())]
        for box, same in itertools.groupby(range(len(boxes)), key=boxes.__getitem__):
            letters = [word.start() + at for at in same]
            if box is not None and len(letters) > 1:
                start, end = letters[0], letters[-1] + 1
                edits.append(Edit(start, end, text[start:end][::-1]))
    return edits


def _laid_out(text: str, measure: _Measure, box: Box | None, within: Sequence[Edit]) -> RawPage | None:
    """The page's lines and edits, with those `within` words; None if most lines are not horizontal, and it is no
    vertical writing either."""
    found = [piece for span in _spans(text) if (piece := measure(*span))]
    rows = page_order.in_vertical_order(text, found)
    if rows is not None:
        box = None  # its lines are turned
    elif 2 * sum(map(_is_horizontal, found)) < len(found):
        return None
    doubled: list[Edit] = []
    if rows is None:
        found, doubled = of_page.without_doubles(text, found)
        found = of_page.without_line_numbers(text, of_page.without_readings(text, found))
        rows = page_order.in_reading_order(text, found)
    if rows is None:
        edits = [*within, *doubled, *of_page.solid_blanks(text, found)]
        return RawPage(text, tuple(of_page.line_of(text, piece) for piece in found), tuple(edits), box)
    return _rearranged(text, rows, box, [*within, *doubled])


def _rearranged(text: str, rows: Sequence[Row], box: Box | None, within: Sequence[Edit]) -> RawPage:
    """The page with its text in the order of the rows, and the edits `within` its pieces."""
    parts: list[str] = []
    lines: list[Line] = []
    edits: list[Edit] = []
    moved: list[Piece] = []
    at = 0
    before: Piece | None = None
    for row in rows:
        placed: list[Piece] = []
        for piece in row.pieces:
            if before is not None:
                parts.append(_between(text, before, piece))
                at += len(parts[-1])
            by = at - piece.start
            placed.append(piece.moved(by))
            edits += [
                Edit(e.start + by, e.end + by, e.text) for e in within if piece.start <= e.start < piece.end
            ]
            parts.append(text[piece.start : piece.end])
            at += len(parts[-1])
            before = piece
        edits += [
            Edit(a.end, b.start, said) for (a, b), said in zip(pairwise(placed), row.between, strict=True)
        ]
        moved += placed
        lines.append(_line_of(placed)._replace(prose=row.prose))
    arranged = "".join(parts)
    edits += of_page.solid_blanks(arranged, moved)
    return RawPage(arranged, tuple(lines), tuple(edits), box)


def _between(text: str, before: Piece, piece: Piece) -> str:
    """What stands between two pieces: what stood there if they were neighbours, else a line break."""
    stood = text[before.end : piece.start]
    if stood and not stood.strip(f"{BROKEN_HYPHEN} \r\n\t"):
        return stood
    return text[before.end] if text[before.end : before.end + 1] in (*BROKEN_HYPHEN,) else "\r\n"


def _line_of(pieces: Sequence[Piece]) -> Line:
    """The pieces of a row as one line; if there are several side by side, it is the row of a table."""
    first = of_page.line_of("", pieces[0])
    if len(pieces) == 1:
        return first
    others = [of_page.line_of("", piece) for piece in pieces]
    cells = any(b.left > a.right + a.size for a, b in pairwise(others))
    return first._replace(
        end=pieces[-1].end,
        left=min(line.left for line in others),
        right=max(line.right for line in others),
        top=min(line.top for line in others),
        bottom=max(line.bottom for line in others),
        gap=2 * first.size if cells else first.gap,
    )


def _is_horizontal(piece: Piece) -> bool:
    longest = piece.longest
    height = longest.bottom - longest.top
    return piece.right - piece.left >= 0.2 * height * (piece.end - piece.start)


def _box(page: Any) -> Box | None:
    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(box)):
        return None
    return box.left, -box.top, box.right, -box.bottom


def _places(textpage: Any, text: str) -> _Place:
    """A function that knows the left, right, upper and lower edge of each character that has a place."""
    units: list[int] | None = None
    if max(text, default="") > "\uffff":
        units, at = [], 0
        for c in text:
            units.append(at)
            at += 2 if c > "\uffff" else 1
    box = pdfium.FS_RECTF()
    # Looked up once: this is asked twice a word, and a quarter of the time of reading a page.
    handle, into = textpage.raw, ctypes.byref(box)
    index_of, box_of = pdfium.FPDFText_GetCharIndexFromTextIndex, pdfium.FPDFText_GetLooseCharBox
    # PDFium's characters are those of the text and some without text: none, if the last has the same number.
    alike = units is None and index_of(handle, len(text) - 1) == len(text) - 1

    def place(offset: int) -> tuple[float, float, float, float] | None:
        index = offset if alike else index_of(handle, units[offset] if units else offset)
        if index < 0 or not box_of(handle, index, into):
            return None
        return box.left, box.right, -box.top, -box.bottom

    return place


def _measured(place: _Place, text: str) -> _Measure:
    def raised(offsets: Iterable[int], top: float, bottom: float) -> int:
        digits = itertools.takewhile(lambda offset: text[offset].isdecimal(), offsets)
        boxes = (place(offset) for offset in itertools.islice(digits, _MARK_DIGITS))
        limit = bottom - 0.15 * (bottom - top)
        high = (box and box[3] < limit and box[3] - box[2] < 0.85 * (bottom - top) for box in boxes)
        return sum(1 for _ in itertools.takewhile(bool, high))

    def measure(start: int, end: int) -> Piece | None:
        words = []
        for word in _WORD.finditer(text, start, end):
            begin, stop = word.span()
            first = place(begin)
            last = place(stop - 1) if stop - begin > 1 else first
            if first and last:
                left = first[0] if first[0] < last[0] else last[0]
                right = first[1] if first[1] > last[1] else last[1]
                words.append(Word(begin, stop, left, right, first[2], first[3], last[3]))
        if not words:
            return None
        piece = Piece.of(start, end, words)
        if not (text[start].isdecimal() or text[end - 1].isdecimal()):
            return piece
        top, bottom = piece.longest.top, piece.longest.bottom
        marks = raised(range(start, end), top, bottom), raised(range(end - 1, start, -1), top, bottom)
        return piece._replace(raised=marks) if any(marks) else piece

    return measure


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
