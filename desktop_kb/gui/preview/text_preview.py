"""Shows the cleaned text of a document as a `TextPage`, with one passage marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop_kb.formats import TEXT, Format
from desktop_kb.gui import theme
from desktop_kb.gui.preview.note_pictures import Picture
from desktop_kb.gui.preview.painted import Painted
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.preview.text_formats import LISTED, QUOTE, QUOTED
from desktop_kb.gui.preview.text_marks import passage_path, x_of
from desktop_kb.gui.preview.text_page import TextPage
from desktop_kb.gui.preview.trail import Place
from desktop_kb.gui.text import code_point_offset
from desktop_kb.records import Layout, Look

#: Callouts that warn.
_URGENT: Final = frozenset(
    ("warning", "caution", "attention", "danger", "error", "bug", "failure", "fail", "important")
)


class TextPreview(SafeBrowser):
    """Shows the cleaned text of a document; the passage has a light background, the best sentence a yellow one.

    It has a caret, which begins at what is marked: text is selected from there with Shift and the arrow keys, and a
    screen reader reads on from there."""

    #: the person has scrolled, or moved the caret
    wandered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._layout, self._format = "", Layout(), TEXT
        self._marked: tuple[tuple[int, int] | None, ...] = (None, None)  # passage and best, raw
        self._pictures: Sequence[Picture] = ()
        self._looks: Sequence[Look] = ()
        self._page: TextPage | None = None
        self._passage: tuple[int, int] | None = None
        self._best: tuple[int, int] | None = None
        self._found: tuple[int, int] | None = None
        self._marks: Sequence[Painted] = ()
        self._zoom = 1.0
        self.follows = True  # the passage stays in place when the width changes
        self._going_on = False
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setViewportMargins(0, 0, 0, 0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().actionTriggered.connect(self._leave)
        for changed in (self.verticalScrollBar().valueChanged, self.verticalScrollBar().rangeChanged):
            changed.connect(self._look_ahead)  # Qt knows the height of what is laid out a while later

    def show_text(
        self,
        text: str,
        layout: Layout,
        passage: tuple[int, int] | None = None,
        best: tuple[int, int] | None = None,
        format: Format = TEXT,
        pictures: Sequence[Picture] = (),
        looks: Sequence[Look] = (),
    ) -> None:
        """Show `text` cleaned, and scroll to `passage`; `passage` and `best` are raw `[start, end)`.

        Args:
            format: that of the document: whether words between Markdown marks are formatted, rows are tables, and
                what a page is called.
            pictures: shown after the paragraphs that they belong to; in text order.
            looks: how words look, where the text itself does not tell.
        """
        self._text, self._layout, self._format, self._marked = text, layout, format, (passage, best)
        self._found, self._marks = None, ()
        self._pictures, self._looks = pictures, looks
        self._show_around(passage or (0, 0))
        self.follows = True
        self._put_caret(self._best or self._passage or (0, 0))
        self.reveal()

    def show_marks(self, marks: Sequence[Painted]) -> None:
        """Paint these passages in their colours."""
        self._marks = marks
        self.viewport().update()

    def show_found(self, place: tuple[int, int] | None) -> None:
        """Mark raw `[start, end)` as what was looked for and scroll to it; None marks nothing."""
        if self._page is None:
            return
        if place and not self._page.holds(place):
            self._show_around(place)
        self._found = self._page.span(place) if place else None
        if self._found is not None:
            self.follows = False
            self._put_caret(self._found)
            self._scroll_to(self._found)
        self.viewport().update()

    def _show_around(self, near: tuple[int, int]) -> TextPage:
        """Show the part of the document around raw `[start, end)`, and mark the passage where it is in it."""
        page = self._page = TextPage(
            self._text, self._layout, near, self._format, self._pictures, self._looks
        )
        self._passage = self._best = None
        self._fill()
        self._passage, self._best = (
            page.span(mark) if mark and page.holds(mark) else None for mark in self._marked
        )
        return page

    def _fill(self) -> None:
        """Lay the page out. What is selected of it stays so."""
        if self._page is not None:
            cursor = self.textCursor()
            selected = cursor.anchor(), cursor.position()
            # Qt deletes the previous document, because the widget owns it.
            self.setDocument(self._page.lay_out(self, self._zoom))
            self._put_caret(selected, selected=True)

    def _put_caret(self, span: tuple[int, int], *, selected: bool = False) -> None:
        """Put the caret at the start of a span, or select it."""
        last = max(0, self.document().characterCount() - 1)
        cursor = self.textCursor()
        cursor.setPosition(min(span[0], last))
        if selected:
            cursor.setPosition(min(span[1], last), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    # --- where one reads

    def place(self) -> Place | None:
        """The raw offset of the first character in sight."""
        if self._page is None:
            return None
        corner = QPoint(round(self.document().documentMargin()) + 1, 1)
        return Place("offset", self._page.raw(self.cursorForPosition(corner).position()))

    def go_to(self, place: Place) -> None:
        """Show such a place at the upper edge, and put the caret there."""
        if self._page is None:
            return
        near = (min(place.at, len(self._text)),) * 2
        if not self._page.holds(near):
            self._show_around(near)
        at = self._page.position(near[0])
        self._put_caret((at, at))
        self.follows = False
        self._scroll(self._top_of(at))

    def selection(self) -> tuple[int, int] | None:
        """What is selected, as raw `[start, end)`."""
        cursor = self.textCursor()
        if self._page is None or not cursor.hasSelection():
            return None
        start, end = self._page.raw(cursor.selectionStart()), self._page.raw_end(cursor.selectionEnd())
        return (start, end) if start < end else None

    def _top_of(self, position: int) -> float:
        block = self.document().findBlock(position)
        lines = self._block_lines(block, position - block.position(), position - block.position() + 1)
        return (lines[0] if lines else self.document().documentLayout().blockBoundingRect(block)).top()

    def _look_ahead(self, *_changed: int) -> None:
        """Lay out what comes next where the part of a long document that is laid out ends."""
        bar, page = self.verticalScrollBar(), self._page
        value = bar.value()
        if page is None or self._going_on or self.follows:
            return
        near = self.viewport().height()
        if (value > bar.maximum() - near and not page.is_last) or (value < near and not page.is_first):
            self._going_on = True
            QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        """Lay out the part around what is in sight; caret, selection and the line at the top stay."""
        page, cursor = self._page, self.textCursor()
        if page is None or (here := self.place()) is None:
            self._going_on = False
            return
        shift = self.verticalScrollBar().value() - self._top_of(page.position(here.at))
        kept = [page.raw(at) for at in (cursor.anchor(), cursor.position())]
        page = self._show_around((here.at, here.at))
        if all(page.holds((at, at)) for at in kept):
            self._put_caret((page.position(kept[0]), page.position(kept[1])), selected=True)
        else:
            self._put_caret((page.position(here.at),) * 2)
        self._scroll(self._top_of(page.position(here.at)) + shift)
        self._going_on = False

    def passage_text(self) -> str:
        """The text of the marked passage, as shown on the page; block ends are newlines."""
        return self._between(self._passage)

    def best_text(self) -> str:
        """The text of the marked best sentence."""
        return self._between(self._best)

    def zoom(self, steps: int) -> None:
        """Make the letters larger or smaller by `steps`; 0 resets the size."""
        self._zoom = 1.0 if steps == 0 else min(3.0, max(0.6, self._zoom * 1.1**steps))
        with self._in_place():
            self._fill()

    def reveal(self) -> None:
        """Scroll so that the best sentence is in the upper third of the view."""
        span = self._best or self._passage
        if span is None:
            self.verticalScrollBar().setValue(0)
            return
        self._scroll_to(span)

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """The passage, or the line at the top, stays where it is in sight when lines are broken differently."""
        here = None if self.follows else self.place()
        yield
        if self.follows:
            self.reveal()
        elif here is not None and self._page is not None:
            self._scroll(self._top_of(self._page.position(here.at)))

    def _scroll_to(self, span: tuple[int, int]) -> None:
        """Scroll so that a span is in the upper third of the view."""
        top = min((rect.top() for rect in self._lines(*span)), default=0.0)
        self._scroll(top - 0.28 * self.viewport().height())

    def _scroll(self, top: float) -> None:
        """Scroll to a height of the document. Qt lays long texts out bit by bit, and would stop where it is now."""
        bar, last = self.verticalScrollBar(), self.document().lastBlock()
        bottom = self.document().documentLayout().blockBoundingRect(last).bottom()
        height = round(bottom + self.document().documentMargin()) - self.viewport().height()
        bar.setMaximum(max(bar.maximum(), height))
        bar.setValue(round(top))

    def _between(self, span: tuple[int, int] | None) -> str:
        if span is None:
            return ""
        lines = []  # a QTextCursor would take in whole tables
        block = self.document().findBlock(span[0])
        while block.isValid() and block.position() < span[1]:
            text = block.text()
            start, end = (code_point_offset(text, max(0, at - block.position())) for at in span)
            lines.append(text[start:end])
            block = block.next()
        return "\n".join(lines).replace("\u2028", "\n")

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
            x, right = x_of(line, first), x_of(line, last)
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
        self._paint_code(painter)
        if self._passage is not None:
            self._paint_passage(painter, self._lines(*self._passage), colours.accent_ground)
        if self._best is not None:
            painter.fillPath(self._outline(self._best), colours.answer)
        self._paint_bars(painter)
        for mark in self._marks:
            if (page := self._page) and page.holds(mark.span) and (span := page.span(mark.span)):
                painter.fillPath(self._outline(span), mark.ground(colours.dark))
        if self._found is not None:
            painter.strokePath(self._outline(self._found), QPen(colours.accent, 2))
        painter.end()
        super().paintEvent(event)

    def _in_sight(self) -> Iterator[tuple[QTextBlock, QRectF]]:
        """The blocks that are in sight, with where they are."""
        margin = round(self.document().documentMargin())
        end = self.verticalScrollBar().value() + self.viewport().height()
        block = self.cursorForPosition(QPoint(margin + 1, 1)).block()
        while block.isValid():
            rect = self.document().documentLayout().blockBoundingRect(block)
            if rect.top() > end:
                break
            yield block, rect
            block = block.next()

    def _paint_code(self, painter: QPainter) -> None:
        margin = self.document().documentMargin()
        for block, rect in self._in_sight():
            if block.blockFormat().hasProperty(LISTED):
                ground = QRectF(margin, rect.top(), self.viewport().width() - 2 * margin, rect.height() + 1)
                painter.fillRect(ground, theme.current().background)

    def _paint_bars(self, painter: QPainter) -> None:
        """Paint a bar beside quotes and callouts."""
        colours = theme.current()
        for block, rect in self._in_sight():
            quotes = str(block.blockFormat().property(QUOTED) or "")
            for depth, kind in enumerate(filter(None, quotes.split(","))):
                colour = colours.muted if kind == "quote" else colours.accent
                left = self.document().documentMargin() + depth * QUOTE * theme.scale()
                below = str(block.next().blockFormat().property(QUOTED) or "").split(",")
                gap = block.blockFormat().bottomMargin() if below[depth : depth + 1] == [kind] else 0
                bar = QRectF(left, rect.top(), 3 * theme.scale(), rect.height() + gap)
                painter.fillRect(bar, colours.attention if kind in _URGENT else colour)

    def _outline(self, span: tuple[int, int]) -> QPainterPath:
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for rect in self._lines(*span):
            path.addRoundedRect(rect.adjusted(-2, 0, 2, 0), 3, 3)
        return path.simplified()

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
        """A new width breaks the lines differently."""
        with self._in_place():
            super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl and the wheel; else scroll."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        self._leave()
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys move the caret; it goes on from what is marked."""
        self._leave()
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Update after a change of theme or of the system's font size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            with self._in_place():
                self._fill()

    def _leave(self, _action: int = 0) -> None:
        self.follows = False
        self.wandered.emit()
