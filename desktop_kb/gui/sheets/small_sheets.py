"""The small sheets: keyboard shortcuts, and 'About' with diagnostics for a bug report."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from PySide6 import __version__ as qt
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_kb import __version__
from desktop_kb.gui.actions import ACTIONS, AREAS, Area, keys_text
from desktop_kb.gui.translation import tr
from desktop_kb.gui.views import VIEWS
from desktop_kb.gui.widgets import Scroll, button, fit_screen, label
from desktop_kb.kb import Status
from desktop_kb.sentences import size_text


def keys() -> Iterator[tuple[Area, str, str]]:
    """All keyboard shortcuts: the area where each works, its keys, and its action in English."""
    for area in AREAS:
        for row in ACTIONS:
            if row.keys and row.areas[0] == area:
                yield area, keys_text(row.keys), row.text
        if area == "window":
            yield from ((area, keys_text(entry.keys), entry.label) for entry in VIEWS)


def show_keys(parent: QWidget) -> None:
    """Show all keyboard shortcuts."""
    inner = QWidget()
    grid = QGridLayout(inner)
    grid.setContentsMargins(0, 0, 4, 0)
    grid.setHorizontalSpacing(28)
    shown: Area | None = None
    for area, written, does in keys():
        row = grid.rowCount()
        if area != shown:
            grid.addWidget(label(tr(AREAS[area]), "section"), row, 0, 1, 2)
            shown, row = area, row + 1
        grid.addWidget(label(written, "keycap"), row, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(label(tr(does)), row, 1)
    _open(parent, tr("Keyboard shortcuts"), inner)


def show_about(parent: QWidget, status: Status | None) -> None:
    """Show 'About', with diagnostics to copy."""
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(label("Desktop KB", "heading"))
    text = diagnostics(status)
    column.addWidget(label(text, "quiet"))
    copy = button(tr("Copy"), lambda: QGuiApplication.clipboard().setText(text))
    _open(parent, tr("About"), inner, copy)


def diagnostics(status: Status | None) -> str:
    """The diagnostics for a bug report: versions and counts, but no file names and no text."""
    lines = [
        f"Desktop KB {__version__}",
        f"Python {platform.python_version()}, PySide6 {qt}",
        platform.platform(),
    ]
    if status is not None:
        s = status
        lines.append(
            f"{s.documents} documents, {s.failed} failed, {s.chunks} passages, {size_text(s.size_bytes)}"
        )
        lines.append(f"model {s.model}, device {s.device or 'not loaded'}, coverage {s.coverage}")
    return "\n".join(lines)


def _open(parent: QWidget, title: str, inner: QWidget, *buttons: QPushButton) -> None:
    sheet = QDialog(parent)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    sheet.setWindowTitle(title)
    column = QVBoxLayout(sheet)
    column.setContentsMargins(28, 24, 28, 24)
    column.addWidget(Scroll(inner, title), 1)
    row = QHBoxLayout()
    row.addStretch(1)
    for made in (*buttons, button(tr("Close"), sheet.close, "primary")):
        row.addWidget(made)
    column.addLayout(row)
    wanted = sheet.sizeHint()
    fit_screen(sheet, wanted.width(), wanted.height())
    sheet.open()
