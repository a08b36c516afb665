from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_kb.gui.note_editor import NoteEditor, file_name


@pytest.fixture
def editor(qtbot: QtBot) -> NoteEditor:
    made = NoteEditor()
    qtbot.addWidget(made)
    return made


def test_a_new_note_is_saved_by_itself_under_its_first_line(
    editor: NoteEditor, qtbot: QtBot, tmp_path: Path
) -> None:
    editor.open(None, tmp_path)
    with qtbot.waitSignal(editor.saved, timeout=3000) as saved:
        editor.source.setPlainText("# Tea: 凍頂 / notes\n\nhot 𝑥")
    assert saved.args == [str(tmp_path / "Tea 凍頂 notes.md")]
    assert (tmp_path / "Tea 凍頂 notes.md").read_text(encoding="utf-8") == "# Tea: 凍頂 / notes\n\nhot 𝑥"
    assert [path.name for path in tmp_path.iterdir()] == ["Tea 凍頂 notes.md"]


def test_an_empty_new_note_leaves_nothing(editor: NoteEditor, tmp_path: Path) -> None:
    editor.open(None, tmp_path)
    editor.close_note()
    assert not list(tmp_path.iterdir())


def test_a_new_note_never_takes_the_name_of_another(editor: NoteEditor, tmp_path: Path) -> None:
    (tmp_path / "Tea.md").write_text("mine", encoding="utf-8")
    editor.open(None, tmp_path)
    editor.source.setPlainText("Tea\n")
    assert editor.save()
    assert (tmp_path / "Tea.md").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "Tea (2).md").read_text(encoding="utf-8") == "Tea\n"


def test_line_ends_and_byte_order_mark_stay(editor: NoteEditor, tmp_path: Path) -> None:
    note = tmp_path / "a.md"
    note.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    editor.open(note, tmp_path)
    editor.source.appendPlainText("three")
    assert editor.save()
    assert note.read_bytes().startswith(b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert note.read_bytes().endswith(b"\r\nthree")


def test_opening_and_closing_writes_nothing(editor: NoteEditor, qtbot: QtBot, tmp_path: Path) -> None:
    note = tmp_path / "a.md"
    note.write_bytes(b"one\r\ntwo\n")
    before = note.stat().st_mtime_ns
    editor.open(note, tmp_path)
    with qtbot.waitSignal(editor.closed), qtbot.assertNotEmitted(editor.saved):
        editor.close_note()
    assert note.stat().st_mtime_ns == before


def _conflict(editor: NoteEditor, tmp_path: Path) -> Path:
    note = tmp_path / "a.md"
    note.write_text("old", encoding="utf-8")
    editor.open(note, tmp_path)
    editor.source.setPlainText("mine")
    note.write_text("theirs", encoding="utf-8")
    assert not editor.save()
    assert note.read_text(encoding="utf-8") == "theirs"
    return note


def test_what_another_program_wrote_is_not_written_over(editor: NoteEditor, tmp_path: Path) -> None:
    note = _conflict(editor, tmp_path)
    editor.keep_both()
    assert note.read_text(encoding="utf-8") == "theirs"
    assert (tmp_path / "a (2).md").read_text(encoding="utf-8") == "mine"


def test_keeping_mine_writes_it(editor: NoteEditor, tmp_path: Path) -> None:
    note = _conflict(editor, tmp_path)
    editor.keep_mine()
    assert note.read_text(encoding="utf-8") == "mine"


def test_taking_theirs_can_be_undone(editor: NoteEditor, tmp_path: Path) -> None:
    _conflict(editor, tmp_path)
    editor.take_theirs()
    assert editor.source.toPlainText() == "theirs"
    editor.source.undo()
    assert editor.source.toPlainText() == "mine"


def test_leaving_an_open_question_keeps_both(editor: NoteEditor, tmp_path: Path) -> None:
    note = _conflict(editor, tmp_path)
    editor.close_note()
    assert note.read_text(encoding="utf-8") == "theirs"
    assert (tmp_path / "a (2).md").read_text(encoding="utf-8") == "mine"


def test_a_change_outside_is_shown_where_nothing_was_typed(
    editor: NoteEditor, qtbot: QtBot, tmp_path: Path
) -> None:
    note = tmp_path / "a.md"
    note.write_text("old", encoding="utf-8")
    editor.open(note, tmp_path)
    note.write_text("new", encoding="utf-8")
    qtbot.waitUntil(lambda: editor.source.toPlainText() == "new", timeout=3000)


def test_a_note_that_cannot_be_saved_stays_open(editor: NoteEditor, qtbot: QtBot, tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    editor.open(None, blocked)
    editor.source.setPlainText("text\n")
    with qtbot.assertNotEmitted(editor.closed):
        editor.close_note()
    assert editor.source.toPlainText() == "text\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\n## A *b*\n", "A b"),
        ("---\ntitle: x\n---\n# 茶\n", "茶"),
        ("***\n...\n", ""),
        ("con", "con note"),
        ("../..", ""),
    ],
)
def test_names_from_first_lines(text: str, name: str) -> None:
    assert file_name(text) == name


def test_no_name_is_too_long_for_a_file_system() -> None:
    assert len(f"{file_name('茶' * 500)} (2).md".encode()) < 255


def test_the_candidates_of_an_input_method_stand_under_the_line_being_composed(
    editor: NoteEditor, tmp_path: Path
) -> None:
    editor.resize(900, 400)
    editor.show()
    editor.open(None, tmp_path)
    editor.source.setPlainText("one\n\nthree")
    editor.source.moveCursor(editor.source.textCursor().MoveOperation.End)
    told = editor.source.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle).toRect()
    drawn = editor.source.cursorRect()
    drawn.moveTopLeft(editor.source.viewport().mapTo(editor.source, drawn.topLeft()))
    assert told.top() == drawn.top()
    assert told.left() == drawn.left()
    assert drawn.topLeft().x() + editor.source.mapTo(editor, QPoint(0, 0)).x() > 16 + 12  # still set in


def test_the_hint_gives_way_to_the_word_being_composed(editor: NoteEditor, tmp_path: Path) -> None:
    editor.resize(900, 400)
    editor.show()
    editor.open(None, tmp_path)

    def ink() -> int:
        """How much stands in the first line right of where two letters end."""
        line = editor.source.cursorRect()
        beside = QRect(60, line.top(), 250, line.height())
        picture: QImage = editor.source.viewport().grab(beside).toImage()
        ground = picture.pixel(picture.width() - 1, 0)
        columns, rows = range(picture.width()), range(picture.height())
        return sum(picture.pixel(x, y) != ground for x in columns for y in rows)

    def compose(letters: str, commit: str = "") -> None:
        event = QInputMethodEvent(letters, [])
        event.setCommitString(commit)
        QApplication.sendEvent(editor.source, event)

    assert ink() > 100
    compose("ni")
    assert ink() == 0
    compose("")  # given up
    assert ink() > 100
    compose("", "你")
    assert ink() == 0
    editor.source.clear()
