"""Followed folders: which there are, and what becomes of the files in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from desktop_kb.arguments import one_of
from desktop_kb.errors import UsageProblem
from desktop_kb.extract import Passing
from desktop_kb.files import as_spelled
from desktop_kb.kb import lists
from desktop_kb.kb.adding import Adding
from desktop_kb.kb.folder_kinds import kind_of
from desktop_kb.kb.folder_watch import FolderWatch
from desktop_kb.records import FolderEvent, FolderKind, FollowedFolder, PathLike
from desktop_kb.watching import Flag


class Following(Adding):
    """Methods that follow folders."""

    def folders(self) -> list[FollowedFolder]:
        """The folders that the library follows."""
        return list(self._followed.all())

    def follow_folder(
        self, folder: PathLike, kind: FolderKind | None = None, *, ignore: Sequence[str] = ()
    ) -> FollowedFolder:
        """Follow a folder from now on, whoever calls `watch`. Files in it are not copied into the library.

        Args:
            kind: whose it is; None finds out.
            ignore: what is passed over in it besides the setting `ignore`: patterns as in `.gitignore` files.

        Raises:
            ValueError: there is no such kind.
            UsageProblem: there is no such folder ('no-folder'), it is the library's own ('library-folder'), or one of
                these is no pattern ('bad-pattern').
        """
        path = _whole(folder)
        if kind is not None:
            one_of("kind", kind, get_args(FolderKind))
        if not path.is_dir():
            raise UsageProblem("no-folder", path=str(path))
        if path.is_relative_to(self.library.root) and not path.is_relative_to(self.library.notes):
            raise UsageProblem("library-folder", path=str(path))
        self._check_writable()
        patterns = Passing(tuple(lists.patterns(ignore))).patterns
        followed = FollowedFolder(str(path), kind or kind_of(path), patterns)
        self._followed.add(followed)
        return followed

    def unfollow_folder(self, folder: PathLike) -> FollowedFolder:
        """Follow a folder no longer; its documents stay in the library. Returns what it was.

        Raises:
            UsageProblem: it is not followed ('not-followed').
        """
        self._check_writable()
        return self._followed.remove(str(_whole(folder)))

    def watch(self, *, once: bool = False) -> Iterator[FolderEvent]:
        """Follow the folders: have what is new or changed in them read, and yield what becomes of each file, until the
        library is closed; with `once` what has become of them since they were followed last.

            for event in kb.watch(once=True):
                print(event.event, event.path)

        Raises:
            StorageProblem: the library cannot be written.
            Problem: the queue paused (disk full, model broken), with `once`.
        """
        return self.folder_watch().events(once=once)

    def folder_watch(self, stop: Flag | None = None) -> FolderWatch:
        """What `watch` runs, for who wants to have it look again, or to stop it before the library is closed."""
        self._check_writable()
        stop, own = stop or self._indexer.closing, self.library.root
        return FolderWatch(self._store, self._indexer, self._followed, self._passing, own, stop)


def _whole(folder: PathLike) -> Path:
    return as_spelled(Path(os.path.abspath(Path(folder).expanduser())))  # noqa: PTH100 - symlinks stay
