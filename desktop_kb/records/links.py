"""Links to what a library holds: `desktop-kb:LIBRARY/d/DOCUMENT?page=N&start=S&end=E` and
`desktop-kb:LIBRARY/s?q=QUESTION`, where LIBRARY and DOCUMENT are ids of 16 hexadecimal digits.

A link comes from anywhere: what is not exactly one of these is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

SCHEME: Final = "desktop-kb"
#: Characters of a link; a question that a person types is shorter.
_LONGEST: Final = 4_000
_LONGEST_QUESTION: Final = 1_000
_DOCUMENT: Final = re.compile(r"([0-9a-f]{16})/d/([0-9a-f]{16})(?:\?([A-Za-z0-9=&]*))?")
_SEARCH: Final = re.compile(r"([0-9a-f]{16})/s\?(q=[^&#?/\\]+)")
#: Of pages and of characters of a text there are fewer.
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_NUMBERS: Final = frozenset(("page", "start", "end"))


@dataclass(frozen=True, slots=True)
class Link:
    """What a link names: a document of a library, perhaps a page (from 1) or `[start, end)` of its text; or a
    question."""

    library: str
    document: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None
    question: str = ""

    def __str__(self) -> str:
        if self.question:
            return f"{SCHEME}:{self.library}/s?{urlencode({'q': self.question}, quote_via=quote)}"
        numbers = {"page": self.page, "start": self.start, "end": self.end}
        given = urlencode({name: number for name, number in numbers.items() if number is not None})
        return f"{SCHEME}:{self.library}/d/{self.document}" + (f"?{given}" if given else "")


def parse_link(text: str) -> Link | None:
    """What a link names; None if it is no such link."""
    scheme, colon, rest = text.strip().partition(":")
    if len(text) > _LONGEST or not colon or scheme.lower() != SCHEME or not rest.isascii():
        return None
    if found := _DOCUMENT.fullmatch(rest):
        return _to_document(found[1], found[2], found[3] or "")
    if found := _SEARCH.fullmatch(rest):
        return _to_search(found[1], found[2])
    return None


def _to_document(library: str, document: str, numbers: str) -> Link | None:
    pairs = [pair.partition("=") for pair in numbers.split("&")] if numbers else []
    given = {name: int(number) for name, _, number in pairs if _NUMBER.fullmatch(number)}
    if len(given) < len(pairs) or not given.keys() <= _NUMBERS or given.get("page") == 0:
        return None
    if ("start" in given) != ("end" in given) or given.get("start", 0) > given.get("end", 0):
        return None
    return Link(library, document, given.get("page"), given.get("start"), given.get("end"))


def _to_search(library: str, given: str) -> Link | None:
    try:
        ((_, question),) = parse_qsl(given, strict_parsing=True, errors="strict")
    except ValueError:  # not UTF-8, or half an escape
        return None
    if len(question) > _LONGEST_QUESTION or not question.strip() or not question.isprintable():
        return None
    return Link(library, question=question)
