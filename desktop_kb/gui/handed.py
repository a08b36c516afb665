"""Files and links that the system hands to the running program: a Mac tells them by an event, and starts nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from desktop_kb.records import SCHEME

#: Takes files to add, and a link to follow.
Taking = Callable[[Sequence[Path], str], object]


class Handed(QObject):
    """Passes on what is opened; what comes before there is a window waits for it."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._waiting: list[tuple[list[Path], str]] = []
        self._taken_by: Taking | None = None
        app.installEventFilter(self)

    def pass_to(self, taken_by: Taking | None) -> None:
        """From now on this takes what is opened; None lets it wait."""
        self._taken_by = taken_by
        while self._waiting and self._taken_by is not None:
            self._taken_by(*self._waiting.pop(0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A file, or a link with the program's scheme, is opened."""
        if not isinstance(event, QFileOpenEvent):
            return super().eventFilter(watched, event)
        url = event.url()
        if url.scheme() == SCHEME:
            self._waiting.append(([], url.toString(QUrl.ComponentFormattingOption.FullyEncoded)))
        elif event.file():
            self._waiting.append(([Path(event.file())], ""))
        self.pass_to(self._taken_by)
        return True
