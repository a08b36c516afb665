"""Small PDF files, written by hand or drawn with reportlab."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.reading import read
from desktop_kb.records import Extracted

LEADING = 14.0
TOP = 750.0
NAME = Path("a paper.pdf")
PROSE = [
    "The quick brown fox jumps over the lazy dog and then it goes home to sleep a",
    "while, because it is tired and the night is long and dark in the forest where",
    "it lives with the other well-known animals, who are asleep already and do not",
    "wake up when it comes.",
]
ANIMALS = ("fox", "badger", "marten", "otter", "weasel", "lynx")


def drawn(
    pages: Sequence[Sequence[tuple[float, float, float, str]]],
    *,
    font: str = "Helvetica",
    vertical: bool = False,
    title: str | None = None,
    outline: Sequence[tuple[str, int, int]] = (),
    **canvas: object,
) -> bytes:
    """Pages of (x, y, size, text); `outline` is (title, level from 0, page from 0)."""
    if font == "STSong-Light":
        pdfmetrics.registerFont(UnicodeCIDFont(font, isVertical=vertical))
    data = io.BytesIO()
    sheet = Canvas(data, invariant=1, **{"pagesize": A4, **canvas})
    if title is not None:
        sheet.setTitle(title)
    for number, page in enumerate(pages):
        for name, level, where in outline:
            if where == number:
                sheet.bookmarkPage(name)
                sheet.addOutlineEntry(name, name, level)
        for x, y, size, text in page:
            sheet.setFont(font, size)
            sheet.drawString(x, y, text)
        sheet.showPage()
    sheet.save()
    return data.getvalue()


def column(lines: Sequence[str], x: float = 72, y: float = TOP) -> list[tuple[float, float, float, str]]:
    """Lines below each other, ten points high; '' leaves a line free."""
    return [(x, y - LEADING * row, 10, line) for row, line in enumerate(lines) if line]


def with_codes(*lines: str, to_unicode: dict[int, str]) -> bytes:
    """One page of lines of four-digit glyph codes, and what its font says they mean (hex UTF-16)."""
    pairs = " ".join(f"<{code:04x}> <{text}>" for code, text in to_unicode.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
        "1 begincodespacerange <0000> <ffff> endcodespacerange "
        f"{len(to_unicode)} beginbfchar {pairs} endbfchar endcmap end end"
    )
    shown = " 0 -20 Td ".join(f"<{line}> Tj" for line in lines)
    content = f"BT /F 12 Tf 20 200 Td {shown} ET"
    return _assembled(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        "/Supplement 0>>/DW 600/FontDescriptor 8 0 R>>",
        f"<</Length {len(cmap)}>>stream\n{cmap}\nendstream",
        "<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800"
        "/Descent -200/CapHeight 700/StemV 80>>",
    )


def _assembled(*objects: str) -> bytes:
    out = "%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    start = len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n"
    return (out + f"startxref\n{start}\n%%EOF").encode("latin-1")


def reading(found: Extracted) -> str:
    return read(found.text, found.layout.edits)


def body(page: int) -> list[str]:
    """Every second page ends inside a sentence, which goes on overleaf."""
    animal = ANIMALS[page // 2]
    lines = [line.replace("the", animal) for line in PROSE]
    return lines[:2] if page % 2 == 0 else lines[2:]


def book(pages: int) -> bytes:
    sheets = []
    for n in range(pages):
        head, foot = (72.0, 800.0, 8.0, f"A History of Foxes   {n + 1}"), (290.0, 40.0, 8.0, f"- {n + 7} -")
        shifted = [(x, y - 3 * LEADING * (n // 2), size, line) for x, y, size, line in column(body(n))]
        sheets.append([head, *shifted, foot])
    return drawn(sheets)
