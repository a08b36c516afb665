"""Lines on a page -> the edits that make a text readable.

A `Line` says where a line stands: in points on a PDF page, in columns and rows in plain text.
The same rules then decide for every pair of neighbours whether the second goes on where the
first was wrapped (joined, with a blank, or without one between Chinese characters), or begins
something new (a newline, which in a reading is a hard border).

The main rule is typographic: a line was *wrapped* if the first word of the next one would not
have fitted behind it; a line that had room left was ended on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

import wcwidth

from desktop_kb.records import Edit

#: Scripts written without blanks, and their punctuation.
_SOLID = r"\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U000323af"
_HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
_IS_SOLID: Final = re.compile(f"[{_SOLID}]")
_SOLID_MARK: Final = re.compile(r"[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]")
_SPACED: Final = re.compile(rf"[{_HAN}] [^\W{_HAN}]|[^\W{_HAN}] [{_HAN}]")
_UNSPACED: Final = re.compile(rf"[{_HAN}](?=[^\W{_HAN}])|[^\W{_HAN}](?=[{_HAN}])")
_FIRST_WORD: Final = re.compile(rf"\s*([{_SOLID}]|[^\s{_SOLID}]+)")
#: What a typesetter keeps in one line: '2.9元，' goes to the next one whole.
_UNBROKEN: Final = re.compile(
    rf"\s*([{_SOLID}]|[^\s{_SOLID}]*\d[{_SOLID}][，。、；：！？）]?|[^\s{_SOLID}]+)"
)
_ENDS_SENTENCE: Final = re.compile(r"[.!?:。！？…：；][\"'”’»)\]）】」』》]*\s*$")
_BULLET: Final = re.compile(
    r"\s*(?:[•◦▪▸‣●○■□·∙*+–—-]\s|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)]\s|\[\d{1,3}\]"
    r"|[（(]?[一二三四五六七八九十]{1,3}[）)、．]|\d{1,3}[、．]|[①-⑳]|第[一二三四五六七八九十百\d]{1,4}[章节節条條])"
)
#: What PDFium writes for a hyphen at a line's end (it drops the break), and its older form.
BROKEN_HYPHEN: Final = "\ufffe\x02"
_HYPHENS: Final = "-\u2010\u00ad"
_HYPHENATED: Final = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)+")
#: What ends a line in a plain text file.
LINE_BREAK: Final = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_INVISIBLE: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f\u00ad\u200b\u2060\ufeff\ufffe\uffff]")

#: The number of a footnote, before its text or where it is referred to; and what it is referred to
#: from: a number behind 'x' or '10' is an exponent.
_NOTE: Final = re.compile(r"(\d{1,2})(?=\s|$)")
_NOTED: Final = re.compile(rf"(?:[^\W\d_{_HAN}]{{3}}|\d{{3}}|[{_SOLID}]|[.,;:!?)\]\"'”’])$")

_WINDOW = 25  # lines looked at on either side to learn how wide a column is
_WRAPPED_SHARE = 0.35  # of the lines around: fewer full ones mean verse, code or a list


@dataclass(frozen=True, slots=True)
class Line:
    """The line `text[start:end]` (not blank, no break in it) and its place.

    `left`, `right`, `top` and `bottom` grow rightwards and downwards; `size` is the height of
    its letters and `gap` the widest blank inside it, all in one unit. `page` counts from 0. `raised`
    says how many digits at its beginning and at its end are set small and high.
    """

    start: int
    end: int
    page: int
    left: float
    right: float
    top: float
    bottom: float
    size: float
    gap: float = 0.0
    raised: tuple[int, int] = (0, 0)

    @property
    def is_row(self) -> bool:
        """A row of a table: its cells stand apart."""
        return self.gap > 1.8 * self.size


def settle(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Sorted and not overlapping: the one that begins first stays, then the longer, then the one given first."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if edit.start < edit.end and (not kept or kept[-1].end <= edit.start):
            kept.append(edit)
    return tuple(kept)


def glue(before: str, after: str, *, mixed: str = " ") -> str:
    """What stands between two joined pieces: nothing between Chinese characters, `mixed` between one and
    another script, else a blank."""
    if not before or not after or before.isspace() or after.isspace():
        return ""
    if _SOLID_MARK.match(before) or _SOLID_MARK.match(after):
        return ""
    solid = bool(_IS_SOLID.match(before)) + bool(_IS_SOLID.match(after))
    return (" ", mixed, "")[solid]


def between_scripts(text: str) -> str:
    """What this text puts between Chinese characters and letters or digits: a blank, or more often nothing."""
    return " " if len(_SPACED.findall(text)) > len(_UNSPACED.findall(text)) else ""


def invisible(text: str) -> list[Edit]:
    """Drop what has no shape: control characters, soft hyphens, zero-width marks."""
    return [Edit(m.start(), m.end()) for m in _INVISIBLE.finditer(text)]


def newlines(text: str) -> list[Edit]:
    """Read every line break as a plain newline."""
    return [Edit(m.start(), m.end(), "\n") for m in LINE_BREAK.finditer(text) if m.group() != "\n"]


# --- fragments of one line -------------------------------------------------------------------


def merge_fragments(text: str, fragments: Sequence[Line]) -> tuple[list[Line], list[Edit]]:
    """Put together what stands side by side (a formula is torn at each raised letter)."""
    lines: list[Line] = []
    edits: list[Edit] = []
    for piece in fragments:
        line = lines[-1] if lines else None
        if line is None or not _side_by_side(line, piece) or text[line.end] in BROKEN_HYPHEN:
            lines.append(piece)
            continue
        apart = piece.left - line.right
        edits.append(Edit(line.end, piece.start, " " if apart > 0.15 * piece.size else ""))
        larger = line if line.right - line.left >= piece.right - piece.left else piece
        lines[-1] = replace(
            line,
            end=piece.end,
            left=min(line.left, piece.left),
            right=max(line.right, piece.right),
            top=larger.top,
            bottom=larger.bottom,
            size=larger.size,
            gap=max(line.gap, piece.gap, apart),
        )
    return lines, edits


def note_marks(text: str, fragments: Sequence[Line]) -> list[Edit]:
    """Drop the raised numbers of a page that refer to its footnotes, which begin lines set small."""
    usual = median(piece.size for piece in fragments) if fragments else 0.0
    small = [piece for piece in fragments if piece.size < 0.95 * usual]
    notes = {found[1] for piece in small if (found := _NOTE.match(text, piece.start, piece.end))}
    marks: list[tuple[int, int]] = []
    for before, piece in zip((None, *fragments), fragments, strict=False):
        head, tail = piece.raised
        if before is not None and _side_by_side(before, piece):
            marks.append((piece.start, piece.start + head))
        marks.append((piece.end - tail, piece.end))
    return [
        Edit(start, end)
        for start, end in marks
        if text[start:end] in notes and _NOTED.search(text[max(0, start - 8) : start].rstrip())
    ]


def _side_by_side(line: Line, piece: Line) -> bool:
    if line.page != piece.page:
        return False
    overlap = min(line.bottom, piece.bottom) - max(line.top, piece.top)
    lower = min(line.bottom - line.top, piece.bottom - piece.top)
    return overlap > 0.4 * lower and piece.left > line.right - 0.5 * line.size


# --- wrapped or ended ------------------------------------------------------------------------


def compounds(text: str) -> frozenset[str]:
    """The words of `text` that have a hyphen, in lower case."""
    return frozenset(m.group().lower() for m in _HYPHENATED.finditer(text))


def flow(
    text: str,
    lines: Sequence[Line],
    *,
    narrowest: float,
    hyphenated: Container[str],
    mixed: str,
    alone: Sequence[int | None] | None = None,
) -> list[Edit]:
    """Edits that join wrapped lines and put one newline between all others.

    Args:
        text: the whole text.
        lines: its visual lines in reading order; what lies between two of them is replaced.
        narrowest: columns narrower than this many letter heights hold no wrapped text.
        hyphenated: `compounds` of the document; these keep a hyphen at a line's end.
        mixed: its `between_scripts`.
        alone: for each line the number of the heading it belongs to, or None.
    """
    edits: list[Edit] = []
    full = _full_lines(text, lines, narrowest)
    first = 0  # where the paragraph of the line began
    for i, (line, following) in enumerate(pairwise(lines)):
        heading = alone[i] if alone is not None else None
        next_heading = alone[i + 1] if alone is not None else None
        broken = text[line.end] in BROKEN_HYPHEN
        if heading is not None or next_heading is not None:
            joined = heading == next_heading
        else:
            joined = broken or _goes_on(text, lines, i, full, first)
        if joined:
            edits.append(_join(text, line, following, hyphenated, mixed))
        else:
            edits.append(Edit(line.end, following.start, "\n"))
            first = i + 1
    return [edit for edit in edits if text[edit.start : edit.end] != edit.text]


def _join(text: str, line: Line, following: Line, hyphenated: Container[str], mixed: str) -> Edit:
    """Join two lines, without the hyphen if it only stood there for the line's end."""
    end = line.end
    raw = text[following.start : following.end]
    start = following.start + len(raw) - len(raw.lstrip())
    tail = _FIRST_WORD.match(text, following.start, following.end)
    word = tail.group(1) if tail else ""
    head = text[line.start : end].rsplit(maxsplit=1)[-1]
    broken = text[end] in BROKEN_HYPHEN
    if not broken and len(head) > 1 and head[-1] in _HYPHENS and head[-2].isalpha() and word:
        end, broken, head = end - 1, True, head[:-1]
    if not broken:
        return Edit(end, start, glue(text[end - 1], text[start], mixed=mixed))
    both = re.match(r"[^\W\d_]*", word)
    compound = f"{head}-{both.group() if both else ''}".lower().lstrip('([„“"')
    keep = not word[:1].islower() or compound in hyphenated
    return Edit(end, start, "-" if keep else "")


