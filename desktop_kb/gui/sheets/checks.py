"""When the library is checked: on request, and once by itself when it turns out to be damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.records import Finding

if TYPE_CHECKING:
    from desktop_kb.gui.sheets.check_sheet import CheckSheet


class Checks(QObject):
    """Opens the check sheet on request, and once by itself when the library turns out to be damaged."""

    def __init__(self, bridge: Bridge, rescue: Callable[[], None], parent: QWidget) -> None:
        """`rescue` closes the library and starts rescuing its file."""
        super().__init__(parent)
        self._bridge, self._rescue, self._window = bridge, rescue, parent
        self._damage_seen = False

    def open(self, *, repair: bool = False, lost: Sequence[Finding] = ()) -> CheckSheet:
        """Open the sheet and check the library; with `repair`, repair it first.

        Args:
            lost: what rescuing its file has lost.
        """
        from desktop_kb.gui.sheets.check_sheet import CheckSheet

        sheet = CheckSheet(self._bridge, self._window)
        sheet.rescue_requested.connect(self._rescue)
        sheet.show()
        if repair:
            sheet.repair(lost)
        else:
            sheet.check()
        return sheet

    def look_for_damage(self, met: Problem | Finding) -> None:
        """Open the sheet the first time that a problem or finding says the library file is damaged."""
        if met.code == "database-damaged" and not self._damage_seen:
            self._damage_seen = True
            self.open()
