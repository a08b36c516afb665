from __future__ import annotations

from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop_kb.gui.svg_picture import as_png


def test_a_drawing_becomes_a_picture_of_twice_its_size(qtbot: QtBot) -> None:
    drawing = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
        b'<rect width="40" height="20" fill="#ff0000"/></svg>'
    )
    picture = QImage.fromData(as_png(drawing))
    assert (picture.width(), picture.height()) == (80, 40)
    assert picture.pixelColor(40, 20) == QColor("#ff0000")
