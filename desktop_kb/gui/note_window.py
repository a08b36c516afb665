"""The note editor in a window of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop_kb.gui.note_editor import NoteEditor
from desktop_kb.gui.translation import tr


def open_note(parent: QWidget, folder: Path, add: Callable[[Sequence[Path]], None]) -> None:
    """A new note; every save puts it into the queue again."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(tr("Note"))
    dialog.resize(900, 620)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(0, 0, 0, 0)
    folder.mkdir(parents=True, exist_ok=True)
    editor = NoteEditor()
    editor.saved.connect(lambda path: add([Path(path)]))
    editor.closed.connect(dialog.accept)
    column.addWidget(editor)
    editor.open(None, folder)
    dialog.open()
