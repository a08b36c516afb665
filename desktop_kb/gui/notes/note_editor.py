"""The note editor: Markdown next to its rendering, saved automatically.

A note is the person's own file. Saving replaces it atomically (after a kill, either the old or the new
text is there) and keeps its line ends and byte order mark. If another program has changed the file
meanwhile, saving does not overwrite it: the person chooses, and both texts are kept until then. A note
that cannot be saved can be saved elsewhere or discarded.
"""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QFileSystemWatcher, QTimer, Signal
from PySide6.QtGui import QHideEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_kb.files import write_whole
from desktop_kb.formats import MARKDOWN
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.notes.note_file import Style, decoded, write_with_pictures
from desktop_kb.gui.notes.note_halves import NotePreview, NoteSource, side_by_side
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import ask_new_file, ask_whether, button, label
from desktop_kb.kb.new_notes import file_name, write_new

_SAVE_MS: Final = 800
_NAME_MS: Final = 3_000  # a new note waits this long for its first line, which names it
_PREVIEW_MS: Final = 150

#: Why a note cannot be saved, for the system errors with a clear cause.
REASONS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EROFS: "the disk can only be read",
    errno.EACCES: "nothing may be written there",
    errno.EPERM: "nothing may be written there",
    errno.ENOENT: "the folder is not there any more",
    errno.EEXIST: "another file stands in the place of one of its pictures",
}


