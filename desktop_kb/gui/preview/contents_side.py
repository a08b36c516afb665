"""Beside what is read: its outline, and of a PDF its pages as small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPainter, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtPdf import QPdfBookmarkModel, QPdfDocument
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
)

from desktop_kb.gui import theme
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.gui.preview.trail import Place
from desktop_kb.gui.translation import tr
from desktop_kb.records import Heading

_SMALL: Final = 110  # pixels; the width of a small page
_MOST: Final = 5_000
_DEEPEST: Final = 32
_PLACE: Final = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an outline: how deep it stands, from 0, and where it leads: a place, or raw `[start, end)`."""

    title: str
    depth: int
    leads: Place | tuple[int, int]


def outline_of(headings: Sequence[Heading]) -> list[Entry]:
    """The headings of a text, each below the last one of a higher level."""
    entries: list[Entry] = []
    above: list[int] = []
    for heading in headings[:_MOST]:
        while above and above[-1] >= heading.level:
            above.pop()
        entries.append(Entry(heading.title, len(above), (heading.start, heading.end)))
        above.append(heading.level)
    return entries


def bookmarks_of(document: QPdfDocument) -> list[Entry]:
    """The outline that a PDF has."""
    model = QPdfBookmarkModel()
    model.setDocument(document)
    entries: list[Entry] = []
    waiting = [(QModelIndex(), row, 0) for row in reversed(range(model.rowCount(QModelIndex())))]
    while waiting and len(entries) < _MOST:
        parent, row, depth = waiting.pop()
        index = model.index(row, 0, parent)
        page = int(index.data(QPdfBookmarkModel.Role.Page.value))
        if 0 <= page < document.pageCount():
            height = max(1.0, document.pagePointSize(page).height())
            down = index.data(QPdfBookmarkModel.Role.Location.value).y() / height
            title = " ".join(str(index.data(QPdfBookmarkModel.Role.Title.value)).split())
            entries.append(Entry(title, depth, Place("page", page, min(1.0, max(0.0, down)))))
        if depth < _DEEPEST:
            waiting += [(index, below, depth + 1) for below in reversed(range(model.rowCount(index)))]
    return entries


class ContentsSide(QTabWidget):
    """The outline as a tree, and the pages."""

    #: a `Place`, or raw `[start, end)`
    chosen = Signal(object)

    def __init__(self, pdf: PdfPreview) -> None:
        super().__init__()
        self._pdf = pdf
        self.setDocumentMode(True)
        self.setAccessibleName(tr("Outline and pages"))
        self.outline = QTreeWidget()
        self.outline.setHeaderHidden(True)
        self.outline.setAccessibleName(tr("Outline"))
        self.outline.setObjectName("outline")
        self.outline.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.outline.itemClicked.connect(self._choose)
        self.pages = QListWidget()
        self.pages.setObjectName("smallPages")
        self.pages.setAccessibleName(tr("Thumbnails"))
        self.pages.setViewMode(QListWidget.ViewMode.IconMode)
        self.pages.setMovement(QListWidget.Movement.Static)
        self.pages.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.pages.setUniformItemSizes(True)
        self.pages.setSpacing(6)
        self.pages.itemClicked.connect(self._choose)
        # Activating is a double click in one style and a click in another, which would be heard beside the clicks.
        for view in (self.outline, self.pages):
            view.installEventFilter(self)
        self._draw_soon = QTimer(self, singleShot=True, interval=60)
        self._draw_soon.timeout.connect(self._draw)
        self.pages.verticalScrollBar().valueChanged.connect(self._draw_soon.start)
        pdf.small_drawn.connect(self._show_small)
        self.addTab(self.outline, tr("Outline"))
        self.addTab(self.pages, tr("Thumbnails"))
        self.currentChanged.connect(self._draw_soon.start)
        self._filled: object = None
        self._drawn: set[int] = set()  # a page that cannot be drawn is one that was tried

    def show_contents(self, entries: Sequence[Entry], *, pages: int) -> None:
        """Show an outline, and if there are `pages`, those."""
        key = (tuple(entries), pages, self._pdf.file)
        if key == self._filled:
            return
        self._filled = key
        self.outline.clear()
        above: list[QTreeWidgetItem] = []
        for entry in entries:
            item = QTreeWidgetItem([entry.title])
            item.setData(0, _PLACE, entry.leads)
            item.setToolTip(0, entry.title)
            del above[entry.depth :]
            if above:
                above[-1].addChild(item)
            else:
                self.outline.addTopLevelItem(item)
            above.append(item)
        self.outline.expandToDepth(1)
        self.pages.clear()
        blank = QPixmap(_SMALL, round(_SMALL * 1.41))
        blank.fill(theme.current().panel)
        self.pages.setIconSize(QSize(_SMALL, round(_SMALL * 1.41)))
        for number in range(1, pages + 1):
            self.pages.addItem(QListWidgetItem(QIcon(blank), f"{number:,}"))
        self._drawn.clear()
        self.setTabVisible(1, pages > 0)
        self.setTabVisible(0, bool(entries) or not pages)
        self.setCurrentIndex(0 if entries or not pages else 1)
        self._draw_soon.start()

    def show_place(self, at: int) -> None:
        """Select the page (from 0) that is read."""
        if 0 <= at < self.pages.count() and not self.pages.hasFocus():
            self.pages.setCurrentRow(at)

    def _choose(self, item: QTreeWidgetItem | QListWidgetItem | None) -> None:
        if isinstance(item, QTreeWidgetItem):
            self.chosen.emit(item.data(0, _PLACE))
        elif item is not None:
            self.chosen.emit(Place("page", self.pages.row(item)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter leads to the line, or the page, that the keys are in."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ):
            self._choose(self.outline.currentItem() if watched is self.outline else self.pages.currentItem())
            return True
        return super().eventFilter(watched, event)

    def _draw(self) -> None:
        """Ask for the small pages in sight."""
        if not self.pages.isVisible():
            return
        sight = self.pages.viewport().rect()
        for number in range(self.pages.count()):
            if number not in self._drawn and self.pages.visualItemRect(self.pages.item(number)).intersects(
                sight
            ):
                self._pdf.draw_small(number, _SMALL)

    def _show_small(self, page: int, image: QImage) -> None:
        self._drawn.add(page)
        if page < self.pages.count() and not image.isNull():
            paper = QPixmap(image.size())
            paper.fill(Qt.GlobalColor.white)
            painter = QPainter(paper)
            painter.drawImage(0, 0, image)
            painter.end()
            paper.setDevicePixelRatio(self.devicePixelRatioF())
            self.pages.item(page).setIcon(QIcon(paper))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other pages are in sight."""
        super().resizeEvent(event)
        self._draw_soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what is in sight now."""
        super().showEvent(event)
        self._draw_soon.start()
