"""The marks of a document as a list below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QBrush, QKeyEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop_kb.formats import shown_as
from desktop_kb.gui import theme
from desktop_kb.gui.translation import comma, tr
from desktop_kb.gui.widgets import label
from desktop_kb.records import Mark

_HEIGHT: Final = 150
#: Characters of a passage in its row.
_SHOWN: Final = 160


class _List(QListWidget):
    """Enter chooses a row, Del removes its mark, F2 writes to it."""

    chosen = Signal(object)
    removed = Signal(object)
    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.itemClicked.connect(lambda item: self.chosen.emit(item.data(Qt.ItemDataRole.UserRole)))
        self.itemDoubleClicked.connect(self._edit)

    def _edit(self, item: QListWidgetItem) -> None:
        mark = item.data(Qt.ItemDataRole.UserRole)
        if mark.is_mine:
            self.edited.emit(mark)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        mark = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        key = event.key()
        if mark is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(mark)
        elif mark is not None and key == Qt.Key.Key_Delete and mark.is_mine:
            self.removed.emit(mark)
        elif mark is not None and key == Qt.Key.Key_F2:
            self._edit(item)
        else:
            super().keyPressEvent(event)


class MarksPane(QFrame):
    """Hidden until it is asked for; says what there is to be seen where there is none."""

    #: the mark that is to be shown, taken away, written to
    chosen = Signal(object)
    removed = Signal(object)
    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.head = label(tr("Marks"), "strong")
        self.list = _List()
        self.list.setAccessibleName(tr("Marks of the document"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setIconSize(QSize(theme.px(12), theme.px(12)))
        self.list.chosen.connect(self.chosen)
        self.list.removed.connect(self.removed)
        self.list.edited.connect(self.edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 6)
        column.addWidget(self.head)
        column.addWidget(self.list)
        self.setMaximumHeight(theme.px(_HEIGHT))
        self.hide()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """List these marks."""
        row = self.list.currentRow()
        self.list.clear()
        dark = theme.current().dark
        for mark in marks:
            item = QListWidgetItem(_said(mark))
            item.setData(Qt.ItemDataRole.UserRole, mark)
            item.setBackground(QBrush(theme.MARKS[mark.colour][dark]))
            item.setForeground(QBrush(theme.current().ink))
            self.list.addItem(item)
        self.list.setCurrentRow(min(max(0, row), self.list.count() - 1))
        self.head.setText(f"{tr('Marks')}  {len(marks)}" if marks else tr("No marks in this document yet"))


def _said(mark: Mark) -> str:
    """A mark as one row: page, words, comment."""
    words = " ".join(mark.quote.split())
    words = words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …"
    page = tr(shown_as(mark.type).page, page=mark.page_label or mark.page) if mark.page is not None else ""
    own = tr("the file's own") if mark.own else ""
    by = tr("by {name}", name=mark.by) if mark.by else tr("shared") if mark.shared else ""
    adrift = tr("adrift: the words are not in the text any more") if mark.adrift else ""
    head = comma().join(part for part in (page, own, by, adrift) if part)
    return "  —  ".join(part for part in (head, words, mark.comment) if part)