class NoteEditor(QWidget):
    """Edits one note at a time."""

    saved = Signal(str)
    #: the path it was saved to instead, and how many of its pictures could not be copied there
    saved_elsewhere = Signal(str, int)
    closed = Signal()
    #: the note's file, and the name that its first line gives it now
    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._folder = Path()
        self._style = Style()
        self._on_disk, self._written = b"", ""  # what we last read or wrote, and its text
        self.expect: Callable[[Path], None] = lambda path: None  # called before a new note is written there
        self._conflict = False
        self._named = False  # whether its file has the name of its first line
        self.source, self.shown = NoteSource(), NotePreview()
        self._name = QLabel()
        self._name.setProperty("strong", True)
        self._state = QLabel()
        self._state.setProperty("quiet", True)
        self._save_timer = self._timer(_SAVE_MS, self.save)
        self._preview_timer = self._timer(_PREVIEW_MS, self._render)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._check_file)
        self._make()
        self.source.textChanged.connect(self._edited)
        self.source.beside = lambda: (self._folder, self._path.stem if self._path else "")
        self.source.refused.connect(self._refused)
        ActionSet("note", self, {"save": self.save, "close-note": self.close_note})

    def open(self, path: Path | None, folder: Path) -> bool:
        """Edit the note at `path`, or write a new one into `folder`.

        Returns:
            False if it cannot be opened (the line above the note says why), or the previous note could
            not be saved.
        """
        if not self._settle():
            return False
        self._folder = path.parent if path else folder
        self.shown.folder = self._folder
        data = b""
        if path is not None:
            try:
                data = path.read_bytes()
                data.decode("utf-8")
            except OSError as error:
                self._say(tr("The note cannot be read: {reason}", reason=_reason(error)), attention=True)
                return False
            except UnicodeDecodeError:
                self._say(
                    tr("This note is not written in UTF-8; edit it in its own program."), attention=True
                )
                return False
        self._take(path, data)
        self.source.document().clearUndoRedoStacks()
        self.source.setFocus()
        return True

    @property
    def path(self) -> Path | None:
        """The note's file; None until a new one is saved."""
        return self._path

    def state_text(self) -> str:
        """The text next to the name: saved, or why not."""
        return self._state.text()

    def close_note(self) -> None:
        """Save and close the note. If it cannot be saved, it stays open, and the buttons of the ways out get
        the keyboard focus."""
        stem = _stem(self.source.toPlainText())
        renames = self._path is not None and self._named and not _is_named(self._path, stem)
        # What is saved last is added under its new name alone.
        self.blockSignals(renames and not self._conflict)
        settled = self._settle()
        self.blockSignals(False)
        if settled:
            if renames:
                self.renamed.emit(str(self._path), stem)
            self.closed.emit()
        else:
            self._elsewhere.setFocus()

    def save(self) -> bool:
        """Write the note if it has changed; True if the file now equals the text on the screen."""
        self._save_timer.stop()
        text = self.source.toPlainText()
        if self._conflict:
            return False
        if text == self._written or (self._path is None and not text.strip()):
            return True
        try:
            if self._changed_outside():
                self._set_conflict(True)
                return False
            self._write(self._path, text)
        except OSError as error:
            self._refused(error)
            return False
        return True

    # --- changes by other programs

    def take_theirs(self) -> None:
        """Replace the person's text with what another program wrote; Undo brings it back."""
        assert self._path is not None
        try:
            data = self._path.read_bytes()
            self._style, text = decoded(data)
        except (OSError, UnicodeDecodeError):
            self._say(tr("The note cannot be read any more; yours is still here."), attention=True)
            return
        self._set_conflict(False)
        self._on_disk, self._written = data, text
        cursor = QTextCursor(self.source.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)  # one step that can be undone
        self._watch()

    def keep_mine(self) -> None:
        """Overwrite what another program wrote with the person's text."""
        assert self._path is not None
        with contextlib.suppress(OSError):
            self._on_disk = self._path.read_bytes()
        self._set_conflict(False)
        self._written = "\0"  # equals no note's text, because what is on disk is not ours
        if not self._path.exists():
            self._on_disk = b""
        self.save()

    def keep_both(self) -> None:
        """Save the person's text as a separate note in the same folder."""
        try:
            self._write(None, self.source.toPlainText(), self._path.stem if self._path else "")
        except OSError as error:
            self._refused(error)
        else:
            self._set_conflict(False)

    def _check_file(self, _changed: str = "") -> None:
        """React to a change of the file: load its new text, or ask if the person has unsaved text too."""
        try:
            changed = self._changed_outside()
        except OSError:  # the file cannot be read; saving will report it
            return
        if self._path is None or not changed:
            self._watch()
            return
        if self.source.toPlainText() == self._written and self._path.exists():
            self.take_theirs()
        else:
            self._set_conflict(True)

    def _changed_outside(self) -> bool:
        """Whether another program has changed or removed the file.

        Raises:
            OSError: it cannot be read, or its folder does not exist any more.
        """
        if self._path is None:
            return False
        try:
            return self._path.read_bytes() != self._on_disk
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise
            return bool(self._on_disk)

    def _watch(self) -> None:
        if self._watcher.files():
            self._watcher.removePaths(self._watcher.files())
        if self._path is not None and self._path.exists():
            self._watcher.addPath(str(self._path))

    def _set_conflict(self, conflict: bool) -> None:
        self._conflict = conflict
        self._question.setVisible(conflict)

    # --- a note that cannot be saved

    def save_elsewhere(self) -> None:
        """Ask for a path, write the note and its pictures there, and close it."""
        text = self.source.toPlainText()
        name = self._path.name if self._path else _stem(text) + MARKDOWN.suffixes[0]
        place = ask_new_file(self, tr("Save elsewhere"), {Path(name).suffix: tr("Notes")}, name)
        if place is None:
            return
        self._render()
        try:
            data = self._style.encoded(text)
            left = write_with_pictures(place, data, self.shown.pictures(), self._folder)
        except OSError as error:
            self._refused(error)
            return
        self.saved_elsewhere.emit(str(place), left)
        self._leave()

    def discard(self) -> None:
        """Ask for confirmation, then close the note without saving."""
        if ask_whether(
            self, tr("Discard what you have written?"), tr("It has not been saved anywhere."), tr("Discard")
        ):
            self._leave()

    def _leave(self) -> None:
        self._save_timer.stop()
        self._set_conflict(False)
        self._written = self.source.toPlainText()  # so that `save` finds nothing to write
        self.closed.emit()

    def _refused(self, error: OSError) -> None:
        self._say(tr("The note could not be saved: {reason}", reason=_reason(error)), attention=True)
        self._ways_out.show()

    # --- internals

    def _write(self, path: Path | None, text: str, stem: str = "") -> None:
        """Write the text to `path` or to a new file, and make that file the note.

        Raises:
            OSError: it cannot be written.
        """
        data = self._style.encoded(text)
        if path is None:
            path = write_new(self._folder, stem or _stem(text), data, expect=self.expect)
            self._named = not stem
        else:
            write_whole(path, data)
        self._path, self._on_disk, self._written = path, data, text
        self._ways_out.hide()
        self._watch()
        self._name.setText(path.name)
        self._say(tr("Saved"))
        self.saved.emit(str(path))

    def _take(self, path: Path | None, data: bytes) -> None:
        self._style, text = decoded(data)
        self._path, self._on_disk, self._written = path, data, text
        self._named = path is not None and _is_named(path, _stem(text))
        self._set_conflict(False)
        self._ways_out.hide()
        self.source.setPlainText(text)
        # Qt turns some rare characters into line ends, so compare with the text that Qt returns.
        self._written = self.source.toPlainText()
        self._save_timer.stop()
        self._name.setText(path.name if path else tr("New note"))
        self._say("")
        self._watch()
        self._render()
        self.shown.verticalScrollBar().setValue(0)

    def _settle(self) -> bool:
        """Save the note before it is closed or replaced; False if it cannot be saved."""
        if self.save():
            return True
        if self._question.isHidden():
            return False
        self.keep_both()
        return self._question.isHidden()

    def _edited(self) -> None:
        new = self._path is None and "\n" not in self.source.toPlainText().lstrip()
        self._save_timer.start(_NAME_MS if new else _SAVE_MS)
        self._preview_timer.start()
        self._say("")

    def _render(self) -> None:
        self.shown.render_note(self.source.toPlainText())

    def _say(self, sentence: str, *, attention: bool = False) -> None:
        self._state.setText(sentence)
        self._state.setProperty("attention", attention)
        self._state.setProperty("quiet", not attention)
        self._state.style().unpolish(self._state)
        self._state.style().polish(self._state)

    def _timer(self, milliseconds: int, do: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(do)
        return timer

    def _make(self) -> None:
        done = QPushButton(tr("Done"))
        done.setProperty("quietlink", True)
        done.clicked.connect(self.close_note)
        head = QHBoxLayout()
        head.addWidget(self._name)
        head.addWidget(self._state, 1)
        head.addWidget(done)
        self._question, _ = _bar(
            tr("Another program has changed this note."),
            {
                tr("Take theirs"): self.take_theirs,
                tr("Keep mine"): self.keep_mine,
                tr("Keep both"): self.keep_both,
            },
        )
        self._ways_out, self._elsewhere = _bar(
            tr("What you have written is in this window only."),
            {tr("Save elsewhere …"): self.save_elsewhere, tr("Discard"): self.discard},
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._question)
        column.addWidget(self._ways_out)
        column.addWidget(side_by_side(self.source, self.shown), 1)

    def hideEvent(self, event: QHideEvent) -> None:
        """Save unsaved changes."""
        self.save()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Render the note again in the new theme's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_preview_timer"):
            self._preview_timer.start()


def _bar(sentence: str, ways: dict[str, Callable[[], None]]) -> tuple[QFrame, QPushButton]:
    """A hidden bar with a sentence and a button for each of `ways`, and the first of these buttons."""
    bar = QFrame()
    bar.setObjectName("notice")
    row = QHBoxLayout(bar)
    row.addWidget(label(sentence, wrap=True), 1)
    buttons = [button(name, do, "link") for name, do in ways.items()]
    for made in buttons:
        made.setAutoDefault(True)  # Enter presses the button with the focus
        row.addWidget(made)
    bar.hide()
    return bar, buttons[0]


def _stem(text: str) -> str:
    return file_name(text) or tr("Note")


def _is_named(path: Path, stem: str) -> bool:
    """Whether a note's file has this name, or this one with a number."""
    return bool(re.fullmatch(rf"{re.escape(stem)}(?: \(\d+\))?", path.stem))


def _reason(error: OSError) -> str:
    known = REASONS.get(error.errno or 0)
    return tr(known) if known else error.strerror or type(error).__name__
