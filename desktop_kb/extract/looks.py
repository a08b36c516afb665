"""How the elements of a page look: told beside its text, from the same walk, so that every place is exact."""

from __future__ import annotations

import re
from typing import Any, Final

from desktop_kb.records import Look, LookKind

_LOOKS: Final[dict[str, LookKind]] = {
    **dict.fromkeys(("b", "strong", "th", "dt"), "bold"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "italic"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    **dict.fromkeys(("s", "del", "strike"), "struck"),
    "sup": "raised",
    "sub": "lowered",
    "a": "link",
    "formula": "math",
    "pre": "listing",
    "blockquote": "quote",
    "li": "item",
    "img": "image",
}
#: Of one document; what is beyond them is shown plain.
MOST: Final = 100_000
_LONGEST: Final = 1_000  # characters of an address
_NOWHERE: Final = re.compile(r"#|javascript:|data:", re.IGNORECASE)
_BULLET: Final = "•"


class Looks:
    """The looks of a page that is being written."""

    def __init__(self) -> None:
        self.found: list[Look] = []
        self._opened: list[tuple[Any, int]] = []
        self._numbers: dict[Any, int] = {}  # of each ordered list, the next

    def begin(self, element: Any, tag: str, at: int) -> None:
        """An element begins at `at` of the text."""
        if tag in _LOOKS and len(self.found) < MOST:
            self._opened.append((element, at))

    def end(self, element: Any, tag: str, at: int) -> None:
        """An element ends at `at` of the text."""
        if not self._opened or self._opened[-1][0] is not element:
            return
        _, start = self._opened.pop()
        kind = _LOOKS[tag]
        detail = self._detail(element, kind)
        if kind == "image":
            if detail:
                self.found.append(Look(at, at, kind, detail))
        elif start < at and (detail or kind != "link"):
            self.found.append(Look(start, at, kind, detail))

    def _detail(self, element: Any, kind: LookKind) -> str:
        if kind == "link":
            href = str(element.get("href") or "").strip()
            return "" if len(href) > _LONGEST or _NOWHERE.match(href) else href
        if kind == "image":
            src = str(element.get("src") or "").strip()
            return src if len(src) <= _LONGEST else ""
        if kind == "item":
            return self._mark(element)
        return ""

    def _mark(self, element: Any) -> str:
        """The bullet or number that a browser puts before an item."""
        around = element.getparent()
        if around is None or around.tag != "ol":
            return _BULLET
        first = _number(around.get("start"), 1)
        number = _number(element.get("value"), self._numbers.get(around, first))
        self._numbers[around] = number + 1
        return f"{number}."

    def sorted(self) -> tuple[Look, ...]:
        """All of them in the order of the text, what holds others first."""
        return tuple(sorted(self.found, key=lambda look: (look.start, -look.end)))


def _number(said: str | None, otherwise: int) -> int:
    return int(said) if said is not None and said.strip().isdecimal() and len(said) < 7 else otherwise
