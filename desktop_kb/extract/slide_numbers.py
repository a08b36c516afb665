"""The numbers that PowerPoint shows before the paragraphs of a list (ECMA-376 part 1, 20.1.10.61 and 21.1.2.4.1)."""

from __future__ import annotations

from typing import Any, Final

from desktop_kb.extract.numerals import numeral
from desktop_kb.extract.xml_tree import attribute, child

#: How the names of schemes begin, the longer first, and the format that `numeral` knows.
_FORMATS: Final = (
    ("alphaLc", "lowerLetter"),
    ("alphaUc", "upperLetter"),
    ("romanLc", "lowerRoman"),
    ("romanUc", "upperRoman"),
    ("arabicDb", "decimalFullWidth"),
    ("circleNum", "decimalEnclosedCircle"),
    ("ea1", "chineseCounting"),
)
#: How they end, and what stands around the number.
_AROUND: Final = (
    ("ParenBoth", "({}) "),
    ("ParenR", "{}) "),
    ("DbPeriod", "{}．"),
    ("Period", "{}. "),
    ("Minus", "- {} - "),
)


class SlideNumbers:
    """Counts the paragraphs of one text, by their levels."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[str, int]] = {}

    def before(self, paragraph: Any) -> str:
        """What is shown before a paragraph; '' if nothing is."""
        properties = child(paragraph, "pPr")
        level = attribute(properties, "lvl") or "0"
        scheme = child(properties, "buAutoNum")
        for deeper in [one for one in self._counts if one > level]:
            del self._counts[deeper]
        if scheme is None:
            self._counts.pop(level, None)
            return ""
        kind, first = attribute(scheme, "type"), attribute(scheme, "startAt")
        start = int(first) if first.isascii() and first.isdigit() and len(first) < 6 else 1
        last, count = self._counts.get(level, ("", 0))
        count = count + 1 if last == f"{kind} {start}" else start
        self._counts[level] = f"{kind} {start}", count
        format = next((format for begin, format in _FORMATS if kind.startswith(begin)), "decimal")
        around = next((around for end, around in _AROUND if kind.endswith(end)), "{} ")
        return around.format(numeral(count, format))
