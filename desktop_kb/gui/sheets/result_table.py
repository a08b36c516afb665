"""A table of results in a sheet: as high as its rows, and read cell by cell by a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem

from desktop_kb.gui import theme

#: Between two columns, and above and below a text.
_GAP: Final = 14
_AROUND: Final = 4


class ResultTable(QTableWidget):
    """The last column takes the width that the others leave, and its texts are wrapped. The sheet scrolls it."""

    def __init__(self, name: str, headings: Sequence[str]) -> None:
        """`headings` are heard, not seen."""
        super().__init__(0, len(headings))
        self.setObjectName("results")
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(headings))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.hide()
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._widths = [0] * len(headings)

    def add_row(self, *cells: QTableWidgetItem, widths: Sequence[int] = ()) -> None:
        """Add a row; `widths` are the least of its columns."""
        row = self.rowCount()
        self.setRowCount(row + 1)
        for column, cell in enumerate(cells):
            self.setItem(row, column, cell)
            wanted = QFontMetrics(cell.font()).horizontalAdvance(cell.text()) + _GAP
            least = widths[column] if column < len(widths) else 0
            self._widths[column] = max(self._widths[column], wanted, least)
        self._fit()  # other results may need no other size
        self.updateGeometry()

    def _last_width(self, width: int) -> int:
        return max(theme.px(80), width - sum(self._widths[:-1]))

    def _row_height(self, row: int, width: int) -> int:
        cells = [one for at in range(self.columnCount()) if (one := self.item(row, at)) is not None]
        item = cells[-1]
        metrics, flags = QFontMetrics(item.font()), Qt.TextFlag.TextWordWrap.value
        wrapped = metrics.boundingRect(QRect(0, 0, self._last_width(width) - 4, 10_000), flags, item.text())
        plain = max(QFontMetrics(one.font()).height() for one in cells)
        return max(wrapped.height(), plain) + 2 * _AROUND

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all rows."""
        return sum(self._row_height(row, width) for row in range(self.rowCount()))

    def sizeHint(self) -> QSize:
        """As wide as its longest texts."""
        return QSize(sum(self._widths), self.heightForWidth(sum(self._widths)))

    def minimumSizeHint(self) -> QSize:
        """It can be narrow, and is never cut below."""
        return QSize(theme.px(200), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        width = self.width()
        for column, wanted in enumerate([*self._widths[:-1], self._last_width(width)]):
            self.setColumnWidth(column, wanted)
        for row in range(self.rowCount()):
            self.setRowHeight(row, self._row_height(row, width))

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self.currentIndex().isValid():
            self.setCurrentCell(0, 0)
        super().focusInEvent(event)


def cell(text: str, style: str = "", *, heard: str = "") -> QTableWidgetItem:
    """A cell; `style`: quiet, good, attention, as of a label; `heard`: what a screen reader says of it."""
    made = QTableWidgetItem(text)
    made.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    made.setFont(
        theme.font(theme.SECONDARY if style in ("quiet", "attention") else theme.BODY, bold=style == "good")
    )
    colours = theme.current()
    made.setForeground(
        {"quiet": colours.muted, "good": colours.accent, "attention": colours.attention}.get(
            style, colours.ink
        )
    )
    if heard:
        made.setData(Qt.ItemDataRole.AccessibleTextRole, heard)
    return made