def _full_lines(text: str, lines: Sequence[Line], narrowest: float) -> list[bool]:
    """Whether the first word of the next line would not have fitted behind each line."""
    wraps = [False] * len(lines)
    open_ended = [False] * len(lines)
    for i, (line, following) in enumerate(pairwise(lines)):
        width = max(other.right for other in _alike(lines, i)) - line.left
        if width < narrowest * line.size:
            continue
        ended = _ENDS_SENTENCE.search(text, max(line.start, line.end - 8), line.end) is not None
        in_midst = not ended and text[following.start : following.end].lstrip()[:1].islower()
        open_ended[i] = not ended
        used = line.right - line.left
        # Words are not broken everywhere: a sentence that goes on may leave a fifth of the line free.
        wraps[i] = used + _first_word_width(text, following) > width or (in_midst and used > 0.8 * width)
    return [
        wraps[i] and (_is_prose(wraps, i) or (open_ended[i] and _runs_on(text, lines, i)))
        for i in range(len(lines))
    ]


def _is_prose(wraps: Sequence[bool], i: int) -> bool:
    """Wrapped lines are usual around here; where they are rare, it is verse, code or a list."""
    around = wraps[max(0, i - _WINDOW) : min(len(wraps) - 1, i + _WINDOW)]
    return sum(around) >= _WRAPPED_SHARE * len(around)


