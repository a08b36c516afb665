"""Highlights, comments and quotations of what is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QTextCursor
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.landscape_view import LandscapeView
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.marks import marker as module
from desktop_kb.gui.marks.marker import Marker
from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.targets import MARKED
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Mark, parse_link

WARM = "shivers to keep warm"


def select(preview: Preview, words: str) -> None:
    """Select words of the text that is read."""
    text = preview.text
    found = text.document().find(words)
    assert not found.isNull()
    text.setTextCursor(found)


@pytest.fixture
def marker(hits: SearchView, window: MainWindow, qtbot: QtBot) -> Marker:
    """The best hit is read in the preview, and some of its words are selected."""
    qtbot.waitUntil(lambda: WARM in hits.preview.text.toPlainText())
    select(hits.preview, WARM)
    return hits.marker


def counted(window: MainWindow) -> list[int | None]:
    """How many documents the side bar says have marks."""
    bar = window.side_bar
    entries = [bar._entry(bar.item(row)) for row in range(bar.count())]
    return [entry.count for entry in entries if entry.target == MARKED]


def marks(window: MainWindow) -> list[Mark]:
    return window.bridge.kb.marks()


def test_selected_words_are_highlighted_by_key_and_painted(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot
) -> None:
    hits.open_preview()  # it covers the hits where the window is narrow
    window.activateWindow()
    hits.preview.text.setFocus()
    qtbot.waitUntil(hits.preview.text.hasFocus)
    qtbot.keyClick(hits.preview.text, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    (mark,) = marks(window)
    assert (mark.quote, mark.colour) == (WARM, "yellow")
    drawn: QImage = hits.preview.text.viewport().grab().toImage()
    ground = theme.MARKS["yellow"][False].rgb()
    assert any(
        drawn.pixel(x, y) == ground for x in range(0, drawn.width(), 2) for y in range(0, drawn.height(), 2)
    )


def test_a_highlight_is_undone_and_its_removal_too(marker: Marker, window: MainWindow, qtbot: QtBot) -> None:
    marker.mark()
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    window.notice.undo_last()
    qtbot.waitUntil(lambda: marker.marks == [] and marks(window) == [])
    marker.mark()
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    (mark,) = marks(window)
    marker.unmark()
    qtbot.waitUntil(lambda: marker.marks == [])
    window.notice.undo_last()
    qtbot.waitUntil(lambda: marks(window) == [mark])


def test_a_comment_and_another_colour(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ask_line", lambda *_asked, text: f"{text}as penguins do")
    marker.mark_with_comment()
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    marker._choose("green")
    qtbot.waitUntil(lambda: [mark.colour for mark in marker.marks] == ["green"])
    (mark,) = marks(window)
    assert (mark.comment, mark.colour) == ("as penguins do", "green")
    window.notice.undo_last()
    qtbot.waitUntil(lambda: [mark.colour for mark in marker.marks] == ["yellow"])


def test_a_comment_on_several_highlights_leaves_what_was_said_of_the_others(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter(("of the first", "of the second", "anew"))
    monkeypatch.setattr(module, "ask_line", lambda *_asked, text: next(said))
    for words in ("The cluster", "warm"):
        select(hits.preview, words)
        marker.mark_with_comment()
        qtbot.waitUntil(lambda: words in [mark.quote for mark in marker.marks])  # noqa: B023
    text = hits.preview.text
    cursor = text.textCursor()
    cursor.select(QTextCursor.SelectionType.Document)
    text.setTextCursor(cursor)
    marker.colour = "green"
    marker.mark_with_comment()
    qtbot.waitUntil(lambda: "anew" in [mark.comment for mark in marker.marks])
    assert sorted((mark.comment, mark.colour) for mark in marks(window)) == [
        ("anew", "green"),
        ("of the second", "yellow"),
    ]


def test_without_a_selection_it_is_said_what_to_do(
    marker: Marker, hits: SearchView, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        module, "ask_line", lambda *_asked, text: pytest.fail("there is nothing to say it of")
    )
    text = hits.preview.text
    cursor = text.textCursor()
    cursor.clearSelection()
    text.setTextCursor(cursor)
    for act in (marker.mark, marker.mark_with_comment):
        hits.preview.say("")
        act()
        assert hits.preview._note.message.text() == "Select the words that you want to highlight."
    assert marks(window) == []


def test_marks_are_listed_and_lead_to_their_words(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot
) -> None:
    marker.mark()
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    marker.toggle_pane()
    item = marker.pane.list.item(0)
    assert item.text() == WARM
    qtbot.keyClick(marker.pane.list, Qt.Key.Key_Return)
    shown = hits.preview.text._between(hits.preview.text._found)
    assert shown == WARM
    qtbot.keyClick(marker.pane.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: marks(window) == [])
    qtbot.waitUntil(lambda: marker.pane.head.text() == "No marks in this document yet")


def test_the_list_of_marks_leaves_the_keys_where_one_reads(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot
) -> None:
    hits.open_preview()
    window.activateWindow()
    hits.preview.text.setFocus()
    qtbot.waitUntil(hits.preview.text.hasFocus)
    marker.toggle_pane()
    qtbot.waitUntil(marker.pane.list.hasFocus)
    marker.toggle_pane()
    qtbot.waitUntil(hits.preview.text.hasFocus)
    marker.toggle_pane()
    window.box.line.setFocus()
    marker.toggle_pane()
    assert window.box.line.hasFocus()


def test_a_selection_is_copied_with_its_source(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot
) -> None:
    QGuiApplication.clipboard().clear()
    hits.preview.copy_passage()
    qtbot.waitUntil(lambda: bool(QGuiApplication.clipboard().text()))
    words, cited, link = QGuiApplication.clipboard().text().replace("\n\n", "\n").split("\n")
    assert (words, cited) == (WARM, "— Bees in winter, 2021")
    parsed = parse_link(link)
    assert parsed is not None
    text, _ = window.bridge.kb.text(parsed.document)
    assert text[parsed.start : parsed.end] == WARM


def test_a_quotation_becomes_a_note_that_leads_back(
    marker: Marker, hits: SearchView, window: MainWindow, qtbot: QtBot
) -> None:
    marker.quote()
    qtbot.waitUntil(lambda: bool([one for one in window.findChildren(NoteWindow) if one.isVisible()]))
    (note,) = [one for one in window.findChildren(NoteWindow) if one.isVisible()]
    text = note.editor.source.toPlainText()
    assert text.startswith(f"# Quotation: Bees in winter\n\n> {WARM}\n\n— [Bees in winter, 2021](desktop-kb:")
    link = text.partition("](")[2].partition(")")[0]
    hits.preview._ask_about(link)
    qtbot.waitUntil(lambda: hits.preview.text.passage_text() == WARM)


def test_marks_are_seen_in_the_quick_look_too(marker: Marker, window: MainWindow, qtbot: QtBot) -> None:
    marker.mark()
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    window.box.clear()  # what is asked there filters the library's rows
    window.go("library")
    view = window.view(LibraryView)
    qtbot.waitUntil(lambda: view.drawn and view.table.model().rowCount() == 2)
    titles = [view.model.document(row).title for row in range(2)]
    view.table.selectRow(titles.index("Bees in winter"))
    view.quick_look()
    quick = view.look._parts()[1].marker
    qtbot.waitUntil(lambda: [mark.quote for mark in quick.marks] == [WARM])


def test_highlights_stay_painted_when_pages_are_read_as_text(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = Canvas(str(tmp_path / "stove.pdf"))
    sheet.drawString(72, 700, "The stove weighs ninety kilograms.")
    sheet.save()
    window.add([tmp_path / "stove.pdf"])
    qtbot.waitUntil(lambda: len(window.documents) == 1 and window.drawn)
    view = window.view(SearchView)
    window.box.ask("stove kilograms")
    qtbot.waitUntil(lambda: view.current() is not None and view.settled)
    view.read()
    qtbot.waitUntil(lambda: view.preview.pdf.hasFocus() and view.preview.pdf.drawn)
    view.preview.toggle_text()
    select(view.preview, "ninety")
    view.marker.mark()
    qtbot.waitUntil(lambda: len(view.marker.marks) == 1)
    view.preview.toggle_text()
    assert [len(marks) for marks, _ in view.preview.pdf._marks] == [1]
    view.preview.toggle_text()
    assert len(view.preview.text._marks) == 1


def test_documents_with_marks_have_a_place_in_the_side_bar(
    marker: Marker, window: MainWindow, qtbot: QtBot
) -> None:
    assert counted(window) == []
    marker.mark()
    qtbot.waitUntil(lambda: counted(window) == [1])
    window.go("library")
    window.box.clear()
    window.side_bar.choose(MARKED)
    qtbot.waitUntil(lambda: window.view(LibraryView).table.model().rowCount() == 1)
    window.notice.undo_last()
    qtbot.waitUntil(lambda: counted(window) == [])


def test_what_is_highlighted_beside_the_map_is_counted_too(
    hits: SearchView, window: MainWindow, qtbot: QtBot
) -> None:
    hit = hits.current()
    assert hit is not None
    view = window.view(LandscapeView)
    view.beside.read((hit.document, hit.start, hit.end))
    qtbot.waitUntil(lambda: WARM in view.beside.preview.text.toPlainText())
    select(view.beside.preview, WARM)
    view.beside.marker.mark()
    qtbot.waitUntil(lambda: counted(window) == [1])


def test_in_a_teams_library_a_highlight_is_shared_and_no_more(
    marker: Marker, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the engine does with it is tried in test_team."""
    assert not any(marker.action_set[id].isEnabled() for id in ("share-mark", "take-mark-back"))
    marker.mark()
    qtbot.waitUntil(lambda: len(marker.marks) == 1)
    (mark,) = marker.marks
    kb, told = window.bridge.kb, []
    monkeypatch.setattr(kb, "share_marks", lambda uids: told.append(("share", uids)))
    monkeypatch.setattr(kb, "take_marks_back", lambda uids: told.append(("back", uids)))
    marker._share(with_others=True)
    qtbot.waitUntil(lambda: told == [("share", [mark.uid])])
    window.notice.undo_last()
    qtbot.waitUntil(lambda: told[1:] == [("back", [mark.uid])])
    marker._take([replace(mark, shared=True), replace(mark, uid="another", by="ada", start=0)])
    assert [marker.pane.list.item(row).text().split(" ")[0] for row in range(2)] == ["shared", "by"]
    marker._share(with_others=False)
    qtbot.waitUntil(lambda: told[2:] == [("back", [mark.uid])])
    marker.unmark()
    qtbot.waitUntil(lambda: marks(window) == [])
