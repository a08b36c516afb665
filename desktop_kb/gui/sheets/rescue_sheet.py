"""Rescues a library file that cannot be opened, before there is a window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox

from desktop_kb import kb as core
from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Task
from desktop_kb.gui.sheets import upkeep
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.widgets import label
from desktop_kb.records import Finding


class RescueSheet(TaskSheet):
    """Rescues a library file that cannot be opened, or restores a backup. Nobody may have the library open.

    Attributes:
        library: the library to open afterwards: this one, or the one restored from a backup.
        lost: what could not be saved; None as long as nothing was rescued.
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
                    "'{name}' cannot be opened as it is. A rescue puts all that can still be read into a new "
                    "file; the damaged one stays beside it. What can be made again is made again.",
                    name=library.name,
                ),
                wrap=True,
            )
        )
        self.restore_button = self.offer(tr("Restore from a backup"), self._restore)
        self.rescue_button = self.offer(tr("Rescue the library file"), self.rescue)

    def rescue(self) -> None:
        """Copy everything readable into a new library file."""
        self.work(
            tr("Saving what can be read …"),
            lambda task: core.rescue(self.library),
            self._rescued,
            closing="waits",
        )

    def work_started(self) -> None:
        self.restore_button.hide()
        self.rescue_button.hide()

    def work_failed(self, problem: Problem) -> None:
        self.restore_button.show()

    def _rescued(self, lost: list[Finding]) -> None:
        self.lost = lost
        self.accept()

    def _restore(self) -> None:
        def opened(folder: Path) -> None:
            self.library = folder
            self.accept()

        upkeep.ask_restore(Task.start, opened, self)


def offer_rescue(
    library: Path, failed: Problem, *, skip_question: bool = False
) -> tuple[Path, list[Finding] | None] | None:
    """Tell the person why a library could not be opened; if its file is damaged, offer to rescue it or to
    restore a backup.

    Args:
        skip_question: start the rescue immediately, because the person has already asked for it.

    Returns:
        (the library to open now, what the rescue has lost; None if there was none), or None if there is
        no library to open.
    """
    if failed.code != "database-damaged":
        QMessageBox.warning(None, "Desktop KB", say(failed))
        return None
    sheet = RescueSheet(library)
    # This sheet is the only window, and closing it must not quit the program.
    quits = QApplication.quitOnLastWindowClosed()
    QApplication.setQuitOnLastWindowClosed(False)
    if skip_question:
        sheet.rescue()
    agreed = sheet.exec() == QDialog.DialogCode.Accepted
    QApplication.setQuitOnLastWindowClosed(quits)
    sheet.deleteLater()
    return (sheet.library, sheet.lost) if agreed else None
