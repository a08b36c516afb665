"""How the hits are arranged: their order, and whether those of a document stand together."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.translation import tr
from desktop_kb.records import SearchSort

ORDERS: Final[dict[SearchSort, str]] = {
    "score": "Best first",
    "date": "Newest date first",
    "added": "Last added first",
    "modified": "Last changed first",
    "title": "By title",
}


class Arrangement(QWidget):
    """A list of orders and a check box, beside the summary of the hits."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.order = QComboBox()
        self.order.setAccessibleName(tr("Order of the hits"))
        for code, name in ORDERS.items():
            self.order.addItem(tr(name), code)
        self.grouped = QCheckBox(tr("Group by document"))
        self.grouped.setChecked(True)
        self.setStyleSheet(f"* {{ font-size: {theme.px(theme.SECONDARY)}px; }}")
        row.addWidget(self.order)
        row.addWidget(self.grouped)
        self.order.currentIndexChanged.connect(self.changed)
        self.grouped.toggled.connect(self.changed)

    @property
    def sort(self) -> SearchSort:
        """The chosen order."""
        return cast(SearchSort, self.order.currentData())
