"""The files in a library's folder of notes: the notes, and the pictures they show.

The library has the only copy of them, so a backup and an export include all of them, whether
they are documents or not. Each gets a name that every operating system accepts; where that differs
from its own name, both are recorded.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

import apsw

from desktop_kb.files import copy_bytes, is_unfinished, plain_name, private, regular, stored_path
from desktop_kb.paths import Library

#: A file modified more recently than this may be half written, so it is copied once more.
_REST_S: Final = 0.2
_ATTEMPTS: Final = 10
_DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: Tables whose column `path` holds paths of files.
TABLES_OF_PATHS: Final = ("places", "jobs")


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A file in the folder of notes. Both names are relative to the library, with slashes."""

    path: Path
    name: str
    plain_name: str


@dataclass(frozen=True, slots=True)
class SavedNote:
    """A copied file of the folder of notes: its own name, SHA-256 and time of modification."""

    name: str
    sha256: str
    mtime_ns: int


class NoteFolder:
    """The folder of notes of one library.

    Attributes:
        left_out: names of entries that were not copied: links to folders, which are not followed,
            and files that could not be read.
    """

    def __init__(self, library: Library) -> None:
        self._root = library.root
        self._name = library.notes.name
        self._plain_names = {self._name: self._name}
        self._taken: dict[str, set[str]] = {}
        self.left_out: list[str] = []

    def files(self) -> Iterator[NoteFile]:
        """Every file. The folder is listed until nothing new appears, so that a note renamed meanwhile
        is not missed."""
        found: set[str] = set()
        while new := [name for name in self._list(self._name) if name not in found]:
            found.update(new)
            for name in new:
                yield NoteFile(self._root / name, name, self._plain_names[name])

    def copy(self, file: NoteFile, target: Path) -> SavedNote | None:
        """Copy a file that another program may be writing: its state before or after the write, never a mix.

        Returns:
            None if it was removed or renamed meanwhile, or if it was left out because it cannot be read
            or keeps changing.

        Raises:
            OSError: the target's disk is full.
        """
        try:
            copied = _copy_at_rest(file.path, target)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise
            copied = None
        if copied is None:
            self._leave_out(file.name)
            return None
        return SavedNote(file.name, *copied)

    def size_bytes(self) -> int:
        """Bytes of all files; those that cannot be examined count nothing."""
        total = 0
        for file in self.files():
            with contextlib.suppress(OSError):
                total += file.path.stat().st_size
        return total

    def _leave_out(self, name: str) -> None:
        if name not in self.left_out:
            self.left_out.append(name)

    def _list(self, folder: str) -> Iterator[str]:
        """The names of the files below a folder, in a fixed order."""
        try:
            with os.scandir(self._root / folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except FileNotFoundError:
            return
        except OSError:
            self._leave_out(folder)
            return
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if is_unfinished(entry.name):
                continue
            if name not in self._plain_names:
                taken = self._taken.setdefault(folder, set())
                self._plain_names[name] = f"{self._plain_names[folder]}/{plain_name(entry.name, taken)}"
            try:
                is_folder, is_file = entry.is_dir(follow_symlinks=False), entry.is_file()
            except OSError:  # no permission to examine it
                is_folder = is_file = False
            if is_folder:
                yield from self._list(name)
            elif is_file:
                yield name
            else:
                self._leave_out(name)


def _copy_at_rest(source: Path, target: Path) -> tuple[str, int] | None:
    """Copy one consistent state of a file. Returns its SHA-256 and its time of modification in
    nanoseconds, or None if it keeps changing."""
    for attempt in range(1, _ATTEMPTS + 1):
        with open(source, "rb", opener=regular) as file, open(target, "wb", opener=private) as copy:
            before = os.fstat(file.fileno())
            digest = copy_bytes(file, copy)
            size, after = copy.tell(), os.fstat(file.fileno())
        unchanged = before.st_mtime_ns == after.st_mtime_ns and size == after.st_size
        rests = not 0 <= time.time() - after.st_mtime < _REST_S
        # At the last attempt accept a recent file too: one that is replaced again and again is
        # complete each time.
        if unchanged and (rests or attempt == _ATTEMPTS):
            return digest, after.st_mtime_ns
        time.sleep(_REST_S)
    return None


def _is_gone(path: Path) -> bool:
    """Whether no file is there. One that may not be examined counts as there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: not a valid path
        return True
    except OSError:
        return False
    return False


def lost_notes(connection: apsw.Connection, library: Library) -> list[str]:
    """Names of known notes whose content no longer exists anywhere: the note is gone, so is every other
    place of its document, and the library has no copy."""
    documents: dict[int, list[Path]] = {}
    for id, path in connection.execute(
        "select document_id, path from places join documents on documents.id = document_id "
        "where removed is null and stored is null order by path"
    ):
        documents.setdefault(id, []).append(Path(stored_path(path)))
    lost = []
    for places in documents.values():
        notes = [path for path in places if path.is_relative_to(library.notes)]
        if notes and all(_is_gone(path) for path in places):
            lost += [path.relative_to(library.root).as_posix() for path in notes]
    return lost


def move_places(
    connection: apsw.Connection, folders: Sequence[str], library: Library, renamed: Mapping[str, str]
) -> None:
    """Change every path inside the library's old folder to the folder where the library is now.

    Args:
        folders: the old paths of the library's folder, in the form of the system it was on.
        renamed: old name -> new name of the notes that could not keep their own name here.
    """
    for table in TABLES_OF_PATHS:
        for (path,) in connection.execute(f"select distinct path from {table}").fetchall():
            name = _name_inside(stored_path(path), folders)
            if name:
                moved = library.root / renamed.get(name, name)
                # 'or replace': if another row already has that path, this library's file is what is there now.
                connection.execute(
                    f"update or replace {table} set path = ? where path = ?", (os.fsencode(moved), path)
                )


def _name_inside(path: str, folders: Sequence[str]) -> str:
    """The path relative to whichever of these folders contains it; '' if none does."""
    for folder in folders:
        system = PurePosixPath if folder.startswith("/") else PureWindowsPath
        if system(path).is_relative_to(folder):
            name = system(path).relative_to(folder).as_posix()
            return "" if name == "." else name
    return ""
