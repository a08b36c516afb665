"""The note editor in a window of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.notes.note_editor import NoteEditor
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import fit_screen


class NoteWindow(QDialog):
    """One note, or a new one in `folder`; every save puts it into the queue again."""

    def __init__(
        self, path: Path | None, folder: Path, add: Callable[[Sequence[Path]], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(path.name if path else tr("New note"))
        fit_screen(self, theme.px(960), theme.px(640))
        self._path, self._folder = path, folder
        self.editor = NoteEditor()
        self.editor.saved.connect(lambda saved: add([Path(saved)]))
        self.editor.closed.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.editor)

    def open_note(self) -> bool:
        """Show it; False if the note cannot be read: `editor.said()` is why."""
        if not self.editor.open(self._path, self._folder):
            self.deleteLater()
            return False
        self.show()
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing saves; where the note cannot be saved, it comes forward and says what can be done."""
        event.ignore()
        self.editor.close_note()
        if self.isVisible():
            self.raise_()
            self.activateWindow()
