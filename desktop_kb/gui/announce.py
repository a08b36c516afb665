"""What a screen reader is to say that the focus does not tell it."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, words: str) -> None:
    """Have a screen reader say words on behalf of a widget, when it is done with what it is saying."""
    if words and QAccessible.isActive():
        send(widget, words)


def send(widget: QWidget, words: str) -> None:
    """Qt's part of it."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))
