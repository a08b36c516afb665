"""The small window: a question and its hits, a text that becomes a note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_kb.gui import theme
from desktop_kb.gui.quick.quick import Quick
from desktop_kb.gui.quick.quick_window import QuickWindow
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def quick(window: MainWindow, notes: Path, tmp_path: Path, qtbot: QtBot) -> Iterator[Quick]:
    """Over a library of two notes, and its main window."""
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    made = Quick(window, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    yield made
    made.close()


@pytest.fixture
def small(quick: Quick, qtbot: QtBot) -> QuickWindow:
    """It is open."""
    quick.window.open()
    qtbot.waitUntil(quick.window.text.hasFocus)
    return quick.window


def _ask(small: QuickWindow, qtbot: QtBot, words: str) -> None:
    small.text.insertPlainText(words)  # as an input method does: Chinese has no keys
    qtbot.waitUntil(lambda: small.current() is not None and small.settled)


def test_letters_are_taken_at_once_and_their_hits_shown(small: QuickWindow, qtbot: QtBot) -> None:
    before = small.height()
    _ask(small, qtbot, "honey")
    hit = small.current()
    assert hit is not None
    assert hit.title == "Bees in winter"
    assert small.list.isVisible()
    assert small.height() > before


def test_enter_opens_the_hit_in_the_main_window(small: QuickWindow, window: MainWindow, qtbot: QtBot) -> None:
    window.close()  # to the tray, say
    _ask(small, qtbot, "乌龙茶")
    hit = small.current()
    qtbot.keyClick(small.text, Qt.Key.Key_Return)
    assert not small.isVisible()
    assert window.isVisible()
    view = window.view(SearchView)
    qtbot.waitUntil(lambda: view.current() is not None and window.drawn)
    assert window.box.query() == "乌龙茶"
    assert hit is not None
    assert view.current() == hit
    qtbot.waitUntil(view.preview.text.hasFocus)


def test_the_hit_that_was_chosen_is_read_and_not_the_best_one(
    small: QuickWindow, window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    (notes / "hive.md").write_text("# Hive\n\nHoney in the hive, honey and honey again.\n", encoding="utf-8")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    _ask(small, qtbot, "honey")
    assert small.model.rowCount() == 2
    qtbot.keyClick(small.text, Qt.Key.Key_Down)
    second = small.current()
    qtbot.keyClick(small.text, Qt.Key.Key_Return)
    view = window.view(SearchView)
    qtbot.waitUntil(lambda: view.settled and view.current() is not None and window.drawn)
    assert second is not None
    qtbot.waitUntil(lambda: view.current() == second)


def test_ctrl_c_copies_the_passage_and_a_selection_where_there_is_one(
    small: QuickWindow, qtbot: QtBot
) -> None:
    _ask(small, qtbot, "honey")
    qtbot.keyClick(small.text, Qt.Key.Key_C, CTRL)
    copied = QGuiApplication.clipboard().text()
    assert "twenty kilograms" in copied
    assert "\n\n— Bees in winter" in copied
    assert "desktop-kb:" in copied
    assert small.said.text() == "Copied: Bees in winter"
    small.text.selectAll()
    qtbot.keyClick(small.text, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "honey"


def test_a_text_becomes_a_note_and_is_found(small: QuickWindow, window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(small.text, "Call the plumber")
    qtbot.keyClick(small.text, Qt.Key.Key_Return, SHIFT)
    qtbot.keyClicks(small.text, "about the walrus valve")
    qtbot.keyClick(small.text, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: not small.isVisible())
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    (note,) = window.bridge.kb.library.notes.glob("*.md")
    assert note.name == "Call the plumber.md"
    assert note.read_text(encoding="utf-8") == "Call the plumber\nabout the walrus valve"
    small.open()
    assert small.text.toPlainText() == ""
    _ask(small, qtbot, "walrus")
    hit = small.current()
    assert hit is not None
    assert Path(hit.path) == note


def test_what_is_written_while_a_note_is_kept_is_not_lost(
    small: QuickWindow, window: MainWindow, qtbot: QtBot
) -> None:
    kept: list[object] = []
    small.kept.connect(lambda: kept.append(None))
    qtbot.keyClicks(small.text, "owl")
    qtbot.keyClick(small.text, Qt.Key.Key_Return, CTRL)
    qtbot.keyClicks(small.text, " and mouse")
    qtbot.waitUntil(lambda: bool(kept))
    assert small.isVisible()
    assert small.text.toPlainText() == "owl and mouse"


def test_what_cannot_be_kept_is_said_and_stays(
    small: QuickWindow, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = window.bridge.kb.library.notes
    notes.parent.mkdir(exist_ok=True)
    if notes.is_dir():
        notes.rmdir()
    notes.write_text("in the way")
    qtbot.keyClicks(small.text, "owl")
    qtbot.keyClick(small.text, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: small.said.property("attention"))
    assert small.isVisible()
    assert small.text.toPlainText() == "owl"


def test_esc_closes_and_what_was_typed_is_there_again(small: QuickWindow, qtbot: QtBot) -> None:
    _ask(small, qtbot, "honey")
    qtbot.keyClick(small.text, Qt.Key.Key_Escape)
    assert not small.isVisible()
    small.open()
    assert small.text.textCursor().selectedText() == "honey"
    small.text.insertPlainText("茶")
    assert small.text.toPlainText() == "茶"


def test_a_long_text_is_no_question(small: QuickWindow, qtbot: QtBot) -> None:
    _ask(small, qtbot, "honey")
    small.text.setPlainText("honey " * 80)
    qtbot.waitUntil(lambda: small.current() is None)
    assert small.question() == ""


def test_nothing_is_asked_of_what_is_still_composed(small: QuickWindow, qtbot: QtBot) -> None:
    QApplication.sendEvent(small.text, QInputMethodEvent("cha", []))
    assert small.question() == ""
    assert small.text.placeholderText() == ""  # it would be seen behind the letters
    done = QInputMethodEvent()
    done.setCommitString("乌龙茶")
    QApplication.sendEvent(small.text, done)
    qtbot.waitUntil(lambda: small.current() is not None)
    assert small.question() == "乌龙茶"
    assert small.text.placeholderText()


def test_the_main_window_opens_it(quick: Quick, window: MainWindow, qtbot: QtBot) -> None:
    window.action_set["quick"].trigger()
    qtbot.waitUntil(quick.window.text.hasFocus)
    window.activateWindow()
    qtbot.waitUntil(lambda: not quick.window.isVisible())


def test_hits_that_do_not_fit_the_screen_are_scrolled_to(
    small: QuickWindow, window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (notes / "hive.md").write_text("# Hive\n\nHoney in the hive, honey and honey again.\n", encoding="utf-8")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)

    class Low:
        def availableGeometry(self) -> QRect:
            return QRect(0, 0, 450, 200)

    monkeypatch.setattr(small, "screen", Low)
    _ask(small, qtbot, "honey")
    assert small.model.rowCount() == 2
    assert small.list.height() < 2 * small.list.sizeHintForRow(0)
    qtbot.keyClick(small.text, Qt.Key.Key_Down)
    assert small.list.viewport().rect().intersects(small.list.visualRect(small.list.currentIndex()))


def test_it_keeps_to_a_small_screen(small: QuickWindow, qtbot: QtBot) -> None:
    _ask(small, qtbot, "honey")
    assert small.width() <= QGuiApplication.primaryScreen().availableGeometry().width()
    assert small.width() <= theme.px(640)
    small.text.setPlainText("a line\n" * 30)
    assert small.height() < 500


@pytest.mark.logs("work for the window failed")
def test_a_note_that_a_bug_keeps_from_the_library_is_said_and_can_be_kept_again(
    small: QuickWindow, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_text: str) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(window.bridge.kb, "add_text", broken)
        small.text.setPlainText("Buy honey")
        small.keep()
        qtbot.waitUntil(lambda: "RuntimeError" in small.said.text())
    assert small.isVisible()
    assert small.text.toPlainText() == "Buy honey"
    small.keep()
    qtbot.waitUntil(lambda: not small.isVisible())


@pytest.mark.logs("a search failed")
def test_a_search_that_a_bug_ends_is_said(
    small: QuickWindow, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_asked: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(window.bridge.kb, "search", broken)
    small.text.setPlainText("honey")
    qtbot.waitUntil(lambda: "RuntimeError" in small.said.text())
    assert small.settled
