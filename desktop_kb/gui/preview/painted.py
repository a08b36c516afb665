"""A marked passage as a preview paints it."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtGui import QColor

from desktop_kb.gui import theme
from desktop_kb.records import Colour


class Painted(NamedTuple):
    """Raw `[start, end)` of the text, and its colour."""

    span: tuple[int, int]
    colour: Colour

    def ground(self, dark: bool) -> QColor:
        """What is painted under the letters, on dark or on light."""
        return theme.MARKS[self.colour][dark]
