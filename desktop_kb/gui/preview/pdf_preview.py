"""Shows the pages of a PDF, with one passage marked on the page.

The paper is white in the dark theme too, so the marks always have the light theme's colours. They are
multiplied onto the page, as a felt pen would colour it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QIODevice, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.preview.crash_marker import Marker, state_of
from desktop_kb.gui.preview.pages_view import PagesView
from desktop_kb.gui.preview.painted import Painted
from desktop_kb.gui.preview.pdf_marks import Mark, lines_of, marks_of
from desktop_kb.gui.preview.pdf_selection import Selection, between
from desktop_kb.gui.preview.picture_pages import device_of
from desktop_kb.gui.preview.trail import Place
from desktop_kb.gui.translation import tr
from desktop_kb.records import Layout

_UPPER_THIRD: Final = 0.28
_PAD: Final = 1.2  # points around the letters
_SELECTED: Final = QColor("#BCD9F5")  # multiplied onto white paper, in both themes
_KEYS: Final = {
    Qt.Key.Key_Home: lambda bar: bar.minimum(),
    Qt.Key.Key_End: lambda bar: bar.maximum(),
    Qt.Key.Key_Space: lambda bar: bar.value() + bar.pageStep() - bar.singleStep(),
}


class PdfPreview(PagesView):
    """Shows a PDF at a passage."""

    #: another file is shown, or none
    opened = Signal()

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._device: QIODevice | None = None
        self._marker = Marker()
        self._file: Path | None = None
        self._state = ""  # `state_of` the file when it was opened
        self._passage: tuple[Mark, ...] = ()
        self._best: tuple[Mark, ...] = ()
        self._found: tuple[Mark, ...] = ()
        self._marks: Sequence[tuple[tuple[Mark, ...], QColor]] = ()
        self._selected = Selection()
        self._read = ("", Layout())
        self._pressed: tuple[int, QPointF] | None = None
        self._page = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("The pages of the document"))
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.wandered.connect(self._say_page)

    # --- showing

    def show_file(
        self,
        file: Path,
        text: str,
        layout: Layout,
        passage: tuple[int, int] | None = None,
        best: tuple[int, int] | None = None,
        page: int = 1,
        drawn: bytes = b"",
    ) -> bool:
        """Open `file` at `passage` (raw `[start, end)`; without one at `page`, from 1). Of a file that is no PDF
        `drawn` is one of its pages.

        Returns:
            False if it cannot be opened here; nothing is shown then.
        """
        if not self._open(file, drawn):
            return False
        self._selected, self._found, self._marks, self._read = Selection(), (), (), (text, layout)
        with self._marker.during():
            self._passage = marks_of(self.document, text, layout, passage) if passage else ()
            self._best = marks_of(self.document, text, layout, best) if best else ()
        self._page = max(0, min(page, self.document.pageCount()) - 1)
        self.follows = True
        self.reveal()
        self._say_page()
        self.viewport().update()
        return True

    def close_file(self) -> None:
        """Close the file and show nothing."""
        self.document.close()  # waits for a page that is being drawn
        if self._device is not None:
            self._device.close()
            self._device.deleteLater()
        self._device = self._file = None
        self._marker.lift()
        self._passage = self._best = self._found = ()
        self._selected = Selection()
        self.forget_layout()

    @property
    def file(self) -> Path | None:
        """The file being shown."""
        return self._file

    @property
    def drawn(self) -> bool:
        """Every page in sight has been drawn."""
        return self.isVisible() and not self.waiting

    def condemned(self, file: Path) -> bool:
        """Whether this file has crashed the program so often that it is only drawn on request."""
        try:
            return self._marker.condemned(state_of(file))
        except OSError:  # the file is missing: opening it will report that
            return False

    def pardon(self, file: Path) -> None:
        """Allow a condemned file to be drawn again."""
        with contextlib.suppress(OSError):
            self._marker.pardon(state_of(file))

    def reveal(self) -> None:
        """Scroll so that the best sentence is in the upper third of the view."""
        marks = self._found or self._best or self._passage
        pages = self.page_rects()
        if not pages:
            return
        if not marks:
            self.verticalScrollBar().setValue(pages[min(self._page, len(pages) - 1)].top() - pages[0].top())
            return
        box = self._on_screen(marks[0]).boundingRect()
        self.verticalScrollBar().setValue(round(box.top() - _UPPER_THIRD * self.viewport().height()))
        beyond = box.right() > self.horizontalScrollBar().value() + self.viewport().width()
        if beyond or box.left() < self.horizontalScrollBar().value():
            self.horizontalScrollBar().setValue(round(box.left()) - 24)

    def show_marks(self, marks: Sequence[Painted]) -> None:
        """Paint these passages in their colours."""
        with self._marker.during():
            self._marks = [
                (marks_of(self.document, *self._read, mark.span), mark.ground(False)) for mark in marks
            ]
        self.viewport().update()

    def show_found(self, place: tuple[int, int] | None) -> None:
        """Mark raw `[start, end)` as what was looked for and scroll to it; None marks nothing."""
        with self._marker.during():
            self._found = marks_of(self.document, *self._read, place) if place else ()
        if self._found:
            self.reveal()
            self._say_page()
        self.viewport().update()

    def passage_marks(self) -> tuple[Mark, ...]:
        """The marks of the passage, one per page."""
        return self._passage

    def best_marks(self) -> tuple[Mark, ...]:
        """The marks of the best sentence, one per page."""
        return self._best

    def place_of(self, span: tuple[int, int]) -> Place | None:
        """Where raw `[start, end)` stands on the pages; None if it is not found there."""
        with self._marker.during():
            marks = marks_of(self.document, *self._read, span)
        if not marks:
            return None
        page = marks[0].page
        box = self._on_screen(marks[0]).boundingRect()
        rect = self.page_rects()[page]
        return Place("page", page, max(0.0, (box.top() - 8 - rect.top()) / max(1, rect.height())))

    def _open(self, file: Path, drawn: bytes) -> bool:
        try:
            state = state_of(file)
        except OSError:
            self.close_file()
            return False
        if self._file == file and self._state == state:
            return True
        self.close_file()
        self._marker.name(state)
        self._device = device_of(file, drawn, self.document)
        with self._marker.during():
            if self._device.open(QIODevice.OpenModeFlag.ReadOnly):
                self.document.load(self._device)
        if self.document.status() != QPdfDocument.Status.Ready or not self.document.pageCount():
            self.close_file()
            return False
        self._file, self._state = file, state
        self.turned = 0
        self.forget_layout()
        self.opened.emit()
        return True

    def _say_page(self) -> None:
        """Tell a screen reader which page is shown."""
        here, count = self.place(), self.document.pageCount()
        if here is not None:
            name = tr("The pages of the document: {n} of {count}", n=here.at + 1, count=count)
            if name != self.accessibleName():
                self.setAccessibleName(name)

    # --- marks

    def _on_screen(self, mark: Mark) -> QPainterPath:
        """The outline of a mark in the scrolled area; lines that touch are merged."""
        move = self.to_area(mark.page)
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for line in lines_of([polygon.boundingRect() for polygon in mark.polygons]):
            path.addRoundedRect(move.mapRect(line.adjusted(-_PAD, -_PAD, _PAD, _PAD)), 3, 3)
        return path.simplified()

    def mark_path(self, marks: Sequence[Mark]) -> QPainterPath:
        """The outline of these marks in the viewport's pixels, of pages that are in sight."""
        sight = {page for page, _ in self._in_sight()}
        path = QPainterPath()
        for mark in marks:
            if mark.page in sight:
                path.addPath(self._on_screen(mark))
        return path.translated(-self.scrolled())

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pages, then the marks over them."""
        super().paintEvent(event)
        self.guard()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        best = self.mark_path(self._best)
        painter.fillPath(self.mark_path(self._passage) - best, theme.LIGHT.accent_ground)
        painter.fillPath(best, theme.LIGHT.answer)
        for marks, ground in self._marks:
            painter.fillPath(self.mark_path(marks), ground)
        painter.fillPath(self.mark_path(self._selected.marks), _SELECTED)
        painter.strokePath(self.mark_path(self._found), QPen(theme.LIGHT.accent, 2))
        painter.end()

    def hideEvent(self, event: QHideEvent) -> None:
        """Remove the crash marker: a hidden view draws nothing. Qt also hides it when the program exits
        normally."""
        super().hideEvent(event)
        self._marker.lift()

    def guard(self) -> None:
        """Keep the crash marker on disk while a page is being drawn; else remove it."""
        if self.isVisible() and (self.waiting or self.asked):
            self._marker.set()
        else:
            self._marker.lift()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl and the wheel; else scroll."""
        self.leave()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll by key."""
        key, bar = Qt.Key(event.key()), self.verticalScrollBar()
        if key in _KEYS:
            bar.setValue(_KEYS[key](bar))
        else:
            super().keyPressEvent(event)
        self.leave()

    # --- selecting

    def selected_text(self) -> str:
        """The text selected with the mouse."""
        return self._selected.text

    def selection(self) -> tuple[int, int] | None:
        """What is selected, as raw `[start, end)` of the document's text; None where that cannot be told."""
        return self._selected.span

    def copy(self) -> None:
        """Put the selected text onto the clipboard."""
        if self._selected.text:
            QGuiApplication.clipboard().setText(self._selected.text)

    def select_all(self) -> None:
        """Select the whole document."""
        last = self.document.pageCount() - 1
        size = self.document.pagePointSize(max(0, last))
        self._select((0, QPointF(0, 0)), (last, QPointF(size.width(), size.height())))

    def event(self, event: QEvent) -> bool:
        """Handle Ctrl+A here, and Ctrl+C while text is selected, even if the window has shortcuts for them."""
        if isinstance(event, QKeyEvent):
            copies = bool(self._selected.text) and event.matches(QKeySequence.StandardKey.Copy)
            if copies or event.matches(QKeySequence.StandardKey.SelectAll):
                if event.type() == QEvent.Type.KeyPress:
                    (self.copy if copies else self.select_all)()
                event.accept()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start a selection."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self.page_at(event.position())
            self._selected = Selection()
            self.viewport().update()
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection to the mouse."""
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            here = self.page_at(event.position())
            if here is not None:
                self._select(*sorted((self._pressed, here), key=lambda place: (place[0], place[1].y())))
        super().mouseMoveEvent(event)

    def _select(self, first: tuple[int, QPointF], last: tuple[int, QPointF]) -> None:
        with self._marker.during():
            self._selected = between(self.document, *self._read, first, last)
        self.viewport().update()
