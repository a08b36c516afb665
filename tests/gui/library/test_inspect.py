from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.library.inspect import Inspect
from desktop_kb.records import Inspection, Passage


def _inspection(curve: list[float]) -> Inspection:
    chunks = tuple(
        Passage(n * 10, n * 10 + 9, None, None, ("Part",), 40 * (n + 1), f"passage {n}", 1.0,
              np.array([(n * 10, n * 10 + 4), (n * 10 + 5, n * 10 + 9)], np.int32))
        for n in range(3)
    )  # fmt: skip
    sentences = tuple(f"sentence {n}" for n in range(6))
    return Inspection("id", "A title", "m", chunks, np.array(curve, np.float32), (1, 3), sentences)


def _shown(bridge: Bridge, qtbot: QtBot, curve: list[float]) -> Inspect:
    widget = Inspect(bridge)
    qtbot.addWidget(widget)
    widget.resize(600, 700)
    widget.show(_inspection(curve))
    return widget


def _columns(picture: QImage, name: str) -> set[int]:
    color = getattr(theme.current(), name)
    return {
        x
        for x in range(picture.width())
        for y in range(picture.height())
        if picture.pixelColor(x, y) == color
    }


def test_each_chunk_is_shown_and_asks_for_its_like(bridge: Bridge, qtbot: QtBot) -> None:
    widget = _shown(bridge, qtbot, [0.5, 0.1, 0.6, 0.2, 0.7])
    texts = {label.text() for label in widget.findChildren(QLabel)}
    assert {"passage 0", "passage 1", "passage 2"} <= texts
    similar = [b for b in widget.findChildren(QPushButton) if b.accessibleName()]
    with qtbot.waitSignal(widget.similar_requested) as asked:
        similar[1].click()
    assert asked.args == ["id", 10, 19]


def test_the_cuts_are_drawn_where_they_are(bridge: Bridge, qtbot: QtBot) -> None:
    widget = _shown(bridge, qtbot, [0.5, 0.1, 0.6, 0.2, 0.7])
    found = _columns(widget.curve.grab().toImage(), "attention")
    for cut in (1, 3):
        assert any(abs(x - widget.curve.gap_x(cut)) <= 4 for x in found)
    assert not any(abs(x - widget.curve.gap_x(2)) <= 4 for x in found)


def test_without_similarities_there_is_no_curve(bridge: Bridge, qtbot: QtBot) -> None:
    assert _columns(_shown(bridge, qtbot, [0.5, 0.1, 0.6, 0.2, 0.7]).curve.grab().toImage(), "accent")
    assert not _columns(_shown(bridge, qtbot, [float("nan")] * 5).curve.grab().toImage(), "accent")


def test_a_press_on_the_curve_chooses_a_chunk(bridge: Bridge, qtbot: QtBot) -> None:
    widget = _shown(bridge, qtbot, [0.5, 0.1, 0.6, 0.2, 0.7])
    from PySide6.QtCore import QPoint, Qt

    with qtbot.waitSignal(widget.curve.passage_chosen) as chosen:
        place = QPoint(round(widget.curve.gap_x(1)) + 10, 40)
        qtbot.mouseClick(widget.curve, Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [1]
