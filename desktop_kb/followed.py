"""Which folders a library follows.

They stand in the library's settings, so that a backup holds them, and are read anew whenever another program may have
changed them: the window and the terminal follow the same ones.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from desktop_kb import settings
from desktop_kb.errors import UsageProblem
from desktop_kb.records import FOLDER_KINDS, FolderKind, FollowedFolder

_NAME: Final = "folders"
_KINDS: Final[dict[str, FolderKind]] = {kind: kind for kind in FOLDER_KINDS}


class Followed:
    """The followed folders of the library with these settings; any thread may ask."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: tuple[object, tuple[FollowedFolder, ...]] = (None, ())

    def all(self) -> tuple[FollowedFolder, ...]:
        """They, in the order in which they were added."""
        try:
            status = os.stat(self._file)  # noqa: PTH116 - asked for each new file
        except OSError:
            return ()
        now = (status.st_mtime_ns, status.st_size, status.st_ino)
        if self._known[0] != now:
            lines = settings.load(self._file).folders
            self._known = (now, tuple(_folder(line) for line in lines))
        return self._known[1]

    def of(self, path: str) -> FollowedFolder | None:
        """The innermost one that a path is in; None if it is in none."""
        holding = [folder for folder in self.all() if folder.holds(path)]
        return max(holding, key=lambda folder: len(Path(folder.path).parts), default=None)

    def add(self, folder: FollowedFolder) -> None:
        """Follow a folder; one that is followed gets this kind and these patterns."""
        self._save([*(one for one in self.all() if one.path != folder.path), folder])

    def remove(self, path: str) -> FollowedFolder:
        """Follow a folder no longer; returns what it was.

        Raises:
            UsageProblem: it is not followed ('not-followed').
        """
        found = next((one for one in self.all() if one.path == path), None)
        if found is None:
            raise UsageProblem("not-followed", path=path)
        self._save([one for one in self.all() if one != found])
        return found

    def _save(self, folders: list[FollowedFolder]) -> None:
        settings.save(self._file, {_NAME: [_written(one) for one in folders]})


def _written(folder: FollowedFolder) -> str:
    """A folder's kind and path, and behind each NUL, which no path has, a pattern."""
    return "\0".join((f"{folder.kind} {folder.path}", *folder.ignore))


def _folder(written: str) -> FollowedFolder:
    """A folder as it is written; a kind that only a newer program knows is none."""
    first, *ignore = written.split("\0")
    kind, _, path = first.partition(" ")
    return FollowedFolder(path, _KINDS.get(kind, "plain"), tuple(ignore))
