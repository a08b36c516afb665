"""The quiet line under the header: one sentence, sometimes with Undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from desktop_kb.gui.actions import keys_of
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label

_UNDO_MS: Final = 12_000


class Notice(QFrame):
    """A line with one sentence. Undo emits `undone` with the `undo` given to `say`; a line that offers Undo
    disappears after a while by itself."""

    undone = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._undoable: list[str] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        self.words = label(wrap=True)
        row.addWidget(self.words, 1)
        self.undo = button(tr("Undo"), self.undo_last, "link")
        self.undo.setToolTip(keys_of("undo"))
        row.addWidget(self.undo)
        row.addWidget(button(tr("Close"), self.hide, "quietlink"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_UNDO_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def say(self, words: str, undo: Sequence[str] = ()) -> None:
        """Show a sentence, with Undo if there is something to undo."""
        if undo:
            self._undoable = list(undo)
        self.words.setText(words)
        self.undo.setVisible(bool(undo))
        self.show()
        if undo:
            self._timer.start()
        else:
            self._timer.stop()

    def undo_last(self) -> None:
        """Undo what was said last that can be undone, also after its line has gone."""
        if self._undoable:
            self.hide()
            self.undone.emit(self._undoable)
            self._undoable = []
