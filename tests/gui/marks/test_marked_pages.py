"""Words on the pages of a PDF, highlighted as a person does it: by the mouse and by keys, in the window."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

sys.path.insert(0, str(Path(__file__).parents[2] / "unit"))
from scans import pictures_of, scan, typed

sys.path.pop(0)

from desktop_kb.gui.preview.pdf_marks import marks_of
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.recognize import is_available

PAGES = (
    ["The stove weighs ninety kilograms.", "It is lit at six in the morning.", "Ash is carried out at noon."],
    ["Two men lift it from the cart.", "A third one holds the door."],
)


def pdf(path: Path, pages: tuple[list[str], ...] = PAGES) -> Path:
    sheet = Canvas(str(path), invariant=1)
    for lines in pages:
        for row, line in enumerate(lines):
            sheet.drawString(72, 760 - 14 * row, line)
        sheet.showPage()
    sheet.save()
    return path


def read(window: MainWindow, qtbot: QtBot, file: Path, question: str) -> SearchView:
    """Ask for a document, and read its pages."""
    window.resize(1500, 900)
    window.add([file])
    qtbot.waitUntil(lambda: len(window.documents) == 1 and window.drawn)
    view = window.view(SearchView)
    window.box.ask(question)
    qtbot.waitUntil(lambda: view.current() is not None and view.settled)
    view.read()
    qtbot.waitUntil(lambda: view.preview.pdf.hasFocus() and view.preview.pdf.drawn)
    view.preview.pdf.arrange(fit="page", columns=2)
    return view


def place(pages: PdfPreview, words: str, *, end: bool = False) -> QPoint:
    """Where on the screen words begin, or end."""
    text = pages._read[0]
    start = text.index(words)
    (mark,) = marks_of(pages.document, *pages._read, (start, start + len(words)))
    box = pages.mark_path((mark,)).boundingRect()
    return QPoint(round(box.right() if end else box.left() + 1), round(box.center().y()))


def drag(qtbot: QtBot, pages: PdfPreview, start: QPoint, end: QPoint) -> None:
    """Press the mouse at one place and let it go at another."""
    qtbot.mousePress(pages.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for place in ((start + end) / 2, end):
        moved = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(place), QPointF(place), Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QCoreApplication.sendEvent(pages.viewport(), moved)
    qtbot.mouseRelease(pages.viewport(), Qt.MouseButton.LeftButton, pos=end)


def test_all_of_a_pdf_is_selected_by_key_and_highlighted(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    view = read(window, qtbot, pdf(tmp_path / "stove.pdf"), "stove kilograms")
    window.activateWindow()
    qtbot.keyClick(view.preview.pdf, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert "A third one" in view.preview.pdf.selected_text()
    qtbot.keyClick(view.preview.pdf, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(view.marker.marks) == 1)
    (mark,) = window.bridge.kb.marks()
    assert mark.quote.split() == " ".join(line for page in PAGES for line in page).split()


@pytest.mark.parametrize(
    ("first", "last"),
    [("ninety", "morning."), ("carried", "from the cart."), ("The stove", "Ash")],
)
def test_what_the_mouse_passes_over_is_highlighted_over_lines_and_pages(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, first: str, last: str
) -> None:
    view = read(window, qtbot, pdf(tmp_path / "stove.pdf"), "stove kilograms")
    pages = view.preview.pdf
    drag(qtbot, pages, place(pages, first), place(pages, last, end=True))
    view.marker.mark()
    qtbot.waitUntil(lambda: len(view.marker.marks) == 1)
    (mark,) = window.bridge.kb.marks()
    said = " ".join(line for lines in PAGES for line in lines)
    assert " ".join(mark.quote.split()) == said[said.index(first) : said.index(last) + len(last)]


def test_a_selection_may_begin_and_end_in_the_margin(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    view = read(window, qtbot, pdf(tmp_path / "stove.pdf"), "stove kilograms")
    pages = view.preview.pdf
    second = place(pages, "It is lit").y()
    left = round(pages.page_rects()[0].left()) + 5
    drag(qtbot, pages, QPoint(left, second), QPoint(round(pages.page_rects()[0].right()) - 5, second))
    assert pages.selected_text().strip() == "It is lit at six in the morning."
    drag(qtbot, pages, QPoint(left, second), QPoint(left, second + 150))
    assert pages.selected_text().split() == " ".join(PAGES[0][1:]).split()


def test_more_than_can_be_highlighted_is_said(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    many = tuple([f"Line {row} of page {page} about the stove." for row in range(50)] for page in range(15))
    view = read(window, qtbot, pdf(tmp_path / "stove.pdf", many), "stove page")
    view.preview.pdf.select_all()
    assert view.preview.pdf.selection() is not None
    view.marker.mark()
    qtbot.waitUntil(lambda: "at most 20000 characters" in window.notice.words.text())


@pytest.mark.skipif(not is_available(), reason="onnxruntime has no wheel here")
def test_words_of_a_scan_are_highlighted_by_what_was_recognized(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "scan.pdf"
    rows = ["The badger digs a deep burrow.", "Nobody hears the owls."]
    file.write_bytes(scan(pictures_of(typed([rows]))))
    view = read(window, qtbot, file, "badger")
    pages = view.preview.pdf
    drag(qtbot, pages, place(pages, "digs"), place(pages, "Nobody hears", end=True))
    view.marker.mark()
    qtbot.waitUntil(lambda: len(view.marker.marks) == 1)
    (mark,) = window.bridge.kb.marks()
    assert mark.quote.split() == ["digs", "a", "deep", "burrow.", "Nobody", "hears"]
