"""The person's questions that nothing in the library answered, until something does."""

from __future__ import annotations

import json
from typing import Final

from PySide6.QtCore import QObject, QSettings, QTimer

from desktop_kb.gui.bridge import Bridge
from desktop_kb.records import SearchResult

_NAME: Final = "unanswered"
#: A question counts once its answer has stood so long: while it is typed its beginnings are asked, too.
_STANDS_MS: Final = 4_000
_KEPT: Final = 40


class Unanswered(QObject):
    """Kept with the window's state, by library, the last one first."""

    def __init__(self, bridge: Bridge, state: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._state, self._library = state, bridge.kb.id
        self._last: SearchResult | None = None
        self._stands = QTimer(self, singleShot=True, interval=_STANDS_MS)
        self._stands.timeout.connect(self._note)
        self._bridge = bridge

    def listen(self) -> None:
        """Take note of the window's questions from now on."""
        self._bridge.searched.connect(self._answered)

    def questions(self) -> list[str]:
        """The questions, the last one first."""
        kept: dict[str, list[str]] = json.loads(str(self._state.value(_NAME, "{}")))
        return kept.get(self._library, [])

    def _answered(self, _number: int, result: SearchResult, final: bool) -> None:
        self._last = result if final and result.query.strip() else None
        if self._last is not None:
            self._stands.start()
        else:
            self._stands.stop()

    def _note(self) -> None:
        if self._last is not None:
            self.note(self._last.query, any(not hit.weak for hit in self._last.hits))

    def note(self, question: str, answered: bool) -> None:
        """Remember a question that nothing answers, and forget one that something does."""
        before = self.questions()
        now = [one for one in before if one != question]
        now = now if answered else [question, *now][:_KEPT]
        if now != before:
            kept = json.loads(str(self._state.value(_NAME, "{}")))
            self._state.setValue(_NAME, json.dumps({**kept, self._library: now}))
