"""The menu to change the library: the default one, the samples, recently opened ones, any folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, QSettings
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from desktop_kb import paths
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.bridge import Task
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import literal
from desktop_kb.gui.window_state import WindowState

_MOST: Final = 8
_KEY: Final = "libraries"


class LibraryMenu(QMenu):
    """Lets the person choose another library and opens it."""

    def __init__(
        self,
        here: Path,
        state: QSettings,
        begin: Callable[[Task], None],
        opened: Callable[[Path], None],
        parent: QWidget,
    ) -> None:
        """
        Args:
            begin: starts the task that restores a backup.
            opened: opens a library. A callback, not a signal, because this menu is deleted before a
                backup has been restored.
        """
        super().__init__(tr("Libraries"), parent)
        self._begin, self._opened, self._window = begin, opened, parent
        own, samples = paths.library().root, paths.sample_library()
        named = [(tr("Your own library"), own), (tr("The sample library"), samples)]
        teams = sorted(file.parent for file in paths.teams_dir().glob(f"*/{paths.TEAM_FILE}"))
        named += [(tr("Team: {name}", name=team.name), team) for team in teams]
        listed = (own, samples, *teams)
        named += [(str(other), other) for other in known_libraries(state) if other not in listed]
        for name, folder in named:
            action = self.addAction(literal(name), partial(opened, folder))
            action.setCheckable(True)
            action.setChecked(folder == here)
            action.setEnabled(folder != here)
        self.addSeparator()
        self.addAction(tr("Open or create a library …"), self._choose)
        self.addAction(tr("Restore from a backup …"), self._restore)

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, tr("Open or create a library"))
        if folder:
            self._opened(Path(folder))

    def _restore(self) -> None:
        from desktop_kb.gui.sheets.upkeep import ask_restore

        ask_restore(self._begin, self._opened, self._window)


def remember_library(here: Path, state: QSettings) -> None:
    """Put this library first among the recently opened ones."""
    known = [here, *(other for other in known_libraries(state) if other != here)][:_MOST]
    state.setValue(_KEY, json.dumps([str(folder) for folder in known]))


def known_libraries(state: QSettings) -> list[Path]:
    """The libraries opened recently, the last one first."""
    return [Path(folder) for folder in WindowState(state).words(_KEY)]


def show_more(action_set: ActionSet, libraries: QMenu, at: QPoint, window: QWidget) -> None:
    """Show the window's menu, which ends at this point, where its button ends."""
    menu, here = QMenu(window), QMenu(window)
    action_set.fill(here, "this-library")
    action_set.fill(menu, "more", {"this-library": here, "libraries": libraries})
    menu.exec(QPoint(at.x() - menu.sizeHint().width(), at.y()))
    for made in (here, libraries, menu):
        made.deleteLater()
