"""The sheets (dialogs) that the window's menus and keys open; each is imported when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.indexing import IndexingRun
from desktop_kb.kb import Status

if TYPE_CHECKING:
    from desktop_kb.gui.sheets.assistants_sheet import AssistantsSheet
    from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
    from desktop_kb.gui.sheets.team_sheet import TeamSheet


class Sheets:
    """Opens the sheets of one library on top of its window."""

    def __init__(
        self, bridge: Bridge, state: QSettings, window: QWidget, open_anew: Callable[[], object]
    ) -> None:
        """`open_anew` closes the window and opens it with the settings as they are then."""
        self._bridge, self._state, self._window, self._open_anew = bridge, state, window, open_anew

    def settings(self) -> None:
        """Show the settings."""
        from desktop_kb.gui.sheets.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._bridge.kb, self._state, self._window)
        dialog.changed.connect(self._open_anew)
        dialog.models_requested.connect(lambda: self.models(dialog))
        self._bridge.call(self._bridge.kb.status, dialog.show_status)
        dialog.open()

    def models(self, settings: SettingsDialog | None = None) -> None:
        """Show the models and which of them this library uses; on top of the settings if opened from there."""
        from desktop_kb.gui.sheets.models_page import ModelsPage

        page = ModelsPage(self._bridge, settings or self._window)
        if settings is not None:
            page.finished.connect(lambda: self._bridge.call(self._bridge.kb.status, settings.show_status))
        page.open()

    def restore(self, opened: Callable[[Path], None]) -> None:
        """Ask for a backup and where it goes, restore it, and hand the library over to `opened`."""
        from desktop_kb.gui.sheets.upkeep import ask_restore

        ask_restore(self._bridge.begin, opened, self._window)

    def keys(self) -> None:
        """Show the keys."""
        from desktop_kb.gui.sheets.small_sheets import show_keys

        show_keys(self._window)

    def about(self, status: Status | None) -> None:
        """Show what this program is, and where its files are."""
        from desktop_kb.gui.sheets.small_sheets import show_about

        show_about(self._window, status)

    def indexing(self, run: IndexingRun, status: Status | None) -> None:
        """Show what is being indexed, and what waits."""
        from desktop_kb.gui.indexing.indexing_panel import IndexingPanel

        IndexingPanel(run, status, self._window).show()

    def back_up(self) -> None:
        """Ask for a file, and back the library up into it."""
        from desktop_kb.gui.sheets.upkeep import ask_back_up

        ask_back_up(self._bridge, self._window)

    def export(self) -> None:
        """Ask for a folder, and export the files into it."""
        from desktop_kb.gui.sheets.upkeep import ask_export

        ask_export(self._bridge, self._window)

    def assistants(self) -> AssistantsSheet:
        """Show what assistants have asked, and what they may do."""
        from desktop_kb.gui.sheets.assistants_sheet import AssistantsSheet

        sheet = AssistantsSheet(self._bridge, self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.show()
        return sheet

    def team(self, opened: Callable[[Path], None]) -> TeamSheet:
        """Show the libraries of teams; `opened` opens one in the window."""
        from desktop_kb.gui.sheets.team_sheet import TeamSheet  # it imports the engine's driver

        sheet = TeamSheet(self._bridge, opened, self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.show()
        return sheet

    def evaluate(self) -> None:
        """Show the sheet that measures how well the library answers questions."""
        from desktop_kb.gui.sheets.evaluation_sheet import EvaluationSheet

        EvaluationSheet(self._bridge, self._window).show()
