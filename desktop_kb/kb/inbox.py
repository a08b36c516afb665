"""The inbox: a folder of the person's choice; what is put there is moved into the library's own folder and added.

A file that is still being written waits: it is taken once it is as it was at an earlier look, a while before. What no
reader reads, what is hidden, and links stay where they are. Folders below it are taken with their names, file by file.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
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
    scratch_folder,
    sync,
    sync_folder,
)
from desktop_kb.formats import format_of

#: A file that has not changed for so long is whole.
QUIET_S: Final = 2.0
#: Word's mark of a file that is open.
_OPEN: Final = "~$"

#: A file's size and when it was changed.
_State = tuple[int, int]


@dataclass(slots=True)
class Taken:
    """What looks have found: the files that are in the library's folder now, and the problems of others."""

    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Inbox:
    """Looks into one folder again and again; for one thread at a time.

    Attributes:
        waiting: how many files were still being written, or open in another program, when it was looked last.
    """

    def __init__(self, folder: Path, into: Path) -> None:
        self._folder, self._into = folder, into
        self._seen: dict[Path, tuple[_State, float]] = {}
        self._refused: dict[Path, _State] = {}
        self._taken = Taken()
        self.waiting = 0

    def take(self, followed: Iterable[str] = ()) -> Taken:
        """Move what is whole into the library's folder; what was taken since `done`. What could not be moved is told
        once.

        Raises:
            StorageProblem: the folder is not there ('inbox-away').
            UsageProblem: it is the library's own, or above that ('inbox-own'), or it is one of the `followed` folders,
                whose files stay where they are, or holds one ('inbox-followed').
        """
        folder, own = self._folder.resolve(), self._into.parent.resolve()
        if folder.is_relative_to(own) or own.is_relative_to(folder):
            raise UsageProblem("inbox-own", path=str(self._folder), what=str(self._folder))
        for other in followed:
            if Path(other).resolve().is_relative_to(folder):
                raise UsageProblem("inbox-followed", path=str(self._folder), other=other)
        taken, before, now = self._taken, self._seen, monotonic()
        self._seen, self.waiting = {}, 0
        for path, state in self._files():
            was, since = before.get(path, (None, now))
            if was != state:
                since = now
            self._seen[path] = (state, since)
            if now - since < QUIET_S or not state[0]:
                self.waiting += 1
            elif self._refused.get(path) != state:
                self._move(path, state, taken)
        return taken

    def done(self) -> None:
        """What was taken is in the queue: until then it is in no other list."""
        self._taken = Taken()

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

    def _move(self, path: Path, state: _State, taken: Taken) -> None:
        target = self._into / path.relative_to(self._folder)
        try:
            make_private(self._into)
            target.parent.mkdir(parents=True, exist_ok=True)
            taken.files.append(_moved(path, target, state))
        except (
            PermissionError,
            _Written,
        ):  # another program has it open, or it is not ours: it may be let go
            self.waiting += 1
        except OSError as error:
            self._refused[path] = state
            taken.problems.append(
                Problem("inbox-stays", path=str(path), what=path.name, reason=reason_of(error))
            )


class _Written(Exception):
    """A file was written to while it was copied."""


def _state_of(status: os.stat_result) -> _State:
    return status.st_size, status.st_mtime_ns


def _moved(path: Path, target: Path, state: _State) -> Path:
    """Move a file to a name that no other file has; returns that. It is there or here, never gone."""
    for name in numbered(target.stem, target.suffix):
        new = target.with_name(name)
        try:
            move(path, new, over=False)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            try:
                _copied(path, new, state)
            except FileExistsError:
                continue
        return new
    raise AssertionError("names do not end")


def _copied(path: Path, new: Path, state: _State) -> None:
    """Move a file to another disk: the copy has its name once it is whole and on the disk, and only then the file goes,
    if it is still as it was.

    Raises:
        _Written: it is not; then it stays.
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
        path.unlink()
    except (OSError, _Written):
        new.unlink()
        raise
