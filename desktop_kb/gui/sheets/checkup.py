"""Checks a library, repairs its derived data, and salvages a library file that cannot be opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QDialog, QGridLayout, QMessageBox, QWidget

from desktop_kb import kb as core
from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge, Task
from desktop_kb.gui.sheets import upkeep
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.translation import language, plural, say, tr
from desktop_kb.gui.widgets import empty, label
from desktop_kb.records import Check, Finding
from desktop_kb.sentences import check_name, say_all


class CheckSheet(TaskSheet):
    """Shows the result of each check and offers a repair. Emits `mend_requested` when the person wants
    the database file salvaged, because no process may have the library open for that."""

    mend_requested = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge.begin, tr("Check the library"), parent, 600)
        self._kb = bridge.kb
        self.body.addWidget(label(tr("Everything is looked at; nothing is changed."), "quiet", wrap=True))
        self.lines = QWidget()
        grid = QGridLayout(self.lines)
        grid.setContentsMargins(0, 8, 0, 4)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(2, 1)
        self.body.addWidget(self.lines)
        self.lines.hide()
        self.repair_button = self.offer(tr("Repair"), self.repair)
        self.mend_button = self.offer(tr("Mend the library file"), self.mend_requested.emit)
        self.work_started()

    def check(self) -> None:
        """Run the checks and show their results."""
        self.work(tr("Looking …"), lambda task: self._kb.doctor(), self._found, closing="leaves")

    def repair(self, lost: Sequence[Finding] = ()) -> None:
        """Rebuild all derived data, then show the results of the checks.

        Args:
            lost: what salvaging the file could not save; shown as a warning.
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
        self.mend_button.hide()

    def work_failed(self, problem: Problem) -> None:
        if problem.code == "database-damaged":
            self.say(tr("The library file is damaged"), "attention")  # the way out is the button
            self.mend_button.show()
            self.fit()

    def _found(self, checks: list[Check]) -> None:
        self._show(checks)
        wrong = sum(not check.ok for check in checks)
        if wrong:
            self.say(plural(wrong, "{n} thing is not in order.", "{n} things are not in order."), "attention")
            # Offer only one button: a repair follows the mending anyway.
            damaged = any(check.name == "database" and not check.ok for check in checks)
            (self.mend_button if damaged else self.repair_button).show()
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
        self.mend_button.setVisible("database" in left)

    def _show(self, checks: Sequence[Check]) -> None:
        self.lines.hide()
        empty(self.lines)
        grid = self.lines.layout()
        assert isinstance(grid, QGridLayout)
        for row, check in enumerate(checks):
            mark = label("✓" if check.ok else "!", "good" if check.ok else "attention")
            mark.setAccessibleName(tr("in order") if check.ok else tr("not in order"))
            said = label(say(check), "quiet" if check.ok else "attention", wrap=True)
            said.setContentsMargins(0, 2, 0, 0)  # align the baseline of the smaller text with the name
            for column, part in enumerate((mark, label(check_name(check.name, language())), said)):
                # Align inside the label: aligned by the grid, the label would get no height for a second line.
                part.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(part, row, column)
        self.lines.show()
        self.fit()


class Checks(QObject):
    """Opens the check sheet on request, and once by itself when the library turns out to be damaged."""

    def __init__(self, bridge: Bridge, mend: Callable[[], None], parent: QWidget) -> None:
        """`mend` closes the library and starts salvaging its file."""
        super().__init__(parent)
        self._bridge, self._mend, self._window = bridge, mend, parent
        self._damage_seen = False

    def open(self, *, repair: bool = False, lost: Sequence[Finding] = ()) -> CheckSheet:
        """Open the sheet and check the library; with `repair`, repair it first.

        Args:
            lost: what salvaging its file has lost.
        """
        sheet = CheckSheet(self._bridge, self._window)
        sheet.mend_requested.connect(self._mend)
        sheet.show()
        if repair:
            sheet.repair(lost)
        else:
            sheet.check()
        return sheet

    def look_for_damage(self, met: Problem | Finding) -> None:
        """Open the sheet the first time that a problem or finding says the library file is damaged."""
        if met.code == "database-damaged" and not self._damage_seen:
            self._damage_seen = True
            self.open()


class MendSheet(TaskSheet):
    """Salvages a library file that cannot be opened, or restores a backup. Nobody may have the library open.

    Attributes:
        library: the library to open afterwards: this one, or the one restored from a backup.
        lost: what could not be saved; None as long as nothing was salvaged.
    """

    def __init__(self, library: Path) -> None:
        super().__init__(Task.start, tr("The library file is damaged"))
        self.library = library
        self.lost: list[Finding] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.body.addWidget(label(tr("The library file is damaged"), "heading"))
        self.body.addWidget(
            label(
                tr(
                    "'{name}' cannot be opened as it is. Mending puts all that can still be read into a new "
                    "file; the damaged one stays beside it. What can be made again is made again.",
                    name=library.name,
                ),
                wrap=True,
            )
        )
        self.restore_button = self.offer(tr("Restore from a backup"), self._restore)
        self.mend_button = self.offer(tr("Mend the library file"), self.mend)

    def mend(self) -> None:
        """Copy everything readable into a new library file."""
        self.work(
            tr("Saving what can be read …"),
            lambda task: core.mend(self.library),
            self._mended,
            closing="waits",
        )

    def work_started(self) -> None:
        self.restore_button.hide()
        self.mend_button.hide()

    def work_failed(self, problem: Problem) -> None:
        self.restore_button.show()

    def _mended(self, lost: list[Finding]) -> None:
        self.lost = lost
        self.accept()

    def _restore(self) -> None:
        def opened(folder: Path) -> None:
            self.library = folder
            self.accept()

        upkeep.ask_restore(Task.start, opened, self)


def rescue(
    library: Path, failed: Problem, *, skip_question: bool = False
) -> tuple[Path, list[Finding] | None] | None:
    """Tell the person why a library could not be opened; if its file is damaged, offer mending or a backup.

    Args:
        skip_question: start mending immediately, because the person has already asked for it.

    Returns:
        (the library to open now, what mending has lost; None if nothing was mended), or None if there is
        no library to open.
    """
    if failed.code != "database-damaged":
        QMessageBox.warning(None, "Desktop KB", say(failed))
        return None
    sheet = MendSheet(library)
    # This sheet is the only window, and closing it must not quit the program.
    quits = QApplication.quitOnLastWindowClosed()
    QApplication.setQuitOnLastWindowClosed(False)
    if skip_question:
        sheet.mend()
    agreed = sheet.exec() == QDialog.DialogCode.Accepted
    QApplication.setQuitOnLastWindowClosed(quits)
    sheet.deleteLater()
    return (sheet.library, sheet.lost) if agreed else None
