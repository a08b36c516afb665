"""Names on the map: placed without overlap, the most important first, each with a rim that keeps it legible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from desktop_kb.gui import theme

#: Room that each name keeps to the next, in pixels.
_ROOM: Final = 5.0
_RIM: Final = 3.2
#: Where a name stands beside its point: shares of its width and height.
_OVER: Final = ((-0.5, -1.1), (-0.5, -0.5), (-0.5, 0.3), (-1.05, -0.5), (0.05, -0.5))
_BESIDE: Final = ((0.0, -0.5), (-1.0, -0.5), (-0.5, -1.4), (-0.5, 0.4))
#: Characters of a name on the map.
_LONGEST: Final = 42
#: Pictures of names that are kept.
_KEPT: Final = 600
#: So many of them are made for a frame.
_NEW: Final = 4


@dataclass(frozen=True, slots=True)
class Name:
    """Something that is to be named.

    Attributes:
        x, y: its point on the plane.
        size: of its letters, in the design's pixels.
        strong: a hill's; else it stands beside a dot.
        gap: how far from the point it stands.
    """

    text: str
    x: float
    y: float
    size: float
    strong: bool = True
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A name in its place in the widget."""

    name: Name
    box: QRectF


def place(
    names: Iterable[tuple[Name, QPointF]], sheet: QRectF, taken: Sequence[QRectF] = (), *, most: int = 60
) -> list[Placed]:
    """Place names, each with the pixel of its point, the most important first. One that has no room is left out.

    Args:
        sheet: in which they have to stand.
        taken: where nothing may stand.
    """
    boxes, made = list(taken), list[Placed]()
    for name, at in names:
        if len(made) >= most:
            break
        if not sheet.contains(at):
            continue
        size = size_of(name)
        for by_width, by_height in _OVER if name.strong else _BESIDE:
            away = name.gap if by_width == 0.0 else -name.gap if by_width == -1.0 else 0.0
            corner = QPointF(at.x() + by_width * size.width() + away, at.y() + by_height * size.height())
            box = QRectF(corner, size)
            room = box.adjusted(-_ROOM, -_ROOM / 2, _ROOM, _ROOM / 2)
            if sheet.contains(box) and not any(room.intersects(other) for other in boxes):
                boxes.append(box)
                made.append(Placed(name, box))
                break
    return made


def _shown(name: Name) -> str:
    return name.text if len(name.text) <= _LONGEST else f"{name.text[: _LONGEST - 1].rstrip()}…"


def _font(name: Name) -> QFont:
    return _font_of(name.size, name.strong, theme.scale())


@lru_cache(64)
def _font_of(size: float, strong: bool, _scale: float) -> QFont:
    return theme.font(size, bold=strong)


def size_of(name: Name) -> QSizeF:
    """How much room a name takes."""
    return _size_of(_shown(name), name.size, name.strong, theme.scale())


@lru_cache(4_096)
def _size_of(text: str, size: float, strong: bool, scale: float) -> QSizeF:
    metrics = QFontMetricsF(_font_of(size, strong, scale))
    return QSizeF(metrics.horizontalAdvance(text) + 2 * _RIM, metrics.height() + 2 * _RIM)


class Lettering:
    """Draws names. Each is drawn once into a picture of its own: its rim takes longer than all else of a frame."""

    def __init__(self) -> None:
        self._pictures: dict[tuple[object, ...], QPixmap] = {}

    def draw(self, painter: QPainter, placed: Iterable[Placed], ink: QColor, rim: QColor) -> bool:
        """Draw names in their places. Of new ones a few at a time, so that no frame takes long.

        Returns:
            Whether all are drawn.
        """
        ratio, new, whole = painter.device().devicePixelRatio(), 0, True
        for one in placed:
            name = one.name
            key = (_shown(name), name.size, name.strong, ink.rgb(), rim.rgb(), ratio, theme.scale())
            made = self._pictures.get(key)
            if made is None and new >= _NEW:
                whole = False
                continue
            if made is None:
                new += 1
                if len(self._pictures) >= _KEPT:
                    self._pictures.clear()
                made = self._pictures[key] = _drawn(name, ink, rim, ratio)
            painter.drawPixmap(one.box.topLeft(), made)
        return whole


def _drawn(name: Name, ink: QColor, rim: QColor, ratio: float) -> QPixmap:
    size, font = size_of(name), _font(name)
    made = QPixmap((size * ratio).toSize() + QSizeF(1, 1).toSize())
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    path.addText(QPointF(_RIM, _RIM + QFontMetricsF(font).ascent()), font, _shown(name))
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = QColor(rim)
    edge.setAlpha(225)
    pen = QPen(edge, 2 * _RIM - 1, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)
    painter.setPen(ink)
    painter.setFont(font)
    painter.drawText(QPointF(_RIM, _RIM + QFontMetricsF(font).ascent()), _shown(name))
    painter.end()
    return made
