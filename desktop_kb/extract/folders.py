"""Lists the files in a folder, each with the problem that keeps it from being added, if there is one."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from desktop_kb.errors import DocumentProblem
from desktop_kb.extract.ignored import Ignored, Passing, Patterns
from desktop_kb.files import is_placeholder, problem_of, unopened
from desktop_kb.formats import HTML, MARKDOWN, PICTURE, format_of

#: Windows' IO_REPARSE_TAG_MOUNT_POINT and ERROR_CANT_RESOLVE_FILENAME.
_JUNCTION: Final = 0xA0000003
_IN_CIRCLE: Final = 1921

#: What tells a folder from every other: device and inode.
_Id = tuple[int, int]


class Found(NamedTuple):
    """A file with its size and time, or an entry with the problem that keeps it from being added."""

    path: str
    problem: DocumentProblem | None
    status: os.stat_result | None = None


class _Waiting(NamedTuple):
    path: Path
    above: frozenset[_Id] = frozenset()
    patterns: Sequence[Patterns] | None = None  # None: the folder that was asked for
    wholly: bool = True  # False: it is only on the way to what is asked for


def find_files(
    path: Path,
    passing: Passing | None = None,
    *,
    among: Collection[str] | None = None,
    is_of_notes: Callable[[], bool] = lambda: False,
) -> Iterator[Found]:
    """Yield every file below `path` (or `path` itself) in a fixed order, those behind links to folders last.

    An entry that cannot be added comes with its problem, as does one that is passed over; of files only those of a
    kind that is read. A folder is entered once, whatever links lead to it, and no link leads back. An entry that
    the system refuses does not hide the others. Pictures come last, and in a folder with notes or web pages they
    are passed over: those show them. What is in a cloud only is left there, unless it is `path` itself.

    Args:
        among: look only at these paths in the folder, and at all below them.
        is_of_notes: whether the folder has notes or web pages where is not looked; asked for pictures only.
    """
    walk = _Walk(path, passing or Passing(), among)
    waiting, links = [_Waiting(path, wholly=among is None or str(path) in among)], deque[_Waiting]()
    pictures: list[Found] = []
    has_notes = False
    while waiting or links:
        for found in walk.look(waiting.pop() if waiting else links.popleft(), waiting, links):
            format = format_of(Path(found.path)) if found.problem is None else None
            has_notes = has_notes or format in (MARKDOWN, HTML)
            if format is PICTURE and Path(found.path) != path:
                pictures.append(found)
            else:
                yield found
    has_notes = has_notes or (bool(pictures) and is_of_notes())
    for found in pictures:
        problem = DocumentProblem("of-notes", path=found.path) if has_notes else None
        yield found._replace(problem=problem)


class _Walk:
    def __init__(self, root: Path, passing: Passing, among: Collection[str] | None) -> None:
        self._ignored = Ignored(root, passing)
        self._root = root
        self._entered: set[_Id] = set()
        self._asked = {_folded(path) for path in among or ()}
        self._on_the_way = {_folded(str(folder)) for path in among or () for folder in Path(path).parents}

    def look(self, one: _Waiting, waiting: list[_Waiting], links: deque[_Waiting]) -> Iterator[Found]:
        """What is at a path; entries of a folder are left in `waiting`, links to folders in `links`."""
        path = one.path
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            yield Found(str(path), _unreachable(path, error))
            return
        if stat.S_ISDIR(status.st_mode):
            problem = self._refused(one, (status.st_dev, status.st_ino))
            if problem is not None:
                yield Found(str(path), problem)
            else:
                yield from self._entries(one, (status.st_dev, status.st_ino), waiting, links)
        elif not stat.S_ISREG(status.st_mode):
            yield Found(str(path), unopened(str(path)) or DocumentProblem("not-a-file", path=str(path)))
        elif format_of(path) is None:
            yield Found(str(path), DocumentProblem("unsupported", path=str(path)))
        elif is_placeholder(status) and path != self._root:
            yield Found(str(path), DocumentProblem("not-fetched", path=str(path)), status)
        else:
            yield Found(str(path), None, status)

    def _refused(self, one: _Waiting, id: _Id) -> DocumentProblem | None:
        """Why a folder is not entered. A mount or a Windows junction can lead back without being a link."""
        if one.patterns is None:
            return None
        if not id[1]:  # a file system that does not tell folders apart
            return DocumentProblem("linked-folder", path=str(one.path)) if _is_link(one.path) else None
        if id in one.above or id in self._around:
            return DocumentProblem("linked-circle", path=str(one.path))
        return DocumentProblem("linked-folder", path=str(one.path)) if id in self._entered else None

    @cached_property
    def _around(self) -> set[_Id]:
        """The folders that the root is in, none of which a link leads back to."""
        return _ids(Path(os.path.realpath(self._root)).parents)

    def _entries(
        self, one: _Waiting, id: _Id, waiting: list[_Waiting], links: deque[_Waiting]
    ) -> Iterator[Found]:
        self._entered.add(id)
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(one.path) as found:
                entries += found
        except OSError as error:
            yield Found(str(one.path), problem_of(error, str(one.path)))
        entries.sort(key=lambda entry: os.fsencode(entry.name))
        patterns = self._ignored.within(one.path, {entry.name for entry in entries}, one.patterns)
        if not one.wholly:
            entries = [entry for entry in entries if self._is_wanted(entry.path)]
        above = one.above | {id}
        inside: list[_Waiting] = []
        for entry in entries:
            path = one.path / entry.name
            is_folder = _is_folder(entry)
            problem = self._ignored.problem(path, entry, is_folder, patterns)
            if problem is None:
                kept = links if is_folder and _is_link(entry) else inside
                wholly = one.wholly or _folded(entry.path) in self._asked
                kept.append(_Waiting(path, above, patterns, wholly))
            elif is_folder or format_of(path) is not None:
                yield Found(str(path), problem)
        waiting += reversed(inside)

    def _is_wanted(self, path: str) -> bool:
        folded = _folded(path)
        return folded in self._asked or folded in self._on_the_way


def _folded(path: str) -> str:
    """A path as the disk compares it: others may spell it otherwise than the disk does."""
    return unicodedata.normalize("NFC", os.path.normcase(path))


def _ids(folders: Iterable[Path]) -> set[_Id]:
    found = set[_Id]()
    for folder in folders:
        try:
            status = folder.stat()
        except OSError:
            continue
        found.add((status.st_dev, status.st_ino))
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_link(one: os.DirEntry[str] | Path) -> bool:
    """Also Windows' junctions, which Python calls no links."""
    if one.is_symlink() or os.name != "nt":
        return one.is_symlink()
    try:
        status = one.stat(follow_symlinks=False)
    except OSError:
        return False
    return getattr(status, "st_reparse_tag", 0) == _JUNCTION


def _unreachable(path: Path, error: OSError | ValueError) -> DocumentProblem:
    """Why `path` cannot be looked at. A ValueError means that no system accepts such a name."""
    if isinstance(error, ValueError):
        return DocumentProblem("vanished", path=str(path))
    problem = problem_of(error, str(path))
    in_circle = error.errno == errno.ELOOP or getattr(error, "winerror", 0) == _IN_CIRCLE
    ends_nowhere = problem.code == "vanished" or in_circle
    return DocumentProblem("broken-link", path=str(path)) if ends_nowhere and _is_link(path) else problem
