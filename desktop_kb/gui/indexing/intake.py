"""Adds files to the library from the window: chosen, dropped or pasted ones, and the samples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.formats import SUFFIXES
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.drop import acceptable, files_of
from desktop_kb.gui.indexing.indexing import name_of
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.widgets import ask_which
from desktop_kb.kb import Batch
from desktop_kb.kb.citing import BIBLIOGRAPHIES

#: When the window has begun and its first question may have been asked.
_SOON_MS: Final = 3_000
#: A file that was put into the inbox is taken after two looks.
_INBOX_MS: Final = 3_000
#: So long the originals are not looked at again by themselves.
_AGAIN_S: Final = 600.0


class Intake(QObject):
    """Puts files and folders into the queue of one library.

    Attributes:
        notes: the library's folder of notes, where dropped or pasted text is saved.
    """

    #: a message about files that could not be added, or have changed
    said = Signal(str)
    #: files were added to the queue
    queued = Signal()
    #: a folder is to be followed
    follow_requested = Signal(object)
    #: all is to be looked at again
    looked_again = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._window = bridge, parent
        self.notes = bridge.kb.library.notes
        self._noticed = time.monotonic()
        self._looking, self._told = False, ""

    def add(self, files: Sequence[Path]) -> None:
        """Put files and folders into the queue; emits `said` if some cannot be added."""
        self._bridge.call(lambda: self._bridge.kb.add(files), self._added)

    def rename_note(self, path: str, stem: str) -> None:
        """Give a note of the library's own another name, and read it there; its document stays the same."""
        self._bridge.call(lambda: self._bridge.kb.rename_note(path, stem), lambda new: self.add([new]))

    def _added(self, batch: Batch) -> None:
        told = [report for report in batch.reports if report.error]
        # Unsupported files in a folder are not errors; the pictures of notes are not even news.
        refused = [
            r for r in told if r.status != "skipped" or r.error_code not in ("unsupported", "of-notes")
        ]
        left_out = sum(report.error_code == "unsupported" for report in told) if not refused else 0
        if refused:
            more = tr(" (and {n} more)", n=len(refused) - 1) if len(refused) > 1 else ""
            self.said.emit(f"{name_of(refused[0].path)}: {say(refused[0].error)}{more}")
        elif left_out:
            self.said.emit(
                plural(
                    left_out,
                    "{n} file of a kind that cannot be read was left out.",
                    "{n} files of kinds that cannot be read were left out.",
                )
            )
        self.queued.emit()

    def watch(self, app: QGuiApplication) -> None:
        """Look for files that have changed behind what the person does: soon, and when the window comes to the front
        a while after it was done last."""
        QTimer.singleShot(_SOON_MS, self, self._notice)
        app.applicationStateChanged.connect(self._came_forward)
        if self._bridge.kb.settings.inbox:
            self._timer = QTimer(self, interval=_INBOX_MS)
            self._timer.timeout.connect(self.look_into_inbox)
            self._timer.start()

    def look_into_inbox(self) -> None:
        """Take what lies in the inbox, unless an earlier look goes on; why it could not be looked at is said once."""
        if not self._looking:
            self._looking = True
            self._bridge.call(self._bridge.kb.take_inbox, self._was_taken, self._was_not_taken)

    def _was_taken(self, taken: Batch) -> None:
        self._looking, self._told = False, ""
        if taken.jobs or taken.reports:
            self._added(taken)

    def _was_not_taken(self, problem: Problem) -> None:
        self._looking, told = False, say(problem)
        if told != self._told:
            self.said.emit(told)
        self._told = told

    def _came_forward(self, state: Qt.ApplicationState) -> None:
        waited = time.monotonic() - self._noticed
        if state == Qt.ApplicationState.ApplicationActive and waited > _AGAIN_S:
            self._notice()

    def _notice(self) -> None:
        self._noticed = time.monotonic()
        self._bridge.call(self._bridge.kb.notice, self._was_noticed)

    def _was_noticed(self, batch: Batch) -> None:
        if batch.jobs or batch.reports:
            self._refreshed(batch)

    def refresh(self) -> None:
        """Look for files that have changed, and say what was found."""
        self._bridge.call(self._bridge.kb.refresh, self._refreshed)
        self.looked_again.emit()

    def _refreshed(self, batch: Batch) -> None:
        missed = sum(report.error_code in ("vanished", "away") for report in batch.reports)
        said = []
        if batch.jobs:
            changed = len(batch.jobs)
            said.append(
                plural(
                    changed,
                    "{n} file has changed and is read again.",
                    "{n} files have changed and are read again.",
                )
            )
        if missed:
            said.append(plural(missed, "{n} file is not where it was.", "{n} files are not where they were."))
        self.said.emit(" ".join(said) or tr("No file has changed."))
        self.queued.emit()

    def add_files(self) -> None:
        """Ask for files and add them."""
        files, _ = QFileDialog.getOpenFileNames(
            self._window,
            tr("Add files"),
            "",
            f"{tr('Documents')} ({' '.join(f'*{suffix}' for suffix in (*SUFFIXES, *BIBLIOGRAPHIES))})",
            options=QFileDialog.Option.HideNameFilterDetails,  # the label would be wider than the dialog
        )
        if files:
            self.add([Path(file) for file in files])

    def add_folder(self) -> None:
        """Ask for a folder, and whether it is followed or added once."""
        folder = QFileDialog.getExistingDirectory(self._window, tr("Add a folder"))
        if not folder:
            return
        followed = ask_which(
            self._window,
            tr("Follow '{name}'?", name=name_of(folder)),
            tr(
                "What is new, changed, moved or gone in it is then taken over by itself. Nothing in it is copied."
            ),
            tr("Follow this folder"),
            tr("Add it once"),
        )
        if followed:
            self.follow_requested.emit(Path(folder))
        elif followed is not None:
            self.add([Path(folder)])

    def add_samples(self) -> None:
        """Add the sample documents that come with the program."""
        # Ignore the reports: they would only say that the pictures of the notes were left out.
        samples = paths.resource("samples")
        self._bridge.call(lambda: self._bridge.kb.add([samples]), lambda _batch: self.queued.emit())

    def paste(self) -> None:
        """Add the files on the clipboard, or its text as a new note."""
        data = QGuiApplication.clipboard().mimeData()
        if data is not None and acceptable(data):
            self.take(data)

    def take(self, data: QMimeData) -> None:
        """Add what was dropped or pasted."""
        self.add(files_of(data, self.notes))
