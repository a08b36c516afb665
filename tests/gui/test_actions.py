"""The table of actions: what is in it can be done, its keys work, menus and the sheet of keys show them."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QLabel, QMenu
from pytestqt.qtbot import QtBot

import desktop_kb.gui
from desktop_kb.gui.actions import ACTIONS, Area, keys_text
from desktop_kb.gui.landscape.landscape_view import LandscapeView
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.notes.note_editor import NoteEditor
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.quick.quick_window import QuickWindow
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.sheets import small_sheets as sheets
from desktop_kb.gui.views import VIEWS
from desktop_kb.gui.window import MainWindow

GUI = Path(desktop_kb.gui.__file__).parent
#: Written by a widget of Qt's, or by the box itself, not by an action.
NO_ACTION = {"menu"}


def _made(window: MainWindow, area: Area) -> list[QAction]:
    made = {
        "window": window,
        "results": window.view(SearchView),
        "library": window.view(LibraryView),
        "landscape": window.view(LandscapeView),
        "preview": window.view(SearchView).preview,  # with what its marker offers
        "note": NoteEditor(window),
        "quick": QuickWindow(window.bridge, dict),
    }[area]
    return made.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly)


@pytest.mark.parametrize("area", ["window", "results", "library", "landscape", "preview", "note", "quick"])
def test_each_row_can_be_done_where_it_says(window: MainWindow, area: Area) -> None:
    wanted = [
        row.text for row in ACTIONS if area in row.areas and not row.submenu and row.id not in NO_ACTION
    ]
    made = [action.text() for action in _made(window, area) if action.text() not in ("", "This library")]
    views = [entry.label for entry in VIEWS] if area == "window" else []
    assert Counter(made) == Counter([*wanted, *views])


def test_no_key_has_two_meanings_in_one_place() -> None:
    anywhere = [*(keys for entry in VIEWS for keys in entry.keys)]
    anywhere += [keys for row in ACTIONS if row.areas[0] == "window" for keys in row.keys]
    assert len(anywhere) == len(set(anywhere))
    for area in ("results", "library", "landscape", "preview", "note", "quick"):
        here = [keys for row in ACTIONS if row.areas[0] == area for keys in row.keys]
        assert len(here) == len(set(here))
        # In windows of their own these have Esc for themselves.
        assert area in ("note", "quick") or not set(here) & set(anywhere)


def test_keys_are_written_in_the_tables_only() -> None:
    known = {keys for row in ACTIONS for keys in row.keys if "+" in keys[1:] or keys[0] == "F"}
    known |= {keys for entry in VIEWS for keys in entry.keys}
    written = []
    for path in GUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            shortcut = isinstance(node, ast.Name) and node.id == "QShortcut"
            if shortcut or (isinstance(node, ast.Constant) and node.value in known):
                written.append((path.name, ast.unparse(node)))
    assert {name for name, _ in written} <= {"actions.py", "views.py"}, written


def test_the_sheet_of_keys_shows_all_of_them(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keySequence(window, QKeySequence("F1"))
    sheet = window.findChildren(QDialog)[-1]
    shown = {one.text() for one in sheet.findChildren(QLabel)}
    assert {keys_text(row.keys) for row in ACTIONS if row.keys} <= shown
    assert {keys_text(entry.keys) for entry in VIEWS} <= shown
    named = " ".join(shown)
    for keys in ("Ctrl++", "Ctrl+-", "Ctrl+0", "Ctrl+Shift+V", "Ctrl+S", "Menu", "Space"):
        assert keys in named
    assert len(list(sheets.keys())) == sum(bool(row.keys) for row in ACTIONS) + len(VIEWS)


def test_menus_show_the_keys(window: MainWindow) -> None:
    menu = window.action_set.fill(QMenu(window), "more", {"libraries": QMenu("Libraries", window)})
    shown = {action.text(): action.shortcut().toString() for action in menu.actions()}
    assert shown["Paste into the library"] == "Ctrl+V"
    assert shown["Settings"] == "Ctrl+,"
    assert "Libraries" in shown
    assert "This library" not in shown  # nobody brought its menu


def test_a_menu_leaves_out_what_cannot_be_done(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    (notes / "page.html").write_text("<title>A page</title><p>The owl is on the roof.</p>")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn, timeout=20_000)
    window.go("library")
    library = window.view(LibraryView)
    qtbot.waitUntil(lambda: library.drawn)

    def offered() -> set[str]:
        return {action.text() for action in library.action_set.fill(QMenu(window), "library").actions()}

    assert offered() == set()
    titles = [library.model.document(row).title for row in range(3)]
    library.table.selectRow(titles.index("A page"))
    assert "Remove" in offered()
    assert "Edit the note" not in offered()
    library.table.selectRow(titles.index("Bees in winter"))
    assert "Edit the note" in offered()
    assert "Restore" not in offered()


def test_a_key_of_the_view_s_own_list(qtbot: QtBot, hits: SearchView) -> None:
    qtbot.keyClick(hits.results.list, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    qtbot.waitUntil(hits.preview.text.hasFocus)
    assert isinstance(hits.preview, Preview)
