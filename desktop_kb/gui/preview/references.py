"""Where a link in a document leads: to another document of the library, or to the web after a question."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop_kb.gui.preview.markdown_links import PAGE
from desktop_kb.gui.translation import tr
from desktop_kb.kb.noting import meant
from desktop_kb.records import Document

#: The schemes of links that the system's programs open, after a question.
WEB: Final = frozenset(("http", "https", "mailto"))


def referred(path: str, link: str, documents: Iterable[Document]) -> Document | None:
    """The document that a link in the file at `path` names: by its place from there on, or a note by its name."""
    if link.startswith(PAGE):
        name = link.removeprefix(PAGE).partition("#")[0]
        names = {*meant(name), *meant(name.rpartition("/")[2])}
        named = (
            one
            for one in documents
            if not names.isdisjoint((Path(one.path).stem.casefold(), one.title.casefold()))
        )
        return next(named, None)
    place = os.path.normpath(Path(path).parent / unquote(link.partition("#")[0]))
    return next((one for one in documents if place in one.places), None)


def open_in_browser(parent: QWidget, url: QUrl) -> None:
    """Ask before opening a link, because a link in a document may lead anywhere."""
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(tr("Open this link in your browser?"))
    box.setInformativeText(url.toString())
    box.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel)
    if box.exec() == QMessageBox.StandardButton.Open:
        QDesktopServices.openUrl(url)
