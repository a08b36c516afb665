"""What is selected between two points on the pages of a PDF: its areas, its text, and its place in the stored text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPolygonF
from PySide6.QtPdf import QPdfDocument, QPdfSelection

from desktop_kb.gui.preview.pdf_marks import Mark, find_letters, recognized_marks, seen_lines
from desktop_kb.gui.text import code_point_offset
from desktop_kb.records import Layout, Page, SeenLine

#: So many points below a line's upper edge its own letters are the nearest.
_INSIDE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Its areas, one for each page; its text; raw `[start, end)` of the document's text, None if that has it
    otherwise."""

    marks: tuple[Mark, ...] = ()
    text: str = ""
    span: tuple[int, int] | None = None


def between(
    document: QPdfDocument, text: str, layout: Layout, first: tuple[int, QPointF], last: tuple[int, QPointF]
) -> Selection:
    """What is between two points, each on its page (from 0) in PDF points from the upper left corner."""
    marks: list[Mark] = []
    texts: list[str] = []
    spans: list[tuple[int, int]] = []
    for number in range(first[0], last[0] + 1):
        size = document.pagePointSize(number)
        begin = first[1] if number == first[0] else QPointF(0, 0)
        finish = last[1] if number == last[0] else QPointF(size.width(), size.height())
        page = layout.pages[number] if number < len(layout.pages) else None
        if page is not None and page.recognized:
            span = _recognized(layout, page, size, begin, finish)
            if span is not None:
                polygons = recognized_marks(document, number, seen_lines(layout), *span)
                marks.append(Mark(number, tuple(polygons)))
                texts.append(text[slice(*span)])
                spans.append(span)
            continue
        selection = _selected(document, number, begin, finish)
        if selection is None:
            continue
        marks.append(Mark(number, tuple(QPolygonF(polygon) for polygon in selection.bounds())))
        texts.append(selection.text())
        if page is not None and (
            span := _stored(text[page.start : page.end], selection.text(), selection.startIndex())
        ):
            spans.append((page.start + span[0], page.start + span[1]))
    return Selection(tuple(marks), "\n".join(texts), (spans[0][0], spans[-1][1]) if spans else None)


def _selected(document: QPdfDocument, page: int, begin: QPointF, finish: QPointF) -> QPdfSelection | None:
    """The text of a page between two points. PDFium finds nothing where one lies beside the letters, in a margin say:
    what is meant is the nearest line, and above and below all lines the first and the last letter."""
    whole = document.getAllText(page)
    lines = [polygon.boundingRect() for polygon in whole.bounds()]
    if not lines:
        return None
    top, bottom = min(line.top() for line in lines), max(line.bottom() for line in lines)
    if begin.y() < top and finish.y() > bottom:
        return whole
    if begin.y() < top:
        begin = lines[0].topLeft()
    if finish.y() > bottom:
        finish = lines[-1].bottomRight()
    found = document.getSelection(page, _within(lines, begin), _within(lines, finish))
    return found if found.isValid() and found.text() else None


def _within(lines: list[QRectF], point: QPointF) -> QPointF:
    """The nearest point that is in a line of the nearest column: another one may have a line at that height."""

    def away(line: QRectF) -> tuple[float, float]:
        return (
            max(line.top() - point.y(), point.y() - line.bottom(), 0.0),
            max(line.left() - point.x(), point.x() - line.right(), 0.0),
        )

    near = min(lines, key=lambda line: math.hypot(*away(line)))
    column = [line for line in lines if line.left() <= near.right() and near.left() <= line.right()]
    line = min(column, key=away)
    inside = min(_INSIDE, line.height() / 4)  # at its edge another line may be as near
    return QPointF(
        max(line.left(), min(point.x(), line.right())),
        max(line.top() + inside, min(point.y(), line.bottom() - inside)),
    )


def _stored(page: str, selected: str, index: int) -> tuple[int, int] | None:
    """Where selected text stands in the stored text of its page; `index` is where PDFium has it."""
    start = code_point_offset(page, index)
    if page[start : start + len(selected)] == selected:
        return start, start + len(selected)
    found = find_letters(page, selected, start)
    return None if found is None else (code_point_offset(page, found[0]), code_point_offset(page, found[1]))


def _recognized(
    layout: Layout, page: Page, size: QSizeF, begin: QPointF, finish: QPointF
) -> tuple[int, int] | None:
    """The characters between two points of a picture, in the order in which its lines are read."""
    lines = [line for line in seen_lines(layout) if page.start <= line.start and line.end <= page.end]
    if not lines:
        return None
    start, end = sorted(_character(lines, point, size) for point in (begin, finish))
    return (start, end) if start < end else None


def _character(lines: list[SeenLine], point: QPointF, size: QSizeF) -> int:
    """The offset of the character nearest to a point."""
    x, y = point.x() / max(1.0, size.width()), point.y() / max(1.0, size.height())

    def away(line: SeenLine) -> tuple[float, float]:
        xs, ys = line.corners[::2], line.corners[1::2]
        return max(min(ys) - y, y - max(ys), 0.0), max(min(xs) - x, x - max(xs), 0.0)

    line = min(lines, key=away)
    ax, ay, bx, by = line.corners[:4]
    length = math.hypot(bx - ax, by - ay) or 1.0
    along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length**2
    return line.start + sum(middle < along for middle in line.places)
