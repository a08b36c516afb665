"""The line over what is read: its title, 'n of m', and what can be done with it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button

_GAP: Final = 10
#: What a title gets, in pixels, before a button is shown that has a key or a row in the menu.
_TITLE: Final = 140


class PreviewHeader(QWidget):
    """Says which of its buttons was pressed, by name."""

    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        self._title = ""
        self.title = QLabel()
        self.title.setProperty("strong", True)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setMinimumWidth(40)
        self.position = QLabel()
        self.position.setProperty("quiet", True)
        self.close_button = self._link("close", "✕", tr("Close the preview"))
        self.contents = self._link("contents", "☰", tr("Outline and pages"))
        self.earlier = self._link("earlier", "←", tr("Back in what was read"))
        self.later = self._link("later", "→", tr("Forward in what was read"))
        self.previous = self._link("previous", "‹", tr("Previous hit"))
        self.next = self._link("next", "›", tr("Next hit"))
        self.as_text = self._link("as-text", tr("Text"), tr("Read as text"))
        self.similar = self._link("similar", tr("Related"), tr("Related passages"))
        self.edit = self._link("edit", tr("Edit"), tr("Edit the note"))
        self.inspect = self._link("inspect", tr("Inspect"), tr("How the document is cut"))
        self.open = self._link("open", tr("Open"), tr("Open in the system's viewer"))
        self.more = self._link("more", "⋯", tr("More"))
        left = (
            self.close_button,
            self.contents,
            self.earlier,
            self.later,
            self.title,
            self.position,
            self.previous,
            self.next,
        )
        right = (self.as_text, self.similar, self.edit, self.inspect, self.open, self.more)
        for item in left:
            row.addWidget(item)
        row.addStretch(1)
        for item in right:
            row.addWidget(item)
        self._others: list[QWidget] = [item for item in (*left, *right) if item is not self.title]
        #: those that give way where there is no room, the first first
        self._yielding = {self.inspect: True, self.open: True, self.similar: True}
        for hidden in (self.close_button, self.contents, self.earlier, self.later, self.as_text):
            hidden.hide()

    def _link(self, name: str, text: str, help: str) -> QPushButton:
        return button(text, lambda: self.pressed.emit(name), "quietlink", help)

    def show_title(self, title: str) -> None:
        """Name what is read."""
        self._title = title
        self._elide()

    def offer(self, link: QPushButton, shown: bool) -> None:
        """Show or hide a button."""
        if link in self._yielding:
            self._yielding[link] = shown
        link.setVisible(shown)
        self._elide()

    def show_position(self, index: int, total: int) -> None:
        """Show 'index / total' for the hit, from 1; 0 of 0 hides it."""
        self.position.setText(f"{index} / {total}" if total > 0 else "")
        for link, usable in ((self.previous, index > 1), (self.next, index < total)):
            link.setVisible(total > 0)
            link.setEnabled(usable)
        self._elide()

    def show_way(self, *, back: bool, forward: bool) -> None:
        """Whether something was read before this and after it."""
        for link, usable in ((self.earlier, back), (self.later, forward)):
            link.setVisible(back or forward)
            link.setEnabled(usable)
        self._elide()

    def minimumSizeHint(self) -> QSize:
        """Without the buttons that give way: a window that they are shown in could not become narrower."""
        whole = super().minimumSizeHint()
        giving = [link for link in self._yielding if not link.isHidden()]
        return QSize(whole.width() - sum(link.sizeHint().width() + _GAP for link in giving), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten a long title so that the buttons fit."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = self.title.fontMetrics()
        needed = min(_TITLE, metrics.horizontalAdvance(self._title))
        for link, wanted in self._yielding.items():
            link.setVisible(wanted)
        for link in self._yielding:
            if self._room() < needed:
                link.hide()
        self.title.setText(
            metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, max(80, self._room()))
        )
        self.title.setToolTip(self._title)

    def _room(self) -> int:
        shown = sum(item.sizeHint().width() + _GAP for item in self._others if not item.isHidden())
        return self.width() - shown - 2 * _GAP
