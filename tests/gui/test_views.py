"""The table of views: what is in it works, and nothing else names a view."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

import desktop_kb.gui
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.targets import EVERYTHING, FAILED, Target
from desktop_kb.gui.view import View
from desktop_kb.gui.views import VIEWS, ViewEntry, view_of
from desktop_kb.gui.window import MainWindow

GUI = Path(desktop_kb.gui.__file__).parent
TABLE = "desktop_kb.gui.views"


def _module(path: Path) -> str:
    return ".".join(("desktop_kb.gui", *path.relative_to(GUI).with_suffix("").parts))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [str(node.module), *(f"{node.module}.{name.name}" for name in node.names)]
    return [name.name for name in node.names] if isinstance(node, ast.Import) else []


def _goes(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "go"


def test_a_view_is_named_in_its_table_only(window: MainWindow) -> None:
    modules = {type(window._views[entry.id]).__module__ for entry in VIEWS}
    assert len(modules) == len(VIEWS)
    ids = {entry.id for entry in VIEWS}
    named = []
    for path in GUI.rglob("*.py"):
        if _module(path) == TABLE:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if _module(path) not in modules and set(_imported(node)) & modules:
                named.append(f"{path.name} imports a view: {ast.unparse(node)}")
            chosen = isinstance(node, ast.Compare | ast.MatchValue) or _goes(node)
            if chosen and any(isinstance(one, ast.Constant) and one.value in ids for one in ast.walk(node)):
                named.append(f"{path.name} names a view: {ast.unparse(node)}")
    assert not named


def _fill(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn, timeout=20_000)


@pytest.mark.parametrize("entry", VIEWS, ids=lambda entry: entry.id)
def test_a_key_brings_each_view_into_sight(
    window: MainWindow, qtbot: QtBot, notes: Path, entry: ViewEntry
) -> None:
    _fill(window, qtbot, notes)
    window.box.ask("honey")
    qtbot.waitUntil(lambda: window.drawn)
    for keys in entry.keys:
        before = window.current
        qtbot.keySequence(window, QKeySequence(keys))
        if entry.of_document:
            qtbot.waitUntil(lambda: window.current is not before)  # noqa: B023
            window.back()
            assert window.current is before
        else:
            checked = [one.text() for one in window.header.findChildren(QPushButton) if one.isChecked()]
            assert checked == [entry.label]
            if entry.id == "library":
                assert window.view(LibraryView).isAncestorOf(window.focusWidget()), "its rows have the keys"
    assert len({type(window.current) for _ in map(window.visit, VIEWS[:2])}) == 2


def test_a_target_leads_to_the_view_that_shows_it(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _fill(window, qtbot, notes)
    for target, view in (
        (FAILED, LibraryView),
        (EVERYTHING, LibraryView),  # nothing is asked
        (Target("question", "tag:insects honey"), SearchView),
        (EVERYTHING, SearchView),
    ):
        window.open(target)
        assert type(window.current) is view
    assert window.box.filters() == ("tag:insects",)
    assert view_of("document", "").of_document


def test_an_entry_of_the_side_bar_leads_back_from_a_single_document(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    _fill(window, qtbot, notes)
    window.box.ask("honey")
    window.open(Target("document", window.documents[0].document))
    qtbot.waitUntil(lambda: window.current is not window.view(SearchView))
    window.side_bar.choose(Target("filter", "tag:insects"))
    assert window.current is window.view(SearchView)


@pytest.mark.parametrize("view", ["search", "library"])
def test_what_no_program_opens_is_said(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    for kind in ("search.search_view", "library.library_view"):
        monkeypatch.setattr(f"desktop_kb.gui.{kind}.open_outside", lambda _path: False)
    _fill(window, qtbot, notes)
    window.go(view)
    if view == "library":
        qtbot.waitUntil(lambda: window.view(LibraryView).drawn)
        window.view(LibraryView).table.selectRow(0)
    else:
        window.box.ask("honey")
        qtbot.waitUntil(lambda: window.view(SearchView).current() is not None and window.drawn)
    qtbot.keySequence(window, QKeySequence("Ctrl+Return"))
    said = window.view(SearchView).results.note if view == "search" else window.view(LibraryView).reason
    assert "could not be opened: it is gone, or no program here opens it" in said.text()
    assert said.isVisible()


def test_the_system_s_viewer_opens_what_the_view_in_sight_has_selected(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+Enter opened the hit of the search view from the library, too."""
    _fill(window, qtbot, notes)
    opened: list[str] = []
    monkeypatch.setattr(
        "desktop_kb.gui.library.library_view.open_outside", lambda path: opened.append(path.name)
    )
    window.go("library")
    library = window.view(LibraryView)
    qtbot.waitUntil(lambda: library.drawn)
    library.table.selectRow(1)
    qtbot.keySequence(window, QKeySequence("Ctrl+Return"))
    assert opened == [Path(library.model.document(1).path).name]


def _shown(window: MainWindow) -> type[View]:
    return type(window.current)


def test_a_place_shows_its_documents_until_something_is_asked(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    _fill(window, qtbot, notes)
    library, tag = window.view(LibraryView), Target("filter", "tag:insects")
    assert _shown(window) is SearchView
    window.side_bar.choose(tag)
    assert _shown(window) is LibraryView
    qtbot.waitUntil(lambda: [d.title for d in library.model.documents()] == ["Bees in winter"])
    window.box.focus()
    qtbot.keyClicks(window.box.line, "honey")
    qtbot.waitUntil(lambda: library.model.rowCount() == 0, timeout=5_000)
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    search = window.view(SearchView)
    assert _shown(window) is SearchView, "Enter asks"
    qtbot.waitUntil(lambda: search.settled and search.current() is not None)
    assert window.side_bar.target() == tag


def test_a_place_that_a_view_cannot_show_is_not_lit_there(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    (notes / "empty.pdf").write_bytes(b"%PDF-1.4 nothing")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    window.box.ask("empty")
    window.side_bar.choose(FAILED)
    assert _shown(window) is LibraryView
    qtbot.waitUntil(lambda: window.view(LibraryView).gathered.isVisible())
    assert window.view(LibraryView).gathered.text().startswith("1 × ")
    window.side_bar.choose(Target("filter", "tag:insects"))
    assert _shown(window) is SearchView, "who goes past it is where they were"
    window.side_bar.choose(FAILED)
    qtbot.keySequence(window, QKeySequence(VIEWS[0].keys[0]))
    assert (_shown(window), window.side_bar.target()) == (SearchView, EVERYTHING)
