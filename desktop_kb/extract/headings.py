"""Which lines of a PDF are headings.

The PDF's outline decides; without one, lines set clearly larger than the body text are headings, and those that say
that a chapter begins. A file
without a title in its metadata gets the largest text on its first page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from desktop_kb.extract import chapters
from desktop_kb.extract.layout import Line, ends_sentence
from desktop_kb.extract.pdfinfo import Entry
from desktop_kb.records import Heading, Page

_LARGER = 1.15  # a heading's size relative to the body text
_LARGEST = 1.3  # a title's size relative to the body text
_LONGEST_CHARS = 160
_LONGEST_LINES = 3
_MOST_SHARE = 0.2  # if more of all lines than this are large, size does not tell headings
_LEVELS = 4
_ALIKE = 0.9  # sizes of one font; the boxes of its letters differ
_MOST_PLACES = 2  # on the first page, of a title
_SHORT = 0.7  # of its column's width: a line that no sentence goes on from
_LONG_LINE = 60  # characters; a heading that ends in a full stop is shorter
_ENDS_CLAUSE: Final = re.compile(r"[。；，、,;！？][”’」』）)]*$")
#: What a group of lines says, on one line.
Said = Callable[[Sequence[Line]], str]
_SPACE: Final = re.compile(r"\s+")
_NO_TITLE: Final = re.compile(
    r"(?:contents|table of contents|inhalt\w*|abstract|目\s*[录錄次]|摘\s*要)\W*$", re.I
)
#: 'Chapter', 'Chapter 2', '2.1' or 第一章 before a title.
_NUMBERING: Final = re.compile(
    r"((?:chapter|section|part|kapitel)\s+)?(?:[\dIVXA-Z]+(?:\.\d+)*[.:)]?\s+|第\S{1,5}[章节節]\s*)?", re.I
)
_NO_WORD: Final = re.compile(r"\W*")
_BORDER: Final = re.compile(r"\b")


def outlined(
    text: str, pages: Sequence[Page], lines: Sequence[Line], outline: Sequence[Entry]
) -> list[Heading]:
    """The outline's entries as headings, each at its title on its page, else at the start of the page."""
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    found: list[Heading] = []
    for entry in outline:
        if entry.page >= len(pages):
            continue
        page = pages[entry.page]
        here = by_page.get(entry.page, [])
        done = max((h.end for h in found if h.start >= page.start), default=0)
        rest = [line for line in here if line.start >= done]  # a page may hold the same title twice
        start, end = (
            _find(text, rest, entry.title) or _find(text, here, entry.title) or (page.start, page.start)
        )
        found.append(Heading(start, end, entry.level, entry.title))
    return _disjoint(found)


def _find(text: str, lines: Sequence[Line], title: str) -> tuple[int, int] | None:
    """The range of the whole lines that read `title`, with or without a section number."""
    words = _SPACE.sub("", title).lower()
    for i in range(len(lines)):
        for n in range(1, _LONGEST_LINES + 1):
            group = lines[i : i + n]
            joined = " ".join(text[line.start : line.end] for line in group)
            if len(joined) > len(title) + 60:
                break
            if len(group) == n and any(_NO_WORD.fullmatch(joined, end) for end in _ends(joined, words)):
                return group[0].start, group[-1].end
    # A run-in heading: its paragraph continues on the same line.
    for line in lines:
        said = text[line.start : line.end]
        if any(_BORDER.match(said, end) for end in _ends(said, words)):
            return line.start, line.start
    return None


def _ends(said: str, words: str) -> Iterator[int]:
    """Where `words`, whatever their blanks, end in the line, which begins with them or their section number. (A
    pattern of each title's letters takes longer to compile than a page to be read.)"""
    number = _NUMBERING.match(said)
    for at in sorted({0, number.end(1), number.end()}) if number else (0,):
        end = max(at, 0)
        for c in words:
            while end < len(said) and said[end].isspace():
                end += 1
            if said[end : end + 1].lower() != c:
                break
            end += 1
        else:
            yield end


