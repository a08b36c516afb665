"""Tables of contents: lines that name a page, found so that they can be left out of a reading.

They repeat the headings that stand further on, and a search that found them would show a list of
titles where a passage was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_kb.extract.layout import Line

#: Dots that lead from a title to its page's number, and the number; the dots may be missing.
_ENTRY: Final = re.compile(
    r"(?P<dots>(?:\s*[.·…‥․]){3,}\s*|\s+|(?<=\D)(?=\d))(?P<page>\d{1,4}|[ivxlc]{1,7})$"
)
_LETTER: Final = re.compile(r"[^\W_]")
_TITLE: Final = re.compile(
    r"(?:table\s+of\s+)?contents|list\s+of\s+(?:figures|tables)|目\s*[录錄次]|inhalt(?:sverzeichnis)?"
    r"|table\s+des\s+mati[èe]res|sommaire|[íi]ndice|sum[áa]rio|spis\s+tre[śs]ci|inhoud(?:sopgave)?",
    re.IGNORECASE,
)
_FEWEST = 3
#: Lines without a number between two entries: a title that needs two lines.
_BETWEEN = 1


def contents(text: str, lines: Sequence[Line], pages: int) -> set[Line]:
    """The lines of tables of contents, their headings included.

    Three entries or more in a row whose page numbers never fall, all in a document of `pages`
    pages, and dots leading to half of them or a heading that says so. Nothing where that would
    be more than half of the document: such a file is a list.
    """
    found: set[Line] = set()
    at = 0
    while at < len(lines):
        titled = _TITLE.fullmatch(text[lines[at].start : lines[at].end].strip()) is not None
        end, entries, dotted = _run(text, lines, at + titled, pages)
        if entries >= _FEWEST and (titled or 2 * dotted >= entries):
            found.update(lines[at:end])
            at = end
        else:
            at += 1
    return found if 2 * len(found) <= len(lines) else set()


def _run(text: str, lines: Sequence[Line], first: int, pages: int) -> tuple[int, int, int]:
    """Entries from `first` on: where they end, how many there are, how many have dots."""
    end, entries, dotted, last, between = first, 0, 0, 0, 0
    for at in range(first, len(lines)):
        line = text[lines[at].start : lines[at].end].strip()
        entry = _ENTRY.search(line)
        if entry and not _LETTER.search(line, 0, entry.start()):
            entry = None
        number = int(entry["page"]) if entry and entry["page"].isdecimal() else last
        if entry is None or not last <= number <= pages:
            between += 1
            if between > _BETWEEN or not entries:
                break
            continue
        between = 0
        end, entries, dotted, last = (
            at + 1,
            entries + 1,
            dotted + ("." in entry["dots"].replace("…", ".")),
            number,
        )
    return end, entries, dotted
