"""What every view of the window has in common."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QSplitter, QWidget

from desktop_kb.gui.targets import Target
from desktop_kb.records import Document


class View(QWidget):
    """One of the window's views. A new one overrides what it needs; `views.VIEWS` lists them all.

    A base class, not a protocol: a view is a widget as well, which no protocol can require.
    """

    @property
    def drawn(self) -> bool:
        """Whether everything that was asked for is shown."""
        return True

    def show_library(self, documents: Sequence[Document]) -> None:
        """The library holds these documents now. Called whether or not the view is in sight."""

    def show_document(self, document: str) -> None:
        """Show a single document, by its id; only for a view whose row says that it can."""

    def narrow(self, target: Target, text: str, filters: Sequence[str]) -> None:
        """The side bar or the box asks for something else, or the view comes into sight.

        Args:
            text: the text of the box without the filters.
        """

    def current_document(self) -> str | None:
        """The id of the document that is selected or shown."""
        return None

    def open_in_system(self) -> None:
        """Open the file of the current document in the system's viewer."""

    def close_preview(self) -> bool:
        """Close a preview that covers the view; False if there is none."""
        return False

    def splitters(self) -> dict[str, QSplitter]:
        """The view's columns, whose widths are remembered under these names."""
        return {}
