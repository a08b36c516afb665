"""What assistants have asked of the library, and what they may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.result_table import ResultTable, cell
from desktop_kb.gui.sheets.settings_dialog import CHOICES
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.widgets import Scroll, button, fit_screen, label
from desktop_kb.records import AssistantCall

_MOST: Final = 200
#: An assistant may ask while the person looks.
_AGAIN_MS: Final = 3_000
#: Characters of a question in its row.
_SHOWN: Final = 300


class AssistantsSheet(QDialog):
    """What is chosen holds at once, also for assistants that are connected."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._kb = bridge, bridge.kb
        self._shown: Sequence[AssistantCall] | None = None
        self.setWindowTitle(tr("Assistants"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(10)
        row = QHBoxLayout()
        name = label(tr("They may"))
        row.addWidget(name)
        self.allowed = QComboBox()
        self.allowed.setAccessibleName(tr("What assistants may do"))
        for choice in ("off", "read", "write"):
            self.allowed.addItem(tr("Nothing") if choice == "off" else tr(CHOICES[choice]), choice)
        self.allowed.activated.connect(lambda _index: self.allow(self.allowed.currentData()))
        name.setBuddy(self.allowed)
        row.addWidget(self.allowed)
        row.addStretch(1)
        self.cut_off = button(tr("Cut them off"), lambda: self.allow("off"))
        row.addWidget(self.cut_off)
        column.addLayout(row)
        self.said = label("", "quiet", wrap=True)
        column.addWidget(self.said)
        self.calls = ResultTable(
            tr("What was asked"), [tr("When"), tr("Program"), tr("Tool"), tr("Question")]
        )
        column.addWidget(Scroll(self.calls, tr("What was asked")), 1)
        row = QHBoxLayout()
        self.forget = button(tr("Forget all"), self._forget)
        row.addWidget(self.forget)
        row.addStretch(1)
        row.addWidget(button(tr("Close"), self.close, "primary"))
        column.addLayout(row)
        fit_screen(self, theme.px(680), theme.px(480))
        self._timer = QTimer(self, interval=_AGAIN_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.look()

    def look(self) -> None:
        """Show what holds now."""
        # A failure is said here: in the window it would be said anew with each look.
        self._bridge.call(lambda: (self._kb.assistants, self._kb.asked(_MOST)), self._show, self._say)

    def allow(self, what: str) -> None:
        """Let assistants do this from now on."""
        try:
            self._kb.allow_assistants(what)
        except Problem as problem:
            self._say(problem)
            return
        self._show_allowed(what)

    def _say(self, problem: Problem) -> None:
        self.said.setText(say(problem))

    def _forget(self) -> None:
        self._bridge.call(self._kb.clear_asked, self._forgotten)

    def _forgotten(self, _result: None) -> None:
        self.look()

    def _show(self, found: tuple[str, Sequence[AssistantCall]]) -> None:
        allowed, calls = found
        self._show_allowed(allowed)
        if calls == self._shown:
            return
        self._shown = calls
        self.calls.setRowCount(0)
        for call in calls:
            when = datetime.fromisoformat(call.at).astimezone().strftime("%Y-%m-%d %H:%M")
            question = " ".join(call.question.split())
            self.calls.add_row(
                cell(when, "quiet"),
                cell(call.client or tr("unknown"), "quiet"),
                cell(call.tool, "quiet"),
                cell(question if len(question) <= _SHOWN else f"{question[:_SHOWN]} …"),
            )
        self.forget.setEnabled(bool(calls))

    def _show_allowed(self, allowed: str) -> None:
        with QSignalBlocker(self.allowed):
            self.allowed.setCurrentIndex(self.allowed.findData(allowed))
        self.cut_off.setEnabled(allowed != "off")
        self.said.setText(
            tr("They are cut off: nothing is answered.")
            if allowed == "off"
            else tr("What they asked is kept for 30 days. README has how to set one up.")
        )
