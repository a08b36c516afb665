"""Lays the pages of a PDF out below each other, or two side by side, turned as one likes, and draws those in sight.

QtPdf's own view can neither turn pages nor show two, and keeps pictures of a former width. Its thread draws the pages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, Literal

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPaintEvent, QPen, QResizeEvent, QTransform
from PySide6.QtPdf import QPdfDocument, QPdfDocumentRenderOptions, QPdfPageRenderer
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.preview.trail import Place

#: How the size of a page follows that of the view.
Fit = Literal["width", "page", "none"]

_MARGIN: Final = 6  # around all pages, in pixels
_GAP: Final = 3  # between two pages
_STEP: Final = 1.2
_ZOOM: Final = (0.25, 6.0)
_KEPT_PIXELS: Final = 48_000_000  # of drawn pages: 190 MB, some 40 pages of a usual width
_AT_ONCE: Final = 2  # pages that are being drawn: what is scrolled past is not drawn
_TURNS: Final = (
    QPdfDocumentRenderOptions.Rotation.None_,
    QPdfDocumentRenderOptions.Rotation.Clockwise90,
    QPdfDocumentRenderOptions.Rotation.Clockwise180,
    QPdfDocumentRenderOptions.Rotation.Clockwise270,
)


class PagesView(QAbstractScrollArea):
    """The pages of `document`, which its owner opens and closes."""

    #: the person has scrolled
    wandered = Signal()
    #: a page (from 0) was drawn small, for a list of pages
    small_drawn = Signal(int, QImage)

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        # No parent: as a child, the document would be deleted before the renderer, and Qt would crash.
        self.document = QPdfDocument()
        self.follows = True  # what is marked stays in place when the width changes
        self.fit: Fit = "width"
        self.turned = 0  # quarters of a turn clockwise
        self.columns = 1
        self._factor = 1.0
        self._here: Place | None = None
        #: by page, with the size that was asked for, what was drawn last behind; a page that cannot be drawn has an
        #: empty picture
        self._drawn: OrderedDict[int, tuple[QImage, QSize]] = OrderedDict()
        self._asked: dict[
            int, tuple[int, QSize]
        ] = {}  # by request: its page, and its size; of small ones none
        self._geometry: tuple[object, list[QRect]] = (None, [])
        self._renderer = QPdfPageRenderer(self)
        self._renderer.setDocument(self.document)
        self._renderer.setRenderMode(QPdfPageRenderer.RenderMode.MultiThreaded)
        self._renderer.pageRendered.connect(self.take)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().actionTriggered.connect(self.leave)
        self.verticalScrollBar().valueChanged.connect(self._note_place)

    # --- where pages are

    def page_rects(self) -> list[QRect]:
        """Each page's rectangle in the scrolled area."""
        view = self.viewport().size()
        count = self.document.pageCount()
        key = (view, self.fit, self._factor, self.turned, self.columns, count, self.document)
        if self._geometry[0] != key:
            self._geometry = (key, list(self._lay_out(view, count)))
        return self._geometry[1]

    def forget_layout(self) -> None:
        """Another document is open."""
        self._geometry = (None, [])
        self._drawn.clear()
        self._asked.clear()
        self._here = None
        self.update_bars()

    def _lay_out(self, view: QSize, count: int) -> Iterator[QRect]:
        rows = [range(first, min(first + self.columns, count)) for first in range(0, count, self.columns)]
        sizes = [[self._size(page) for page in row] for row in rows]
        scales = [self._scale(row, view) for row in sizes]
        widths = [
            sum(round(size.width() * scale) for size in row) + _GAP * (self.columns - 1)
            for row, scale in zip(sizes, scales, strict=True)
        ]
        total = max([view.width(), *(width + 2 * _MARGIN for width in widths)])
        y = _MARGIN
        for row, scale, width in zip(sizes, scales, widths, strict=True):
            x = (total - width) // 2
            for size in row:
                made = QSize(round(size.width() * scale), round(size.height() * scale))
                yield QRect(QPoint(x, y), made)
                x += made.width() + _GAP
            y += max(round(size.height() * scale) for size in row) + _GAP

    def _size(self, page: int) -> QSizeF:
        """The size of a page in points, as it is turned."""
        points = self.document.pagePointSize(page)
        return points.transposed() if self.turned % 2 else points

    def _scale(self, row: list[QSizeF], view: QSize) -> float:
        """Pixels per point for the pages of a row."""
        if self.fit == "none":
            return _resolution() * self._factor
        columns = self.columns if len(row) == self.columns else 2 * len(row)  # the last page stands alone
        room = view.width() - 2 * _MARGIN - _GAP * (columns - 1)
        width = sum(size.width() for size in row) * columns / len(row)
        scale = room / max(1.0, width)
        if self.fit == "page":
            height = max(size.height() for size in row)
            scale = min(scale, (view.height() - 2 * _MARGIN) / max(1.0, height))
        return max(0.01, scale)

    def to_area(self, page: int) -> QTransform:
        """From points of a page, counted from its upper left corner before it is turned, to the scrolled area."""
        rect, points = self.page_rects()[page], self.document.pagePointSize(page)
        zoom = rect.width() / max(1.0, self._size(page).width())
        move = QTransform.fromTranslate(rect.x(), rect.y()).scale(zoom, zoom)
        width, height = points.width(), points.height()
        corner = {0: (0.0, 0.0), 1: (height, 0.0), 2: (width, height), 3: (0.0, width)}[self.turned]
        return QTransform().rotate(90 * self.turned) * QTransform.fromTranslate(*corner) * move

    def page_at(self, position: QPointF) -> tuple[int, QPointF] | None:
        """The page under a point of the viewport, and that point on the page, in PDF points."""
        point = position + self.scrolled()
        pages = self.page_rects()
        near = [number for number, rect in enumerate(pages) if point.y() <= rect.bottom() + _GAP]
        if not near:
            return None
        row = [number for number in near if pages[number].top() <= pages[near[0]].bottom()][: self.columns]
        page = next((number for number in row if point.x() <= pages[number].right() + _GAP), row[-1])
        back, _ = self.to_area(page).inverted()
        return page, back.map(point)

    def scrolled(self) -> QPointF:
        """What stands in the upper left corner of the viewport."""
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def update_bars(self) -> None:
        """Let the scroll bars span all pages."""
        pages, view = self.page_rects(), self.viewport().size()
        bottom = max((rect.bottom() for rect in pages), default=0) + _MARGIN
        right = max((rect.right() for rect in pages), default=0) + _MARGIN
        for bar, end, room in (
            (self.verticalScrollBar(), bottom, view.height()),
            (self.horizontalScrollBar(), right, view.width()),
        ):
            bar.setRange(0, max(0, end - room))
            bar.setPageStep(room)
            bar.setSingleStep(max(1, room // 20))
        self.viewport().update()

    # --- where one reads

    def place(self) -> Place | None:
        """The page at the upper edge, and how much of it is above."""
        pages = self.page_rects()
        if not pages:
            return None
        top = self.verticalScrollBar().value() + _MARGIN
        page = next((number for number, rect in enumerate(pages) if rect.bottom() >= top), len(pages) - 1)
        return Place("page", page, max(0.0, (top - pages[page].top()) / max(1, pages[page].height())))

    def go_to(self, place: Place) -> None:
        """Show such a place at the upper edge."""
        pages = self.page_rects()
        if pages:
            rect = pages[min(max(0, place.at), len(pages) - 1)]
            self.follows = False
            self.verticalScrollBar().setValue(round(rect.top() - _MARGIN + place.share * rect.height()))
            self._here = place
            self.wandered.emit()

    def leave(self, _action: int = 0) -> None:
        """The person goes elsewhere."""
        self.follows = False
        self.wandered.emit()

    def _note_place(self) -> None:
        self._here = self.place()

    # --- sizes

    def zoom(self, steps: int) -> None:
        """Zoom in or out by `steps`; 0 fits the pages to the width. The line at the top stays at the top."""
        pages = self.page_rects()
        if not pages:
            return
        if steps == 0:
            self.arrange(fit="width")
            return
        here = self.place()
        page = 0 if here is None else here.at
        now = pages[page].width() / max(1.0, self._size(page).width()) / _resolution()
        self._factor = min(_ZOOM[1], max(_ZOOM[0], now * _STEP**steps))
        self.arrange(fit="none")

    def arrange(self, *, fit: Fit | None = None, turn: int = 0, columns: int | None = None) -> None:
        """Lay the pages out otherwise; what is at the top stays there."""
        here = self.place()
        self.fit = fit or self.fit
        self.turned = (self.turned + turn) % 4
        self.columns = columns or self.columns
        if turn:
            self._drawn.clear()
            self._asked = {number: asked for number, asked in self._asked.items() if asked[1].isEmpty()}
        self.update_bars()
        if here is not None:
            self.go_to(here)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A new width moves the pages: what is marked, or the line at the top, stays in place."""
        here = self._here
        super().resizeEvent(event)
        self.update_bars()
        if self.follows:
            self.reveal()
        elif here is not None:
            self.go_to(here)

    def reveal(self) -> None:
        """Scroll to what is marked; the subclass knows where that is."""

    # --- drawing

    @property
    def waiting(self) -> bool:
        """Whether a page in sight is not drawn yet as it stands there."""
        return any(not self._is_current(page) for page, _ in self._in_sight())

    @property
    def asked(self) -> bool:
        """Whether a page is being drawn."""
        return bool(self._asked)

    def guard(self) -> None:
        """Called before and after a page is drawn."""

    def draw_small(self, page: int, width: int) -> None:
        """Ask for a small picture of a page; `small_drawn` brings it."""
        size = self.document.pagePointSize(page)
        wanted = QSize(width, max(1, round(width * size.height() / max(1.0, size.width()))))
        number = self._renderer.requestPage(page, wanted * self.devicePixelRatioF())
        if number:
            self._asked[number] = (page, QSize())
        self.guard()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pages that are there, and ask for the others."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.viewport().rect(), theme.current().background)
        painter.translate(-self.scrolled())
        for page, rect in self._in_sight():
            painter.fillRect(rect, Qt.GlobalColor.white)
            if (drawn := self._drawn.get(page)) is not None:
                painter.drawImage(rect, drawn[0])
                self._drawn.move_to_end(page)
            painter.setPen(QPen(theme.current().line, 1))
            painter.drawRect(rect.adjusted(-1, -1, 0, 0))
            self._ask(page, rect)
        painter.end()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw anew: pages are pictures."""
        self.viewport().update()

    def _in_sight(self) -> list[tuple[int, QRect]]:
        sight = QRect(self.scrolled().toPoint(), self.viewport().size())
        return [(page, rect) for page, rect in enumerate(self.page_rects()) if rect.intersects(sight)]

    def _pixels(self, rect: QRect) -> QSize:
        return (QSizeF(rect.size()) * self.devicePixelRatioF()).toSize()

    def _is_current(self, page: int) -> bool:
        drawn = self._drawn.get(page)
        return drawn is not None and drawn[1] == self._pixels(self.page_rects()[page])

    def _ask(self, page: int, rect: QRect) -> None:
        large = [asked for asked, size in self._asked.values() if not size.isEmpty()]
        if self._is_current(page) or page in large or len(large) >= _AT_ONCE:
            return
        options = QPdfDocumentRenderOptions()
        options.setRotation(_TURNS[self.turned])
        size = self._pixels(rect)
        number = self._renderer.requestPage(page, size, options)
        if number:
            self._asked[number] = (page, size)

    def take(
        self, page: int, _size: QSize, image: QImage, _options: QPdfDocumentRenderOptions, number: int
    ) -> None:
        """A page was drawn; of a document that was closed meanwhile nobody asked for it any more."""
        asked = self._asked.pop(number, None)
        if asked is None:
            return
        if asked[1].isEmpty():
            self.small_drawn.emit(page, image)
        else:
            self._drawn[page] = image, asked[1]
            self._drawn.move_to_end(page)
            while len(self._drawn) > 1 and self._kept_pixels() > _KEPT_PIXELS:
                self._drawn.popitem(last=False)
        self.guard()
        self.viewport().update()

    def _kept_pixels(self) -> int:
        return sum(image.width() * image.height() for image, _ in self._drawn.values())


def _resolution() -> float:
    """Pixels per PDF point at a zoom of 1."""
    return QGuiApplication.primaryScreen().logicalDotsPerInch() / 72
