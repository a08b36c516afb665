"""The small sheets: the keys, and about with what a report of a fault needs."""

from __future__ import annotations

import platform

from PySide6 import __version__ as qt
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from desktop_kb import __version__
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.inference.installed import size_text
from desktop_kb.kb import Status

KEYS = (
    ("Ctrl+K / Ctrl+F", "Search"),
    ("Up / Down", "Previous and next hit"),
    ("Enter", "Open in the preview"),
    ("Ctrl+Enter", "Open in the system's viewer"),
    ("Space", "Quick look at a document in the library"),
    ("Del", "Remove the selected documents"),
    ("Ctrl+N", "New note"),
    ("Ctrl+E", "Edit the note"),
    ("Ctrl+O", "Add files"),
    ("Ctrl+V", "Paste into the library"),
    ("Ctrl+1 … Ctrl+3", "Search, library, inspect"),
    ("Ctrl+I", "Inspect the document"),
    ("Ctrl+,", "Settings"),
    ("F5", "Look for changed files and index them"),
    ("Esc", "Back one step"),
    ("F1", "These keys"),
)


def show_keys(parent: QWidget) -> None:
    """The keys on one sheet."""
    sheet = _sheet(parent, tr("Keys"))
    grid = QGridLayout(sheet)
    grid.setContentsMargins(28, 24, 28, 24)
    grid.setHorizontalSpacing(28)
    for row, (keys, does) in enumerate(KEYS):
        grid.addWidget(label(keys, "keycap"), row, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(label(tr(does)), row, 1)
    sheet.open()


def show_about(parent: QWidget, status: Status | None) -> None:
    """About, with diagnostics to copy."""
    sheet = _sheet(parent, tr("About"))
    column = QVBoxLayout(sheet)
    column.setContentsMargins(28, 24, 28, 24)
    column.addWidget(label("Desktop KB", "heading"))
    text = diagnostics(status)
    column.addWidget(label(text, "quiet"))
    copy = button(tr("Copy"), lambda: QGuiApplication.clipboard().setText(text))
    column.addWidget(copy, 0, Qt.AlignmentFlag.AlignRight)
    sheet.open()


def diagnostics(status: Status | None) -> str:
    """What a report of a fault needs: versions and counts, no names and no text."""
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


def _sheet(parent: QWidget, title: str) -> QDialog:
    sheet = QDialog(parent)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    sheet.setWindowTitle(title)
    return sheet
