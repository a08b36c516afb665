"""A team's libraries: connecting to one, whether it answers, where its folder is here, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.team_connect import ConnectDialog
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.widgets import Scroll, button, empty, fit_screen, label, rule
from desktop_kb.kb import team
from desktop_kb.kb.team_overview import Role, TeamOverview, overview

#: An engine that was away may be back while the person looks.
_AGAIN_MS: Final = 3_000
ROLES: Final[dict[Role, str]] = {"writer": "may write", "reader": "may read"}


class TeamSheet(QDialog):
    """What is chosen holds at once."""

    def __init__(self, bridge: Bridge, opened: Callable[[Path], None], parent: QWidget | None = None) -> None:
        """`opened` opens a library in the window."""
        super().__init__(parent)
        self._bridge, self._opened = bridge, opened
        self._shown: TeamOverview | None = None
        self._asked = ""  # of which team an answer is awaited
        self.setWindowTitle(tr("Team library"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(10)
        column.addLayout(self._choice())
        self.state = label("", wrap=True)
        column.addWidget(self.state)
        self.waiting = label("", "quiet", wrap=True)
        column.addWidget(self.waiting)
        self._of_team = QWidget()
        inner = QVBoxLayout(self._of_team)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(10)
        inner.addLayout(self._folder_row())
        inner.addWidget(rule())
        self._heading = label(tr("People"), "section")
        inner.addWidget(self._heading)
        self.people = QWidget()
        self._rows = QGridLayout(self.people)
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setColumnStretch(0, 1)
        inner.addWidget(Scroll(self.people, tr("People")), 1)
        inner.addWidget(self._adding())
        column.addWidget(self._of_team, 1)
        self.said = label("", "attention", wrap=True)
        column.addWidget(self.said)
        row = QHBoxLayout()
        row.addStretch(1)
        self.open_it = button(tr("Open this library"), self._open)
        row.addWidget(self.open_it)
        row.addWidget(button(tr("Close"), self.close))  # no default: Enter in a field adds
        column.addLayout(row)
        fit_screen(self, theme.px(560), theme.px(520))
        self._timer = QTimer(self, interval=_AGAIN_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.show_teams(_team_of(bridge.kb.library.root))

    def _choice(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.teams = QComboBox()
        self.teams.setAccessibleName(tr("Team library"))
        self.teams.activated.connect(lambda _index: self._chosen())
        row.addWidget(self.teams, 1)
        row.addWidget(button(tr("Connect …"), self.connect_to))
        return row

    def _folder_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.folder = label("", wrap=True)
        row.addWidget(self.folder, 1)
        row.addWidget(button(tr("Choose …"), self._choose_folder, name=tr("Where the team's folder is here")))
        return row

    def _adding(self) -> QWidget:
        self.adding = QWidget()
        row = QHBoxLayout(self.adding)
        row.setContentsMargins(0, 0, 0, 0)
        self.name, self.password, self.role = QLineEdit(), QLineEdit(), QComboBox()
        self.name.setPlaceholderText(tr("Name"))
        self.name.setAccessibleName(tr("Name"))
        self.password.setPlaceholderText(tr("First password"))
        self.password.setToolTip(tr("First password, if new there"))
        self.password.setAccessibleName(tr("First password, if new there"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        _fill(self.role)
        self.role.setAccessibleName(tr("What they may do"))
        row.addWidget(self.name, 1)
        row.addWidget(self.password, 1)
        row.addWidget(self.role)
        row.addWidget(button(tr("Add"), self._add))
        for line in (self.name, self.password):
            line.returnPressed.connect(self._add)
        return self.adding

    # --- what is shown

    def show_teams(self, chosen: str = "") -> None:
        """Show the libraries that are connected, with one of them chosen."""
        names = team.names()
        with QSignalBlocker(self.teams):
            self.teams.clear()
            self.teams.addItems(names)
            if chosen in names:
                self.teams.setCurrentIndex(names.index(chosen))
        self._chosen()

    def _chosen(self) -> None:
        name = self.teams.currentText()
        self._shown = None
        self._of_team.setVisible(bool(name))
        self.open_it.setVisible(bool(name))
        self.teams.setVisible(bool(name))
        self.said.setText("")
        self.waiting.setText("")
        if not name:
            self.state.setText(
                tr(
                    "Several people can share one library on an engine that one of them runs. Connect to it here."
                )
            )
            return
        root = paths.library(paths.TEAM + name).root
        self.open_it.setEnabled(root != self._bridge.kb.library.root)
        self.state.setText(tr("Asking …"))
        empty(self.people)
        self.adding.hide()
        self.look()

    def look(self) -> None:
        """Show what holds now."""
        name = self.teams.currentText()
        if name and self._asked != name:
            self._asked = name
            # A failure is said here: in the window it would be said anew with each look.
            self._bridge.call(lambda: (name, overview(name), self._count(name)), self._show, self._not_seen)

    def _count(self, name: str) -> int:
        """How many files wait here, of the library that is open."""
        kb = self._bridge.kb
        return len(kb.queue()) if kb.library.root == paths.library(paths.TEAM + name).root else 0

    def _not_seen(self, problem: Problem) -> None:
        self._asked = ""
        self.state.setText(say(problem))

    def _show(self, found: tuple[str, TeamOverview, int]) -> None:
        name, seen, waiting = found
        self._asked = ""
        if name != self.teams.currentText():
            self.look()
            return
        self.waiting.setText(_waits(waiting) if waiting else "")
        self.waiting.setVisible(bool(waiting))
        if seen == self._shown:
            return
        self._shown = seen
        self.state.setText(_told(seen))
        root = seen.state.connection.root if seen.state.connection else ""
        self.folder.setText(
            tr("The team's folder is {path} here.", path=root)
            if root
            else tr("The team's folder is not here.")
        )
        self._show_people(seen)

    def _show_people(self, seen: TeamOverview) -> None:
        empty(self.people)
        self._heading.setVisible(seen.state.problem is None)
        self.adding.setVisible(seen.people is not None)
        if seen.people is None or seen.state.connection is None:
            if not seen.state.problem:
                self._rows.addWidget(
                    label(tr("Who may do what is its owner's to see."), "quiet", wrap=True), 0, 0
                )
            return
        self._rows.addWidget(label(seen.state.connection.user), 0, 0)
        self._rows.addWidget(label(tr("owns it"), "quiet"), 0, 1)
        for row, (person, role) in enumerate(seen.people.items(), 1):
            self._rows.addWidget(label(person), row, 0)
            choice = QComboBox()
            choice.setAccessibleName(tr("What {name} may do", name=person))
            _fill(choice, role)
            choice.activated.connect(partial(self._give, person, choice))
            self._rows.addWidget(choice, row, 1)
            away = button(tr("Take away"), partial(self._take, person), "link")
            away.setAccessibleName(tr("Take away what {name} may do", name=person))
            self._rows.addWidget(away, row, 2)
        self._rows.setRowStretch(len(seen.people) + 1, 1)

    # --- what is done

    def _open(self) -> None:
        self._opened(paths.library(paths.TEAM + self.teams.currentText()).root)

    def connect_to(self) -> ConnectDialog:
        """Ask where a library is, and connect to it."""
        dialog = ConnectDialog(self._bridge, self)
        dialog.connected.connect(self.show_teams)
        dialog.open()
        return dialog

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Where the team's folder is here"))
        if chosen:
            self._do(partial(team.set_root, self.teams.currentText(), chosen))

    def _add(self) -> None:
        person = self.name.text().strip()
        if person:
            password, role = self.password.text() or None, self.role.currentData()
            self._do(partial(team.grant, self.teams.currentText(), person, role, password), self._added)

    def _added(self, _result: None) -> None:
        self.name.clear()
        self.password.clear()
        self._again()

    def _give(self, person: str, choice: QComboBox, _index: int) -> None:
        self._do(partial(team.grant, self.teams.currentText(), person, choice.currentData()))

    def _take(self, person: str) -> None:
        self._do(partial(team.revoke, self.teams.currentText(), person))

    def _do(self, work: Callable[[], object], then: Callable[[Any], None] | None = None) -> None:
        """Do something on a thread, and show what holds then."""
        self.said.setText("")
        self._bridge.call(work, then or self._done, self._failed)

    def _done(self, _result: object) -> None:
        self._again()

    def _failed(self, problem: Problem) -> None:
        self.said.setText(say(problem))
        self._again()

    def _again(self) -> None:
        self._shown, self._asked = None, ""
        self.look()


def _fill(choice: QComboBox, chosen: Role = "writer") -> None:
    for role, text in ROLES.items():
        choice.addItem(tr(text), role)
    choice.setCurrentIndex(choice.findData(chosen, Qt.ItemDataRole.UserRole))


def _told(seen: TeamOverview) -> str:
    """Whether it answers, and what it holds; or why not."""
    state, at = seen.state, seen.state.connection
    if state.problem is not None or at is None:
        return say(state.problem) if state.problem else ""
    counts = {"documents": f"{state.documents:,}", "passages": f"{state.passages:,}"}
    where = f"{at.user}@{at.host}:{at.port}"
    return tr("{where} answers: {documents} documents, {passages} passages.", where=where, **counts)


def _waits(count: int) -> str:
    return plural(
        count,
        "{n} file waits on this machine and is added as soon as the library takes it.",
        "{n} files wait on this machine and are added as soon as the library takes them.",
    )


def _team_of(root: Path) -> str:
    """The team whose library this is; '' for a library of one's own."""
    return root.name if root.parent == paths.teams_dir() else ""
