"""Names do not cover each other, and there are more of them from near."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.camera import Camera
from desktop_kb.gui.landscape.labels import Lettering, Name, place, size_of
from desktop_kb.gui.landscape.overlay import Overlay, OverlayPainter
from desktop_kb.records import Frame

HILLS = [f"a hill of many words {at}" for at in range(5)]
SHEET = QRectF(0, 0, 400, 300)


def test_no_name_covers_another_and_the_first_has_the_best_place() -> None:
    names = [Name(f"name {at}", 0, 0, 14) for at in range(40)]
    placed = place([(name, QPointF(120 + at * 3, 150 + at % 5)) for at, name in enumerate(names)], SHEET)
    assert placed[0].name is names[0]
    assert 2 <= len(placed) < len(names)
    assert not any(one.box.intersects(other.box) for one, other in combinations(placed, 2))
    assert all(SHEET.contains(one.box) for one in placed)


def test_a_name_keeps_out_of_what_is_taken() -> None:
    taken = QRectF(0, 100, 400, 100)
    placed = place([(Name("hill", 0, 0, 14), QPointF(200, 150))], SHEET, [taken])
    assert not any(one.box.intersects(taken) for one in placed)


def test_a_long_name_is_cut() -> None:
    assert size_of(Name("long " * 40, 0, 0, 14)).width() < 500


def _shown(nearness: float) -> list[str]:
    painter = OverlayPainter(
        Overlay(
            hills=[(name, 0.5, 0.5 + at / 190, 9 - at) for at, name in enumerate(HILLS)],
            titles=["A title", "Far away"],
            title_places=np.array([(0.485, 0.49), (0.02, 0.02)], np.float32),
        )
    )
    size, frame = QSizeF(500, 400), Frame(0, 0, 1, 1)
    whole = Camera.over(frame, size)
    canvas = QImage(500, 400, QImage.Format.Format_RGB32)
    brush = QPainter(canvas)
    painter.paint(brush, whole.nearer(nearness, QPointF(250, 200), size), whole.scale, size, [])
    brush.end()
    return [one.name.text for one in painter.placed]


def test_no_frame_makes_many_pictures_of_names(qapp: QApplication) -> None:
    letters, ink, rim = Lettering(), QColor("black"), QColor("white")
    placed = place([(Name(f"{at}", 0, 0, 12), QPointF(20 + at * 25, 150)) for at in range(14)], SHEET)
    canvas = QImage(400, 300, QImage.Format.Format_RGB32)
    brush = QPainter(canvas)
    drawn = [letters.draw(brush, placed, ink, rim) for _ in range(4)]
    brush.end()
    assert drawn == [False, False, False, True]


def test_from_near_there_are_more_names(qapp: QApplication) -> None:
    assert theme.current()
    far, near = _shown(1), _shown(20)
    assert far[0] == HILLS[0], "the largest"
    assert len(far) < len(HILLS)
    assert "A title" not in far
    assert {*near} == {*HILLS, "A title"}
