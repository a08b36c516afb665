"""Shows the pages of a PDF, with one passage marked on the page.

The paper is white in the dark theme too, so the marks always have the light theme's colours. They are
multiplied onto the page, as a felt pen would colour it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QIODevice, QPoint, QPointF, QRect, QSize, QSizeF, Qt, Signal
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
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtPdf import QPdfDocument, QPdfPageRenderer
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import QFrame, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.preview.crash_marker import Marker, state_of
from desktop_kb.gui.preview.pdf_marks import Mark, lines_of, marks_of
from desktop_kb.gui.preview.picture_pages import device_of
from desktop_kb.gui.preview.trail import Place
from desktop_kb.records import Layout

_UPPER_THIRD: Final = 0.28
_STEP: Final = 1.2
_ZOOM: Final = (0.25, 6.0)
_PAD: Final = 1.2  # points around the letters
_SELECTED: Final = QColor("#BCD9F5")  # multiplied onto white paper, in both themes


class PdfPreview(QPdfView):
    """Shows a PDF at a passage."""

    #: the person has scrolled
    wandered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        # No parent: as a child, the document would be deleted before the view, and Qt would crash.
        self._document = QPdfDocument()
        self._device: QIODevice | None = None
        self._marker = Marker()
        self._file: Path | None = None
        self._state = ""  # `state_of` the file when it was opened
        self._passage: tuple[Mark, ...] = ()
        self._best: tuple[Mark, ...] = ()
        self._selection: tuple[Mark, ...] = ()
        self._found: tuple[Mark, ...] = ()
        self._read = ("", Layout())
        self._selected = ""
        self._pressed: tuple[int, QPointF] | None = None
        self._page = 0
        self.follows = True
        self._here: Place | None = None
        self._rendered: set[tuple[int, int]] = set()  # (page, width in pixels) of the pages rendered so far
        self._geometry: tuple[object, list[QRect]] = (None, [])
        self.setDocument(self._document)
        self.setPageMode(QPdfView.PageMode.MultiPage)
        self.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.verticalScrollBar().actionTriggered.connect(self._leave)
        self.verticalScrollBar().valueChanged.connect(self._note_place)
        (self._renderer,) = self.findChildren(QPdfPageRenderer)
        self._renderer.pageRendered.connect(self._note_rendered)
        self._colour()

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
        self._selection, self._selected, self._found, self._read = (), "", (), (text, layout)
        with self._marker.during():
            self._passage = marks_of(self._document, text, layout, passage) if passage else ()
            self._best = marks_of(self._document, text, layout, best) if best else ()
        self._page = max(0, min(page, self._document.pageCount()) - 1)
        self.follows = True
        self.reveal()
        self.viewport().update()
        return True

    def close_file(self) -> None:
        """Close the file and show nothing."""
        self._document.close()  # waits for a page that is being drawn
        if self._device is not None:
            self._device.close()
            self._device.deleteLater()
        self._device = self._file = None
        self._marker.lift()
        self._passage = self._best = self._selection = self._found = ()
        self._rendered.clear()

    @property
    def file(self) -> Path | None:
        """The file being shown."""
        return self._file

    @property
    def drawn(self) -> bool:
        """Every page in sight has been drawn."""
        return self.isVisible() and not self._waiting()

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
            self.verticalScrollBar().setValue(pages[self._page].top() - self.documentMargins().top())
            return
        box = self._on_screen(marks[0], pages).boundingRect()
        self.verticalScrollBar().setValue(round(box.top() - _UPPER_THIRD * self.viewport().height()))
        beyond = box.right() > self.horizontalScrollBar().value() + self.viewport().width()
        if beyond or box.left() < self.horizontalScrollBar().value():
            self.horizontalScrollBar().setValue(round(box.left()) - 24)

    def show_found(self, place: tuple[int, int] | None) -> None:
        """Mark raw `[start, end)` as what was looked for and scroll to it; None marks nothing."""
        with self._marker.during():
            self._found = marks_of(self._document, *self._read, place) if place else ()
        if self._found:
            self.reveal()
        self.viewport().update()

    def passage_marks(self) -> tuple[Mark, ...]:
        """The marks of the passage, one per page."""
        return self._passage

    def best_marks(self) -> tuple[Mark, ...]:
        """The marks of the best sentence, one per page."""
        return self._best

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
        self._device = device_of(file, drawn, self._document)
        with self._marker.during():
            if self._device.open(QIODevice.OpenModeFlag.ReadOnly):
                self._document.load(self._device)
        if self._document.status() != QPdfDocument.Status.Ready or not self._document.pageCount():
            self.close_file()
            return False
        self._file, self._state = file, state
        return True

    # --- geometry

    def page_rects(self) -> list[QRect]:
        """Each page's rectangle in the scrolled area, as QPdfView lays pages out below each other."""
        view, margins = self.viewport().size(), self.documentMargins()
        key = (view, self.zoomMode(), self.zoomFactor(), self._document.pageCount(), self._state)
        if self._geometry[0] == key:
            return self._geometry[1]
        room = view.width() - margins.left() - margins.right()
        sizes = [self._page_size(page, room) for page in range(self._document.pageCount())]
        total = max((size.width() for size in sizes), default=0) + margins.left() + margins.right()
        rects, y = [], margins.top()
        for size in sizes:
            rects.append(QRect(QPoint((max(total, view.width()) - size.width()) // 2, y), size))
            y += size.height() + self.pageSpacing()
        self._geometry = (key, rects)
        return rects

    def _page_size(self, page: int, room: int) -> QSize:
        points = self._document.pagePointSize(page)
        if self.zoomMode() == QPdfView.ZoomMode.Custom:
            return (points * (_resolution() * self.zoomFactor())).toSize()
        size = (points * _resolution()).toSize()
        return size * (room / max(1, size.width()))

    def _on_screen(self, mark: Mark, pages: Sequence[QRect]) -> QPainterPath:
        """The outline of a mark in the scrolled area; lines that touch are merged."""
        rect, points = pages[mark.page], self._document.pagePointSize(mark.page)
        zoom = rect.width() / max(1.0, points.width())
        move = QTransform.fromTranslate(rect.x(), rect.y()).scale(zoom, zoom)
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for line in lines_of([polygon.boundingRect() for polygon in mark.polygons]):
            path.addRoundedRect(move.mapRect(line.adjusted(-_PAD, -_PAD, _PAD, _PAD)), 3, 3)
        return path.simplified()

    def mark_path(self, marks: Sequence[Mark]) -> QPainterPath:
        """The outline of these marks in the viewport's pixels."""
        pages = self.page_rects()
        path = QPainterPath()
        for mark in marks:
            path.addPath(self._on_screen(mark, pages))
        return path.translated(-self._scrolled())

    def _scrolled(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pages, then the marks over them."""
        self._guard()
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        best = self.mark_path(self._best)
        painter.fillPath(self.mark_path(self._passage) - best, theme.LIGHT.accent_ground)
        painter.fillPath(best, theme.LIGHT.answer)
        painter.fillPath(self.mark_path(self._selection), _SELECTED)
        painter.strokePath(self.mark_path(self._found), QPen(theme.LIGHT.accent, 2))
        painter.end()

    def _colour(self) -> None:
        colours = self.palette()
        colours.setColor(colours.ColorRole.Dark, theme.current().background)
        self.setPalette(colours)

    def changeEvent(self, event: QEvent) -> None:
        """After a change of theme, set the background around the pages."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._colour()

    def hideEvent(self, event: QHideEvent) -> None:
        """Remove the crash marker: a hidden view draws nothing. Qt also hides it when the program exits
        normally."""
        super().hideEvent(event)
        self._marker.lift()

    def _guard(self) -> None:
        """Keep the crash marker on disk while a visible page is not rendered yet; else remove it."""
        if self.isVisible() and self._waiting():
            self._marker.set()
        else:
            self._marker.lift()

    def _waiting(self) -> bool:
        sight = QRect(self._scrolled().toPoint(), self.viewport().size())
        return any(
            rect.intersects(sight) and (page, rect.width()) not in self._rendered
            for page, rect in enumerate(self.page_rects())
        )

    def _note_rendered(self, page: int, size: QSize, *_rest: object) -> None:
        pages = self.page_rects()
        if 0 <= page < len(pages):
            # A current picture has as many pixels as its page takes on the screen.
            wanted = (QSizeF(pages[page].size()) * self.devicePixelRatioF()).toSize()
            if abs(size.width() - wanted.width()) <= 2:
                self._rendered.add((page, pages[page].width()))
            else:
                # This one was requested before the width changed. QPdfView would keep it and draw it squeezed.
                self._renderer.requestPage(page, wanted)
        self._guard()

    # --- zoom

    def zoom(self, steps: int) -> None:
        """Zoom in or out by `steps`; 0 fits the page to the width. The line at the top stays at the top."""
        pages = self.page_rects()
        if not pages:
            return
        top = self.verticalScrollBar().value()
        page = max((number for number, rect in enumerate(pages) if rect.top() <= top), default=0)
        place = (top - pages[page].top()) / max(1, pages[page].height())
        if steps == 0:
            self.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        else:
            now = pages[page].width() / max(1.0, self._document.pagePointSize(page).width()) / _resolution()
            self.setZoomMode(QPdfView.ZoomMode.Custom)
            self.setZoomFactor(min(_ZOOM[1], max(_ZOOM[0], now * _STEP**steps)))
        rect = self.page_rects()[page]
        self.verticalScrollBar().setValue(round(rect.top() + place * rect.height()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl and the wheel; else scroll."""
        self._leave()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A new width moves the pages: the passage, or the line at the top, stays in place."""
        here = self._here
        super().resizeEvent(event)
        if self.follows:
            self.reveal()
        elif here is not None:
            self.go_to(here)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll by key."""
        self._leave()
        super().keyPressEvent(event)

    def _leave(self, _action: int = 0) -> None:
        self.follows = False
        self.wandered.emit()

    # --- where one reads

    def place(self) -> Place | None:
        """The page at the upper edge, and how much of it is above."""
        pages = self.page_rects()
        if not pages:
            return None
        top = self.verticalScrollBar().value()
        page = max((number for number, rect in enumerate(pages) if rect.top() <= top), default=0)
        return Place("page", page, (top - pages[page].top()) / max(1, pages[page].height()))

    def go_to(self, place: Place) -> None:
        """Show such a place at the upper edge."""
        pages = self.page_rects()
        if pages:
            rect = pages[min(place.at, len(pages) - 1)]
            self.follows = False
            self.verticalScrollBar().setValue(round(rect.top() + place.share * rect.height()))
            self._here = place

    def _note_place(self) -> None:
        self._here = self.place()

    # --- selecting

    def selected_text(self) -> str:
        """The text selected with the mouse."""
        return self._selected

    def copy(self) -> None:
        """Put the selected text onto the clipboard."""
        if self._selected:
            QGuiApplication.clipboard().setText(self._selected)

    def event(self, event: QEvent) -> bool:
        """Handle Ctrl+C here while text is selected, even if the window has a shortcut for it."""
        if isinstance(event, QKeyEvent) and self._selected and event.matches(QKeySequence.StandardKey.Copy):
            if event.type() == QEvent.Type.KeyPress:
                self.copy()
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start a selection."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._place(event.position())
            self._selection, self._selected = (), ""
            self.viewport().update()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection to the mouse."""
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            here = self._place(event.position())
            if here is not None:
                self._select(*sorted((self._pressed, here), key=lambda place: (place[0], place[1].y())))
        super().mouseMoveEvent(event)

    def _place(self, position: QPointF) -> tuple[int, QPointF] | None:
        """The page under a point of the viewport, and that point on the page, in PDF points."""
        point = position + self._scrolled()
        for number, rect in enumerate(self.page_rects()):
            if point.y() <= rect.bottom() + self.pageSpacing():
                zoom = rect.width() / max(1.0, self._document.pagePointSize(number).width())
                return number, (point - QPointF(rect.topLeft())) / zoom
        return None

    def _select(self, first: tuple[int, QPointF], last: tuple[int, QPointF]) -> None:
        marks, texts = [], []
        for page in range(first[0], last[0] + 1):
            size = self._document.pagePointSize(page)
            begin = first[1] if page == first[0] else QPointF(0, 0)
            finish = last[1] if page == last[0] else QPointF(size.width(), size.height())
            selection = self._document.getSelection(page, begin, finish)
            if selection.isValid():
                marks.append(Mark(page, tuple(QPolygonF(polygon) for polygon in selection.bounds())))
                texts.append(selection.text())
        self._selection, self._selected = tuple(marks), "\n".join(texts)
        self.viewport().update()


def _resolution() -> float:
    """Pixels per PDF point, as QPdfView calculates it."""
    return QGuiApplication.primaryScreen().logicalDotsPerInch() / 72
