"""A note that cannot be saved, in the real window: nobody is caught in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.window import MainWindow


@pytest.fixture
def note(window: MainWindow, qtbot: QtBot) -> NoteWindow:
    """A new note with text, in a library that has no place for it."""
    window.intake.notes.write_text("a file where the folder should be", encoding="utf-8")
    window.new_note()
    (made,) = window.findChildren(NoteWindow)
    qtbot.keyClicks(made.editor.source, "Tea is hot")
    return made


def _button(parent: NoteWindow | QMessageBox, words: str) -> QPushButton:
    (found,) = [made for made in parent.findChildren(QPushButton) if made.text() == words]
    return found


def test_the_window_closes_after_the_note_was_discarded(
    window: MainWindow, note: NoteWindow, qtbot: QtBot
) -> None:
    window.switch(Path("elsewhere"))
    assert window.isVisible()
    assert note.isVisible()
    seen: list[str] = []

    def agree() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append(box.text())
        qtbot.keyClick(_button(box, "Discard"), Qt.Key.Key_Space)

    QTimer.singleShot(0, agree)
    qtbot.keyClick(_button(note, "Discard"), Qt.Key.Key_Space)
    assert seen == ["Discard what you have written?"]
    assert not note.isVisible()
    window.close()
    assert not window.isVisible()
    assert window.next_library is None  # what was refused is over


def test_cancel_leaves_the_note_as_it_is(note: NoteWindow, qtbot: QtBot) -> None:
    note.close()
    QTimer.singleShot(0, lambda: qtbot.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Escape))
    _button(note, "Discard").click()
    assert note.isVisible()
    assert note.editor.source.toPlainText() == "Tea is hot"


def test_it_is_said_where_the_note_was_saved(
    window: MainWindow, note: NoteWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    note.close()

    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        dialog.setDirectory(str(tmp_path))
        dialog.selectFile("tea")  # without its suffix
        dialog.accept()

    QTimer.singleShot(0, choose)
    qtbot.keyClick(_button(note, "Save elsewhere …"), Qt.Key.Key_Space)
    assert not note.isVisible()
    assert (tmp_path / "tea.md").read_text(encoding="utf-8") == "Tea is hot"
    assert str(tmp_path / "tea.md") in window.notice.words.text()
    window.close()
    assert not window.isVisible()
