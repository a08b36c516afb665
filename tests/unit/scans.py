"""Scans: PDF files whose pages are nothing but pictures of pages."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

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
