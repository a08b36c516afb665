"""Finds words in the document that is shown: how often they stand there, and one place after the other.

They are looked for in the text as it is read, so also across the line ends and hyphens of a PDF, and in the text
recognized on a scan.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.kb import Reading

_MOST: Final = 9_999


def places_of(reading: Reading, wanted: str) -> list[tuple[int, int]]:
    """Where words stand in a text, as raw `[start, end)`; upper and lower case are the same, and so are blanks
    and line ends."""
    words = wanted.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    found = []
    for match in pattern.finditer(reading.text):
        found.append(reading.span(match.start(), match.end()))
        if len(found) == _MOST:
            break
    return found


class FindBar(QFrame):
    """A line for the words, 'n of m', and buttons for the next and the previous place."""

    #: raw `[start, end)` to show, or None
    found = Signal(object)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._read: Callable[[], Reading] = lambda: Reading("", ())
        self._places: list[tuple[int, int]] = []
        self._near = 0
        self._at = -1
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.line = QLineEdit()
        self.line.setPlaceholderText(tr("Find in the document"))
        self.line.setAccessibleName(tr("Find in the document"))
        CopiesDrops(self.line)
        self.line.textChanged.connect(self._look)
        self.line.installEventFilter(self)
        row.addWidget(self.line, 1)
        self.count = label("", "quiet")
        row.addWidget(self.count)
        for sign, name, act in (
            ("‹", tr("Previous place"), lambda: self.step(-1)),
            ("›", tr("Next place"), lambda: self.step(1)),
            ("✕", tr("Close"), self.close_bar),
        ):
            row.addWidget(button(sign, act, "quietlink", name))
        self.hide()

    def open(self, read: Callable[[], Reading], near: int) -> None:
        """Open for a document.

        Args:
            read: gives its whole reading, once something is looked for.
            near: the raw offset from which on the first place is shown.
        """
        self._read, self._near = read, near
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
        self._look()

    def close_bar(self) -> None:
        """Close, and mark nothing any more."""
        self.hide()
        self._places, self._at = [], -1
        self.found.emit(None)
        self.closed.emit()

    def step(self, by: int) -> None:
        """Show the next place, or the one before; behind the last comes the first."""
        if self._places:
            self._at = (self._at + by) % len(self._places)
            self._tell()

    def _look(self) -> None:
        wanted = self.line.text()
        self._places = places_of(self._read(), wanted) if wanted.strip() else []
        behind = (at for at, place in enumerate(self._places) if place[0] >= self._near)
        self._at = next(behind, 0) if self._places else -1
        self._tell()

    def _tell(self) -> None:
        if self._places:
            self.count.setText(tr("{n} of {count}", n=self._at + 1, count=len(self._places)))
            self._near = self._places[self._at][0]
            self.found.emit(self._places[self._at])
        else:
            self.count.setText(tr("not found") if self.line.text().strip() else "")
            self.found.emit(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key = Qt.Key(event.key())
        if event.type() == QEvent.Type.ShortcutOverride and key == Qt.Key.Key_Escape:
            event.accept()  # it closes the bar only
            return True
        if event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        if key == Qt.Key.Key_Escape:
            self.close_bar()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            return True
        return super().eventFilter(watched, event)
