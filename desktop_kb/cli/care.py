"""Looking after a library: backup, restore, export, doctor."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from desktop_kb.cli import printing
from desktop_kb.cli.adding import WAIT, follow
from desktop_kb.cli.command import Command, argument, existing
from desktop_kb.cli.output import emit, padded
from desktop_kb.cli.speech import tell, tr, words_of
from desktop_kb.errors import UsageProblem
from desktop_kb.kb import Backup, BackupState, notice_of, rescue, restore_backup
from desktop_kb.records import Finding
from desktop_kb.rows import finding_record


def _backup(options: argparse.Namespace) -> int:
    if bool(options.file) == options.due:
        raise UsageProblem("usage", reason="backup-what")
    with existing(options) as kb:
        if options.due:
            return _done_by_itself(kb.back_up_if_due(), options.json)
        return _saved(kb.backup(options.file), tr("saved"), options.json)


def _done_by_itself(state: BackupState, as_json: bool) -> int:
    """What became of a backup that may have been due; 1 if it could not be made."""
    if state.made:
        said = f"{tr('saved')}  {state.made}"
    elif state.every == "off":
        said = tr("Automatic backups are off: choose how often, and a folder, in the settings.")
    else:
        said = (
            tr("None is due: the last one was made on {last}.", last=state.last) if not state.problem else ""
        )
    problem = finding_record(state.problem) if state.problem else None
    emit(asdict(state) | {"problem": problem}, said, as_json)
    if not as_json and (told := state.problem or notice_of(state)):
        tell(words_of(told))
    return 1 if state.problem else 0


def _restore(options: argparse.Namespace) -> int:
    if bool(options.file) == options.trash:
        raise UsageProblem("usage", reason="restore-what")
    if not options.trash:
        return _saved(restore_backup(options.file, options.library), tr("restored"), options.json)
    with existing(options) as kb:
        return follow(kb, kb.restore_trash(), options)


def _saved(backup: Backup, done: str, as_json: bool) -> int:
    """What is in a backup; 1 if a file of the library is not, as it is gone or damaged."""
    contents = tr(
        "{documents} documents, {files} copies of files, {notes} files of notes",
        documents=backup.documents,
        files=backup.files,
        notes=backup.notes,
    )
    emit(asdict(backup), f"{done}  {backup.path}  ({contents})", as_json)
    for name in backup.missing:
        tell(tr("{name} is not in it: the library has lost it. 'doctor' says more.", name=name))
    for name in backup.left_out:
        tell(tr("{name} is not in it: it is a link to a folder, or cannot be read.", name=name))
    return 1 if backup.missing or backup.left_out else 0


def _export(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        for exported in kb.export(options.folder):
            name = exported.file or exported.text or exported.path
            emit(asdict(exported), f"{padded(tr(exported.status), 8)}  {name}", options.json)
            path = exported.path
            if exported.status == "as-read":
                tell(tr("{path} is gone: {file} is what was read of it.", path=path, file=exported.file))
            elif exported.status == "left-out":
                tell(tr("{path} is not exported: it is a link to a folder, or cannot be read.", path=path))
    return 0


def _doctor(options: argparse.Namespace) -> int:
    lost = rescue(options.library) if options.repair else []
    if lost:
        tell(words_of(Finding("mended", {"findings": [asdict(one) for one in lost]})))
    with existing(options) as kb:
        checks = kb.doctor(repair=options.repair)
    ok = all(check.ok for check in checks)
    record: dict[str, Any] = {
        "ok": ok,
        "checks": [{"name": check.name, "ok": check.ok, **finding_record(check)} for check in checks],
    }
    if lost:
        record["lost"] = [finding_record(one) for one in lost]
    emit(record, "\n".join(map(printing.check_line, checks)), options.json)
    return 0 if ok else 1


BACKUP = Command(
    "backup",
    _backup,
    "the whole library into one file; indexing may go on",
    argument("file", nargs="?", metavar="FILE"),
    argument("--due", action="store_true", help="the one that the settings want by now, into their folder"),
)
RESTORE = Command(
    "restore",
    _restore,
    "a library from a backup, into a new place; or documents from the trash",
    argument("file", nargs="?", metavar="FILE"),
    argument("--trash", action="store_true", help="index again what lies in the trash"),
    *WAIT,
)
EXPORT = Command(
    "export",
    _export,
    "files, texts and metadata as plain files into a new folder",
    argument("folder", metavar="DIR"),
)
DOCTOR = Command(
    "doctor",
    _doctor,
    "check that the library is whole",
    argument(
        "--repair",
        action="store_true",
        help="make again what is derived, rescue a damaged file, give much free space back",
    ),
)
