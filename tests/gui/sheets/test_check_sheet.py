"""The check of the library in the window: what it finds is said, and repaired."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_kb.errors import StorageProblem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.check_sheet import CheckSheet
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Check


def over(sheet: CheckSheet, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: sheet.task is None, timeout=30_000)
    return sheet.said.text()


def test_a_sound_library_is_said_to_be_one(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    sheet = window.checks.open()
    assert over(sheet, qtbot) == "Everything is in order."
    shown = [said.text() for said in sheet.lines.findChildren(QLabel)]
    assert shown.count("✓") == 9
    assert "The search index" in shown
    assert not sheet.repair_button.isVisible()


def test_what_is_missing_is_found_and_made_again(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    # By the library's own connection: a second SQLite in one process takes away the locks of the first.
    filled.kb._store._database.write(
        lambda c: c.execute("delete from words_1_docsize where id = (select min(id) from words_1_docsize)")
    )
    sheet = window.checks.open()
    assert over(sheet, qtbot) == "1 thing is not in order."
    assert any("1 passage is missing from words" in said.text() for said in sheet.findChildren(QLabel))
    sheet.repair_button.click()
    assert over(sheet, qtbot) == "Everything is in order again."
    assert not sheet.repair_button.isVisible()


def test_what_cannot_be_made_again_is_said(
    bridge: Bridge, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    samples = Path(__file__).parents[3] / "resources" / "samples"
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes((samples / "island-year.pdf").read_bytes())
    assert [report.status for report in bridge.kb.follow(bridge.kb.add([pdf]))] == ["indexed"]
    (copy,) = (path for path in bridge.kb.library.files.rglob("*") if path.is_file())
    copy.unlink()
    sheet = window.checks.open()
    over(sheet, qtbot)
    sheet.repair_button.click()
    assert "cannot be made again" in over(sheet, qtbot)


def test_a_file_too_damaged_to_look_into_is_rescued_with_the_window_closed(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor(*, repair: bool = False) -> list[Check]:
        raise StorageProblem("database-damaged")

    monkeypatch.setattr(window.bridge.kb, "doctor", doctor)
    sheet = window.checks.open()
    assert "The library file is damaged" in over(sheet, qtbot)
    sheet.rescue_button.click()
    assert window.rescue_next
    assert window.next_library == str(window.bridge.kb.library.root)
    assert not window.isVisible()
