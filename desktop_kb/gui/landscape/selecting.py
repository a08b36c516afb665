"""What is selected on the map, by whatever means, and what is done with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.announce import announce
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.finding import Find, Mask, documents_of, found, passages_of, still
from desktop_kb.gui.landscape.picture import Picture
from desktop_kb.gui.landscape.selection_bar import SelectionBar
from desktop_kb.gui.library.changes import Changes
from desktop_kb.gui.search.taking import save_hits
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import ask_line
from desktop_kb.records import Document, Filter, Hit, Landscape

#: Passages that are saved in a file at once.
_SAVED: Final = 500
#: The actions that need a selection.
_NEED_IT: Final = ("search-inside", "save-selected", "add-tag")


class Selecting(QObject):
    """Selects passages, says so in the bar, and tags, saves or searches what is selected."""

    #: a filter for the search box
    search_requested = Signal(str)
    #: why something could not be done
    said = Signal(str)

    def __init__(
        self, bridge: Bridge, picture: Picture, actions: ActionSet, bar: SelectionBar, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._bridge, self._picture, self._actions, self._bar = bridge, picture, actions, bar
        self._window = parent
        self.documents: Mapping[str, Document] = {}  # the library's, by their ids
        self._what = ""
        self.changes = Changes(bridge, parent)
        self.select(None)

    def select(self, passages: Mask | None, what: str = "", *, aloud: bool = False) -> None:
        """Select passages, bool (n,); none of them, or None, selects nothing.

        Args:
            what: they are called so.
            aloud: a screen reader says it.
        """
        land = self._picture.landscape
        if land is None or passages is None or not passages.any():
            passages = None
        self._picture.select(passages)
        self._what = what
        documents = len(documents_of(land, passages)) if land is not None and passages is not None else 0
        self._bar.show_selection(what, documents, 0 if passages is None else int(passages.sum()))
        for id in _NEED_IT:
            self._actions[id].setEnabled(passages is not None)
        if aloud and passages is not None:
            announce(self._window, self._bar.words.text())

    def stay(self, before: Landscape | None, passages: Mask | None) -> bool:
        """Select what was selected on an earlier landscape and is on this one; False if there is nothing of it."""
        land = self._picture.landscape
        if before is not None and land is not None and passages is not None:
            self.select(still(before, passages, land), self._what)
        return self._picture.selected is not None

    def around(self, passages: Mask) -> None:
        """Select what was drawn around, of what the filters let through."""
        within = self._picture.within
        self.select(passages if within is None else passages & within, tr("Drawn around"), aloud=True)

    def groups(self, groups: Sequence[int]) -> None:
        """Select what has one of these colours."""
        self.select(self._picture.of_groups(groups) if groups else None)

    def find(self, find: Find, name: str, read: Collection[str]) -> None:
        """Select the documents that stand out so; `read` are the ids of those that the person has opened."""
        land = self._picture.landscape
        if land is not None:
            documents = found(find, land, self.documents, read)
            self.select(passages_of(land, documents), name, aloud=True)
            if find and not documents:
                self.said.emit(tr("There is none."))

    def selected(self) -> list[Document]:
        """The documents of what is selected."""
        land, mask = self._picture.landscape, self._picture.selected
        if land is None or mask is None:
            return []
        ids = [land.documents[at].document for at in documents_of(land, mask)]
        return [self.documents[id] for id in ids if id in self.documents]

    def tag(self) -> None:
        """Ask for a tag, and give it to the documents."""
        documents = self.selected()
        if documents and (tag := (ask_line(self._window, tr("Tag"), self._bar.words.text()) or "").strip()):
            self.changes.tag(documents, [tag])

    def search_inside(self) -> None:
        """Search in the documents alone."""
        if ids := [document.document for document in self.selected()]:
            self.search_requested.emit(Filter.written("document", ",".join(ids)))

    def save(self) -> None:
        """Save the passages in a file of one's choice."""
        land, mask, kb = self._picture.landscape, self._picture.selected, self._bridge.kb
        if land is None or mask is None:
            return
        keys = [land.key(int(at)) for at in np.flatnonzero(mask)[:_SAVED]]

        def save(hits: list[Hit]) -> None:
            if failed := save_hits(self._window, hits, self.documents):
                self.said.emit(failed)

        self._bridge.call(lambda: [kb.passage(*key) for key in keys], save)
