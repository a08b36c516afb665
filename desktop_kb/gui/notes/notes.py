"""The notes that are open, each in a window of its own, and what follows when one is saved, renamed or deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.formats import can_be_edited
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.preview.markdown_links import PAGE
from desktop_kb.gui.preview.references import WEB, open_in_browser, referred
from desktop_kb.gui.translation import plural, tr
from desktop_kb.records import Document, Link, parse_link

if TYPE_CHECKING:
    from desktop_kb.gui.notes.note_window import NoteWindow


class Notes(QObject):
    """Opens notes over the main window."""

    #: a sentence that says where a note was saved
    said = Signal(str)
    #: a sentence, what undoes it, whether the person cannot see it where they are
    deleted = Signal(str, object, bool)
    #: the library has changed
    changed = Signal()
    #: a note of the library's own, and the name that its first line gives it now
    renamed = Signal(str, str)
    #: a link to something in a library that is no note
    link_requested = Signal(str)

    def __init__(
        self, folder: Path, add: Callable[[Sequence[Path]], None], bridge: Bridge, parent: QWidget
    ) -> None:
        """
        Args:
            folder: the library's folder for new notes.
            add: adds saved notes to the queue.
        """
        super().__init__(parent)
        self._folder, self._add, self._bridge, self._window = folder, add, bridge, parent

    def open(self, path: Path | None) -> None:
        """Edit the note at this path; None starts a new one."""
        from desktop_kb.gui.notes.note_window import NoteWindow

        note = NoteWindow(path, self._folder, self._add, self._bridge, self._window)
        note.desk.open_requested.connect(self._open_other)
        note.delete_requested.connect(self._delete)
        note.follow_requested.connect(self._follow)
        note.editor.saved_elsewhere.connect(self._say_where)
        note.editor.renamed.connect(self._rename)
        if not note.open_note():
            self.said.emit(note.editor.state_text())

    def _open_other(self, path: str) -> None:
        self.open(Path(path))

    def _follow(self, path: str, link: str) -> None:
        """Follow a link in the note at `path`: a note is edited too, what else the library holds is read in the main
        window, and the web is asked about."""
        kb = self._bridge.kb

        def found(document: Document | None) -> None:
            if document is None:
                self.said.emit(tr("'{name}' is not in the library.", name=link.removeprefix(PAGE)))
            elif can_be_edited(document.type, part=bool(document.part)):
                self.open(Path(document.path))
            else:
                self._show_in_window(str(Link(kb.id, document.document)))

        if parse_link(link) is not None:
            self._show_in_window(link)
        elif QUrl(link).scheme() in WEB:
            open_in_browser(self._window, QUrl(link))
        else:
            self._bridge.call(lambda: referred(path, link, kb.documents()), found)

    def _show_in_window(self, link: str) -> None:
        """Follow a link in the main window, before the notes."""
        self.link_requested.emit(link)
        self._window.raise_()
        self._window.activateWindow()

    def _delete(self, note: NoteWindow) -> None:
        """Move a note to the trash, with what was written last."""
        path = note.editor.path
        if path is None:
            return
        # What is saved here is not added: read while it goes to the trash, it would come back.
        note.editor.blockSignals(True)
        if not note.editor.save():
            note.editor.blockSignals(False)
            return
        note.accept()
        kb = self._bridge.kb

        def deleted(document: str) -> None:
            said = tr("'{name}' is in the trash.", name=path.stem)
            undo = partial(self._bridge.call, partial(kb.restore, document), self._changed)
            self.deleted.emit(said, undo, True)
            self._changed()

        self._bridge.call(partial(kb.delete_note, path), deleted)

    def _changed(self, _batch: object = None) -> None:
        self.changed.emit()

    def _rename(self, path: str, stem: str) -> None:
        """The library's own notes follow their first line; elsewhere a file's name is the person's."""
        if Path(path).parent == self._folder:
            self.renamed.emit(path, stem)
        else:
            self._add([Path(path)])

    def _say_where(self, file: str, left: int) -> None:
        words = tr("The note was saved as {file}. It is not in the library.", file=file)
        if left:
            words += " " + plural(
                left,
                "{n} picture that it shows is not beside it.",
                "{n} pictures that it shows are not beside it.",
            )
        self.said.emit(words)
