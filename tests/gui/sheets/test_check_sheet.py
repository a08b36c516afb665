"""The check of the library in the window: what it finds is said, and repaired."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from desktop_kb.errors import StorageProblem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.check_sheet import CheckSheet
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Check, Finding


def over(sheet: CheckSheet, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: sheet.task is None, timeout=30_000)
    return sheet.said.text()


def _cells(sheet: CheckSheet) -> list[list[str]]:
    """The rows of the results as a screen reader is given them."""
    table = QAccessible.queryAccessibleInterface(sheet.lines)
    assert table.role() == QAccessible.Role.Table
    inside = [table.child(at) for at in range(table.childCount())]
    headings, said = (
        [one.text(QAccessible.Text.Name) for one in inside if one.role() == role]
        for role in (QAccessible.Role.ColumnHeader, QAccessible.Role.Cell)
    )
    assert headings == ["State", "What is checked", "Result"]
    return [said[at : at + 3] for at in range(0, len(said), 3)]


def test_results_can_be_read_to_the_end(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    """Nothing of them is cut, and the keys go from one to the next."""
    sheet = window.checks.open()
    over(sheet, qtbot)
    table = sheet.lines
    qtbot.waitUntil(lambda: table.height() >= sum(table.rowHeight(row) for row in range(table.rowCount())))
    assert table.columnWidth(2) <= table.width()
    long = "What is found is told in words, also where they do not fit into one line. " * 4
    sheet._show([Check("database", False, (Finding("io-error", {"reason": long}),))])
    wanted = table.rowHeight(0)
    assert wanted > 3 * table.fontMetrics().height()
    table.setFocus()
    assert table.currentRow() == 0


def test_a_sound_library_is_said_to_be_one(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    sheet = window.checks.open()
    assert over(sheet, qtbot) == "Everything is in order."
    shown = _cells(sheet)
    assert len(shown) >= 9
    assert {row[0] for row in shown} == {"in order"}
    assert "The search index" in [row[1] for row in shown]
    assert not sheet.repair_button.isVisible()


def test_what_is_missing_is_found_and_made_again(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    # By the library's own connection: a second SQLite in one process takes away the locks of the first.
    filled.kb._store._database.write(
        lambda c: c.execute("delete from words_1_docsize where id = (select min(id) from words_1_docsize)")
    )
    sheet = window.checks.open()
    assert over(sheet, qtbot) == "1 thing is not in order."
    assert [row[0] for row in _cells(sheet) if "1 passage is missing from words" in row[2]] == [
        "not in order"
    ]
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
