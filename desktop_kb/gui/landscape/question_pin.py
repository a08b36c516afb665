"""The question on the map: where it is, and which passages answer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QObject

from desktop_kb.errors import Problem
from desktop_kb.gui.asker import Asker
from desktop_kb.gui.bridge import Bridge
from desktop_kb.records import Hit, SearchOptions, SearchResult

#: So many hits are lit; the question lies in the middle of so many of the best.
_LIT: Final = 40
_BEST: Final = 3


class QuestionPin(QObject):
    """Asks the question for the map; each answer, also a first one that is refined later, is told."""

    def __init__(self, bridge: Bridge, changed: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)  # no answer comes after the view is gone
        self._bridge, self._changed = bridge, changed
        self._asker: Asker | None = None  # it has threads: made with the first question
        self._number = 0
        self._asked: tuple[str, tuple[str, ...]] = ("", ())
        self.hits: Sequence[Hit] = ()
        self.settled = True

    @property
    def question(self) -> str:
        """The question, '' for none."""
        return self._asked[0]

    @property
    def answered(self) -> bool:
        """Whether a hit is strong."""
        return any(not hit.weak for hit in self.hits)

    def ask(self, question: str, filters: Sequence[str]) -> None:
        """Ask a question within filters; '' takes the pin away."""
        asked = question.strip(), tuple(filters)
        if asked == self._asked:
            return
        self._asked, self.hits = asked, ()
        if self._asker is not None:
            self._asker.forget()
        if self.question:
            self._ask()
        else:
            self.settled = True
            self._changed()

    def ask_again(self) -> None:
        """The library has changed."""
        if self.question:
            self._ask()

    def _ask(self) -> None:
        if self._asker is None:
            self._asker = self._bridge.asker()
            self._asker.searched.connect(self._arrived)
            self._asker.search_failed.connect(self._failed)
        self.settled = False
        self._number = self._asker.search(self.question, SearchOptions(limit=_LIT, filters=self._asked[1]))

    def _arrived(self, number: int, result: SearchResult, final: bool) -> None:
        if number == self._number:
            self.hits, self.settled = result.hits, final
            self._changed()

    def _failed(self, number: int, problem: Problem) -> None:
        if number == self._number:
            self.settled = True
            self._bridge.failed.emit(problem)

    def lit(self) -> list[Hit]:
        """The hits that answer; those that come nearest where none does."""
        return [hit for hit in self.hits if not hit.weak] or list(self.hits[:_BEST])


def pin_of(places: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> tuple[float, float] | None:
    """Where a question lies whose hits are at these places, (n, 2), the best first: among the best that lie near the
    very best one, as the middle between two hills is a place where nothing is."""
    if not len(places):
        return None
    best = places[:_BEST]
    away = np.hypot(*(best - best[0]).T)
    spread = float(np.hypot(*(places.max(axis=0) - places.min(axis=0))))
    near = best[away <= 0.25 * spread] if spread else best
    x, y = near.mean(axis=0).tolist()
    return x, y
