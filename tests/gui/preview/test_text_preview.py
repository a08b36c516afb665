from __future__ import annotations

import base64
import ctypes
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage, QTextTable
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_kb.formats import SPREADSHEET
from desktop_kb.gui import theme
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.reading import read
from desktop_kb.records import Edit, Heading, Layout, Page

TEXT = (
    "---\ntitle: x\n---\n# 𝑥 Notes 😀\n\nFirst **bold** words.\n\n"
    "The 𝑥 passage\nbegins here. It *answers* this. More.\n\n- item 中文\n"
)


def _layout(text: str) -> Layout:
    """The edits that drop front matter and marks, and join the wrapped line."""
    edits = [Edit(0, text.index("# ") + 2)]
    for mark in ("**", "*"):
        at = text.find(mark)
        while at >= 0 and len(edits) < 20:
            if not any(edit.start <= at < edit.end for edit in edits):
                edits.append(Edit(at, at + len(mark)))
            at = text.find(mark, at + len(mark))
    wrap = text.index("passage\n") + 7
    edits.append(Edit(wrap, wrap + 1, " "))
    title = text.index("𝑥 Notes")
    return Layout(
        (),
        (Heading(title, text.index("😀") + 1, 1, "𝑥 Notes 😀"),),
        tuple(sorted(edits, key=lambda e: e.start)),
    )


@pytest.fixture
def preview(qtbot: QtBot) -> TextPreview:
    made = TextPreview()
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    return made


def test_what_is_marked_is_the_reading_of_the_passage(preview: TextPreview) -> None:
    layout = _layout(TEXT)
    passage = (TEXT.index("The 𝑥"), TEXT.index("\n- item"))
    best = (TEXT.index("It *"), TEXT.index(" More"))
    preview.show_text(TEXT, layout, passage, best)
    assert preview.passage_text() == read(TEXT, layout.edits, *passage).strip()
    assert preview.passage_text() == "The 𝑥 passage begins here. It answers this. More."
    assert preview.best_text() == "It answers this."


def test_a_passage_over_several_paragraphs_is_marked_whole(preview: TextPreview) -> None:
    layout = _layout(TEXT)
    passage = (TEXT.index("𝑥 Notes"), len(TEXT))
    preview.show_text(TEXT, layout, passage)
    lines = [line for line in read(TEXT, layout.edits, *passage).split("\n") if line.strip()]
    assert preview.passage_text().split("\n") == lines


def test_no_front_matter_and_no_marks_are_shown(preview: TextPreview) -> None:
    preview.show_text(TEXT, _layout(TEXT))
    shown = preview.toPlainText()
    assert "title: x" not in shown
    assert "*" not in shown
    assert preview.document().firstBlock().blockFormat().headingLevel() == 1


def test_the_answer_stands_in_the_upper_third(preview: TextPreview, qtbot: QtBot) -> None:
    text = "\n".join(f"Paragraph {number} with 𝑥 some words in it." for number in range(400))
    start = text.index("Paragraph 200 ")
    best = (start, text.index("\n", start))
    preview.show_text(text, Layout(), best, best)
    qtbot.waitExposed(preview)
    top = preview._lines(*preview._best)[0].top() - preview.verticalScrollBar().value()  # type: ignore[misc]
    assert 0 < top < preview.viewport().height() / 3


def test_the_answer_is_painted_yellow(preview: TextPreview, qtbot: QtBot) -> None:
    preview.show_text("one\n\ntwo three", Layout(), (5, 14), (5, 8))
    picture = preview.grab().toImage()
    assert _has(picture, theme.current().answer)
    assert _has(picture, theme.current().accent_ground)


def test_of_a_long_text_only_what_is_near_is_laid_out(preview: TextPreview) -> None:
    text = "words and words\n" * 60_000 + "The answer 𝑥 here.\n" + "more and more\n" * 60_000
    start = text.index("The answer")
    preview.show_text(text, Layout(), (start, start + 18))
    assert preview.passage_text() == "The answer 𝑥 here."
    assert preview.document().characterCount() < 250_000


def test_control_characters_move_nothing(preview: TextPreview) -> None:
    text = "a\u2028b\r\x0cc \u2029 target\0x"
    start = text.index("target")
    preview.show_text(text, Layout(), (start, start + 6))
    assert preview.passage_text() == "target"


# --- nothing is fetched ------------------------------------------------------------------------


