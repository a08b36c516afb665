"""The box: what it completes, and that while a word is composed with an input method it is in nobody's way."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui import theme
from desktop_kb.gui.search.search_box import SearchBox, completions
from desktop_kb.records import SearchSort


@pytest.fixture
def box(qtbot: QtBot) -> SearchBox:
    names = ("tag:", "taken:")
    made = SearchBox(lambda word: [name for name in names if name != word and name.startswith(word)])
    qtbot.addWidget(made)
    made.resize(600, 40)
    made.show()
    made.line.setFocus()
    return made


def compose(box: SearchBox, letters: str, commit: str = "") -> None:
    """What an input method sends: the letters that stand there for now, or the word chosen."""
    event = QInputMethodEvent(letters, [])
    event.setCommitString(commit)
    QApplication.sendEvent(box.line, event)


def test_nothing_is_asked_while_a_word_is_composed(box: SearchBox, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(box.changed, wait=250):
        for letters in ("b", "bei", "bei fen"):
            compose(box, letters)
    with qtbot.waitSignal(box.changed):
        compose(box, "", "备份")
    assert box.text() == "备份"


def test_keys_and_their_values_are_completed() -> None:
    keys = ("date", "sort", "tag", "title", "创建时间")
    assert completions("s", keys, ()) == ["sort:"]
    assert completions("sort:", keys, ()) == [f"sort:{one}" for one in sorted(get_args(SearchSort))]
    assert completions("sort:da", keys, ()) == ["sort:date"]
    assert completions("创", keys, ()) == ["创建时间:"]


def test_completions_stand_in_the_window_and_close_when_a_word_is_composed(
    box: SearchBox, qtbot: QtBot
) -> None:
    qtbot.keyClicks(box.line, "ta")
    assert box.offered.window() is box.window()  # a window of its own would take the focus from the box
    assert box.offered.isVisible()
    compose(box, "x")
    assert not box.offered.isVisible()
    compose(box, "", "行李")
    assert box.text() == "ta行李"


def test_a_completion_is_chosen_by_keys_and_asks_nothing_else(box: SearchBox, qtbot: QtBot) -> None:
    qtbot.keyClicks(box.line, "bmw ta")
    with qtbot.assertNotEmitted(box.stepped), qtbot.assertNotEmitted(box.entered):
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return):
            qtbot.keyClick(box.line, key)
    assert box.text() == "bmw taken:"
    assert not box.offered.isVisible()
    qtbot.keyClick(box.line, Qt.Key.Key_Down)  # now for the hits
    with qtbot.waitSignal(box.entered):
        qtbot.keyClick(box.line, Qt.Key.Key_Return)


def test_the_chosen_completion_is_seen(box: SearchBox, qtbot: QtBot) -> None:
    qtbot.keyClicks(box.line, "ta")
    qtbot.keyClick(box.line, Qt.Key.Key_Down)
    picture = box.offered.viewport().grab().toImage()
    grounds = []
    for row in range(2):
        place = box.offered.visualRect(box.offered.model().index(row, 0))
        grounds.append(picture.pixelColor(place.right() - 6, place.center().y()).name())
    assert grounds == [theme.LIGHT.accent_ground.name(), theme.LIGHT.panel.name()]


def test_enter_asks_and_escape_only_closes_where_no_completion_is_chosen(
    box: SearchBox, qtbot: QtBot
) -> None:
    qtbot.keyClicks(box.line, "ta")
    with qtbot.waitSignal(box.entered):
        qtbot.keyClick(box.line, Qt.Key.Key_Return)
    assert not box.offered.isVisible()
    qtbot.keyClicks(box.line, "g")
    assert box.offered.isVisible()
    qtbot.keyClick(box.line, Qt.Key.Key_Escape)
    assert not box.offered.isVisible()
    assert box.text() == "tag"


def test_a_click_chooses(box: SearchBox, qtbot: QtBot) -> None:
    qtbot.keyClicks(box.line, "ta")
    place = box.offered.visualRect(box.offered.model().index(0, 0)).center()
    qtbot.mouseClick(box.offered.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert box.text() == "tag:"


def test_what_was_asked_before_is_offered_in_the_empty_box(box: SearchBox, qtbot: QtBot) -> None:
    box.history = ["bees", "honey"]
    qtbot.keyClick(box.line, Qt.Key.Key_Down)
    qtbot.keyClick(box.line, Qt.Key.Key_Down)
    qtbot.keyClick(box.line, Qt.Key.Key_Tab)
    assert box.text() == "bees"


@pytest.mark.parametrize(
    "leave",
    [
        lambda box, _qtbot: box.clear(),
        lambda box, _qtbot: box.ask("honey"),
        lambda box, qtbot: (box.focus(), qtbot.keyClicks(box.line, "honey")),
        lambda box, _qtbot: box.line.clearFocus(),
        lambda box, qtbot: qtbot.keyClick(box.line, Qt.Key.Key_Return),
    ],
    ids=["cleared", "another asked", "typed over", "left", "entered"],
)
def test_every_question_is_kept_when_it_is_left(
    box: SearchBox, qtbot: QtBot, leave: Callable[[SearchBox, QtBot], object]
) -> None:
    box.history = ["cars", "bees in winter"]
    qtbot.keyClicks(box.line, "bees in winter")
    leave(box, qtbot)
    assert box.history == ["bees in winter", "cars"]


def test_what_asks_nothing_is_not_kept(box: SearchBox, qtbot: QtBot) -> None:
    qtbot.keyClicks(box.line, "tag:")
    box.clear()
    box.clear()
    assert box.history == []


def test_a_chip_is_heard_as_it_is_shown(box: SearchBox) -> None:
    box.keys = frozenset(("document",))
    box.ask("document:one,two tea")
    named = {chip.accessibleName() for chip in box.findChildren(QPushButton)}
    assert named == {"Remove the filter in 2 documents"}


def test_a_filter_becomes_a_chip_where_it_stands(box: SearchBox, qtbot: QtBot) -> None:
    box.keys = frozenset(("year", "tag"))
    qtbot.keyClicks(box.line, "in-year:2022 year:2022 note:tag:a quiet tag:")
    assert (box.filters(), box.text()) == (("year:2022",), "in-year:2022  note:tag:a quiet tag:")
    qtbot.keyClicks(box.line, '"motor cycle" -tag:b ')
    assert box.filters() == ("year:2022", 'tag:"motor cycle"', "-tag:b")
    assert box.text().split() == ["in-year:2022", "note:tag:a", "quiet"]
