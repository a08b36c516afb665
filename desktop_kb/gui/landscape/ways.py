"""The way between two passages: where it begins, where it ends, and what lies between."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.announce import announce
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.way_pane import WayPane
from desktop_kb.gui.translation import say, tr
from desktop_kb.records import Spot, Step


class Ways(QObject):
    """Finds a way on a thread, and shows it in its pane."""

    #: the pane shows another way
    changed = Signal()
    #: what to do next, or why there is no way
    said = Signal(str)

    def __init__(self, bridge: Bridge, pane: WayPane, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._pane, self._actions, self._window = bridge, pane, actions, parent
        self._begin: Spot | None = None

    def offer(self, spot: Spot | None) -> None:
        """Offer what can be done at a passage; None: there is none."""
        self._actions["way-from"].setEnabled(spot is not None)
        self._actions["way-to"].setEnabled(spot is not None and self._begin is not None)

    def begin(self, spot: Spot | None) -> None:
        """The next way begins here."""
        if spot is not None:
            self._begin = spot
            self.offer(spot)
            self.said.emit(
                tr("Now choose where the way ends: 'Way to here' in the menu of a dot or a document.")
            )

    def end(self, spot: Spot | None) -> None:
        """Show the way to here."""
        begin, kb = self._begin, self._bridge.kb
        if begin is None or spot is None:
            return

        def find() -> Sequence[Step] | Problem:
            try:
                return kb.way(begin[:2], spot[:2])
            except Problem as problem:
                return problem

        self._bridge.call(find, self._show)

    def _show(self, steps: Sequence[Step] | Problem) -> None:
        if isinstance(steps, Problem):
            self.said.emit(say(steps))
            return
        self._pane.show_way(steps)
        self.changed.emit()
        announce(self._window, self._pane.head.text())
