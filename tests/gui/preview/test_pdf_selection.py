"""What is between two points of a PDF's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtPdf import QPdfDocument
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.gui.preview.pdf_selection import between
from desktop_kb.records import Layout

ROWS, TOP, PITCH, HEIGHT = 8, 700, 14, 842
LEFT, RIGHT = 60, 320


@pytest.fixture
def columns(tmp_path: Path) -> QPdfDocument:
    """A page of two columns; the lines of one stand at the height of the gaps of the other."""
    sheet = Canvas(str(tmp_path / "columns.pdf"), pagesize=(595, HEIGHT), invariant=1)
    sheet.setFont("Helvetica", 9)
    for x, name, down in ((LEFT, "left", 0), (RIGHT, "right", PITCH / 2)):
        for row in range(ROWS):
            more = "" if (name, row) == ("left", 3) else " of this column, in full"
            sheet.drawString(x, TOP - PITCH * row - down, f"{name} {row}{more}")
    sheet.save()
    document = QPdfDocument()
    document.load(str(tmp_path / "columns.pdf"))
    return document


def _down(row: float) -> float:
    """The height of a line of the left column; those of the right one are half a row lower."""
    return HEIGHT - TOP + PITCH * row - 3


@pytest.mark.parametrize(
    ("x", "row", "begins"),
    [
        (RIGHT + 1, 3.0, "right "),  # between two lines of the right column
        (LEFT - 20, 2.5, "left "),  # in the margin
        (RIGHT - 8, 3.0, "right "),  # between the columns
        (LEFT + 100, 3.0, "3\r\nleft 4"),  # beside a short line: its last letter, as at its end
    ],
)
def test_a_selection_begins_in_the_column_that_is_pointed_at(
    columns: QPdfDocument, x: float, row: float, begins: str
) -> None:
    end = QPointF(RIGHT + 90, _down(6.5))
    found = between(columns, "", Layout(), (0, QPointF(x, _down(row))), (0, end))
    assert found.text.startswith(begins)
