"""Source code and settings: every line stays; what it defines is a heading."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from desktop_kb.extract.decoding import decode
from desktop_kb.extract.layout import invisible, newlines, settle
from desktop_kb.records import Extracted, Heading, Layout

_MOST = 5_000  # headings of a file
_WORDS = (
    r"(?:export\s+|default\s+|public\s+|private\s+|protected\s+|internal\s+|static\s+|abstract\s+|final\s+|sealed\s+"
    r"|async\s+|pub(?:\([\w: ]+\))?\s+|unsafe\s+|extern\s+(?:\"\w+\"\s+)?|inline\s+|open\s+|data\s+|local\s+)*"
)
_DEFINED: Final = re.compile(
    rf"^{_WORDS}(?:def|class|function\*?|func|fn|fun|interface|trait|struct|enum|impl|module|namespace|protocol|record"
    r"|object|macro_rules!|sub|proc|contract|type)\s+(?P<name>[\w$.:<>~?!]+)[^\r\n]{0,200}"
    r"|^[ \t]*\[{1,2}(?P<section>[\w .:\"'@/-]{1,80})\]{1,2}[ \t]*(?:[#;][^\r\n]*)?(?=\r?$)"
    r"|^create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure|index|trigger)\s+(?:if\s+not\s+exists\s+)?(?P<made>[\w.\"`]+)",
    re.MULTILINE | re.IGNORECASE,
)


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text.
    """
    text = decode(data)
    headings = []
    for found in _DEFINED.finditer(text):
        name = found["name"] or found["section"] or found["made"]
        start = found.start() + len(found[0]) - len(found[0].lstrip())
        headings.append(Heading(start, found.end(), 1, " ".join(name.split()).rstrip(":")))
        if len(headings) == _MOST:
            break
    edits = settle([*invisible(text), *newlines(text)])
    return Extracted(text, "", Layout(headings=tuple(h for h in headings if h.title), edits=edits))
