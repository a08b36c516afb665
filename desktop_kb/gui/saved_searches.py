"""The queries that a person has saved in one library."""

from __future__ import annotations

import json
from typing import Final

from PySide6.QtCore import QObject, QSettings, Signal

from desktop_kb.gui.loaded import Library
from desktop_kb.gui.places import told
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.side_bar import SideBar
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import ask_line
from desktop_kb.gui.window_state import WindowState

#: Where they were kept when each library showed those of all.
_OF_ALL: Final = "saved"


class SavedSearches(QObject):
    """Kept with the window's state, by the library's id; none until it is known which library it is. The side bar
    shows them.

    `changed`: the person has saved or forgotten one.
    """

    changed = Signal()

    def __init__(self, state: QSettings, box: SearchBox, side_bar: SideBar) -> None:
        super().__init__(side_bar)
        self._state, self._box, self._side_bar = state, box, side_bar
        self._library: Library | None = None
        stored = WindowState(state)
        self._queries = {
            key: stored.words(key) for key in state.allKeys() if key.partition("-")[0] == _OF_ALL
        }
        self.names: dict[str, str] = {}
        side_bar.forgotten.connect(self.toggle)
        side_bar.rename_requested.connect(self.rename)

    @property
    def queries(self) -> list[str]:
        """Those of the library that is shown."""
        return self.of(self._library.status.id) if self._library is not None else []

    def of(self, library: str) -> list[str]:
        """Those of a library, by its id; until it has its own, those that all had. Any thread may ask."""
        return self._queries.get(_key(library), self._queries.get(_OF_ALL, []))

    def show(self, library: Library) -> None:
        """Show the places of the library in the side bar, with those that were saved in it."""
        if self._library is None:
            self.names = json.loads(str(self._state.value(f"named-{library.status.id}", "{}")))
        self._library = library
        self._side_bar.show_library(library, self.queries, self.names)

    def save(self) -> None:
        """Save the query in the box, or forget it if it is saved already. Filters alone, with the place that is chosen,
        are a smart group: it fills itself, and is asked its name."""
        place = self._side_bar.target()
        within = place.value if place.kind == "filter" and not self._box.text().strip() else ""
        query = " ".join(filter(None, (within, self._box.query())))
        if query and (query in self.queries or self._box.text().strip() or self.rename(query)):
            self.toggle(query)

    def toggle(self, query: str) -> None:
        """Save a query, or forget it if it is saved."""
        if self._library is None:
            return
        had = self.queries
        left = [one for one in had if one != query]
        if query in had:
            self.names.pop(query, None)
        self._queries[_key(self._library.status.id)] = left if query in had else [*had, query]
        self._keep()
        self.changed.emit()

    def rename(self, query: str) -> bool:
        """Ask for the name of a query; False if the person has cancelled it. Without one it is called what it is."""
        had = self.names.get(query) or told(query)
        name = ask_line(self._side_bar.window(), tr("Smart groups and searches"), tr("Its name"), text=had)
        if name is None:
            return False
        self.names[query] = name.strip()
        if name.strip() in ("", told(query)):
            del self.names[query]
        self._keep()
        return True

    def _keep(self) -> None:
        if self._library is not None:
            self._state.setValue(_key(self._library.status.id), json.dumps(self.queries))
            self._state.setValue(f"named-{self._library.status.id}", json.dumps(self.names))
            self._side_bar.show_library(self._library, self.queries, self.names)


def _key(library: str) -> str:
    return f"{_OF_ALL}-{library}"
