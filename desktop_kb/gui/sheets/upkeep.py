"""Backs a library up, restores a backup, and exports a library as plain files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_kb import kb as core
from desktop_kb.gui.bridge import Bridge, Task
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.translation import plural, tr
from desktop_kb.sentences import size_text

# Qt need not ask whether to overwrite: the core refuses an existing file and says so.
_NEW_FILE = QFileDialog.Option.DontConfirmOverwrite


def ask_back_up(bridge: Bridge, parent: QWidget) -> None:
    """Ask for a file name and back the library up to it."""
    day = datetime.now().astimezone().date().isoformat()
    name = f"{bridge.kb.library.root.name}-{day}.zip"
    file, _ = QFileDialog.getSaveFileName(
        parent, tr("Back up"), str(_home() / name), tr("Backups") + " (*.zip)", options=_NEW_FILE
    )
    if file:
        # Restoring shows only what ends so. A suffix is added, none replaced: 'notes.2026' is a name.
        back_up(bridge, Path(file if file.lower().endswith(".zip") else f"{file}.zip"), parent)


def back_up(bridge: Bridge, file: Path, parent: QWidget) -> TaskSheet:
    """Back the library up to `file`; it stays usable meanwhile."""
    sheet = TaskSheet(bridge.begin, tr("Back up"), parent)
    kb = bridge.kb

    def said(backup: core.Backup) -> None:
        words = [
            plural(backup.documents, "{n} document", "{n} documents"),
            plural(backup.files, "{n} copy of a file", "{n} copies of files"),
            plural(backup.notes, "{n} file of notes", "{n} files of notes"),
            size_text(backup.size_bytes),
        ]
        sheet.say(tr("Saved in {file}", file=file) + "\n" + " · ".join(words))
        if backup.missing:
            sheet.warn(
                plural(
                    len(backup.missing),
                    "{n} file is not in it, as the library has lost it. 'Check the library' says more.",
                    "{n} files are not in it, as the library has lost them. 'Check the library' says more.",
                )
            )
        if backup.left_out:
            sheet.warn(_left_out(len(backup.left_out)))

    def work(task: Task) -> core.Backup:
        return kb.backup(file, progress=lambda done, total: task.tell("", done / max(1, total)))

    sheet.work(tr("Saving the library into {file}", file=file.name), work, said)
    sheet.show()
    return sheet


def ask_export(bridge: Bridge, parent: QWidget) -> None:
    """Ask for an empty folder and export the documents into it."""
    folder = QFileDialog.getExistingDirectory(parent, tr("An empty folder for the files"), str(_home()))
    if folder:
        export_files(bridge, Path(folder), parent)


def export_files(bridge: Bridge, folder: Path, parent: QWidget) -> TaskSheet:
    """Export files, texts and metadata as plain files into `folder`."""
    sheet = _Export(bridge.begin, tr("Export files"), parent)
    kb = bridge.kb

    def said(counts: Counter[str]) -> None:
        written = counts["exported"] + counts["changed"] + counts["as-read"]
        words = plural(written, "{n} file was written", "{n} files were written")
        sheet.say(words + " · " + str(folder))
        if counts["changed"]:
            sheet.warn(
                plural(
                    counts["changed"],
                    "{n} has changed since it was read; it is written as it is now.",
                    "{n} have changed since they were read; they are written as they are now.",
                )
            )
        if counts["as-read"]:
            sheet.warn(
                plural(
                    counts["as-read"],
                    "{n} original is not there any more; what was read of it was written instead.",
                    "{n} originals are not there any more; what was read of them was written instead.",
                )
            )
        if counts["gone"]:
            sheet.warn(
                plural(
                    counts["gone"],
                    "{n} original is not there any more, and nothing was read of it.",
                    "{n} originals are not there any more, and nothing was read of them.",
                )
            )
        if counts["left-out"]:
            sheet.warn(_left_out(counts["left-out"]))

    def work(task: Task) -> Counter[str]:
        total = len(kb.documents())
        counts: Counter[str] = Counter()
        for exported in kb.export(folder):
            counts[exported.status] += 1
            task.tell("", counts.total() / max(1, total))
        return counts

    sheet.work(tr("Writing the files into {folder}", folder=folder.name), work, said)
    sheet.show()
    return sheet


def ask_restore(begin: Callable[[Task], None], opened: Callable[[Path], None], parent: QWidget) -> None:
    """Ask for a backup and an empty folder, restore the library there and open it."""
    file, _ = QFileDialog.getOpenFileName(
        parent, tr("Which backup?"), str(_home()), tr("Backups") + " (*.zip);;" + tr("All files") + " (*)"
    )
    if not file:
        return
    folder = QFileDialog.getExistingDirectory(parent, tr("An empty folder for the library"), str(_home()))
    if folder:
        restore(begin, Path(file), Path(folder), opened, parent)


def restore(
    begin: Callable[[Task], None], file: Path, folder: Path, opened: Callable[[Path], None], parent: QWidget
) -> TaskSheet:
    """Restore the backup `file` into `folder`, then call `opened` with that folder."""
    sheet = TaskSheet(begin, tr("Restore from a backup"), parent)

    def said(backup: core.Backup) -> None:
        if not (backup.missing or backup.left_out):
            sheet.close()
            opened(folder)
            return
        sheet.say(tr("The library is restored."))
        if backup.missing:
            sheet.warn(
                plural(
                    len(backup.missing),
                    "{n} file was lost before the backup was made.",
                    "{n} files were lost before the backup was made.",
                )
            )
        if backup.left_out:
            sheet.warn(_left_out(len(backup.left_out)))
        sheet.offer(tr("Open it"), lambda: opened(folder))

    words = tr("Making the library in {folder}", folder=folder.name)
    sheet.work(words, lambda task: core.restore_backup(file, folder), said, closing="waits")
    sheet.show()
    return sheet


def _left_out(count: int) -> str:
    return plural(
        count,
        "{n} file among the notes was left out: a link to a folder, or one that cannot be read.",
        "{n} files among the notes were left out: links to folders, or files that cannot be read.",
    )


class _Export(TaskSheet):
    def stopped_text(self) -> str:
        return tr("Stopped; what was written so far is in the folder.")


def _home() -> Path:
    """The person's folder of documents, or their own where there is none: Qt would offer its name as that of a file."""
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    return folder if folder.is_dir() else Path.home()
