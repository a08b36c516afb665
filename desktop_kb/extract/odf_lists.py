"""Lists of OpenDocument files: which number stands before an item (ODF 1.3 part 3, 16.30 and 19.880)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from desktop_kb.extract.numerals import numeral
from desktop_kb.extract.xml_tree import attribute, below, local, number

_BULLET: Final = "•"
#: ODF's names of formats by their first letter or word, as ECMA-376 names them.
_FORMATS: Final = {
    **{"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"},
    **{"一": "chineseCounting", "壹": "chineseLegalSimplified", "甲": "ideographTraditional"},
    **{"①": "decimalEnclosedCircle", "１": "decimalFullWidth", "子": "ideographZodiac"},
}
_KINDS: Final = ("list-level-style-number", "list-level-style-bullet", "outline-level-style")


@dataclass(frozen=True, slots=True)
class _Level:
    format: str  # '' shows no number
    prefix: str
    suffix: str
    start: int
    shown: int  # how many levels' numbers, this one's last


class Lists:
    """The styles of lists of one document. It counts: ask it for the items in their order."""

    def __init__(self, roots: Iterable[Any]) -> None:
        """Args:
        roots: the roots of the parts that define styles.
        """
        self._styles: dict[str, dict[int, _Level | None]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        for root in roots:
            for style in below(root, "list-style", "outline-style"):
                name = attribute(style, "name") if local(style) == "list-style" else ""
                self._styles[name] = {number(e, "level", 1): _level(e) for e in style if local(e) in _KINDS}

    def restart(self, style: str) -> None:
        """Begin a list that does not continue the last one of its style."""
        self._counters.pop(style, None)

    def count(self, style: str, depth: int, start: int | None = None) -> str:
        """Count an item; returns what stands before it, '' if nothing does.

        Args:
            style: the name of the list's style; '' is that of the headings.
            depth: the item's level, from 1.
            start: its number, where the item says one.
        """
        levels = self._styles.get(style, {})
        if depth not in levels:
            return ""
        level = levels[depth]
        if level is None:
            return _BULLET
        counters = self._counters.setdefault(style, {})
        counters[depth] = start if start is not None else counters.get(depth, level.start - 1) + 1
        for deeper in [one for one in counters if one > depth]:
            del counters[deeper]
        if not level.format:
            return ""
        numbers = []
        for above in range(max(1, depth - level.shown + 1), depth + 1):
            at = levels.get(above)
            if at is not None and at.format:
                numbers.append(numeral(counters.setdefault(above, at.start), at.format))
        return f"{level.prefix}{'.'.join(numbers)}{level.suffix}".strip()


def _level(element: Any) -> _Level | None:
    """A level with numbers; None is one with bullets."""
    if local(element) == "list-level-style-bullet":
        return None
    format = attribute(element, "num-format")
    return _Level(
        _FORMATS.get(format[:1], "decimal") if format else "",
        attribute(element, "num-prefix"),
        attribute(element, "num-suffix"),
        number(element, "start-value", 1),
        number(element, "display-levels", 1),
    )
