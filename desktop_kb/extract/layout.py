"""Lines on a page -> the edits that make a text readable.

A `Line` has the position of a line: in points on a PDF page, in columns and rows in plain text. For
every pair of neighbouring lines the same rules decide whether the second continues the first (they are
joined by a blank, or by nothing between Chinese characters) or starts something new (a newline, which is
a hard border in a reading).

The main rule is typographic: a line was *wrapped* if the first word of the next line would not have
fitted at its end; a line with room left was ended on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

import wcwidth

from desktop_kb.language import language_of
from desktop_kb.records import Edit

#: Scripts written without spaces, and their punctuation.
SOLID: Final = r"\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U000323af"
_HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
SOLID_CHARACTER: Final = re.compile(f"[{SOLID}]")
SOLID_MARK: Final = re.compile(r"[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]")
_SPACED: Final = re.compile(rf"[{_HAN}] [^\W{_HAN}]|[^\W{_HAN}] [{_HAN}]")
_UNSPACED: Final = re.compile(rf"[{_HAN}](?=[^\W{_HAN}])|[^\W{_HAN}](?=[{_HAN}])")
_FIRST_WORD: Final = re.compile(rf"\s*([{SOLID}]|[^\s{SOLID}]+)")
#: What a typesetter does not break across lines: '2.9元，' moves to the next line as a whole.
_UNBROKEN: Final = re.compile(rf"\s*([{SOLID}]|[^\s{SOLID}]*\d[{SOLID}][，。、；：！？）]?|[^\s{SOLID}]+)")
_ENDS_SENTENCE: Final = re.compile(r"[.!?:。！？…：；][\"'”’»)\]）】」』》]*\s*$")
_BULLET: Final = re.compile(
    r"\s*(?:[•◦▪▸‣●○■□·∙*+–—-]\s|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)]\s|\[\d{1,3}\]"
    r"|[（(]?[一二三四五六七八九十]{1,3}[）)、．]|\d{1,3}[、．]|[①-⑳]|第[一二三四五六七八九十百\d]{1,4}[章节節条條])"
)
#: What PDFium writes instead of a hyphen and a line break; the second is its older form.
BROKEN_HYPHEN: Final = "\ufffe\x02"
_HYPHENS: Final = "-\u2010\u00ad"
#: Looked for where words begin only: within a word of a million letters it would take the square of its time.
_HYPHENATED: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:[-\u2010][^\W\d_]++)+")
_WHOLE_WORD: Final = re.compile(
    r"(?<![^\W\d_])(?<![-\u2010\u00ad\ufffe\x02])(?<!-\n)(?<!-\r\n)[^\W\d_]{4,}+(?![-\u2010\u00ad\ufffe\x02])"
)
_HALF = 4  # letters of each half, which shorter is often a part of a word: in-, con-, -ing
_SAMPLE = 20_000  # characters
#: What ends a line in a plain text file.
LINE_BREAK: Final = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_INVISIBLE: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f\u00ad\u200b\u2060\ufeff\ufffe\uffff]")

#: A footnote number, and what may precede a footnote reference (after 'x' or '10' it is an exponent
#: instead).
_NOTE: Final = re.compile(r"(\d{1,2})(?=\s|$)")
_NOTED: Final = re.compile(rf"(?:[^\W\d_{_HAN}]{{3}}|\d{{3}}|[{SOLID}]|[.,;:!?)\]\"'”’])$")

#: Left, upper, right and lower edge, as `Line` counts.
Box = tuple[float, float, float, float]

_WINDOW = 25  # lines on either side from which the width of the column is estimated
_WRAPPED_SHARE = 0.35  # if fewer of the lines around are wrapped, it is verse, code or a list


class Line(NamedTuple):
    """The line `text[start:end]` (not blank, without a line break) and its position.

    `left` and `right` grow rightwards, `top` and `bottom` downwards; `size` is the height of its letters
    and `gap` the widest blank inside it, all in the same unit. `page` counts from 0. `raised` is the
    number of superscript digits at its start and at its end. `prose`: it is known to be running text.
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
    prose: bool = False

    @property
    def is_row(self) -> bool:
        """It is a row of a table: there are wide gaps between its cells."""
        return self.gap > 1.8 * self.size


