"""The inbox: a folder of the person's choice; what is put there is moved into the library's own folder and added.

A file that is still being written waits: it is taken once it is as it was at an earlier look, a while before. What no
reader reads, what is hidden, and links stay where they are. Folders below it are taken with their names, file by file.

Where files are moved to is written down before, and forgotten once they are in the queue: until then they are in no
other list, and a kill would leave them in the library's folder for good.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from desktop_kb.errors import Problem, StorageProblem, UsageProblem, reason_of
from desktop_kb.files import (
    copy_bytes,
    make_private,
    move,
    numbered,
    regular,
    sync,
    sync_folder,
)
from desktop_kb.formats import format_of
from desktop_kb.kb.unqueued import Unqueued
from desktop_kb.locked import locked
from desktop_kb.scratch import scratch_folder

#: A file that has not changed for so long is whole.
QUIET_S: Final = 2.0
#: A file that may not be deleted is copied again after so long first, as copying one may take minutes.
_KEPT_S: Final = 60.0
#: Word's mark of a file that is open.
_OPEN: Final = "~$"

#: A file's size and when it was changed.
_State = tuple[int, int]


@dataclass(slots=True)
class Taken:
    """What a look has found: the files that are in the library's folder now, and the problems of others."""

    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that could not be moved as it was then, and when it is tried again."""

    state: _State
    wait_s: float
    until: float


class Inbox:
    """Looks into one folder again and again; for one thread at a time.

    Args:
        into: the library's folder that files are moved to; of a team's library one that others write to as well.
        root: where what is of this machine alone is kept.
        unqueued: knows of what was moved and is in no other list.

    Attributes:
        waiting: how many files were still being written, or open in another program, when it was looked last.
    """

    def __init__(self, folder: Path, into: Path, root: Path, unqueued: Unqueued) -> None:
        self._folder, self._into, self._unqueued = folder, into, unqueued
        self._lock = root / "inbox.lock"
        self._seen: dict[Path, tuple[_State, float]] = {}
        self._refused: dict[Path, _Refused] = {}
        self._problems: list[Problem] = []
        self.waiting = 0

    @contextlib.contextmanager
    def take(self, followed: Iterable[str] = ()) -> Iterator[Taken]:
        """Move what is whole into the library's folder. Yields what was moved and is in no other list: once the block
        ends without an error it is. What could not be moved is told once. While another program looks, nothing is
        taken.

        Raises:
            StorageProblem: the folder is not there ('inbox-away'), or the library's cannot be written.
            UsageProblem: it is the library's own, or above that ('inbox-own'), or it is one of the `followed` folders,
                whose files stay where they are, or holds one ('inbox-followed').
        """
        self._check(followed)
        with locked(self._lock) as is_ours:
            if not is_ours:
                yield Taken()
                return
            files = self._unqueued.left()
            files += self._move_all(list(self._whole()))
            yield Taken(files, self._problems)
            self._problems = []
            self._unqueued.queued(files)

    def _check(self, followed: Iterable[str]) -> None:
        folder, own = self._folder.resolve(), self._into.parent.resolve()
        if folder.is_relative_to(own) or own.is_relative_to(folder):
            raise UsageProblem("inbox-own", path=str(self._folder), what=str(self._folder))
        for other in followed:
            if Path(other).resolve().is_relative_to(folder):
                raise UsageProblem("inbox-followed", path=str(self._folder), other=other)

    def _whole(self) -> Iterator[tuple[Path, _State]]:
        """The files that are to be moved now."""
        before, now = self._seen, monotonic()
        self._seen, self.waiting = {}, 0
        for path, state in self._files():
            was, since = before.get(path, (None, now))
            if was != state:
                since = now
            self._seen[path] = (state, since)
            refused = self._refused.get(path)
            if now - since < QUIET_S or not state[0]:
                self.waiting += 1
            elif refused is None or refused.state != state or refused.until <= now:
                yield path, state

    def _move_all(self, whole: Sequence[tuple[Path, _State]]) -> list[Path]:
        """Move these files; returns where those are now that could be."""
        targets: dict[Path, None] = {}
        for path, _ in whole:
            targets[_free(self._into / path.relative_to(self._folder), targets)] = None
        if not whole:
            return []
        try:
            make_private(self._into)
            self._unqueued.expect(list(targets))
        except OSError as error:
            for path, state in whole:
                self._refuse(path, state, error)
            return []
        moves = zip(whole, targets, strict=True)
        return [target for (path, state), target in moves if self._move(path, state, target)]

    def _files(self) -> Iterator[tuple[Path, _State]]:
        if not self._folder.is_dir():
            raise StorageProblem("inbox-away", path=str(self._folder), what=str(self._folder))
        for folder, folders, names in os.walk(self._folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith((".", _OPEN)) or format_of(path) is None:
                    continue
                try:
                    status = path.lstat()
                except OSError:  # it has gone meanwhile, or its folder may be listed only
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield path, _state_of(status)

    def _move(self, path: Path, state: _State, target: Path) -> bool:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _moved(path, target, state)
        except _Kept as kept:
            self._refuse(path, state, kept.why, again=True)
        except (PermissionError, FileExistsError, _Written):
            # Another program has it open, or it is not ours, and may be let go; or another one took the name.
            self.waiting += 1
        except OSError as error:
            self._refuse(path, state, error)
        else:
            return True
        return False

    def _refuse(self, path: Path, state: _State, error: OSError, *, again: bool = False) -> None:
        """Tell of a file once that it could not be moved; with `again` it is tried after a while, and then more and
        more seldom."""
        before = self._refused.get(path)
        known = before is not None and before.state == state
        wait_s = (2 * before.wait_s if before is not None and known else _KEPT_S) if again else math.inf
        self._refused[path] = _Refused(state, wait_s, monotonic() + wait_s)
        if not known:
            self._problems.append(
                Problem("inbox-stays", path=str(path), what=path.name, reason=reason_of(error))
            )


class _Written(Exception):
    """A file was written to while it was copied."""


class _Kept(Exception):
    """A file was copied, and its folder, or a program that has it open, does not let it be deleted."""

    def __init__(self, why: OSError) -> None:
        super().__init__()
        self.why = why


def _state_of(status: os.stat_result) -> _State:
    return status.st_size, status.st_mtime_ns


def _free(target: Path, taken: Container[Path]) -> Path:
    """The first name like this one that no file has."""
    names = map(target.with_name, numbered(target.stem, target.suffix))
    return next(path for path in names if path not in taken and not os.path.lexists(path))


def _moved(path: Path, new: Path, state: _State) -> None:
    """Move a file to a name that no other file has. It is there or here, never gone."""
    try:
        move(path, new, over=False)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copied(path, new, state)


def _copied(path: Path, new: Path, state: _State) -> None:
    """Move a file to another disk: the copy has its name once it is whole and on the disk, and only then the file goes,
    if it is still as it was.

    Raises:
        _Written: it is not; then it stays.
        _Kept: it may not be deleted; then it stays.
    """
    with scratch_folder(new.parent) as scratch:
        copy = scratch / new.name
        with open(path, "rb", opener=regular) as source, copy.open("xb") as target:
            copy_bytes(source, target)
            sync(target)
        shutil.copystat(path, copy)
        move(copy, new, over=False)
    try:
        sync_folder(new.parent)
        if _state_of(path.stat()) != state:
            raise _Written
        try:
            path.unlink()
        except OSError as error:
            raise _Kept(error) from error
    except (OSError, _Written, _Kept):
        new.unlink()
        raise