def _runs_on(text: str, lines: Sequence[Line], i: int) -> bool:
    """A line whose sentence is open, among many short ones, looks wrapped."""
    if text[lines[i + 1].start : lines[i + 1].end].lstrip()[:1].islower():
        return True
    near = lines[max(0, i - _WINDOW) : i + _WINDOW]
    edge = [o for o in near if o.page == lines[i].page and abs(o.right - lines[i].right) < 0.1 * o.size]
    return len(edge) >= 3  # set justified


def _alike(lines: Sequence[Line], i: int) -> list[Line]:
    """The lines around that are set in the same column and size."""
    line = lines[i]
    near = lines[max(0, i - _WINDOW) : i + _WINDOW]
    return [
        other
        for other in near
        if other.page == line.page
        and abs(other.left - line.left) <= 3 * line.size
        and 0.85 <= other.size / line.size <= 1.18
    ]


def _first_word_width(text: str, line: Line) -> float:
    word = _UNBROKEN.match(text, line.start, line.end)
    letters = max(1, wcwidth.width(text[line.start : line.end].strip()))
    per_column = (line.right - line.left) / letters
    width = wcwidth.width(word.group(1)) if word else 1
    # A blank goes before it; Chinese lines may end early to keep a mark from starting one.
    return per_column * (width + (2 if word and _IS_SOLID.match(word.group(1)[-1]) else 1))


