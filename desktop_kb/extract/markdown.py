"""Markdown -> text and layout.

The text is the file itself; edits drop its markup (the head, heading and emphasis marks, link targets,
comments, table rules). markdown-it-py decides what is markup, `inline` learns from it where that stands.
Lines stay lines, as note apps show them, unless they are full: then the paragraph was wrapped by hand.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container
from pathlib import Path
from typing import Any, Final, NamedTuple

import wcwidth
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.token import Token

from desktop_kb import reading
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.inline import InlineMarkup
from desktop_kb.extract.layout import Compounds, Line, flow, glue, invisible, line_spans, newlines, settle
from desktop_kb.extract.note_apps import written
from desktop_kb.extract.properties import LONGEST, MOST, described, head_of
from desktop_kb.extract.webpage import DATA_URI, TAG
from desktop_kb.records import Edit, Extracted, Heading, Layout

_BREAK: Final = re.compile(r"\r\n|\n|\r")  # what Markdown calls a line
_CELL_BORDER: Final = re.compile(r"[ \t]*(?<!\\)\|[ \t]*")
_ATX: Final = re.compile(r"[^#]*#{1,6}[ \t]*")
_QUOTED: Final = re.compile(r"(?:[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)*((?:[ \t]*>)+[ \t]?)")
_CALLOUT: Final = re.compile(r"(\[!)[\w-]+(?:\|[^\]\n]*)?(\][+-]?[ \t]*)")
#: A link's address; without one, '[Tom]: hello' is what somebody said.
_ADDRESS: Final = re.compile(r"[^\n]*\]:\s*(?:<|\S*[/.#?@:])")
_NARROWEST = 55  # columns; text is wrapped by hand at 60 to 80, verse is shorter


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Markdown as it is written today: CommonMark, tables, strike-through, and what note apps add.

    Raises:
        Problem: not-text.
    """
    text = decode(data)
    head = head_of(text)
    drawing = "excalidraw-plugin" in head.values or path.name.lower().endswith(".excalidraw.md")
    note = written(text, head.end, path, drawing=drawing)
    marks = _Marks(note.text, head.end)
    metadata, tags = described({**note.values, **head.values})
    first = next((h.title for h in marks.headings if h.level == 1), "")
    title = str(metadata.pop("title", "")) or note.title or first
    edits = [*marks.edits, *note.edits]
    if (head.end or note.values) and not drawing and not marks.headings and (metadata or title or tags):
        says_nothing = not any(map(str.isalnum, reading.read(text, settle(edits), head.end)))
    else:
        says_nothing = False
    if says_nothing:
        # A note of properties only is read by them.
        marks = _Marks(text, head.end)
        edits = [*marks.edits, Edit(0, head.start), Edit(head.stop, head.end)]
    elif head.end:
        edits.append(Edit(0, head.end))
    uris = [Edit(m.start(), m.end()) for m in DATA_URI.finditer(text)]
    layout = Layout((), tuple(marks.headings), settle([*edits, *uris, *invisible(text), *newlines(text)]))
    return Extracted(
        text, title[:LONGEST], layout, metadata, tuple(dict.fromkeys([*tags, *marks.tags]))[:MOST]
    )


class _Border(NamedTuple):
    """The end of one line of a paragraph, `[start, end)` with what precedes the next line."""

    start: int
    end: int
    hard: bool
    glue: str


