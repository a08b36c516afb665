"""The table of all actions that have a key or a menu entry. The key bindings, the menus and the sheet of
keys are generated from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from desktop_kb.gui.translation import tr

Area = Literal["window", "results", "library", "landscape", "preview", "note", "quick"]
Menu = Literal["more", "this-library", "libraries", "results", "library", "trash", "landscape", "preview"]
Need = Literal["present", "removed", "note"]

#: Headings of the sheet of keys.
AREAS: Final[dict[Area, str]] = {
    "window": "Everywhere",
    "results": "Results",
    "library": "Library",
    "landscape": "Landscape",
    "preview": "Preview",
    "note": "Note",
    "quick": "Quick find",
}


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table.

    Attributes:
        id: the key of its function in the `handlers` of an `ActionSet`.
        group: in a menu, a line separates actions of different groups.
        areas: the widgets that offer it. Its keys work in the first; the menus of the others show them.
        text: its name in English.
        keys: in Qt's portable notation ('Ctrl' is Cmd on a Mac).
        menus: the menus that show it, in the order of the table.
        submenu: whether it opens a submenu, which the caller passes to `fill`.
        needs: what must be selected; without it the menus leave the action out.
        taken_by: what handles the keys. Some keys mean other things in other widgets (Space, Del), so the
            widget passes them to `press` itself; Qt handles the others.
    """

    id: str
    group: str
    areas: tuple[Area, ...]
    text: str
    keys: tuple[str, ...] = ()
    menus: tuple[Menu, ...] = ()
    submenu: bool = False
    needs: frozenset[Need] = frozenset()
    taken_by: Literal["shortcut", "widget", "qt"] = "shortcut"


_WINDOW: Final[tuple[Area, ...]] = ("window",)
_PRESENT: Final[frozenset[Need]] = frozenset(("present",))

