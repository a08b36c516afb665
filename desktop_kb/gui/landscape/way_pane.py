"""The way between two passages: each of its steps can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.records import Step

#: Characters of a step's text in its row.
_SHOWN: Final = 220


class _Steps(QListWidget):
    entered = Signal(object)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.entered.emit(self.currentItem().data(Qt.ItemDataRole.UserRole))
        else:
            super().keyPressEvent(event)


class WayPane(QFrame):
    """Hidden while there is no way."""

    #: a `Step` is to be shown on the map, or read
    went = Signal(object)
    entered = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.steps: Sequence[Step] = ()
        self.head = label("", "strong", wrap=True)
        self.list = _Steps()
        self.list.setObjectName("way")
        self.list.setAccessibleName(tr("The way between two passages"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._went)
        self.list.itemClicked.connect(lambda item: self.entered.emit(item.data(Qt.ItemDataRole.UserRole)))
        self.list.entered.connect(self.entered)
        top = QHBoxLayout()
        top.addWidget(self.head, 1)
        top.addWidget(button(tr("Close"), self.close_way, "quietlink"))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 6)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        self.hide()

    def show_way(self, steps: Sequence[Step]) -> None:
        """List the steps of a way."""
        self.steps = steps
        self.head.setText(tr("The way in {n} steps", n=len(steps)))
        self.list.blockSignals(True)
        self.list.clear()
        for number, step in enumerate(steps, 1):
            words = " ".join(step.text.split())
            words = words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …"
            item = QListWidgetItem(f"{number}  {step.title}\n{words}")
            item.setData(Qt.ItemDataRole.UserRole, step)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.blockSignals(False)
        self.show()

    def close_way(self) -> None:
        """Forget the way."""
        self.steps = ()
        self.hide()
        self.closed.emit()

    def _went(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.went.emit(item.data(Qt.ItemDataRole.UserRole))
