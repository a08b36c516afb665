"""The files in a library's folder of notes: the notes, and the pictures they show.

The library has the only copy of them, so a backup and an export take all of them, whether
they are documents or not. Each is given a name that every system takes; where that differs from
its own name, both are kept.
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

from desktop_kb.files import copy_bytes, is_unfinished, plain_name, private, regular
from desktop_kb.paths import Library

#: A file written more recently than this may be half written, and is copied once more.
_REST_S: Final = 0.2
_ATTEMPTS: Final = 10
_DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: Tables with paths of files in a column `path`.
TABLES_OF_PATHS: Final = ("places", "jobs")


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A file in the folder of notes. Both names are relative to the library, with slashes."""

    path: Path
    name: str
    plain_name: str


@dataclass(frozen=True, slots=True)
class SavedNote:
    """A file of the folder of notes as it was copied: its own name, SHA-256 and time of modification."""

    name: str
    sha256: str
    mtime_ns: int


class NoteFolder:
    """The folder of notes of one library.

    Attributes:
        left_out: names of what was not taken along: links to folders, which are not followed,
            and what could not be read.
    """

    def __init__(self, library: Library) -> None:
        self._root = library.root
        self._name = library.notes.name
        self._plain_names = {self._name: self._name}
        self._taken: dict[str, set[str]] = {}
        self.left_out: list[str] = []

    def files(self) -> Iterator[NoteFile]:
        """Every file. Listed until nothing new appears, so a note renamed meanwhile is not missed."""
        found: set[str] = set()
        while new := [name for name in self._list(self._name) if name not in found]:
            found.update(new)
            for name in new:
                yield NoteFile(self._root / name, name, self._plain_names[name])

    def copy(self, file: NoteFile, target: Path) -> SavedNote | None:
        """Copy a file that another program may be writing: as it was before, or as it is afterwards.

        Returns:
            None where it has been removed or renamed meanwhile, or is left out, as it cannot be read
            or never rests.

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
        """Bytes of all files, as far as that can be told."""
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
            except OSError:  # it may not be looked at
                is_folder = is_file = False
            if is_folder:
                yield from self._list(name)
            elif is_file:
                yield name
            else:
                self._leave_out(name)


def _copy_at_rest(source: Path, target: Path) -> tuple[str, int] | None:
    """Copy a file as it is at one moment; returns its SHA-256 and its time of modification in
    nanoseconds, or None where it is being written all the time."""
    for attempt in range(1, _ATTEMPTS + 1):
        with open(source, "rb", opener=regular) as file, open(target, "wb", opener=private) as copy:
            before = os.fstat(file.fileno())
            digest = copy_bytes(file, copy)
            size, after = copy.tell(), os.fstat(file.fileno())
        unchanged = before.st_mtime_ns == after.st_mtime_ns and size == after.st_size
        rests = not 0 <= time.time() - after.st_mtime < _REST_S
        # In the end one that is replaced again and again will do: each time it is whole.
        if unchanged and (rests or attempt == _ATTEMPTS):
            return digest, after.st_mtime_ns
        time.sleep(_REST_S)
    return None


def _is_gone(path: Path) -> bool:
    """Whether nothing stands there; what may not be looked at may still be there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no path at all
        return True
    except OSError:
        return False
    return False


def lost_notes(connection: apsw.Connection, library: Library) -> list[str]:
    """Names of notes that the library knows and whose content is nowhere any more: the note is gone,
    and so is every other place of its document, which has no copy."""
    documents: dict[int, list[Path]] = {}
    for id, path in connection.execute(
        "select document_id, path from places join documents on documents.id = document_id "
        "where removed is null and stored is null order by path"
    ):
        documents.setdefault(id, []).append(Path(os.fsdecode(path)))
    lost = []
    for places in documents.values():
        notes = [path for path in places if path.is_relative_to(library.notes)]
        if notes and all(_is_gone(path) for path in places):
            lost += [path.relative_to(library.root).as_posix() for path in notes]
    return lost


def move_places(
    connection: apsw.Connection, folders: Sequence[str], library: Library, renamed: Mapping[str, str]
) -> None:
    """Let every path into a library's folder point to where the library stands now.

    Args:
        folders: what the folder was called, on whichever system that was.
        renamed: name -> name, of notes that could not get their own name here.
    """
    for table in TABLES_OF_PATHS:
        for (path,) in connection.execute(f"select distinct path from {table}").fetchall():
            name = _name_inside(os.fsdecode(path), folders)
            if name:
                moved = library.root / renamed.get(name, name)
                # 'or replace': whatever else was known of that place, this library's file stands there now.
                connection.execute(
                    f"update or replace {table} set path = ? where path = ?", (os.fsencode(moved), path)
                )


def _name_inside(path: str, folders: Sequence[str]) -> str:
    """A path relative to the one of these folders that it is in; '' where it is in none."""
    for folder in folders:
        system = PurePosixPath if folder.startswith("/") else PureWindowsPath
        if system(path).is_relative_to(folder):
            name = system(path).relative_to(folder).as_posix()
            return "" if name == "." else name
    return ""
