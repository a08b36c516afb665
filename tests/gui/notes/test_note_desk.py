"""Around a note: its tags, what links to it, the trash; and in it names behind '[[' and pasted pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow


@pytest.fixture
def notes(window: MainWindow, qtbot: QtBot) -> Path:
    """Two notes of the library's own, one of which links to the other."""
    folder = window.intake.notes
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Bees.md").write_text("# Bees\n\nThey dance.", encoding="utf-8")
    (folder / "Hive.md").write_text("# Hive\n\nHome of [[Bees]].", encoding="utf-8")
    window.add([folder])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    return folder


def opened(window: MainWindow, path: Path, qtbot: QtBot) -> NoteWindow:
    window.edit(str(path))
    (note,) = [made for made in window.findChildren(NoteWindow) if made.isVisible()]
    qtbot.waitUntil(note.desk.tags.isEnabled)
    return note


def test_notes_that_link_here_are_named_and_opened(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    note = opened(window, notes / "Bees.md", qtbot)
    assert "Hive</a>" in note.desk.linking.text()
    note.desk.linking.linkActivated.emit(str(notes / "Hive.md"))
    found = [made.editor.path for made in window.findChildren(NoteWindow) if made.isVisible()]
    assert notes / "Hive.md" in found


def test_tags_are_given_and_taken_in_place(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    note = opened(window, notes / "Bees.md", qtbot)
    kb = window.bridge.kb
    note.desk.tags.setFocus()
    qtbot.keyClicks(note.desk.tags, "insects #garden/soil")
    qtbot.keyClick(note.desk.tags, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: kb.get(notes / "Bees.md").tags == ("garden/soil", "insects"))
    qtbot.waitUntil(lambda: not window.bridge.busy)
    note.desk.tags.setText("insects")
    note.desk.tags.editingFinished.emit()
    qtbot.waitUntil(lambda: kb.get(notes / "Bees.md").tags == ("insects",))


def test_a_tag_with_a_space_is_not_torn(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    kb = window.bridge.kb
    kb.tag([kb.get(notes / "Bees.md").document], ["bee keeping", "winter"])
    note = opened(window, notes / "Bees.md", qtbot)
    assert note.desk.tags.text() == "bee keeping winter"
    note.desk.tags.setText("bee keeping winter insects")
    note.desk.tags.editingFinished.emit()
    qtbot.waitUntil(lambda: "insects" in kb.get(notes / "Bees.md").tags)
    qtbot.waitUntil(lambda: not window.bridge.busy)
    assert kb.get(notes / "Bees.md").tags == ("bee keeping", "insects", "winter")
    note.desk.tags.setText("insects")
    note.desk.tags.editingFinished.emit()
    qtbot.waitUntil(lambda: kb.get(notes / "Bees.md").tags == ("insects",))


def test_names_are_offered_behind_two_brackets(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    note = opened(window, notes / "Hive.md", qtbot)
    source = note.editor.source
    note.activateWindow()
    source.setFocus()
    qtbot.waitUntil(source.hasFocus)
    source.moveCursor(source.textCursor().MoveOperation.End)
    qtbot.keyClicks(source, " [[be")
    qtbot.waitUntil(source.offered.isVisible)
    qtbot.keyClick(source, Qt.Key.Key_Down)
    qtbot.keyClick(source, Qt.Key.Key_Return)
    assert source.toPlainText().endswith("Home of [[Bees]]. [[Bees]]")
    qtbot.keyClicks(source, " and")
    assert not source.offered.isVisible()


def test_enter_takes_the_first_name_and_a_link_is_written_as_the_file_was_named(
    window: MainWindow, notes: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb, titles = (
        window.bridge.kb,
        {"Bees": "Bees", "Quotation outline": "Quotation: outline", "x": "An: other"},
    )
    known = kb.get(notes / "Bees.md")
    found = [replace(known, title=title, path=str(notes / f"{stem}.md")) for stem, title in titles.items()]
    monkeypatch.setattr(kb, "documents", lambda *_: found)
    note = opened(window, notes / "Hive.md", qtbot)
    source = note.editor.source
    note.activateWindow()
    source.setFocus()
    qtbot.waitUntil(source.hasFocus)
    source.moveCursor(source.textCursor().MoveOperation.End)
    for typed in (" [[quo", " [[oth", " [[Bees"):
        qtbot.keyClicks(source, typed)
        qtbot.waitUntil(source.offered.isVisible)
        qtbot.keyClick(source, Qt.Key.Key_Return)
    assert source.toPlainText().endswith("[[Bees]]. [[Quotation outline]] [[An: other]] [[Bees]]")


def test_a_pasted_picture_is_a_file_beside_the_note(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    note = opened(window, notes / "Bees.md", qtbot)
    picture = QImage(3, 2, QImage.Format.Format_RGB32)
    picture.fill(QColor("red"))
    data = QMimeData()
    data.setImageData(picture)
    note.editor.source.moveCursor(note.editor.source.textCursor().MoveOperation.End)
    for _ in range(2):
        assert note.editor.source.canInsertFromMimeData(data)
        note.editor.source.insertFromMimeData(data)
    assert note.editor.source.toPlainText().endswith(
        "They dance.![](Bees%201.png)![](Bees%201%20%282%29.png)"
    )
    assert QImage(str(notes / "Bees 1.png")).size() == picture.size()


def test_a_note_is_deleted_and_comes_back(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    note = opened(window, notes / "Bees.md", qtbot)
    qtbot.keyClicks(note.editor.source, "New ")
    note.desk.delete.click()
    qtbot.waitUntil(lambda: not (notes / "Bees.md").exists())
    qtbot.waitUntil(lambda: [one.title for one in window.documents] == ["Hive"])
    qtbot.waitUntil(window.notice.undo.isVisible)
    window.notice.undo_last()
    qtbot.waitUntil(lambda: [one.title for one in window.documents] != ["Hive"])
    assert (notes / "Bees.md").read_text(encoding="utf-8").startswith("New # Bees")


def test_a_link_in_the_note_leads_to_what_it_names(window: MainWindow, notes: Path, qtbot: QtBot) -> None:
    (notes / "plan.html").write_text("<p>A plan of the garden.</p>", encoding="utf-8")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    note = opened(window, notes / "Hive.md", qtbot)
    follow = note.editor.shown.link_requested.emit
    follow("page:bees")
    qtbot.waitUntil(lambda: notes / "Bees.md" in [one.editor.path for one in window.findChildren(NoteWindow)])
    (notes / "Quotation outline.md").write_text("# Quotation: outline\n\nThey hum.", encoding="utf-8")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 4 and window.drawn)
    follow("page:notes/Quotation: outline#end")
    qtbot.waitUntil(
        lambda: notes / "Quotation outline.md" in [one.editor.path for one in window.findChildren(NoteWindow)]
    )
    follow("plan.html")
    qtbot.waitUntil(lambda: "plan of the garden" in window.view(SearchView).preview.text.toPlainText())
    qtbot.waitUntil(window.isActiveWindow)
    handle = note.windowHandle()
    assert handle is not None
    assert handle.transientParent() is None, "what is bound to the main window always covers it"
    follow("page:Nowhere")
    qtbot.waitUntil(lambda: "'Nowhere' is not in the library." in window.notice.words.text())


def test_a_note_that_is_opened_counts_as_seen(
    window: MainWindow, notes: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []
    monkeypatch.setattr(window.bridge.kb, "look_at", seen.append)
    opened(window, notes / "Bees.md", qtbot)
    qtbot.waitUntil(lambda: notes / "Bees.md" in seen)
