"""Decides what to do with a queued file: it is unchanged, a duplicate, or must be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from desktop_kb import extract
from desktop_kb.errors import DocumentProblem, is_full, not_written
from desktop_kb.extract import Extractor
from desktop_kb.files import (
    is_there,
    keep_copy,
    look,
    problem_of,
    sha256,
    volume_of,
)
from desktop_kb.followed import Followed
from desktop_kb.formats import by_type, format_of
from desktop_kb.records import File, Job, Left, Place
from desktop_kb.settings import Settings
from desktop_kb.store import Store


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file has not changed since it was last indexed."""

    file: File
    place: Place


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another document has the same content; the file is one of its files that `left` another place."""

    file: File
    other: Place
    left: Left | None = None


@dataclass(frozen=True, slots=True)
class ToRead:
    """The content is new, or must be read again."""

    file: File
    is_new: bool  # nothing was ever added from this path


Decision = Unchanged | Duplicate | ToRead


class Decider:
    """Compares files with their records in the library.

    Args:
        passwords: passwords of locked files, by path. A file that failed for lack of one is read again.
        extractor: looks at parts, which only the reader of their file can open.
    """

    def __init__(
        self, store: Store, settings: Settings, passwords: Mapping[str, str], extractor: Extractor
    ) -> None:
        self._store = store
        self._settings = settings
        self._passwords = passwords
        self._extractor = extractor
        self._followed = Followed(store.library.settings)

    def decide(self, job: Job) -> Decision:
        """Decide what to do with the file of this job.

        Raises:
            DocumentProblem: the file is missing, unsupported, too large or cannot be read.
        """
        place = self._store.documents.place(*job.location)
        if place is not None and self._only_copy_left(job, place):
            return ToRead(known(place), is_new=False)  # from the library's copy
        file = self._stat_and_hash(job, place)
        if place is not None and not file.content_hash:
            return Unchanged(file, place)
        if place is not None and self._store.is_behind(file):
            return Unchanged(file, place)
        others = self._store.documents.with_content(file.content_hash)
        other = others[0] if others else None
        if other is not None and place is not None and other.document == place.document:
            if job.kind != "add" or other.status == "waiting" or self._can_unlock_now(job, place):
                return ToRead(file, is_new=False)
            return Unchanged(file, place)
        if other is not None and other.status == "ready":
            return Duplicate(file, other, self._left(file, others))
        return ToRead(file, is_new=place is None)

    def _left(self, file: File, others: Sequence[Place]) -> Left | None:
        """The place of the same content that this file has left, of several the one with its name. A part is left
        with its file."""
        gone = []
        for place in others if not file.part else ():
            if place.part:
                continue
            try:
                if look(place.path, place.volume) == "gone":
                    gone.append(place)
            except OSError:  # it is there
                continue
        if not gone:
            return None
        new = Path(file.path)
        left = min(gone, key=lambda place: (Path(place.path).name != new.name, place.path))
        by_name = left.title == title_by_name(Path(left.path))
        return Left(left.path, title_by_name(new) if by_name else left.title)

    def keep(self, file: File) -> tuple[File, Path]:
        """Copy the file into the library if it should have a copy. Returns the file, and the path to read.

        Raises:
            DocumentProblem: the file is missing, or has changed since it was hashed.
            StorageProblem: the library's disk is full.
        """
        path = Path(file.path)
        if file.part:
            return file, self.source(file)
        copy = self._store.library.copy(file.stored) if file.stored else None
        if copy is None:
            copied = by_type(file.type).copied and self._followed.of(file.path) is None
            keep = self._settings.copy_files if copied else self._settings.copy_notes
            if not keep or not file.size or self._store.is_in_teams_folder(file.path):
                return file, path
            with file_problems(file.path):
                copy = self._copy(path, file.content_hash)
        return replace(file, stored=copy.relative_to(self._store.library.root).as_posix()), copy

    def source(self, file: File) -> Path:
        """Where a file that has no copy yet can be read, or the file that it is a part of."""
        return self._container(file.path)[0] if file.part else Path(file.path)

    def new_file(self, job: Job) -> File | None:
        """The file of a queued job if its content is new, so that it can be prefetched; else None.

        Raises:
            DocumentProblem: the file is missing, unsupported, too large or cannot be read.
        """
        if job.kind != "add" or format_of(Path(job.location.name)) is None:
            return None
        file = self._stat_and_hash(job, self._store.documents.place(*job.location))
        if not file.content_hash or self._store.documents.with_content(file.content_hash):
            return None
        return file

    def _only_copy_left(self, job: Job, place: Place) -> bool:
        """Whether the file is to be read again, its original is missing, and the library has a copy."""
        if (
            job.part
            or job.kind == "add"
            or not place.stored
            or self._store.library.copy(place.stored) is None
        ):
            return False
        try:
            Path(job.path).stat()
        except OSError as error:
            problem = problem_of(error, job.path)
            if problem.code != "vanished":
                raise problem from error
            return True
        return False

    def _stat_and_hash(self, job: Job, place: Place | None) -> File:
        """The file's size, time and type, and its hash; the hash is '' if size and time are unchanged."""
        path = Path(job.path)
        format = format_of(Path(job.location.name))
        if format is None:
            raise DocumentProblem("unsupported", path=job.path)
        if job.part:
            return self._look_at_part(job, format.type)
        with file_problems(job.path):
            status = path.stat()
            if not path.is_file():
                raise DocumentProblem("not-a-file", path=job.path)
            limit = self._settings.max_file_mib
            if status.st_size > limit * 2**20:
                raise DocumentProblem("too-large", path=job.path, limit_mib=limit)
            size, time, volume = status.st_size, status.st_mtime_ns, volume_of(path)
            file = File(job.path, size, time, format.type, reading=extract.VERSION, volume=volume)
            if job.kind == "add" and _is_unchanged(place, file) and not self._can_unlock_now(job, place):
                return file
            return replace(file, content_hash=sha256(path))

    def _look_at_part(self, job: Job, type: str) -> File:
        """A part's hash and size, as the reader of its file finds it there."""
        source, whole = self._container(job.path)
        with file_problems(job.path):
            mtime_ns = source.stat().st_mtime_ns
        found, size = self._extractor.look_at(source, job.part, password=self._passwords.get(job.path))
        version = extract.VERSION
        return File(
            job.path, size, mtime_ns, type, found, reading=version, volume=whole.volume, part=job.part
        )

    def _container(self, path: str) -> tuple[Path, Place]:
        """Where a file that has parts can be read (its original, or else the library's copy), and its place.

        Raises:
            DocumentProblem: the library does not know it any more ('vanished').
        """
        place = self._store.documents.place(path)
        if place is None:
            raise DocumentProblem("vanished", path=path)
        copy = self._store.library.copy(place.stored) if place.stored else None
        return (copy if copy is not None and not is_there(Path(path)) else Path(path)), place

    def _can_unlock_now(self, job: Job, place: Place | None) -> bool:
        """Whether a file that failed can be read now: its password is known, or another process has staged
        its text."""
        return (
            place is not None
            and place.status == "failed"
            and (
                job.path in self._passwords
                or self._store.queue.staged_text(place.content_hash, extract.VERSION) is not None
            )
        )

    def _copy(self, path: Path, content_hash: str) -> Path:
        """Copy the file into the library, named by its hash. A kill leaves no partial copy of that name."""
        copy = self._store.library.stored(content_hash, path.suffix.lower())
        try:
            keep_copy(path, copy, content_hash)
        except OSError as error:
            if is_full(error):  # the library's disk, not the user's file
                raise not_written(error, str(copy.parent)) from error
            raise
        return copy


