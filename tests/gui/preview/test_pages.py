"""Pages of a PDF turned, side by side and fitted; its outline and small pages; the page as a number."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QListWidget, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.extract import markdown, pdf
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.preview.contents_side import ContentsSide
from desktop_kb.gui.preview.pages_view import PagesView
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.trail import Place
from desktop_kb.records import Hit, Layout, Page, Why

sys.path.insert(0, str(Path(__file__).parents[2] / "unit"))
from scans import pictures_of, recognized, scan, typed

sys.path.pop(0)


def _made(path: Path, pages: int = 6) -> tuple[str, Layout]:
    """Pages with a chapter each, in the outline at its height; every page has one dark square of its own."""
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=A4, invariant=1)
    for page in range(1, pages + 1):
        sheet.bookmarkHorizontal(f"c{page}", 0, 500)
        sheet.addOutlineEntry(f"Chapter {page}", f"c{page}", 0)
        sheet.bookmarkHorizontal(f"p{page}", 0, 300)
        sheet.addOutlineEntry(f"Part of {page}", f"p{page}", 1)
        sheet.drawString(72, 500, f"Chapter {page} begins with a whale number {page}.")
        sheet.rect(500, 700, 60, 60, fill=1)
        sheet.showPage()
    sheet.save()
    path.write_bytes(data.getvalue())
    found = pdf.read(data.getvalue(), path)
    return found.text, found.layout


def _hit(text: str, words: str, page: int) -> Hit:
    start = text.index(words)
    end = start + len(words)
    return Hit(
        1, "id", "", ("",), "A title", "pdf", (), page, None, "iv", start, end,
        text[start:end], words, (start, end), 0.5, False, Why((), None, ()),
    )  # fmt: skip


def _near(place: Place | None, page: int, share: float) -> bool:
    return place is not None and place.at == page and abs(place.share - share) < 0.01


def _line(tree: QTreeWidget, row: int) -> QTreeWidgetItem:
    found = tree.topLevelItem(row)
    assert found is not None
    return found


def _below(item: QTreeWidgetItem) -> QTreeWidgetItem:
    found = item.child(0)
    assert found is not None
    return found


@pytest.fixture
def pages(qtbot: QtBot) -> PdfPreview:
    made = PdfPreview(None)
    qtbot.addWidget(made)
    made.resize(640, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("columns", [1, 2])
def test_marks_lie_on_their_words_however_pages_are_arranged(
    pages: PdfPreview, qtbot: QtBot, tmp_path: Path, turns: int, columns: int
) -> None:
    """Held against what is drawn: the letters under the mark, and a square whose place is known."""
    text, layout = _made(tmp_path / "a.pdf")
    at = text.index("Chapter 3 begins")
    place = (at, at + len("Chapter 3 begins with a whale number 3."))
    pages.show_file(tmp_path / "a.pdf", text, layout, place, place)
    pages.arrange(turn=turns, columns=columns, fit="page")
    pages.go_to(Place("page", 2))
    qtbot.waitUntil(lambda: pages.drawn)
    picture = pages.viewport().grab().toImage()
    area = pages.mark_path(pages.best_marks()).boundingRect().toRect()
    dark = [
        QPoint(x, y)
        for y in range(area.top() - 10, area.bottom() + 10)
        for x in range(area.left() - 10, area.right() + 10)
        if picture.rect().contains(x, y) and picture.pixelColor(x, y).lightness() < 120
    ]
    assert dark
    assert all(area.adjusted(-1, -1, 1, 1).contains(point) for point in dark)
    square = pages.to_area(2).mapRect(QRectF(505, A4[1] - 755, 50, 50)).translated(-pages.scrolled())
    for corner in (square.topLeft(), square.bottomRight(), square.center()):
        assert picture.pixelColor(corner.toPoint()) == QColor("black")
    assert (area.width() > area.height()) == (turns % 2 == 0)
    here = pages.page_at(square.center())
    assert here is not None
    assert here[0] == 2
    assert (here[1] - QPointF(530, A4[1] - 730)).manhattanLength() < 2


def test_the_whole_page_and_two_pages_fit(pages: PdfPreview, tmp_path: Path) -> None:
    pages.show_file(tmp_path / "a.pdf", *_made(tmp_path / "a.pdf"))
    pages.go_to(Place("page", 3, 0.25))
    pages.arrange(fit="page")
    view = pages.viewport().rect()
    assert all(rect.height() <= view.height() for rect in pages.page_rects())
    assert _near(pages.place(), 3, 0.25)
    pages.arrange(columns=2)
    first, second, third, *_ = pages.page_rects()
    assert first.top() == second.top() < third.top()
    assert first.right() < second.left()
    assert second.right() <= view.width()
    pages.arrange(fit="width", columns=1)
    assert pages.page_rects()[0].width() > 0.95 * view.width()


def test_the_line_at_the_top_stays_when_the_width_changes(pages: PdfPreview, tmp_path: Path) -> None:
    pages.show_file(tmp_path / "a.pdf", *_made(tmp_path / "a.pdf"))
    pages.go_to(Place("page", 4, 0.5))
    for width in (500, 900, 640):
        pages.resize(width, 700)
        assert _near(pages.place(), 4, 0.5)


def test_a_page_that_cannot_be_drawn_is_asked_for_once(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be drawn again and again as long as it is in sight."""
    take = PagesView.take
    taken: list[int] = []

    def in_vain(self: PagesView, page: int, size: QSize, _image: QImage, *rest: Any) -> None:
        taken.append(page)
        take(self, page, size, QImage(), *rest)

    monkeypatch.setattr(PagesView, "take", in_vain)
    made = PdfPreview(None)
    qtbot.addWidget(made)
    made.resize(640, 700)
    made.show()
    made.show_file(tmp_path / "a.pdf", *_made(tmp_path / "a.pdf", 1))
    qtbot.waitUntil(lambda: made.drawn)
    qtbot.wait(200)
    assert taken == [0]


