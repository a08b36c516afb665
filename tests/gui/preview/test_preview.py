from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.extract import pdf, picture
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.preview.picture_pages import pages_of
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.widgets import open_outside
from desktop_kb.records import Hit, Layout, RecognizedLine, Why

sys.path.insert(0, str(Path(__file__).parents[2] / "unit"))
from scans import pictures_of, recognized, scan, typed

sys.path.pop(0)

TEXT = "Heading\n\nSome words before. The answer 𝑥 is here. And after.\n"


def _hit(text: str, words: str, kind: str = "text", path: str = "") -> Hit:
    start = text.index(words)
    end = start + len(words)
    return Hit(
        1, "id", path, (path,), "A title", kind, (), 1 if kind == "pdf" else None, None, "iv", start, end,
        text[start:end], words, (start, end), 0.5, False, Why((), None, ()),
    )  # fmt: skip


@pytest.fixture
def preview(qtbot: QtBot) -> Preview:
    made = Preview()
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.show()
    return made


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Path, str, Layout]:
    file = tmp_path / "a.pdf"
    sheet = Canvas(str(file))
    sheet.drawString(72, 700, "The battery holds ten kilowatt hours.")
    sheet.save()
    found = pdf.read(file.read_bytes(), file)
    return file, found.text, found.layout


def test_a_hit_in_a_text_is_read_at_its_passage(preview: Preview) -> None:
    preview.show_hit(_hit(TEXT, "The answer 𝑥 is here."), Contents(TEXT, Layout()))
    assert preview.text.isVisible()
    assert preview.text.passage_text() == "The answer 𝑥 is here."


def test_a_hit_in_a_pdf_is_drawn(preview: Preview, drawn: tuple[Path, str, Layout]) -> None:
    file, text, layout = drawn
    preview.show_hit(_hit(text, "ten kilowatt", "pdf"), Contents(text, layout, file))
    assert preview.pdf.isVisible()
    assert [mark.page for mark in preview.pdf.passage_marks()] == [0]


def test_a_pdf_that_cannot_be_drawn_is_read(preview: Preview, drawn: tuple[Path, str, Layout]) -> None:
    file, text, layout = drawn
    preview.show_hit(_hit(text, "ten kilowatt", "pdf"), Contents(text, layout))
    assert preview.text.passage_text() == "ten kilowatt"
    assert preview._note.message.text() == "The pages of this file cannot be drawn here: this is its text."
    assert not preview._note.offer.isVisible()
    file.write_bytes(b"no pdf")
    preview.show_hit(_hit(text, "battery", "pdf"), Contents(text, layout, file))
    assert preview.text.isVisible()
    assert preview.text.passage_text() == "battery"


def test_a_part_is_read_and_says_what_it_is_a_part_of(
    preview: Preview, drawn: tuple[Path, str, Layout]
) -> None:
    _, text, layout = drawn
    hit = replace(_hit(text, "ten kilowatt", "pdf"), path="/d/mails.zip", part="3/plan.pdf")
    preview.show_hit(hit, Contents(text, layout))
    assert preview.text.passage_text() == "ten kilowatt"
    assert preview._note.message.text() == "This is the text of a part: mails.zip › 3/plan.pdf"
    preview.show_hit(replace(_hit(text, "battery", "markdown"), part="a.md"), Contents(text, layout))
    assert not preview.header.edit.isVisible()  # the editor cannot write into a file


def test_what_was_not_drawn_in_time_can_be_tried_again(
    preview: Preview, qtbot: QtBot, drawn: tuple[Path, str, Layout]
) -> None:
    file, text, layout = drawn
    hit = _hit(text, "ten kilowatt", "pdf")
    preview.show_hit(hit, Contents(text, layout, None, late=True))
    assert preview.text.passage_text() == "ten kilowatt"
    assert "in time" in preview._note.message.text()
    preview._note.offer.setFocus()
    with qtbot.waitSignal(preview.again_requested):
        qtbot.keyClick(preview._note.offer, Qt.Key.Key_Space)
    preview.show_hit(hit, Contents(text, layout, file))
    assert preview.pdf.isVisible()
    assert not preview._note.isVisible()


