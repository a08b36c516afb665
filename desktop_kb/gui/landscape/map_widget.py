"""The map itself: a picture of the land that a thread draws, moved and scaled until the next one is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.landscape import map_gestures
from desktop_kb.gui.landscape.camera import Camera
from desktop_kb.gui.landscape.lasso import inside
from desktop_kb.gui.landscape.map_gestures import Drag
from desktop_kb.gui.landscape.overlay import Overlay, OverlayPainter, paint_lasso
from desktop_kb.gui.landscape.scene import Scene, draw
from desktop_kb.records import Frame

#: The picture reaches beyond the widget by so much of it on each side, so that a drag shows land.
_BEYOND: Final = 0.16
#: A click or the mouse means the nearest dot within so many pixels.
_REACH: Final = 11.0
_STEP: Final = 1.5

Call = Callable[[Callable[[], Any], Callable[[Any], None]], None]


class LandscapeMap(QWidget):
    """Shows a scene with an overlay; says which passage, by its position, the mouse is at or has chosen."""

    #: the mouse is at this passage; None: at none
    hovered = Signal(object)
    chosen = Signal(int)
    #: bool (n,), which passages were drawn around
    lassoed = Signal(object)
    #: a passage or None, a point of the screen
    menu_requested = Signal(object, object)
    moved = Signal()

    def __init__(self, call: Call, parent: QWidget | None = None) -> None:
        """`call` runs its first argument on a thread, and the second with the result on this one."""
        super().__init__(parent)
        self._call = call
        self.scene: Scene | None = None
        self.camera = Camera(0, 0, 1)
        self.over = OverlayPainter()
        self.lasso = False  # whether a drag draws one
        self._fits = True  # whether all is in sight, also after a change of size
        self._picture: tuple[QImage, QRectF] | None = None  # and the part of the plane that it shows
        self._whole: tuple[QImage, QRectF] | None = None  # the last one of all of it, for what another lacks
        self._drawing = self._outdated = False
        self._drag: Drag | None = None
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 200)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(720), theme.px(560))

    # --- what is shown

    def show_scene(self, scene: Scene) -> None:
        """Show a scene; the camera stays where it is unless the frame has changed."""
        before, self.scene = self.scene, scene
        if before is None or before.hills.frame != scene.hills.frame:
            self._whole = self._picture = None
            if before is None or self._fits:
                self.fit()
            else:
                self.go(self.camera)
        self._request()

    def show_overlay(self, overlay: Overlay) -> None:
        """Show this over the land."""
        self.over.overlay = overlay
        self.update()

    @property
    def drawn(self) -> bool:
        """Whether the picture is that of the scene and the camera."""
        return not (self._drawing or self._outdated)

    @property
    def nearness(self) -> float:
        """How many times as near as all of the map one is."""
        return self.camera.scale / self._scale_of_all()

    # --- the camera

    def fit(self) -> None:
        """Show all of it."""
        if self.scene is not None:
            self._look(Camera.over(self._frame, self._size), fits=True)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Come nearer, `factor` times; what is at a pixel, at first in the middle, stays there."""
        self.go(self.camera.nearer(factor, at or QRectF(self.rect()).center(), self._size))

    def step(self, nearer: int) -> None:
        """Come nearer by a step, or farther by -1."""
        self.zoom(_STEP**nearer)

    def go(self, camera: Camera) -> None:
        """Look from there, as far as it makes sense."""
        if self.scene is not None:
            self._look(camera.within(self._frame, self._size), fits=False)

    def show_place(self, x: float, y: float) -> None:
        """Bring a point of the plane into sight; nothing moves if it is there."""
        at = self.camera.pixel(x, y, self._size)
        if not QRectF(self.rect()).adjusted(40, 40, -40, -40).contains(at):
            self.go(Camera(x, y, self.camera.scale))

    def _look(self, camera: Camera, *, fits: bool) -> None:
        self._fits = fits
        if camera != self.camera:
            self.camera = camera
            self._request()
            self.moved.emit()
        self.update()

    @property
    def _size(self) -> QSizeF:
        return QSizeF(self.size())

    @property
    def _frame(self) -> Frame:
        assert self.scene is not None
        return self.scene.hills.frame

    def _scale_of_all(self) -> float:
        return Camera.over(self._frame, self._size).scale if self.scene is not None else 1.0

    # --- the picture

    def _request(self) -> None:
        """Have the picture drawn; while one is, the next waits, and is then of what is shown by that time."""
        if self.scene is None or not self.isVisible():
            self._outdated = self.scene is not None
        elif self._drawing:
            self._outdated = True
        else:
            self._drawing, self._outdated = True, False
            scene, ratio = self.scene, self.devicePixelRatioF()
            wide, high = self.width() * (1 + 2 * _BEYOND), self.height() * (1 + 2 * _BEYOND)
            part = self.camera.part(QSizeF(wide, high))
            width, height = max(1, round(wide * ratio)), max(1, round(high * ratio))
            fits = self._fits
            self._call(
                lambda: draw(scene, part, width, height, ratio), lambda made: self._arrived(made, part, fits)
            )

    def _arrived(self, picture: QImage, part: QRectF, fits: bool) -> None:
        self._drawing = False
        self._picture = picture, part
        if fits:
            self._whole = self._picture
        if self._outdated:
            self._request()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().background)
        if self.scene is None:
            return
        seen = self.camera.part(self._size)
        if self._whole is not None and (self._picture is None or not self._picture[1].contains(seen)):
            self._paint_picture(painter, *self._whole)
        if self._picture is not None:
            self._paint_picture(painter, *self._picture)
        taken = [QRectF(child.geometry()) for child in self._children_over()]
        if not self.over.paint(painter, self.camera, self._scale_of_all(), self._size, taken):
            self.update()
        if self._drag is not None and self._drag.lasso and self._drag.far:
            paint_lasso(painter, self._drag.trace)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.current().accent, 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_picture(self, painter: QPainter, picture: QImage, part: QRectF) -> None:
        corner = self.camera.pixel(part.left(), part.top(), self._size)
        size = QSizeF(part.width() * self.camera.scale, part.height() * self.camera.scale)
        ratio = picture.devicePixelRatio()
        if abs(size.width() * ratio - picture.width()) < 0.5:
            painter.drawImage(
                QPointF(round(corner.x() * ratio) / ratio, round(corner.y() * ratio) / ratio), picture
            )
        else:
            painter.drawImage(QRectF(corner, size), picture)

    def _children_over(self) -> Sequence[QWidget]:
        return [child for child in self.children() if isinstance(child, QWidget) and child.isVisible()]

    # --- the hand

    def passage_at(self, at: QPointF) -> int | None:
        """The position of the passage whose dot is nearest to a pixel; None if none is near."""
        if self.scene is None or not len(self.scene.places):
            return None
        away = self.camera.pixels(self.scene.places, self._size) - np.array((at.x(), at.y()), np.float32)
        squares = np.einsum("ij,ij->i", away, away)
        if self.scene.lit is not None:  # pale ones are in the background
            squares = np.where(self.scene.lit, squares, squares * 4 + 16)
        nearest = int(squares.argmin())
        return nearest if squares[nearest] <= theme.px(_REACH) ** 2 else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.scene is not None:
            self._drag = Drag(event, lasso=self.lasso)
            self._hover(None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            self._hover(self.passage_at(event.position()))
            return
        by = self._drag.move(event.position())
        if self._drag.lasso:
            self.update()
        elif not by.isNull():
            self.go(self.camera.moved(by))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is None or event.button() != Qt.MouseButton.LeftButton or self.scene is None:
            return
        if drag.far and drag.lasso:
            corners = [self.camera.plane(at, self._size) for at in drag.trace]
            around = np.array([(at.x(), at.y()) for at in corners], np.float32)
            self.lassoed.emit(inside(self.scene.places, around))
            self.update()
        elif not drag.far and (passage := self.passage_at(event.position())) is not None:
            self.chosen.emit(passage)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.passage_at(event.position()) is None:
            self.zoom(_STEP**2, event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, passage: int | None) -> None:
        if passage != self._at:
            self._at = passage
            over = passage is not None and not self.lasso
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else self._shape())
            self.hovered.emit(passage)

    def set_lasso(self, lasso: bool) -> None:
        """Whether a drag draws a lasso, or moves the map."""
        self.lasso = lasso
        self.setCursor(self._shape())

    def _shape(self) -> Qt.CursorShape:
        return Qt.CursorShape.CrossCursor if self.lasso else Qt.CursorShape.ArrowCursor

    def wheelEvent(self, event: QWheelEvent) -> None:
        if map_gestures.slides(event):
            self.go(self.camera.moved(QPointF(event.pixelDelta())))
        else:
            self.zoom(map_gestures.factor_of(event), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if (pinch := map_gestures.pinch_of(event)) is not None:
            self.zoom(*pinch)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        stride = map_gestures.stride_of(event)
        if nearer := map_gestures.steps_nearer(event):
            self.step(nearer)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif stride is not None:
            self.go(self.camera.moved(QPointF(stride.x() * self.width(), stride.y() * self.height())))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        asked = self.passage_at(QPointF(event.pos()))
        self.menu_requested.emit(asked, event.globalPos())

    # --- coming and going

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fits:
            self.fit()
        self._request()

    def showEvent(self, event: QEvent) -> None:
        self._request()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
