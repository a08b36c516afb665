"""The menu of a dot, or of a document in the list, and which passage it is about."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.landscape.finding import first_passage
from desktop_kb.gui.landscape.picture import Picture
from desktop_kb.gui.landscape.topic_list import Chosen, TopicList
from desktop_kb.records import Spot


class DotMenu:
    """Opens the menu of the landscape; what its actions are about is asked here."""

    def __init__(
        self, actions: ActionSet, picture: Picture, listed: TopicList, offer: Callable[[Spot | None], None]
    ) -> None:
        """`offer` allows what else can be done at a passage."""
        self._actions, self._picture, self._list, self._offer = actions, picture, listed, offer
        self._passage: int | None = None  # that a menu is open for

    @property
    def spot(self) -> Spot | None:
        """The passage that a menu is open for, else the first of the document that the list is at."""
        land, at = self._picture.landscape, self._passage
        if at is None:
            at = self._first(self._list.current())
        return land.key(at) if land is not None and at is not None else None

    def on_map(self, passage: int | None, at: QPoint) -> None:
        """Open it for a dot, or for a place where none is."""
        if passage is not None:
            self._picture.point_at_passage(passage)
        self._open(passage, at)

    def in_list(self, chosen: Chosen, at: QPoint) -> None:
        """Open it for a row of the list."""
        self._open(self._first(chosen), at)

    def _first(self, chosen: Chosen) -> int | None:
        land = self._picture.landscape
        return first_passage(land, chosen.document) if land and chosen.document is not None else None

    def menu_for(self, passage: int | None) -> QMenu:
        """The menu of a passage, of which its actions are from now on; None: of what the list is at."""
        self._passage = passage
        self.refresh()
        return self._actions.fill(QMenu(self._owner()), "landscape")

    def _open(self, passage: int | None, at: QPoint) -> None:
        menu = self.menu_for(passage)
        menu.exec(at)
        menu.deleteLater()
        self._passage = None
        self.refresh()

    def refresh(self) -> None:
        """Allow what can be done at the passage that it is about."""
        for id in ("inspect", "open-outside"):
            self._actions[id].setEnabled(self.spot is not None)
        self._offer(self.spot)

    def _owner(self) -> QWidget:
        return self._list.window()
