"""What the colours mean, in a corner of the map; a group that is pressed stands out from the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.colouring import ColourGroup
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, empty, literal

_DOT: Final = 10
_AWAY: Final = 10
#: The map is so many times as wide, or the legend would cover too much of it.
_SHARE: Final = 4
_LONGEST: Final = 24


class Legend(QFrame):
    """One button for each group."""

    #: the positions of the groups that are pressed
    pressed = Signal(object)

    def __init__(self, map_: QWidget) -> None:
        super().__init__(map_)
        self._map = map_
        map_.installEventFilter(self)
        self.setProperty("card", True)
        self.setAccessibleName(tr("What the colours mean"))
        self._buttons: list[QPushButton] = []
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 10, 6)
        column.setSpacing(0)

    def show_groups(self, groups: Sequence[ColourGroup]) -> None:
        """Show these groups, none pressed; without any the legend is hidden."""
        empty(self)
        self._buttons = []
        for group in groups:
            text = group.label if len(group.label) <= _LONGEST else f"{group.label[: _LONGEST - 1]}…"
            made = button(literal(text), self._tell, "legend")
            made.setAccessibleName(tr("Only {name}", name=group.label))
            made.setToolTip(group.label)
            made.setIcon(_dot(group.color, self.devicePixelRatioF()))
            made.setIconSize(
                QSize(theme.px(_DOT), theme.px(_DOT))
            )  # at 200 % it is drawn larger than it is, else
            made.setCheckable(True)
            self._buttons.append(made)
            self._column.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        self._put()

    def groups_pressed(self) -> list[int]:
        """The positions of the groups that are pressed."""
        return [at for at, made in enumerate(self._buttons) if made.isChecked()]

    def _put(self) -> None:
        """Into the lower left corner; out of a map that is too narrow for it."""
        self.resize(self.sizeHint())
        self.setVisible(bool(self._buttons) and self._map.width() > _SHARE * self.width())
        self.move(_AWAY, max(_AWAY, self._map.height() - self.height() - _AWAY))

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # buttons are counted from the moment they are shown
            self._put()
        return done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._map and event.type() == QEvent.Type.Resize:
            self._put()
        return super().eventFilter(watched, event)

    def _tell(self) -> None:
        self.pressed.emit(self.groups_pressed())


def _dot(color: QColor, ratio: float) -> QIcon:
    size = theme.px(_DOT)
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(0, 0, size, size)
    painter.end()
    return QIcon(made)
