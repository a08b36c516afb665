"""What a screen reader is told that the focus does not tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_kb.gui import announce as module
from desktop_kb.gui import theme
from desktop_kb.gui.announce import announce
from desktop_kb.gui.library import changes as changes_module
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
from desktop_kb.gui.window import MainWindow


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", staticmethod(lambda: True))
    monkeypatch.setattr(module, "send", lambda _widget, words: said.append(words))
    return said


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot, notes: Path) -> MainWindow:
    for number in range(3):
        (notes / f"{number}.md").write_text(f"# Owl {number}\n\nAn owl sleeps in tree {number}, by honey.\n")
    window.resize(1440, 900)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 5 and window.drawn)
    return window


def _ask(window: MainWindow, qtbot: QtBot, query: str) -> SearchView:
    view = window.view(SearchView)
    window.box.focus()
    qtbot.keyClicks(window.box.line, query)
    qtbot.waitUntil(lambda: view.settled and view.result is not None and window.drawn)
    return view


def test_nothing_is_sent_where_nobody_listens(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "send", lambda _widget, words: said.append(words))
    monkeypatch.setattr(QAccessible, "isActive", staticmethod(lambda: False))
    announce(window, "Anybody?")
    assert said == []


def test_an_answer_is_said_once_it_is_settled_and_a_hit_from_the_box(
    window: MainWindow, qtbot: QtBot, heard: list[str]
) -> None:
    view = _ask(window, qtbot, "owl")
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["3 hits"], "once, not at every letter"
    assert window.box.line.hasFocus()
    qtbot.keyClick(window.box.line, Qt.Key.Key_Down)
    hit = view.current()
    assert hit is not None
    at, title, *rest = heard[-1].split("; ")
    assert (at, title) == ("2 of 3", hit.title)
    assert f"An owl sleeps in tree {hit.title[-1]}, by honey." in rest
    assert rest[-2:] == ["note", "found by owl"]
    window.box.clear()
    _ask(window, qtbot, "zeppelin")
    qtbot.waitUntil(lambda: heard[-1] == "Nothing in the library answers this.")


def test_filters_and_removal_are_said(window: MainWindow, qtbot: QtBot, heard: list[str]) -> None:
    window.box.focus()
    qtbot.keyClicks(window.box.line, "tag:insects ")
    qtbot.waitUntil(lambda: "Filter tag:insects" in heard)
    qtbot.keyClick(window.box.line, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: "Filter tag:insects taken away" in heard)
    window.go("library")
    view = window.view(LibraryView)
    qtbot.waitUntil(lambda: view.drawn)
    view.table.selectRow(0)
    view.remove()
    qtbot.waitUntil(lambda: "1 document removed. Undo: Ctrl+Z" in heard)


def test_the_end_of_indexing_and_a_failure_are_said(
    window: MainWindow, qtbot: QtBot, heard: list[str], notes: Path
) -> None:
    (notes / "new.md").write_text("# New\n\nA new owl.\n")
    (notes / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    window.add([notes])
    qtbot.waitUntil(lambda: "2 files are indexed. 1 file needs you" in heard)


def test_a_wrong_password_is_said(
    window: MainWindow, qtbot: QtBot, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from desktop_kb.records import FileFinished, FileReport

    view = window.view(LibraryView)
    monkeypatch.setattr(changes_module, "ask_line", lambda *_given, **_named: "guess")
    monkeypatch.setattr(window.bridge.kb, "add", lambda *_given, **_named: [])
    locked = replace(window.documents[0], path="/d/locked.pdf", status="failed", error_code="locked")
    view.changes.read_again([locked])
    report = FileReport("/d/locked.pdf", "failed", error_code="wrong-password")
    window.bridge.finished.emit(FileFinished(report))
    said = "locked.pdf: The password does not open this PDF. Check it and try again."
    qtbot.waitUntil(lambda: said in heard)
    assert window.notice.words.text() == said
    window.bridge.finished.emit(FileFinished(report))
    assert heard.count(said) == 1, "a failure that nobody gave a password for is in its row"


def test_what_stands_beside_a_field_names_it(window: MainWindow, qtbot: QtBot) -> None:
    dialog = SettingsDialog(window.bridge.kb, window._state, window)
    qtbot.addWidget(dialog)
    named = {label.buddy(): label.text() for label in dialog.findChildren(QLabel) if label.buddy()}
    for combo in dialog.findChildren(QComboBox):
        assert named[combo], "Qt tells no accessible name of a combo box"
    recognize = dialog.inputs["recognize"]
    assert recognize.accessibleDescription().startswith("Scans and pages")
    buttons = {b.accessibleName() for b in window.header.findChildren(QPushButton)}
    for segment in window.header.findChildren(QPushButton):
        if segment.isCheckable():
            interface = QAccessible.queryAccessibleInterface(segment)
            assert interface.role() == QAccessible.Role.RadioButton
    assert {"View: Search", "View: Library", "Add", "Note", "More"} <= buttons


def _differing(before: QImage, after: QImage) -> list[tuple[QColor, QColor]]:
    found = []
    for x in range(0, before.width()):
        for y in range(0, before.height()):
            if before.pixel(x, y) != after.pixel(x, y):
                found.append((before.pixelColor(x, y), after.pixelColor(x, y)))
    return found


def test_where_the_keys_are_can_be_seen(window: MainWindow, qtbot: QtBot) -> None:
    """Within the widget pixels change by 3:1 when it gets the focus."""
    view = _ask(window, qtbot, "owl")
    primary = SettingsDialog(window.bridge.kb, window._state, window)
    qtbot.addWidget(primary)
    primary.show()
    save = next(b for b in primary.findChildren(QPushButton) if b.text() == "Save")
    window.activateWindow()
    assert window.strip.bar.accessibleName() == "Indexing"
    places: list[QWidget] = [window.side_bar, view.results.list, view.preview.text, save]
    for widget in places:
        assert widget.isVisible(), widget
        other = primary.theme if widget is save else window.box.line
        other.window().activateWindow()
        qtbot.waitUntil(other.isActiveWindow)
        other.setFocus()
        QApplication.processEvents()
        before = widget.grab().toImage()
        widget.setFocus()
        QApplication.processEvents()
        assert widget.hasFocus(), widget
        changed = _differing(before, widget.grab().toImage())
        assert len(changed) > 60, widget
        assert max(theme.contrast(a, b) for a, b in changed) >= 3, widget


def test_the_palette_says_what_is_chosen_in_it(window: MainWindow, qtbot: QtBot, heard: list[str]) -> None:
    """The focus stays in its line, which alone tells nothing of the list."""
    window.open_palette()
    palette = window.palette_box
    qtbot.waitUntil(palette.line.hasFocus)
    qtbot.keyClicks(palette.line, "new n")
    qtbot.waitUntil(lambda: "New note; Ctrl+N; 1 of 1" in heard)
    assert not [words for words in heard if "New note" not in words]  # nothing at each letter
    palette.line.clear()
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert heard[-1].startswith(palette.names[1])
    assert heard[-1].endswith(f"2 of {len(palette.names)}")
    palette.line.setText("qqqq")
    qtbot.waitUntil(lambda: heard[-1] == "not found")
