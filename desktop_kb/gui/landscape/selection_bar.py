"""What is selected on the map, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.translation import plural, tr
from desktop_kb.gui.widgets import button, label


class SelectionBar(QFrame):
    """Hidden while nothing is selected."""

    cleared = Signal()

    def __init__(self, actions: ActionSet, buttons: Mapping[str, str], parent: QWidget | None = None) -> None:
        """`buttons`: action -> its short name."""
        super().__init__(parent)
        self.setObjectName("notice")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(4)
        self.words = label("", wrap=True)
        row.addWidget(self.words, 1)
        self.buttons: dict[str, QPushButton] = {}
        for id, name in buttons.items():
            made = self.buttons[id] = button(name, actions[id].trigger, "link")
            row.addWidget(made)
        row.addWidget(button(tr("Clear"), self.cleared.emit, "quietlink"))
        self.hide()

    def show_selection(self, what: str, documents: int, passages: int) -> None:
        """Say what is selected; nothing hides the bar."""
        counts = [
            plural(documents, "{n} document", "{n} documents"),
            plural(passages, "{n} passage", "{n} passages"),
        ]
        self.words.setText(" · ".join(filter(None, (what, *counts))))
        self.setVisible(bool(passages))
