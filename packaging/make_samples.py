"""Typesets the PDFs of the sample library from their texts in `packaging/samples/`.

    python packaging/make_samples.py [FOLDER]        (default: resources/samples)

The PDFs are committed, so this is needed only after a text was changed. Two runs give the same
bytes (reportlab's invariant mode: no clock, no random id). The texts were written for this
project and stand under its licence, as do the samples that are no PDFs.

Fonts: English is set in Times and Helvetica, which every reader has (not embedded). Chinese is
set in Droid Sans Fallback (Debian: fonts-droid-fallback; Apache-2.0, which allows embedding),
with Latin letters from Bitstream Vera (comes with reportlab; its licence allows embedding too);
only the glyphs used are embedded, with a ToUnicode map, so the text can be found and copied.
fonts-noto-cjk does not serve: reportlab embeds no CFF outlines.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "samples"
SAMPLES = HERE.parent / "resources" / "samples"
CHINESE_FONT = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
PAPER = {"A4": A4, "A5": A5}
PADDING = 6  # points, of reportlab's frames

#: What stays on one line in Chinese: a number with its unit, a character with the stop behind it.
UNBREAKABLE = re.compile(r"(?:[0-9.,]+.|.)[，。、；：？！]?")

#: Word -> its parts, for the words that may be divided at a line's end.
DIVISIONS = {
    word.replace("-", ""): word.split("-")
    for word in (SOURCES / "hyphenation.txt").read_text(encoding="ascii").split()
}


@dataclass(frozen=True, slots=True)
class Look:
    """The fonts of one language and how its lines break."""

    text: str
    heading: str
    first_line: float  # its indent, points
    leading: float  # lines
    page: str  # what is printed at the foot

    def style(self, font: str, size: float, **options: Any) -> ParagraphStyle:
        """A paragraph style with this look's leading."""
        return ParagraphStyle(
            font, fontName=font, fontSize=size, leading=size * self.leading, allowWidows=0, **options
        )


LOOKS = {
    "en": Look("Times-Roman", "Helvetica-Bold", 0, 1.35, "{}"),
    "zh": Look("Droid", "Droid", 21, 1.6, "第 {} 页"),
}


@dataclass(frozen=True, slots=True)
class Article:
    """A text to be set: its front matter and its blocks, each (kind, text)."""

    title: str
    subject: str
    language: str
    paper: str
    tags: tuple[str, ...]
    blocks: tuple[tuple[str, str], ...]


def read_article(path: Path) -> Article:
    """Read a source: front matter, then '#' and '##' headings, '- ' items and one-line paragraphs."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    kinds = {"# ": "title", "## ": "heading", "- ": "item"}
    blocks = []
    for line in filter(None, body.splitlines()):
        mark = next((mark for mark in kinds if line.startswith(mark)), "")
        blocks.append((kinds.get(mark, "text"), line.removeprefix(mark)))
    fields = yaml.safe_load(front)
    return Article(**{**fields, "tags": tuple(fields["tags"])}, blocks=tuple(blocks))


def divide(word: str) -> Iterator[tuple[str, str]]:
    """The ways to divide a word at a line's end, the longest first part first."""
    parts = DIVISIONS.get(word.lower(), [word])
    for count in range(len(parts) - 1, 0, -1):
        head = "".join(parts[:count])
        yield word[: len(head)], word[len(head) :]


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """The text as (font, piece): characters that Droid lacks are set in Vera."""
    if font != "Droid":
        yield font, text
        return
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    for known, piece in itertools.groupby(text, key=lambda character: ord(character) in glyphs):
        yield font if known else "Vera", "".join(piece)


def markup(text: str, font: str) -> str:
    """reportlab's paragraph markup of a text."""
    return "".join(f'<font name="{name}">{escape(piece)}</font>' for name, piece in runs(text, font))


def chinese_lines(text: str, style: ParagraphStyle, width: float) -> Iterator[str]:
    """Fill lines of `width` points; no line starts with a stop or divides a number from its unit.

    reportlab's own rule (wordWrap='CJK') is the Japanese one and lets a line start with '，'.
    """
    line, left = "", width - style.firstLineIndent
    for piece in UNBREAKABLE.findall(text):
        needed = sum(pdfmetrics.stringWidth(run, font, style.fontSize) for font, run in runs(piece, "Droid"))
        if needed > left:
            yield line
            line, left = "", width
        line += piece
        left -= needed
    yield line


