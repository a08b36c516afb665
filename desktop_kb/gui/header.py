"""The line at the top: where to look, the box, and what is always at hand."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.search_box import SearchBox
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button


class Header(QWidget):
    """`tabs` holds the switch: 0 search, 1 library."""

    save_requested = Signal()
    add_requested = Signal()
    note_requested = Signal()
    menu_requested = Signal(QPoint)  # on the screen

    def __init__(self, box: SearchBox, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(12)
        switch = QFrame()
        switch.setObjectName("switch")
        inner = QHBoxLayout(switch)
        inner.setContentsMargins(3, 3, 3, 3)
        inner.setSpacing(0)
        self.tabs = QButtonGroup(self)
        for number, name in enumerate((tr("Search"), tr("Library"))):
            segment = QPushButton(name)
            segment.setProperty("segment", True)
            segment.setCheckable(True)
            segment.setChecked(number == 0)
            self.tabs.addButton(segment, number)
            inner.addWidget(segment)
        row.addWidget(switch)
        box.setMaximumWidth(theme.px(830))
        row.addWidget(box, 10)
        self._star = button("☆", self.save_requested.emit, "quietlink")
        self.show_saved(False)
        row.addWidget(self._star)
        row.addStretch(1)
        row.addWidget(button("＋ " + tr("Add"), self.add_requested.emit))
        row.addWidget(button("✎ " + tr("Note"), self.note_requested.emit))
        self._more = button("⋯", self._ask_menu)
        self._more.setAccessibleName(tr("More"))
        row.addWidget(self._more)

    def show_saved(self, saved: bool) -> None:
        """Whether what stands in the box is among the saved searches."""
        self._star.setText("★" if saved else "☆")
        does = tr("Forget this search") if saved else tr("Save this search")
        self._star.setToolTip(does)
        self._star.setAccessibleName(does)

    def _ask_menu(self) -> None:
        self.menu_requested.emit(self._more.mapToGlobal(self._more.rect().bottomLeft()))
