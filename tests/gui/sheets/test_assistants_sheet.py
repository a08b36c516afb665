"""What assistants asked is shown, and they are cut off at once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.assistants_sheet import AssistantsSheet
from desktop_kb.gui.translation import say
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import AssistantCall
from desktop_kb.settings import load_for, save


def rows(sheet: AssistantsSheet) -> list[list[str]]:
    table = sheet.calls
    return [
        [item.text() for column in range(1, 4) if (item := table.item(row, column))]
        for row in range(table.rowCount())
    ]


def test_who_asked_what_is_shown_while_it_is_asked(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    filled.kb.note_asked("Penguin", "search", "how do\nbees keep warm")
    sheet = window.sheets.assistants()
    qtbot.waitUntil(lambda: rows(sheet) == [["Penguin", "search", "how do bees keep warm"]])
    filled.kb.note_asked("", "tags", "")
    sheet.look()
    qtbot.waitUntil(lambda: rows(sheet)[0] == ["unknown", "tags", ""])
    qtbot.mouseClick(sheet.forget, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(sheet) == [])
    assert not sheet.forget.isEnabled()
    sheet.close()


def test_assistants_are_cut_off_at_once(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    sheet = window.sheets.assistants()
    qtbot.waitUntil(lambda: sheet.allowed.currentData() == "read" and sheet.cut_off.isEnabled())
    qtbot.mouseClick(sheet.cut_off, Qt.MouseButton.LeftButton)
    root = filled.kb.library.root
    assert load_for(root).mcp == filled.kb.settings.mcp == "off"
    assert sheet.allowed.currentData() == "off"
    assert "cut off" in sheet.said.text()
    save(filled.kb.library.settings, {"mcp": "write"})  # elsewhere
    sheet.look()
    qtbot.waitUntil(lambda: sheet.allowed.currentData() == "write")
    sheet.close()


def test_it_says_why_it_cannot_be_changed(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    sheet = window.sheets.assistants()
    qtbot.waitUntil(lambda: sheet.allowed.currentData() == "read" and sheet.cut_off.isEnabled())
    filled.kb.library.settings.write_text("{", encoding="utf-8")
    sheet.allow("off")
    assert "JSON" in sheet.said.text()
    filled.kb.library.settings.unlink()
    sheet.close()


def test_a_look_that_fails_is_said_in_the_sheet(
    filled: Bridge, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_most: int) -> list[AssistantCall]:
        raise Problem("library-gone")

    sheet = window.sheets.assistants()
    qtbot.waitUntil(lambda: sheet.allowed.currentData() == "read")
    failed: list[Problem] = []
    filled.failed.connect(failed.append)
    monkeypatch.setattr(filled.kb, "asked", fails)
    for _ in range(2):
        sheet.look()
        qtbot.waitUntil(lambda: sheet.said.text() == say(Problem("library-gone")))
    qtbot.waitUntil(lambda: not filled.busy)
    qtbot.wait(1)  # what failed is delivered
    assert failed == []
    sheet.close()
