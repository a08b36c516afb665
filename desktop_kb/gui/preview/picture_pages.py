"""Pictures as the pages of a PDF, so that the preview marks and zooms them as it does those of a scan."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QFile, QIODevice, QMarginsF, QObject, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter

from desktop_kb.records import Picture

_LONG_SIDE: Final = 842.0  # points, as the reader of pictures takes it


def pages_of(pictures: Iterable[Picture]) -> bytes:
    """A PDF with a page for each of these pictures."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    painter = QPainter()
    for picture in pictures:
        scale = _LONG_SIDE / max(picture.width, picture.height)
        size = QSizeF(picture.width * scale, picture.height * scale)
        exact = QPageSize.SizeMatchPolicy.ExactMatch
        writer.setPageSize(QPageSize(size, QPageSize.Unit.Point, "", exact))
        writer.setPageMargins(QMarginsF())
        if painter.isActive():
            writer.newPage()
        else:
            painter.begin(writer)
        grey = QImage.Format.Format_Grayscale8
        image = QImage(picture.pixels, picture.width, picture.height, picture.width, grey)
        painter.drawImage(QRectF(0, 0, writer.width(), writer.height()), image)
    if painter.isActive():
        painter.end()
    return bytes(data.data())


def device_of(file: Path, drawn: bytes, owner: QObject) -> QIODevice:
    """What the PDF `drawn`, or if there is none the file, is read from.

    Read from our own QFile. Given a name, QPdfDocument keeps the file open after `close` (Qt 6.11), and on Windows
    nobody could delete or rename it.
    """
    if not drawn:
        return QFile(str(file), owner)
    buffer = QBuffer(owner)
    buffer.setData(drawn)
    return buffer
