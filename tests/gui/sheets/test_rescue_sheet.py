"""A library file beyond opening is rescued from the window, or left alone."""

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
from desktop_kb.gui.sheets.check_sheet import CheckSheet
from desktop_kb.gui.sheets.rescue_sheet import RescueSheet, offer_rescue
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts


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
    """Act for the person while the program's own event loop runs; some minutes at most, on a busy machine too."""
    timer, last = QTimer(), QTimer()
    timer.timeout.connect(act)
    timer.start(milliseconds)
    last.timeout.connect(QApplication.exit)
    last.start(300_000)
    try:
        yield
    finally:
        timer.stop()
        last.stop()


def test_a_library_that_cannot_be_read_is_rescued_and_repaired(
    library: Path, by_words: Parts, qtbot: QtBot
) -> None:
    damage(library, "generations")
    said: list[str] = []

    def act() -> None:
        for sheet in QApplication.topLevelWidgets():
            if not isinstance(sheet, CheckSheet) or sheet.task is not None or not sheet.isVisible():
                continue
            said.append(sheet.said.text())
            if sheet.rescue_button.isVisible():
                sheet.rescue_button.click()
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


def test_who_does_not_want_it_rescued_is_left_alone(library: Path, by_words: Parts, qtbot: QtBot) -> None:
    with (library / "library.sqlite").open("r+b") as file:
        file.write(b"no database at all")
    before = (library / "library.sqlite").read_bytes()

    def act() -> None:
        for sheet in QApplication.topLevelWidgets():
            if isinstance(sheet, RescueSheet):
                sheet.close()

    with every(50, act):
        assert application.run(str(library), parts=by_words) == 1
    assert (library / "library.sqlite").read_bytes() == before


def test_another_problem_is_said_and_the_program_ends(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda _parent, _title, words: told.append(words))
    assert offer_rescue(tmp_path, StorageProblem("newer-library")) is None
    assert "newer version" in told[0]


def test_a_file_that_gives_nothing_stays_and_a_backup_is_offered(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"nonsense" * 4096)
    sheet = RescueSheet(tmp_path)
    qtbot.addWidget(sheet)
    sheet.show()
    sheet.rescue()
    qtbot.waitUntil(lambda: sheet.task is None, timeout=30_000)
    assert "Nothing can be read of the library file" in sheet.said.text()
    assert sheet.restore_button.isVisible()
    assert sheet.lost is None
