"""The running program as the system knows it: it is asked to quit, and on a Mac it is handed files and links, which it
is told by an event, as nothing is started there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from desktop_kb.records import SCHEME

#: Takes files to add, and a link to follow.
Taking = Callable[[Sequence[Path], str], object]


class Application(QApplication):
    """Knows that it is being quit, and not its window closed; passes on what is opened, and keeps what comes before
    there is a window.

    Its own events only are looked at. A filter over it would see those of every widget: 7,600 at a start, each of which
    took 10 us.

    Attributes:
        ending: whether somebody quits the program: by its menu, the system's, or a signal.
    """

    ending = False

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(list(arguments))
        self._waiting: list[tuple[list[Path], str]] = []
        self._taken_by: Taking | None = None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self._hand(event)
            return True
        if event.type() != QEvent.Type.Quit:
            return super().event(event)
        self.ending = True
        try:
            return super().event(event)  # closes the windows; one that has something to save may refuse
        finally:
            self.ending = False

    def pass_to(self, taken_by: Taking | None) -> None:
        """From now on this takes what is opened; None lets it wait."""
        self._taken_by = taken_by
        while self._waiting and self._taken_by is not None:
            self._taken_by(*self._waiting.pop(0))

    def _hand(self, event: QFileOpenEvent) -> None:
        """A file, or a link with the program's scheme, is opened."""
        url = event.url()
        if url.scheme() == SCHEME:
            self._waiting.append(([], url.toString(QUrl.ComponentFormattingOption.FullyEncoded)))
        elif event.file():
            self._waiting.append(([Path(event.file())], ""))
        self.pass_to(self._taken_by)