def _goes_on(text: str, lines: Sequence[Line], i: int, full: Sequence[bool], first: int) -> bool:
    line, following = lines[i], lines[i + 1]
    if line.is_row or following.is_row or not 0.85 <= following.size / line.size <= 1.18:
        return False
    if _BULLET.match(text, following.start, following.end):
        return False
    if _is_torn(text, line, following):
        return True
    ended = bool(_ENDS_SENTENCE.search(text, max(line.start, line.end - 8), line.end))
    if following.page != line.page or following.top < line.top:  # the next page or column
        return full[i] and not ended
    if following.top - line.top > 1.45 * _leading(lines, i):
        return False
    indent = (following.left - line.left) / line.size
    if indent > 0.8:
        hanging = _BULLET.match(text, line.start, line.end) is not None
        if not hanging and (ended or i > first):
            return False
    if indent < -0.8 and i > first:
        return False
    return full[i]


def _is_torn(text: str, line: Line, following: Line) -> bool:
    """A word goes on behind a hyphen."""
    last, first = (
        text[max(line.start, line.end - 2) : line.end],
        text[following.start : following.end].lstrip(),
    )
    return len(last) == 2 and last[0].isalpha() and last[1] in _HYPHENS and first[:1].islower()


def _leading(lines: Sequence[Line], i: int) -> float:
    """The usual distance from line to line around, at least the letters' own height."""
    steps = [
        b.top - a.top
        for a, b in zip(lines[max(0, i - 8) : i + 8], lines[max(0, i - 8) + 1 : i + 9], strict=False)
        if a.page == b.page == lines[i].page and 0 < b.top - a.top < 3 * a.size
    ]
    return max(median(steps), lines[i].size) if steps else 1.3 * lines[i].size


# --- page furniture --------------------------------------------------------------------------

_DIGITS: Final = re.compile(r"\d+")
_NUMBER: Final = re.compile(
    r"^\W*(?:page|p\.|seite|第)?\s*(\d{1,5})\b|(?<![\d.,])(\d{1,5})\s*页?\W*$", re.IGNORECASE
)
_EDGE_LINES = 2
_SAME_ON = 3


def furniture(text: str, pages: Sequence[Sequence[Line]]) -> set[Line]:
    """Running headers, footers and page numbers.

    A line is one if it is among the first or last two of its page, seen from top to bottom, and
    on at least three pages (a) the same words stand at the same height, numbers aside, or (b) a
    number in it counts the pages. So is an outermost line that is nothing but its page's number, and one
    that a larger line of its page says again.
    """
    alone: set[Line] = set()
    same: dict[tuple[str, int], list[Line]] = {}
    counting: dict[tuple[bool, int], list[Line]] = {}
    for number, page in enumerate(pages):
        from_top = sorted(page, key=lambda line: line.top)
        edges = {*from_top[:_EDGE_LINES], *from_top[-_EDGE_LINES:]}
        for line in edges:
            words = " ".join(_DIGITS.sub("#", text[line.start : line.end]).split())
            same.setdefault((words, round(line.top)), []).append(line)
        for is_top, line in ((True, from_top[0]), (False, from_top[-1])) if from_top else ():
            if _is_repeated(text, line, page):
                alone.add(line)
            if found := _NUMBER.search(text[line.start : line.end].strip()):
                printed = int(found.group(1) or found.group(2))
                if found.group() == text[line.start : line.end].strip() and printed == number + 1:
                    alone.add(line)
                counting.setdefault((is_top, printed - number), []).append(line)
    groups = [*same.values()]
    # One page in three at least, or a table's numbers would count pages by accident.
    groups += [group for group in counting.values() if 3 * len(group) >= len(pages)]
    return alone | {line for group in groups if len({o.page for o in group}) >= _SAME_ON for line in group}


def _is_repeated(text: str, line: Line, page: Sequence[Line]) -> bool:
    words = text[line.start : line.end].split()
    return any(
        other.size > 1.18 * line.size and text[other.start : other.end].split() == words for other in page
    )