def flowables(article: Article, width: float) -> Iterator[Flowable]:
    """The article's blocks, ready to be placed on pages with `width` points of text."""
    look = LOOKS[article.language]
    english = {"alignment": TA_JUSTIFY, "hyphenationLang": divide} if article.language == "en" else {}
    styles = {
        "title": look.style(look.heading, 17, spaceAfter=10),
        "heading": look.style(look.heading, 12.5, spaceBefore=9, spaceAfter=3),
        "text": look.style(look.text, 10.5, firstLineIndent=look.first_line, spaceAfter=5, **english),
        "item": look.style(look.text, 10.5, leftIndent=12, spaceAfter=2, **english),
    }
    for kind, text in article.blocks:
        style = styles[kind]
        if kind == "heading":
            yield CondPageBreak(4 * style.leading)
        lines = chinese_lines(text, style, width - style.leftIndent) if article.language == "zh" else [text]
        block = Paragraph(
            "<br/>".join(markup(line, style.fontName) for line in lines),
            style,
            bulletText="•" if kind == "item" else None,
        )
        block.outline = text if kind == "heading" else None
        yield block


class Pages(SimpleDocTemplate):
    """Pages with a running header, a number at the foot, and headings in the PDF's outline."""

    def __init__(self, article: Article, target: Path) -> None:
        self.article = article
        self.look = LOOKS[article.language]
        super().__init__(
            str(target),
            pagesize=PAPER[article.paper],
            leftMargin=19 * mm,
            rightMargin=19 * mm,
            topMargin=22 * mm,
            bottomMargin=20 * mm,
            title=article.title,
            subject=article.subject,
            keywords=list(article.tags),
            author="Desktop KB sample library",
            creator="packaging/make_samples.py",
            lang=article.language,
            invariant=1,
        )

    def furniture(self, canvas: Canvas, _: SimpleDocTemplate) -> None:
        """Draw what repeats on every page."""
        width, height = self.pagesize
        left, right = self.leftMargin + PADDING, width - self.rightMargin - PADDING
        canvas.saveState()
        canvas.setFillGray(0.35)
        canvas.setFont(self.look.text, 8.5)
        canvas.drawString(left, height - 14 * mm, self.article.title)
        canvas.setStrokeGray(0.7)
        canvas.line(left, height - 16 * mm, right, height - 16 * mm)
        number = Paragraph(
            markup(self.look.page.format(canvas.getPageNumber()), self.look.text),
            self.look.style(self.look.text, 8.5, alignment=1),
        )
        number.wrap(width, 10 * mm)
        number.drawOn(canvas, 0, 10 * mm)
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:
        """Name each heading in the outline (called by reportlab)."""
        if heading := getattr(flowable, "outline", None):
            self.canv.bookmarkHorizontal(heading, 0, self.frame._y + flowable.height)
            self.canv.addOutlineEntry(heading, heading)


def typeset(source: Path, folder: Path) -> Path:
    """Set one text as `folder/NAME.pdf`."""
    target = folder / f"{source.stem}.pdf"
    article = read_article(source)
    pages = Pages(article, target)
    story = list(flowables(article, pages.width - 2 * PADDING))
    pages.build(story, onFirstPage=pages.furniture, onLaterPages=pages.furniture)
    return target


def main() -> int:
    """Set every text in `packaging/samples/`; exit status."""
    parser = argparse.ArgumentParser(description="Typeset the PDFs of the sample library.")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    folder: Path = parser.parse_args().folder
    if not CHINESE_FONT.exists():
        print(f"{CHINESE_FONT} is missing: install the package fonts-droid-fallback.", file=sys.stderr)
        return 1
    # The date that goes into the PDFs: reportlab's own fixed one would file them under the year 2000.
    os.environ["SOURCE_DATE_EPOCH"] = "1725148800"
    pdfmetrics.registerFont(TTFont("Droid", CHINESE_FONT))
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    for source in sorted(SOURCES.glob("*.md")):
        target = typeset(source, folder)
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
