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
    QFontDatabase,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.loaded import REACH
from desktop_kb.gui.preview.markdown_spans import Look, spans
from desktop_kb.gui.preview.note_pictures import IMAGE_WIDTH, Picture, fitted
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.text import utf16_offset
from desktop_kb.kb import Reading
from desktop_kb.records import Layout

_SIZES: Final = {1: 21, 2: 17, 3: 15}
_BODY: Final = 15
_LINE: Final = 1.6
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
        self._markdown = False
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
        *,
        markdown: bool = False,
        pictures: Sequence[Picture] = (),
    ) -> None:
        """Show `text` cleaned, and scroll to `passage`; `passage` and `best` are raw `[start, end)`.

        Args:
            markdown: format the words between Markdown marks.
            pictures: shown after the paragraphs that they belong to; in text order.
        """
        start, end = passage or (0, 0)
        self._first = _line_start(text, max(0, start - REACH))
        self._last = min(len(text), end + REACH)
        self._reading = Reading(text, layout.edits, self._first, self._last)
        self._layout = layout
        self._markdown = markdown
        self._looks = list(spans(text, layout.edits, self._first, self._last)) if markdown else []
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
        colours = theme.current()
        document = QTextDocument(self)
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(round(34 * theme.scale()))
        document.setDefaultFont(theme.font(_BODY * self._zoom, serif=True))
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        levels = self._headings()
        pictures = [(self._reading.offset(p.place), p.image) for p in reversed(self._pictures)]
        self._blocks = []
        at = 0
        for line in self._reading.text.split("\n"):
            if line.strip():
                level = levels.get(at)
                if cursor.position():
                    cursor.insertBlock()
                letters = _char_format(level, self._zoom, colours.ink)
                block = _block_format(level, letters.font(), not self._blocks)
                if self._markdown and (item := _ITEM.match(line)):
                    hang = QFontMetricsF(letters.font()).horizontalAdvance(item[0])
                    block.setLeftMargin(hang)
                    block.setTextIndent(-hang)
                    block.setBottomMargin(4 * theme.scale())
                cursor.setBlockFormat(block)
                cursor.setCharFormat(letters)
                self._blocks.append((at, at + len(line), cursor.position()))
                cursor.insertText(line.translate(_CONTROL))
            at += len(line) + 1
            while pictures and pictures[-1][0] < at:
                self._insert_picture(cursor, pictures.pop()[1])
        self._dress(cursor)
        cursor.endEditBlock()
        self.setDocument(document)  # Qt deletes the previous document, because the widget owns it

    def _insert_picture(self, cursor: QTextCursor, image: QImage) -> None:
        """Insert a picture as a paragraph of its own, which no offset of the text maps to."""
        if cursor.position():
            cursor.insertBlock()
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
                cursor.mergeCharFormat(_look_format(look))

    def _headings(self) -> dict[int, int]:
        """The level of each heading, by the offset in the cleaned text where its paragraph begins."""
        levels = {}
        for heading in self._layout.headings:
            if self._first <= heading.start < self._last:
                place = self._reading.offset(heading.start)
                begins = self._reading.text.rfind("\n", 0, place) + 1
                levels[begins] = heading.level
        return levels

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
        """Paint one background under all lines of the passage. It has the full width on every line that
        the passage continues beyond."""
        if not lines:
            return
        margin = self.document().documentMargin()
        left, right = margin - 8, self.document().size().width() - margin + 8
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for number, rect in enumerate(lines):
            begins = rect.left() - 8 if number == 0 else left
            ends = rect.right() + 8 if number == len(lines) - 1 and len(lines) > 1 else right
            below = lines[number + 1].top() + 1 if number + 1 < len(lines) else rect.bottom() + 4
            ends = right if self._ends_block() and number == len(lines) - 1 else ends
            above = rect.top() - 4 if number == 0 else rect.top()
            path.addRoundedRect(QRectF(begins, above, ends - begins, below - above), 6, 6)
            if number > 0:  # fill the corners between two lines: only the outline is rounded
                joint = QRectF(begins, above - 7, ends - begins, 14)
                path.addRect(joint & QRectF(left, above - 7, right - left, 14))
        painter.fillPath(path.simplified(), colour)

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


def set_for_reading(document: QTextDocument) -> None:
    """Set the font sizes and spacing of rich text for reading."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel() or None
        letters = _char_format(level, 1.0, theme.current().ink)
        distances = _block_format(level, letters.font(), block == document.begin())
        if block.textList() is not None:
            distances.setBottomMargin(4 * theme.scale())
        cursor.setPosition(block.position())
        cursor.mergeBlockFormat(distances)
        if level is not None:
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(letters)  # drop the relative sizes that Qt's Markdown import sets
        block = block.next()
    cursor.endEditBlock()


def _block_format(level: int | None, font: QFont, first: bool) -> QTextBlockFormat:
    block = QTextBlockFormat()
    # Fonts with Chinese letters are 1.5 times as high as their size; calculate with the size.
    lines = (_LINE if level is None else 1.3) * font.pixelSize() / QFontMetricsF(font).height()
    block.setLineHeight(100 * max(1.0, lines), QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    block.setTopMargin(0 if first or level is None else (18 if level <= 2 else 12) * theme.scale())
    block.setBottomMargin((10 if level is None else 6 if level > 1 else 12) * theme.scale())
    if level is not None:
        block.setHeadingLevel(min(level, 6))
    return block


def _char_format(level: int | None, zoom: float, ink: QColor) -> QTextCharFormat:
    letters = QTextCharFormat()
    size = _BODY if level is None else _SIZES.get(level, _BODY)
    letters.setFont(theme.font(size * zoom, serif=True, bold=level is not None))
    letters.setForeground(ink)
    return letters


def _look_format(look: Look) -> QTextCharFormat:
    """The character format of a look, for merging into the existing one."""
    letters = QTextCharFormat()
    match look:
        case "bold":
            letters.setFontWeight(QFont.Weight.Bold)
        case "italic":
            letters.setFontItalic(True)
        case "struck":
            letters.setFontStrikeOut(True)
        case "code":
            fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            letters.setFontFamilies([*fixed.families(), *theme.font().families()])
    return letters


def _x(line: Any, position: int) -> float:
    """The x coordinate of a position. PySide returns (x, position), as C++ has a reference parameter."""
    found = line.cursorToX(position)
    return float(found[0] if isinstance(found, tuple) else found)


def _line_start(text: str, at: int) -> int:
    """The start of the line at `at`, if it is not too far away."""
    found = text.rfind("\n", max(0, at - 2_000), at) + 1
    return found or at