def settle(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits sorted and without overlaps: the one that starts first wins, then the longer, then the earlier given."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if edit.start < edit.end and (not kept or kept[-1].end <= edit.start):
            kept.append(edit)
    return tuple(kept)


def line_spans(text: str, breaks: re.Pattern[str], at: int = 0) -> list[tuple[int, int]]:
    """The lines from `at` on, without the breaks between them."""
    spans = []
    for found in breaks.finditer(text, at):
        spans.append((at, found.start()))
        at = found.end()
    return [*spans, (at, len(text))]


def ends_sentence(text: str, start: int, end: int) -> bool:
    """Whether a sentence ends with the line `text[start:end]`."""
    return _ENDS_SENTENCE.search(text, max(start, end - 8), end) is not None


def begins_within(letter: str) -> bool:
    """Whether a line that begins with this letter may stand within a sentence: a small one, or Chinese."""
    return letter.islower() or SOLID_CHARACTER.match(letter) is not None


def glue(before: str, after: str, *, mixed: str = " ") -> str:
    """The separator of two joined pieces: '' between Chinese characters, `mixed` between a Chinese
    character and another script, else a blank."""
    if not before or not after or before.isspace() or after.isspace():
        return ""
    if SOLID_MARK.match(before) or SOLID_MARK.match(after):
        return ""
    solid = bool(SOLID_CHARACTER.match(before)) + bool(SOLID_CHARACTER.match(after))
    return (" ", mixed, "")[solid]


def between_scripts(text: str) -> str:
    """What this text mostly has between Chinese characters and letters or digits: a blank or ''."""
    return " " if len(_SPACED.findall(text)) > len(_UNSPACED.findall(text)) else ""


def invisible(text: str) -> list[Edit]:
    """Edits that drop invisible characters: control characters, soft hyphens, zero-width marks."""
    return [Edit(m.start(), m.end()) for m in _INVISIBLE.finditer(text)]


def newlines(text: str) -> list[Edit]:
    """Edits that turn every kind of line break into a plain newline."""
    return [Edit(m.start(), m.end(), "\n") for m in LINE_BREAK.finditer(text) if m.group() != "\n"]


# --- fragments of one line -------------------------------------------------------------------


def merge_fragments(text: str, fragments: Sequence[Line]) -> tuple[list[Line], list[Edit]]:
    """Merge pieces that are side by side on a line: PDFium splits a formula at each superscript."""
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
        lines[-1] = line._replace(
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
    """Edits that drop a page's superscript footnote references: numbers that also begin a line set small."""
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


class Compounds:
    """The words of a text, in lower case, that keep a hyphen at the end of a line: those that have it elsewhere. In
    English also those whose halves are words of the text, and which stand nowhere as one: 'worst-case' after 'the
    worst' and 'a case'."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __contains__(self, compound: object) -> bool:
        if compound in self._hyphenated:
            return True
        before, _, after = str(compound).partition("-")
        halves = min(len(before), len(after)) >= _HALF and {before, after} <= self._words
        return halves and before + after not in self._words and self._is_english

    @cached_property
    def _hyphenated(self) -> frozenset[str]:
        return frozenset(m.group().lower() for m in _HYPHENATED.finditer(self._text))

    @cached_property
    def _words(self) -> frozenset[str]:
        """The words that no hyphen and no end of a line has cut."""
        return frozenset(m.group().lower() for m in _WHOLE_WORD.finditer(self._text))

    @cached_property
    def _is_english(self) -> bool:
        """Other languages write compounds as one word, or do not break them so."""
        return language_of(self._text[:_SAMPLE]) == "en"


def flow(
    text: str,
    lines: Sequence[Line],
    *,
    narrowest: float,
    hyphenated: Container[str],
    mixed: str,
    heading_of: Sequence[int | None] | None = None,
) -> list[Edit]:
    """Edits that join wrapped lines and put one newline between all others.

    Args:
        text: the whole text.
        lines: its visual lines in reading order; the text between two lines is replaced.
        narrowest: lines in columns narrower than this many letter heights are never taken as wrapped,
            unless they are known to be prose.
        hyphenated: `Compounds` of the document; these words keep a hyphen at the end of a line.
        mixed: `between_scripts` of the document.
        heading_of: for each line the index of the heading it belongs to, or None.
    """
    edits: list[Edit] = []
    full = _full_lines(text, lines, narrowest)
    first = 0  # the first line of the current paragraph
    for i, (line, following) in enumerate(pairwise(lines)):
        heading = heading_of[i] if heading_of is not None else None
        next_heading = heading_of[i + 1] if heading_of is not None else None
        broken = text[line.end] in BROKEN_HYPHEN
        if heading is not None or next_heading is not None:
            joined = heading == next_heading
        else:
            joined = broken or _goes_on(text, lines, i, full, first)
        if joined:
            edits.append(join(text, line, following, hyphenated, mixed))
        else:
            edits.append(Edit(line.end, following.start, "\n"))
            first = i + 1
    return [edit for edit in edits if text[edit.start : edit.end] != edit.text]


def join(text: str, line: Line, following: Line, hyphenated: Container[str], mixed: str) -> Edit:
    """Join two lines; a hyphen that is there only because of the line break is dropped."""
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
    """For each line whether it was wrapped: the next line's first word would not have fitted at its end."""
    wraps = [False] * len(lines)
    open_ended = [False] * len(lines)
    for i, (line, following) in enumerate(pairwise(lines)):
        width = max(other.right for other in _alike(lines, i)) - line.left
        if width < narrowest * line.size and not line.prose:
            continue
        ended = ends_sentence(text, line.start, line.end)
        in_midst = not ended and text[following.start : following.end].lstrip()[:1].islower()
        open_ended[i] = not ended
        used = line.right - line.left
        # Where words are not hyphenated, a line in the middle of a sentence may leave a fifth of its width.
        wraps[i] = used + _first_word_width(text, following) > width or (in_midst and used > 0.8 * width)
    return [
        wraps[i] and (_is_prose(lines, wraps, i) or (open_ended[i] and _runs_on(text, lines, i)))
        for i in range(len(lines))
    ]


def _is_prose(lines: Sequence[Line], wraps: Sequence[bool], i: int) -> bool:
    """Many of the lines around are wrapped, or many of those that are no rows of tables; where few are, it is
    verse, code or a list."""
    near = range(max(0, i - _WINDOW), min(len(wraps) - 1, i + _WINDOW))
    wrapped = sum(wraps[k] for k in near)
    if wrapped >= _WRAPPED_SHARE * len(near):
        return True
    aside = [wraps[k] for k in near if not lines[k].is_row]
    return sum(aside) >= _WRAPPED_SHARE * len(aside) > 0


def _runs_on(text: str, lines: Sequence[Line], i: int) -> bool:
    """A line that does not end a sentence, among short lines: the next starts in lower case, or the
    text is justified."""
    if text[lines[i + 1].start : lines[i + 1].end].lstrip()[:1].islower():
        return True
    near = lines[max(0, i - _WINDOW) : i + _WINDOW]
    edge = [o for o in near if o.page == lines[i].page and abs(o.right - lines[i].right) < 0.1 * o.size]
    return len(edge) >= 3  # lines that share a right edge are justified text


def _alike(lines: Sequence[Line], i: int) -> list[Line]:
    """The lines around it that have the same left edge and size."""
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
    # A blank precedes the word; a Chinese line may end early so that no punctuation starts the next.
    return per_column * (width + (2 if word and SOLID_CHARACTER.match(word.group(1)[-1]) else 1))


def _goes_on(text: str, lines: Sequence[Line], i: int, full: Sequence[bool], first: int) -> bool:
    line, following = lines[i], lines[i + 1]
    if line.is_row or following.is_row or not 0.85 <= following.size / line.size <= 1.18:
        return False
    if _BULLET.match(text, following.start, following.end):
        return False
    if _is_torn(text, line, following):
        return True
    ended = ends_sentence(text, line.start, line.end)
    if following.page != line.page or following.top < line.top:  # it is on the next page or column
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
    """A hyphenated word continues on the next line."""
    last, first = (
        text[max(line.start, line.end - 2) : line.end],
        text[following.start : following.end].lstrip(),
    )
    return len(last) == 2 and last[0].isalpha() and last[1] in _HYPHENS and first[:1].islower()


def _leading(lines: Sequence[Line], i: int) -> float:
    """The median line spacing of the lines around, at least the letters' height."""
    steps = [
        b.top - a.top
        for a, b in zip(lines[max(0, i - 8) : i + 8], lines[max(0, i - 8) + 1 : i + 9], strict=False)
        if a.page == b.page == lines[i].page and 0 < b.top - a.top < 3 * a.size
    ]
    return max(median(steps), lines[i].size) if steps else 1.3 * lines[i].size