def _png(color: str, size: int = 48) -> bytes:
    image = QImage(size, size, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def _has(picture: QImage, color: QColor) -> bool:
    return any(
        picture.pixelColor(x, y) == color
        for y in range(0, picture.height(), 2)
        for x in range(0, picture.width(), 2)
    )


class _Opens:
    """Hears of every opening of a file (inotify); of none where the system is not Linux."""

    def __init__(self, file: Path) -> None:
        self._handle = -1
        if sys.platform != "linux":
            return
        libc = ctypes.CDLL(None, use_errno=True)
        self._handle = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self._handle, os.fsencode(file), 0x20 | 0x1) >= 0

    def heard(self) -> bool:
        if self._handle < 0:
            return False
        try:
            return bool(os.read(self._handle, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)


@pytest.fixture
def browser(qtbot: QtBot, tmp_path: Path) -> SafeBrowser:
    made = SafeBrowser()
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.folder = tmp_path / "notes"
    made.folder.mkdir()
    return made


def _drawn(browser: SafeBrowser, markdown: str) -> QImage:
    browser.document().setMarkdown(markdown)
    browser.show()
    QApplication.processEvents()
    picture = browser.grab().toImage()
    QApplication.processEvents()
    return picture


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[tuple[Path, _Opens]]:
    file = tmp_path / "secret.png"
    file.write_bytes(_png("#ff0000"))
    opens = _Opens(file)
    yield file, opens
    opens.close()


@pytest.mark.skipif(sys.platform != "linux", reason="watches with inotify")
def test_the_watch_hears_an_opening(secret: tuple[Path, _Opens]) -> None:
    secret[0].read_bytes()
    assert secret[1].heard()


@pytest.mark.parametrize(
    "way",
    [
        "{file}",
        "file://{file}",
        "/{file}",
        "file:////{file}",
        "../secret.png",
        "link.png",
        "%2e%2e/secret.png",
        "sub/../../secret.png",
        "..\\\\secret.png",
        r"\\\\?\\{file}",
        "//localhost/{file}",
    ],
)
def test_no_file_outside_the_notes_folder_is_opened(
    browser: SafeBrowser, secret: tuple[Path, _Opens], way: str
) -> None:
    file, opens = secret
    assert browser.folder is not None
    if sys.platform != "win32":  # where it needs a right
        (browser.folder / "link.png").symlink_to(file)
    picture = _drawn(browser, f"before ![a picture]({way.format(file=file)}) after")
    assert not opens.heard()
    assert not _has(picture, QColor("#ff0000"))


def test_no_server_is_asked(browser: SafeBrowser, qtbot: QtBot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        for address in (
            f"http://127.0.0.1:{port}/a.png",
            f"//127.0.0.1:{port}/a.png",
            f"ftp://127.0.0.1:{port}/a.png",
        ):
            _drawn(browser, f"![a]({address}) text")
        qtbot.wait(100)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_pictures_in_the_notes_folder_are_shown(browser: SafeBrowser) -> None:
    assert browser.folder is not None
    (browser.folder / "sub").mkdir()
    (browser.folder / "sub" / "茶 1.png").write_bytes(_png("#00ff00"))
    assert _has(_drawn(browser, "![a](sub/%E8%8C%B6%201.png)"), QColor("#00ff00"))


def test_without_a_folder_no_file_is_shown(browser: SafeBrowser) -> None:
    assert browser.folder is not None
    (browser.folder / "a.png").write_bytes(_png("#00ff00"))
    picture = browser.folder / "a.png"
    browser.folder = None
    assert not _has(_drawn(browser, f"![a](a.png) ![b]({picture})"), QColor("#00ff00"))


def test_data_pictures_are_shown(browser: SafeBrowser) -> None:
    body = base64.b64encode(_png("#0000ff")).decode()
    assert _has(_drawn(browser, f"![a](data:image/png;base64,{body})"), QColor("#0000ff"))
    assert not _has(_drawn(browser, f"![a](data:text/html;base64,{body})"), QColor("#0000ff"))


def test_a_link_is_only_told(browser: SafeBrowser, qtbot: QtBot) -> None:
    browser.document().setMarkdown("[a](https://example.org/)")
    before = browser.toPlainText()
    with qtbot.waitSignal(browser.link_requested) as told:
        browser.anchorClicked.emit("https://example.org/")
    assert told.args == ["https://example.org/"]
    assert browser.toPlainText() == before


TABLE = "Staff\nName | Age\nAnn | 34\n| 41\nend\n"
PAGES = (Page(0, len(TABLE) - 4, "Staff"), Page(len(TABLE) - 4, len(TABLE) - 4, "Empty"))


def test_rows_are_a_table_and_pages_are_named(preview: TextPreview) -> None:
    headings = (Heading(0, 5, 1, "Staff"), Heading(6, 16, 2, "Name | Age"))
    row = (TABLE.index("Ann"), TABLE.index("\n|"))
    preview.show_text(TABLE, Layout(PAGES, headings), row, row, format=SPREADSHEET)
    table = preview.document().rootFrame().childFrames()[0]
    assert isinstance(table, QTextTable)
    shown = [
        [table.cellAt(row, column).firstCursorPosition().block().text() for column in range(2)]
        for row in range(3)
    ]
    assert shown == [["Name", "Age"], ["Ann", "34"], ["", "41"]]
    assert table.cellAt(0, 0).firstCursorPosition().block().begin().fragment().charFormat().font().bold()
    lines = preview.toPlainText().split("\n")
    assert (lines[0], lines[1], lines[-1]) == ("sheet Staff", "Staff", "end")
    assert preview._passage is not None
    marked = preview._lines(*preview._passage)
    assert len(marked) == 2
    assert marked[0].top() == marked[1].top()


def test_rows_stay_lines_where_bars_are_no_borders(preview: TextPreview) -> None:
    preview.show_text("x = a | b\ny = c | d\n", Layout())
    assert preview.toPlainText() == "x = a | b\ny = c | d"


def test_a_passage_in_a_long_table_is_shown_as_a_table(preview: TextPreview) -> None:
    text = "".join(f"row {n} | {n}\n" for n in range(5_000))
    start = text.index("row 2500 ")
    passage = (start, start + 20)
    preview.show_text(text, Layout(), passage, format=SPREADSHEET)
    assert "row 2500" in preview.passage_text()
    tables = preview.document().rootFrame().childFrames()
    assert [table.rows() for table in tables if isinstance(table, QTextTable)] == [121]
