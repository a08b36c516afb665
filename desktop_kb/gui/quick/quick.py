"""Quick find beside a main window: its window, its key, and the tray that the main window closes to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from desktop_kb.gui.quick import global_key
from desktop_kb.gui.quick.global_key import KeyProblem
from desktop_kb.gui.quick.tray import Tray
from desktop_kb.gui.running import Application
from desktop_kb.gui.window import MainWindow

if TYPE_CHECKING:
    from desktop_kb.gui.quick.quick_window import QuickWindow

#: While files are read, the end is put off so long.
_READS_MS: Final = 500
#: In the window's state: the key of which it was said that another program has it.
_SAID: Final = "global-key-said"


class Quick(QObject):
    """Lives as long as the main window of a library."""

    def __init__(self, window: MainWindow, state: QSettings) -> None:
        super().__init__(window)
        self._window = window
        settings = window.bridge.kb.settings
        window.quick_requested.connect(self.open)
        self.tray = Tray(window, self.open, window.new_note) if settings.tray and Tray.is_there() else None
        window.stays = self._stays
        self._state = state
        self.key = global_key.bind(settings.global_key, self._pressed, self._tell)
        if self.key.problem not in ("", "not-offered"):  # what is not offered is said in the settings
            self._tell(self.key.problem)

    def _tell(self, problem: KeyProblem) -> None:
        """Say once that the key of the settings does nothing."""
        keys = self._window.bridge.kb.settings.global_key
        if self._state.value(_SAID, "") != keys:
            self._window.say(global_key.said(problem, keys))
        self._state.setValue(_SAID, keys)

    @cached_property
    def window(self) -> QuickWindow:
        """Quick find's window, made when it is first opened."""
        from desktop_kb.gui.quick.quick_window import QuickWindow

        made = QuickWindow(self._window.bridge, lambda: {one.document: one for one in self._window.documents})
        made.read_requested.connect(self._window.read_found)
        made.kept.connect(self._window.intake.queued)
        made.closed.connect(self._closed)
        return made

    def open(self) -> None:
        """Show quick find."""
        self.window.open()

    def _pressed(self) -> None:
        self._state.setValue(_SAID, "")  # it works: when it does no longer, that is news
        self.open()
        self.key.bring(self.window)

    def _stays(self) -> bool:
        """Whether the main window, when it closes, goes into the tray."""
        app = QApplication.instance()
        ends = isinstance(app, Application) and (app.ending or app.isSavingSession())
        return self.tray is not None and not ends

    def _closed(self) -> None:
        """What was opened for one question alone ends with it, once a note that it kept has been read."""
        if self._needless():
            kb = self._window.bridge.kb
            self._window.bridge.call(lambda: bool(kb.queue(1)) and not kb.paused, self._end)

    def _end(self, reads: bool) -> None:
        if reads:
            QTimer.singleShot(_READS_MS, self, self._closed)
        elif self._needless():
            self._window.close()

    def _needless(self) -> bool:
        return self.tray is None and not self._window.isVisible() and not self.window.isVisible()

    def close(self) -> None:
        """Give the key and the tray back."""
        self.key.release()
        if self.tray is not None:
            self.tray.close()
        if "window" in vars(self):
            self.window.deleteLater()
