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
        action_set: ActionSet,
        opened: Callable[[Path], None],
        parent: QWidget,
    ) -> None:
        """
        Args:
            action_set: has what leads to other libraries than those known.
            opened: opens a library.
        """
        super().__init__(tr("Libraries"), parent)
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
        action_set.fill(self, "libraries")


def choose_library(opened: Callable[[Path], None], window: QWidget) -> None:
    """Ask for a library's folder, or an empty one for a new library, and open it."""
    folder = QFileDialog.getExistingDirectory(window, tr("Open or create a library"))
    if folder:
        opened(Path(folder))


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
