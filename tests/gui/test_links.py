"""Links from other programs: asked about first, or said to lead nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from desktop_kb.gui import application
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Link

KEPT_WARM = "The cluster shivers to keep warm."


@pytest.fixture
def window(filled: Bridge, window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window of a library of two notes."""
    qtbot.waitUntil(lambda: len(window.documents) == 2)
    return window


def link_to(window: MainWindow, words: str = KEPT_WARM) -> str:
    kb = window.bridge.kb
    for document in kb.documents():
        text, _ = kb.text(document.document)
        if (start := text.find(words)) >= 0:
            return kb.link(document.document, start=start, end=start + len(words))
    raise AssertionError(words)


def box_of(window: MainWindow) -> QMessageBox | None:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    return boxes[0] if boxes else None


def answer(window: MainWindow, qtbot: QtBot, button: QMessageBox.StandardButton) -> str:
    qtbot.waitUntil(lambda: box_of(window) is not None)
    box = box_of(window)
    assert box is not None
    said = box.informativeText()
    box.button(button).click()
    return said


def test_a_link_from_outside_is_asked_about_and_then_opens_its_passage(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.links.follow(link_to(window), outside=True)
    assert answer(window, qtbot, QMessageBox.StandardButton.Open) == "Bees in winter"
    view = window.view(SearchView)
    qtbot.waitUntil(lambda: view.preview.text.passage_text() == KEPT_WARM)
    assert window.current is view


def test_nothing_is_shown_if_the_person_declines(window: MainWindow, qtbot: QtBot) -> None:
    window.links.follow(link_to(window), outside=True)
    answer(window, qtbot, QMessageBox.StandardButton.Cancel)
    assert window.view(SearchView).preview.text.passage_text() == ""
    window.links.follow(link_to(window), outside=True)  # and the next one is asked about again
    answer(window, qtbot, QMessageBox.StandardButton.Cancel)


def test_a_link_in_a_document_of_the_library_opens_at_once(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(SearchView)
    view.preview._ask_about(link_to(window))
    qtbot.waitUntil(lambda: view.preview.text.passage_text() == KEPT_WARM)


def test_a_link_to_a_question_asks_it(window: MainWindow, qtbot: QtBot) -> None:
    window.links.follow(str(Link(window.bridge.kb.id, question="shivers & 茶")), outside=True)
    assert answer(window, qtbot, QMessageBox.StandardButton.Open) == "shivers & 茶"
    assert window.box.query() == "shivers & 茶"


def test_many_links_at_once_ask_once(window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(20):
        window.links.follow(link_to(window), outside=True)
    qtbot.waitUntil(lambda: box_of(window) is not None)
    qtbot.waitUntil(lambda: not window.bridge.busy)
    qtbot.wait(50)
    assert len(window.findChildren(QMessageBox)) == 1
    answer(window, qtbot, QMessageBox.StandardButton.Cancel)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("desktop-kb:../../etc/passwd", "This is not a link to a library"),
        ("file:///etc/passwd", "This is not a link to a library"),
        ("desktop-kb:" + "a" * 100_000, "This is not a link to a library"),
        ("desktop-kb:%2e%2e/d/x", "This is not a link to a library"),
        (str(Link("0" * 16, "1" * 16)), "The link leads to a library that is not known here"),
    ],
)
def test_what_leads_nowhere_is_said_and_does_nothing(
    window: MainWindow, qtbot: QtBot, text: str, said: str
) -> None:
    window.links.follow(text, outside=True)
    qtbot.waitUntil(lambda: window.notice.words.text().startswith(said))
    assert box_of(window) is None


def test_a_document_that_is_not_there_is_said(window: MainWindow, qtbot: QtBot) -> None:
    window.links.follow(str(Link(window.bridge.kb.id, "1" * 16)), outside=True)
    qtbot.waitUntil(lambda: "1" * 16 in window.notice.words.text())
    assert box_of(window) is None


def test_a_link_into_another_library_offers_to_open_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with KnowledgeBase(tmp_path / "other") as other:
        link = str(Link(other.id, "1" * 16))
    window._state.setValue("libraries", f'["{tmp_path.as_posix()}/other"]')
    window.links.follow(link, outside=True)
    assert answer(window, qtbot, QMessageBox.StandardButton.Open) == str(tmp_path / "other")
    assert (window.next_library, window.next_link) == (str(tmp_path / "other"), link)


def test_the_library_of_a_link_is_found_among_those_that_were_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("DESKTOP_KB_HOME", str(tmp_path / "home"))
    opened: list[tuple[str, str]] = []
    said: list[Any] = []

    def run(root: str, *, link: str, parts: object) -> int:
        opened.append((root, link))
        return 0

    monkeypatch.setattr(application, "run", run)
    monkeypatch.setattr(QMessageBox, "warning", lambda *words: said.append(words[2]))
    with KnowledgeBase(tmp_path / "other") as other:
        link = str(Link(other.id, "1" * 16))
    assert application.open_link(link) == 1
    assert said[0].startswith("The link leads to a library that is not known here")
    state = QSettings(str(application._state().fileName()), QSettings.Format.IniFormat)
    state.setValue("libraries", f'["{tmp_path.as_posix()}/other"]')
    state.sync()
    assert application.open_link(link) == 0
    assert opened == [(str(tmp_path / "other"), link)]
    assert application.open_link("desktop-kb:--library=/tmp") == 2
    assert said[1].startswith("This is not a link to a library")
