"""Page furniture: running headers, footers and page numbers, which are not read.

What is dropped must say nothing that the rest does not: it repeats word for word, or counts the pages. A
payslip's sum, the title that several slides share and 'Chapter 3' look like furniture and are none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_kb.extract.headings import body_size
from desktop_kb.extract.layout import Box, Line

#: A line that is only the number of its page.
_PAGE_NUMBER: Final = re.compile(
    r"\W*(?:(?:page|pg\.?|p\.|seite|s\.|p[áa]gina)\s*)?(\d{1,5})(?:\s*(?:of|von|de|sur|/)\s*\d{1,5})?\W*"
    r"|\W*第?\s*(\d{1,5})\s*[页頁쪽]?\s*(?:[,，/|]?\s*共?\s*\d{1,5}\s*[页頁])?\W*",
    re.IGNORECASE,
)
#: The page's number before or behind other words; a mark, blanks or a word like 'page' (the first group) set
#: it apart, or else a gap must.
_BEFORE: Final = re.compile(r"(?=\d+(\s*[|·•–—/-]|\s\s)?)(\d{1,5})(?=\s)")
_BEHIND: Final = re.compile(
    r"(?<![\d.,])(?:([|·•–—/-]|\bpage|\bp\.|\bseite|第|\s\s)\s*)?\b(\d{1,5})(?:\s*[页頁])?\W*\Z",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"\w*\d[\w.,/-]*\w|\d")
_DIGITS: Final = re.compile(r"(?<!\d)\d{1,5}(?!\d)")
_LONG_WORDS = 5
_EDGE_LINES = 2
_MARGIN = 0.16  # of a page's height
_NUMBER_MARGIN = 0.2  # of a page's height; a page's number may stand nearer to the text
_SAME_ON = 3
_LARGER = 1.3  # than the body text: a title
_APART = 0.6  # letter heights; a blank has less than half of that


def furniture(text: str, pages: Sequence[Sequence[Line]], boxes: Sequence[Box | None]) -> set[Line]:
    """Running headers, footers and page numbers.

    They are among the top two or bottom two lines of a page and within its margin, and on at least three
    pages (a) the same words, numbers included, stand at the same height: on most pages, on most left or
    right ones, or in the text as well; or (b) a number set apart counts the pages. So is a line that is only
    its page's number, or whose words a larger line of the same page repeats.
    No title is furniture, nor the only text of a page; of lines that hold a number which stands nowhere else
    (an invoice's) the first stays.

    Args:
        pages: the lines of each page.
        boxes: each page's left, upper, right and lower edge, as `Line` counts; None if they are not known.
    """
    edges = [_edges(page, box, _MARGIN) for page, box in zip(pages, boxes, strict=True)]
    outer = [_edges(page, box, _NUMBER_MARGIN) for page, box in zip(pages, boxes, strict=True)]
    numbers, counted = _page_numbers(text, pages, outer)
    counted |= _counting(text, edges)
    titles = _titles(pages, boxes)
    repeated = [
        group for group in _repeated(text, pages, edges) if 2 * len(titles.intersection(group)) < len(group)
    ]
    dropped = numbers | counted | {line for group in repeated for line in group}
    dropped |= {
        line for page, edge in zip(pages, edges, strict=True) for line in edge if _is_again(text, line, page)
    }
    for page in pages:
        if page and not any(line not in dropped for line in page):  # it is the only text of this page
            dropped -= {line for line in page if line not in numbers}
    return dropped - _said_only_here(text, pages, repeated, dropped)


def _edges(page: Sequence[Line], box: Box | None, share: float) -> list[Line]:
    """The lines that may be furniture by their place: the outermost, within a share of the page's height."""
    by_top = sorted(page, key=lambda line: line.top)
    upper, lower = by_top[:_EDGE_LINES], by_top[-_EDGE_LINES:]
    if box is not None:
        _, top, _, bottom = box
        margin = share * (bottom - top)
        upper = [line for line in upper if line.bottom <= top + margin]
        lower = [line for line in lower if line.top >= bottom - margin]
    return list(dict.fromkeys((*upper, *lower)))


def _titles(pages: Sequence[Sequence[Line]], boxes: Sequence[Box | None]) -> set[Line]:
    """Lines that are larger than the text of their page, and those that head a slide, which need not be."""
    found: set[Line] = set()
    for page, box in zip(pages, boxes, strict=True):
        if page:
            body, wide = body_size(page), box is not None and box[2] - box[0] > box[3] - box[1]
            heads = sorted(page, key=lambda line: line.top)[:_EDGE_LINES] if wide else []
            found.update(line for line in page if line.size >= _LARGER * body)
            found.update(line for line in heads if line.size >= 0.95 * body)
    return found


def _page_numbers(
    text: str, pages: Sequence[Sequence[Line]], edges: Sequence[Sequence[Line]]
) -> tuple[set[Line], set[Line]]:
    """The lines that are only a page's number, and those that have it beside other words."""
    alone: set[Line] = set()
    bare: dict[tuple[bool, int], list[Line]] = {}
    beside: dict[tuple[bool, int], list[Line]] = {}
    for number, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        if not page:
            continue
        highest, lowest = min(page, key=lambda line: line.top), max(page, key=lambda line: line.top)
        for line in {*edge} & {highest, lowest}:
            said = text[line.start : line.end].strip()
            if found := _PAGE_NUMBER.fullmatch(said):
                printed = int(found.group(1) or found.group(2))
                bare.setdefault((line is highest, printed - number), []).append(line)
                if printed == number + 1:
                    alone.add(line)
            elif (printed_beside := _number_beside(said, line)) is not None:
                beside.setdefault((line is highest, printed_beside - number), []).append(line)
    # At least every third page, or the numbers of a table would count pages by accident.
    for group in bare.values():
        if len(group) >= max(_SAME_ON, len(pages) / 3):
            alone.update(group)
    most = max(_SAME_ON, len(pages) / 2)
    return alone, {line for group in beside.values() if len(group) >= most for line in group}


def _number_beside(said: str, line: Line) -> int | None:
    """The number at an end of the line that may be its page's."""
    found = _BEFORE.match(said) or _BEHIND.search(said)
    if found is None or not (found.group(1) or line.gap > _APART * line.size):
        return None
    return int(found.group(2))


def _counting(text: str, edges: Sequence[Sequence[Line]]) -> set[Line]:
    """Long lines that are the same on most pages but for one number, which counts the pages."""
    same: dict[tuple[str, str, int], list[Line]] = {}
    for number, edge in enumerate(edges):
        for line in edge:
            said = _words(text, line)
            if said.count(" ") >= _LONG_WORDS:
                for found in _DIGITS.finditer(said):
                    key = said[: found.start()], said[found.end() :], int(found.group()) - number
                    same.setdefault(key, []).append(line)
    most = max(_SAME_ON, len(edges) / 2)
    return {line for group in same.values() if len(group) >= most for line in group}


def _repeated(
    text: str, pages: Sequence[Sequence[Line]], edges: Sequence[Sequence[Line]]
) -> list[list[Line]]:
    """Groups of lines at one height that say the same."""
    same: dict[tuple[str, int], list[Line]] = {}
    for edge in edges:
        for line in edge:
            same.setdefault((_words(text, line), round(line.top)), []).append(line)
    groups = [group for group in same.values() if len({line.page for line in group}) >= _SAME_ON]
    if not groups:
        return []
    at_edges = {line for group in groups for line in group}
    elsewhere = {_words(text, line) for page in pages for line in page if line not in at_edges}
    filled = [number for number, page in enumerate(pages) if page]
    return [g for g in groups if _on_most(g, filled) or _words(text, g[0]) in elsewhere]


def _on_most(group: Sequence[Line], pages: Sequence[int]) -> bool:
    """They are on most pages, or on most left ones, or on most right ones."""
    on = {line.page for line in group}
    if len({page % 2 for page in on}) == 1:
        pages = [page for page in pages if page % 2 == group[0].page % 2]
    return 2 * len(on) >= len(pages)


def _words(text: str, line: Line) -> str:
    return " ".join(text[line.start : line.end].split()).casefold()


def _is_again(text: str, line: Line, page: Sequence[Line]) -> bool:
    """A larger line of the page says the same."""
    words = text[line.start : line.end].split()
    return any(
        other.size > 1.18 * line.size and text[other.start : other.end].split() == words for other in page
    )


def _said_only_here(
    text: str, pages: Sequence[Sequence[Line]], repeated: Sequence[Sequence[Line]], dropped: set[Line]
) -> set[Line]:
    """The first line of each group that holds a number or code which the kept text does not."""
    coded = [(group[0], set(_CODE.findall(_words(text, group[0])))) for group in repeated]
    coded = [(line, codes) for line, codes in coded if codes and line in dropped]
    if not coded:
        return set()
    kept = {
        code
        for page in pages
        for line in page
        if line not in dropped
        for code in _CODE.findall(_words(text, line))
    }
    return {line for line, codes in coded if not codes <= kept}
