"""Finds tables of contents, so that they can be left out of the reading.

Their lines repeat the document's headings; a search that found them would show a list of titles instead
of a passage.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop_kb.extract.layout import Line

#: The page number at the end of an entry; searched in the entry's last eight characters only.
_PAGE: Final = re.compile(r"(?<!\d)\d{1,4}\Z|(?<![ivxlc])[ivxlc]{1,7}\Z")
#: Leaders: the dots (with blanks between them) from a title to its page number.
_DOTS: Final = ".·…‥․"
_LEADERS: Final = _DOTS + "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_LETTER: Final = re.compile(r"[^\W_]")
_TITLE: Final = re.compile(
    r"(?:table\s+of\s+)?contents|list\s+of\s+(?:figures|tables)|目\s*[录錄次]|inhalt(?:sverzeichnis)?"
    r"|table\s+des\s+mati[èe]res|sommaire|[íi]ndice|sum[áa]rio|spis\s+tre[śs]ci|inhoud(?:sopgave)?",
    re.IGNORECASE,
)
_FEWEST = 3
#: Lines without a page number allowed between two entries: the first line of a title that takes two.
_BETWEEN = 1


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line that ends in a page number (None for a Roman one); `dotted` if leaders precede the number."""

    page: int | None
    dotted: bool


def toc_lines(text: str, lines: Sequence[Line], pages: int) -> set[Line]:
    """The lines of tables of contents, their headings included.

    A table of contents is a run of three or more entries whose page numbers never decrease and never
    exceed `pages`, where half of the entries have leaders or a heading such as 'Contents' precedes them.
    If that would be more than half of the document, the file is a list and nothing is returned.
    Linear in the length of the text.
    """
    texts = [text[line.start : line.end].strip() for line in lines]
    entries = [_entry(line) for line in texts]
    titled = [_TITLE.fullmatch(line) is not None for line in texts]
    found: set[Line] = set()
    at = 0
    while at < len(lines):
        run = _run(entries, at + titled[at], pages)
        begin = _begin(run, entries, titled)
        at = max(at, run[-1] if run else at) + 1
        if begin is not None:
            found.update(lines[begin:at])
    return found if 2 * len(found) <= len(lines) else set()


def _entry(line: str) -> _Entry | None:
    """Parse a stripped line as title, leader (dots, a blank or nothing) and page number; None if it is no
    entry. A Roman number must be separated from the title."""
    page = _PAGE.search(line[-8:])
    if page is None:
        return None
    before = line[: len(line) - len(page[0])]
    title = before.rstrip(_LEADERS)
    leader = before[len(title) :]
    dots = sum(leader.count(dot) for dot in _DOTS)
    arabic = page[0].isdecimal()
    if not _LETTER.search(title) or not (arabic or dots >= _FEWEST or leader[-1:].isspace()):
        return None
    return _Entry(int(page[0]) if arabic else None, dots >= _FEWEST and ("." in leader or "…" in leader))


def _run(entries: Sequence[_Entry | None], first: int, pages: int) -> list[int]:
    """Indexes of the entries that follow each other from `first` on."""
    run: list[int] = []
    last = between = 0
    for at in range(first, len(entries)):
        entry = entries[at]
        number = last if entry is None or entry.page is None else entry.page
        if entry is None or not last <= number <= pages:
            between += 1
            if between > _BETWEEN or not run:
                break
            continue
        run.append(at)
        last, between = number, 0
    return run


def _begin(run: Sequence[int], entries: Sequence[_Entry | None], titled: Sequence[bool]) -> int | None:
    """The first line of the table of contents in this run, its heading included; None if there is none."""
    begin, dotted = None, 0
    for count, at in enumerate(reversed(run), 1):
        entry = entries[at]
        dotted += entry is not None and entry.dotted
        headed = at > 0 and titled[at - 1]
        if count >= _FEWEST and (headed or 2 * dotted >= count):
            begin = at - headed
    return begin
