"""How a hand moves over the map: drag, wheel, pinch, lasso."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent

#: A wheel's notch is 120 units; how much nearer one of them brings.
_NOTCH: Final = 1.28
#: How far the hand may tremble in a click.
TREMBLE: Final = 4.0
#: A key moves the map by so much of the widget.
_STRIDE: Final = 0.12

_NEARER: Final = (Qt.Key.Key_Plus, Qt.Key.Key_Equal)
_FARTHER: Final = (Qt.Key.Key_Minus, Qt.Key.Key_Underscore)
_WAYS: Final = {
    Qt.Key.Key_Left: QPointF(_STRIDE, 0),
    Qt.Key.Key_Right: QPointF(-_STRIDE, 0),
    Qt.Key.Key_Up: QPointF(0, _STRIDE),
    Qt.Key.Key_Down: QPointF(0, -_STRIDE),
}


def factor_of(event: QWheelEvent) -> float:
    """How much nearer a turn of the wheel brings."""
    return float(_NOTCH ** (event.angleDelta().y() / 120))


def slides(event: QWheelEvent) -> bool:
    """Whether two fingers slide over a pad: that moves the map, as it does elsewhere; a wheel brings it nearer."""
    control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
    return event.phase() != Qt.ScrollPhase.NoScrollPhase and not control


def pinch_of(event: QEvent) -> tuple[float, QPointF] | None:
    """How much nearer two fingers on a pad bring, and where they are; None for any other event."""
    if (
        isinstance(event, QNativeGestureEvent)
        and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
    ):
        return max(0.2, 1 + event.value()), event.position()
    return None


def steps_nearer(event: QKeyEvent) -> int:
    """1 for a key that brings nearer, -1 for one that leads away, else 0."""
    return (event.key() in _NEARER) - (event.key() in _FARTHER)


def stride_of(event: QKeyEvent) -> QPointF | None:
    """In shares of the widget how far a key moves the map; None if it does not."""
    return (
        _WAYS.get(Qt.Key(event.key()))
        if not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        else None
    )


class Drag:
    """What the left button has done since it was pressed."""

    def __init__(self, event: QMouseEvent, *, lasso: bool) -> None:
        self.lasso = lasso or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.trace = [event.position()]
        self.far = False

    def move(self, to: QPointF) -> QPointF:
        """Go on to a point; how far that is, once the hand has moved farther than it trembles."""
        by = to - self.trace[-1]
        if not self.far and (to - self.trace[0]).manhattanLength() < TREMBLE:
            return QPointF()
        self.far = True
        self.trace = [*self.trace, to] if self.lasso else [to]
        return by
