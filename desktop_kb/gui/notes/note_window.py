"""The note editor in a separate window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.notes.note_desk import NoteDesk
from desktop_kb.gui.notes.note_editor import NoteEditor
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import fit_screen


class NoteWindow(QDialog):
    """Edits one note, or a new one in `folder`; every save adds it to the queue again."""

    #: this window, whose note is to be moved to the trash
    delete_requested = Signal(object)
    #: the path of the note, and a link in it
    follow_requested = Signal(str, str)

    def __init__(
        self,
        path: Path | None,
        folder: Path,
        add: Callable[[Sequence[Path]], None],
        bridge: Bridge,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(path.name if path else tr("New note"))
        fit_screen(self, theme.px(960), theme.px(640))
        self._path, self._folder = path, folder
        self.editor = NoteEditor()
        self.editor.expect = bridge.kb.expect_note
        self.editor.saved.connect(lambda saved: add([Path(saved)]))
        self.editor.closed.connect(self.accept)
        self.editor.shown.link_requested.connect(self._follow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.editor)
        self.desk = NoteDesk(bridge)
        self.desk.named.connect(self.editor.source.offer)
        column.addWidget(self.desk)
        bridge.finished.connect(self._read)
        self.desk.delete_requested.connect(self._ask_delete)
        self.desk.show_note(path)

    def _follow(self, link: str) -> None:
        self.follow_requested.emit(str(self.editor.path or self._folder / "new.md"), link)

    def _ask_delete(self) -> None:
        self.delete_requested.emit(self)

    def _read(self, _event: object) -> None:
        """A file was read: this note, or one that links to it."""
        self.desk.show_note(self.editor.path)

    def open_note(self) -> bool:
        """Show the window; False if the note cannot be read (`editor.state_text()` has the reason)."""
        if not self.editor.open(self._path, self._folder):
            self.deleteLater()
            return False
        self.winId()  # makes its handle
        if (handle := self.windowHandle()) is not None:
            # Else it covers the main window for good, and what a link shows there. Qt takes None; its stub does not.
            handle.setTransientParent(None)  # type: ignore[arg-type]
        self.show()
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save and close. If the note cannot be saved, the window is raised and shows what can be done."""
        event.ignore()
        self.editor.close_note()
        if self.isVisible():
            self.raise_()
            self.activateWindow()
