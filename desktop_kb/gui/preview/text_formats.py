"""How texts are set for reading: sizes, distances and the look of letters."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTableFormat,
)

from desktop_kb.gui import theme
from desktop_kb.gui.preview.formulas import Face
from desktop_kb.gui.preview.paragraphs import Paragraph
from desktop_kb.records import Look

_SIZES: Final = {1: 21, 2: 17, 3: 15}
BODY: Final = 15
_LINE: Final = 1.6
_ITEM: Final = 20
#: How far a quote is indented, in pixels.
QUOTE: Final = 16
#: Properties of blocks, for who paints their ground: the quotes around it; that it is a line of code.
QUOTED: Final = QTextFormat.Property.UserProperty.value + 1
LISTED: Final = QUOTED + 1


def fixed_families() -> list[str]:
    """The families of code: letters of one width, and those of other scripts."""
    return [theme.fixed_font().family(), *theme.font().families()]


def set_for_reading(document: QTextDocument) -> None:
    """Set the font sizes and spacing of rich text for reading."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel() or None
        letters = char_format(level, 1.0, theme.current().ink)
        distances = block_format(level, letters.font(), block == document.begin())
        if block.textList() is not None:
            distances.setBottomMargin(4 * theme.scale())
        cursor.setPosition(block.position())
        cursor.mergeBlockFormat(distances)
        if level is not None:
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(letters)  # drop the relative sizes that Qt's Markdown import sets
        block = block.next()
    cursor.endEditBlock()


def block_format(level: int | None, font: QFont, first: bool) -> QTextBlockFormat:
    """The format of a paragraph, or of a heading of this level."""
    block = QTextBlockFormat()
    # Fonts with Chinese letters are 1.5 times as high as their size; calculate with the size.
    lines = (_LINE if level is None else 1.3) * font.pixelSize() / QFontMetricsF(font).height()
    block.setLineHeight(100 * max(1.0, lines), QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    block.setTopMargin(0 if first or level is None else (18 if level <= 2 else 12) * theme.scale())
    block.setBottomMargin((10 if level is None else 6 if level > 1 else 12) * theme.scale())
    if level is not None:
        block.setHeadingLevel(min(level, 6))
    return block


def char_format(level: int | None, zoom: float, ink: QColor) -> QTextCharFormat:
    """The format of the letters of a paragraph, or of a heading of this level."""
    letters = QTextCharFormat()
    size = BODY if level is None else _SIZES.get(level, BODY)
    letters.setFont(theme.font(size * zoom, serif=True, bold=level is not None))
    letters.setForeground(ink)
    return letters


def look_format(look: Look) -> QTextCharFormat | None:
    """The format of the letters of a look, for merging into the existing one; None if it is that of a paragraph."""
    letters = QTextCharFormat()
    match look.kind:
        case "bold":
            letters.setFontWeight(QFont.Weight.Bold)
        case "italic":
            letters.setFontItalic(True)
        case "struck":
            letters.setFontStrikeOut(True)
        case "code":
            letters.setFontFamilies(fixed_families())
        case "raised":
            letters.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
        case "lowered":
            letters.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSubScript)
        case "link":
            letters.setAnchor(True)
            letters.setAnchorHref(look.detail)
            letters.setForeground(theme.current().accent)
            letters.setFontUnderline(True)
        case _:
            return None
    return letters


def face_format(letters: QTextCharFormat, face: Face) -> QTextCharFormat:
    """The format of a piece of a formula among these letters."""
    faced = QTextCharFormat(letters)
    if face == "italic":
        faced.setFontItalic(True)
    elif face == "bold":
        faced.setFontWeight(QFont.Weight.Bold)
    elif face == "raised":
        faced.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
    elif face == "lowered":
        faced.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSubScript)
    return faced


def stand_in(block: QTextBlockFormat, kind: Paragraph, bullet: float) -> None:
    """Indent a paragraph as its quotes and items ask for; `bullet` is how wide its bullet is."""
    if kind.items:
        block.setBottomMargin(4 * theme.scale())
    block.setLeftMargin(
        QUOTE * theme.scale() * len(kind.quotes)
        + _ITEM * theme.scale() * max(0, kind.items - 1)
        + (bullet or (_ITEM * theme.scale() if kind.items else 0))
    )
    block.setTextIndent(-bullet)
    if kind.quotes:
        block.setProperty(QUOTED, ",".join(one.detail or "quote" for one in kind.quotes))


def code_format(*, goes_on: bool) -> QTextBlockFormat:
    """The format of a line of code; without a ground, which would cover that of the passage."""
    block = QTextBlockFormat()
    block.setLeftMargin(12 * theme.scale())
    block.setTextIndent(0)
    block.setBottomMargin(0 if goes_on else 10 * theme.scale())
    block.setProperty(LISTED, True)
    return block


def table_format() -> QTextTableFormat:
    """The format of a table: thin lines, as wide as its words need."""
    table = QTextTableFormat()
    table.setBorder(1)
    table.setBorderBrush(theme.current().line)
    table.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    table.setBorderCollapse(True)
    table.setCellPadding(round(5 * theme.scale()))
    table.setCellSpacing(0)
    table.setBottomMargin(12 * theme.scale())
    return table


def label_formats(zoom: float) -> tuple[QTextBlockFormat, QTextCharFormat]:
    """The formats of the line that names a page."""
    block, letters = QTextBlockFormat(), QTextCharFormat()
    block.setTopMargin(14 * theme.scale())
    block.setBottomMargin(4 * theme.scale())
    letters.setFont(theme.font(12 * zoom))
    letters.setForeground(theme.current().muted)
    return block, letters
