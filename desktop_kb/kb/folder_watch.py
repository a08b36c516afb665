"""Follows the folders of a library: looks where the system says that something was touched, and says what has become
of it once the library knows.

It only chooses where and when to look; `originals` looks, as for `add`, and the queue reads. All folders are looked
through at the start, so what happened while nothing followed them is not missed; after the machine has slept; when a
drive is back; after much was touched at once, of which a system may tell a part only; and now and then.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Final

from desktop_kb.extract import Passing
from desktop_kb.followed import Followed
from desktop_kb.indexer import Indexer
from desktop_kb.kb import originals
from desktop_kb.kb.folder_kinds import Told, passed_over
from desktop_kb.records import (
    FileReport,
    FolderEvent,
    FolderEventKind,
    FollowedFolder,
    JobOptions,
    Place,
)
from desktop_kb.store import Store
from desktop_kb.watching import Flag, Watcher

#: A file is read once nobody has touched it for so long, or after so long in any case: a log is never at rest.
REST_S: Final = 1.0
_AT_LATEST_S: Final = 60.0
#: So often it looks what has become of files that are being read; and whether folders came, went or are others now.
_SOON_S: Final = 0.2
_TICK_S: Final = 2.0
#: All is looked through again after so long, or after so many times what it took: of a folder that the system watches,
#: and of one that it does not.
_AGAIN: Final = (600.0, 1000.0)
_POLLED: Final = (10.0, 100.0)
#: More paths than this are not looked at one by one.
_MANY: Final = 1000
#: A wait that took so much longer than asked for was a sleep.
_SLEPT_S: Final = 15.0
#: So many groups of files with options of their own are queued in one transaction.
_AT_ONCE: Final = 100
#: Another program may hold these files for a moment; they are tried again after so long.
_HELD: Final = ("no-permission", "unreadable", "changed")
_TRIES_S: Final = (2.0, 5.0, 15.0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file that waits to be read: what was known of it, and, by their documents, the places that were gone then."""

    path: str
    place: Place | None
    lost: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class _Touched:
    """When a path was touched first and last."""

    first: float
    last: float

    def is_due(self, now: float) -> bool:
        return now - self.last >= REST_S or now - self.first >= _AT_LATEST_S


@dataclass(slots=True)
class _Standing:
    """How a followed folder stands: which folder it is (None: it is not there), and when all of it is looked at."""

    id: tuple[int, int] | None
    due: float = 0.0
    took: float = 0.0


