"""Backup, export and restoring from the window, over the real core."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QStandardPaths, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu
from pytestqt.qtbot import QtBot

from desktop_kb.gui.bridge import Bridge, Task
from desktop_kb.gui.sheets import upkeep
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts


def ended(sheet: TaskSheet, qtbot: QtBot) -> str:
    """All that the sheet says once its work is over."""
    qtbot.waitUntil(lambda: sheet.task is None, timeout=20_000)
    return "\n".join(said.text() for said in sheet.findChildren(QLabel) if not said.isHidden())


def test_a_person_without_a_folder_of_documents_begins_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _of: "/no/such/Documents")
    assert upkeep._home() == Path.home()


def test_a_backup_is_written_and_can_be_opened_elsewhere(
    filled: Bridge, by_words: Parts, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "saved.zip"
    said = ended(upkeep.back_up(filled, file, window), qtbot)
    assert str(file) in said
    assert "2 documents" in said
    opened: list[Path] = []
    folder = tmp_path / "again"
    folder.mkdir()
    upkeep.restore(filled.begin, file, folder, opened.append, window)
    qtbot.waitUntil(lambda: opened == [folder], timeout=20_000)
    with KnowledgeBase(folder, parts=by_words) as kb:
        assert {document.title for document in kb.documents()} == {"Bees in winter", "冲泡乌龙茶"}


@pytest.mark.skipif(os.name != "posix", reason="links need a right there")
def test_what_is_left_out_is_said_at_every_step(
    filled: Bridge, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    lying = filled.kb.library.notes
    lying.mkdir()
    (lying / "x.png").write_bytes(b"\x89PNG")
    (lying / "elsewhere").symlink_to(tmp_path)
    left_out = "1 file among the notes was left out"
    said = ended(upkeep.back_up(filled, tmp_path / "saved.zip", window), qtbot)
    assert "1 file of notes" in said
    assert left_out in said
    sheet = upkeep.restore(filled.begin, tmp_path / "saved.zip", tmp_path / "again", lambda _: None, window)
    assert left_out in ended(sheet, qtbot)
    assert left_out in ended(upkeep.export_files(filled, tmp_path / "out", window), qtbot)
    assert (tmp_path / "out" / "notes" / "x.png").read_bytes() == b"\x89PNG"


def test_what_is_in_the_way_is_said_and_nothing_is_written_over(
    filled: Bridge, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "mine.zip"
    file.write_text("mine")
    sheet = upkeep.back_up(filled, file, window)
    assert "There is something called 'mine.zip' already" in ended(sheet, qtbot)
    assert file.read_text() == "mine"
    (tmp_path / "empty").mkdir()
    sheet = upkeep.restore(filled.begin, file, tmp_path / "empty", lambda folder: None, window)
    assert "not a backup" in ended(sheet, qtbot)
    assert not list((tmp_path / "empty").iterdir())


def test_a_stored_file_that_is_lost_is_named(
    bridge: Bridge, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    samples = Path(__file__).parents[3] / "resources" / "samples"
    pdf = samples / "island-year.pdf"
    assert [report.status for report in bridge.kb.follow(bridge.kb.add([pdf]))] == ["indexed"]
    (copy,) = (path for path in bridge.kb.library.files.rglob("*") if path.is_file())
    copy.unlink()
    said = ended(upkeep.back_up(bridge, tmp_path / "saved.zip", window), qtbot)
    assert "1 file is not in it" in said


def test_files_go_out_as_plain_files(
    filled: Bridge, window: MainWindow, notes: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (notes / "茶.md").unlink()
    folder = tmp_path / "out"
    said = ended(upkeep.export_files(filled, folder, window), qtbot)
    assert "2 files were written" in said
    assert "1 original is not there any more; what was read of it was written instead" in said
    assert (folder / "files" / "bees.md").read_bytes() == (notes / "bees.md").read_bytes()
    assert len(json.loads((folder / "documents.json").read_text("utf-8"))) == 2


def test_closing_the_sheet_stops_the_work(window: MainWindow, qtbot: QtBot) -> None:
    begun: list[Task] = []

    def work(task: Task) -> None:
        begun.append(task)
        while True:
            task.tell("counting", 0.5)

    sheet = TaskSheet(window.bridge.begin, "Sheet", window)
    sheet.show()
    sheet.work("Counting", work, lambda result: None)
    qtbot.waitUntil(lambda: bool(begun) and sheet.bar.value() == 500)
    sheet.cancel.click()
    qtbot.waitUntil(lambda: sheet.said.text() == "Stopped; nothing was kept.")
    sheet.work("Counting", work, lambda result: None)
    qtbot.waitUntil(lambda: len(begun) == 2)
    sheet.close()
    begun[1].wait()


def test_a_fault_of_the_work_is_said(
    window: MainWindow, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = TaskSheet(window.bridge.begin, "Sheet", window)
    with caplog.at_level("CRITICAL", "desktop_kb.gui.bridge"):
        sheet.work("Dividing", lambda task: 1 / 0, lambda result: None)
        assert "Something went wrong inside the program (ZeroDivisionError)" in ended(sheet, qtbot)


@pytest.mark.parametrize(
    ("name", "dialog", "answer"),
    [
        ("back-up", "getSaveFileName", lambda folder: (str(folder / "saved.zip"), "")),
        ("back-up", "getSaveFileName", lambda folder: (str(folder / "saved"), "")),
        ("export", "getExistingDirectory", lambda folder: str(folder / "out")),
    ],
)
def test_the_menu_asks_where_to(
    filled: Bridge,
    window: MainWindow,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    dialog: str,
    answer: Callable[[Path], object],
) -> None:
    monkeypatch.setattr(QFileDialog, dialog, lambda *_args, **_options: answer(tmp_path))
    window.action_set[name].trigger()
    (sheet,) = window.findChildren(TaskSheet)
    assert ended(sheet, qtbot)
    assert (tmp_path / "saved.zip").exists() or (tmp_path / "out" / "documents.csv").exists()


def choose(window: MainWindow, submenu: str, name: str) -> None:
    """Choose an entry in the window's menu, which is gone when this returns."""

    def named(menu: QMenu, text: str) -> QAction:
        return next(action for action in menu.actions() if action.text() == text)

    def click() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        inner = named(menu, submenu).menu()
        assert isinstance(inner, QMenu)
        named(inner, name).trigger()
        menu.close()

    QTimer.singleShot(0, click)
    window._menu(QPoint(0, 0))
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_a_backup_is_restored_from_the_menu_and_opened(
    filled: Bridge,
    by_words: Parts,
    window: MainWindow,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, folder = tmp_path / "saved.zip", tmp_path / "again"
    folder.mkdir()
    assert "2 documents" in ended(upkeep.back_up(filled, file, window), qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args, **_options: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args, **_options: str(folder))
    choose(window, "Libraries", "Restore from a backup …")
    qtbot.waitUntil(lambda: window.next_library == str(folder), timeout=20_000)
    assert not window.isVisible()
    with KnowledgeBase(folder, parts=by_words) as kb:
        assert len(kb.documents()) == 2
