"""What the library view is asked to show, and what it says where there is nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from desktop_kb.gui.targets import EVERYTHING, FAILED, GONE, TRASH, Target
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document

#: The documents of the places that gather what needs the person.
GATHERED: Final[Mapping[Target, Callable[[Document], bool]]] = {
    FAILED: lambda document: document.status == "failed",
    GONE: lambda document: document.gone,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The query for the rows: the entry of the side bar, the text of the search box and its chips."""

    target: Target = EVERYTHING
    text: str = ""
    filters: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """It as one line."""
        place = self.target.value if self.target.kind == "filter" else ""
        return " ".join([*self.filters, place, self.text])

    def why_empty(self) -> str:
        """What is said where no document is shown."""
        if self.text:
            said = tr("No title, path or tag holds '{words}'.", words=self.text)
            return said + "\n\n" + tr("Search finds it in the text: Ctrl+1.")
        if self.filters:
            return tr("No document matches the filters.")
        empty = {
            FAILED: tr("Every file could be read."),
            GONE: tr("Every file is where it was."),
            TRASH: tr("The trash is empty."),
        }
        return empty.get(self.target, tr("Nothing is here yet."))
