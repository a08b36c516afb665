"""Backups by themselves: when one is due, which are kept, and what is to be said of them.

Their folder may be away with its drive, and may hold anything else, another library's backups or renamed ones that a
person keeps: only files whose whole name is one that this library gives are counted or removed. A copy of a library has
its id too, and two machines have libraries at the same path: so each library has, on each machine, a *series* of its
own, a number in its backups' names that is remembered for the place where it stands. One that is moved begins anew.

Days are counted, not hours, so that who opens the program for an hour each day has a backup of each day. What a wrong
clock dated later than today neither counts nor is removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import unicodedata
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
        old: whether it is too old. `later`: how many are dated later than today, by a wrong clock then or now.
        problem: why none was made, though one was due.
    """

    every: str
    folder: str
    last: str = ""
    made: str = ""
    old: bool = False
    later: int = 0
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


def _composed(name: str) -> str:
    """A file's name with accents as parts of their letters; some disks take them apart."""
    return unicodedata.normalize("NFC", name)


def _time(end: str) -> datetime | None:
    """The time in a name; None if there is no such time."""
    try:
        return datetime.strptime(end, _END).replace(tzinfo=UTC)
    except ValueError:
        return None


def notice_of(state: BackupState) -> Finding | None:
    """What is to be said of it, quietly: that the last one is too old, why there is none at all, or that a clock is
    wrong."""
    if state.problem is None or (state.last and not state.old):
        return Finding("backups-later", {"count": state.later}) if state.later else None
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
        place = str(store.library.root.resolve()).encode("utf-8", "surrogatepass")
        self._record = paths.data_dir() / "backups" / f"of-{store.id}-{hashlib.sha256(place).hexdigest()[:8]}"
        self._series = str(self._recorded().get("series") or secrets.token_hex(4))
        self._stem = store.library.root.name.encode("utf-8", "ignore").decode()[:_STEM_CHARS]

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
            if not self._recorded():  # a kill may come before it is made
                self._remember()
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
        made = list(made)
        last = last_of(made, _day(now))
        age = (_day(now) - _day(last)).days if last else 0
        return BackupState(
            self._every,
            str(self._folder),
            last=last.isoformat() if last else "",
            made=made_now,
            old=age >= _OLD[self._every],
            later=sum(_day(one) > _day(now) for one in made),
            problem=Finding.of(problem) if problem else None,
        )

    # --- the files

    def _name(self, now: datetime) -> str:
        return f"{self._stem}-{self._store.id[:8]}-{self._series}-{now.astimezone(UTC).strftime(_END)}"

    def _files(self) -> dict[datetime, Path]:
        """This library's backups in the folder, by the time they were made.

        Raises:
            StorageProblem: the folder is not there. Where a drive is put in, an empty folder may stand in its place: it
                is that if a backup was made there, and now there is nothing.
        """
        begins = _composed(f"{self._stem}-{self._store.id[:8]}-{self._series}-")
        found, is_empty = {}, True
        try:
            for file in self._folder.iterdir():
                is_empty = False
                name = _composed(file.name)
                if name.startswith(begins) and (made := _time(name.removeprefix(begins))):
                    found[made] = file
        except OSError as error:
            raise StorageProblem(
                "backup-away", path=str(self._folder), what=str(self._folder), reason=reason_of(error)
            ) from error
        if is_empty and self._remembered():
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

    def _recorded(self) -> dict[str, str]:
        """What is remembered: the series, the folder, and when the last one was made in it."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
            return {key: str(value) for key, value in record.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError):  # a new series begins; the backups of the other stay
            log.warning("what is remembered of backups cannot be read", exc_info=True)
            return {}

    def _remembered(self) -> list[datetime]:
        """When the last one was made in this folder, if any was."""
        record = self._recorded()
        try:
            return [datetime.fromisoformat(record["last"])] if record["folder"] == str(self._folder) else []
        except (KeyError, ValueError):
            return []

    def _remember(self, last: datetime | None = None) -> None:
        make_private(self._record.parent)
        record = {"series": self._series}
        if last is not None:
            made = last.astimezone(UTC).isoformat(timespec="seconds")
            record |= {"folder": str(self._folder), "last": made}
        write_whole(self._record, json.dumps(record).encode())
