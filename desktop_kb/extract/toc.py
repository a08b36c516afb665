"""Tables of contents: lines that name a page, found so that they can be left out of a reading.

They repeat the headings that stand further on, and a search that found them would show a list of
titles where a passage was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop_kb.extract.layout import Line

#: The page's number at the end of an entry, in a slice of the last eight characters.
_PAGE: Final = re.compile(r"(?<!\d)\d{1,4}\Z|(?<![ivxlc])[ivxlc]{1,7}\Z")
#: They lead from a title to its page, blanks between them.
_DOTS: Final = ".·…‥․"
_LEADERS: Final = _DOTS + "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_LETTER: Final = re.compile(r"[^\W_]")
_TITLE: Final = re.compile(
    r"(?:table\s+of\s+)?contents|list\s+of\s+(?:figures|tables)|目\s*[录錄次]|inhalt(?:sverzeichnis)?"
    r"|table\s+des\s+mati[èe]res|sommaire|[íi]ndice|sum[áa]rio|spis\s+tre[śs]ci|inhoud(?:sopgave)?",
    re.IGNORECASE,
)
_FEWEST = 3
#: Lines without a number between two entries: a title that needs two lines.
_BETWEEN = 1


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line that names a page: which, None for a Roman number, and whether dots lead to it."""

    page: int | None
    dotted: bool


def toc_lines(text: str, lines: Sequence[Line], pages: int) -> set[Line]:
    """The lines of tables of contents, their headings included.

    Three entries or more in a row whose page numbers never fall, all in a document of `pages`
    pages, and dots leading to half of them or a heading that says so. Nothing where that would
    be more than half of the document: such a file is a list. Time grows with the text's length,
    whatever it holds.
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
    """What a line without blanks around it says of a page: a title, dots or a blank or nothing that
    leads on, and a number. A Roman one stands apart from the title."""
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
    """The entries in a row that begins at `first`."""
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
    """From where on a run is a table of contents, the heading included; None if from nowhere."""
    begin, dotted = None, 0
    for count, at in enumerate(reversed(run), 1):
        entry = entries[at]
        dotted += entry is not None and entry.dotted
        headed = at > 0 and titled[at - 1]
        if count >= _FEWEST and (headed or 2 * dotted >= count):
            begin = at - headed
    return begin
