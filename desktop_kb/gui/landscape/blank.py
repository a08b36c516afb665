"""What stands in place of the map while there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import label
from desktop_kb.records import Document

#: With fewer passages there are no hills.
FEWEST: Final = 12


class Blank(QWidget):
    """A sentence, with a line that moves while the landscape is being computed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label("", "quiet", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.words.setProperty("page", True)
        self.words.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # it takes the map's place, also for the keys
        self.line = QProgressBar()
        self.line.setRange(0, 0)
        self.line.setTextVisible(False)
        self.line.setFixedWidth(theme.px(180))
        self.line.setAccessibleName(tr("Progress"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 96, 24, 24)
        column.setSpacing(14)
        column.addWidget(self.words)
        column.addWidget(self.line, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.setFocusProxy(self.words)
        self.say("")

    def say(self, words: str, *, busy: bool = False) -> None:
        """Show a sentence."""
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.line.setVisible(busy)


def why_none(passages: int, read: int, documents: Mapping[str, Document]) -> str:
    """Why there is no map."""
    if documents and not read and any(document.chunks for document in documents.values()):
        return tr(
            "A landscape is made of meaning, and no model has read the documents yet. Once one has, it appears."
        )
    return tr(
        "A landscape needs {least} passages, and there are {n}. Add files, and it appears by itself.",
        least=FEWEST,
        n=passages,
    )
