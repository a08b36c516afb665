"""Scans: PDF files whose pages are nothing but pictures of pages."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pypdfium2
from PIL import Image
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.records import RecognizedLine

_DOTS = 150  # an inch


def typed(pages: Sequence[Sequence[str]], size: tuple[float, float] = (400, 250)) -> bytes:
    """A PDF with these lines on its pages, 14 points high."""
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=size, invariant=1)
    for lines in pages:
        sheet.setFont("Helvetica", 14)
        for row, line in enumerate(lines):
            sheet.drawString(30, size[1] - 50 - 20 * row, line)
        sheet.showPage()
    sheet.save()
    return data.getvalue()


def recognized(lines: Sequence[str]) -> list[RecognizedLine]:
    """What recognition finds on a page that is typed so: each line, and where its characters stand."""
    found = []
    for row, text in enumerate(lines):
        # Typed 30 points from the left, on lines 20 points apart, of 400 x 250.
        right, top = (30 + stringWidth(text, "Helvetica", 14)) / 400, (39 + 20 * row) / 250
        ends = [stringWidth(text[:n], "Helvetica", 14) for n in range(len(text) + 1)]
        places = tuple((a + b) / 2 / ends[-1] for a, b in pairwise(ends))
        corners = (0.075, top, right, top, right, top + 0.06, 0.075, top + 0.06)
        found.append(RecognizedLine(text, 1.0, corners, places))
    return found


def pictures_of(pdf: bytes, *, turned: int = 0) -> list[Image.Image]:
    """The pages of a PDF as pictures, turned clockwise by so many degrees."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            page.render(scale=_DOTS / 72, grayscale=True).to_pil().convert("L").rotate(-turned, expand=True)
            for page in document
        ]
    finally:
        document.close()


def scan(pages: Sequence[Image.Image]) -> bytes:
    """The PDF of these pictures, a page each."""
    data = io.BytesIO()
    pages[0].save(data, "PDF", save_all=True, append_images=pages[1:], resolution=_DOTS, title="")
    return data.getvalue()


if __name__ == "__main__":
    file, *lines = sys.argv[1:]
    Path(file).write_bytes(scan(pictures_of(typed([lines]))))
