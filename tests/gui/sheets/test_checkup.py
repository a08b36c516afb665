"""The doctor in the window: what it finds is said, repaired, and a file beyond opening is mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from desktop_kb.errors import StorageProblem
from desktop_kb.gui import application
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets import checkup
from desktop_kb.gui.sheets.checkup import CheckSheet, MendSheet
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import Check


@pytest.fixture
def library(tmp_path: Path, notes: Path, by_words: Parts) -> Path:
    """A closed library of two notes, by words."""
    with KnowledgeBase(tmp_path / "closed", parts=by_words) as kb:
        assert {report.status for report in kb.follow(kb.add([notes]))} == {"indexed"}
    return tmp_path / "closed"


def damage(library: Path, table: str) -> None:
    """Make nonsense of the first page of a table."""
    database = library / "library.sqlite"
    with sqlite3.connect(database) as connection:
        (page,) = connection.execute("select rootpage from sqlite_schema where name = ?", (table,)).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    connection.close()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@contextmanager
def every(milliseconds: int, act: Callable[[], None]) -> Iterator[None]:
    """Act for the person while the program's own event loop runs; half a minute at most."""
    timer, last = QTimer(), QTimer()
    timer.timeout.connect(act)
    timer.start(milliseconds)
    last.timeout.connect(QApplication.exit)
    last.start(30_000)
    try:
        yield
    finally:
        timer.stop()
        last.stop()


def over(sheet: CheckSheet | MendSheet, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: sheet.task is None, timeout=30_000)
    return sheet.said.text()


def test_a_sound_library_is_said_to_be_one(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    sheet = window.checks.open()
    assert over(sheet, qtbot) == "Everything is in order."
    shown = [said.text() for said in sheet.lines.findChildren(QLabel)]
    assert shown.count("✓") == 7
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


def test_a_file_too_damaged_to_look_into_is_mended_with_the_window_closed(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor(*, repair: bool = False) -> list[Check]:
        raise StorageProblem("database-damaged")

    monkeypatch.setattr(window.bridge.kb, "doctor", doctor)
    sheet = window.checks.open()
    assert "The library file is damaged" in over(sheet, qtbot)
    sheet.mend_button.click()
    assert window.mend_next
    assert window.next_library == str(window.bridge.kb.library.root)
    assert not window.isVisible()


def test_a_library_that_cannot_be_read_is_mended_and_repaired(
    library: Path, by_words: Parts, qtbot: QtBot
) -> None:
    damage(library, "generations")
    said: list[str] = []

    def act() -> None:
        for sheet in QApplication.topLevelWidgets():
            if not isinstance(sheet, CheckSheet) or sheet.task is not None or not sheet.isVisible():
                continue
            said.append(sheet.said.text())
            if sheet.mend_button.isVisible():
                sheet.mend_button.click()
                QApplication.exit()
                return
            said.extend(text.text() for text in sheet.findChildren(QLabel) if text.text())
            said.append(" ".join(sorted(document.title for document in sheet._kb.documents())))
            window = sheet.parent()
            assert isinstance(window, MainWindow)
            window.close()
            QApplication.exit()

    with every(50, act):
        assert application.run(str(library), parts=by_words) == 0
    assert "not in order" in said[0]
    assert said[1].startswith("Everything is in order"), said
    assert any(text.startswith("Lost: ") and "of generations" in text for text in said)
    assert said[-1] == "Bees in winter 冲泡乌龙茶"
    assert list(library.glob("library.damaged-1.sqlite"))


def test_who_does_not_want_it_mended_is_left_alone(library: Path, by_words: Parts, qtbot: QtBot) -> None:
    with (library / "library.sqlite").open("r+b") as file:
        file.write(b"no database at all")
    before = (library / "library.sqlite").read_bytes()

    def act() -> None:
        for sheet in QApplication.topLevelWidgets():
            if isinstance(sheet, MendSheet):
                sheet.close()

    with every(50, act):
        assert application.run(str(library), parts=by_words) == 1
    assert (library / "library.sqlite").read_bytes() == before


def test_another_problem_is_said_and_the_program_ends(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda _parent, _title, words: told.append(words))
    assert checkup.rescue(tmp_path, StorageProblem("newer-library")) is None
    assert "newer version" in told[0]


def test_a_file_that_gives_nothing_stays_and_a_backup_is_offered(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"nonsense" * 4096)
    sheet = MendSheet(tmp_path)
    qtbot.addWidget(sheet)
    sheet.show()
    sheet.mend()
    assert "Nothing can be read of the library file" in over(sheet, qtbot)
    assert sheet.restore_button.isVisible()
    assert sheet.lost is None
