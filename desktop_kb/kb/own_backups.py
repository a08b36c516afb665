"""Backups by themselves: when one is due, which are kept, and what is to be said of them.

Their folder may be away with its drive, and may hold anything else: only files whose name says that they are this
library's are counted or removed. Days are counted, not hours, so that who opens the program for an hour each day has a
backup of each day. What a wrong clock dated later than today neither counts nor is removed.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from desktop_kb import paths
from desktop_kb.errors import JsonValue, Problem, StorageProblem, reason_of
from desktop_kb.files import make_private, write_whole
from desktop_kb.records import Finding
from desktop_kb.settings import Settings
from desktop_kb.store import Progress, Store, verify

log = logging.getLogger(__name__)

#: Of so many days, and of so many weeks, the newest backup is kept.
DAYS, WEEKS = 7, 4
#: After so many days another is due, and after so many the last one is too old.
_DUE: Final = {"daily": 1, "weekly": 7}
_OLD: Final = {"daily": 4, "weekly": 15}
#: How a backup's name ends: when it was made, in UTC.
_END: Final = "%Y%m%dT%H%M%SZ.zip"
_STEM_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class BackupState:
    """What there is of a library's backups by themselves.

    Attributes:
        every: how often they are made: daily, weekly or off.
        last: when the last one was made, '' for never. `made`: its path, if it was just made.
        old: whether it is too old.
        problem: why none was made, though one was due.
    """

    every: str
    folder: str
    last: str = ""
    made: str = ""
    old: bool = False
    problem: Finding | None = None


def kept(made: Iterable[datetime], today: date) -> set[datetime]:
    """Of backups made at these times those to keep."""
    newest = sorted(made, reverse=True)
    later = {one for one in newest if _day(one) > today}
    days: dict[date, datetime] = {}
    weeks: dict[tuple[int, int], datetime] = {}
    for one in newest:
        if one not in later:
            days.setdefault(_day(one), one)
            weeks.setdefault(_day(one).isocalendar()[:2], one)
    return {*later, *list(days.values())[:DAYS], *list(weeks.values())[:WEEKS]}


def last_of(made: Iterable[datetime], today: date) -> datetime | None:
    """The newest that is not of a later day."""
    return max((one for one in made if _day(one) <= today), default=None)


def _day(time: datetime) -> date:
    return time.astimezone().date()


def _time(end: str) -> datetime | None:
    """The time in a name; None if there is no such time."""
    try:
        return datetime.strptime(end, _END).replace(tzinfo=UTC)
    except ValueError:
        return None


def notice_of(state: BackupState) -> Finding | None:
    """What is to be said of it, quietly: that the last one is too old, or why there is none at all."""
    if state.problem is None or (state.last and not state.old):
        return None
    if not state.last:
        return state.problem
    why: JsonValue = {"code": state.problem.code, "details": dict(state.problem.details)}
    return Finding("backup-old", {"last": _day(datetime.fromisoformat(state.last)).isoformat(), "why": why})


class OwnBackups:
    """The backups that a library makes by itself."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._every, self._folder = settings.backup_every, Path(settings.backup_folder).expanduser()
        self._on = self._every in _DUE and bool(settings.backup_folder)
        self._record = paths.data_dir() / "backups" / f"of-{store.id}"

    def state(self, now: datetime, problem: Problem | None = None) -> BackupState:
        """What there is of them, and why one could not be made."""
        if not self._on:
            return BackupState("off", "")
        try:
            return self._state(now, self._files(), problem)
        except Problem as away:
            return self._state(now, self._remembered(), problem or away)

    def make_if_due(self, now: datetime, progress: Progress) -> BackupState:
        """Make one if it is due, read it back, and remove those that the rule does not keep."""
        before = self.state(now)
        if not self._on or before.problem or not self._due(before, now):
            return before
        try:
            made = self._make(now, progress)
            self._remember(now)
            return self._state(now, self._files(), made_now=str(made))
        except Problem as problem:
            return self.state(now, problem)

    def _due(self, before: BackupState, now: datetime) -> bool:
        if not before.last:
            return True
        return (_day(now) - _day(datetime.fromisoformat(before.last))).days >= _DUE[self._every]

    def _state(
        self, now: datetime, made: Iterable[datetime], problem: Problem | None = None, made_now: str = ""
    ) -> BackupState:
        last = last_of(made, _day(now))
        age = (_day(now) - _day(last)).days if last else 0
        return BackupState(
            self._every,
            str(self._folder),
            last=last.isoformat() if last else "",
            made=made_now,
            old=age >= _OLD[self._every],
            problem=Finding.of(problem) if problem else None,
        )

    # --- the files

    def _name(self, now: datetime) -> str:
        stem = self._store.library.root.name.encode("utf-8", "ignore").decode()[:_STEM_CHARS]
        return f"{stem}-{self._store.id[:8]}-{now.astimezone(UTC).strftime(_END)}"

    def _files(self) -> dict[datetime, Path]:
        """This library's backups in the folder, by the time they were made.

        Raises:
            StorageProblem: the folder is not there. Where a drive is put in, an empty folder may stand in its place: it
                is that if a backup was made there, and now there is none.
        """
        pattern = re.compile(rf".*-{self._store.id[:8]}-(\d{{8}}T\d{{6}}Z\.zip)")
        found = {}
        try:
            for file in self._folder.iterdir():
                if (named := pattern.fullmatch(file.name)) and (made := _time(named[1])):
                    found[made] = file
        except OSError as error:
            raise StorageProblem(
                "backup-away", path=str(self._folder), what=str(self._folder), reason=reason_of(error)
            ) from error
        if not found and self._remembered():
            raise StorageProblem(
                "backup-away", path=str(self._folder), what=str(self._folder), reason="backups-gone"
            )
        return found

    def _make(self, now: datetime, progress: Progress) -> Path:
        target = self._folder / self._name(now)
        self._store.back_up(target, lambda done, total: progress(done, 2 * total))
        try:
            verify(target, lambda done, total: progress(total + done, 2 * total))
        except BaseException:  # a stop too: what was not read back is no backup
            target.unlink(missing_ok=True)
            raise
        files = self._files()
        for time in files.keys() - kept(files, _day(now)):
            try:
                files[time].unlink()
            except OSError as error:
                path = str(files[time])
                raise StorageProblem("io-error", path=path, reason=reason_of(error)) from error
        return target

    # --- what is remembered

    def _remembered(self) -> list[datetime]:
        """When the last one was made in this folder, if any was."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
            return [datetime.fromisoformat(record["last"])] if record["folder"] == str(self._folder) else []
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):  # it only guards against an empty folder
            log.warning("what is remembered of backups cannot be read", exc_info=True)
            return []

    def _remember(self, now: datetime) -> None:
        make_private(self._record.parent)
        record = {"folder": str(self._folder), "last": now.astimezone(UTC).isoformat(timespec="seconds")}
        write_whole(self._record, json.dumps(record).encode())
