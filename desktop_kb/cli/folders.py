"""Followed folders: which there are, and what becomes of their files."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from desktop_kb.cli.command import Command, argument, existing
from desktop_kb.cli.output import emit, padded
from desktop_kb.cli.speech import tell, tr, words_of
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import FOLDER_KINDS, Event, FolderEvent, FollowedFolder, QueuePaused
from desktop_kb.sentences import say


def _list(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        folders = kb.folders()
        for folder in folders:
            _print(folder, options)
    if not folders and not options.json:
        tell(tr("No folder is followed. 'desktop-kb folders add DIR' follows one."))
    return 0


def _add(options: argparse.Namespace) -> int:
    with KnowledgeBase(options.library, parts=options.parts) as kb:
        _print(kb.follow_folder(options.folder, options.kind, ignore=options.exclude), options)
    if not options.json:
        tell(tr("The window follows it while it is open, and 'desktop-kb watch' while it runs."))
    return 0


def _remove(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        _print(kb.unfollow_folder(options.folder), options)
    if not options.json:
        tell(tr("It is followed no longer; what was read of it stays in the library."))
    return 0


def _print(folder: FollowedFolder, options: argparse.Namespace) -> None:
    there = Path(folder.path).is_dir()
    said = f"{padded(tr(folder.kind), 8)}  {folder.path}" + ("" if there else f"  ({tr('not there')})")
    said += tr("  without {patterns}", patterns=" ".join(folder.ignore)) if folder.ignore else ""
    emit({**asdict(folder), "there": there}, said, options.json)


def _watch(options: argparse.Namespace) -> int:
    failed = 0
    with existing(options) as kb:
        if not kb.folders() and not options.json:
            tell(tr("No folder is followed. 'desktop-kb folders add DIR' follows one."))
        kb.subscribe(_say_pause)
        for event in kb.watch(once=options.once):
            failed += event.event == "failed"
            emit(_record(event), _line(event), options.json)
    return 1 if failed else 0


def _say_pause(event: Event) -> None:
    """The queue has stopped by itself, and goes on once what was in the way is not."""
    if isinstance(event, QueuePaused):
        tell(words_of(event.problem))


def _record(event: FolderEvent) -> dict[str, object]:
    return {
        "event": event.event,
        "path": event.path,
        "from": event.from_ or None,
        "document": event.document or None,
        "error": say(event.error) if event.error else None,
        "error_code": event.error_code,
        "error_details": dict(event.error_details),
    }


def _line(event: FolderEvent) -> str:
    line = f"{padded(tr(event.event), 8)}  {event.path}"
    if event.from_:
        line += tr("  (was {path})", path=event.from_)
    return f"{line}{tr(': ')}{words_of(event.error)}" if event.error else line


_FOLDER = argument("folder", metavar="DIR")

FOLDERS = Command(
    "folders",
    _list,
    "folders whose changes are taken over by themselves",
    commands=(
        Command("list", _list, "which they are"),
        Command(
            "add",
            _add,
            "follow a folder; nothing in it is copied into the library",
            _FOLDER,
            argument("--kind", choices=FOLDER_KINDS, help="whose folder it is (found out if not said)"),
            argument(
                "--exclude",
                action="append",
                default=[],
                metavar="GLOB",
                help="what to pass over in it, as in .gitignore files, besides the setting 'ignore'",
            ),
        ),
        Command("remove", _remove, "follow a folder no longer; its documents stay", _FOLDER),
    ),
)
WATCH = Command(
    "watch",
    _watch,
    "follow those folders, and say what is new, changed, moved, gone or back",
    argument("--once", action="store_true", help="look once, wait until all is read, and end"),
)
