"""A drawing (SVG) as a picture (PNG), without a window."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

from desktop_kb.gui.application import application_in_memory


def as_png(drawing: bytes) -> bytes:
    """The picture of a drawing, in twice its size."""
    application_in_memory()
    renderer = QSvgRenderer(QByteArray(drawing))
    picture = QImage(renderer.defaultSize() * 2, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(buffer.data().data())
