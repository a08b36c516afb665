"""The text on a card: at most four lines around the best sentence, with the matched words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTextCharFormat, QTextLayout, QTextOption

from desktop_kb.gui import theme
from desktop_kb.gui.text import utf16_offset
from desktop_kb.records import Hit

_MOST_LINES: Final = 4
#: Characters that text cleaning may remove inside a word. PDFium gives U+FFFE for a hyphen at a line's end.
_DROPPED: Final = frozenset("-\u00ad\u2010\ufffe")


def _packed(text: str) -> tuple[str, list[int]]:
    """The text without blanks and hyphens, and the index in `text` of each remaining character."""
    at = [index for index, letter in enumerate(text) if not letter.isspace() and letter not in _DROPPED]
    return "".join(text[index] for index in at), at


def best_in_shown(hit: Hit, shown: str) -> tuple[int, int] | None:
    """The span of the best sentence in `shown`. Blanks and hyphens are ignored: `shown` was cleaned, the
    sentence is raw text. None if it is not there or is all of `shown`."""
    sentence, _ = _packed(hit.text[hit.best[0] - hit.start : hit.best[1] - hit.start])
    packed, at = _packed(shown)
    if not sentence or len(sentence) >= len(packed):
        return None
    begin = packed.find(sentence)
    return (at[begin], at[begin + len(sentence) - 1] + 1) if begin >= 0 else None


def word_spans(text: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """The spans of the matched terms. Where terms overlap, the longest wins; adjacent spans are merged."""
    names = sorted({term for term in terms if term.strip()}, key=len, reverse=True)
    if not names:
        return []
    pattern = "|".join(
        rf"(?<![A-Za-z0-9]){re.escape(term)}(?![A-Za-z0-9])"
        if term.isascii() and term[0].isalnum()
        else re.escape(term)
        for term in names
    )
    spans: list[tuple[int, int]] = []
    for found in re.finditer(pattern, text, re.IGNORECASE):
        if spans and spans[-1][1] == found.start():  # 新款 + X1: underline both as one
            spans[-1] = (spans[-1][0], found.end())
        else:
            spans.append(found.span())
    return spans


def _body(hit: Hit) -> str:
    """The text of a passage without its headings, which the card shows above it."""
    text = " ".join(hit.shown.split())
    for title in hit.heading:
        text = text.removeprefix(" ".join(title.split())).lstrip() or text
    return text


class CardText:
    """The text of a hit's card, laid out in at most four lines around the best sentence."""

    def __init__(self, hit: Hit, width: float) -> None:
        text = _body(hit)
        best = None if hit.weak else best_in_shown(hit, text)
        terms = () if hit.weak else [term for leg in hit.why.legs for term in leg.terms or ()]
        self._break(text, terms, width)
        first = 0
        if best is not None:
            first = max(0, self.layout.lineForTextPosition(utf16_offset(text, best[0])).lineNumber() - 1)
        first = min(first, max(0, self.layout.lineCount() - _MOST_LINES))
        if first or self.layout.lineCount() > _MOST_LINES:
            units = text.encode("utf-16-le")
            begin = self.layout.lineAt(first).textStart()
            last = self.layout.lineAt(min(first + _MOST_LINES, self.layout.lineCount()) - 1)
            end = last.textStart() + last.textLength()
            more = end * 2 < len(units)
            cut = units[begin * 2 : (end - (3 if more else 0) - (2 if first else 0) * more) * 2]
            middle = cut.decode("utf-16-le", "ignore").rstrip()
            text = ("…" if first else "") + middle + ("…" if more else "")
            self._break(text, terms, width)
            while (
                more and self.layout.lineCount() > _MOST_LINES
            ):  # the ellipsis wrapped its word onto a fifth line
                text = text[:-2].rstrip() + "…"
                self._break(text, terms, width)
            if best is not None:
                best = best_in_shown(hit, text) or self._clipped(hit, text)
        self.best = best
        self.words = word_spans(text, terms)
        self.text = text
        self.lines = min(self.layout.lineCount(), _MOST_LINES)
        self.step = round(theme.px(theme.BODY) * 1.55)
        self.height = self.lines * self.step

    @staticmethod
    def _clipped(hit: Hit, text: str) -> tuple[int, int] | None:
        """The span of the best sentence if only its beginning fits on the card: found by 12 characters."""
        sentence, _ = _packed(hit.text[hit.best[0] - hit.start : hit.best[1] - hit.start])
        packed, at = _packed(text)
        begin = packed.find(sentence[:12]) if sentence else -1
        return (at[begin], len(text)) if begin >= 0 else None

    def _break(self, text: str, terms: Sequence[str], width: float) -> None:
        self.layout = QTextLayout(text, theme.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.layout.setTextOption(option)
        formats = []
        for start, end in word_spans(text, terms):
            bold = QTextLayout.FormatRange()
            bold.start = utf16_offset(text, start)
            bold.length = utf16_offset(text, end) - bold.start
            bold.format = QTextCharFormat()
            bold.format.setFontWeight(theme.font(bold=True).weight())
            formats.append(bold)
        self.layout.setFormats(formats)
        self.layout.beginLayout()
        while (line := self.layout.createLine()).isValid():
            line.setLineWidth(width)
        self.layout.endLayout()

    def draw(self, painter: QPainter, origin: QPointF, ink: QColor) -> None:
        """Draw each line: highlight of the best sentence, underlines of the matched words, then the letters."""
        colours = theme.current()
        for number in range(self.lines):
            line = self.layout.lineAt(number)
            top = origin.y() + number * self.step
            letters = QPointF(origin.x(), top + (self.step - line.height()) / 2)
            if self.best is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colours.answer)
                for left, right in self._on_line(line, self.best):
                    painter.drawRoundedRect(
                        QRectF(origin.x() + left - 1, top + 1, right - left + 2, self.step - 2), 3, 3
                    )
            painter.setPen(QPen(colours.word_underline, 2))
            for word in self.words:
                for left, right in self._on_line(line, word):
                    bottom = letters.y() + line.ascent() + 4
                    painter.drawLine(QPointF(origin.x() + left, bottom), QPointF(origin.x() + right, bottom))
            painter.setPen(ink)
            line.draw(painter, QPointF(origin.x(), letters.y() - line.y()))

    def _on_line(self, line: Any, span: tuple[int, int]) -> list[tuple[float, float]]:
        start, end = (utf16_offset(self.text, offset) for offset in span)
        first, last = line.textStart(), line.textStart() + line.textLength()
        start, end = max(start, first), min(end, last)
        if start >= end:
            return []
        right = line.naturalTextWidth() if end == last else line.cursorToX(end)[0]
        return [(line.cursorToX(start)[0], right)]
