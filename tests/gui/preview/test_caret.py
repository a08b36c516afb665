"""Reading by keyboard and by ear: a caret, what is selected, and the way through what was read."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QAccessible, QAccessibleTextInterface
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.gui.preview.trail import Place
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Layout

LINES = [f"Line {n} of 𝑥 many, 中文 and more words in it.\n\n" for n in range(9_000)]
LONG = "".join(LINES)


def _text(preview: TextPreview) -> QAccessibleTextInterface:
    found = QAccessible.queryAccessibleInterface(preview)
    assert found is not None
    text = found.textInterface()
    assert text is not None
    return text


@pytest.fixture
def preview(qtbot: QtBot) -> TextPreview:
    made = TextPreview()
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_a_screen_reader_reads_on_from_the_answer(preview: TextPreview, qtbot: QtBot) -> None:
    text = "First one.\n\nBefore. 𝑥 The answer is here.\n\nAfter it.\n"
    at = text.index("The answer")
    preview.show_text(text, Layout(), (text.index("Before"), at + 19), (at, at + 19))
    ear = _text(preview)
    assert ear.text(ear.cursorPosition(), ear.cursorPosition() + 10) == "The answer"
    qtbot.keyClick(preview, Qt.Key.Key_Down)
    qtbot.keyClick(preview, Qt.Key.Key_Home)
    assert ear.text(ear.cursorPosition(), ear.cursorPosition() + 9) == "After it."


def test_text_is_selected_by_keyboard_where_it_stands_in_the_file(preview: TextPreview, qtbot: QtBot) -> None:
    text = "# A 𝑥 *title*\n\nOne 𝑥 **bold** word.\n"
    at = text.index("bold")
    preview.show_text(text, Layout(), (at, at + 4), (at, at + 4))
    for _ in range(4):
        qtbot.keyClick(preview, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert preview.selection() == (at, at + 4)
    assert preview.textCursor().selectedText() == "bold"
    preview.zoom(1)
    assert preview.textCursor().selectedText() == "bold"


def test_a_long_text_goes_on_where_the_part_ends_that_is_laid_out(preview: TextPreview, qtbot: QtBot) -> None:
    preview.show_text(LONG, Layout())
    shown = len(preview.toPlainText())
    assert shown < len(LONG) / 2
    for _ in range(12):
        bar = preview.verticalScrollBar()
        qtbot.keyClick(preview, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        before = preview.place()
        qtbot.wait(20)
        assert preview.place() == before  # the line at the top stays there
    assert LINES[-1].strip() in preview.toPlainText()
    assert bar.value() > bar.maximum() - 60
    preview.go_to(Place("offset", LONG.index("Line 4321 ")))
    assert LONG[preview.place().at :].startswith("Line 4321 ")  # type: ignore[union-attr]
    preview.resize(300, 400)
    assert LONG[preview.place().at :].startswith("Line 4321 ")  # type: ignore[union-attr]


def _pdf(file: Path, pages: int) -> None:
    sheet = Canvas(str(file))
    for page in range(1, pages + 1):
        for row in range(30):
            sheet.drawString(72, 760 - 20 * row, f"Row {row} of page {page} tells of otters.")
        if page == 4:
            sheet.drawString(72, 100, "A zebra lives here.")
        sheet.showPage()
    sheet.save()


@pytest.fixture
def reading(window: MainWindow, qtbot: QtBot, notes: Path) -> MainWindow:
    """Two notes and a PDF of five pages are in the library."""
    _pdf(notes / "otters.pdf", 5)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    return window


def test_pages_are_read_as_text_at_the_same_place(reading: MainWindow, qtbot: QtBot) -> None:
    view = reading.view(SearchView)
    reading.box.ask("otters")
    qtbot.waitUntil(lambda: view.current() is not None and view.settled)
    view.read()
    qtbot.waitUntil(lambda: view.preview.pdf.hasFocus())
    hit = view.current()
    assert hit is not None
    qtbot.keyClick(view.preview.pdf, Qt.Key.Key_F7)
    text = view.preview.text
    assert text.hasFocus()
    assert not view.preview._note.isVisible()
    ear = _text(text)
    answer = hit.text[hit.best[0] - hit.start :]
    assert answer.startswith(ear.text(ear.cursorPosition(), ear.cursorPosition() + 8))
    qtbot.keyClick(text, Qt.Key.Key_F7)
    assert view.preview.pdf.hasFocus()
    view.preview.reader.go_to(Place("page", 3))
    qtbot.keyClick(view.preview.pdf, Qt.Key.Key_F7)
    assert "p. 4" in text.toPlainText()
    begins = text.textCursor().position()
    assert "of page 4" in text.toPlainText()[begins:].partition("\n")[0]
    qtbot.keyClick(text, Qt.Key.Key_F7)
    assert view.preview.reader.place() == Place("page", 3)


def _is_shown(preview: Preview, title: str) -> bool:
    return title in preview.header.title.text()


def test_back_and_forward_through_what_was_read(reading: MainWindow, qtbot: QtBot) -> None:
    view = reading.view(SearchView)
    preview = view.preview
    for question, title in (("honey", "Bees in winter"), ("otters", "otters")):
        reading.box.ask(question)
        qtbot.waitUntil(lambda: view.current() is not None and view.settled)
        view.read()
        qtbot.waitUntil(partial(_is_shown, preview, title))
    assert preview.header.earlier.isEnabled()
    qtbot.waitUntil(lambda: preview.pdf.hasFocus() and preview.pdf.drawn)
    preview.pdf.verticalScrollBar().setValue(900)
    there = preview.reader.place()
    qtbot.keyClick(preview.pdf, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: "Bees" in preview.header.title.text())
    assert preview.text.passage_text().startswith("A hive") or "honey" in preview.text.passage_text()
    qtbot.waitUntil(lambda: preview.text.hasFocus())
    assert not preview.header.earlier.isEnabled()
    qtbot.keyClick(preview.text, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: preview.header.title.text() == "otters" and preview.reader.place() is not None)
    back = preview.reader.place()
    assert back is not None
    assert there is not None
    assert (back.kind, back.at) == (there.kind, there.at)
    assert back.share == pytest.approx(there.share, abs=0.01)


def test_a_document_is_opened_where_it_was_read_last(
    reading: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    reading.go("library")
    library = reading.view(LibraryView)
    ids = {one.title: one.document for one in reading.documents}
    qtbot.waitUntil(lambda: library.model.rowCount() == 3)

    def open_it(title: str) -> None:
        row = next(row for row in range(3) if library.model.document(row).document == ids[title])
        library.table.selectRow(row)
        library.read_here()
        qtbot.waitUntil(lambda: title in library.look.preview.header.title.text())
        qtbot.waitUntil(lambda: library.look.preview.reader.place() is not None and reading.drawn)

    open_it("otters")
    preview = library.look.preview
    qtbot.waitUntil(lambda: preview.pdf.hasFocus() and preview.pdf.drawn)
    qtbot.keyClick(preview.pdf, Qt.Key.Key_PageDown)
    qtbot.keyClick(preview.pdf, Qt.Key.Key_PageDown)
    there = preview.reader.place()
    assert there is not None
    assert there.share > 0 or there.at > 0
    open_it("Bees in winter")
    open_it("otters")
    assert preview.reader.place() == there
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    kept = ReadPlaces(state)
    assert kept.place(ids["otters"]) == there
    documents = {one.document: one for one in reading.documents}
    assert [one.title for one in kept.opened(documents, 5)] == ["otters", "Bees in winter"]


def test_back_leads_to_where_a_leap_within_a_document_began(reading: MainWindow, qtbot: QtBot) -> None:
    view = reading.view(SearchView)
    reading.box.ask("otters")
    qtbot.waitUntil(lambda: view.current() is not None and view.settled)
    view.read()
    preview = view.preview
    qtbot.waitUntil(lambda: preview.pdf.hasFocus() and preview.pdf.drawn)
    before = preview.reader.place()
    assert before is not None
    preview.reader.leap(Place("page", 0))
    assert before.at != 0
    preview.way_requested.emit(-1)
    back = preview.reader.place()
    assert back is not None
    assert back.at == before.at
    assert back.share == pytest.approx(before.share, abs=0.01)
    preview.way_requested.emit(1)
    assert preview.reader.place() == Place("page", 0)


def test_the_line_at_the_top_stays_when_the_theme_changes(preview: TextPreview, qtbot: QtBot) -> None:
    preview.show_text(LONG, Layout())
    preview.go_to(Place("offset", LONG.index("Line 432 ")))
    for _ in range(8):
        qtbot.keyClick(preview, Qt.Key.Key_PageDown)
    bar = preview.verticalScrollBar()
    bar.setValue(bar.value() + 3_000)  # with the wheel: the caret stays
    here = preview.place()
    QApplication.sendEvent(preview, QEvent(QEvent.Type.PaletteChange))
    assert preview.place() == here


def test_who_has_read_on_stays_there_when_the_letters_grow(preview: TextPreview) -> None:
    at = LONG.index("Line 3 ")
    preview.show_text(LONG, Layout(), (at, at + 6))
    preview.go_to(Place("offset", LONG.index("Line 432 ")))
    here = preview.place()
    preview.zoom(1)
    assert preview.place() == here
