"""Turns a drop or paste into files: files and folders directly, text and HTML as a new note.

A drop is always accepted as a copy, whatever its source proposes: on a move, the source would delete the
original.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from desktop_kb.files import private
from desktop_kb.formats import HTML, MARKDOWN
from desktop_kb.gui import theme
from desktop_kb.gui.translation import tr
from desktop_kb.kb.new_notes import make_folder


def acceptable(data: QMimeData) -> bool:
    """Whether this data has anything that can be added: local files, text or HTML."""
    return any(url.isLocalFile() for url in data.urls()) or data.hasText() or data.hasHtml()


def files_of(data: QMimeData, notes: Path) -> list[Path]:
    """The local files in this data. If there are none, its text or HTML is written to a new file in
    `notes`."""
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if files:
        return files
    html, text = data.html(), data.text().strip()
    if not (html or text):
        return []
    make_folder(notes)
    stem = " ".join("".join(c if c.isalnum() else " " for c in text[:60]).split())[:40].strip()
    stem = stem or datetime.now().astimezone().strftime("%Y-%m-%d %H-%M-%S")
    suffix = (HTML if html else MARKDOWN).suffixes[0]
    path = notes / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = notes / f"{stem} {number}{suffix}"
        number += 1
    with open(path, "x", encoding="utf-8", opener=private) as file:
        file.write(html or text)
    return [path]


def take_copy(event: QDropEvent) -> None:
    """Accept a drag or drop as a copy: after a move, the file manager would delete the original."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


class CopiesDrops(QObject):
    """Makes a text field accept drops as copies, except from itself. Qt would accept the proposed action."""

    def __init__(self, field: QLineEdit | QPlainTextEdit) -> None:
        super().__init__(field)
        self._field = field
        self._target = field.viewport() if isinstance(field, QPlainTextEdit) else field
        self._target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the field handle the drop, then set the action to Copy."""
        if not isinstance(event, QDropEvent) or event.source() is self._target:
            return super().eventFilter(watched, event)
        if isinstance(self._field, QPlainTextEdit):
            self._field.viewportEvent(event)
        else:
            self._field.event(event)
        if event.isAccepted():
            take_copy(event)
        return True


class DropOverlay(QWidget):
    """Covers its window while files or text are dragged over it, and passes on what is dropped."""

    dropped = Signal(object)  # QMimeData

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        parent.setAcceptDrops(True)
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what is dragged over the window."""
        if isinstance(event, QDragEnterEvent):
            if acceptable(event.mimeData()):
                take_copy(event)
                self.raise_()
                self.show()
            return True
        if event.type() == QEvent.Type.DragLeave:
            self.hide()
        elif event.type() == QEvent.Type.Resize:
            self.setGeometry(self.window().rect())
        elif event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            self.hide()
            take_copy(event)
            self.dropped.emit(event.mimeData())
            return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = colours.background
        ground.setAlphaF(0.92)
        painter.fillRect(self.rect(), ground)
        box = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        painter.setPen(QPen(colours.accent, 2, Qt.PenStyle.DashLine))
        painter.setBrush(colours.accent_ground)
        painter.drawRoundedRect(box, theme.RADIUS_CARD, theme.RADIUS_CARD)
        painter.setPen(colours.ink)
        painter.setFont(theme.font(theme.HEADING))
        painter.drawText(
            box.adjusted(0, 0, 0, -40), Qt.AlignmentFlag.AlignCenter, tr("Drop to add to the library")
        )
        painter.setPen(colours.ink)
        painter.setFont(theme.font())
        painter.drawText(
            box.adjusted(0, 40, 0, 0),
            Qt.AlignmentFlag.AlignCenter,
            tr("PDFs are copied; notes stay where they are."),
        )
