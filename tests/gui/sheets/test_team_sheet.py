"""A team's library in the window: its state, its people, its folder, and connecting to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.gui.sheets import team_sheet
from desktop_kb.gui.sheets.libraries import LibraryMenu
from desktop_kb.gui.sheets.team_sheet import TeamSheet
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import team
from desktop_kb.kb.team_overview import TeamOverview

Shown = TypeVar("Shown", bound=QWidget)

CONNECTION = team.Connection("desk", 2881, "ada", "bees", "", "")


class Team:
    """What stands for an engine: its answers, and what was asked of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.people: dict[str, Any] | None = {"bob": "writer", "eve": "reader"}
        self.problem: StorageProblem | None = None
        self.asked: list[tuple[object, ...]] = []
        monkeypatch.setattr(team_sheet, "overview", self.overview)
        for name in ("grant", "revoke", "connect"):
            monkeypatch.setattr(team, name, self._asking(name))

    def overview(self, name: str) -> TeamOverview:
        state = team.TeamState(
            name, team.connection_of(paths.library(f"team:{name}")), 12, 3456, self.problem
        )
        return TeamOverview(state, None if self.problem else self.people)

    def _asking(self, name: str) -> Callable[..., str]:
        def asked(*given: object, **named: object) -> str:
            self.asked.append((name, *given, *named.values()))
            if self.problem:
                raise self.problem
            if self.people is not None and name == "grant":
                self.people = {**self.people, str(given[1]): given[2]}
            if self.people is not None and name == "revoke":
                self.people = {person: role for person, role in self.people.items() if person != given[1]}
            return "0" * 16

        return asked


def connected(name: str, connection: team.Connection = CONNECTION) -> Path:
    root = paths.library(f"team:{name}").root
    root.mkdir(parents=True)
    (root / paths.TEAM_FILE).write_text(json.dumps(asdict(connection)), "utf-8")
    return root


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Team:
    monkeypatch.setenv("DESKTOP_KB_HOME", str(tmp_path / "home"))
    connected("bees")
    return Team(monkeypatch)


@pytest.fixture
def sheet(asked: Team, window: MainWindow, qtbot: QtBot) -> TeamSheet:
    opened = window.sheets.team(window.switch)
    qtbot.waitUntil(lambda: "12 documents" in opened.state.text())
    return opened


def shown(sheet: TeamSheet, kind: type[Shown]) -> list[Shown]:
    """What a person sees of the people; what was there before stays hidden until the event loop deletes it."""
    return [one for one in sheet.people.findChildren(kind) if not one.isHidden()]


def rows(sheet: TeamSheet) -> list[str]:
    return [
        *(one.text() for one in shown(sheet, QLabel)),
        *(one.currentText() for one in shown(sheet, QComboBox)),
    ]


def test_what_was_shown_before_is_not_seen(sheet: TeamSheet) -> None:
    people = sorted(rows(sheet))
    assert sheet._shown is not None
    sheet._show_people(sheet._shown)
    QApplication.sendPostedEvents(
        None, QEvent.Type.MetaCall.value
    )  # what is new is shown, nothing is deleted
    assert sorted(rows(sheet)) == people
    sheet.close()


def test_the_state_and_the_people_of_a_team(sheet: TeamSheet, asked: Team, qtbot: QtBot) -> None:
    assert sheet.state.text() == "ada@desk:2881 answers: 12 documents, 3,456 passages."
    assert sheet.folder.text() == "The team's folder is not here."
    assert sorted(rows(sheet)) == ["ada", "bob", "eve", "may read", "may write", "owns it"]
    asked.problem = StorageProblem("engine-away", name="desk")
    sheet.look()
    qtbot.waitUntil(lambda: "cannot be reached" in sheet.state.text())
    assert not sheet.adding.isVisible()
    asked.problem = None
    sheet.look()
    qtbot.waitUntil(lambda: "12 documents" in sheet.state.text())
    sheet.close()


def test_the_owner_says_who_may_do_what(sheet: TeamSheet, asked: Team, qtbot: QtBot) -> None:
    sheet.name.setText(" zoe ")
    sheet.password.setText("secret")
    qtbot.keyClick(sheet.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "zoe" in rows(sheet))
    assert asked.asked == [("grant", "bees", "zoe", "writer", "secret")]
    assert (sheet.name.text(), sheet.password.text()) == ("", "")
    (choice,) = (one for one in shown(sheet, QComboBox) if "eve" in one.accessibleName())
    choice.setCurrentIndex(choice.findText("may write"))
    choice.activated.emit(choice.currentIndex())
    qtbot.waitUntil(lambda: asked.people is not None and asked.people["eve"] == "writer")

    def away() -> list[QPushButton]:
        return [one for one in shown(sheet, QPushButton) if "bob" in one.accessibleName()]

    qtbot.waitUntil(lambda: len(away()) == 1)  # the rows are made anew
    away()[0].click()
    qtbot.waitUntil(lambda: "bob" not in rows(sheet))
    asked.problem = StorageProblem("no-name", name="zoë")
    sheet.name.setText("zoë")
    sheet._add()
    qtbot.waitUntil(lambda: "cannot be anybody's name" in sheet.said.text())
    assert sheet.name.text() == "zoë", "what was refused can be corrected"
    sheet.close()


def test_who_is_not_the_owner_is_told_so(asked: Team, window: MainWindow, qtbot: QtBot) -> None:
    asked.people = None
    sheet = window.sheets.team(window.switch)
    qtbot.waitUntil(lambda: rows(sheet) == ["Who may do what is its owner's to see."])
    assert not sheet.adding.isVisible()
    sheet.close()


def test_the_teams_folder_is_chosen(
    sheet: TeamSheet, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    sheet._choose_folder()
    qtbot.waitUntil(lambda: sheet.folder.text() == f"The team's folder is {tmp_path} here.")
    assert team.connection_of(paths.library("team:bees")) == replace(CONNECTION, root=str(tmp_path))
    sheet.close()


def test_a_team_is_connected_and_opened(
    asked: Team, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (paths.library("team:bees").root / paths.TEAM_FILE).unlink()
    sheet = window.sheets.team(window.switch)
    assert sheet.state.text().startswith("Several people can share one library")
    assert not sheet.open_it.isVisible()
    dialog = sheet.connect_to()
    dialog.do_it.click()
    assert "It needs a name" in dialog.said.text()
    for line, text in (
        (dialog.name, "wasps"),
        (dialog.host, "desk"),
        (dialog.user, "ada"),
        (dialog.password, "pw"),
    ):
        line.setText(text)
    asked.problem = StorageProblem("wrong-login", name="desk")
    dialog.do_it.click()
    qtbot.waitUntil(dialog.do_it.isEnabled)
    assert "password" in dialog.said.text()
    asked.problem = None
    root = connected("wasps")
    dialog.do_it.click()
    qtbot.waitUntil(lambda: sheet.teams.currentText() == "wasps")
    assert asked.asked[-1] == ("connect", "wasps", "desk", "ada", 2881, "", "", "pw", False, "")
    sheet.open_it.click()
    assert window.next_library == str(root)


def test_a_teams_library_is_called_by_its_name(asked: Team, window: MainWindow, tmp_path: Path) -> None:
    menu = LibraryMenu(tmp_path, window._state, window.action_set, window.switch, window)
    assert "Team: bees" in [action.text() for action in menu.actions()]
    assert str(paths.library("team:bees").root) not in [action.text() for action in menu.actions()]