@dataclass(slots=True)
class FolderWatch:
    """One run of following; `events` goes on until `stop` is set. `look_again` may be called from any thread.

    Args:
        passing: what is passed over in any folder.
        own: the library's own folder, which no followed one takes in.
    """

    store: Store
    indexer: Indexer
    followed: Followed
    passing: Callable[[], Passing]
    own: Path
    stop: Flag
    _standing: dict[FollowedFolder, _Standing] = field(default_factory=dict)
    _watcher: Watcher | None = None
    _touched: dict[str, _Touched] = field(default_factory=dict)
    _asked: dict[int, _Asked] = field(default_factory=dict)
    _gone: list[tuple[int, Place]] = field(
        default_factory=list
    )  # with the last job that was asked for by then
    _left: set[str] = field(default_factory=set)  # what files that were edited too have left
    _again: set[str] = field(default_factory=set)  # to be looked at once they are read
    _held: dict[str, int] = field(default_factory=dict)  # how often each was tried
    _later: dict[str, float] = field(default_factory=dict)  # when it is tried again
    _failed: dict[str, tuple[int, int] | str] = field(default_factory=dict)  # what was said of these
    _all: bool = False
    _told: Told = field(init=False)

    def __post_init__(self) -> None:
        self._told = Told(self.store)

    def look_again(self) -> None:
        """Look through all folders soon."""
        self._all = True

    def events(self, *, once: bool = False) -> Iterator[FolderEvent]:
        """What becomes of files, as it is known; with `once` what has become of them by now.

        Raises:
            Problem: the queue paused (disk full, model broken), with `once`.
        """
        try:
            while not self.stop.is_set():
                self._see_folders()
                yield from self._look()
                yield from self._ended()
                if once:
                    if not (self._touched or self._asked or self._gone or self._later):
                        return
                    self.indexer.raise_if_paused()
                self._wait()
        finally:
            if self._watcher is not None:
                self._watcher.close()

    # --- where to look

    def _see_folders(self) -> None:
        """Notice which folders are followed now, and which of them are there."""
        now = time.monotonic()
        if self._all:
            self._all = False
            for standing in self._standing.values():
                standing.due = now
        folders = self.followed.all()
        ids = {folder: _id_of(folder.path) for folder in folders}
        if ids == {folder: standing.id for folder, standing in self._standing.items()}:
            return
        for folder in self._standing.keys() - ids.keys():
            del self._standing[folder]
        for folder, id in ids.items():
            if folder not in self._standing or self._standing[folder].id != id:
                self._standing[folder] = _Standing(id, due=now)
        if self._watcher is not None:
            self._watcher.close()
        # Before the folders are looked through: what happens meanwhile is told.
        self._watcher = Watcher(folder.path for folder, id in ids.items() if id is not None)

    def _wait(self) -> None:
        """Wait until something was touched, or it is time; all is looked at again if the machine has slept meanwhile,
        during which some systems' monotonic clock stands still."""
        now, clock = time.monotonic(), time.time()
        times = [standing.due for standing in self._standing.values()]
        times += [one.last + REST_S for one in self._touched.values()] + list(self._later.values())
        longest = _SOON_S if self._asked or self._gone else _TICK_S
        seconds = min(longest, max(0.0, min(times, default=now + longest) - now) + 0.01)
        if self._watcher is None:
            self.stop.wait(seconds)
        else:
            for path in self._watcher.wait(seconds, self.stop):
                self._touch(path)
        self._all = self._all or abs(time.time() - clock - seconds) > _SLEPT_S

    def _touch(self, path: str) -> None:
        now = time.monotonic()
        folder = self.followed.of(path)
        if folder is None or (self.own in Path(path).parents and self.own not in Path(folder.path).parents):
            return  # the library's own, but for its notes where these are followed
        below = Path(path).relative_to(folder.path).parts
        if below and below[-1] == ".gitignore":
            path, below = str(Path(path).parent), below[:-1]
        if any(part.startswith(".") for part in below) and not self._takes_hidden(folder):
            return  # not even looked at, as what programs keep there is written all the time
        self._touched.setdefault(path, _Touched(now, now)).last = now

    def _takes_hidden(self, folder: FollowedFolder) -> bool:
        return any(pattern.startswith("!") for pattern in (*self.passing().patterns, *folder.ignore))

    # --- looking

    def _look(self) -> Iterator[FolderEvent]:
        """Look where it is time to."""
        now = time.monotonic()
        rested = [path for path, touched in self._touched.items() if touched.is_due(now)]
        rested += [path for path, at in self._later.items() if at <= now]
        for path in rested:
            self._touched.pop(path, None)
            self._later.pop(path, None)
        by_folder: dict[FollowedFolder, set[str]] = {}
        for path in rested:
            if (folder := self.followed.of(path)) is not None:
                by_folder.setdefault(folder, set()).add(path)
        for folder, standing in self._standing.items():
            among = by_folder.get(folder, set())
            if standing.due <= now or len(among) > _MANY:
                yield from self._look_in(folder, None)
                standing.took = time.monotonic() - now
                polled = self._watcher is not None and folder.path in self._watcher.polled
                at_least, times = _POLLED if polled else _AGAIN
                standing.due = time.monotonic() + max(at_least, times * standing.took)
                if len(among) > _MANY:
                    standing.due = time.monotonic() + 10 * REST_S
            elif among:
                yield from self._look_in(folder, among)

    def _look_in(self, folder: FollowedFolder, among: set[str] | None) -> Iterator[FolderEvent]:
        if among is None or self._told.is_by(folder, among):
            self._told.read(folder)
        looked = originals.looked_at(self.store, folder.path, self._passing_in(folder), among)
        for place in looked.back:
            if place.state == "gone":
                yield FolderEvent("back", place.path, document=place.document)
        for problem in looked.problems:
            path = problem.path or folder.path
            if self._failed.get(path) != problem.code:
                self._failed[path] = problem.code
                yield FolderEvent("failed", path, error_code=problem.code, error_details=problem.details)
        self._ask(folder, [one for one in looked.found if self._is_at_rest(one[0], among)])
        self._gone += [(max(self._asked, default=0), place) for place in looked.gone]

    def _passing_in(self, folder: FollowedFolder) -> Passing:
        """What is passed over in a folder: by the person, by its kind, and what is followed or kept for itself."""
        apart = [*(Path(one.path) for one in self._standing if one != folder), self.own]
        inside = [one.relative_to(folder.path) for one in apart if one.is_relative_to(folder.path)]
        own = [f"/{_escaped(one.as_posix())}/" for one in inside if one.parts]
        passing = self.passing()
        return replace(passing, patterns=(*passing.patterns, *folder.ignore, *passed_over(folder), *own))

    def _is_at_rest(self, path: str, among: set[str] | None) -> bool:
        """Whether a file may be read: not if it failed in this state already, or was written to just now, which is told
        only of what the system watches."""
        try:
            status = Path(path).stat()
        except OSError:
            return True
        if self._failed.get(path) == (status.st_size, status.st_mtime_ns):
            return False
        if among is None and 0 <= time.time() - status.st_mtime < REST_S:
            now = time.monotonic()
            self._touched.setdefault(path, _Touched(now, now))
            return False
        return True

    def _ask(self, folder: FollowedFolder, found: Sequence[tuple[str, Place | None]]) -> None:
        """Have files read; those that are being read are looked at again afterwards."""
        reading = {asked.path for asked in self._asked.values()}
        self._again |= reading.intersection(path for path, _ in found)
        found = [one for one in found if one[0] not in reading]
        if not found:
            return
        lost: dict[str, list[str]] = {}
        names: dict[str, list[Place]] = {}
        if any(place is None for _, place in found):
            for gone in self.store.documents.places(state="gone"):
                lost.setdefault(gone.document, []).append(gone.path)
                names.setdefault(Path(gone.path).name, []).append(gone)
        alike: dict[str, tuple[JobOptions, list[tuple[str, Place | None]]]] = {}
        for path, place in found:
            options = JobOptions() if place is not None else self._options(folder, path, names)
            alike.setdefault(repr(options), (options, []))[1].append((path, place))
        groups = list(alike.values())
        for start in range(0, len(groups), _AT_ONCE):
            some = groups[start : start + _AT_ONCE]
            jobs = self.store.queue.enqueue_all([([path for path, _ in files], one) for one, files in some])
            for job, (path, place) in zip(jobs, chain.from_iterable(files for _, files in some), strict=True):
                self._asked.setdefault(job, _Asked(path, place, lost))
        self.indexer.wake()

    def _options(self, folder: FollowedFolder, path: str, names: Mapping[str, Sequence[Place]]) -> JobOptions:
        """What is known of a new file besides what it says; `names` are the places that are gone, by name."""
        options, named = self._told.of(folder, path), names.get(Path(path).name, ())
        if len(named) == 1 and named[0].size != _size_of(path):  # else it is found by its content
            options = replace(options, was=named[0].path)
        return options

    # --- what became of it

    def _ended(self) -> Iterator[FolderEvent]:
        """What has become of files that were to be read, and of those that are gone and came up nowhere else."""
        if self._asked:
            self.indexer.start()
            for job, report in sorted(self.store.queue.reports(sorted(self._asked)).items()):
                event = self._event(self._asked.pop(job), report)
                if event is not None:
                    yield event
        first = min(self._asked, default=None)
        for last, place in self._gone[:]:
            if first is None or first > last:
                self._gone.remove((last, place))
                here = self.store.documents.place(place.path)
                if here is not None and here.state == "gone" and place.path not in self._left:
                    yield FolderEvent("gone", place.path, document=here.document)

    def _event(self, asked: _Asked, report: FileReport) -> FolderEvent | None:
        """What is said of a file that was read; None if nothing new is."""
        path, before = asked.path, asked.place
        if path in self._again:
            self._again.remove(path)
            self._touch(path)
        place = self.store.documents.place(path)
        document = place.document if place is not None else ""
        if report.error_code == "vanished":
            self._touch(path)
            return None
        if report.status == "failed":
            return self._failure(asked, report, document)
        self._held.pop(path, None)
        self._failed.pop(path, None)
        if report.status == "skipped":
            return None
        if before is None and report.tags_from:
            self._left.add(report.tags_from)
            return FolderEvent("moved", path, report.tags_from, document)
        if before is None and report.status == "moved":
            was = (one for one in asked.lost.get(document, ()) if self.store.documents.place(one) is None)
            return FolderEvent("moved", path, next(was, ""), document)
        kind: FolderEventKind = "changed"
        if before is None:
            kind = "new"
        elif report.status == "unchanged":
            if before.state != "gone":
                return None
            kind = "back"
        return FolderEvent(kind, path, document=document)

    def _failure(self, asked: _Asked, report: FileReport, document: str) -> FolderEvent | None:
        path, before = asked.path, asked.place
        tried = self._held.get(path, 0)
        if report.error_code in _HELD and tried < len(_TRIES_S):
            self._held[path] = tried + 1
            self._later[path] = time.monotonic() + _TRIES_S[tried]
            return None
        self._held.pop(path, None)
        try:
            status = Path(path).stat()
            self._failed[path] = (status.st_size, status.st_mtime_ns)
        except OSError:
            self._failed.pop(path, None)
        if before is not None and before.error_code == report.error_code and before.state == "there":
            return None
        code, details = report.error_code, report.error_details
        return FolderEvent("failed", path, document=document, error_code=code, error_details=details)


def _size_of(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:  # it is gone by now
        return -1


def _id_of(folder: str) -> tuple[int, int] | None:
    """What tells a folder from another that takes its name."""
    try:
        status = os.stat(folder)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if Path(folder).is_dir() else None


def _escaped(path: str) -> str:
    """A path in a pattern, each character that means something there as any one."""
    return re.sub(r"[*?\[\]\\]", "?", path)
