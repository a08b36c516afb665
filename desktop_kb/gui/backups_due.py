"""Backups that are made by themselves while the window is open or in the tray."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Task
from desktop_kb.gui.translation import say
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import BackupState, notice_of

#: The start is the window's own.
_FIRST_MS: Final = 60_000
_AGAIN_MS: Final = 3_600_000


class BackupsDue(QObject):
    """Looks once an hour whether a backup is due, and makes it on a thread of its own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._task: Task | None = None
        self._said = ""
        if window.bridge.kb.settings.backup_every == "off":
            return
        self._timer = QTimer(self, interval=_AGAIN_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        QTimer.singleShot(_FIRST_MS, self, self.look)

    @property
    def idle(self) -> bool:
        """Whether none is being made."""
        return self._task is None

    def look(self) -> None:
        """Make a backup if it is due."""
        if self._task is not None:  # a large one, onto a slow disk
            return
        kb = self._window.bridge.kb
        self._task = Task(
            lambda task: kb.back_up_if_due(progress=lambda done, total: task.tell("", done / max(1, total)))
        )
        self._task.done.connect(self._done)
        self._task.failed.connect(self._failed)
        self._window.bridge.begin(self._task)

    def _done(self, state: BackupState) -> None:
        self._task = None
        if (notice := notice_of(state)) is not None:
            self._say(say(notice))

    def _failed(self, problem: Problem) -> None:
        self._task = None
        self._say(say(problem))

    def _say(self, words: str) -> None:
        """Say it once, not every hour."""
        if words != self._said:
            self._said = words
            self._window.say(words)
