"""Without a mouse, and without eyes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QItemSelectionModel, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QMenu,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.sheets.check_sheet import CheckSheet
from desktop_kb.gui.sheets.evaluation_sheet import EvaluationSheet
from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
from desktop_kb.gui.window import MainWindow


def _nameless(root: QWidget) -> list[str]:
    """The widgets that take the keys and have nothing a screen reader could say."""
    return [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for widget in root.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and any(c.isalpha() for c in widget.text()))
        and not widget.objectName().startswith("qt_")
        and not isinstance(parent.parent() if (parent := widget.parent()) else None, QComboBox)  # its list
    ]


def test_everything_that_takes_the_keys_has_a_name(window: MainWindow, qtbot: QtBot) -> None:
    assert _nameless(window) == []
    dialog = SettingsDialog(window.bridge.kb, window._state, window)
    qtbot.addWidget(dialog)
    assert _nameless(dialog) == []
    for sheet in (EvaluationSheet(window.bridge, window), CheckSheet(window.bridge, window)):
        qtbot.addWidget(sheet)
        assert _nameless(sheet) == []


@contextmanager
def _looking(window: MainWindow, look: Callable[[QMenu], object]) -> Iterator[None]:
    """Look at each menu that opens, which waits for it, and close it."""
    timer = QTimer(window)

    def when_open() -> None:
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            look(menu)
            menu.close()

    timer.timeout.connect(when_open)
    timer.start(10)
    yield
    timer.stop()


def test_a_click_in_the_header_leaves_the_keys_in_the_box(window: MainWindow, qtbot: QtBot) -> None:
    """And the menu stays within the window."""
    window.box.line.setFocus()
    menus: list[QRect] = []
    with _looking(window, lambda menu: menus.append(menu.geometry())):
        for button in window.header.findChildren(QPushButton):
            if button.accessibleName() == "More" or button.isCheckable():
                qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
                assert window.focusWidget() is window.box.line, button.text()
    (menu,) = menus
    assert window.frameGeometry().left() <= menu.left()
    assert menu.right() <= window.frameGeometry().right()


def test_shift_f10_opens_the_menu_of_what_has_the_focus(
    window: MainWindow, qtbot: QtBot, hits: SearchView
) -> None:
    shown = hits.results.list
    shown.setFocus()
    seen: list[str] = []
    with _looking(window, lambda menu: seen.append(menu.actions()[0].text())):
        qtbot.keyClick(shown, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert seen == ["Copy with source"]


def test_tab_goes_from_the_box_to_the_hits(window: MainWindow, hits: SearchView) -> None:
    window.box.focus()
    reached: list[QWidget] = []
    widget: QWidget | None = window.box.line
    for _ in range(80):
        assert widget is not None
        widget = widget.nextInFocusChain()
        assert widget is not None
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(window):
            reached.append(widget)
    assert hits.results.list in reached
    assert window.side_bar in reached
    assert not any(isinstance(widget, QDialog) for widget in reached)


def test_an_ampersand_of_a_person_s_own_is_shown_as_one(
    window: MainWindow, hits: SearchView, qtbot: QtBot
) -> None:
    """In menus, buttons and the names of fields a single one would underline the letter after it."""
    kb = window.bridge.kb
    ids = [document.document for document in window.documents]
    kb.tag(ids, ["R&D"])
    kb.set_metadata(ids, {"q&a": "yes"})
    window.reload()
    window.go("library")
    view = window.view(LibraryView)
    window.box.ask("tag:R&D")
    qtbot.waitUntil(lambda: window.drawn and view.model.rowCount() == 2 and "R&D" in window.documents[0].tags)
    view.table.selectAll()
    qtbot.waitUntil(lambda: "q&a" in view.details.shown())
    menus: list[str] = []
    with _looking(window, lambda menu: menus.extend(action.text() for action in _all(menu))):
        view.table.customContextMenuRequested.emit(QPoint(5, 5))
    assert "R&&D" in menus
    chips = [made.text() for made in window.box.findChildren(QPushButton)]
    assert "tag: R&&D  ×" in chips
    named = [one.text() for one in view.details.findChildren(QLabel) if one.buddy() is not None]
    assert "q&&a" in named
    view.details.show_documents(window.documents[:1])
    view.details.suggest(window.documents[0].document, ["S&P"])
    assert "+ S&&P" in [made.text() for made in view.details.findChildren(QPushButton)]


def _all(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from inner.actions()
        yield action


def test_the_keys_go_straight_to_where_they_are_wanted(
    window: MainWindow, hits: SearchView, qtbot: QtBot
) -> None:
    """What is hidden gives them to nobody on the way: a screen reader would say each."""
    window.resize(900, 600)
    view = window.view(LibraryView)
    window.box.clear()
    window.go("library")
    qtbot.waitUntil(lambda: window.drawn and view.model.rowCount() == 2)
    view.table.setFocus()

    def ready() -> bool:
        # `selectRow` heeds the modifiers that Qt believes are held, of a test before too.
        how = QItemSelectionModel.SelectionFlag
        view.table.selectionModel().select(view.model.index(0, 0), how.ClearAndSelect | how.Rows)
        return window.drawn and view.action_set["edit-details"].isEnabled()

    qtbot.waitUntil(ready)
    visited: list[QWidget] = []

    def note(_old: QWidget, now: QWidget) -> None:
        if now is not None:
            visited.append(now)

    QApplication.instance().focusChanged.connect(note)  # type: ignore[union-attr]

    def press(key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> list[QWidget]:
        visited.clear()
        focused = QApplication.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, key, keys)
        qtbot.waitUntil(lambda: bool(visited))
        qtbot.wait(50)
        return list(visited)

    control = Qt.KeyboardModifier.ControlModifier
    assert press(Qt.Key.Key_F2)[-1] is view.details._fields["author"]
    assert press(Qt.Key.Key_Escape) == [view.table]
    assert view.table not in press(Qt.Key.Key_Return)
    assert press(Qt.Key.Key_Escape) == [view.table]
    assert press(Qt.Key.Key_1, control) == [window.box.line]
    window.box.ask("winter")
    qtbot.waitUntil(lambda: hits.current() is not None and window.drawn)
    hits.results.list.setFocus()
    assert press(Qt.Key.Key_2, control)[-1] is view.table
    assert press(Qt.Key.Key_1, control)[-1] is hits.results.list
    assert press(Qt.Key.Key_Return)[-1] is not hits.results.list
    assert press(Qt.Key.Key_Escape) == [hits.results.list]
    press(Qt.Key.Key_2, control)
    window.box.ask("no title has this")
    qtbot.waitUntil(view.blank.hasFocus)
    assert QAccessible.queryAccessibleInterface(view.blank).text(QAccessible.Text.Name) == view.blank.text()
    window.box.clear()
    qtbot.waitUntil(view.table.hasFocus)
