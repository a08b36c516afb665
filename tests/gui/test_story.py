"""The whole way through the real window, the real core and the embedded model: two PDFs and a note
are dropped, indexed, asked for, clicked and read at the passage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRectF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.preview.pdf_marks import Mark
from desktop_kb.gui.search.hit_model import ROW_ROLE, WEAK
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Hit

ISLAND = [
    ["A year on the island", "Winter came early and the cottage roof had to be tied down."],
    ["The first storm of October broke two windows.", "The ferry boat stayed away for nine days,"],
    ["and nobody on the island minded it at all.", "Later we counted the candles that were left."],
]
PUMP = [
    ["Care of the heat pump", "Rinse the outdoor coil with plain water each spring."],
    ["The buffer tank holds two hundred litres.", "Its anode is replaced every fourth year."],
]
NOTE = "# Sourdough\n\nThe starter is fed with rye flour in the evening and rests in the warm kitchen.\n"
LONG = 600_000  # more than pytest allows: its limit holds


def _write(path: Path, pages: Sequence[Sequence[str]]) -> Path:
    sheet = Canvas(str(path), pagesize=A4, invariant=1)
    for lines in pages:
        for row, line in enumerate(lines):
            sheet.drawString(72, 740 - 22 * row, line)
        sheet.showPage()
    sheet.save()
    return path


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    bridge = Bridge(KnowledgeBase(tmp_path / "library"))
    made = MainWindow(bridge, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)
    made.resize(1300, 800)  # room for the preview beside the results
    made.show()
    qtbot.waitUntil(lambda: made.status is not None)
    yield made
    bridge.close()


def _drop(window: MainWindow, files: Sequence[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    action, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(300, 300), action, data, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert window.overlay.isVisible()
    place = QPointF(300, 300)
    drop = QDropEvent(place, action, data, left, Qt.KeyboardModifier.NoModifier, QEvent.Type.Drop)
    QApplication.sendEvent(window, drop)
    assert drop.isAccepted()
    assert not window.overlay.isVisible()


def _ask(window: MainWindow, qtbot: QtBot, query: str) -> list[Hit]:
    """Type a query and wait for the last word on it."""
    window.box.clear()
    window.box.focus()
    qtbot.keyClicks(window.box.line, query)
    view = window.view(SearchView)
    qtbot.waitUntil(
        lambda: view.settled and view.result is not None and view.result.query == query, timeout=LONG
    )
    return list(view.results.model.hits())


def _click(window: MainWindow, qtbot: QtBot, hit: Hit) -> None:
    """Click on the card of a hit; unfold the weak ones if it is one of them."""
    results = window.view(SearchView).results
    cards = results.list
    if results.model.row_of(hit) < 0:
        results.toggle(WEAK)
    for row in range(cards.model().rowCount()):
        index = cards.model().index(row, 0)
        if index.data(ROW_ROLE).hit == hit:
            cards.scrollTo(index)
            place = cards.visualRect(index).center()  # above the first weak one is a line that folds them
            qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=place)
            return
    raise AssertionError("no such card")


def _boxes(path: Path, page: int, words: str) -> list[QRectF]:
    """PDFium's own boxes of the letters of `words`, in points from the page's upper left corner."""
    document = pypdfium2.PdfDocument(path)
    try:
        sheet = document[page]
        text = sheet.get_textpage()
        found = text.search(words, match_case=True).get_next()
        assert found is not None, words
        boxes = []
        for at in range(found[0], found[0] + found[1]):
            left, bottom, right, top = text.get_charbox(at)
            if right > left and top > bottom:
                boxes.append(QRectF(left, sheet.get_height() - top, right - left, top - bottom))
        return boxes
    finally:
        document.close()


def _share(marks: Sequence[Mark], page: int, boxes: Sequence[QRectF]) -> float:
    """Which share of the letters lies wholly within the rectangles marked on the page."""
    rects = [polygon.boundingRect() for mark in marks if mark.page == page for polygon in mark.polygons]
    within = [any(rect.adjusted(-1, -1, 1, 1).contains(box) for rect in rects) for box in boxes]
    return sum(within) / len(within)


def test_drop_progress_search_click_read(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    island, pump = _write(tmp_path / "island.pdf", ISLAND), _write(tmp_path / "pump.pdf", PUMP)
    note = tmp_path / "sourdough.md"
    note.write_text(NOTE, encoding="utf-8")
    shown: list[tuple[str, int]] = []

    def look(_event: object) -> None:
        if window.strip.words.isVisible():
            shown.append((window.strip.words.text(), window.strip.bar.value()))

    window.bridge.progressed.connect(look)
    window.bridge.finished.connect(look)
    _drop(window, [island, pump, note])
    qtbot.waitUntil(
        lambda: window.status is not None and window.status.documents == 3 and not window.status.waiting,
        timeout=LONG,
    )
    assert "Indexing 2 of 3" in [words for words, _ in shown]
    assert [bar for _, bar in shown] == sorted(bar for _, bar in shown)
    assert not window.strip.bar.isVisible()
    assert {document.title for document in window.documents} == {"island", "pump", "Sourdough"}

    hits = _ask(window, qtbot, "How often is the anode of the tank replaced?")
    assert Path(hits[0].path) == pump
    assert hits[0].why.words is not None
    assert hits[0].why.meaning is not None
    qtbot.waitUntil(lambda: window.view(SearchView).preview.pdf.isVisible())

    hits = _ask(window, qtbot, "How long did the ferry boat stay away?")
    other = next(hit for hit in hits if Path(hit.path) != island)
    hit = next(hit for hit in hits if Path(hit.path) == island)
    assert "nine days" in hit.text
    _click(window, qtbot, other)
    qtbot.waitUntil(lambda: window.view(SearchView).current() == other)
    _click(window, qtbot, hit)
    pdf = window.view(SearchView).preview.pdf
    copy = window.bridge.kb.file(hit.document)
    qtbot.waitUntil(lambda: pdf.isVisible() and pdf.file == copy and bool(pdf.passage_marks()))
    assert window.view(SearchView).current() == hit

    # The passage runs over the end of page 2: its words are marked on both pages, and no others.
    assert hit.pages is not None
    assert hit.pages[0] <= 2 < 3 <= hit.pages[1]
    marks = pdf.passage_marks()
    assert _share(marks, 1, _boxes(island, 1, "The ferry boat stayed away for nine days")) == 1
    assert _share(marks, 2, _boxes(island, 2, "and nobody on the island minded it at all")) == 1
    for page, lines in enumerate(ISLAND):
        for line in lines:
            expected = 1.0 if line in hit.text else 0.0
            assert _share(marks, page, _boxes(island, page, line)) == expected, line
    best = hit.text[hit.best[0] - hit.start : hit.best[1] - hit.start]
    assert "nine days" in best
    assert _share(pdf.best_marks(), 1, _boxes(island, 1, "nine days")) == 1
    assert _share(pdf.best_marks(), 1, _boxes(island, 1, "broke two windows")) == 0
    # And it is what the person sees: the answer stands within the view, on the page that is shown.
    answer = pdf.mark_path([mark for mark in pdf.best_marks() if mark.page == 1]).boundingRect()
    assert QRectF(pdf.viewport().rect()).contains(answer)


def test_a_note_is_read_at_its_passage(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    note = tmp_path / "sourdough.md"
    note.write_text(NOTE, encoding="utf-8")
    _drop(window, [note])
    qtbot.waitUntil(
        lambda: window.status is not None and window.status.documents == 1 and not window.status.waiting,
        timeout=LONG,
    )
    (hit,) = _ask(window, qtbot, "what do I feed the starter")
    _click(window, qtbot, hit)
    preview = window.view(SearchView).preview
    qtbot.waitUntil(lambda: preview.text.isVisible() and bool(preview.text.best_text()))
    assert "rye flour" in preview.text.best_text()
