"""Highlights are held against PDFium's own boxes of the characters, read apart from Qt."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.extract import pdf
from desktop_kb.gui.preview.pdf_marks import Mark
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.records import Layout

PAGES = [
    ["A year on the island", "The first storm came early.", "The boat stayed away for nine days,"],
    ["and nobody minded at all.", "风暴过后，海面平静。", "Later we counted the candles."],
]


def _made(path: Path, pages: list[list[str]] = PAGES) -> tuple[str, Layout]:
    """A PDF with these lines on its pages, and how it is read."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=A4, invariant=1)
    for lines in pages:
        for row, line in enumerate(lines):
            sheet.setFont("Helvetica" if line.isascii() else "STSong-Light", 12)
            sheet.drawString(72, 740 - 20 * row, line)
        sheet.showPage()
    sheet.save()
    path.write_bytes(data.getvalue())
    found = pdf.read(data.getvalue(), path)
    return found.text, found.layout


def _boxes(path: Path, page: int, words: str) -> list[QRectF]:
    """The boxes of the characters of `words`, in points from the upper left corner, from PDFium."""
    document = pypdfium2.PdfDocument(path)
    sheet = document[page]
    text = sheet.get_textpage()
    searcher = text.search(words, match_case=True)
    index, count = searcher.get_next()
    height = sheet.get_height()
    boxes = []
    for at in range(index, index + count):
        left, bottom, right, top = text.get_charbox(at)
        if right > left and top > bottom:
            boxes.append(QRectF(left, height - top, right - left, top - bottom))
    document.close()
    return boxes


def _covered(mark: Mark, boxes: list[QRectF]) -> bool:
    return bool(boxes) and all(
        any(polygon.boundingRect().adjusted(-1, -1, 1, 1).contains(box.center()) for polygon in mark.polygons)
        for box in boxes
    )


@pytest.fixture
def preview(qtbot: QtBot) -> PdfPreview:
    made = PdfPreview(None)
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def _place(text: str, words: str) -> tuple[int, int]:
    at = text.index(words)
    return at, at + len(words)


