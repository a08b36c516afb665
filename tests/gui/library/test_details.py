"""The details of the selected documents: told, corrected, one or many at once, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui.library import details as details_module
from desktop_kb.gui.library.details import Details
from desktop_kb.gui.library.document_model import NUMBERS, state_of, trouble_of
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.places import counted
from desktop_kb.gui.targets import EVERYTHING
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Change, Document

_CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot, notes: Path) -> MainWindow:
    """Three pages and a note in the library view, by title; each page has an author, one a tag."""
    for number in range(3):
        author = "<meta name='author' content='Ada'>" if number < 2 else ""
        html = (
            f"<html><head><title>Page {number}</title>{author}</head><body><p>Owl {number}.</p></body></html>"
        )
        (notes / f"{number}.html").write_text(html)
    (notes / "茶.md").unlink()
    window.resize(1440, 900)
    window.add([notes])
    qtbot.waitUntil(lambda: [d.status for d in window.documents] == ["ready"] * 4)
    window.go("library")
    view = window.view(LibraryView)
    view.table.sortByColumn(NUMBERS["title"], Qt.SortOrder.AscendingOrder)
    qtbot.waitUntil(lambda: view.drawn)
    return window


def _select(window: MainWindow, qtbot: QtBot, *titles: str) -> Details:
    view = window.view(LibraryView)
    rows = [document.title for document in view.model.documents()]
    view.table.clearSelection()
    view.table._select([rows.index(title) for title in titles])
    qtbot.waitUntil(lambda: not view._details_timer.isActive())
    return view.details


def _type(window: MainWindow, qtbot: QtBot, key: str, text: str) -> None:
    """Write into a field, as a person does, until the library has it."""
    before = window.documents
    field = window.view(LibraryView).details._fields[key]
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.documents is not before and window.drawn)


def _undo(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.drawn)
    before = window.documents
    qtbot.keyClick(window.view(LibraryView).table, Qt.Key.Key_Z, _CONTROL)
    qtbot.waitUntil(lambda: window.documents is not before and window.drawn)


def _told(details: Details) -> str:
    return "\n".join(one.text().replace("\u200b", "") for one in details.body.findChildren(QLabel))


def _of(window: MainWindow, key: str) -> Sequence[object]:
    return [document.metadata.get(key) for document in sorted(window.documents, key=lambda d: d.title)]


def test_what_is_known_of_a_document_is_told(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    details = _select(window, qtbot, "Bees in winter")
    assert details.shown() == {
        "title": "Bees in winter", "author": "", "year": "2021", "date": "", "tag": "insects"
    }  # fmt: skip
    assert details._fields["title"].isReadOnly(), "a note's title is its first line"
    told = _told(details)
    for part in ("note", "ready", "1 KB", str(notes / "bees.md"), "Location", "Changed"):
        assert part in told


def test_many_are_tagged_with_one_key(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    view.table.setFocus()
    view.table.selectAll()
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view.table, Qt.Key.Key_T, keys)
    qtbot.waitUntil(lambda: "tag" in view.details._fields and view.details._fields["tag"].hasFocus())
    qtbot.keyClicks(view.details._fields["tag"], "long read")
    qtbot.keyClick(view.details._fields["tag"], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: all("long read" in one.tags for one in window.documents))


def test_an_author_is_corrected_with_one_key_and_undone(window: MainWindow, qtbot: QtBot) -> None:
    details = _select(window, qtbot, "Page 0")
    table = window.view(LibraryView).table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: details._fields["title"].hasFocus())
    _type(window, qtbot, "author", "Ada Lovelace")
    assert _of(window, "author") == [None, "Ada Lovelace", "Ada", None]
    assert table.hasFocus()
    assert not window.notice.isVisible(), "it is seen in the pane"
    qtbot.waitUntil(lambda: details.shown()["author"] == "Ada Lovelace")
    _undo(window, qtbot)
    assert _of(window, "author") == [None, "Ada", "Ada", None]
    kb = window.bridge.kb
    assert kb.own_values([d.document for d in window.documents]) == {
        d.document: {} for d in window.documents
    }, "the file's own value is there again, not a copy of it"


def test_a_title_is_given_and_taken_back(window: MainWindow, qtbot: QtBot) -> None:
    _select(window, qtbot, "Page 1")
    _type(window, qtbot, "title", "Owls of the north")
    assert {d.title for d in window.documents} >= {"Owls of the north", "Page 0"}
    _select(window, qtbot, "Owls of the north")
    _type(window, qtbot, "title", " ")
    assert "Page 1" in {d.title for d in window.documents}


def test_many_are_changed_at_once_and_undone_together(window: MainWindow, qtbot: QtBot) -> None:
    details = _select(window, qtbot, "Page 0", "Page 1", "Page 2", "Bees in winter")
    assert "4 documents" in _told(details)
    assert "title" not in details.shown()
    assert (details.shown()["author"], details._fields["author"].placeholderText()) == ("", "(several)")
    _type(window, qtbot, "year", "1999")
    assert _of(window, "year") == [1999] * 4
    assert window.notice.words.text() == "4 documents changed."
    _type(window, qtbot, "tag", "owls, northern birds")
    assert {d.tags for d in window.documents} == {
        ("northern birds", "owls"),
        ("insects", "northern birds", "owls"),
    }
    qtbot.waitUntil(lambda: details.shown()["tag"] == "northern birds, owls")
    _type(window, qtbot, "tag", "owls")
    assert {d.tags for d in window.documents} == {("owls",), ("insects", "owls")}
    for _ in range(2):
        _undo(window, qtbot)
    assert {d.tags for d in window.documents} == {(), ("insects",)}
    _undo(window, qtbot)
    qtbot.waitUntil(lambda: _of(window, "year") == [2021, None, None, None])


def test_a_detail_of_ones_own_is_added(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    details = _select(window, qtbot, "Page 0")
    monkeypatch.setattr(details_module, "ask_line", lambda *_given: " Publisher：")
    more = next(b for b in details.findChildren(QPushButton) if b.text() == "Add a detail")
    more.click()
    assert details._fields["publisher"].hasFocus()
    _type(window, qtbot, "publisher", "Owl Press 12")
    assert _of(window, "publisher") == [None, "Owl Press 12", None, None]
    assert "publisher" in window.box.keys


def test_esc_takes_back_what_is_being_written(window: MainWindow, qtbot: QtBot) -> None:
    details = _select(window, qtbot, "Page 0")
    field = details._fields["author"]
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "Nobody")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "Ada"
    assert window.view(LibraryView).table.hasFocus()
    assert window.current is window.view(LibraryView)
    assert _of(window, "author") == [None, "Ada", "Ada", None]


def test_what_is_being_written_stays_while_the_library_is_loaded_anew(
    window: MainWindow, qtbot: QtBot
) -> None:
    details = _select(window, qtbot, "Page 0")
    field = details._fields["author"]
    field.setFocus()
    field.end(False)
    qtbot.keyClicks(field, "!!")
    before = window.documents
    window.reload()
    qtbot.waitUntil(lambda: window.documents is not before)
    qtbot.wait(100)
    assert details._fields["author"] is field
    assert field.text() == "Ada!!"


def test_trouble_is_told_with_what_can_be_done(window: MainWindow, qtbot: QtBot) -> None:
    details = window.view(LibraryView).details
    asked: list[str] = []
    details.act_requested.connect(asked.append)
    locked = replace(window.documents[0], status="failed", error_code="locked")
    gone = replace(window.documents[0], missing_places=window.documents[0].places)

    def offered(document: Document) -> list[str]:
        details.show_documents([document])
        return [b.text() for b in details.body.findChildren(QPushButton)]

    assert offered(locked)[:2] == ["Enter the password", "Remove from the library"]
    assert "locked with a password" in _told(details)
    assert offered(gone)[:2] == ["Look again", "Remove from the library"]
    details.body.findChildren(QPushButton)[0].click()
    assert asked == ["read-again"]
    scan = replace(window.documents[0], pages=4, states="trnn")
    assert "Remove from the library" not in offered(scan)
    assert "4: 1 with text, 1 read from pictures, 2 without text" in _told(details)


def test_trouble_is_told_once(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    scan = replace(window.documents[0], title="Scan", states="tnn")
    view.model.show([scan])
    view.table.selectRow(0)
    qtbot.waitUntil(lambda: "2 of 3 pages hold no text" in _told(view.details))
    assert view.reason.isHidden()
    view.toggle_details()
    view.table.clearSelection()
    view.table.selectRow(0)
    assert "2 of 3 pages hold no text" in view.reason.text()


def test_a_narrow_window_shows_the_details_over_the_table(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    details = _select(window, qtbot, "Page 0")
    assert details.isVisible()
    assert details.width() == 300
    window.resize(900, 600)
    qtbot.waitUntil(lambda: not details.isVisible())
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: details.isVisible() and details._fields["title"].hasFocus())
    qtbot.keyClick(details._fields["title"], Qt.Key.Key_Escape)
    qtbot.keyClick(view.table, Qt.Key.Key_Escape)
    assert not details.isVisible()
    window.resize(1440, 900)
    qtbot.waitUntil(details.isVisible)


def test_details_that_the_person_has_opened_over_the_table_stay_there(
    window: MainWindow, qtbot: QtBot
) -> None:
    view = window.view(LibraryView)
    details = _select(window, qtbot, "Page 0")
    window.resize(900, 600)
    qtbot.waitUntil(lambda: not details.isVisible())
    view.add_tag()
    view.edit_details()
    qtbot.keyClick(details._fields["title"], Qt.Key.Key_Escape)
    assert not view.columns.covers, "they came for a field"
    view.toggle_details()
    qtbot.keyClick(details._fields["title"], Qt.Key.Key_Escape)
    assert view.columns.covers


def test_that_the_details_are_hidden_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    _select(window, qtbot, "Page 0")
    qtbot.keyClick(view.table, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert not view.details.isVisible()
    view.table.show_column(NUMBERS["size"], True)
    view.table.show_column(NUMBERS["tags"], False)
    view.table.setColumnWidth(NUMBERS["author"], 222)
    window.close()
    again = MainWindow(window.bridge, QSettings(window._state.fileName(), QSettings.Format.IniFormat))
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: again.status is not None)
    again.go("library")
    view = again.view(LibraryView)
    assert not view.details.isVisible()
    assert not view.table.isColumnHidden(NUMBERS["size"])
    assert view.table.isColumnHidden(NUMBERS["tags"])
    assert view.table.columnWidth(NUMBERS["author"]) == 222
    header = view.table.horizontalHeader()
    assert (header.sortIndicatorSection(), view.model.document(0).title) == (
        NUMBERS["title"],
        "Bees in winter",
    )
    view.edit_details()
    assert not view.details.findChildren(QLineEdit), "nothing is selected"


def test_the_title_is_at_least_200_pixels_wide_and_takes_what_is_left(
    window: MainWindow, qtbot: QtBot
) -> None:
    table = window.view(LibraryView).table
    for size in ((900, 600), (1100, 700), (1440, 900)):
        window.resize(*size)
        qtbot.wait(20)
        assert table.columnWidth(0) >= 200
        assert table.horizontalHeader().length() >= table.viewport().width()
    for column in range(1, len(NUMBERS)):
        table.show_column(column, True)
    assert table.columnWidth(0) == 200
    for column in range(1, len(NUMBERS)):
        table.show_column(column, False)
    assert table.columnWidth(0) == table.viewport().width()


def test_the_details_go_with_what_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    details = _select(window, qtbot, "Page 0")
    assert details.isVisible()
    window.side_bar.choose(EVERYTHING)
    window.box.ask("tag:insects")
    qtbot.waitUntil(lambda: not details.isVisible())


def test_while_nothing_is_selected_the_table_has_all_the_room(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    table, details = view.table, view.details
    assert not details.isVisible()
    qtbot.waitUntil(lambda: table.width() == view.columns.width())
    details = _select(window, qtbot, "Page 0")
    assert details.isVisible()
    qtbot.waitUntil(lambda: table.width() < view.columns.width() - 200)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: details._fields["title"].hasFocus())
    table.clearSelection()
    qtbot.waitUntil(lambda: not details.isVisible())
    assert table.hasFocus(), "the keys stay where they can be seen"
    qtbot.waitUntil(lambda: table.width() == view.columns.width())
    _select(window, qtbot, "Page 1")
    qtbot.keyClick(table, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert not details.isVisible()
    _select(window, qtbot, "Page 0")
    assert not details.isVisible(), "the person does not want it"
    qtbot.keyClick(table, Qt.Key.Key_F2)
    assert details.isVisible()
    assert details._fields["title"].hasFocus()


def test_a_tag_is_given_to_many_by_keys_alone(window: MainWindow, qtbot: QtBot) -> None:
    """The command leads behind the tags that all have; what is known is completed; many tags stand between commas."""
    details = _select(window, qtbot, "Page 0", "Page 1", "Bees in winter")
    view = window.view(LibraryView)
    view.action_set["add-tag"].trigger()
    field = details._fields["tag"]
    qtbot.waitUntil(field.hasFocus)
    before = window.documents
    qtbot.keyClicks(field, "birds, ins")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.documents is not before and window.drawn)
    tagged = {one.title for one in window.documents if one.tags == ("birds", "insects")}
    assert tagged == {"Page 0", "Page 1", "Bees in winter"}
    assert view.table.hasFocus()
    qtbot.waitUntil(lambda: details.shown()["tag"] == "birds, insects")
    view.add_tag()
    field = details._fields["tag"]
    qtbot.waitUntil(field.hasFocus)
    assert (field.text(), field.cursorPosition()) == ("birds, insects, ", 16)
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert field.text() == "birds, insects", "nothing was added"


def test_in_a_narrow_window_the_details_go_when_the_tag_is_given(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(900, 600)
    details = _select(window, qtbot, "Page 0")
    view = window.view(LibraryView)
    qtbot.waitUntil(lambda: not details.isVisible())
    view.add_tag()
    assert details.isVisible()
    _type(window, qtbot, "tag", "owls")
    assert not details.isVisible()
    assert view.table.hasFocus()


def test_a_known_tag_is_completed_and_a_new_one_left_as_it_is(window: MainWindow, qtbot: QtBot) -> None:
    details = _select(window, qtbot, "Page 0")
    field = details._fields["tag"]
    field.setFocus()
    qtbot.keyClicks(field, "new, ins")
    assert field._offered is not None
    assert field._offered.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "new, insects"
    qtbot.keyClicks(field, ", in")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field._offered.isVisible(), field.text()) == (False, "new, insects, in")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("in", "insects", "new") in {d.tags for d in window.documents})


def test_a_tag_of_neighbours_is_taken_by_one_key(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.bridge.kb, "suggest_tags", lambda _id: ["birds", "night"])
    details = _select(window, qtbot, "Page 0")

    def offered() -> list[str]:
        return [b.text() for b in details.body.findChildren(QPushButton) if b.text().startswith("+")]

    qtbot.waitUntil(lambda: offered() == ["+ birds", "+ night"])
    table = window.view(LibraryView).table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_T, _CONTROL)
    qtbot.waitUntil(lambda: ("birds",) in {d.tags for d in window.documents})
    qtbot.waitUntil(lambda: offered() == ["+ night"])
    _undo(window, qtbot)
    qtbot.waitUntil(lambda: ("birds",) not in {d.tags for d in window.documents})


def test_details_that_nobody_can_see_ask_for_nothing_until_they_are_shown_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def suggested(document: str) -> list[str]:
        asked.append(document)
        return []

    monkeypatch.setattr(window.bridge.kb, "suggest_tags", suggested)
    view = window.view(LibraryView)
    details = _select(window, qtbot, "Page 0")
    (document,) = [one.document for one in window.documents if one.title == "Page 0"]
    qtbot.waitUntil(lambda: document in asked and window.drawn)
    window.go("search")
    asked.clear()
    before = window.documents
    window.bridge.kb.tag([document], ["night"])
    window.reload()
    qtbot.waitUntil(lambda: window.documents is not before and not view._details_timer.isActive())
    qtbot.waitUntil(lambda: window.drawn)
    assert asked == []
    window.go("library")
    qtbot.waitUntil(lambda: details.shown()["tag"] == "night")
    qtbot.waitUntil(lambda: document in asked)


def test_that_a_document_was_removed_before_its_tags_were_suggested_is_no_failure(
    window: MainWindow, qtbot: QtBot
) -> None:
    """It stood in the place of Undo."""
    failed: list[object] = []
    window.bridge.failed.connect(failed.append)
    window.view(LibraryView).details.suggestions_wanted.emit("0123456789abcdef")
    qtbot.waitUntil(lambda: not window.bridge.busy)
    qtbot.wait(20)
    assert failed == []


def test_who_changed_a_teams_document_is_told_the_newest_first(window: MainWindow, qtbot: QtBot) -> None:
    details = _select(window, qtbot, "Page 0")
    (document,) = details._documents
    told = "{} changed its tags"
    assert not any(told.format("Ada") in found.text() for found in details.findChildren(QLabel))
    changes = (
        Change("2026-11-27T10:00:00+00:00", "Bob", "added"),
        Change("2026-11-27T11:00:00+00:00", "Ada", "tags"),
    )
    details.show_documents([replace(document, changes=changes)])
    (history,) = [
        found.text() for found in details.findChildren(QLabel) if told.format("Ada") in found.text()
    ]
    newest, oldest = history.splitlines()
    assert newest == f"{changes[1].when}  Ada changed its tags"
    assert oldest.endswith("Bob added it")


def test_that_a_file_is_on_another_machine_of_the_team_is_no_trouble(
    window: MainWindow, qtbot: QtBot
) -> None:
    details = _select(window, qtbot, "Page 0")
    (document,) = details._documents
    path = "ada@desk:/home/ada/page.html"
    theirs = replace(document, path=path, places=(path,), away_places=(path,))
    assert (state_of(theirs), trouble_of(theirs, removed=False)) == ("ready", ())
    assert state_of(replace(theirs, path="/x", away_places=("/x",))) == "away"
    details.show_documents([theirs])
    told = [found.text().replace("\u200b", "") for found in details.findChildren(QLabel)]
    assert f"{path} (on another machine)" in told
    assert not counted([theirs]).folders
    assert counted([document]).folders
