"""Lays out the cleaned text of a document for reading, and knows where each of its characters is.

The page is made from the cleaned text itself, not by a renderer of Markdown or HTML. So each character on
it has a known offset in the file, and a mark covers exactly what was found. Of a long document, only a window
around the passage is laid out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)

from desktop_kb.formats import Format
from desktop_kb.gui import theme
from desktop_kb.gui.loaded import REACH
from desktop_kb.gui.preview.formulas import Piece, pieces
from desktop_kb.gui.preview.markdown_looks import looks_of
from desktop_kb.gui.preview.note_pictures import IMAGE_WIDTH, Picture, fitted
from desktop_kb.gui.preview.paragraphs import Paragraph, paragraphs
from desktop_kb.gui.preview.table_rows import cells, tables
from desktop_kb.gui.preview.text_formats import (
    BODY,
    block_format,
    char_format,
    code_format,
    face_format,
    fixed_families,
    label_formats,
    look_format,
    stand_in,
    table_format,
)
from desktop_kb.gui.text import code_point_offset, utf16_offset
from desktop_kb.gui.translation import tr
from desktop_kb.kb import Reading
from desktop_kb.records import Layout, Look

#: Characters that Qt treats as line ends, block ends or objects. Each is replaced by one blank.
_CONTROL: Final = {ord(c): " " for c in "\0\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u2028\u2029\ufdd0\ufdd1\ufffc"}


#: The line under the names of a table's columns in Markdown.
_RULE: Final = re.compile(
    r"[ \t|]*\r?\n[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*(?:\r?\n|$)"
)


class TextPage:
    """The part of a text around raw `near`, laid out as its format says.

    Args:
        pictures: shown after the paragraphs that they belong to; in text order.
        looks: how words look; those of Markdown are told by the text itself.
    """

    def __init__(
        self,
        text: str,
        layout: Layout,
        near: tuple[int, int],
        format: Format,
        pictures: Sequence[Picture],
        looks: Sequence[Look] = (),
    ) -> None:
        self._first = _line_start(text, max(0, near[0] - REACH))
        self._last = min(len(text), near[1] + REACH)
        self._reading = Reading(text, layout.edits, self._first, self._last)
        self._length = len(text)
        self._layout = layout
        self._near = near
        self._markdown, self._rows = format.preview == "marked", format.rows
        self._page_name = format.page
        self._text = text
        self._looks = (
            looks_of(text, layout.edits, self._first, self._last)
            if self._markdown
            else [one for one in looks if one.start < self._last and one.end > self._first]
        )
        self._pictures = [p for p in pictures if self._first <= p.place <= self._last]
        self._zoom = 1.0
        self._made: dict[
            tuple[int | None, bool], QTextCharFormat
        ] = {}  # formats of this layout, by level and code
        self._formulas = [one for one in self._looks if one.kind == "math"]
        #: start and end in the cleaned text, position in the QTextDocument, and how many of its units are shown for
        #: them: mostly as many as they are
        self._blocks: list[tuple[int, int, int, int]] = []

    def holds(self, raw: tuple[int, int]) -> bool:
        """Whether raw `[start, end)` is in this part."""
        return self._first <= raw[0] and raw[1] <= self._last

    @property
    def is_first(self) -> bool:
        """Whether the text begins with this part."""
        return self._first == 0

    @property
    def is_last(self) -> bool:
        """Whether the text ends with this part."""
        return self._last >= self._length

    def lay_out(self, owner: QObject, zoom: float) -> QTextDocument:
        """Lay out the cleaned text paragraph by paragraph, and record where each begins."""
        self._zoom = zoom
        self._made.clear()
        document = QTextDocument(owner)
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(round(34 * theme.scale()))
        document.setDefaultFont(theme.font(BODY * self._zoom, serif=True))
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        levels, labels = self._headings(), self._labels()
        pictures = [(self._reading.offset(p.place), p.image) for p in reversed(self._pictures)]
        lines = self._reading.text.split("\n")
        found = self._tables(lines, [place for place, _ in labels]) if self._rows else {}
        kinds = list(paragraphs(self._reading, self._text, self._looks, set(levels), markdown=self._markdown))
        self._blocks = []
        at = number = 0
        while number < len(lines):
            while labels and labels[-1][0] <= at:
                self._insert_label(cursor, labels.pop()[1])
            while not self._markdown and pictures and pictures[-1][0] <= at:
                self._insert_picture(cursor, pictures.pop()[1])
            count = found.get(number, 1)
            if number in found:
                self._insert_table(cursor, lines[number : number + count], at, levels)
            elif kinds[number].listing:
                goes_on = number + 1 < len(kinds) and kinds[number + 1].listing
                self._insert_code(cursor, lines[number], at, goes_on=goes_on)
            elif lines[number].strip():
                self._insert_line(cursor, lines[number], at, levels.get(at), kinds[number])
            at += sum(len(line) + 1 for line in lines[number : number + count])
            number += count
            while pictures and pictures[-1][0] < at:
                self._insert_picture(cursor, pictures.pop()[1])
        self._dress(cursor)
        cursor.endEditBlock()
        return document

    def _insert_line(
        self, cursor: QTextCursor, line: str, at: int, level: int | None, kind: Paragraph
    ) -> None:
        """Insert a paragraph, the rest of one, or a heading, which begins at `at` of the cleaned text."""
        letters = self._letters(level)
        if kind.titles:
            letters.setFontWeight(QFont.Weight.Bold)
        shown = self._shown(at + kind.marked, line[kind.marked :])
        if kind.joint is not None and cursor.block().length() > 1:
            if any(piece.text for piece in shown):  # not what only begins or ends a formula
                cursor.insertText(kind.joint, letters)
        else:
            _begin_block(cursor)
            bullet = f"{kind.bullet} " if kind.bullet else ""
            block = block_format(level, letters.font(), not self._blocks)
            stand_in(block, kind, QFontMetricsF(letters.font()).horizontalAdvance(bullet))
            cursor.setBlockFormat(block)
            cursor.setCharFormat(letters)
            if kind.marked:  # the bullet stands for the mark; what is behind it keeps its place
                self._blocks.append((at, at + min(kind.marked, len(bullet)), cursor.position(), len(bullet)))
            cursor.insertText(bullet)
        self._insert_words(cursor, shown, letters)

    def _shown(self, at: int, words: str) -> list[Piece]:
        """What is shown for words of one line of the cleaned text, with where in it they begin: formulas as they are
        meant. They are taken from the file, in whose reading backslashes may be missing."""
        if not self._formulas or not words:
            return [Piece(at, at + len(words), words)]
        first, last = self._reading.start(at), self._reading.end(at + len(words))
        found: list[Piece] = []
        done = at
        begun = bisect_right(self._formulas, first, key=lambda look: look.end)
        for look in self._formulas[begun:]:
            if look.start >= last:
                break
            start, end = self._within(max(look.start, first), min(look.end, last))
            if start == end:
                continue
            formula = pieces(self._text[start:end])
            edges = [self._reading.offset(start + piece.start) for piece in formula]
            edges.append(self._reading.offset(end) if end < last else at + len(words))
            if done < edges[0]:
                found.append(Piece(done, edges[0], words[done - at : edges[0] - at]))
            found += [
                Piece(begins, ends, piece.text, piece.face)
                for piece, begins, ends in zip(formula, edges, edges[1:], strict=False)
            ]
            done = edges[-1]
        if done < at + len(words):
            found.append(Piece(done, at + len(words), words[done - at :]))
        return found

    def _within(self, start: int, end: int) -> tuple[int, int]:
        """Raw `[start, end)` without blanks at both ends."""
        words = self._text[start:end]
        start += len(words) - len(words.lstrip())
        return start, start + len(words.strip())

    def _insert_words(self, cursor: QTextCursor, shown: Sequence[Piece], letters: QTextCharFormat) -> None:
        """Insert what is shown for words, and record where they are."""
        for piece in shown:
            text = piece.text.translate(_CONTROL).replace("\n", "\u2028")
            self._blocks.append((piece.start, piece.end, cursor.position(), utf16_offset(text, len(text))))
            cursor.insertText(text, face_format(letters, piece.face) if piece.face else letters)

    def _insert_code(self, cursor: QTextCursor, line: str, at: int, *, goes_on: bool) -> None:
        """Insert a line of a block of code, also an empty one."""
        if self._blocks:
            cursor.insertBlock()
        letters = self._letters(None, code=True)
        cursor.setBlockFormat(code_format(goes_on=goes_on))
        cursor.setCharFormat(letters)
        self._insert_words(cursor, [Piece(at, at + len(line), line)], letters)

    def _letters(self, level: int | None, *, code: bool = False) -> QTextCharFormat:
        """The format of a paragraph's letters, a heading's or those of code; made once, since a font takes 0.1 ms."""
        if (level, code) not in self._made:
            made = char_format(level, self._zoom * (0.9 if code else 1.0), theme.current().ink)
            if code:
                made.setFontFamilies(fixed_families())
            self._made[level, code] = made
        return QTextCharFormat(self._made[level, code])

    def _insert_table(
        self, cursor: QTextCursor, lines: Sequence[str], at: int, levels: dict[int, int]
    ) -> None:
        """Insert the rows of a table; what names its columns is bold: a heading, or what stands above a rule."""
        rows = [cells(line) for line in lines]
        table = cursor.insertTable(len(rows), max(map(len, rows)), table_format())
        for place, (line, row) in enumerate(zip(lines, rows, strict=True)):
            letters = char_format(None, self._zoom * 0.9, theme.current().ink)
            names = at in levels or self._is_above_rule(at + len(line))
            letters.setFontWeight(QFont.Weight.Bold if names else QFont.Weight.Normal)
            for column, (start, end) in enumerate(row):
                cell = table.cellAt(place, column).firstCursorPosition()
                if line[start:end].strip():
                    self._insert_words(cell, self._shown(at + start, line[start:end]), letters)
            at += len(line) + 1
        cursor.movePosition(QTextCursor.MoveOperation.End)

    def _is_above_rule(self, end: int) -> bool:
        """Whether the row that ends there in the cleaned text names the columns of a table of Markdown."""
        return self._markdown and _RULE.match(self._text, self._reading.end(end)) is not None

    def _insert_label(self, cursor: QTextCursor, label: str) -> None:
        """Insert the name of a page as a line of its own, which no offset of the text maps to."""
        _begin_block(cursor)
        block, letters = label_formats(self._zoom)
        cursor.setBlockFormat(block)
        cursor.insertText(label.translate(_CONTROL), letters)

    def _insert_picture(self, cursor: QTextCursor, image: QImage) -> None:
        """Insert a picture as a paragraph of its own, which no offset of the text maps to."""
        _begin_block(cursor)
        block = QTextBlockFormat()
        block.setBottomMargin(12 * theme.scale())
        cursor.setBlockFormat(block)
        cursor.insertImage(fitted(image, round(IMAGE_WIDTH * theme.scale() * self._zoom)))

    def _dress(self, cursor: QTextCursor) -> None:
        """Format words as they look in the file; headings keep their own format."""
        made = {kind: look_format(Look(0, 0, kind)) for kind in {one.kind for one in self._looks}}
        for look in self._looks:
            letters = look_format(look) if look.kind == "link" else made[look.kind]
            span = self.span((max(look.start, self._first), min(look.end, self._last))) if letters else None
            if letters is None or span is None:
                continue
            heads = cursor.document().findBlock(span[0]).blockFormat().headingLevel()
            if not heads or look.kind == "link":
                cursor.setPosition(span[0])
                cursor.setPosition(span[1], QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(letters)

    def _headings(self) -> dict[int, int]:
        """The level of each heading, by the offset in the cleaned text where its paragraph begins."""
        levels = {}
        for heading in self._layout.headings:
            if self._first <= heading.start < self._last:
                place = self._reading.offset(heading.start)
                begins = self._reading.text.rfind("\n", 0, place) + 1
                levels[begins] = heading.level
        return levels

    def _labels(self) -> list[tuple[int, str]]:
        """The names of the pages that hold text, the last first, with where they begin in the cleaned text."""
        pages = self._layout.pages if self._page_name else ()
        return [
            (self._reading.offset(page.start), tr(self._page_name, page=page.label or number))
            for number, page in reversed(list(enumerate(pages, 1)))
            if self._first <= page.start < min(page.end, self._last)
        ]

    def _tables(self, lines: Sequence[str], starts: Sequence[int]) -> dict[int, int]:
        """The tables to lay out around the passage. `starts`: where pages begin in the cleaned text."""
        first, last = (self._line_at(self._reading.offset(place)) for place in self._near)
        return tables(lines, (first, last), {self._line_at(place) for place in starts})

    def _line_at(self, place: int) -> int:
        """The number of the line at an offset in the cleaned text."""
        return self._reading.text.count("\n", 0, place)

    def span(self, raw: tuple[int, int]) -> tuple[int, int] | None:
        """Raw `[start, end)` as cursor positions, without blanks at both ends."""
        start, end = self._reading.offset(raw[0]), self._reading.offset(raw[1])
        inside = self._reading.text[start:end]
        if not inside.strip():
            return None
        start += len(inside) - len(inside.lstrip())
        end -= len(inside) - len(inside.rstrip())
        return self._position(start), self._position(end, ends=True)

    def position(self, raw: int) -> int:
        """The cursor position of the character at a raw offset; if it is not shown, of the next one."""
        return self._position(self._reading.offset(raw)) if self._blocks else 0

    def raw(self, position: int) -> int:
        """The raw offset of the character at a cursor position."""
        return self._reading.start(self._offset(position))

    def raw_end(self, position: int) -> int:
        """The raw offset where the character before a cursor position ends."""
        return self._reading.end(self._offset(position, ends=True))

    def _offset(self, position: int, *, ends: bool = False) -> int:
        """A cursor position as an offset in the cleaned text; the other way round than `_position`."""
        if not self._blocks:
            return 0
        search = bisect_left if ends else bisect_right
        start, end, begins, shown = self._blocks[
            max(0, search(self._blocks, position, key=lambda block: block[2]) - 1)
        ]
        words = self._reading.text[start:end]
        if shown != utf16_offset(words, len(words)):
            return end if ends or position >= begins + shown > begins else start
        return start + code_point_offset(words, max(0, position - begins))

    def _position(self, offset: int, *, ends: bool = False) -> int:
        """An offset in the cleaned text as a cursor position, which counts UTF-16 units. Of what is shown otherwise the
        beginning is meant, or the end where a span `ends` in it."""
        index = max(0, bisect_right(self._blocks, offset, key=lambda block: block[0]) - 1)
        while ends and index and self._blocks[index][0] == offset:
            index -= 1
        start, end, position, shown = self._blocks[index]
        if offset >= end:
            return position + shown
        words = self._reading.text[start:end]
        if shown != utf16_offset(words, len(words)):
            return position + (shown if ends else 0)
        return position + utf16_offset(words, max(0, offset - start))


def _begin_block(cursor: QTextCursor) -> None:
    """Begin a paragraph; behind a table and at the beginning of the document there is an empty one."""
    if cursor.block().length() > 1:
        cursor.insertBlock()


def _line_start(text: str, at: int) -> int:
    """The start of the line at `at`, if it is not too far away."""
    found = text.rfind("\n", max(0, at - 2_000), at) + 1
    return found or at
