"""The table of documents. It restores selection and current row by document id when the rows change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from PySide6.QtCore import (
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desktop_kb.gui import theme
from desktop_kb.gui.library.document_model import COLUMNS, NUMBERS, DocumentModel
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import types
from desktop_kb.records import Document

#: The title is never narrower, whatever else is shown.
_LEAST_TITLE: Final = 200


class DocumentTable(QTableView):
    """When the rows are replaced, documents that are still there stay selected, and the current row keeps
    its position on the screen.
    """

    #: the selection has changed, or the selected documents have
    chosen = Signal()

    def __init__(self, model: DocumentModel, pressed: Callable[[QKeyEvent], bool]) -> None:
        """`pressed` handles a key first; if it returns False, the table handles it."""
        super().__init__()
        self._pressed = pressed
        self._documents = model
        self.setModel(model)
        self.setAccessibleName(tr("Documents"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        # A fixed row height, because measuring 100,000 rows takes seconds.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.px(34))
        header = self.horizontalHeader()
        # Give the header its own selection model, which stays empty. To paint itself, the header asks its
        # model row by row whether a column is selected: 1 s with 100,000 selected rows.
        header.setSelectionModel(QItemSelectionModel(model, self))
        header.setHighlightSections(False)
        header.setMinimumSectionSize(48)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, theme.px(column.width))
            self.setColumnHidden(number, not column.shown)
        header.sectionResized.connect(self._resized)
        self.setItemDelegate(_Row(self))
        self.setSortingEnabled(True)
        self.sortByColumn(NUMBERS["added"], Qt.SortOrder.DescendingOrder)
        self._selected: set[str] = set()
        self._current = ""
        self._row = self._column = self._scrolled = 0
        self._in_sight = False
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        # Slots run in the order of connection. The view and its selection model were connected before,
        # so they have already cleared everything when `_restore` runs.
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._restore)

    def documents(self) -> Iterator[Document]:
        """The selected documents, in the order shown."""
        # Use ranges: `selectedRows` takes a second for 100,000 rows.
        ranges = self.selectionModel().selection().toList()
        for top, bottom in sorted({(range_.top(), range_.bottom()) for range_ in ranges}):
            yield from self._documents.documents(top, bottom + 1)

    def start_over(self) -> None:
        """Clear the current row and scroll to the top, for rows of another query."""
        self.selectionModel().clearCurrentIndex()
        self.scrollToTop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if types(event):
            event.ignore()  # it begins a question, see the window
        elif not self._pressed(event):
            super().keyPressEvent(event)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw both rows anew: Qt does so with the two cells, and the frame is round the row."""
        super().currentChanged(current, previous)
        for index in (current, previous):
            if index.isValid():
                top, height = self.rowViewportPosition(index.row()), self.rowHeight(index.row())
                self.viewport().update(QRect(0, top, self.viewport().width(), height))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # --- the columns

    def columns_menu(self, title: str) -> QMenu:
        """A menu that shows and hides the columns; the title stays."""
        menu = QMenu(title, self)
        for number, column in list(enumerate(COLUMNS))[1:]:
            action = menu.addAction(tr(column.heading))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(number))
            action.toggled.connect(lambda shown, number=number: self.show_column(number, shown))
        return menu

    def show_column(self, number: int, shown: bool) -> None:
        """Show or hide a column."""
        self.setColumnHidden(number, not shown)
        self.fit_title()

    def _header_menu(self, at: QPoint) -> None:
        menu = self.columns_menu(tr("Columns"))
        menu.exec(self.horizontalHeader().viewport().mapToGlobal(at))
        menu.deleteLater()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_title()

    def _resized(self, number: int, _old: int, _new: int) -> None:
        if number:
            self.fit_title()

    def fit_title(self) -> None:
        """The title takes what the other columns leave, but can always be read."""
        header = self.horizontalHeader()
        others = header.length() - header.sectionSize(0)
        header.resizeSection(0, max(theme.px(_LEAST_TITLE), self.viewport().width() - others))

    def saveState(self) -> QByteArray:
        """Which columns are shown, how wide they are, and by which the rows are sorted."""
        return self.horizontalHeader().saveState()

    def restoreState(self, state: QByteArray) -> bool:
        """Take over a state that was saved; False if it is of other columns."""
        header = self.horizontalHeader()
        kept = header.saveState()
        if not header.restoreState(state) or header.count() != len(COLUMNS) or header.isSectionHidden(0):
            header.restoreState(kept)
            return False
        self.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())
        self.fit_title()
        return True

    # --- when the rows are replaced

    def _remember(self) -> None:
        self._selected = {document.document for document in self.documents()}
        current = self.currentIndex()
        self._current = self._documents.document(current.row()).document if current.isValid() else ""
        self._row, self._column = current.row(), current.column()
        self._scrolled = self.verticalScrollBar().value()
        self._in_sight = self.visualRect(current).intersects(self.viewport().rect())

    def _restore(self) -> None:
        if self._selected or self._current:
            ids = [document.document for document in self._documents.documents()]
            self._select([row for row, id in enumerate(ids) if id in self._selected])
            if self._current and ids:
                self._go_back(ids)
        self.chosen.emit()

    def _go_back(self, ids: list[str]) -> None:
        """Restore the current row: that of the same document, or the same row number if it is not shown."""
        there = self._current in ids
        row = ids.index(self._current) if there else min(self._row, len(ids) - 1)
        keep = QItemSelectionModel.SelectionFlag.NoUpdate
        self.selectionModel().setCurrentIndex(self._documents.index(row, self._column), keep)
        self.doItemsLayout()
        # The scroll bar counts rows.
        moved = row - self._row if there and self._in_sight else 0
        self.verticalScrollBar().setValue(self._scrolled + moved)

    def _select(self, rows: list[int]) -> None:
        """Select these rows as ranges of whole rows. Selecting 100,000 rows one by one takes minutes, and
        Qt takes 27 s to extend 50,000 cells to their rows."""
        last_column = self._documents.columnCount() - 1
        selection = QItemSelection()
        first = last = -2
        for row in [*rows, -2]:
            if row != last + 1:
                if last >= 0:
                    selection.select(
                        self._documents.index(first, 0), self._documents.index(last, last_column)
                    )
                first = row
            last = row
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.Select)


class _Row(QStyledItemDelegate):
    """Marks selected rows with a bar, and the current one, where the keys are, with a frame: their grounds alone
    differ too little (1.1 to 1)."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        table = self.parent()
        assert isinstance(table, DocumentTable)
        box, accent, header = QRect(option.rect), theme.current().accent, table.horizontalHeader()
        first = header.visualIndex(index.column()) == 0
        if option.state & QStyle.StateFlag.State_Selected and first:
            painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), accent)
        if table.hasFocus() and index.row() == table.currentIndex().row():
            for top in (box.top(), box.bottom() - 1):
                painter.fillRect(QRect(box.left(), top, box.width(), 2), accent)
            if first:
                painter.fillRect(QRect(box.left(), box.top(), 2, box.height()), accent)
            if box.right() >= header.length() - header.offset() - 1:
                painter.fillRect(QRect(box.right() - 1, box.top(), 2, box.height()), accent)
