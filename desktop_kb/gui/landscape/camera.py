"""Which part of the plane a widget shows, and how large."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF

from desktop_kb.records import Floats, Frame

#: How near one may come, of the size at which all is in sight; and how far off.
NEAREST: Final = 48.0
FARTHEST: Final = 0.7


@dataclass(frozen=True, slots=True)
class Camera:
    """The point of the plane in the middle of the widget, and pixels for a unit of the plane."""

    x: float
    y: float
    scale: float

    @staticmethod
    def over(frame: Frame, size: QSizeF) -> Camera:
        """All of the frame."""
        across, down = max(frame.right - frame.left, 1e-6), max(frame.bottom - frame.top, 1e-6)
        scale = min(max(size.width(), 1) / across, max(size.height(), 1) / down)
        return Camera((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2, scale)

    def within(self, frame: Frame, size: QSizeF) -> Camera:
        """The same, but neither nearer nor farther than it makes sense, and with some of the frame in the middle."""
        whole = Camera.over(frame, size).scale
        return Camera(
            min(max(self.x, frame.left), frame.right),
            min(max(self.y, frame.top), frame.bottom),
            min(max(self.scale, whole * FARTHEST), whole * NEAREST),
        )

    def nearer(self, factor: float, at: QPointF, size: QSizeF) -> Camera:
        """`factor` times as near; what is at a pixel of the widget stays there."""
        fixed = self.plane(at, size)
        scale = self.scale * factor
        return Camera(
            fixed.x() - (at.x() - size.width() / 2) / scale,
            fixed.y() - (at.y() - size.height() / 2) / scale,
            scale,
        )

    def moved(self, by: QPointF) -> Camera:
        """What is shown moves by so many pixels."""
        return replace(self, x=self.x - by.x() / self.scale, y=self.y - by.y() / self.scale)

    def part(self, size: QSizeF) -> QRectF:
        """The part of the plane that is in sight."""
        width, height = size.width() / self.scale, size.height() / self.scale
        return QRectF(self.x - width / 2, self.y - height / 2, width, height)

    def plane(self, pixel: QPointF, size: QSizeF) -> QPointF:
        """The point of the plane at a pixel."""
        return QPointF(
            self.x + (pixel.x() - size.width() / 2) / self.scale,
            self.y + (pixel.y() - size.height() / 2) / self.scale,
        )

    def pixel(self, x: float, y: float, size: QSizeF) -> QPointF:
        """Where a point of the plane is in the widget."""
        return QPointF(
            (x - self.x) * self.scale + size.width() / 2, (y - self.y) * self.scale + size.height() / 2
        )

    def pixels(self, places: Floats, size: QSizeF) -> Floats:
        """The same for many points, (n, 2)."""
        middle = np.array((self.x, self.y), np.float32)
        half = np.array((size.width() / 2, size.height() / 2), np.float32)
        return (places - middle) * np.float32(self.scale) + half
