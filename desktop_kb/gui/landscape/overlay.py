"""What lies over the picture of the land: names, the question and its hits, the way, gaps, what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.camera import Camera
from desktop_kb.gui.landscape.labels import Lettering, Name, Placed, place
from desktop_kb.records import Floats, Gap

#: A hill's name has the size of the largest letters where it is the largest hill.
_SIZES: Final = (12.0, 17.0)
#: So many times as near as all of the map the titles of documents appear, and so many of them at most.
TITLES_FROM: Final = 2.4
_TITLES: Final = 60
_DOT: Final = 7.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """What is drawn over the land, in points of the plane.

    Attributes:
        hills: the names of the topics with their sizes in passages, the largest first.
        titles: of documents; `title_places`, float32 (n, 2), are where they are.
        pin: where the question is, and the question.
        hits: what answers it, the best first.
        way: from the first passage to the last.
    """

    hills: Sequence[tuple[str, float, float, int]] = ()
    titles: Sequence[str] = ()
    title_places: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    pin: tuple[float, float, str] | None = None
    hits: Sequence[Point] = ()
    way: Sequence[Point] = ()
    gaps: Sequence[Gap] = ()
    chosen: Point | None = None


@dataclass(slots=True)
class OverlayPainter:
    """Draws an overlay; keeps the names' places until the camera or the names change."""

    overlay: Overlay = field(default_factory=Overlay)
    placed: list[Placed] = field(default_factory=list)
    _for: tuple[object, ...] = ()
    _letters: Lettering = field(default_factory=Lettering)

    def paint(
        self, painter: QPainter, camera: Camera, whole: float, size: QSizeF, taken: Sequence[QRectF]
    ) -> bool:
        """Draw it; False if some of it is left for the next time.

        Args:
            whole: the camera's scale at which all is in sight.
            taken: where no name may stand.
        """
        over = self.overlay
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._place(camera, whole, size, taken)
        _paint_gaps(painter, [camera.pixel(one.x, one.y, size) for one in over.gaps])
        _paint_way(painter, [camera.pixel(x, y, size) for x, y in over.way])
        _paint_hits(painter, [camera.pixel(x, y, size) for x, y in over.hits])
        if over.chosen is not None:
            _paint_chosen(painter, camera.pixel(*over.chosen, size))
        colours = theme.current()
        complete = self._letters.draw(painter, self.placed, colours.ink, colours.background)
        if over.pin is not None:
            _paint_pin(painter, camera.pixel(over.pin[0], over.pin[1], size))
        return complete

    def _place(self, camera: Camera, whole: float, size: QSizeF, taken: Sequence[QRectF]) -> None:
        key = (camera, size.toTuple(), self.overlay, tuple(box.getRect() for box in taken), theme.scale())
        if key == self._for:
            return
        self._for = key
        names = self._names()
        if camera.scale >= whole * TITLES_FROM:
            names += self._titles(camera, size)
        sheet = QRectF(QPointF(4, 4), size - QSizeF(8, 8))
        self.placed = place([(name, camera.pixel(name.x, name.y, size)) for name in names], sheet, taken)

    def _titles(self, camera: Camera, size: QSizeF) -> list[Name]:
        """Titles of documents that are in sight; there may be a hundred thousand of all."""
        over = self.overlay
        pixels = camera.pixels(over.title_places, size)
        inside = ((pixels > 0) & (pixels < (size.width(), size.height()))).all(axis=1)
        rows = np.flatnonzero(inside)[:_TITLES].tolist()
        places = over.title_places[rows].tolist()
        return [
            Name(over.titles[at], x, y, 11.5, strong=False, gap=8)
            for at, (x, y) in zip(rows, places, strict=True)
        ]

    def _names(self) -> list[Name]:
        over = self.overlay
        largest = max((size for *_, size in over.hills), default=1)
        low, high = _SIZES
        names = [Name(over.pin[2], over.pin[0], over.pin[1], 13.0, strong=False, gap=12)] if over.pin else []
        names += [
            Name(text, x, y, round(low + (high - low) * (size / largest) ** 0.5))
            for text, x, y, size in over.hills
        ]
        names += [Name(one.query, one.x, one.y, 11.5, strong=False, gap=10) for one in over.gaps]
        return names


def _paint_hits(painter: QPainter, hits: Sequence[QPointF]) -> None:
    colours = theme.current()
    for rank, at in reversed(list(enumerate(hits))):
        radius = _DOT + 3 if rank == 0 else _DOT if rank < 5 else _DOT - 2
        painter.setPen(QPen(colours.ink, 1.4))
        painter.setBrush(colours.word_underline)
        painter.drawEllipse(at, radius, radius)


def _paint_chosen(painter: QPainter, at: QPointF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((theme.current().background, 5.0), (theme.current().accent, 2.4)):
        painter.setPen(QPen(color, width))
        painter.drawEllipse(at, _DOT + 3, _DOT + 3)


def _paint_way(painter: QPainter, points: Sequence[QPointF]) -> None:
    if not points:
        return
    colours = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((colours.background, 5.0), (colours.accent, 2.4)):
        painter.setPen(QPen(color, width, j=Qt.PenJoinStyle.RoundJoin, c=Qt.PenCapStyle.RoundCap))
        painter.drawPolyline(QPolygonF(list(points)))
    painter.setFont(theme.font(10.5, bold=True))
    for number, at in enumerate(points, 1):
        painter.setPen(QPen(colours.background, 1.5))
        painter.setBrush(colours.accent)
        painter.drawEllipse(at, 9.0, 9.0)
        painter.setPen(colours.background)
        painter.drawText(QRectF(at.x() - 9, at.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, str(number))


def _paint_gaps(painter: QPainter, points: Sequence[QPointF]) -> None:
    colours = theme.current()
    painter.setFont(theme.font(11, bold=True))
    for at in points:
        painter.setPen(QPen(colours.attention, 1.6, Qt.PenStyle.DotLine))
        painter.setBrush(colours.background)
        painter.drawEllipse(at, 8.5, 8.5)
        painter.setPen(colours.attention)
        painter.drawText(QRectF(at.x() - 9, at.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, "?")


def _paint_pin(painter: QPainter, at: QPointF) -> None:
    """A pin whose point is at the place."""
    pin = QPainterPath(at)
    head = QPointF(at.x(), at.y() - 19)
    pin.cubicTo(
        QPointF(at.x() - 3, at.y() - 8),
        QPointF(head.x() - 10, head.y() + 7),
        QPointF(head.x() - 10, head.y()),
    )
    pin.arcTo(QRectF(head.x() - 10, head.y() - 10, 20, 20), 180, -180)
    pin.cubicTo(QPointF(head.x() + 10, head.y() + 7), QPointF(at.x() + 3, at.y() - 8), at)
    colours = theme.current()
    painter.setPen(QPen(colours.background, 1.6))
    painter.setBrush(colours.accent)
    painter.drawPath(pin)
    painter.setBrush(colours.background)
    painter.drawEllipse(head, 3.6, 3.6)


def paint_lasso(painter: QPainter, trace: Sequence[QPointF]) -> None:
    """The lasso while it is drawn."""
    ground = QColor(theme.current().accent)
    ground.setAlpha(36)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.current().accent, 1.6, Qt.PenStyle.DashLine))
    painter.setBrush(ground)
    painter.drawPolygon(QPolygonF(list(trace)))
