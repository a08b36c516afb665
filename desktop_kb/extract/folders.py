"""Lists the files in a folder, each with the problem that keeps it from being added, if there is one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from desktop_kb.errors import DocumentProblem
from desktop_kb.files import problem_of
from desktop_kb.formats import format_of


class Found(NamedTuple):
    """A file with its size and time, or an entry with the problem that keeps it from being added."""

    path: str
    problem: DocumentProblem | None
    status: os.stat_result | None = None


def find_files(path: Path) -> Iterator[Found]:
    """Yield every file below `path` (or `path` itself) in a fixed order; hidden files are skipped.

    An entry that cannot be added comes with its problem; links to folders are such entries. An entry
    that the system refuses does not hide the others.
    """
    waiting: list[tuple[Path, frozenset[tuple[int, int]]]] = [(path, frozenset())]
    while waiting:
        path, above = waiting.pop()
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            yield Found(str(path), _unreachable(path, error))
            continue
        if stat.S_ISDIR(status.st_mode):
            # A mount or a Windows junction can lead back to a parent folder without being a link.
            folder = (status.st_dev, status.st_ino)
            if above and (path.is_symlink() or (folder in above and status.st_ino)):
                yield Found(str(path), DocumentProblem("linked-folder", path=str(path)))
                continue
            entries: list[Path] = []
            try:
                with os.scandir(path) as found:
                    entries += (path / entry.name for entry in found if not _is_hidden(entry))
            except OSError as error:
                yield Found(str(path), problem_of(error, str(path)))
            entries.sort(key=lambda entry: os.fsencode(entry.name), reverse=True)
            waiting += ((entry, above | {folder}) for entry in entries)
        elif not stat.S_ISREG(status.st_mode):
            yield Found(str(path), DocumentProblem("not-a-file", path=str(path)))
        elif format_of(path) is None:
            yield Found(str(path), DocumentProblem("unsupported", path=str(path)))
        else:
            yield Found(str(path), None, status)


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is hidden: by its name or, on Windows and macOS, by a mark, as are other programs' lock
    files and the links to 'My Music' that nobody may open."""
    if entry.name.startswith("."):
        return True
    if not hasattr(os.stat_result, "st_file_attributes") and not hasattr(os.stat_result, "st_flags"):
        return False  # Linux has no such marks, and would have to be asked for each file
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    marks = getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return bool(marks or getattr(status, "st_flags", 0) & stat.UF_HIDDEN)


def _unreachable(path: Path, error: OSError | ValueError) -> DocumentProblem:
    """Why `path` cannot be looked at. A ValueError means that no system accepts such a name."""
    if isinstance(error, ValueError):
        return DocumentProblem("vanished", path=str(path))
    problem = problem_of(error, str(path))
    ends_nowhere = problem.code == "vanished" or error.errno == errno.ELOOP
    return DocumentProblem("broken-link", path=str(path)) if ends_nowhere and path.is_symlink() else problem
