from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui.notes import note_editor
from desktop_kb.gui.notes.note_editor import NoteEditor


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


# --- a note that cannot be saved ---------------------------------------------------------------


@pytest.fixture
def stuck(editor: NoteEditor, tmp_path: Path) -> NoteEditor:
    """A new note where the folder of notes is a file, after an attempt to leave it."""
    blocked = tmp_path / "folder"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    editor.show()
    editor.open(None, blocked)
    editor.source.setPlainText("Tea\n\nhot 𝑥")
    editor.close_note()
    return editor


def _chosen(monkeypatch: pytest.MonkeyPatch, place: Path | None) -> list[str]:
    """What the dialog that asks where to save suggests; its answer is `place`."""
    suggested: list[str] = []

    def ask(_parent: object, _title: str, _kind: str, name: str) -> Path | None:
        suggested.append(name)
        return place

    monkeypatch.setattr(note_editor, "ask_new_file", ask)
    return suggested


def _button(editor: NoteEditor, words: str) -> QPushButton:
    (found,) = [made for made in editor.findChildren(QPushButton) if made.text() == words]
    return found


def test_it_can_be_saved_elsewhere_by_the_keys(
    stuck: NoteEditor, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    suggested = _chosen(monkeypatch, tmp_path / "there" / "tea.md")
    elsewhere = _button(stuck, "Save elsewhere …")
    assert elsewhere.isVisible()
    qtbot.waitUntil(elsewhere.hasFocus)  # who wanted to leave is at the ways out
    with qtbot.waitSignals([stuck.saved_elsewhere, stuck.closed]), qtbot.assertNotEmitted(stuck.saved):
        qtbot.keyClick(elsewhere, Qt.Key.Key_Space)
    assert suggested == ["Tea.md"]
    assert (tmp_path / "there" / "tea.md").read_text(encoding="utf-8") == "Tea\n\nhot 𝑥"
    stuck.hide()  # which saves what waits to be saved
    assert (tmp_path / "folder").is_file()


@pytest.mark.parametrize("agreed", [True, False])
def test_it_is_discarded_when_that_was_agreed_to(
    stuck: NoteEditor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, agreed: bool
) -> None:
    asked: list[str] = []

    def ask(_parent: object, question: str, *_more: str) -> bool:
        asked.append(question)
        return agreed

    closed: list[None] = []
    stuck.closed.connect(lambda: closed.append(None))
    monkeypatch.setattr(note_editor, "ask_whether", ask)
    qtbot.keyClick(_button(stuck, "Discard"), Qt.Key.Key_Space)
    assert len(asked) == 1
    assert len(closed) == agreed
    assert stuck.source.toPlainText() == "Tea\n\nhot 𝑥"
    assert _button(stuck, "Discard").isVisible()


def test_where_the_other_place_fails_too_it_stays(
    stuck: NoteEditor, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (tmp_path / "folder" / "tea.md", None):
        _chosen(monkeypatch, place)
        with qtbot.assertNotEmitted(stuck.closed):
            _button(stuck, "Save elsewhere …").click()
        assert _button(stuck, "Save elsewhere …").isVisible()


def test_a_note_elsewhere_has_its_pictures_and_its_line_ends(
    editor: NoteEditor, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "cup.png").write_bytes(b"cup")
    note = here / "tea.md"
    note.write_bytes(b"# Tea\r\n\r\n![a cup](cup.png) ![gone](gone.png)\r\n")
    editor.open(note, here)
    editor.source.appendPlainText("cold")
    _chosen(monkeypatch, there / "tea.md")
    with qtbot.waitSignal(editor.saved_elsewhere) as saved:
        editor.save_elsewhere()
    assert saved.args == [str(there / "tea.md"), 1]
    assert (there / "cup.png").read_bytes() == b"cup"
    assert (there / "tea.md").read_bytes().endswith(b"(gone.png)\r\n\r\ncold")


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "can only be read"), (errno.EACCES, "nothing may be")],
)
def test_the_ways_out_go_when_it_can_be_saved_again(
    editor: NoteEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def fail(_path: Path, _data: bytes) -> None:
        raise OSError(number, "a reason in English")

    note = tmp_path / "a.md"
    note.write_text("old", encoding="utf-8")
    editor.show()
    editor.open(note, tmp_path)
    editor.source.setPlainText("new")
    with monkeypatch.context() as broken:
        broken.setattr(note_editor, "write_whole", fail)
        assert not editor.save()
    assert reason in editor.state_text()
    assert _button(editor, "Discard").isVisible()
    assert not _button(editor, "Save elsewhere …").hasFocus()  # who writes goes on writing
    assert editor.save()
    assert note.read_text(encoding="utf-8") == "new"
    assert not _button(editor, "Discard").isVisible()


def test_a_folder_that_is_gone_is_no_other_program(editor: NoteEditor, tmp_path: Path) -> None:
    """As when a drive was pulled out."""
    folder = tmp_path / "drive"
    folder.mkdir()
    note = folder / "a.md"
    note.write_text("old", encoding="utf-8")
    editor.show()
    editor.open(note, folder)
    editor.source.setPlainText("new")
    folder.rename(tmp_path / "away")
    assert not editor.save()
    assert "the folder is not there any more" in editor.state_text()
    assert _button(editor, "Discard").isVisible()
    assert not _button(editor, "Keep mine").isVisible()


def test_an_open_question_that_cannot_be_settled_has_the_ways_out(
    editor: NoteEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor.show()
    note = _conflict(editor, tmp_path)

    def fail(_folder: Path, _stem: str, _data: bytes, **_told: object) -> Path:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(note_editor, "write_new", fail)
    monkeypatch.setattr(note_editor, "ask_whether", lambda *_: True)
    closed: list[None] = []
    editor.closed.connect(lambda: closed.append(None))
    editor.close_note()
    assert closed == []
    _button(editor, "Discard").click()
    assert closed == [None]
    editor.hide()
    assert note.read_text(encoding="utf-8") == "theirs"


def anchors(editor: NoteEditor) -> list[tuple[str, str]]:
    """The words of each link as the note looks, and where it leads."""
    found = []
    block = editor.shown.document().begin()
    while block.isValid():
        piece = block.begin()
        while not piece.atEnd():
            if address := piece.fragment().charFormat().anchorHref():
                found.append((piece.fragment().text(), address))
            piece += 1
        block = block.next()
    return found


def test_links_by_name_look_as_links(editor: NoteEditor, tmp_path: Path) -> None:
    text = (
        "# Hive of [[Bees]]\n\n𝑥 of [[蜜蜂|bees]] and **[[Bees#Dance]]**, `[[Code]]`, [web](https://a.org)\n\n"
        "- [[Wax]]\n\n```\n[[Fence]]\n```\n\n![[pic.png]] [[un\nclosed"
    )
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    QImage(40, 30, QImage.Format.Format_RGB32).save(str(tmp_path / "pic.png"))
    assert editor.open(tmp_path / "a.md", tmp_path)
    assert anchors(editor) == [
        ("Bees", "page:Bees"),
        ("bees", "page:蜜蜂"),
        ("Bees#Dance", "page:Bees#Dance"),
        ("web", "https://a.org"),
        ("Wax", "page:Wax"),
    ]
    shown = editor.shown.toPlainText()
    assert "[[Code]]" in shown
    assert "[[Fence]]" in shown
    assert list(editor.shown.pictures()) == ["pic.png"]
    assert editor.source.toPlainText() == text
