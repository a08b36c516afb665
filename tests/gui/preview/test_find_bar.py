"""Finding words in the document that is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_kb import paths
from desktop_kb.gui.preview.find_bar import places_of
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import Reading
from desktop_kb.records import Edit

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_places_are_those_of_the_file_across_hyphens_line_ends_and_case() -> None:
    text = "The har-\nvest is in. A Harvest\nfestival. Harvest  festival!"
    reading = Reading(text, (Edit(7, 9, ""),))
    assert [text[start:end] for start, end in places_of(reading, "harvest")] == [
        "har-\nvest",
        "Harvest",
        "Harvest",
    ]
    found = places_of(reading, "harvest festival")
    assert [text[start:end] for start, end in found] == ["Harvest\nfestival", "Harvest  festival"]
    assert places_of(reading, " ") == []
    assert places_of(reading, "a.c") == []  # no pattern


def _read(window: MainWindow, qtbot: QtBot, files: Path, query: str) -> SearchView:
    window.resize(1300, 800)
    window.add([files])
    qtbot.waitUntil(lambda: bool(window.documents) and window.drawn)
    view = window.view(SearchView)
    window.box.ask(query)
    qtbot.waitUntil(lambda: view.current() is not None and window.drawn)
    return view


def test_ctrl_f_finds_in_the_document_where_it_is_read_and_asks_where_not(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    lines = "".join(f"Line {n} has an owl in it.\n\n" for n in range(40))
    (notes / "owls.md").write_text(f"# Owls\n\nAn otter swims by.\n\n{lines}", encoding="utf-8")
    view = _read(window, qtbot, notes, "otter swims")
    qtbot.waitUntil(lambda: "otter" in view.preview.text.toPlainText())
    view.results.list.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    assert window.box.line.hasFocus()
    view.preview.take_focus()
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    bar = view.preview._bar
    assert bar.line.hasFocus()
    qtbot.keyClicks(bar.line, "an owl")
    assert bar.count.text() == "1 of 40"
    text = view.preview.text
    assert text._between(text._found) == "an owl"
    qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    assert bar.count.text() == "2 of 40"
    for _ in range(2):
        qtbot.keyClick(bar.line, Qt.Key.Key_Return, SHIFT)
    assert bar.count.text() == "40 of 40"
    assert text.verticalScrollBar().value() > 0
    assert text.passage_text()  # the passage stays marked
    bar.line.setText("zebra")
    assert bar.count.text() == "not found"
    assert text._found is None
    qtbot.keyClick(bar.line, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert text.hasFocus()


def test_a_place_far_from_the_passage_is_found(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    filler = "Nothing happens on this long day by the sea.\n\n" * 3_000
    (notes / "long.md").write_text(f"# Log\n\nA zebra.\n\n{filler}The walrus.\n", encoding="utf-8")
    view = _read(window, qtbot, notes, "zebra")
    text = view.preview.text
    qtbot.waitUntil(lambda: "zebra" in text.toPlainText())
    assert "walrus" not in text.toPlainText()
    view.preview.find_words()
    qtbot.keyClicks(view.preview._bar.line, "walrus")
    assert text._between(text._found) == "walrus"
    qtbot.keyClick(view.preview._bar.line, Qt.Key.Key_Escape)
    view.preview.find_words()
    view.preview._bar.line.setText("zebra")
    assert text._between(text._found) == "zebra"
    assert "zebra" in text.passage_text().casefold()


def test_words_are_found_on_the_pages_of_a_pdf(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine drawing on trial may take too long, and the text would be shown.
    monkeypatch.setattr(window.bridge.kb, "try_drawing", lambda _document, _page=1: "drawn")
    view = _read(window, qtbot, paths.resource("samples") / "island-year.pdf", "island")
    preview = view.preview
    qtbot.waitUntil(preview.pdf.isVisible)
    preview.take_focus()
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    qtbot.keyClicks(preview._bar.line, "the")
    first = preview.pdf._found
    assert first
    count = int(preview._bar.count.text().split(" of ")[1])
    assert count > 5
    pages = set()
    for _ in range(count):
        pages |= {mark.page for mark in preview.pdf._found}
        qtbot.keyClick(preview._bar.line, Qt.Key.Key_Return)
    assert len(pages) > 1
    assert preview.pdf._found == first  # around
    outline = preview.pdf.mark_path(first).boundingRect()
    assert preview.pdf.viewport().rect().intersects(outline.toRect())
