"""The queries that a person has saved in one library."""

from __future__ import annotations

import json
from typing import Final

from PySide6.QtCore import QObject, QSettings, Signal

from desktop_kb.gui.loaded import Library
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.side_bar import SideBar
from desktop_kb.gui.window_state import WindowState

#: Where they were kept when each library showed those of all.
_OF_ALL: Final = "saved"


class SavedSearches(QObject):
    """Kept with the window's state, by the library's id; none until it is known which library it is. The side bar
    shows them."""

    changed = Signal()

    def __init__(self, state: QSettings, box: SearchBox, side_bar: SideBar) -> None:
        super().__init__(side_bar)
        self._state, self._box, self._side_bar = state, box, side_bar
        self._library: Library | None = None
        self.queries: list[str] = []
        side_bar.forgotten.connect(self.toggle)

    def show(self, library: Library) -> None:
        """Show the places of the library in the side bar, with those that were saved in it."""
        if self._library is None:
            self.queries = self._load(library.status.id)
            if self.queries:
                self.changed.emit()
        self._library = library
        self._side_bar.show_library(library, self.queries)

    def _load(self, library: str) -> list[str]:
        """Those of a library, by its id; until it has its own, those that all had."""
        name = f"saved-{library}" if self._state.contains(f"saved-{library}") else _OF_ALL
        return WindowState(self._state).words(name)

    def save(self) -> None:
        """Save the query in the box, or forget it if it is saved already. Filters alone, with the place that is chosen,
        are a smart group: it fills itself."""
        place = self._side_bar.target()
        within = place.value if place.kind == "filter" and not self._box.text().strip() else ""
        if query := " ".join(filter(None, (within, self._box.query()))):
            self.toggle(query)

    def toggle(self, query: str) -> None:
        """Save a query, or forget it if it is saved."""
        known = query in self.queries
        self.queries = [one for one in self.queries if one != query] if known else [*self.queries, query]
        if self._library is not None:
            self._state.setValue(f"saved-{self._library.status.id}", json.dumps(self.queries))
            self._side_bar.show_library(self._library, self.queries)
        self.changed.emit()
