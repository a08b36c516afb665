"""The row of the settings for a folder: its path, and a button to choose it."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button


class FolderInput(QWidget):
    """The path of a folder, or none."""

    def __init__(self, folder: str, name: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.line = QLineEdit(folder)
        self.line.setCursorPosition(0)  # a long one shows how it begins
        self.line.setAccessibleName(name)
        CopiesDrops(self.line)
        self.setFocusProxy(self.line)
        row.addWidget(self.line, 1)
        row.addWidget(button(tr("Choose …"), self._choose))

    def value(self) -> str:
        """The path, '' for none."""
        return self.line.text().strip()

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.line.accessibleName(), self.value())
        if folder:
            self.line.setText(folder)
