"""The spans of a note's marks, from the edits that its own reader makes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFont
from pytestqt.qtbot import QtBot

from desktop_kb.extract import markdown
from desktop_kb.formats import MARKDOWN
from desktop_kb.gui.preview.markdown_spans import spans
from desktop_kb.gui.preview.text_preview import TextPreview

NOTE = """---
title: x
---
# A **bold** heading

Some **bold**, *leaning*, ***both***, `code*x*` and ~~gone~~ words, 中文**粗体**字.

A lone * star and a snake_case_name, and [a link](http://h/x_y_z*a*) here.

1. **First** step
"""


def _looked(note: str) -> list[tuple[str, str]]:
    read = markdown.read(note.encode(), Path("note.md"))
    return [(read.text[a:b], look) for a, b, look in spans(read.text, read.layout.edits, 0, len(read.text))]


def test_a_mark_may_be_the_first_sign_of_a_note() -> None:
    assert _looked("*leaning* words") == [("leaning", "italic")]


def test_marks_say_how_the_words_between_them_look() -> None:
    assert _looked(NOTE) == [
        ("bold", "bold"),
        ("bold", "bold"),
        ("leaning", "italic"),
        ("both", "bold"),
        ("both", "italic"),
        ("code*x*", "code"),
        ("gone", "struck"),
        ("粗体", "bold"),
        ("First", "bold"),
    ]


def test_marks_of_two_paragraphs_do_not_belong_together() -> None:
    assert _looked("One **bold\n\nand two** three **four** five.") == [("four", "bold")]


def test_backslashes_that_are_no_marks_are_shown(qtbot: QtBot, tmp_path: Path) -> None:
    note = "The hosts lie in **C:\\Windows\\System32**, \\*not\\* in `D:\\`.\n"
    read = markdown.read(note.encode(), tmp_path / "n.md")
    preview = TextPreview()
    qtbot.addWidget(preview)
    preview.show_text(read.text, read.layout, (0, len(note)), format=MARKDOWN)
    assert preview.passage_text() == "The hosts lie in C:\\Windows\\System32, *not* in D:\\."
    bold = preview.document().find("Windows\\System32")
    assert bold.charFormat().fontWeight() == QFont.Weight.Bold
