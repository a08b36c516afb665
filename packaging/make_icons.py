"""Draw the program's icon in the formats that systems ask for, from resources/icons/desktop-kb.svg.

    .venv/bin/python packaging/make_icons.py

PNG for the window and Linux, ICO for Windows (Microsoft, "Icons", PNG entries since Vista), ICNS
for macOS (a list of typed PNGs). Run it after a change of the drawing; the results are kept.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
ICNS_TYPES = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}


def drawn(drawing: Path, side: int) -> bytes:
    """The drawing as a square PNG, `side` pixels wide."""
    from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """A Windows icon of PNGs by width."""
    offset = 6 + 16 * len(pictures)
    directory, body = struct.pack("<HHH", 0, 1, len(pictures)), b""
    for side, png in pictures.items():
        # A width of 256 is written as 0.
        directory += struct.pack(
            "<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(png), offset + len(body)
        )
        body += png
    return directory + body


def icns(pictures: dict[int, bytes]) -> bytes:
    """A macOS icon of PNGs by width."""
    body = b"".join(
        ICNS_TYPES[side] + struct.pack(">I", 8 + len(png)) + png for side, png in pictures.items()
    )
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def main() -> None:
    """Write the three files."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    drawing = ICONS / "desktop-kb.svg"
    (ICONS / "desktop-kb.png").write_bytes(drawn(drawing, 256))
    (ICONS / "desktop-kb.ico").write_bytes(ico({side: drawn(drawing, side) for side in ICO_SIZES}))
    (ICONS / "desktop-kb.icns").write_bytes(icns({side: drawn(drawing, side) for side in ICNS_TYPES}))


if __name__ == "__main__":
    main()
