"""The table and the details side by side; in a narrow window the details slide over the table."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.slide_over import SlideOver

#: In a view narrower than this, the details are shown over the table.
_ROOM: Final = 1000
_WIDTH: Final = 300


class LibraryColumns(QSplitter):
    """A wide column and a narrow one. The width of the narrow one, the details, is the state, 0 where they are not
    wanted; `filled`: whether there is anything to tell in them."""

    def __init__(self, table: QWidget, details: QWidget, host: QWidget, *, width: int = _WIDTH) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._table, self.details, self._over = table, details, SlideOver(host)
        self._narrow: bool | None = None  # not known before the first `fit`
        self._width = theme.px(width)
        self.wanted = True
        self.filled = False
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(table)
        self.addWidget(details)
        self.setStretchFactor(0, 1)
        self.splitterMoved.connect(lambda _at, _handle: self._keep_width())

    def fit(self, width: int) -> None:
        """Put the details into their column or the slide-over, for a view of this width."""
        narrow = width < theme.px(_ROOM)
        if narrow != self._narrow:
            self._narrow = narrow
            if narrow:
                self._over.hold(self.details)
            elif self.count() < 2:
                self._over.slide_out()
                self.addWidget(self.details)
            self._show()

    @property
    def shown(self) -> bool:
        """Whether the details of what is selected can be seen."""
        return self._over.isVisible() if self._narrow else self.wanted

    def fill(self, filled: bool) -> None:
        """Whether there is anything to tell: with nothing selected the table has all the room."""
        if filled != self.filled:
            self.filled = filled
            if not filled:
                self.close_over()
            self._show()

    def show_details(self, shown: bool) -> None:
        """Show or hide the details."""
        if not self._narrow:
            self.wanted = shown
            self._show()
        elif shown and self.filled:
            self._over.slide_in()
        else:
            self._over.slide_out()

    @property
    def covers(self) -> bool:
        """Whether the details cover the table."""
        return self._over.isVisible()

    def close_over(self) -> None:
        """Hide the details where they cover the table."""
        self._over.slide_out()

    def _keep_width(self) -> None:
        self._width = self.sizes()[1] or self._width

    def _show(self) -> None:
        shown = bool(self._narrow) or (self.wanted and self.filled)
        if not shown and (field := self.details.focusWidget()) is not None and field.hasFocus():
            self._table.setFocus()  # else Qt gives the keys to whatever comes next
        self.details.setVisible(shown)
        if not self._narrow and self.wanted and self.filled:
            self.setSizes([max(1, self.width() - self._width), self._width])

    def saveState(self) -> QByteArray:
        """The width of the details, 0 where they are not wanted."""
        return QByteArray(str(self._width if self.wanted else 0).encode())

    def restoreState(self, state: QByteArray | bytes | bytearray | memoryview) -> bool:
        """Take over a width that was saved."""
        width = bytes(state).decode("ascii", "ignore")  # type: ignore[arg-type]
        if not width.isdecimal():
            return False
        self.wanted, self._width = int(width) > 0, int(width) or self._width
        self._show()
        return True
