"""What stands before the items of lists, counted as Word counts it (ECMA-376 part 1, 17.9; [MS-DOC] 2.9.147)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from desktop_kb.extract.numerals import numeral

LONGEST_MARK: Final = 100  # characters of what stands before an item
_BULLET: Final = "•"
_PLACE: Final = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class Level:
    """How a level of a list is numbered: in `text` '%1' stands for the number of the first level."""

    format: str = "decimal"
    text: str = ""
    start: int = 1
    style: str = ""
    restart: int | None = None
    is_legal: bool = False  # all numbers are shown as 1, 2, 3


@dataclass(slots=True)
class NumberedList:
    """A list: lists with the same `abstract` count on; `overridden` are levels that begin with another number."""

    abstract: str
    levels: dict[int, Level]
    overridden: dict[int, int] = field(default_factory=dict)


class Counters:
    """The numbers of a document's lists, by their identities. It counts: ask it for the items in their order."""

    def __init__(self, lists: dict[str, NumberedList]) -> None:
        self.lists = lists
        self._counters: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def count(self, identity: str, depth: int) -> str:
        """Count an item; returns what stands before it ('第一条', '1.2', '•'), '' if nothing does."""
        held = self.lists.get(identity)
        if held is None or depth not in held.levels:
            return ""
        counters = self._counters.setdefault(held.abstract, {})
        level = held.levels[depth]
        start = level.start
        if depth in held.overridden and (identity, depth) not in self._begun:
            start = held.overridden[depth]
            counters.pop(depth, None)
        self._begun.add((identity, depth))
        counters[depth] = counters[depth] + 1 if depth in counters else start
        for deeper in [one for one in counters if one > depth]:
            restart = held.levels[deeper].restart if deeper in held.levels else None
            if restart is None or (restart and depth < restart):
                del counters[deeper]
        if level.format == "bullet":
            return _BULLET
        return _PLACE.sub(lambda place: self._shown(held, counters, int(place[1]) - 1, level), level.text)

    @staticmethod
    def _shown(held: NumberedList, counters: dict[int, int], depth: int, of: Level) -> str:
        level = held.levels.get(depth, Level())
        count = counters.setdefault(depth, level.start)
        return numeral(count, "decimal" if of.is_legal and level.format != "none" else level.format)