def known(place: Place) -> File:
    """The file as recorded when it was last read."""
    return File(
        *(place.path, place.size, place.mtime_ns, place.type, place.content_hash, place.stored),
        reading=extract.VERSION,
        volume=place.volume,
        part=place.part,
    )


#: Files that stand for their folder: README, README.zh-CN, index, _index.
_FOR_FOLDER: Final = re.compile(
    r"(?:read[_-]?me|_?index)(?:[._-][a-z]{2,3}(?:[_-][a-z]{2,4})?)?", re.IGNORECASE
)


def title_by_name(path: Path) -> str:
    """The title of a document that has none: its file's name, or that of the folder it stands for."""
    name = path.parent.name if _FOR_FOLDER.fullmatch(path.stem) else ""
    # A file name need not be valid Unicode; a title must be.
    return (name or path.stem).encode("utf-8", "replace").decode("utf-8")


def refuse_changed(file: File, source: Path) -> None:
    """Raise DocumentProblem('changed') if size or time of the file, or the time of the one that it is a part of,
    differ from `file`."""
    with file_problems(file.path):
        status = source.stat()
    if status.st_mtime_ns != file.mtime_ns or (not file.part and status.st_size != file.size):
        raise DocumentProblem("changed", path=file.path)


@contextmanager
def file_problems(path: str) -> Iterator[None]:
    """Convert an OSError about the person's file into a DocumentProblem."""
    try:
        yield
    except OSError as error:
        raise problem_of(error, path) from error


def _is_unchanged(place: Place | None, file: File) -> bool:
    """Whether size and time of the file are the same as when it was last read."""
    return (
        place is not None
        and place.status != "waiting"
        and (place.size, place.mtime_ns) == (file.size, file.mtime_ns)
    )
