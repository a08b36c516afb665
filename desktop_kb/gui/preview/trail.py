"""The way through what a person has read: back and forward, as in a browser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from desktop_kb.records import Document, Hit

_LONGEST: Final = 200


class Place(NamedTuple):
    """Where in a document one reads: the raw offset of the first character in sight, or of drawn pages the page
    (from 0) and the share of it above the upper edge."""

    kind: str  # 'offset' or 'page'
    at: int
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """What was read, and where it was left; `place` is None until then."""

    shown: Hit | Document
    place: Place | None = None


class Trail:
    """The stops, and which one a person is at."""

    def __init__(self) -> None:
        self._stops: list[Stop] = []
        self._at = -1

    def visit(self, shown: Hit | Document) -> None:
        """Go on to something else: what was forward from here is forgotten."""
        if self._at >= 0 and _same(self._stops[self._at].shown, shown):
            return
        self._stops = [*self._stops[: self._at + 1], Stop(shown)][-_LONGEST:]
        self._at = len(self._stops) - 1

    def leave(self, shown: Hit | Document, place: Place | None) -> None:
        """Keep the place in the stop at which one is, if that is `shown`."""
        if self._at >= 0 and place is not None and _same(self._stops[self._at].shown, shown):
            self._stops[self._at] = replace(self._stops[self._at], place=place)

    def jump(self, shown: Hit | Document, place: Place) -> None:
        """A leap within what is read, by its outline say: `place` is where one was before it."""
        self.leave(shown, place)
        if self._at >= 0 and _same(self._stops[self._at].shown, shown):
            self._stops = [*self._stops[: self._at + 1], Stop(shown)][-_LONGEST:]
            self._at = len(self._stops) - 1

    def step(self, by: int) -> Stop | None:
        """Go `by` stops forward, or back if it is below 0; None if there is none."""
        if not self.can(by):
            return None
        self._at += by
        return self._stops[self._at]

    def can(self, by: int) -> bool:
        """Whether there is such a stop."""
        return 0 <= self._at + by < len(self._stops)


def _same(one: Hit | Document, other: Hit | Document) -> bool:
    return spot(one) == spot(other)


def spot(shown: Hit | Document) -> tuple[object, ...]:
    """What is shown of which document."""
    return (shown.document, shown.start, shown.end) if isinstance(shown, Hit) else (shown.document,)