def test_the_marks_cover_the_words_and_no_others(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    assert preview.show_file(file, text, layout, _place(text, "first storm came"), _place(text, "storm"))
    (mark,), (best,) = preview.passage_marks(), preview.best_marks()
    assert mark.page == best.page == 0
    assert _covered(mark, _boxes(file, 0, "first storm came"))
    assert not _covered(mark, _boxes(file, 0, "early"))
    assert not _covered(mark, _boxes(file, 0, "A year on"))
    assert _covered(best, _boxes(file, 0, "storm"))
    assert not _covered(best, _boxes(file, 0, "first"))


def test_chinese_words_are_marked(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "中文.pdf"
    text, layout = _made(file)
    preview.show_file(file, text, layout, _place(text, "海面平静"))
    (mark,) = preview.passage_marks()
    assert mark.page == 1
    assert _covered(mark, _boxes(file, 1, "海面平静"))
    assert not _covered(mark, _boxes(file, 1, "风暴"))


def test_a_passage_across_a_page_end_is_marked_on_both_pages(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    passage = (text.index("The boat"), text.index("at all.") + 7)
    preview.show_file(file, text, layout, passage)
    first, second = preview.passage_marks()
    assert (first.page, second.page) == (0, 1)
    assert _covered(first, _boxes(file, 0, "nine days"))
    assert _covered(second, _boxes(file, 1, "nobody minded"))
    assert not _covered(second, _boxes(file, 1, "candles"))


def test_characters_beyond_the_basic_plane_move_no_mark(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    letters = {number: f"{ord(c):04x}" for number, c in enumerate("abcdefgh ", 10)}
    codes = {c: f"{number:04x}" for number, c in enumerate("abcdefgh ", 10)}
    line = "00010001" + codes[" "] + "".join(codes[c] for c in "abc defg")
    sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "extract"))
    try:
        from pdfs import with_codes
    finally:
        sys.path.pop(0)
    file.write_bytes(with_codes(line, to_unicode={1: "d835dc65", **letters}))
    found = pdf.read(file.read_bytes(), file)
    assert found.text.startswith("𝑥𝑥")
    preview.show_file(file, found.text, found.layout, _place(found.text, "defg"))
    (mark,) = preview.passage_marks()
    assert _covered(mark, _boxes(file, 0, "defg"))
    assert not _covered(mark, _boxes(file, 0, "abc"))


def test_where_the_texts_differ_the_words_are_looked_for(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    at = text.index("storm")
    # The same pages as a reader might give them that keeps more blanks.
    shifted = text[:3] + "     " + text[3:]
    pages = (
        layout.pages[0].__class__(0, layout.pages[0].end + 5, "1"),
        layout.pages[1].__class__(layout.pages[1].start + 5, layout.pages[1].end + 5, "2"),
    )
    preview.show_file(file, shifted, Layout(pages), (at + 5, at + 15))
    assert _covered(preview.passage_marks()[0], _boxes(file, 0, "storm"))
    assert not _covered(preview.passage_marks()[0], _boxes(file, 0, "early"))


def test_columns_drawn_row_by_row_are_marked_line_by_line(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    rows = [
        ("The museum opened in spring", "A second building followed"),
        ("with nine rooms of glass and", "ten years later. It shows how"),
        ("most pieces came from a very", "sand and ash become glass and"),
        ("hot single furnace in a valley", "why the valley lost its woods"),
        ("where nobody had ever been", "and its two wooden churches."),
    ]
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=A4, invariant=1)
    for number, row in enumerate(rows):
        for x, line in zip((72, 320), row, strict=True):
            sheet.drawString(x, 740 - 16 * number, line)
    sheet.save()
    file.write_bytes(data.getvalue())
    found = pdf.read(data.getvalue(), file)
    passage = (found.text.index("with nine"), found.text.index("furnace") + 7)
    preview.show_file(file, found.text, found.layout, passage)
    (mark,) = preview.passage_marks()
    assert all(_covered(mark, _boxes(file, 0, words)) for words in ("nine rooms", "very", "single furnace"))
    assert not _covered(mark, _boxes(file, 0, "sand and ash"))


@pytest.mark.parametrize("steps", [0, 1, 3, -2])
def test_what_is_drawn_lies_on_the_words(
    preview: PdfPreview, qtbot: QtBot, tmp_path: Path, steps: int
) -> None:
    """The overlay's place is worked out apart from QPdfView's: its yellow must lie on the letters."""
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    preview.show_file(file, text, layout, _place(text, "storm came"), _place(text, "storm came"))
    preview.zoom(steps)
    preview.reveal()
    qtbot.waitUntil(lambda: preview.drawn, timeout=5000)
    qtbot.wait(300)
    picture = preview.viewport().grab().toImage()
    area = preview.mark_path(preview.best_marks()).boundingRect()
    dark = [
        QPointF(x, y)
        for y in range(picture.height())
        for x in range(picture.width())
        if area.contains(QPointF(x, y)) and picture.pixelColor(x, y).lightness() < 110
    ]
    assert len(dark) > 20  # the letters are under it
    letters = QRectF(dark[0], dark[0])
    for point in dark:
        letters |= QRectF(point.x(), point.y(), 1, 1)
    assert abs(letters.center().x() - area.center().x()) < 0.06 * area.width() + 2
    inside = [
        picture.pixelColor(x, y)
        for y in range(picture.height())
        for x in range(picture.width())
        if area.contains(QPointF(x, y))
    ]
    yellow = [color for color in inside if color.red() - color.blue() > 0.15 * color.red()]
    assert len(yellow) > 0.7 * len(inside)
    beside = area.topRight().toPoint() + QPointF(60, 2).toPoint()
    assert not picture.rect().contains(beside) or picture.pixelColor(beside) == QColor("white")


def test_a_page_asked_for_before_the_width_changed_is_drawn_anew(
    preview: PdfPreview, qtbot: QtBot, tmp_path: Path
) -> None:
    """Else the wide picture stays, squeezed into the narrow page."""
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    preview.show_file(file, text, layout)
    preview.repaint()  # asks Qt's thread for the page
    preview.resize(450, 500)
    qtbot.waitUntil(lambda: preview.drawn, timeout=5000)
    calm = PdfPreview(None)
    qtbot.addWidget(calm)
    calm.resize(450, 500)
    calm.show()
    calm.show_file(file, text, layout)
    qtbot.waitUntil(lambda: calm.drawn, timeout=5000)
    assert preview.viewport().grab().toImage() == calm.viewport().grab().toImage()


def test_the_answer_stands_in_the_upper_third(preview: PdfPreview, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    preview.show_file(file, text, layout, _place(text, "candles"), _place(text, "candles"))
    top = preview.mark_path(preview.best_marks()).boundingRect().top()
    assert 0 < top < preview.viewport().height() / 3


def test_what_the_mouse_passes_over_can_be_copied(preview: PdfPreview, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    preview.show_file(file, text, layout, _place(text, "first storm came"))
    area = preview.mark_path(preview.passage_marks()).boundingRect()
    left, right = QPointF(area.left() + 2, area.center().y()), QPointF(area.right() - 2, area.center().y())
    qtbot.mousePress(preview.viewport(), Qt.MouseButton.LeftButton, pos=left.toPoint())
    here = preview.page_at(right)
    assert here is not None
    assert preview._pressed is not None
    preview._select(preview._pressed, here)
    assert preview.selected_text().strip() == "first storm came"


# --- the file, and the marker that names it ---------------------------------------------------


def _markers(home: Path) -> list[str]:
    return [mark.name for mark in (home / "data" / "drawing").glob("*")]


def test_a_page_in_sight_is_marked_until_it_is_drawn(
    preview: PdfPreview, qtbot: QtBot, tmp_path: Path, own_home: Path
) -> None:
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    assert preview.show_file(file, text, layout)
    preview.repaint()  # asks Qt's thread for the page
    assert len(_markers(own_home)) == 1
    assert not preview.drawn
    qtbot.waitUntil(lambda: preview.drawn, timeout=5000)
    assert _markers(own_home) == []
    assert preview.file == file


def test_a_page_that_nobody_looks_at_is_not_marked(qtbot: QtBot, tmp_path: Path, own_home: Path) -> None:
    """As in a window that is too narrow for the preview: it is opened, and perhaps never shown."""
    file = tmp_path / "a.pdf"
    text, layout = _made(file)
    preview = PdfPreview(None)
    qtbot.addWidget(preview)
    assert preview.show_file(file, text, layout, _place(text, "storm"))
    qtbot.wait(50)
    assert _markers(own_home) == []


@pytest.mark.parametrize("end", ["hide", "close", "close_file"])
def test_the_marker_goes_when_the_page_is_not_looked_at_any_more(
    preview: PdfPreview, tmp_path: Path, end: str, own_home: Path
) -> None:
    file = tmp_path / "a.pdf"
    preview.show_file(file, *_made(file))
    preview.repaint()
    assert len(_markers(own_home)) == 1
    getattr(preview, end)()
    assert _markers(own_home) == []


@pytest.mark.logs("drawing without a marker")
def test_where_no_marker_can_be_written_the_page_is_drawn(
    preview: PdfPreview, qtbot: QtBot, tmp_path: Path, own_home: Path
) -> None:
    (own_home / "data").mkdir(exist_ok=True)
    (own_home / "data" / "drawing").write_text("in the way")
    file = tmp_path / "a.pdf"
    assert preview.show_file(file, *_made(file))
    qtbot.waitUntil(lambda: preview.drawn, timeout=5000)


@pytest.mark.skipif(sys.platform == "darwin", reason="what is open is known by /proc, or cannot be renamed")
def test_a_file_that_is_not_shown_is_not_kept_open(preview: PdfPreview, qtbot: QtBot, tmp_path: Path) -> None:
    """On Windows nobody could delete or rename it."""

    def is_open(file: Path) -> bool:
        try:
            file.replace(file)
        except PermissionError:
            return True
        return False

    def opened() -> set[str]:
        if sys.platform == "win32":
            return {file.name for file in tmp_path.glob("*.pdf") if is_open(file)}
        return {
            found.name
            for entry in Path("/proc/self/fd").iterdir()
            if (found := entry.resolve()).is_relative_to(tmp_path)
        }

    first, second, broken = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "c.pdf"
    broken.write_bytes(b"no pdf")
    made, other = _made(first), _made(second)
    preview.show_file(first, *made)
    assert opened() == {"a.pdf"}
    qtbot.waitUntil(lambda: preview.drawn, timeout=5000)
    preview.show_file(second, *other)
    assert opened() == {"b.pdf"}
    assert not preview.show_file(broken, *made)
    assert opened() == set()
    preview.show_file(first, *made)
    preview.close_file()
    assert opened() == set()


def test_a_file_that_has_changed_is_opened_anew(preview: PdfPreview, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    preview.show_file(file, *_made(file))
    other = tmp_path / "b.pdf"
    text, layout = _made(other, [["One page", "with other words"]])
    file.write_bytes(other.read_bytes())  # in place: Windows lets nobody replace what is shown
    preview.show_file(file, text, layout, _place(text, "other words"))
    (mark,) = preview.passage_marks()
    assert _covered(mark, _boxes(file, 0, "other words"))
    assert len(preview.page_rects()) == 1


@pytest.mark.parametrize("data", [b"no pdf", None])
def test_a_file_that_is_no_pdf_or_gone_is_not_shown(
    preview: PdfPreview, tmp_path: Path, data: bytes | None
) -> None:
    file = tmp_path / "a.pdf"
    if data is not None:
        file.write_bytes(data)
    assert not preview.show_file(file, "text", Layout())
    assert preview.file is None