class _Marks:
    """The headings and tags of a Markdown text, and the edits that drop its markup.

    Args:
        text: the whole file.
        body: where the head ends and the Markdown begins.
    """

    def __init__(self, text: str, body: int) -> None:
        self.text = text
        self.edits: list[Edit] = []
        self.headings: list[Heading] = []
        self._lines = line_spans(text, _BREAK, body)
        self._wrapped: list[Line] = []  # the lines of paragraphs of several lines
        self._borders: list[_Border] = []
        self._quotes = 0  # how many block quotes deep
        self._md = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._md.core.ruler.enableOnly(["normalize", "block"])
        self._md.block.ruler.at("reference", _reference)
        self._inline_markup = InlineMarkup(self._md, text)
        self._env: dict[str, Any] = {}
        tokens = self._md.parse(text[body:], self._env)
        for index, token in enumerate(tokens):
            self._block(token, tokens[index - 1])
        for found in [*self._env.get("references", {}).values(), *self._env.get("duplicate_refs", ())]:
            self._drop_lines(*found["map"])
        self.edits += self._flowed()
        self.tags = self._inline_markup.tags

    def _block(self, token: Token, before: Token) -> None:
        self._quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if token.map is None:
            return
        first, last = token.map
        if token.type == "inline":
            self._inline(token, before)
        elif token.type == "fence":
            self._drop_lines(first, first + 1)
            if last - first > 1 and self._line(last - 1).strip(" \t>").startswith(token.markup):
                self._drop_lines(last - 1, last)
        elif token.type == "html_block":
            start, end = self._lines[first][0], self._lines[last - 1][1]
            for tag in TAG.finditer(self.text, start, end):
                if self._inline_markup.is_markup(tag[0]):
                    self.edits.append(Edit(*tag.span()))
        elif token.type == "hr":
            self._drop_lines(first, last)
        elif token.type == "table_open":
            self._table(first, last)
        elif token.type == "blockquote_open":
            for row in range(first, last):
                start, end = self._lines[row]
                if mark := _QUOTED.match(self.text, start, end):
                    self.edits.append(Edit(*mark.span(1)))

    def _inline(self, token: Token, before: Token) -> None:
        """One run of inline Markdown: find its rows in the file, then drop its markup."""
        assert token.map is not None
        first, last = token.map
        if before.type in ("td_open", "th_open"):
            return  # `_table` handles cells
        rows = token.content.split("\n")
        places: list[int] = []  # offset in the file of each row of the content
        for row, content in enumerate(rows):
            line = first + row
            at = self._find(line, content, before) if line < last else None
            if at is None:
                return  # markdown-it changed the row (it expands tabs): keep the markup
            places.append(at)
        dropped = self._edit(token.content, rows, places)
        if len(rows) > 1:
            self._paragraph(token.content, rows, places, first, dropped, before)
        if before.type == "heading_open":
            self._heading(before, places[0], places[-1] + len(rows[-1].rstrip()))

    def _find(self, line: int, content: str, before: Token) -> int | None:
        start, end = self._lines[line]
        raw = self.text[start:end]
        bare = content.strip()
        if before.type == "heading_open" and before.markup.startswith("#"):
            mark = _ATX.match(raw)
            at = raw.find(bare, mark.end() if mark else 0)
        else:
            at = raw.rfind(bare)
        # markdown-it makes blanks of the tabs before a line: they have no place of their own.
        return start + at - (len(content) - len(content.lstrip())) if at >= 0 else None

    def _edit(self, content: str, rows: list[str], places: list[int], cell: bool = False) -> list[Edit]:
        """Drop the marks of a run of inline Markdown; returns the edits within `content`."""
        starts = [0]
        for content_row in rows[:-1]:
            starts.append(starts[-1] + len(content_row) + 1)

        def raw(at: int) -> int:
            row = bisect_right(starts, at) - 1
            return places[row] + at - starts[row]

        dropped = self._inline_markup.marks(content, self._env)
        if self._quotes and (callout := _CALLOUT.match(content)):
            titled = content[callout.end() :].partition("\n")[0].strip()
            spans = [callout.span()] if titled else [callout.span(1), callout.span(2)]
            dropped = list(settle([*(Edit(*span) for span in spans), *dropped]))
        for e in dropped:
            self.edits.append(
                Edit(raw(e.start), raw(e.end - 1) + 1, " " if cell and e.text == "\n" else e.text)
            )
        return dropped

    def _paragraph(
        self, content: str, rows: list[str], places: list[int], first: int, dropped: list[Edit], before: Token
    ) -> None:
        """Remember the lines of a paragraph: whether they go on is decided when all are known."""
        hidden = {i for e in dropped for i in range(e.start, e.end)}
        callout = bool(self._quotes and _CALLOUT.match(content))
        top = self._wrapped[-1].top + 10 if self._wrapped else 0
        end = 0
        for row, (content_row, place) in enumerate(zip(rows, places, strict=True)):
            border, end = end + len(content_row), end + len(content_row) + 1
            start = place + len(content_row) - len(content_row.lstrip())
            backslash = content_row.endswith("\\") and border - 1 in hidden
            stop = place + len((content_row[:-1] if backslash else content_row).rstrip())
            line_start = self._lines[first + row][0]
            columns = wcwidth.width(self.text[line_start:stop].expandtabs(4))
            self._wrapped.append(
                Line(start, max(stop, start + 1), 0, 0, columns, top + row, top + row + 1, 1.0)
            )
            if row + 1 == len(rows) or border in hidden:
                continue  # the last, or the line break is inside markup
            after = rows[row + 1]
            hard = backslash or content_row.endswith("  ") or (callout and not row) or after.startswith("[^")
            between = glue(
                self._visible(content, range(border - 1, -1, -1), hidden),
                self._visible(content, range(border + 1, len(content)), hidden),
            )
            goes_on = places[row + 1] + len(after) - len(after.lstrip())
            one = before.type == "heading_open"
            self.edits += [Edit(stop, goes_on, between)] if one else []
            self._borders.append(_Border(stop, goes_on, hard, between))

    def _flowed(self) -> list[Edit]:
        """Join the lines of paragraphs that were wrapped by hand; all others stay lines."""
        if not self._borders:
            return []
        joins = flow(self.text, self._wrapped, narrowest=_NARROWEST, hyphenated=self._compounds(), mixed=" ")
        joined = {edit.end: edit.start for edit in joins if edit.text != "\n"}
        edits: list[Edit] = []
        for border in self._borders:
            start = joined.get(border.end)
            if start is None or border.hard:
                edits.append(Edit(border.start, border.end, "\n"))
            else:  # a line that ends in the hyphen of a torn word ends before it
                edits.append(Edit(start, border.end, border.glue if start == border.start else ""))
        return edits

    def _compounds(self) -> Container[str]:
        torn = any(self.text[line.end - 1] in "-\u2010\u00ad" for line in self._wrapped)
        return Compounds(self.text) if torn else frozenset()

    @staticmethod
    def _visible(content: str, where: range, hidden: set[int]) -> str:
        return next((content[i] for i in where if i not in hidden and not content[i].isspace()), "")

    def _heading(self, opening: Token, start: int, end: int) -> None:
        assert opening.map is not None
        first, last = opening.map
        line_start = self._lines[first][0]
        if opening.markup.startswith("#"):
            self.edits += [Edit(line_start, start), Edit(end, self._lines[last - 1][1])]
        else:
            self._drop_lines(last - 1, last)
        inner = [e for e in settle(self.edits[-200:]) if start <= e.start and e.end <= end]
        title = _applied(self.text, inner, start, end)
        if title:
            self.headings.append(Heading(start, end, int(opening.tag[1:]), title[:LONGEST]))

    def _table(self, first: int, last: int) -> None:
        """A row is read as its cells with ' | ' between them."""
        self._drop_lines(first + 1, first + 2)
        for row in [first, *range(first + 2, last)]:
            start, end = self._lines[row]
            borders = list(_CELL_BORDER.finditer(self.text, start, end))
            cells = [start, *(m.end() for m in borders)]
            ends = [*(m.start() for m in borders), end]
            for m in borders:
                outer = m.start() == start or m.end() == end
                self.edits.append(Edit(m.start(), m.end(), "" if outer else " | "))
            for at, stop in zip(cells, ends, strict=True):
                if content := self.text[at:stop]:
                    self._edit(content, [content], [at], cell=True)

    def _line(self, row: int) -> str:
        start, end = self._lines[row]
        return self.text[start:end]

    def _drop_lines(self, first: int, last: int) -> None:
        start = self._lines[first][0]
        end = self._lines[last][0] if last < len(self._lines) else len(self.text)
        self.edits.append(Edit(start, end))


def _applied(text: str, edits: list[Edit], start: int, end: int) -> str:
    parts, at = [], start
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return " ".join("".join([*parts, text[at:end]]).split())


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """CommonMark's link references, but no footnotes and nothing without an address."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("[", begin) or state.src.startswith("[^", begin):
        return False
    is_link = _ADDRESS.match(state.src[begin : state.eMarks[start]])
    return is_link is not None and reference(state, start, end, silent)
