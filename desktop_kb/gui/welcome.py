"""The page shown for an empty library: how to add documents, and what happens to them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.announce import announce
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label


class Welcome(QWidget):
    """Shown instead of the views while the library is empty."""

    def __init__(
        self,
        add_files: Callable[[], object],
        add_samples: Callable[[], object],
        restore: Callable[[], object],
    ) -> None:
        super().__init__()
        self._nothing = label("", "attention", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._nothing.hide()
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        card = QFrame()
        card.setProperty("card", True)
        card.setFixedWidth(theme.px(620))
        column = QVBoxLayout(card)
        column.setContentsMargins(48, 44, 48, 44)
        column.setSpacing(14)
        heading = label(tr("Drop your PDFs and notes here"), "heading", wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(heading)
        for words in (
            tr("They are read on this computer; then ask about them in your own words. Nothing leaves it."),
            tr("PDFs are copied into the library; notes stay where they are, and only you change them."),
        ):
            text = label(words, "quiet", wrap=True)
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(text)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button(tr("Add files"), add_files, "primary"))
        row.addWidget(button(tr("Try the sample library"), add_samples))
        row.addStretch(1)
        column.addSpacing(8)
        column.addWidget(self._nothing)
        column.addLayout(row)
        column.addWidget(
            button(tr("Restore from a backup …"), restore, "quietlink"), 0, Qt.AlignmentFlag.AlignHCenter
        )
        # Stretches instead of an alignment, because Qt gives an aligned item less height than its wrapped
        # lines need.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)

    def show_question(self, question: str) -> None:
        """Answer a question, as far as that can be done."""
        words = tr("There is nothing to search yet. Add files first.") if question else ""
        if words and self._nothing.isHidden() and self.isVisible():
            announce(self, words)
        self._nothing.setText(words)
        self._nothing.setVisible(bool(words))