def test_the_beginning_of_a_scan_is_its_first_page(preview: Preview) -> None:
    """Its pages have no text, and all begin at 0."""
    empty = Layout(tuple(Page(0, 0, str(number)) for number in range(1, 7)))
    preview.reader.show_pages(empty)
    preview.reader.go_to(Place("offset", 0))
    assert preview.pdf.place() == Place("page", 0, 0.0)


def test_what_is_selected_has_its_place_in_the_text(pages: PdfPreview, tmp_path: Path) -> None:
    text, layout = _made(tmp_path / "a.pdf")
    words = "whale number 2"
    at = text.index(words)
    pages.show_file(tmp_path / "a.pdf", text, layout, (at, at + len(words)))
    area = pages.mark_path(pages.passage_marks()).boundingRect()
    ends = QPointF(area.left() + 1, area.center().y()), QPointF(area.right() - 1, area.center().y())
    first, last = (pages.page_at(end) for end in ends)
    assert first is not None
    assert last is not None
    pages._select(first, last)
    assert pages.selected_text().strip() == words
    start, end = pages.selection() or (0, 0)
    assert text[start:end].strip() == words


def test_words_of_a_scan_are_selected_by_what_was_recognized(pages: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "scan.pdf"
    rows = ["The badger digs a deep burrow.", "Nobody hears the owls."]
    file.write_bytes(scan(pictures_of(typed([rows]))))
    found = pdf.read(file.read_bytes(), file, seen={0: recognized(rows)})
    pages.show_file(file, found.text, found.layout)
    size = pages.document.pagePointSize(0)
    begin = (30 + stringWidth("The badger ", "Helvetica", 14)) / 400 * size.width()
    finish = (30 + stringWidth("Nobody hears", "Helvetica", 14)) / 400 * size.width()
    upper, lower = (46 / 250 * size.height(), 66 / 250 * size.height())
    pages._select((0, QPointF(begin, upper)), (0, QPointF(finish, lower)))
    assert pages.selected_text().split() == ["digs", "a", "deep", "burrow.", "Nobody", "hears"]
    assert pages.selection() is not None


@pytest.fixture
def preview(qtbot: QtBot, tmp_path: Path) -> Preview:
    """A PDF of six pages, read at a place in its third."""
    made = Preview()
    qtbot.addWidget(made)
    made.resize(760, 600)
    made.show()
    qtbot.waitExposed(made)
    text, layout = _made(tmp_path / "a.pdf")
    made.show_hit(_hit(text, "whale number 3", 3), Contents(text, layout, tmp_path / "a.pdf"))
    made.take_focus()
    return made


def test_the_page_is_a_number_that_can_be_typed(preview: Preview, qtbot: QtBot) -> None:
    bar = preview.reader.bar
    assert bar.isVisible()
    assert (bar.page.text(), bar.count.text()) == ("3", "of 6")
    qtbot.keyClick(preview.pdf, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert bar.page.hasFocus()
    qtbot.keyClicks(bar.page, "5")
    qtbot.keyClick(bar.page, Qt.Key.Key_Return)
    assert preview.pdf.place() == Place("page", 4, 0.0)
    assert preview.pdf.hasFocus()
    assert "5 of 6" in preview.pdf.accessibleName()
    qtbot.keyClick(preview.pdf, Qt.Key.Key_Home)
    assert bar.page.text() == "1"


def test_the_outline_leads_through_a_pdf(preview: Preview, qtbot: QtBot) -> None:
    qtbot.keyClick(preview.pdf, Qt.Key.Key_F9)
    tree = preview.reader.side.outline
    qtbot.waitUntil(tree.hasFocus)
    assert [_line(tree, n).text(0) for n in range(6)] == [f"Chapter {n}" for n in range(1, 7)]
    assert _below(_line(tree, 1)).text(0) == "Part of 2"
    tree.setCurrentItem(_line(tree, 4))
    with qtbot.waitSignal(preview.leapt):
        qtbot.keyClick(tree, Qt.Key.Key_Return)
    here = preview.pdf.place()
    assert here is not None
    assert here.at == 4
    assert here.share == pytest.approx((A4[1] - 500) / A4[1], abs=0.02)
    assert preview.pdf.hasFocus()
    qtbot.keyClick(preview.pdf, Qt.Key.Key_F9)
    assert not preview.reader.side.isVisible()


def test_a_double_click_on_a_line_or_a_page_leads_there_once(preview: Preview, qtbot: QtBot) -> None:
    qtbot.keyClick(preview.pdf, Qt.Key.Key_F9)
    side = preview.reader.side
    qtbot.waitUntil(lambda: side.outline.viewport().width() > 100)
    left: list[Place] = []
    preview.leapt.connect(lambda place: left.append(place))

    def click_twice(view: QTreeWidget | QListWidget, place: QPoint) -> int:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        leaps = len(left)
        left.clear()
        return leaps

    line = side.outline.visualItemRect(_line(side.outline, 3)).center()
    assert click_twice(side.outline, line) == 1
    side.setCurrentWidget(side.pages)
    assert click_twice(side.pages, side.pages.visualItemRect(side.pages.item(1)).center()) == 1
    assert preview.reader.bar.page.text() == "2"


def test_small_pages_are_drawn_and_lead_on(preview: Preview, qtbot: QtBot) -> None:
    preview.reader.toggle_side()
    side = preview.reader.side
    with qtbot.waitSignal(preview.pdf.small_drawn, timeout=60_000):
        side.setCurrentWidget(side.pages)
    assert side.pages.count() == 6
    qtbot.waitUntil(lambda: not preview.pdf.asked)
    side.pages.setCurrentRow(5)
    qtbot.keyClick(side.pages, Qt.Key.Key_Return)
    assert preview.pdf.place() is not None
    assert preview.reader.bar.page.text() == "6"


def test_headings_are_the_outline_of_a_text(qtbot: QtBot) -> None:
    source = "# One\n\nWords.\n\n" + "More words.\n\n" * 60 + "## Two 𝑥\n\nThere.\n\n# Three\n\nEnd.\n"
    found = markdown.read(source.encode(), Path("a.md"))
    made = Preview()
    qtbot.addWidget(made)
    made.resize(760, 400)
    made.show()
    qtbot.waitExposed(made)
    start = source.index("Words")
    hit = Hit(
        1, "id", "", ("",), "A title", "markdown", (), None, None, None, start, start + 5, "Words", "Words",
        (start, start + 5), 0.5, False, Why((), None, ()),
    )  # fmt: skip
    made.show_hit(hit, Contents(found.text, found.layout))
    assert made.header.contents.isVisible()
    made.header.contents.click()
    side = made.reader.side
    assert not side.isTabVisible(1)
    one = _line(side.outline, 0)
    assert (one.text(0), _below(one).text(0)) == ("One", "Two 𝑥")
    side.outline.setCurrentItem(_below(one))
    qtbot.keyClick(side.outline, Qt.Key.Key_Return)
    assert made.text.textCursor().block().text() == "Two 𝑥"


def test_small_pages_that_were_not_drawn_before_the_file_was_closed_are_drawn_later(
    pages: PdfPreview, qtbot: QtBot, tmp_path: Path
) -> None:
    text, layout = _made(tmp_path / "a.pdf")
    side = ContentsSide(pages)
    qtbot.addWidget(side)
    for _ in range(2):
        assert pages.show_file(tmp_path / "a.pdf", text, layout)
        side.show_contents([], pages=6)
        side.show()
        blank = side.pages.item(0).icon().cacheKey()
        side._draw()
        pages.close_file()
        side.hide()
    assert pages.show_file(tmp_path / "a.pdf", text, layout)
    side.show()
    qtbot.waitUntil(lambda: side.pages.item(0).icon().cacheKey() != blank)


def test_a_page_that_cannot_be_drawn_stays_blank_among_the_small_ones(
    pages: PdfPreview, qtbot: QtBot, tmp_path: Path
) -> None:
    text, layout = _made(tmp_path / "a.pdf")
    assert pages.show_file(tmp_path / "a.pdf", text, layout)
    side = ContentsSide(pages)
    qtbot.addWidget(side)
    side.show_contents([], pages=6)
    blank = side.pages.item(1).icon().cacheKey()
    pages.small_drawn.emit(1, QImage())  # each warning of Qt fails a test
    assert side.pages.item(1).icon().cacheKey() == blank
