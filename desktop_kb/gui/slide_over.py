"""A panel that slides in over the right part of its host: the preview in a narrow window."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPropertyAnimation, QRect, Signal
from PySide6.QtWidgets import QFrame, QStyle, QVBoxLayout, QWidget

from desktop_kb.gui import theme

_MS: Final = 120
#: Share of the host's width that the panel takes, but at least `_LEAST` so that it stays readable.
_SHARE: Final = 0.72
_LEAST: Final = 420


class SlideOver(QFrame):
    """Holds one widget; hidden until `slide_in`."""

    closed = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("slideOver")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 0, 0, 0)
        self._motion = QPropertyAnimation(self, b"geometry", self)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._host = host
        host.installEventFilter(self)
        self.hide()

    def hold(self, widget: QWidget) -> None:
        """Put a widget into the panel; it stays until it gets another parent."""
        self._column.addWidget(widget)
        widget.show()

    def slide_in(self) -> None:
        """Show the panel over its host; does nothing while it is shown."""
        if self.isVisible():
            return
        there = self._place()
        self.setGeometry(there)
        self.raise_()
        self.show()
        # The duration is 0 if the system asks for less motion.
        if self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self) > 0:
            self._motion.setDuration(_MS)
            self._motion.setStartValue(there.translated(there.width() // 4, 0))
            self._motion.setEndValue(there)
            self._motion.start()

    def slide_out(self) -> None:
        """Hide without animation, because the person wants to see what is underneath."""
        if self.isVisible():
            self._motion.stop()
            self.hide()
            self.closed.emit()

    def _place(self) -> QRect:
        width = self._host.width()
        wanted = min(width, max(theme.px(_LEAST), round(width * _SHARE)))
        return QRect(width - wanted, 0, wanted, self._host.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Adapt to the size of the host."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._motion.stop()
            self.setGeometry(self._place())
        return super().eventFilter(watched, event)
