"""A text browser that loads nothing from disk or network except allowed pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.preview.note_pictures import IMAGE_WIDTH, fitted, picture


class SafeBrowser(QTextBrowser):
    """Shows rich text and loads nothing but allowed pictures: `data:` URLs and, with a `folder`, files in it.

    Qt's own loader opens `file:` and `//server/share` names. It also runs if `loadResource` returns nothing.
    Therefore a refused picture is replaced by an empty one.
    """

    link_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(
            "QTextBrowser { background: transparent; border: 2px solid transparent; padding: 0; }"
            "QTextBrowser:focus { border-color: palette(highlight); }"
        )
        self.anchorClicked.connect(lambda url: self.link_requested.emit(url.toString()))

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """The picture `name` if it is allowed, else an empty one; empty bytes for other kinds of resources."""
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return b""
        image = picture(QUrl(name), self.folder)
        if image is None:
            image = QImage(1, 1, QImage.Format.Format_ARGB32)
            image.fill(Qt.GlobalColor.transparent)
        return fitted(image, round(IMAGE_WIDTH * theme.scale()))
