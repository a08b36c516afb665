"""A note that cannot be saved, in the real window: nobody is caught in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Batch


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


def test_a_note_of_the_library_follows_its_first_line(window: MainWindow, qtbot: QtBot) -> None:
    window.new_note()
    (first,) = window.findChildren(NoteWindow)
    qtbot.keyClicks(first.editor.source, "New note")
    qtbot.keyClick(first.editor.source, Qt.Key.Key_Return)
    first.close()
    qtbot.waitUntil(lambda: [d.status for d in window.documents] == ["ready"])
    before = window.documents[0]
    window.bridge.kb.tag([before.document], ["mine"])
    taken = window.intake.notes / "Tea of spring.md"
    taken.write_text("# Another\n", encoding="utf-8")
    window.edit(before.path)
    second = next(one for one in window.findChildren(NoteWindow) if one.isVisible())
    second.editor.source.setPlainText("# Tea of spring\n\nIt is picked early.\n")
    second.close()
    named = window.intake.notes / "Tea of spring (2).md"
    qtbot.waitUntil(
        lambda: [d.path for d in window.documents] == [str(named)] and not window.documents[0].gone
    )
    qtbot.waitUntil(lambda: window.documents[0].title == "Tea of spring")
    after = window.documents[0]
    assert (after.document, after.tags) == (before.document, ("mine",))
    assert not Path(before.path).exists()
    assert taken.read_text(encoding="utf-8") == "# Another\n"


def test_a_name_that_a_person_chose_stays(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    own = window.intake.notes / "2026-11-27.md"
    own.parent.mkdir(exist_ok=True)
    own.write_text("# Monday\n", encoding="utf-8")
    elsewhere = notes / "Tea.md"
    elsewhere.write_text("# Tea\n", encoding="utf-8")
    for path in (own, elsewhere):
        window.edit(str(path))
        note = next(one for one in window.findChildren(NoteWindow) if one.isVisible())
        note.editor.source.setPlainText("# Something else\n")
        note.close()
        qtbot.wait(50)
        assert path.read_text(encoding="utf-8") == "# Something else\n"


def test_a_new_note_is_noted_before_it_is_written_until_it_is_queued(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = window.bridge.kb
    with monkeypatch.context() as patch:
        patch.setattr(kb, "add", lambda _files: Batch((), ()))  # as if the program ended here
        window.new_note()
        (note,) = window.findChildren(NoteWindow)
        qtbot.keyClicks(note.editor.source, "Tea is hot")
        assert note.editor.save()
        (left,) = kb._unqueued.left()
        assert left == note.editor.path
    kb.add([left])
    assert kb._unqueued.left() == []
    note.editor.close_note()
