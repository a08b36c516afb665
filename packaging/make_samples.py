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
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "samples"
SAMPLES = HERE.parent / "resources" / "samples"
CHINESE_FONT = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
PAPER = {"A4": A4, "A5": A5}

#: Where the words that meet a line's end may be divided.
SYLLABLES = """
    al-low-ance an-nounced apart-ment ar-ranged bat-tery be-haves be-tween build-ing cal-en-dar can-dles
    car-ried cen-time-tres clos-est col-ony com-part-ment com-plains con-sent con-sul-tants con-tainer
    con-tain-ers con-ti-nent con-tract dec-line de-pended de-posit desali-na-tion dif-fer-ence dis-putes
    doc-u-ment elec-tric eve-nings every-body ex-pla-na-tion fort-night frac-tions gen-er-a-tor har-bour
    har-vest heat-ing im-por-tant in-hab-i-tant in-stal-ments in-stead in-sur-ance is-land is-landers
    kilo-grams kilo-me-tres kilo-watt-hours kilo-watts land-lord let-ter-box li-a-bil-ity li-brar-ian
    lib-rary light-house main-land mega-watt-hours mini-mum neigh-bours north-ern note-book ob-jec-tions
    op-er-a-tor or-di-nary plen-ti-ful pre-pared pre-vi-ous rea-son re-cov-ered re-mem-bers ro-man-tic
    sand-bank sec-tions sen-si-ble sep-a-rate ship-ping sin-gle sour-dough south-ern spring-tide
    state-ment storms sub-ject ther-mome-ter thun-der time-table tur-bine um-brella vis-i-tors
    wheel-bar-rows wood-pecker
""".split()
DIVISIONS = {word.replace("-", ""): word.split("-") for word in SYLLABLES}


@dataclass(frozen=True, slots=True)
class Look:
    """The fonts of one language and how its lines break."""

    text: str
    heading: str
    first_line: float  # points
    leading: float  # lines
    wrap: str | None
    page: str  # what is printed at the foot

    def style(self, font: str, size: float, **options: Any) -> ParagraphStyle:
        """A paragraph style with this look's leading and line breaking."""
        return ParagraphStyle(
            font, fontName=font, fontSize=size, leading=size * self.leading, wordWrap=self.wrap, **options
        )


LOOKS = {
    "en": Look("Times-Roman", "Helvetica-Bold", 0, 1.35, None, "{}"),
    "zh": Look("Droid", "Droid", 21, 1.7, "CJK", "第 {} 页"),
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


def markup(text: str, font: str) -> str:
    """Paragraph markup of a text; characters that the font lacks are set in Vera."""
    if font != "Droid":
        return escape(text)
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    runs = itertools.groupby(text, key=lambda character: ord(character) in glyphs)
    return "".join(
        escape("".join(run)) if known else f'<font name="Vera">{escape("".join(run))}</font>'
        for known, run in runs
    )


def flowables(article: Article) -> Iterator[Flowable]:
    """The article's blocks, ready to be placed on pages."""
    look = LOOKS[article.language]
    size = 10.5
    english = {"alignment": TA_JUSTIFY, "hyphenationLang": divide} if article.language == "en" else {}
    styles = {
        "title": look.style(look.heading, 17, spaceAfter=10),
        "heading": look.style(look.heading, 12, spaceBefore=9, spaceAfter=3, keepWithNext=True),
        "text": look.style(look.text, size, firstLineIndent=look.first_line, spaceAfter=5, **english),
        "item": look.style(look.text, size, leftIndent=12, spaceAfter=2, **english),
    }
    for kind, text in article.blocks:
        style = styles[kind]
        bullet = "•" if kind == "item" else None
        block = Paragraph(markup(text, style.fontName), style, bulletText=bullet)
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
        canvas.saveState()
        canvas.setFillGray(0.35)
        canvas.setFont(self.look.text, 8.5)
        canvas.drawString(self.leftMargin, height - 14 * mm, self.article.title)
        canvas.setStrokeGray(0.7)
        canvas.line(self.leftMargin, height - 16 * mm, width - self.rightMargin, height - 16 * mm)
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
    pages.build(list(flowables(article)), onFirstPage=pages.furniture, onLaterPages=pages.furniture)
    return target


def main() -> int:
    """Set every text in `packaging/samples/`; exit status."""
    parser = argparse.ArgumentParser(description="Typeset the PDFs of the sample library.")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    folder: Path = parser.parse_args().folder
    if not CHINESE_FONT.exists():
        print(f"{CHINESE_FONT} is missing: install the package fonts-droid-fallback.", file=sys.stderr)
        return 1
    pdfmetrics.registerFont(TTFont("Droid", CHINESE_FONT))
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    for source in sorted(SOURCES.glob("*.md")):
        target = typeset(source, folder)
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
