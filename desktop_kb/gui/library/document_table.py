"""The table of documents. It restores selection and current row by document id when the rows change."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from desktop_kb.gui import theme
from desktop_kb.gui.library.document_model import DocumentModel
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document


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
        for column, width in enumerate((360, 90, 90, 70, 90, 180, 110)):
            self.setColumnWidth(column, theme.px(width))
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        self.sortByColumn(6, Qt.SortOrder.DescendingOrder)
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
        if not self._pressed(event):
            super().keyPressEvent(event)

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
