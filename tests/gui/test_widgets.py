"""What all windows share: each fits on a small screen, with its buttons in reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui import theme
from desktop_kb.gui.indexing.indexing_panel import IndexingPanel
from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.sheets import small_sheets as sheets
from desktop_kb.gui.sheets.check_sheet import CheckSheet
from desktop_kb.gui.sheets.evaluation_sheet import EvaluationSheet
from desktop_kb.gui.sheets.models_page import ModelsPage
from desktop_kb.gui.sheets.rescue_sheet import RescueSheet
from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.window import MainWindow

#: Full HD at 200 %: 960x540 for the programs on it, some of it the system's bar.
SCREEN = QRect(0, 32, 960, 508)


def _keys(window: MainWindow) -> QDialog:
    sheets.show_keys(window)
    return window.findChildren(QDialog)[-1]


def _about(window: MainWindow) -> QDialog:
    sheets.show_about(window, window.status)
    return window.findChildren(QDialog)[-1]


def _note(window: MainWindow) -> QDialog:
    note = NoteWindow(None, window.intake.notes, lambda paths: None, window.bridge, window)
    note.open_note()
    return note


def _long(window: MainWindow) -> QDialog:
    """A sheet that has grown while it was shown, far down on the screen."""
    sheet = TaskSheet(window.bridge.begin, "A long one", window)
    sheet.show()
    sheet.move(300, 400)
    for number in range(30):
        sheet.warn(f"{number}: a sentence about something that could not be done, as long as they often are.")
    return sheet


def _evaluated(window: MainWindow) -> QDialog:
    sheet = EvaluationSheet(window.bridge, window)
    sheet.show()
    column = sheet.results.layout()
    assert column is not None
    for number in range(40):
        column.addWidget(QLabel(f"A result {number}"))
    sheet.results.show()
    sheet.fit()
    return sheet


SHEETS: dict[str, Callable[[MainWindow], QDialog]] = {
    "settings": lambda window: SettingsDialog(window.bridge.kb, window._state, window),
    "models": lambda window: ModelsPage(window.bridge, window),
    "indexing": lambda window: IndexingPanel(window.indexing, window.status, window),
    "note": _note,
    "keys": _keys,
    "about": _about,
    "check": lambda window: CheckSheet(window.bridge, window),
    "rescue": lambda window: RescueSheet(Path("library")),
    "evaluation": _evaluated,
    "long": _long,
}


@pytest.fixture(params=[1.0, 1.6])
def letters(
    request: pytest.FixtureRequest, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[float]:
    """How much larger than usual the system's font is."""
    if request.param == 1.0:
        yield 1.0
        return
    with monkeypatch.context() as patched:
        patched.setattr(theme, "scale", lambda: request.param)
        theme.apply(qapp, False)
        yield request.param
    theme.apply(qapp, False)


def test_every_sheet_fits_on_a_small_screen_with_its_buttons_in_reach(
    letters: float, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _screen: QRect(SCREEN))
    for name, made in SHEETS.items():
        sheet = made(window)
        sheet.show()
        QApplication.processEvents()
        assert sheet.width() <= SCREEN.width() - 2, name
        assert sheet.height() <= SCREEN.height() - 28, name  # its title bar
        foot = [button for button in sheet.findChildren(QPushButton) if button.parentWidget() is sheet]
        assert all(sheet.rect().contains(button.geometry()) for button in foot if button.isVisible()), name
        sheet.close()


@pytest.mark.parametrize("name", ["keys", "about", "indexing", "models", "check", "long"])
def test_enter_closes_a_sheet_that_asks_nothing(window: MainWindow, qtbot: QtBot, name: str) -> None:
    sheet = SHEETS[name](window)
    sheet.show()
    assert [b.text() for b in sheet.findChildren(QPushButton) if b.isDefault()] == ["Close"]
    qtbot.waitUntil(lambda: not window.bridge.busy)
    with qtbot.waitSignal(sheet.finished):
        qtbot.keyClick(sheet, Qt.Key.Key_Return)


def test_enter_presses_the_button_that_has_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    sheet = SettingsDialog(window.bridge.kb, window._state, window)
    sheet.theme.setCurrentIndex(2)
    sheet.show()
    (cancel,) = (b for b in sheet.findChildren(QPushButton) if b.text() == "Cancel")
    cancel.setFocus()
    with qtbot.waitSignal(sheet.rejected):
        qtbot.keyClick(cancel, Qt.Key.Key_Return)
    assert window._state.value("theme", "") == ""


def test_a_sheet_that_grows_stays_on_the_screen(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _screen: QRect(SCREEN))
    sheet = _long(window)
    assert SCREEN.contains(sheet.geometry())
    assert sheet.height() > 300
    sheet.close()