def test_a_hit_in_a_scan_is_marked_where_it_was_read(preview: Preview, tmp_path: Path) -> None:
    """Its words are typed at known places; the picture has no text."""
    file = tmp_path / "scan.pdf"
    rows = ["The badger digs a deep burrow.", "Nobody hears the owls."]
    file.write_bytes(scan(pictures_of(typed([rows]))))
    found = pdf.read(file.read_bytes(), file, seen={0: recognized(rows)})
    hit = replace(_hit(found.text, "owls", "pdf"), recognized=True)
    preview.show_hit(hit, Contents(found.text, found.layout, file))
    assert preview.pdf.isVisible()
    (mark,) = preview.pdf.passage_marks()
    (polygon,) = mark.polygons
    box = polygon.boundingRect()
    before = 30 + stringWidth("Nobody hears the ", "Helvetica", 14)
    assert box.left() == pytest.approx(before, abs=2)
    assert box.right() == pytest.approx(before + stringWidth("owls", "Helvetica", 14), abs=2)
    assert (box.top(), box.bottom()) == pytest.approx((59, 74), abs=1)
    assert "picture" in preview._note.message.text()


def test_a_hit_in_a_picture_is_marked_in_it(preview: Preview, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "photo.png"
    image = Image.new("L", (400, 800), 255)
    image.paste(0, (100, 200, 300, 220))
    image.save(file)
    lines = [
        RecognizedLine("owls", 1.0, (0.25, 0.25, 0.75, 0.25, 0.75, 0.275, 0.25, 0.275), (0.1, 0.4, 0.6, 0.9))
    ]
    found = picture.read(file.read_bytes(), file, seen={0: lines})
    pages = pages_of([picture.picture(file.read_bytes(), 0)])
    hit = replace(_hit(found.text, "owls", "picture", str(file)), recognized=True)
    preview.show_hit(hit, Contents(found.text, found.layout, file, pages=pages))
    assert preview.pdf.isVisible()
    (mark,) = preview.pdf.passage_marks()
    box = mark.polygons[0].boundingRect()
    assert (box.left(), box.top(), box.right(), box.bottom()) == pytest.approx(
        (421 * 0.25, 842 * 0.25, 421 * 0.75, 842 * 0.275), abs=2
    )
    qtbot.waitUntil(lambda: preview.drawn)
    shown = preview.pdf.viewport().grab().toImage()
    outline = preview.pdf.mark_path(preview.pdf.best_marks()).boundingRect()
    assert shown.pixelColor(outline.center().toPoint()).lightness() < 100  # its ink lies under the mark
    assert (
        shown.pixelColor(outline.center().toPoint() - QPoint(0, round(2 * outline.height()))).lightness()
        > 200
    )


def test_a_picture_that_cannot_be_drawn_is_read(preview: Preview, tmp_path: Path) -> None:
    hit = _hit("Nobody hears the owls.", "owls", "picture")
    preview.show_hit(hit, Contents("Nobody hears the owls.", Layout(), tmp_path / "photo.png"))
    assert preview.text.isVisible()
    assert "cannot be drawn" in preview._note.message.text()


_DIES = """
import os, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.records import Layout

class Dying(PdfPreview):
    def paintEvent(self, event):
        super().paintEvent(event)
        if self.file is not None:
            os._exit(9)

app = QApplication([])
preview = Dying(None)
preview.show()
assert preview.show_file(Path(sys.argv[1]), "", Layout())
app.exec()
"""


def test_a_pdf_that_kills_twice_is_read_until_it_is_to_be_drawn_again(
    preview: Preview, qtbot: QtBot, drawn: tuple[Path, str, Layout]
) -> None:
    file, text, layout = drawn
    hit = _hit(text, "ten kilowatt", "pdf")
    died = [sys.executable, "-c", _DIES, str(file)]
    assert subprocess.run(died, check=False).returncode == 9
    preview.show_hit(hit, Contents(text, layout, file))
    assert preview.pdf.isVisible()
    qtbot.waitUntil(lambda: preview.drawn)
    preview.clear()
    assert subprocess.run(died, check=False).returncode == 9
    preview.show_hit(hit, Contents(text, layout, file))
    assert preview.text.passage_text() == "ten kilowatt"
    assert "ended twice" in preview._note.message.text()
    preview._note.offer.setFocus()
    qtbot.keyClick(preview._note.offer, Qt.Key.Key_Space)
    assert preview.pdf.isVisible()
    assert [mark.page for mark in preview.pdf.passage_marks()] == [0]
    assert not preview._note.isVisible()
    qtbot.waitUntil(lambda: preview.drawn)
    preview.clear()
    preview.show_hit(hit, Contents(text, layout, file))
    assert preview.pdf.isVisible()


def test_clearing_lets_go_of_the_file(preview: Preview, drawn: tuple[Path, str, Layout]) -> None:
    file, text, layout = drawn
    preview.show_hit(_hit(text, "battery", "pdf"), Contents(text, layout, file))
    preview.clear()
    assert preview.pdf.file is None
    file.unlink()


def test_what_the_header_asks_for(preview: Preview, qtbot: QtBot) -> None:
    hit = _hit(TEXT, "The answer")
    preview.show_hit(hit, Contents(TEXT, Layout()))
    preview.set_position(2, 3)
    with qtbot.waitSignal(preview.inspect_requested) as inspected:
        preview.header.inspect.click()
    with qtbot.waitSignal(preview.similar_requested) as similar:
        preview.header.similar.click()
    with qtbot.waitSignals([preview.previous_requested, preview.next_requested]):
        preview.header.previous.click()
        preview.header.next.click()
    with qtbot.waitSignal(preview.next_requested):
        qtbot.keyClick(preview.header.next, Qt.Key.Key_Return)
    assert inspected.args == ["id"]
    assert similar.args == [hit]


def test_the_passage_is_copied_with_its_source(preview: Preview, qtbot: QtBot) -> None:
    preview.show_hit(_hit("the words", "words", "pdf"), Contents("the words", Layout()))
    with qtbot.waitSignal(preview.source_requested) as asked:
        preview.copy()
    assert asked.args == [4, 9]


def test_a_file_that_is_gone_is_said(preview: Preview, tmp_path: Path) -> None:
    preview.show_hit(_hit(TEXT, "answer", path=str(tmp_path / "gone.txt")), Contents(TEXT, Layout()))
    preview.open_outside()
    assert preview._note.isVisible()


def _openings(monkeypatch: pytest.MonkeyPatch) -> list[QUrl]:
    """What is handed to the system's own programs from now on."""
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return opened


@pytest.mark.parametrize(
    "name", ["note.md", "run.exe", "run.desktop", "run.sh", "run.py", "folder.pdf", "gone.pdf"]
)
def test_only_documents_are_opened_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """A library may come from a stranger, with any path in it."""
    opened = _openings(monkeypatch)
    path = tmp_path / name
    if name.startswith("folder"):
        path.mkdir()
    elif not name.startswith("gone"):
        path.write_text("x")
    assert open_outside(path) == (name == "note.md")
    assert bool(opened) == (name == "note.md")


@pytest.mark.parametrize(
    ("link", "answer", "opens"),
    [
        ("https://example.org/a", QMessageBox.StandardButton.Open, True),
        ("https://example.org/a", QMessageBox.StandardButton.Cancel, False),
        ("file:///etc/passwd", QMessageBox.StandardButton.Open, False),
        ("//server/share/a.html", QMessageBox.StandardButton.Open, False),
        ("javascript:alert(1)", QMessageBox.StandardButton.Open, False),
    ],
)
def test_a_link_is_opened_when_that_was_agreed_to(
    preview: Preview,
    monkeypatch: pytest.MonkeyPatch,
    link: str,
    answer: QMessageBox.StandardButton,
    opens: bool,
) -> None:
    asked: list[str] = []

    def agree(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box.informativeText())
        return answer

    opened = _openings(monkeypatch)
    monkeypatch.setattr(QMessageBox, "exec", agree)
    preview._ask_about(link)
    assert bool(opened) == opens
    assert asked == ([link] if link.startswith("https") else [])
