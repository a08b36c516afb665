"""Takes note of the person's questions that nothing in the library answered, until something does."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from desktop_kb.gui.bridge import Bridge
from desktop_kb.records import SearchResult

#: A question counts once its answer has stood so long: while it is typed its beginnings are asked, too.
_STANDS_MS: Final = 4_000


class Unanswered(QObject):
    """Listens to the window's questions; the library keeps them."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._last: SearchResult | None = None
        self._stands = QTimer(self, singleShot=True, interval=_STANDS_MS)
        self._stands.timeout.connect(self._note)
        bridge.searched.connect(self._answered)

    def _answered(self, _number: int, result: SearchResult, final: bool) -> None:
        self._last = result if final and result.query.strip() else None
        if self._last is not None:
            self._stands.start()
        else:
            self._stands.stop()

    def _note(self) -> None:
        if (last := self._last) is not None:
            self._bridge.call(lambda: self._bridge.kb.note_question(last.query, answered=last.answered))
