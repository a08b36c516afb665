"""The map under the hand: what a click, a drag, a wheel and a key do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lands import land
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.map_widget import LandscapeMap
from desktop_kb.gui.landscape.scene import Scene
from desktop_kb.gui.landscape.terrain import land_of

RED, BLUE = QColor("#ff0000"), QColor("#0000ff")


def _scene(lit: object = None) -> Scene:
    made = land()
    rows = made.passages
    look = theme.current()
    return Scene(made.hills, land_of(look), rows.places, rows.topics % 2, (RED, BLUE), look.panel, lit)  # type: ignore[arg-type]


def _at_once(work: Callable[[], Any], then: Callable[[Any], None]) -> None:
    then(work())


@pytest.fixture
def shown(qtbot: QtBot) -> LandscapeMap:
    made = LandscapeMap(_at_once)
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show()
    made.show_scene(_scene())
    return made


def _dot(shown: LandscapeMap, passage: int) -> QPoint:
    assert shown.scene is not None
    x, y = shown.scene.places[passage].tolist()
    return shown.camera.pixel(x, y, shown._size).toPoint()


def _alone(shown: LandscapeMap) -> int:
    """A passage whose dot no other touches."""
    assert shown.scene is not None
    pixels = shown.camera.pixels(shown.scene.places, shown._size)
    away = np.hypot(*(pixels[:, None] - pixels[None]).transpose(2, 0, 1))
    np.fill_diagonal(away, np.inf)
    return int(away.min(axis=1).argmax())


def test_each_dot_has_the_colour_of_its_group(shown: LandscapeMap) -> None:
    for passage in (_alone(shown), 9):
        shown.zoom(8, QPointF(_dot(shown, passage)))
        color = shown.grab().toImage().pixelColor(_dot(shown, passage))
        assert shown.scene is not None
        wanted = (RED, BLUE)[shown.scene.groups[passage]]
        assert (color.red() > 200, color.blue() > 200) == (wanted == RED, wanted == BLUE)
        shown.fit()


def test_what_is_not_lit_is_pale(shown: LandscapeMap) -> None:
    passage = _alone(shown)
    lit = np.ones(48, bool)
    lit[passage] = False
    shown.show_scene(_scene(lit))
    color = shown.grab().toImage().pixelColor(_dot(shown, passage))
    assert color.green() > 100, "neither red nor blue"


def test_a_click_chooses_the_dot_under_it_and_a_click_beside_it_nothing(
    shown: LandscapeMap, qtbot: QtBot
) -> None:
    chosen: list[int] = []
    shown.chosen.connect(chosen.append)
    passage = _alone(shown)
    qtbot.mouseClick(shown, Qt.MouseButton.LeftButton, pos=_dot(shown, passage) + QPoint(2, 1))
    qtbot.mouseClick(shown, Qt.MouseButton.LeftButton, pos=QPoint(3, 470))
    assert chosen == [passage]


def test_the_mouse_over_a_dot_is_told_once(shown: LandscapeMap, qtbot: QtBot) -> None:
    told: list[object] = []
    shown.hovered.connect(told.append)
    passage = _alone(shown)
    for by in (0, 1, 200):
        qtbot.mouseMove(shown, _dot(shown, passage) + QPoint(0, by) - QPoint(0, 400 if by == 200 else 0))
    assert told == [passage, None]


def _drag(shown: LandscapeMap, points: list[QPoint], modifiers: Qt.KeyboardModifier) -> None:
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(points) - 1)]
    for kind, at in zip((*kinds, QEvent.Type.MouseButtonRelease), (*points, points[-1]), strict=True):
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        buttons = (
            Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        )
        place = QPointF(at)
        event = QMouseEvent(kind, place, shown.mapToGlobal(place), button, buttons, modifiers)
        QApplication.sendEvent(shown, event)


def test_a_drag_moves_the_land(shown: LandscapeMap) -> None:
    before = _dot(shown, 0)
    _drag(shown, [QPoint(300, 200), QPoint(320, 210), QPoint(350, 230)], Qt.KeyboardModifier.NoModifier)
    assert _dot(shown, 0) - before == QPoint(50, 30)


@pytest.mark.parametrize("by_shift", [True, False])
def test_a_lasso_takes_the_dots_within_it(shown: LandscapeMap, by_shift: bool) -> None:
    taken: list[np.ndarray[Any, Any]] = []
    shown.lassoed.connect(taken.append)
    shown.set_lasso(not by_shift)
    tea = [_dot(shown, passage) for passage in range(8, 16)]  # the second document is on the second hill
    left, right = min(at.x() for at in tea) - 9, max(at.x() for at in tea) + 9
    top, bottom = min(at.y() for at in tea) - 9, max(at.y() for at in tea) + 9
    corners = [QPoint(left, top), QPoint(right, top), QPoint(right, bottom), QPoint(left, bottom)]
    shift = Qt.KeyboardModifier.ShiftModifier if by_shift else Qt.KeyboardModifier.NoModifier
    before = shown.camera
    _drag(shown, corners, shift)
    (mask,) = taken
    assert mask[8:16].all()
    assert not mask[:8].any()
    assert shown.camera == before


def _wheel(shown: LandscapeMap, turn: int, at: QPointF, phase: Qt.ScrollPhase, pixels: QPoint) -> None:
    nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, shown.mapToGlobal(at), pixels, QPoint(0, turn), *nothing, phase, False)
    QApplication.sendEvent(shown, event)


def test_the_wheel_brings_nearer_and_two_fingers_slide(shown: LandscapeMap) -> None:
    at = QPointF(100, 120)
    before, scale = shown.camera.plane(at, shown._size), shown.camera.scale
    _wheel(shown, 120, at, Qt.ScrollPhase.NoScrollPhase, QPoint())
    assert shown.camera.scale > scale * 1.2
    assert (shown.camera.plane(at, shown._size) - before).manhattanLength() < 1e-6
    scale, dot = shown.camera.scale, _dot(shown, 0)
    _wheel(shown, 30, at, Qt.ScrollPhase.ScrollUpdate, QPoint(0, 12))
    assert shown.camera.scale == scale
    assert _dot(shown, 0) == dot + QPoint(0, 12)


def test_a_pinch_brings_nearer(shown: LandscapeMap) -> None:
    scale, at = shown.camera.scale, QPointF(100, 120)
    pad = QPointingDevice.primaryPointingDevice()
    zoom = Qt.NativeGestureType.ZoomNativeGesture
    event = QNativeGestureEvent(zoom, pad, 2, at, at, shown.mapToGlobal(at), 0.5, QPointF())
    QApplication.sendEvent(shown, event)
    assert shown.camera.scale == pytest.approx(scale * 1.5)


def test_keys_move_the_map_and_letters_are_left_to_the_window(shown: LandscapeMap, qtbot: QtBot) -> None:
    whole = shown.camera
    qtbot.keyClick(shown, Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)
    assert shown.nearness > 1.4
    dot = _dot(shown, 0)
    qtbot.keyClick(shown, Qt.Key.Key_Right)
    assert _dot(shown, 0).x() < dot.x()
    qtbot.keyClick(shown, Qt.Key.Key_Minus)
    qtbot.keyClick(shown, Qt.Key.Key_0)
    assert shown.camera == whole


def test_after_a_change_of_size_all_of_it_is_still_in_sight(shown: LandscapeMap) -> None:
    shown.resize(300, 600)
    QApplication.sendPostedEvents()
    frame = land().hills.frame
    part = shown.camera.part(shown._size)
    assert part.left() <= frame.left + 1e-3
    assert part.right() >= frame.right - 1e-3


def test_while_a_picture_is_drawn_the_last_one_moves_along(qtbot: QtBot) -> None:
    """The window waits for nothing: another picture is asked for once the first is there, and only the newest."""
    asked: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []
    shown = LandscapeMap(lambda work, then: asked.append((work, then)))
    qtbot.addWidget(shown)
    shown.resize(320, 240)
    shown.show()
    shown.show_scene(_scene())
    for _ in range(5):
        shown.step(1)
    assert len(asked) == 1
    drawn = [shown.drawn]
    shown.grab()
    work, then = asked.pop()
    then(work())
    (last,) = asked
    last[1](last[0]())
    assert [*drawn, shown.drawn] == [False, True]
    assert len(asked) == 1
