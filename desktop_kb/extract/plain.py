"""Plain text -> its layout.

Wrapped lines are joined into paragraphs, all other lines stay; what a terminal or a printer would have
carried out (colours, overstriking) is not read. Books have chapters, and what reading devices export is
read as clippings. The text is the decoded file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final

import wcwidth

from desktop_kb.extract import chapters, clippings
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.headings import members
from desktop_kb.extract.layout import (
    LINE_BREAK,
    Compounds,
    Line,
    between_scripts,
    flow,
    invisible,
    line_spans,
    newlines,
    settle,
)
from desktop_kb.formats import TEXT
from desktop_kb.records import Edit, Extracted, Heading, Layout, Value

#: ECMA-48: control sequences, strings (titles, links), single shifts.
_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]"
)
_OVERSTRUCK: Final = re.compile(r"[^\n\x08]\x08")
_COLOURS: Final = re.compile(r"(?:\^\[|\\(?:e|033|x1[bB]))?\[(?:\d{1,2}(?:;\d{1,3})*)?m(?!\])")
_QUOTED_CELL: Final = re.compile(r'(?:(?<=[,;\t\n\r])|(?<![\s\S]))"(?:[^"]|""){0,4000}"(?=[,;\t\r\n]|\Z)')
_WIDE_BLANK: Final = re.compile(r"\S(\t[\t ]*| {3,})(?=\S)")
_NOT_BREAK: Final = re.compile(r"[^\r\n]")
_QUOTE_MARKS: Final = re.compile(r"^(?:>[ \t]?)+", re.MULTILINE)
_NARROWEST = 55  # columns; text is wrapped by hand at 60 to 80, verse is shorter


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Plain text: wrapped lines are joined into paragraphs, all other lines stay separate.

    Raises:
        Problem: not-text.
    """
    text = decode(data)
    if export := clippings.read(text):
        return export
    return laid_out(text, linewise=path.suffix.lower() in TEXT.linewise)


def marked_up(
    text: str,
    marks: Sequence[Edit],
    headings: Sequence[Heading],
    *,
    verbatim: Sequence[tuple[int, int]] = (),
    title: str = "",
    metadata: Mapping[str, Value] | None = None,
    tags: tuple[str, ...] = (),
) -> Extracted:
    """A text in which `marks` are markup and not read; the rest is plain text with these headings, the lines of
    which are joined but for those in `verbatim` parts. Without a title it has that of its first heading."""
    settled = settle(marks)
    ordered = sorted(headings, key=lambda heading: heading.start)
    found = laid_out(without_marks(text, settled), headings=ordered, verbatim=verbatim)
    layout = Layout(headings=tuple(ordered), edits=settle([*found.layout.edits, *settled]))
    title = title or next((heading.title for heading in ordered), "")
    return Extracted(text, title, layout, metadata or {}, tags)


def without_marks(text: str, marks: Sequence[Edit]) -> str:
    """The text with what is read for each mark in its place, filled up with blanks; line breaks stay."""
    pieces, at = [], 0
    for mark in marks:
        blank = _NOT_BREAK.sub(" ", text[mark.start : mark.end])
        said = mark.text if len(mark.text) <= len(blank) and "\n" not in mark.text + blank else ""
        pieces += [text[at : mark.start], said, blank[len(said) :]]
        at = mark.end
    return "".join(pieces) + text[at:]


def laid_out(
    text: str,
    *,
    linewise: bool = False,
    quoted: bool = False,
    headings: list[Heading] | None = None,
    verbatim: Sequence[tuple[int, int]] = (),
) -> Extracted:
    """The text with its layout.

    Args:
        linewise: each line is one: of a table, of a log.
        quoted: lines may quote another text, as those of mails do; the marks are not read.
        headings: those that are known; None: chapters are looked for.
        verbatim: ranges in which each line is one, in their order.
    """
    edits = [Edit(*mark.span()) for mark in _QUOTE_MARKS.finditer(text)] if quoted else []
    marks = {edit.start: edit.end for edit in edits}
    lines: list[Line] = []
    depths: list[int] = []
    for row, (start, end) in enumerate(line_spans(text, LINE_BREAK)):
        begin = marks.get(start, start)
        if text[begin:end].strip() and not inside(start, verbatim):
            lines.append(_line(text, begin, end, row))
            depths.append(text.count(">", start, begin))
    if headings is None:
        headings = [] if linewise else chapters.headings(text, lines)
    if not linewise:
        hyphenated, mixed = Compounds(text), between_scripts(text)
        for block in _blocks(lines, depths):
            joins = flow(
                text,
                block,
                narrowest=_NARROWEST,
                hyphenated=hyphenated,
                mixed=mixed,
                heading_of=members(block, headings) if headings else None,
            )
            edits += [edit for edit in joins if edit.text != "\n"]
    elif '"' in text:
        edits += _cells(text)
    settled = settle([*edits, *_terminal(text), *invisible(text), *newlines(text)])
    return Extracted(text, "", Layout(headings=tuple(headings), edits=settled))


def inside(at: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether a place is in one of these ranges, which are in their order and do not overlap."""
    place = bisect_right(ranges, at, key=itemgetter(0)) - 1
    return place >= 0 and at < ranges[place][1]


def _terminal(text: str) -> list[Edit]:
    """Edits that drop what a terminal carries out and a person does not see: colours, titles, overstriking."""
    edits: list[Edit] = []
    if "\x1b" in text or "\x9b" in text:
        edits += [Edit(*found.span()) for found in _ESCAPES.finditer(text)]
    if "\x08" in text:
        edits += [Edit(*found.span()) for found in _OVERSTRUCK.finditer(text)]
    if "[0m" in text or "[m" in text:  # pasted: the escape itself is lost, or two characters
        edits += [Edit(*found.span()) for found in _COLOURS.finditer(text)]
    return edits


def _cells(text: str) -> list[Edit]:
    """Edits that keep a row of a table on one line where a quoted cell has several."""
    breaks = []
    for cell in _QUOTED_CELL.finditer(text):
        breaks += [Edit(m.start(), m.end(), " ") for m in LINE_BREAK.finditer(text, *cell.span())]
    return breaks


def _line(text: str, start: int, end: int, row: int) -> Line:
    raw = text[start:end]
    body = raw.strip()
    lead = len(raw) - len(raw.lstrip())
    indent = wcwidth.width(raw[:lead].expandtabs(4))
    gap = max((wcwidth.width(m.group(1).expandtabs(8)) for m in _WIDE_BLANK.finditer(body)), default=0)
    return Line(
        start,
        start + len(raw.rstrip()),
        0,
        indent,
        indent + wcwidth.width(body),
        row,
        row + 1,
        1.0,
        float(gap),
    )


def _blocks(lines: list[Line], depths: list[int]) -> list[list[Line]]:
    """Groups of lines without a blank line between them that are quoted equally deep."""
    blocks: list[list[Line]] = []
    before = 0
    for line, depth in zip(lines, depths, strict=True):
        if blocks and line.top - blocks[-1][-1].top == 1 and depth == before:
            blocks[-1].append(line)
        else:
            blocks.append([line])
        before = depth
    return blocks
