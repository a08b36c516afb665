"""The command palette, and letters that are typed anywhere in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from desktop_kb.gui import translation
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.palette import Command, fits, ranked
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


def _commands(*names: str) -> list[Command]:
    return [Command(name, QAction(name)) for name in names]


def test_letters_fit_in_their_order_best_at_the_beginnings_of_words() -> None:
    assert fits("xyz", "Add files") is None
    assert fits("sf", "Add files") is None
    names = _commands("Settings", "Show its folder", "Add files", "Add a folder")
    assert [one.name for one in ranked("af", names, (), {})][:2] == ["Add files", "Add a folder"]
    assert [one.name for one in ranked("folder", names, (), {})] == ["Add a folder", "Show its folder"]
    assert [one.name for one in ranked("set", names, (), {})] == ["Settings"]
    names = _commands("Restore from a backup …", "Back up …")
    for typed in ("back up", "backup"):
        assert ranked(typed, names, (), {})[0].name == "Back up …"


def test_what_was_used_last_comes_first() -> None:
    names = _commands("Settings", "Models", "About")
    assert [one.name for one in ranked("", names, ["About", "Models"], {})] == ["About", "Models", "Settings"]


def test_chinese_names_are_found_by_their_sounds_and_by_english() -> None:
    names = [Command("Settings", QAction("设置")), Command("Add files", QAction("添加文件"))]
    sounds = {"设置": ("shezhi", "sz"), "添加文件": ("tianjiawenjian", "tjwj")}
    for typed in ("tjwj", "tianjia", "添加", "add"):
        assert [one.english for one in ranked(typed, names, (), sounds)][:1] == ["Add files"], typed


def test_ctrl_p_does_what_is_chosen_and_remembers_it(
    window: MainWindow, qtbot: QtBot, bridge: Bridge
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    palette = window.palette_box
    qtbot.waitUntil(palette.line.hasFocus)
    assert "Settings" in palette.names
    assert {"Restore from a backup …", "Open or create a library …"} <= set(palette.names)
    assert "Remove" not in palette.names  # nothing is selected
    assert "Back one step" not in palette.names
    qtbot.keyClicks(palette.line, "keyb")
    assert palette.names[0] == "Keyboard shortcuts"
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.findChildren(QDialog)
    window.findChildren(QDialog)[-1].close()
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    assert palette.names[0] == "Keyboard shortcuts"
    qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.box.line.hasFocus()
    window.close()
    other = MainWindow(bridge, QSettings(window._state.fileName(), QSettings.Format.IniFormat))
    qtbot.addWidget(other)
    assert other.palette_box.recent == ["Keyboard shortcuts"]


def test_what_can_be_done_with_the_selected_hit_is_offered(
    window: MainWindow, qtbot: QtBot, hits: SearchView
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    qtbot.keyClicks(window.palette_box.line, "more like")
    qtbot.keyClick(window.palette_box.line, Qt.Key.Key_Return)
    qtbot.waitUntil(hits.results.steering.isVisible)


def test_the_palette_speaks_chinese(qapp: QApplication, bridge: Bridge, tmp_path: Path, qtbot: QtBot) -> None:
    translation.apply(qapp, "zh")
    window = MainWindow(bridge, QSettings(str(tmp_path / "zh.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.status is not None)
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    qtbot.keyClicks(window.palette_box.line, "sz")
    qtbot.waitUntil(lambda: bool(window.palette_box.sounds))
    assert window.palette_box.names[0] == "设置"


@pytest.mark.parametrize("where", ["hits", "side bar", "library", "document"])
def test_letters_typed_anywhere_begin_a_question(
    window: MainWindow, qtbot: QtBot, hits: SearchView, where: str
) -> None:
    window.resize(1300, 800)
    if where == "library":
        window.go("library")
    places = {
        "hits": hits.results.list,
        "side bar": window.side_bar,
        "library": window.view(LibraryView).table,
        "document": hits.preview.text,
    }
    focused = places[where]
    focused.setFocus()
    qtbot.keyClicks(focused, "w")
    assert window.box.line.hasFocus()
    qtbot.keyClicks(window.box.line, "ater")
    assert window.box.text() == "water"
    assert "honey" in window.box.history
