"""The table of the window's views. Only this module and the view's own module name a view.

The first view is shown at the start. The others are imported when they are first made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.unanswered import Unanswered
from desktop_kb.gui.links import Links
from desktop_kb.gui.notice import Notice
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.sheets.sheets import Sheets
from desktop_kb.gui.side_bar import SideBar
from desktop_kb.gui.targets import Kind, Target, related_to
from desktop_kb.gui.view import View


class Host(Protocol):
    """What a view needs from the window that contains it."""

    bridge: Bridge
    box: SearchBox
    notice: Notice
    sheets: Sheets
    side_bar: SideBar
    read: ReadPlaces
    links: Links

    def go(self, view: str) -> None:
        """Show a view, by its id."""

    def back(self) -> None:
        """Return to the previous view or state, as Esc does."""

    def open(self, target: Target) -> None:
        """Show a target in the view that can show it."""

    def edit(self, path: str) -> None:
        """Open a note in the editor."""

    def reload(self) -> None:
        """Reload the library."""


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """A row of the table.

    Attributes:
        id: its name in `gui --screenshot --view`.
        label: its name in English.
        keys: the keys that show it.
        make: creates the view and connects it with the window.
        shows: the kinds of target that it can show. A view of a single `document` has no segment in
            the switch; it covers the previous view, and Back returns to that one.
        only_answers: whether it has nothing to show without a question.
    """

    id: str
    label: str
    keys: tuple[str, ...]
    make: Callable[[Host], View]
    shows: frozenset[Kind]
    only_answers: bool = False

    @property
    def of_document(self) -> bool:
        """Whether it shows a single document."""
        return "document" in self.shows


def _search(host: Host) -> View:
    view = SearchView(host.bridge, host.box, host.read)
    view.inspect_requested.connect(lambda id: host.open(Target("document", id)))
    view.models_requested.connect(host.sheets.models)
    view.edit_requested.connect(host.edit)
    view.marker.done.connect(host.notice.tell)
    view.marker.changed.connect(host.reload)
    view.preview.link_requested.connect(host.links.follow_inside)
    host.side_bar.chosen.connect(view.follow)
    Unanswered(host.bridge, view)
    return view


def _library(host: Host) -> View:
    from desktop_kb.gui.library.library_view import LibraryView

    view = LibraryView(host.bridge, host.read)
    view.changes.changed.connect(host.reload)
    view.changes.done.connect(host.notice.tell)
    view.look.marked.connect(host.notice.tell)
    view.look.marks_changed.connect(host.reload)
    view.inspect_requested.connect(lambda id: host.open(Target("document", id)))
    view.edit_requested.connect(host.edit)
    return view


def _inspect(host: Host) -> View:
    from desktop_kb.gui.library.inspect import Inspect

    view = Inspect(host.bridge)
    view.shown.connect(lambda: host.go("inspect"))
    view.closed.connect(host.back)
    view.similar_requested.connect(lambda document, start, end: host.open(related_to(document, start, end)))
    return view


def _landscape(host: Host) -> View:
    from desktop_kb.gui.landscape.landscape_view import LandscapeView

    view = LandscapeView(host.bridge, host.read)
    view.selecting.changes.changed.connect(host.reload)
    view.selecting.changes.done.connect(host.notice.tell)
    view.beside.marker.done.connect(host.notice.tell)
    view.beside.marker.changed.connect(host.reload)
    view.beside.preview.link_requested.connect(host.links.follow_inside)
    view.inspect_requested.connect(lambda id: host.open(Target("document", id)))
    for ask in (lambda _query: host.go("search"), host.box.ask):
        view.search_requested.connect(ask)
    view.edit_requested.connect(host.edit)
    return view


VIEWS: Final = (
    ViewEntry("search", "Search", ("Ctrl+1",), _search, frozenset(("filter", "question", "passage")), True),
    ViewEntry("library", "Library", ("Ctrl+2",), _library, frozenset(("filter", "failed", "gone", "trash"))),
    ViewEntry("inspect", "Inspect", ("Ctrl+3",), _inspect, frozenset(("document",))),
    ViewEntry("landscape", "Landscape", ("Ctrl+4",), _landscape, frozenset(("filter", "question"))),
)


class Views:
    """The views of a window, by their ids; each is made when it is first needed.

    Attributes:
        made: those that there are.
    """

    def __init__(self, host: Host, take: Callable[[View], None]) -> None:
        """`take` is given each view that was made."""
        self._host, self._take = host, take
        self.made: dict[str, View] = {}

    def __getitem__(self, id: str) -> View:
        if id not in self.made:
            entry = next(entry for entry in VIEWS if entry.id == id)
            view = self.made[id] = entry.make(self._host)
            self._take(view)
        return self.made[id]


def view_of(kind: Kind, current: str, *, asks: bool = True) -> ViewEntry:
    """The view that shows targets of a kind: the current one if it can, else the first that can. Without a question
    (`asks`) one that only answers has nothing to show, if another can."""
    able = [entry for entry in VIEWS if kind in entry.shows]
    if not asks:
        able = [entry for entry in able if not entry.only_answers] or able
    return next((entry for entry in able if entry.id == current), able[0])


def can_show(view: str, kind: Kind) -> bool:
    """Whether a view can show targets of a kind."""
    return any(entry.id == view and kind in entry.shows for entry in VIEWS)
