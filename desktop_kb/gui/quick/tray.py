"""The icon in the system's tray, for a program that stays when its window is closed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from desktop_kb import paths
from desktop_kb.gui.actions import text_of
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import bring_forward


class Tray(QObject):
    """Shows the icon while the program is in the tray, and its menu."""

    def __init__(self, window: QWidget, find: Callable[[], object], note: Callable[[], object]) -> None:
        """`find` opens quick find, `note` a new note."""
        super().__init__(window)
        self._window = window
        self.icon = QSystemTrayIcon(QIcon(str(paths.resource("icons/desktop-kb.png"))), self)
        self.icon.setToolTip("Desktop KB")
        self.menu = QMenu()  # of no window: a hidden one's would not be shown
        self.menu.addAction(tr("Open the window"), partial(bring_forward, window))
        self.menu.addAction(tr(text_of("quick")), find)
        self.menu.addAction(tr(text_of("new-note")), note)
        self.menu.addSeparator()
        self.menu.addAction(tr(text_of("quit")), QApplication.quit)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.show()

    @staticmethod
    def is_there() -> bool:
        """Whether this desktop shows a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def close(self) -> None:
        """Take the icon away."""
        self.icon.hide()
        self.menu.deleteLater()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            bring_forward(self._window)