ACTIONS: Final = (
    Action("search", "", _WINDOW, "Search", ("Ctrl+K",)),
    Action("find", "", _WINDOW, "Find in the document", ("Ctrl+F",)),
    Action("palette", "", _WINDOW, "All commands", ("Ctrl+P",), ("more",)),
    Action("quick", "", _WINDOW, "Quick find", menus=("more",)),
    Action("new-note", "", _WINDOW, "New note", ("Ctrl+N",)),
    Action("add-files", "add", _WINDOW, "Add files", ("Ctrl+O",), ("more",)),
    Action("add-folder", "add", _WINDOW, "Add a folder", menus=("more",)),
    Action("paste", "add", _WINDOW, "Paste into the library", ("Ctrl+V", "Ctrl+Shift+V", "Shift+Ins"), ("more",)),
    Action("refresh", "add", _WINDOW, "Look for changed files", ("F5",), ("more",)),
    Action("this-library", "libraries", _WINDOW, "This library", menus=("more",), submenu=True),
    Action("show-library", "files", _WINDOW, "Show its folder", menus=("this-library",)),
    Action("back-up", "files", _WINDOW, "Back up …", menus=("this-library",)),
    Action("export", "files", _WINDOW, "Export files …", menus=("this-library",)),
    Action("assistants", "files", _WINDOW, "Assistants …", menus=("this-library",)),
    Action("check", "quality", _WINDOW, "Check the library", menus=("this-library",)),
    Action("evaluate", "quality", _WINDOW, "How good is it?", menus=("this-library",)),
    Action("libraries", "libraries", _WINDOW, "Libraries", menus=("more",), submenu=True),
    Action("team", "libraries", _WINDOW, "Team library …", menus=("more",)),
    Action("choose-library", "libraries", _WINDOW, "Open or create a library …", menus=("libraries",)),
    Action("restore-backup", "libraries", _WINDOW, "Restore from a backup …", menus=("libraries",)),
    Action("models", "program", _WINDOW, "Models", menus=("more",)),
    Action("settings", "program", _WINDOW, "Settings", ("Ctrl+,",), ("more",)),
    Action("keys", "program", _WINDOW, "Keyboard shortcuts", ("F1",), ("more",)),
    Action("about", "program", _WINDOW, "About", menus=("more",)),
    Action("quit", "program", _WINDOW, "Quit", ("Ctrl+Q",), ("more",)),
    Action("undo", "", _WINDOW, "Undo the last change", ("Ctrl+Z",)),
    Action("back", "", _WINDOW, "Back one step", ("Esc",)),
    Action("menu", "", _WINDOW, "What can be done with it", ("Menu",), taken_by="qt"),
    Action("menu-by-keys", "", _WINDOW, "What can be done with it", ("Shift+F10",)),
    Action("next", "", ("results",), "Next hit", ("Down",), taken_by="widget"),
    Action("previous", "", ("results",), "Previous hit", ("Up",), taken_by="widget"),
    Action("unfold", "", ("results",), "Show what is folded", ("Right",), taken_by="widget"),
    Action("fold", "", ("results",), "Fold it again", ("Left",), taken_by="widget"),
    Action("read", "", ("results",), "Open in the preview", ("Enter", "Return"), taken_by="widget"),
    Action(
        "copy-hit", "passage", ("results",), "Copy with source", ("Ctrl+C",), ("results",), taken_by="widget"
    ),
    Action("copy-hits", "hits", ("results",), "Copy all hits", menus=("results",)),
    Action("save-hits", "hits", ("results",), "Save all hits …", menus=("results",)),
    Action("similar", "passage", ("results",), "Related passages", menus=("results",)),
    Action("more-like", "passage", ("results",), "More like this", menus=("results",)),
    Action("less-like", "passage", ("results",), "Less like this", menus=("results",)),
    Action("why", "passage", ("results",), "Why was this found?", menus=("results",)),
    Action("elsewhere", "passage", ("results",), "Where else it is", menus=("results",)),
    Action("copy", "passage", ("preview",), "Copy", ("Ctrl+C",), ("preview",), taken_by="qt"),
    Action("select-all", "passage", ("preview",), "Select all", ("Ctrl+A",), ("preview",), taken_by="qt"),
    Action(
        "copy-passage", "passage", ("preview",), "Copy the passage with its source", menus=("preview",)
    ),
    Action("mark", "mark", ("preview",), "Highlight", ("Ctrl+H",), ("preview",)),
    Action(
        "mark-comment", "mark", ("preview",), "Highlight with a comment …", ("Ctrl+Shift+H",), ("preview",)
    ),
    Action("mark-colour", "mark", ("preview",), "Colour of the highlight", menus=("preview",), submenu=True),
    Action("unmark", "mark", ("preview",), "Remove the highlight", menus=("preview",)),
    Action("share-mark", "mark", ("preview",), "Share the highlight", menus=("preview",)),
    Action("take-mark-back", "mark", ("preview",), "Share the highlight no more", menus=("preview",)),
    Action("quote", "mark", ("preview",), "New note from the quotation", ("Ctrl+Shift+E",), ("preview",)),
    Action("marks", "mark", ("preview",), "Marks of the document", ("Ctrl+M",), ("preview",)),
    Action("larger", "size", ("preview",), "Larger", ("Ctrl++", "Ctrl+="), ("preview",)),
    Action("smaller", "size", ("preview",), "Smaller", ("Ctrl+-",), ("preview",)),
    Action("fit", "size", ("preview",), "Fit the width", ("Ctrl+0",), ("preview",)),
    Action("as-text", "size", ("preview",), "Read as text, or as pages", ("F7",), ("preview",)),
    Action("fit-page", "size", ("preview",), "Fit the page", menus=("preview",)),
    Action("pair", "size", ("preview",), "Two pages side by side", menus=("preview",)),
    Action("turn", "size", ("preview",), "Turn the pages", menus=("preview",)),
    Action("contents", "way", ("preview",), "Outline and pages", ("F9",), ("preview",)),
    Action("page", "way", ("preview",), "Go to a page", ("Ctrl+G",), ("preview",)),
    Action("earlier", "way", ("preview",), "Back in what was read", ("Alt+Left",), ("preview",)),
    Action("later", "way", ("preview",), "Forward in what was read", ("Alt+Right",), ("preview",)),
    Action(
        "quick-look", "look", ("library",), "Quick look", ("Space",), ("library",),
        needs=_PRESENT, taken_by="widget",
    ),
    Action(
        "read-here", "look", ("library",), "Read it here", ("Enter", "Return"), ("library",),
        needs=_PRESENT, taken_by="widget",
    ),
    Action(
        "open-outside", "look", ("window", "results", "library", "landscape", "preview"),
        "Open in the system's viewer", ("Ctrl+Enter", "Ctrl+Return"),
        ("results", "library", "landscape", "preview"), needs=_PRESENT,
    ),
    Action(
        "show-in-folder", "look", ("results", "preview", "library"), "Show in folder",
        menus=("results", "preview", "library"), needs=_PRESENT,
    ),
    Action(
        "edit-note", "look", ("window", "library"), "Edit the note", ("Ctrl+E",), ("library",),
        needs=frozenset(("present", "note")),
    ),
    Action(
        "inspect", "look", ("window", "results", "library", "landscape"), "Inspect", ("Ctrl+I",),
        ("results", "library", "landscape"), needs=_PRESENT,
    ),
    Action("copy-bibtex", "look", ("library",), "Copy as BibTeX", menus=("library",), needs=_PRESENT),
    Action(
        "add-tag", "tags", ("library", "landscape"), "Add a tag", ("Ctrl+Shift+T",), ("library", "landscape"),
        needs=_PRESENT,
    ),
    Action("take-tag", "tags", ("library",), "Take the tag that is suggested", ("Ctrl+T",), needs=_PRESENT),
    Action("untag", "tags", ("library",), "Take a tag away", menus=("library",), submenu=True),
    Action("edit-details", "tags", ("library",), "Edit details", ("F2",), ("library",), needs=_PRESENT),
    Action("read-again", "file", ("library",), "Read again", menus=("library",), needs=_PRESENT),
    Action(
        "remove", "file", ("library",), "Remove", ("Del",), ("library",), needs=_PRESENT, taken_by="widget"
    ),
    Action(
        "details", "view", ("library",), "Details", ("Alt+Enter", "Alt+Return"), ("library",), needs=_PRESENT
    ),
    Action("columns", "view", ("library",), "Columns", menus=("library",), submenu=True),
    Action("restore", "file", ("library",), "Restore", menus=("trash",), needs=frozenset(("removed",))),
    Action("map-nearer", "map", ("landscape",), "Nearer", ("+", "="), taken_by="widget"),
    Action("map-farther", "map", ("landscape",), "Farther", ("-",), taken_by="widget"),
    Action("map-all", "map", ("landscape",), "All of the map", ("0",), ("landscape",), taken_by="widget"),
    Action("map-lasso", "map", ("landscape",), "Draw around dots", menus=("landscape",)),
    Action("way-from", "way", ("landscape",), "Way from here", menus=("landscape",)),
    Action("way-to", "way", ("landscape",), "Way to here", menus=("landscape",)),
    Action("search-inside", "selected", ("landscape",), "Search in what is selected", menus=("landscape",)),
    Action("save-selected", "selected", ("landscape",), "Save what is selected …", menus=("landscape",)),
    Action("save", "", ("note",), "Save", ("Ctrl+S",)),
    Action("close-note", "", ("note",), "Save and close the note", ("Esc",)),
    Action(
        "read-found", "", ("quick",), "Read it in the window", ("Enter", "Return"), taken_by="widget"
    ),
    Action("copy-found", "", ("quick",), "Copy the passage with its source", ("Ctrl+C",), taken_by="widget"),
    Action("keep-note", "", ("quick",), "Keep the text as a note", ("Ctrl+Enter", "Ctrl+Return"), taken_by="widget"),
    Action("close-quick", "", ("quick",), "Close", ("Esc",), taken_by="widget"),
)  # fmt: skip


