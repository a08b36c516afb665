"""What stands in place of the hits while nothing is asked: what was read and opened last, the last questions, what is
new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.search.said import place
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import Button, empty, label, literal
from desktop_kb.records import Document, Hit

#: Lines of each list.
READ: Final = 3
_ASKED: Final = 5
_ADDED: Final = 5


class StartPage(QScrollArea):
    """Four short lists of lines that can be clicked."""

    asked = Signal(str)
    read = Signal(object)  # Hit or Document

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._shown: object = None
        self._inner = QWidget()
        self._inner.setObjectName("startPage")
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(4, 16, 12, 16)
        column.setSpacing(2)
        self.setWidget(self._inner)

    def show_lists(
        self,
        read: Sequence[Hit],
        opened: Sequence[Document],
        asked: Sequence[str],
        documents: Sequence[Document],
    ) -> None:
        """Fill the lists.

        Args:
            read: the passages read last.
            opened: the documents read last, which are shown where they were left.
            asked: the last questions.
        """
        added = sorted((one for one in documents if one.status == "ready"), key=lambda one: one.added)
        passages = {hit.document for hit in read}
        others = [one for one in opened if one.document not in passages][:READ]
        lists = (
            tuple(read),
            tuple((one.document, one.title) for one in others),
            tuple(asked[:_ASKED]),
            tuple((one.document, one.title) for one in added[-_ADDED:]),
        )
        if lists == self._shown:  # a line that has the focus keeps it while files are read
            return
        self._shown = lists
        empty(self._inner)
        self._list(
            tr("Go on reading"), [(hit.title, place(hit), partial(self.read.emit, hit)) for hit in read]
        )
        self._list(tr("Recently opened"), [(one.title, "", partial(self.read.emit, one)) for one in others])
        self._list(tr("Last questions"), [(one, "", partial(self.asked.emit, one)) for one in asked[:_ASKED]])
        self._list(
            tr("Recently added"),
            [(one.title, one.added[:10], partial(self.read.emit, one)) for one in added[: -_ADDED - 1 : -1]],
        )
        column = self._inner.layout()
        assert isinstance(column, QVBoxLayout)
        column.addSpacing(12)
        hint = label(tr("Filters: tag:cars, year>=2022, type:pdf. F1 shows the keys."), "quiet", wrap=True)
        hint.setContentsMargins(8, 0, 8, 0)
        column.addWidget(hint)
        column.addStretch(1)

    def _list(self, heading: str, lines: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        column = self._inner.layout()
        if not lines or column is None:
            return
        title = label(heading, "section")
        title.setContentsMargins(8, 10, 8, 2)
        column.addWidget(title)
        for words, more, do in lines:
            column.addWidget(_Line(words, more, do))


class _Line(Button):
    """A button as wide as there is room, its text cut where that is not enough."""

    def __init__(self, words: str, more: str, do: Callable[[], object]) -> None:
        super().__init__()
        self._words = f"{words}  ·  {more}" if more else words
        self.setProperty("startline", True)
        self.setAccessibleName(self._words)
        self.setToolTip(self._words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.clicked.connect(lambda _checked=False: do())

    def sizeHint(self) -> QSize:
        return QSize(120, theme.px(32))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - 18
        self.setText(self.fontMetrics().elidedText(literal(self._words), Qt.TextElideMode.ElideRight, room))
