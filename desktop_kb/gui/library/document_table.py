"""The table of documents: what is selected, and where the keys are, is known by document and not by row."""

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
    """However the rows are replaced, those that are still there stay selected, and the row that the keys
    are at keeps its place under the eye.
    """

    #: others are selected, or the same have changed
    chosen = Signal()

    def __init__(self, model: DocumentModel, pressed: Callable[[QKeyEvent], bool]) -> None:
        """`pressed` is asked first what a key does; False leaves it to the table."""
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
        # One height for all: measuring 100,000 rows takes seconds.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.px(34))
        header = self.horizontalHeader()
        # Of its own, always empty: to paint itself the header asks the table's whether a column is
        # selected, row by row; with all of 100,000 rows selected that took a second.
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
        # After those of the view and of its selection, which were connected before: they forget all.
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._restore)

    def documents(self) -> Iterator[Document]:
        """The documents selected, in the order shown."""
        # By ranges: `selectedRows` takes a second for 100,000 rows.
        ranges = self.selectionModel().selection().toList()
        for top, bottom in sorted({(range_.top(), range_.bottom()) for range_ in ranges}):
            yield from self._documents.documents(top, bottom + 1)

    def start_over(self) -> None:
        """The rows are others: from the first one on."""
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
        """The keys are where they were: at the document, or at the row where it stood."""
        there = self._current in ids
        row = ids.index(self._current) if there else min(self._row, len(ids) - 1)
        keep = QItemSelectionModel.SelectionFlag.NoUpdate
        self.selectionModel().setCurrentIndex(self._documents.index(row, self._column), keep)
        self.doItemsLayout()
        # The value is a row: the table scrolls by rows.
        moved = row - self._row if there and self._in_sight else 0
        self.verticalScrollBar().setValue(self._scrolled + moved)

    def _select(self, rows: list[int]) -> None:
        """Select these rows, by ranges of whole rows: one by one 100,000 rows take minutes, and Qt
        itself takes 27 s to widen 50,000 cells to their rows."""
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
