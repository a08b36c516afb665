"""Is the library whole? The checks as lines, the repair, and mending a file that cannot be opened."""

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
    """Looks at once; says `mend_requested` where the file itself has to be mended, for which nobody
    may have the library open."""

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
        self.begun()

    def check(self) -> None:
        """Look."""
        self.work(tr("Looking …"), lambda task: self._kb.doctor(), self._found, closing="leaves")

    def repair(self, lost: Sequence[Finding] = ()) -> None:
        """Make again what can be made again, then look.

        Args:
            lost: what mending the file could not save, to be said.
        """
        self.work(
            tr("Repairing: documents may be read anew, which takes a while …"),
            lambda task: self._kb.doctor(repair=True),
            self._repaired,
            closing="leaves",
        )
        if lost:
            self.warn(tr("Lost: {what}", what=say_all(lost, language())))

    def begun(self) -> None:
        self.repair_button.hide()
        self.mend_button.hide()

    def refused(self, problem: Problem) -> None:
        if problem.code == "database-damaged":
            self.say(tr("The library file is damaged"), "attention")  # the way out is the button
            self.mend_button.show()
            self.fit()

    def _found(self, checks: list[Check]) -> None:
        self._show(checks)
        wrong = sum(not check.ok for check in checks)
        if wrong:
            self.say(plural(wrong, "{n} thing is not in order.", "{n} things are not in order."), "attention")
            # Mending is followed by a repair.
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
            said.setContentsMargins(0, 2, 0, 0)  # its letters are smaller: on one line with the name
            for column, part in enumerate((mark, label(check_name(check.name, language())), said)):
                # The label's own alignment: one of the grid's would give it no room for a second line.
                part.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(part, row, column)
        self.lines.show()
        self.fit()


class Checks(QObject):
    """Opens the sheet over the window: when asked, and once by itself when damage is met."""

    def __init__(self, bridge: Bridge, mend: Callable[[], None], parent: QWidget) -> None:
        """`mend` has the file itself mended, for which nobody may have the library open."""
        super().__init__(parent)
        self._bridge, self._mend, self._window = bridge, mend, parent
        self._damage_seen = False

    def open(self, *, repair: bool = False, lost: Sequence[Finding] = ()) -> CheckSheet:
        """Look whether the library is whole, after repairing it if `repair`.

        Args:
            lost: what mending its file has lost.
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
        """Where the library's file is damaged, the way out is shown instead of a dead window."""
        if met.code == "database-damaged" and not self._damage_seen:
            self._damage_seen = True
            self.open()


class MendSheet(TaskSheet):
    """For a library whose file cannot be opened, while nobody has it open.

    Attributes:
        library: what to open afterwards: this one, or one made from a backup.
        lost: what could not be saved; None before anything was mended.
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
        """Put what can be read into a new file."""
        self.work(
            tr("Saving what can be read …"),
            lambda task: core.mend(self.library),
            self._mended,
            closing="waits",
        )

    def begun(self) -> None:
        self.restore_button.hide()
        self.mend_button.hide()

    def refused(self, problem: Problem) -> None:
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
    library: Path, failed: Problem, *, at_once: bool = False
) -> tuple[Path, list[Finding] | None] | None:
    """A library could not be opened: say so, and offer what can be done.

    Args:
        at_once: the person has asked for mending already.

    Returns:
        The library to open now and what mending has lost (None: nothing was mended); None if nothing
        can be opened.
    """
    if failed.code != "database-damaged":
        QMessageBox.warning(None, "Desktop KB", say(failed))
        return None
    sheet = MendSheet(library)
    # It is the only window: its end must not end the program.
    quits = QApplication.quitOnLastWindowClosed()
    QApplication.setQuitOnLastWindowClosed(False)
    if at_once:
        sheet.mend()
    agreed = sheet.exec() == QDialog.DialogCode.Accepted
    QApplication.setQuitOnLastWindowClosed(quits)
    sheet.deleteLater()
    return (sheet.library, sheet.lost) if agreed else None
