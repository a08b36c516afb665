"""What a drop answers to where it came from: a file manager that hears 'moved' deletes the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
from desktop_kb.gui.window import MainWindow

BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier  # with which a move is proposed


@pytest.fixture
def dropped(tmp_path: Path) -> QMimeData:
    """A file, as file managers offer it."""
    file = tmp_path / "only copy.md"
    file.write_text("# The only copy\n\nNobody has another one.\n", encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    data.setText(str(file))
    return data


def answers(target: QWidget, data: QMimeData) -> Iterator[tuple[bool, Qt.DropAction]]:
    """Drag over a widget and drop: whether each step is accepted, and as what."""
    place = QPoint(5, 5)
    enter = QDragEnterEvent(place, BOTH, data, LEFT, SHIFT)
    QApplication.sendEvent(target, enter)
    yield enter.isAccepted(), enter.dropAction()
    if not enter.isAccepted():  # no more is sent to a widget that wants nothing
        return
    move = QDragMoveEvent(place, BOTH, data, LEFT, SHIFT)
    move.setDropAction(enter.dropAction())  # Qt begins with the last answer
    move.accept()
    drop = QDropEvent(QPointF(place), BOTH, data, LEFT, SHIFT)
    for event in (move, drop):
        assert event.proposedAction() == Qt.DropAction.MoveAction
        QApplication.sendEvent(target, event)
        yield event.isAccepted(), event.dropAction()


def takers(*windows: QWidget) -> list[QWidget]:
    """Every widget in these windows that something can be dropped on."""
    return [w for top in windows for w in (top, *top.findChildren(QWidget)) if w.acceptDrops()]


def test_no_drop_on_any_widget_is_answered_with_a_move(
    window: MainWindow, dropped: QMimeData, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[QMimeData] = []
    monkeypatch.setattr(window.intake, "take", taken.append)
    note = NoteWindow(None, window.intake.notes, lambda paths: None, window.bridge, window)
    settings = SettingsDialog(window.bridge.kb, window._state, window)
    widgets = takers(window, note, settings)
    assert window in widgets
    assert note.editor.source.viewport() in widgets
    for widget in widgets:
        for accepted, action in answers(widget, dropped):
            assert action == Qt.DropAction.CopyAction or not accepted, widget
    assert taken
    assert "only copy.md" in note.editor.source.toPlainText()
    assert "only copy.md" in window.box.line.text()
    note.editor.source.clear()


def test_a_question_of_one_line_takes_no_move_either(
    window: MainWindow, dropped: QMimeData, qtbot: QtBot
) -> None:
    actions: list[tuple[bool, Qt.DropAction]] = []

    def look() -> None:
        asked = QApplication.activeModalWidget()
        assert asked is not None
        for widget in takers(asked):
            actions.extend(answers(widget, dropped))
        asked.close()

    QTimer.singleShot(0, look)
    window.view(LibraryView).details._add_detail()
    assert actions
    assert all(action == Qt.DropAction.CopyAction or not accepted for accepted, action in actions)


def test_text_is_still_moved_inside_one_field(
    window: MainWindow, dropped: QMimeData, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drag that comes from the field itself is its own affair."""
    monkeypatch.setattr(QDropEvent, "source", lambda _event: window.box.line)
    assert list(answers(window.box.line, dropped)) == [(True, Qt.DropAction.MoveAction)] * 3
