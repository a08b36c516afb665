"""The base class of the window's views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.targets import Target
from desktop_kb.records import Document, Hit, Spot


class Remembered(Protocol):
    """What has a state that can be saved: a splitter, the header of a table."""

    def saveState(self) -> QByteArray:
        """Its state."""

    def restoreState(self, state: QByteArray) -> bool:
        """Take over a state; False if it is not one of its own."""


class View(QWidget):
    """One of the window's views. A new view overrides the methods that it needs; `views.VIEWS` lists all.

    A base class, not a protocol, because a view must also be a QWidget and a protocol cannot require that.
    """

    @property
    def drawn(self) -> bool:
        """Whether everything that was requested is shown."""
        return True

    def show_library(self, documents: Sequence[Document]) -> None:
        """Take over the library's current documents. Called whether or not the view is visible."""

    def show_document(self, document: str) -> None:
        """Show a single document, by its id. Called only if the view's row lists `document` in `shows`."""

    def filter(self, target: Target, text: str, filters: Sequence[str]) -> None:
        """Restrict the view to what the side bar and the box ask for. Called when that changes, and when the
        view is shown.

        Args:
            text: the text of the box without its filters.
        """

    def action_sets(self) -> Sequence[ActionSet]:
        """What can be done in it, what belongs to its innermost part first."""
        return ()

    def current_document(self) -> str | None:
        """The id of the document that is selected or shown."""
        return None

    def open_in_system(self) -> None:
        """Open the file of the current document in the system's viewer."""

    def show_related(self, spot: Spot) -> None:
        """Show the passages related to one. Called only if the view's row lists `passage` in `shows`."""

    def show_passage(self, wanted: Hit | Document) -> None:
        """Read a passage, or a document, that no question has found. Called only if the view's row lists `passage` in
        `shows`."""

    def take_keys(self) -> None:
        """Called when the person has come here by a key: what the keys are for here gets them. They stay in the box,
        unless a view does otherwise."""

    def await_hit(self, hit: Hit) -> None:
        """Read a hit that was chosen elsewhere, once the question that was just asked is answered. Called only if
        the view's row lists `question` in `shows`."""

    def step_back(self) -> bool:
        """Undo the innermost thing that Esc undoes in this view; False if there is none."""
        return self.close_preview()

    def close_preview(self) -> bool:
        """Close a preview that covers the view; False if there is none."""
        return False

    def remembered(self) -> Mapping[str, Remembered]:
        """What the window remembers of the view from one start to the next, such as widths of columns."""
        return {}
