"""What the window remembers from one start to the next: geometry, column widths, history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.view import Remembered
from desktop_kb.gui.widgets import fit_screen


class WindowState:
    """The window's state, stored in the QSettings of this person."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def words(self, name: str) -> list[str]:
        """A list of strings stored under this name, such as the search history."""
        kept: list[str] = json.loads(str(self._settings.value(name, "[]")))
        return kept

    def place(self, window: QWidget) -> None:
        """Restore the geometry. At the first start the window has room for three columns
        if the screen does, and is fully visible with its title bar."""
        fit_screen(window, 1440, 900)
        geometry = self._settings.value("geometry")
        if geometry is not None:
            window.restoreGeometry(geometry)

    def restore(self, columns: Mapping[str, Remembered]) -> None:
        """Restore column widths."""
        for name, column in columns.items():
            sizes = self._settings.value(name)
            if sizes is not None:
                column.restoreState(sizes)

    def keep(
        self, window: QWidget, columns: Mapping[str, Remembered], words: Mapping[str, Sequence[str]]
    ) -> None:
        """Store geometry, column widths and lists of words."""
        self._settings.setValue("geometry", window.saveGeometry())
        for name, column in columns.items():
            self._settings.setValue(name, column.saveState())
        for name, kept in words.items():
            self._settings.setValue(name, json.dumps(list(kept)))
