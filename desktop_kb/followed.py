"""Which folders a library follows.

They stand in the library's settings, so that a backup holds them, and are read anew whenever another program may have
changed them: the window and the terminal follow the same ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from desktop_kb.errors import UsageProblem
from desktop_kb.records import FOLDER_KINDS, FolderKind, FollowedFolder
from desktop_kb.settings import Settings, load, update

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
            lines = load(self._file).folders
            self._known = (now, tuple(_folder(line) for line in lines))
        return self._known[1]

    def of(self, path: str) -> FollowedFolder | None:
        """The innermost one that a path is in; None if it is in none."""
        holding = [folder for folder in self.all() if folder.holds(path)]
        return max(holding, key=lambda folder: len(Path(folder.path).parts), default=None)

    def add(self, folder: FollowedFolder) -> None:
        """Follow a folder; one that is followed gets this kind and these patterns."""
        self._change(lambda folders: [*(one for one in folders if one.path != folder.path), folder])

    def remove(self, path: str) -> FollowedFolder:
        """Follow a folder no longer; returns what it was.

        Raises:
            UsageProblem: it is not followed ('not-followed').
        """
        found: list[FollowedFolder] = []

        def without(folders: Sequence[FollowedFolder]) -> list[FollowedFolder]:
            found.extend(one for one in folders if one.path == path)
            if not found:
                raise UsageProblem("not-followed", path=path)
            return [one for one in folders if one.path != path]

        self._change(without)
        return found[0]

    def _change(self, change: Callable[[Sequence[FollowedFolder]], Sequence[FollowedFolder]]) -> None:
        """Change them as they are now, as another program may have changed them since they were asked for."""

        def changed(now: Settings) -> dict[str, object]:
            return {_NAME: [_written(one) for one in change([_folder(line) for line in now.folders])]}

        update(self._file, changed)


def _written(folder: FollowedFolder) -> str:
    """A folder's kind and path, and behind each NUL, which no path has, a pattern."""
    return "\0".join((f"{folder.kind} {folder.path}", *folder.ignore))


def _folder(written: str) -> FollowedFolder:
    """A folder as it is written; a kind that only a newer program knows is none."""
    first, *ignore = written.split("\0")
    kind, _, path = first.partition(" ")
    return FollowedFolder(path, _KINDS.get(kind, "plain"), tuple(ignore))