#: What would make no sense as a command.
_KEYS_ONLY: Final = frozenset(("back", "menu-by-keys", "palette"))


class ActionSet:
    """The QActions of one widget."""

    def __init__(
        self,
        area: Area,
        owner: QWidget,
        handlers: Mapping[str, Callable[[], object]],
        context: Qt.ShortcutContext = Qt.ShortcutContext.WindowShortcut,
    ) -> None:
        """
        Args:
            handlers: action id -> function; one for each of the area's rows.
            context: where in the window the keys work.
        """
        self._rows = [row for row in ACTIONS if area in row.areas]
        self._made: dict[str, QAction] = {}
        for row in self._rows:
            if row.id not in handlers:
                continue
            made = self._made[row.id] = QAction(tr(row.text), owner)
            made.setShortcuts([QKeySequence(keys) for keys in row.keys])
            made.triggered.connect(lambda _checked=False, do=handlers[row.id]: do())
            if row.taken_by == "shortcut" and row.areas[0] == area:
                made.setShortcutContext(context)
                owner.addAction(made)

    def __getitem__(self, id: str) -> QAction:
        return self._made[id]

    def commands(self) -> list[tuple[str, QAction]]:
        """What can be done, each with its name in English; without what only keys are for."""
        made = [(row, self._made[row.id]) for row in self._rows if row.id in self._made]
        chosen = [one for one in made if one[0].menus or one[0].areas[0] == "window"]
        return [(row.text, action) for row, action in chosen if row.id not in _KEYS_ONLY]

    def allow(self, has: set[Need]) -> None:
        """Enable the actions that the selection allows, and disable the others."""
        for row in self._rows:
            if row.id in self._made:
                self._made[row.id].setEnabled(row.needs <= has)

    def press(self, event: QKeyEvent) -> bool:
        """Run the action of a key that the widget passes on; False if there is none for it."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        keys = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
        for row in self._rows:
            if row.taken_by == "widget" and keys in self._made[row.id].shortcuts():
                self._made[row.id].trigger()
                return True
        return False

    def fill(self, menu: QMenu, name: Menu, submenus: Mapping[str, QMenu] | None = None) -> QMenu:
        """Add the enabled actions to the menu of this name.

        Args:
            submenus: action id -> its submenu; an action whose submenu is missing is left out.
        """
        group = ""
        for row in self._rows:
            opens = (submenus or {}).get(row.id)
            action = opens.menuAction() if opens is not None else self._made.get(row.id)
            if name not in row.menus or action is None or not action.isEnabled():
                continue
            if group and row.group != group:
                menu.addSeparator()
            group = row.group
            if opens is not None:
                opens.setTitle(tr(row.text))
            menu.addAction(action)
        return menu


def keys_text(keys: tuple[str, ...]) -> str:
    """Keys as the person's system writes them; Return is shown as Enter."""
    named = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys]
    return " / ".join(dict.fromkeys(name.replace("Return", "Enter") for name in named))


def keys_of(id: str) -> str:
    """The keys of an action."""
    return keys_text(_row(id).keys)


def text_of(id: str) -> str:
    """The name of an action in English."""
    return _row(id).text


def _row(id: str) -> Action:
    return next(row for row in ACTIONS if row.id == id)