def by_size(lines: Sequence[Line], text: str, said: Said) -> list[Heading]:
    """Groups of lines set larger than the body text; a larger size is a higher level. A size in which
    paragraphs are set is none of headings, however small the print of the tables is."""
    body = body_size(lines)
    large = [
        line
        for line in lines
        if line.size >= _LARGER * body and any(c.isalpha() for c in text[line.start : line.end])
    ]
    groups: list[list[Line]] = []
    for line in large:
        if groups and _belongs(groups[-1][-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    sizes = _size_classes(groups)
    running = _running_text(text, groups, sizes)
    groups = [group for group in groups if sizes[group[0].size] not in running]
    groups = [group for group in groups if not _is_paragraph(text, group)]
    # The title of a slide is one of few lines.
    tops = {b for a, b in zip((None, *lines), lines, strict=False) if a is None or a.page != b.page}
    if sum(len(group) for group in groups if group[0] not in tops) > max(3, _MOST_SHARE * len(lines)):
        return []
    groups = [g for g in groups if len(g) <= _LONGEST_LINES and g[-1].end - g[0].start <= _LONGEST_CHARS]
    order = sorted({sizes[group[0].size] for group in groups}, reverse=True)
    level = {size: min(n, _LEVELS) for n, size in enumerate(order, 1)}
    return [Heading(g[0].start, g[-1].end, level[sizes[g[0].size]], said(g)) for g in groups]


def with_chapters(found: Sequence[Heading], lines: Sequence[Line], text: str) -> list[Heading]:
    """The headings `found`, and the chapters that say so in the size of the text: '第一章 总则', 'Chapter 2'. They
    stand below those headings that are no chapters."""
    numbered = chapters.headings(text, lines)
    starts = {heading.start for heading in numbered}
    above = max((heading.level for heading in found if heading.start not in starts), default=0)
    index = {line.start: n for n, line in enumerate(lines)}
    within = members(lines, found)
    pages: dict[int, list[Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    added = [
        replace(heading, level=min(heading.level + above, _LEVELS))
        for heading in numbered
        if within[n := index[heading.start]] is None and _stands_alone(text, lines, n, pages[lines[n].page])
    ]
    return _disjoint([*found, *added])


def _stands_alone(text: str, lines: Sequence[Line], n: int, page: Sequence[Line]) -> bool:
    """A line that does not fill its column, and does not go on with a sentence of the one before."""
    line, before = lines[n], lines[n - 1] if n else None
    if not _is_short(line, page):
        return False
    if before is None or before.page != line.page:
        return True
    return ends_sentence(text, before.start, before.end) or _is_short(before, page)


def _is_short(line: Line, page: Sequence[Line]) -> bool:
    column = [other for other in page if other.left < line.right and line.left < other.right]
    left, right = min(other.left for other in column), max(other.right for other in column)
    return line.right - line.left < _SHORT * (right - left)


def _size_classes(groups: Sequence[Sequence[Line]]) -> dict[float, float]:
    """For each size the one that stands for it: the boxes of one font differ a little from line to line."""
    classes: dict[float, float] = {}
    largest = 0.0
    for size in sorted({line.size for group in groups for line in group}, reverse=True):
        if size < _ALIKE * largest or not classes:
            largest = size
        classes[size] = largest
    return classes


def _running_text(text: str, groups: Sequence[Sequence[Line]], sizes: dict[float, float]) -> set[float]:
    """The sizes in which most lines are of paragraphs."""
    lines: Counter[float] = Counter()
    within: Counter[float] = Counter()
    for group in groups:
        size = sizes[group[0].size]
        lines[size] += len(group)
        within[size] += len(group) if _is_paragraph(text, group) else 0
    return {size for size in lines if within[size] > 0.5 * lines[size]}


def _is_paragraph(text: str, group: Sequence[Line]) -> bool:
    """It ends as a sentence does, in Chinese or after a line that goes on."""
    end = text[group[-1].start : group[-1].end].rstrip()
    if _ENDS_CLAUSE.search(end):
        return True
    return end.endswith(".") and (len(group) > 1 or len(end) > _LONG_LINE)


def _belongs(last: Line, line: Line) -> bool:
    """`line` is directly below `last` and has the same size."""
    return (
        last.page == line.page
        and _ALIKE <= last.size / line.size <= 1 / _ALIKE
        and 0 < line.top - last.top < 2 * line.size
    )


def members(lines: Sequence[Line], headings: Sequence[Heading]) -> list[int | None]:
    """For each line the index of the heading it is part of, or None."""
    found: list[int | None] = []
    n = 0
    for line in lines:
        while n < len(headings) and headings[n].end <= line.start:
            n += 1
        inside = n < len(headings) and headings[n].start <= line.start < headings[n].end
        found.append(n if inside else None)
    return found


def largest(lines: Sequence[Line], said: Said) -> str:
    """The largest text on the first page; '' if nothing is clearly larger, it cannot be a title, or it stands
    in many places, as the headings of a curriculum vitae do."""
    first = [line for line in lines if line.page == 0]
    if not first:
        return ""
    size = max(line.size for line in first)
    if size < _LARGEST * body_size(lines):
        return ""
    groups: list[list[Line]] = []
    for before, line in zip((None, *first), first, strict=False):
        if line.size < 0.97 * size:
            continue
        if before is not None and groups and groups[-1][-1] is before and _belongs(before, line):
            groups[-1].append(line)
        else:
            groups.append([line])
    title = said(groups[0][:_LONGEST_LINES])
    scattered = len(groups) > _MOST_PLACES
    if (
        scattered
        or len(title) > _LONGEST_CHARS
        or sum(c.isalpha() for c in title) < 2
        or _NO_TITLE.match(title)
    ):
        return ""
    return title


def body_size(lines: Sequence[Line]) -> float:
    """The size that most characters have."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[_rounded(line.size)] += line.end - line.start
    return letters.most_common(1)[0][0] if letters else 1.0


def _rounded(size: float) -> float:
    return round(2 * size) / 2 or size


def _disjoint(headings: list[Heading]) -> list[Heading]:
    """Sorted by place; where two overlap, the one that starts first stays, then the higher level."""
    kept: list[Heading] = []
    for heading in sorted(headings, key=lambda h: (h.start, h.level)):
        if not kept or (heading.start >= kept[-1].end and heading.start > kept[-1].start):
            kept.append(heading)
    return kept
