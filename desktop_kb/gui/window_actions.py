"""What can be done in the main window by a key, from its menu or its palette, beside what its views can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.sheets.libraries import choose_library
from desktop_kb.gui.widgets import ask_for_menu, open_folder

if TYPE_CHECKING:
    from desktop_kb.gui.window import MainWindow


def window_actions(window: MainWindow) -> ActionSet:
    """The actions of the window."""
    return ActionSet(
        "window",
        window,
        {
            "search": window.box.focus,
            "quick": window.quick_requested.emit,
            "quit": QApplication.quit,
            "find": window.find_words,
            "palette": window.open_palette,
            "new-note": window.new_note,
            "add-files": window.intake.add_files,
            "add-folder": window.intake.add_folder,
            "paste": window.intake.paste,
            "refresh": window.intake.refresh,
            "show-library": lambda: open_folder(window.bridge.kb.library.root),
            "back-up": window.sheets.back_up,
            "export": window.sheets.export,
            "assistants": window.sheets.assistants,
            "team": lambda: window.sheets.team(window.switch),
            "check": window.checks.open,
            "evaluate": window.sheets.evaluate,
            "choose-library": lambda: choose_library(window.switch, window),
            "restore-backup": lambda: window.sheets.restore(window.switch),
            "models": window.sheets.models,
            "settings": window.sheets.settings,
            "keys": window.sheets.keys,
            "about": lambda: window.sheets.about(window.status),
            "menu-by-keys": ask_for_menu,
            "back": window.back,
            "undo": window.notice.undo_last,
            "open-outside": lambda: window.current.open_in_system(),
            "edit-note": window.edit_current,
            "inspect": window.inspect_current,
        },
    )
