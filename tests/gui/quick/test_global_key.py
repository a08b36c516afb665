"""A key that works everywhere: how each system names it, and what is said where it does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.quick import global_key, mac_key, windows_key, x11_key
from desktop_kb.gui.quick.global_key import KeyProblem
from desktop_kb.gui.quick.key_input import KeyInput
from desktop_kb.gui.quick.quick import Quick
from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
from desktop_kb.gui.window import MainWindow
from desktop_kb.settings import Settings, load, person_file

Key = Qt.Key


@pytest.fixture
def state(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


def test_a_key_is_read_as_the_settings_keep_it() -> None:
    default = global_key.parsed(Settings().global_key)
    assert default is not None
    assert default.key() == Key.Key_K
    assert global_key.parsed("") is None
    assert global_key.parsed("Ctrl+K, Ctrl+L") is None
    assert global_key.parsed("Ctrl+Nonsense") is None


@pytest.mark.parametrize(
    ("key", "x11", "windows", "mac"),
    [
        (Key.Key_K, 0x6B, 0x4B, 40),
        (Key.Key_7, 0x37, 0x37, 26),
        (Key.Key_Space, 0x20, 0x20, 49),
        (Key.Key_F12, 0xFFC9, 0x7B, 111),
        (Key.Key_Escape, 0xFF1B, 0x1B, 53),
        (Key.Key_Comma, 0x2C, 0xBC, 43),
        (Key.Key_MediaPlay, 0, 0, None),
    ],
)
def test_each_system_has_its_own_number_of_a_key(
    key: Qt.Key, x11: int, windows: int, mac: int | None
) -> None:
    assert x11_key.symbol_of(key) == x11
    assert windows_key.code_of(key, lambda sign: 0xBC if sign == ord(",") else -1) == windows
    assert mac_key.code_of(key) == mac


def test_no_key_is_no_problem_and_none_is_offered_here() -> None:
    for keys, problem in (("", ""), ("Ctrl+Alt+K", "not-offered")):
        bound = global_key.bind(keys, lambda: None)
        assert bound.problem == problem
        bound.release()
    assert "desktop-kb quick" in global_key.said("not-offered", "Ctrl+Alt+K")


def test_the_settings_say_at_once_that_a_key_is_taken(
    bridge: Bridge, state: QSettings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def try_out(keys: str) -> KeyProblem:
        tried.append(keys)
        return "taken" if keys == "Ctrl+Alt+L" else ""

    monkeypatch.setattr(global_key, "offered", lambda: ("x11_key", "X11Key"))
    monkeypatch.setattr(global_key, "try_out", try_out)
    dialog = SettingsDialog(bridge.kb, state)
    qtbot.addWidget(dialog)
    row = dialog.inputs["global_key"]
    assert isinstance(row, KeyInput)
    assert row.said.isHidden()
    assert row.value() == "Ctrl+Alt+K"
    row.edit.setKeySequence(QKeySequence("Ctrl+Alt+L"))
    assert "Another program has Ctrl+Alt+L" in row.said.text()
    assert not row.said.isHidden()
    row.edit.setKeySequence(QKeySequence("Ctrl+Shift+F9"))
    assert row.said.isHidden()
    row.edit.setKeySequence(QKeySequence("Ctrl+Alt+K"))  # its own
    assert tried == ["Ctrl+Alt+L", "Ctrl+Shift+F9"]
    row.edit.clear()
    dialog.store()
    assert load(person_file()).global_key == ""


@pytest.mark.skipif(sys.platform != "linux", reason="libxcb is Linux'")
def test_without_an_x_server_no_key_is_grabbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    combination = global_key.parsed("Ctrl+Alt+K")
    assert combination is not None
    key = x11_key.X11Key(combination, lambda: None)
    assert key.problem == "not-offered"
    key.release()


def test_the_person_is_told_once(
    state: QSettings, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem: list[KeyProblem] = ["not-offered"]
    monkeypatch.setattr(global_key, "bind", lambda _keys, _pressed, _failed: global_key._None(problem[0]))

    def said_at_start(*, refused: KeyProblem = "", pressed: bool = False) -> str:
        window.notice.hide()
        quick = Quick(window, state)
        if refused:
            quick._tell(refused)
        if pressed:
            quick._pressed()
        quick.close()
        return "" if window.notice.isHidden() else window.notice.words.text()

    assert not said_at_start()  # the settings say it
    problem[0] = "taken"
    assert "Another program has Ctrl+Alt+K" in said_at_start()
    assert not said_at_start()
    problem[0] = ""  # bound, and refused when the desktop answers
    for _ in range(2):
        assert not said_at_start(refused="not-offered")
    assert not said_at_start(pressed=True)
    problem[0] = "taken"
    assert "Another program has Ctrl+Alt+K" in said_at_start()
