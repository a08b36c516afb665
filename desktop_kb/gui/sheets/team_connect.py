"""Asks where a team's library is, and connects to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.errors import Problem
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.widgets import button, fit_screen, label
from desktop_kb.kb import team

_MOST_PORT = 65_535


class ConnectDialog(QDialog):
    """Closes once the library has answered."""

    #: the name that the person gave it
    connected = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._bridge = bridge
        self.setWindowTitle(tr("Connect to a team's library"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setSpacing(theme.px(8))
        self.name = self._line(form, tr("What you call it"))
        self.host = self._line(form, tr("The engine's machine"))
        self.port = self._line(form, tr("Its port"))
        self.port.setValidator(QIntValidator(1, _MOST_PORT, self.port))
        self.port.setText(str(team.PORT))
        self.user = self._line(form, tr("Your name there"))
        self.password = self._line(form, tr("Your password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password_file = self._line(form, tr("Or a file that holds it"), _ask_file)
        self.authority = self._line(form, tr("The engine's certificate"), _ask_file)
        self.folder = self._line(form, tr("The team's folder here"), _ask_folder)
        self.create_it = QCheckBox(tr("Make the library if there is none"))
        form.addRow("", self.create_it)
        column.addLayout(form)
        self.said = label(tr("The password is kept in your system's keyring."), "quiet", wrap=True)
        column.addWidget(self.said)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button(tr("Cancel"), self.close))
        self.do_it = button(tr("Connect"), self._connect, "primary")
        row.addWidget(self.do_it)
        column.addLayout(row)
        fit_screen(self, theme.px(480), theme.px(460))

    def _line(
        self, form: QFormLayout, name: str, ask: Callable[[QWidget, str], str] | None = None
    ) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        named = label(name)
        named.setBuddy(line)
        row = QHBoxLayout()
        row.addWidget(line, 1)
        if ask is not None:
            row.addWidget(button("…", partial(_take, self, line, name, ask), name=name))
        form.addRow(named, row)
        return line

    def _connect(self) -> None:
        name, host, user = (line.text().strip() for line in (self.name, self.host, self.user))
        if not (name and host and user and self.port.hasAcceptableInput()):
            self._say(tr("It needs a name, a machine with its port, and your name there."))
            return
        file = self.password_file.text().strip()
        self.do_it.setEnabled(False)
        self._say(tr("Asking …"))
        connect = partial(
            team.connect,
            name,
            host,
            user,
            port=int(self.port.text()),
            authority=self.authority.text().strip(),
            password_file=file,
            password=None if file else self.password.text(),
            create=self.create_it.isChecked(),
            root=self.folder.text().strip(),
        )
        self._bridge.call(connect, self._connected, self._failed)

    def _connected(self, _id: str) -> None:
        self.connected.emit(self.name.text().strip())
        self.close()

    def _failed(self, problem: Problem) -> None:
        self.do_it.setEnabled(True)
        self._say(say(problem))

    def _say(self, words: str) -> None:
        self.said.setText(words)


def _take(parent: QWidget, line: QLineEdit, title: str, ask: Callable[[QWidget, str], str]) -> None:
    if chosen := ask(parent, title):
        line.setText(chosen)


def _ask_file(parent: QWidget, title: str) -> str:
    return QFileDialog.getOpenFileName(parent, title)[0]


def _ask_folder(parent: QWidget, title: str) -> str:
    return QFileDialog.getExistingDirectory(parent, title)
