"""The pictures of a note, from the edits that its own reader makes."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QFont, QImage, QTextDocument
from pytestqt.qtbot import QtBot

from desktop_kb.extract import markdown
from desktop_kb.formats import MARKDOWN
from desktop_kb.gui.preview.note_pictures import load_pictures
from desktop_kb.gui.preview.text_preview import TextPreview


def _png(path: Path, colour: str = "red") -> bytes:
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    data = bytes(buffer.data().data())
    path.write_bytes(data)
    return data


def test_pictures_and_words_of_a_note_are_shown(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    data = base64.b64encode(_png(folder / "a b.png")).decode()
    note = (
        f"![](data:image/png;base64,{data})\n\n# Title\n\nBefore **it** ![the red one](<a b.png>) after.\n\n"
        "    ![code](a%20b.png)\n\nThe last 𝑥 words.\n"
    )
    read = markdown.read(note.encode(), folder / "n.md")
    pictures = load_pictures(read.text, read.layout.edits, folder, 0, 1_000_000)
    assert [picture.image.width() for picture in pictures] == [30, 30]
    preview = TextPreview()
    qtbot.addWidget(preview)
    passage = (note.index("The last"), len(note))
    preview.show_text(read.text, read.layout, passage, format=MARKDOWN, pictures=pictures)
    assert preview.passage_text() == "The last 𝑥 words."
    assert preview.toPlainText().count("\ufffc") == 2
    assert "Before it the red one after." in preview.toPlainText()
    assert preview.document().firstBlock().text() == "\ufffc"
    bold = preview.document().find("it", 0, QTextDocument.FindFlag.FindWholeWords)
    assert bold.charFormat().fontWeight() == QFont.Weight.Bold
    assert preview.document().find("after").charFormat().fontWeight() != QFont.Weight.Bold


@pytest.mark.parametrize(
    "url",
    ["../secret.png", "file:///secret.png", "//server/share/x.png", "http://host/x.png", "\\\\s\\x.png"],
)
def test_nothing_outside_a_notes_folder_is_read(tmp_path: Path, url: str) -> None:
    _png(tmp_path / "secret.png")
    folder = tmp_path / "notes"
    folder.mkdir()
    note = f"See ![x]({url}) this and ![y](<{tmp_path}/secret.png>)."
    read = markdown.read(note.encode(), folder / "n.md")
    asked: list[Any] = []
    watching = [True]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in ("open", "socket.connect", "socket.getaddrinfo"):
            asked.append((event, arguments[:1]))

    sys.addaudithook(watch)
    try:
        assert load_pictures(read.text, read.layout.edits, folder, 0, 1_000) == []
    finally:
        watching.clear()
    assert asked == []
