"""The quiet line under the header: one sentence, sometimes with Undo."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.actions import keys_of
from desktop_kb.gui.announce import announce
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.reloader import Reloader
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.records import FileFinished

#: So many changes can be undone, the newest first.
_KEPT: Final = 100


class Notice(QFrame):
    """A line with one sentence, until it is closed or another one comes; and what undoes the changes so far."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._undoable: deque[Callable[[], object]] = deque(maxlen=_KEPT)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        self.words = label(wrap=True)
        row.addWidget(self.words, 1)
        self.undo = button(tr("Undo"), self.undo_last, "link")
        self.undo.setToolTip(keys_of("undo"))
        row.addWidget(self.undo)
        row.addWidget(button(tr("Close"), self.hide, "quietlink"))
        self.hide()

    def say(self, words: str, undo: Callable[[], object] | None = None) -> None:
        """Show a sentence, with Undo if there is something to undo."""
        if undo is not None:
            self.keep(undo)
        self.words.setText(words)
        self.undo.setVisible(undo is not None)
        self.show()
        announce(self, f"{words} {self.undo.text()}: {keys_of('undo')}" if undo is not None else words)

    def tell(self, words: str, undo: Callable[[], object] | None, unseen: bool) -> None:
        """Tell a change and keep what undoes it; one that can be seen where the person is takes no line."""
        if unseen:
            self.say(words, undo)
        elif undo is not None:
            announce(self.window(), words)
            self.keep(undo)

    def keep(self, undo: Callable[[], object]) -> None:
        """Keep what undoes a change that is not said. The line offers to undo an earlier one no more."""
        self._undoable.append(undo)
        self.undo.hide()

    def undo_last(self) -> None:
        """Undo the last change that was not undone yet, also after its line has gone."""
        if self._undoable:
            if not self.undo.isHidden():
                self.hide()
            self._undoable.pop()()


class Failures(QObject):
    """Says in the notice what failed on a thread, and what of a file that was stored is to be said; that the library's
    folder is gone, or its engine away, stands there until it is back."""

    def __init__(self, bridge: Bridge, reloader: Reloader, notice: Notice) -> None:
        super().__init__(notice)
        self._reloader, self._notice = reloader, notice
        self._missing = ""
        bridge.failed.connect(self._failed)
        bridge.finished.connect(self._finished)
        reloader.returned.connect(self._returned)

    def _failed(self, problem: Problem) -> None:
        words = say(problem)
        if problem.code in ("library-gone", "engine-away"):
            self._reloader.look_again()
            if self._missing:
                return  # it was said
            self._missing = words
        self._notice.say(words)

    def _finished(self, event: FileFinished) -> None:
        if event.report.status in ("indexed", "updated", "duplicate") and event.report.error is not None:
            self._notice.say(say(event.report.error))

    def _returned(self) -> None:
        if self._notice.words.text() == self._missing:
            self._notice.hide()
        self._missing = ""
