"""Which library: the person's own, the sample one, those opened before, and any other folder."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from desktop_kb import paths
from desktop_kb.gui.translation import tr

_MOST: Final = 8
_KEY: Final = "libraries"


class LibraryMenu(QMenu):
    """Says `chosen` with the folder of another library."""

    chosen = Signal(Path)

    def __init__(self, here: Path, state: QSettings, parent: QWidget) -> None:
        super().__init__(tr("Libraries"), parent)
        own, samples = paths.library().root, paths.sample_library()
        named = [(tr("Your own library"), own), (tr("The sample library"), samples)]
        named += [(str(other), other) for other in _known(state) if other not in (own, samples)]
        for name, folder in named:
            action = self.addAction(name, partial(self.chosen.emit, folder))
            action.setCheckable(True)
            action.setChecked(folder == here)
            action.setEnabled(folder != here)
        self.addSeparator()
        self.addAction(tr("Open or create a library"), self._choose)

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.parentWidget(), tr("Open or create a library"))
        if folder:
            self.chosen.emit(Path(folder))


def remember_library(here: Path, state: QSettings) -> None:
    """Offer this library from now on, before the older ones."""
    known = [here, *(other for other in _known(state) if other != here)][:_MOST]
    state.setValue(_KEY, json.dumps([str(folder) for folder in known]))


def _known(state: QSettings) -> list[Path]:
    return [Path(folder) for folder in json.loads(str(state.value(_KEY, "[]")))]
