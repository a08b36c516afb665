"""The row above the map: what is there, what the colours mean, what is to be found, and how one moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.actions import ActionSet, keys_of
from desktop_kb.gui.landscape.colouring import COLOURED_BY
from desktop_kb.gui.landscape.finding import FINDS, Find
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.records import ColouredBy


class MapTools(QWidget):
    """Emits what was changed."""

    coloured = Signal()
    found = Signal(str)
    lassoed = Signal(bool)

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = label("", "quiet")
        self.colours, self.finds = QComboBox(), QComboBox()
        self.colours.setAccessibleName(tr("Colour of the dots"))
        for by, name in COLOURED_BY.items():
            self.colours.addItem(tr("Colour: {what}", what=tr(name)), by)
        self.finds.setAccessibleName(tr("Find documents on the map"))
        for find, name in FINDS.items():
            self.finds.addItem(tr(name), find)
        self.colours.currentIndexChanged.connect(self.coloured)
        self.finds.activated.connect(lambda at: self.found.emit(self.finds.itemData(at)))
        self.lasso = button(
            tr("Lasso"),
            lambda: self.lassoed.emit(self.lasso.isChecked()),
            "toggle",
            tr("Draw around dots (Shift)"),
        )
        self.lasso.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.summary, 1)
        for widget in (self.colours, self.finds, self.lasso):
            row.addWidget(widget)
        for sign, id, name in (
            ("−", "map-farther", tr("Farther")),
            ("＋", "map-nearer", tr("Nearer")),
            ("⤢", "map-all", tr("All of the map")),
        ):
            row.addWidget(_sign(sign, actions[id].trigger, f"{name} ({keys_of(id)})"))
        self.setStyleSheet(f"* {{ font-size: {theme.px(theme.SECONDARY)}px; }}")

    @property
    def by(self) -> ColouredBy:
        """What the colours mean."""
        return cast(ColouredBy, self.colours.currentData())

    def find_nothing(self) -> None:
        """Nothing is looked for any more."""
        self.finds.setCurrentIndex(0)

    @property
    def sought(self) -> Find:
        """What is looked for."""
        return cast(Find, self.finds.currentData())


def _sign(sign: str, clicked: Callable[[], object], name: str) -> QWidget:
    made = button(sign, clicked, "sign", name)
    made.setFixedWidth(theme.px(34))
    return made
