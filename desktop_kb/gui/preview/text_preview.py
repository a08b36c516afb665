"""Shows the cleaned text of a document as a page, with one passage marked.

The page is made from the cleaned text itself, not by a renderer of Markdown or HTML. So each character on
it has a known offset in the file, and the mark covers exactly the passage that was found. Of a long
document, only a window around the passage is laid out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop_kb.formats import TEXT, Format
from desktop_kb.gui import theme
from desktop_kb.gui.loaded import REACH
from desktop_kb.gui.preview.markdown_spans import Look, spans
from desktop_kb.gui.preview.note_pictures import IMAGE_WIDTH, Picture, fitted
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.preview.table_rows import cells, tables
from desktop_kb.gui.preview.text_formats import (
    BODY,
    block_format,
    char_format,
    label_formats,
    look_format,
    table_format,
)
from desktop_kb.gui.preview.text_marks import passage_path
from desktop_kb.gui.text import utf16_offset
from desktop_kb.gui.translation import tr
from desktop_kb.kb import Reading
from desktop_kb.records import Layout

#: Characters that Qt treats as line ends, block ends or objects. Each is replaced by one blank.
_CONTROL: Final = {ord(c): " " for c in "\0\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u2028\u2029\ufdd0\ufdd1\ufffc"}


#: The bullet or number of a list item and the blanks around it; continuation lines are indented by it.
_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")


class TextPreview(SafeBrowser):
    """Shows the cleaned text of a document; the passage has a light background, the best sentence a yellow one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading = Reading("", ())
        self._layout = Layout()
        self._markdown = self._rows = False
        self._page_name = ""
        self._near = (0, 0)  # the passage in the file
        self._looks: list[tuple[int, int, Look]] = []
        self._pictures: list[Picture] = []
        self._first = 0  # `[first, last)`: the part of the file that is laid out
        self._last = 0
        self._blocks: list[
            tuple[int, int, int]
        ] = []  # start and end in the cleaned text, position in the QTextDocument
        self._passage: tuple[int, int] | None = None
        self._best: tuple[int, int] | None = None
        self._zoom = 1.0
        self._follow = True  # keep the passage in place when the width changes
        self.setViewportMargins(0, 0, 0, 0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().actionTriggered.connect(self._leave)

    def show_text(
        self,
        text: str,
        layout: Layout,
        passage: tuple[int, int] | None = None,
        best: tuple[int, int] | None = None,
        format: Format = TEXT,
        pictures: Sequence[Picture] = (),
    ) -> None:
        """Show `text` cleaned, and scroll to `passage`; `passage` and `best` are raw `[start, end)`.

        Args:
            format: that of the document: whether words between Markdown marks are formatted, rows are tables, and
                what a page is called.
            pictures: shown after the paragraphs that they belong to; in text order.
        """
        start, end = passage or (0, 0)
        self._first = _line_start(text, max(0, start - REACH))
        self._last = min(len(text), end + REACH)
        self._reading = Reading(text, layout.edits, self._first, self._last)
        self._layout = layout
        self._markdown, self._rows = format.preview == "marked", format.rows
        self._page_name = "" if format.preview == "pages" else format.page
        self._near = (start, end)
        self._looks = list(spans(text, layout.edits, self._first, self._last)) if self._markdown else []
        self._pictures = [p for p in pictures if self._first <= p.place <= self._last]
        self._passage = self._best = None
        self._fill()
        self._passage = self._span(passage) if passage else None
        self._best = self._span(best) if best else None
        self._follow = True
        self.reveal()

    def passage_text(self) -> str:
        """The text of the marked passage, as shown on the page; block ends are newlines."""
        return self._between(self._passage)

    def best_text(self) -> str:
        """The text of the marked best sentence."""
        return self._between(self._best)

    def zoom(self, steps: int) -> None:
        """Make the letters larger or smaller by `steps`; 0 resets the size."""
        self._zoom = 1.0 if steps == 0 else min(3.0, max(0.6, self._zoom * 1.1**steps))
        self._fill()
        self._follow = True
        self.reveal()

    def reveal(self) -> None:
        """Scroll so that the best sentence is in the upper third of the view."""
        span = self._best or self._passage
        if span is None:
            self.verticalScrollBar().setValue(0)
            return
        top = min((rect.top() for rect in self._lines(*span)), default=0.0)
        self.verticalScrollBar().setValue(round(top - 0.28 * self.viewport().height()))

    # --- the page

    def _fill(self) -> None:
        """Lay out the cleaned text paragraph by paragraph, and record where each begins."""
        document = QTextDocument(self)
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(round(34 * theme.scale()))
        document.setDefaultFont(theme.font(BODY * self._zoom, serif=True))
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        levels, labels = self._headings(), self._labels()
        pictures = [(self._reading.offset(p.place), p.image) for p in reversed(self._pictures)]
        lines = self._reading.text.split("\n")
        found = self._tables(lines, [place for place, _ in labels]) if self._rows else {}
        self._blocks = []
        at = number = 0
        while number < len(lines):
            while labels and labels[-1][0] <= at:
                self._insert_label(cursor, labels.pop()[1])
            count = found.get(number, 1)
            if number in found:
                self._insert_table(cursor, lines[number : number + count], at, levels)
            elif lines[number].strip():
                self._insert_line(cursor, lines[number], at, levels.get(at))
            at += sum(len(line) + 1 for line in lines[number : number + count])
            number += count
            while pictures and pictures[-1][0] < at:
                self._insert_picture(cursor, pictures.pop()[1])
        self._dress(cursor)
        cursor.endEditBlock()
        self.setDocument(document)  # Qt deletes the previous document, because the widget owns it

    def _insert_line(self, cursor: QTextCursor, line: str, at: int, level: int | None) -> None:
        """Insert a paragraph or a heading, which begins at `at` of the cleaned text."""
        _begin_block(cursor)
        letters = char_format(level, self._zoom, theme.current().ink)
        block = block_format(level, letters.font(), not self._blocks)
        if self._markdown and (item := _ITEM.match(line)):
            hang = QFontMetricsF(letters.font()).horizontalAdvance(item[0])
            block.setLeftMargin(hang)
            block.setTextIndent(-hang)
            block.setBottomMargin(4 * theme.scale())
        cursor.setBlockFormat(block)
        cursor.setCharFormat(letters)
        self._blocks.append((at, at + len(line), cursor.position()))
        cursor.insertText(line.translate(_CONTROL))

    def _insert_table(
        self, cursor: QTextCursor, lines: Sequence[str], at: int, levels: dict[int, int]
    ) -> None:
        """Insert the rows of a table; what names its columns is bold."""
        rows = [cells(line) for line in lines]
        table = cursor.insertTable(len(rows), max(map(len, rows)), table_format())
        for place, (line, row) in enumerate(zip(lines, rows, strict=True)):
            letters = char_format(None, self._zoom * 0.9, theme.current().ink)
            letters.setFontWeight(QFont.Weight.Bold if at in levels else QFont.Weight.Normal)
            for column, (start, end) in enumerate(row):
                cell = table.cellAt(place, column).firstCursorPosition()
                if line[start:end].strip():
                    self._blocks.append((at + start, at + end, cell.position()))
                    cell.insertText(line[start:end].translate(_CONTROL), letters)
            at += len(line) + 1
        cursor.movePosition(QTextCursor.MoveOperation.End)

    def _insert_label(self, cursor: QTextCursor, label: str) -> None:
        """Insert the name of a page as a line of its own, which no offset of the text maps to."""
        _begin_block(cursor)
        block, letters = label_formats(self._zoom)
        cursor.setBlockFormat(block)
        cursor.insertText(label.translate(_CONTROL), letters)

    def _insert_picture(self, cursor: QTextCursor, image: QImage) -> None:
        """Insert a picture as a paragraph of its own, which no offset of the text maps to."""
        _begin_block(cursor)
        block = QTextBlockFormat()
        block.setBottomMargin(12 * theme.scale())
        cursor.setBlockFormat(block)
        cursor.insertImage(fitted(image, round(IMAGE_WIDTH * theme.scale() * self._zoom)))

    def _dress(self, cursor: QTextCursor) -> None:
        """Format the words between Markdown marks; headings keep their own format."""
        for start, end, look in self._looks:
            span = self._span((start, end))
            if span is not None and not cursor.document().findBlock(span[0]).blockFormat().headingLevel():
                cursor.setPosition(span[0])
                cursor.setPosition(span[1], QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(look_format(look))

    def _headings(self) -> dict[int, int]:
        """The level of each heading, by the offset in the cleaned text where its paragraph begins."""
        levels = {}
        for heading in self._layout.headings:
            if self._first <= heading.start < self._last:
                place = self._reading.offset(heading.start)
                begins = self._reading.text.rfind("\n", 0, place) + 1
                levels[begins] = heading.level
        return levels

    def _labels(self) -> list[tuple[int, str]]:
        """The names of the pages that hold text, the last first, with where they begin in the cleaned text."""
        pages = self._layout.pages if self._page_name else ()
        return [
            (self._reading.offset(page.start), tr(self._page_name, page=page.label or number))
            for number, page in reversed(list(enumerate(pages, 1)))
            if self._first <= page.start < min(page.end, self._last)
        ]

    def _tables(self, lines: Sequence[str], starts: Sequence[int]) -> dict[int, int]:
        """The tables to lay out around the passage. `starts`: where pages begin in the cleaned text."""
        first, last = (self._line_at(self._reading.offset(place)) for place in self._near)
        return tables(lines, (first, last), {self._line_at(place) for place in starts})

    def _line_at(self, place: int) -> int:
        """The number of the line at an offset in the cleaned text."""
        return self._reading.text.count("\n", 0, place)

    def _span(self, raw: tuple[int, int]) -> tuple[int, int] | None:
        """Raw `[start, end)` as cursor positions, without blanks at both ends."""
        start, end = self._reading.offset(raw[0]), self._reading.offset(raw[1])
        inside = self._reading.text[start:end]
        if not inside.strip():
            return None
        start += len(inside) - len(inside.lstrip())
        end -= len(inside) - len(inside.rstrip())
        return self._position(start), self._position(end)

    def _position(self, offset: int) -> int:
        """An offset in the cleaned text as a cursor position, which counts UTF-16 units."""
        index = max(0, bisect_right(self._blocks, offset, key=lambda block: block[0]) - 1)
        start, end, position = self._blocks[index]
        return position + utf16_offset(self._reading.text[start:end], min(offset, end) - start)

    def _between(self, span: tuple[int, int] | None) -> str:
        if span is None:
            return ""
        cursor = QTextCursor(self.document())
        cursor.setPosition(span[0])
        cursor.setPosition(span[1], QTextCursor.MoveMode.KeepAnchor)
        return cursor.selectedText().replace("\u2029", "\n")

    # --- marks

    def _lines(self, start: int, end: int) -> list[QRectF]:
        """The rectangles of `[start, end)` in the document's pixels, one per line."""
        rects: list[QRectF] = []
        block = self.document().findBlock(start)
        while block.isValid() and block.position() < end:
            rects += self._block_lines(block, start - block.position(), end - block.position())
            block = block.next()
        return rects

    def _block_lines(self, block: QTextBlock, start: int, end: int) -> list[QRectF]:
        origin = self.document().documentLayout().blockBoundingRect(block).topLeft()
        layout = block.layout()
        rects = []
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            first, last = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
            if first >= last:
                continue
            x, right = _x(line, first), _x(line, last)
            if last == line.textStart() + line.textLength():
                right = min(right, line.x() + line.naturalTextWidth())
            # The extra line spacing is above the letters; centre the mark on the letters.
            ascent = line.y() + line.height() - line.descent() - line.ascent()
            pad = 0.22 * (line.ascent() + line.descent())
            height = line.ascent() + line.descent() + 2 * pad
            rects.append(QRectF(origin.x() + x, origin.y() + ascent - pad, right - x, height))
        return rects

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the marks, then the text over them."""
        colours = theme.current()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(0, -self.verticalScrollBar().value())
        if self._passage is not None:
            self._paint_passage(painter, self._lines(*self._passage), colours.accent_ground)
        if self._best is not None:
            path = QPainterPath()
            path.setFillRule(Qt.FillRule.WindingFill)
            for rect in self._lines(*self._best):
                path.addRoundedRect(rect.adjusted(-2, 0, 2, 0), 3, 3)
            painter.fillPath(path.simplified(), colours.answer)
        painter.end()
        super().paintEvent(event)

    def _paint_passage(self, painter: QPainter, lines: list[QRectF], colour: QColor) -> None:
        """Paint one background under all lines of the passage."""
        margin = self.document().documentMargin()
        left, right = margin - 8, self.document().size().width() - margin + 8
        painter.fillPath(passage_path(lines, left, right, to_edge=self._ends_block()), colour)

    def _ends_block(self) -> bool:
        """Whether the passage ends at the end of a paragraph."""
        assert self._passage is not None
        block = self.document().findBlock(self._passage[1])
        return self._passage[1] >= block.position() + block.length() - 1

    # --- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scroll back to the passage, because a new width breaks the lines differently."""
        super().resizeEvent(event)
        if self._follow:
            self.reveal()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl and the wheel; else scroll."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        self._follow = False
        super().wheelEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Update after a change of theme or of the system's font size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange) and self._blocks:
            self._fill()
            self.reveal()

    def _leave(self, _action: int) -> None:
        self._follow = False


def _begin_block(cursor: QTextCursor) -> None:
    """Begin a paragraph; behind a table and at the beginning of the document there is an empty one."""
    if cursor.block().length() > 1:
        cursor.insertBlock()


def _x(line: Any, position: int) -> float:
    """The x coordinate of a position. PySide returns (x, position), as C++ has a reference parameter."""
    found = line.cursorToX(position)
    return float(found[0] if isinstance(found, tuple) else found)


def _line_start(text: str, at: int) -> int:
    """The start of the line at `at`, if it is not too far away."""
    found = text.rfind("\n", max(0, at - 2_000), at) + 1
    return found or at
