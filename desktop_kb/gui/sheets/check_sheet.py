"""Checks a library and repairs its derived data."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.result_table import ResultTable, cell
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.translation import language, plural, say, tr
from desktop_kb.gui.widgets import label
from desktop_kb.records import Check, Finding
from desktop_kb.sentences import check_name, say_all


class CheckSheet(TaskSheet):
    """Shows the result of each check and offers a repair. Emits `rescue_requested` when the person wants
    the library file rescued, because no process may have the library open for that."""

    rescue_requested = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge.begin, tr("Check the library"), parent, 600)
        self._kb = bridge.kb
        self.body.addWidget(label(tr("Everything is looked at; nothing is changed."), "quiet", wrap=True))
        self.lines = ResultTable(tr("Results"), [tr("State"), tr("What is checked"), tr("Result")])
        self.body.addWidget(self.lines)
        self.lines.hide()
        self.repair_button = self.offer(tr("Repair"), self.repair)
        self.rescue_button = self.offer(tr("Rescue the library file"), self.rescue_requested.emit)
        self.work_started()

    def check(self) -> None:
        """Run the checks and show their results."""
        self.work(tr("Looking …"), lambda task: self._kb.doctor(), self._found, closing="leaves")

    def repair(self, lost: Sequence[Finding] = ()) -> None:
        """Rebuild all derived data, then show the results of the checks.

        Args:
            lost: what rescuing the file could not save; shown as a warning.
        """
        self.work(
            tr("Repairing: documents may be read anew, which takes a while …"),
            lambda task: self._kb.doctor(repair=True),
            self._repaired,
            closing="leaves",
        )
        if lost:
            self.warn(tr("Lost: {what}", what=say_all(lost, language())))

    def work_started(self) -> None:
        self.repair_button.hide()
        self.rescue_button.hide()

    def work_failed(self, problem: Problem) -> None:
        if problem.code == "database-damaged":
            self.say(tr("The library file is damaged"), "attention")  # the way out is the button
            self.rescue_button.show()
            self.fit()

    def _found(self, checks: list[Check]) -> None:
        self._show(checks)
        wrong = sum(not check.ok for check in checks)
        if wrong:
            self.say(plural(wrong, "{n} thing is not in order.", "{n} things are not in order."), "attention")
            # Offer only one button: a repair follows the rescue anyway.
            damaged = any(check.name == "database" and not check.ok for check in checks)
            (self.rescue_button if damaged else self.repair_button).show()
        else:
            self.say(tr("Everything is in order."))

    def _repaired(self, checks: list[Check]) -> None:
        self._show(checks)
        left = {check.name for check in checks if not check.ok}
        if not left:
            self.say(tr("Everything is in order again."))
            return
        self.say(
            tr("What is left cannot be made again. Restore a backup, or add the files once more."),
            "attention",
        )
        self.rescue_button.setVisible("database" in left)

    def _show(self, checks: Sequence[Check]) -> None:
        self.lines.setRowCount(0)
        for check in checks:
            mark, heard = ("✓", tr("in order")) if check.ok else ("!", tr("not in order"))
            self.lines.add_row(
                cell(mark, "good" if check.ok else "attention", heard=heard),
                cell(check_name(check.name, language())),
                cell(say(check), "quiet" if check.ok else "attention"),
            )
        self.lines.show()
        self.fit()
