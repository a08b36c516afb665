"""What lies under the mouse: the document's title, and the passage's first words once they are read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.topic_list import full_name
from desktop_kb.gui.widgets import label
from desktop_kb.records import Landscape

_WIDTH: Final = 320
_AWAY: Final = 16
#: Characters of a passage.
_SHOWN: Final = 260
#: The mouse rests so long on a dot before its passage is read.
_RESTS_MS: Final = 120


class HoverCard(QFrame):
    """Follows the dots; the mouse goes through it."""

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._map = bridge, parent
        self._over: tuple[Landscape, int] | None = None  # the passage under the mouse
        self._at = QPoint()
        self._rests = QTimer(self, singleShot=True, interval=_RESTS_MS)
        self._rests.timeout.connect(self._read)
        self.setProperty("card", True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.title, self.about = label("", "strong", wrap=True), label("", "quiet", wrap=True)
        self.text = label(wrap=True)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(3)
        for part in (self.title, self.about, self.text):
            column.addWidget(part)
        self.hide()

    def hover(self, landscape: Landscape | None, passage: int | None) -> None:
        """The mouse is at a passage, by its position; None hides the card."""
        self._rests.stop()
        if passage is None or landscape is None:
            self._over = None
            self.hide()
            return
        self._over = landscape, passage
        rows, topics = landscape.passages, landscape.topics
        document = landscape.documents[int(rows.owner[passage])]
        topic = [full_name(one) for one in topics if one.topic == rows.topics[passage]]
        self._at = self._map.mapFromGlobal(QCursor.pos())
        self.title.setText(document.title)
        self.about.setText(" · ".join(filter(None, [document.year, ", ".join(document.tags), *topic])))
        self.about.setVisible(bool(self.about.text()))
        self.text.hide()
        self._place()
        self.show()
        self.raise_()
        self._rests.start()

    def _read(self) -> None:
        over, kb = self._over, self._bridge.kb
        if over is None:
            return
        key = over[0].key(over[1])

        def told(text: str) -> None:
            if self._over is over:
                words = " ".join(text.split())
                self.text.setText(words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …")
                self.text.setVisible(bool(words))
                self._place()

        self._bridge.call(lambda: kb.reading(*key), told)

    def _place(self) -> None:
        """Beside the point, where it covers least and stays in the map."""
        width = min(theme.px(_WIDTH), max(120, self._map.width() - 2 * _AWAY))
        height = self._column.totalHeightForWidth(width)
        right, below = self._at.x() + _AWAY, self._at.y() + _AWAY
        x = right if right + width < self._map.width() else max(4, self._at.x() - _AWAY - width)
        y = below if below + height < self._map.height() else max(4, self._at.y() - _AWAY - height)
        self.setGeometry(x, y, width, height)
