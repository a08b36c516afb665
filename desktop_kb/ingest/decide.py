"""What becomes of a file: it is as it was, it is a copy of another, or it is to be read."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_kb import extract
from desktop_kb.errors import DocumentProblem, StorageProblem
from desktop_kb.files import copy_bytes, make_private, problem_of, regular, sha256, whole
from desktop_kb.formats import by_type, format_of
from desktop_kb.records import File, Job, Place
from desktop_kb.settings import Settings
from desktop_kb.store import Store


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The place holds what it held when it was looked at before."""

    file: File
    place: Place


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another document has this content already."""

    file: File
    other: Place


@dataclass(frozen=True, slots=True)
class ToRead:
    """Nothing is known of its content, or it is to be read once more."""

    file: File
    is_new: bool  # nothing was ever added from its place


Decision = Unchanged | Duplicate | ToRead


class Decider:
    """Looks at files and at what the library knows of them.

    Args:
        passwords: of locked files, by path: one that failed for want of it is to be read again.
    """

    def __init__(self, store: Store, settings: Settings, passwords: Mapping[str, str]) -> None:
        self._store = store
        self._settings = settings
        self._passwords = passwords

    def decide(self, job: Job) -> Decision:
        """What becomes of the file of this job.

        Raises:
            DocumentProblem: it cannot be looked at, and why.
        """
        place = self._store.documents.place(job.path)
        if place is not None and self._is_gone(job, place):
            return ToRead(known(place), is_new=False)  # from the library's copy
        file = self._look(job, place)
        if place is not None and not file.content_hash:
            return Unchanged(file, place)
        other = self._store.documents.with_content(file.content_hash)
        if other is not None and place is not None and other.document == place.document:
            if job.kind == "read" or other.status == "waiting" or self._may_open(job, place):
                return ToRead(file, is_new=False)
            return Unchanged(file, place)
        if other is not None and other.status == "ready":
            return Duplicate(file, other)
        return ToRead(file, is_new=place is None)

    def keep(self, file: File) -> tuple[File, Path]:
        """A file to be read and where its bytes are, once the library has the copy that it is to have.

        Raises:
            DocumentProblem: it is gone, or has changed since it was looked at.
            StorageProblem: the library's disk is full.
        """
        path = Path(file.path)
        copy = self._store.library.copy(file.stored) if file.stored else None
        if copy is None:
            keep = self._settings.copy_files if by_type(file.type).copied else self._settings.copy_notes
            if not keep or not file.size:
                return file, path
            with file_problems(file.path):
                copy = self._copy(path, file.content_hash)
        return replace(file, stored=copy.relative_to(self._store.library.root).as_posix()), copy

    def new_file(self, job: Job) -> File | None:
        """The file of a job that will have to be read, as far as can be told before its turn.

        Raises:
            DocumentProblem: it cannot be looked at, and why.
        """
        if job.kind != "add" or format_of(Path(job.path)) is None:
            return None
        file = self._look(job, self._store.documents.place(job.path))
        if not file.content_hash or self._store.documents.with_content(file.content_hash) is not None:
            return None
        return file

    def _is_gone(self, job: Job, place: Place) -> bool:
        """The original of a file that is to be read again is not there, but the library has its copy."""
        if job.kind != "read" or not place.stored or self._store.library.copy(place.stored) is None:
            return False
        try:
            Path(job.path).stat()
        except OSError as error:
            problem = problem_of(error, job.path)
            if problem.code != "vanished":
                raise problem from error
            return True
        return False

    def _look(self, job: Job, place: Place | None) -> File:
        """The file as it stands; its hash is '' when it need not be read."""
        path = Path(job.path)
        format = format_of(path)
        if format is None:
            raise DocumentProblem("unsupported", path=job.path)
        with file_problems(job.path):
            status = path.stat()
            if not path.is_file():
                raise DocumentProblem("not-a-file", path=job.path)
            limit = self._settings.max_file_mib
            if status.st_size > limit * 2**20:
                raise DocumentProblem("too-large", path=job.path, limit_mib=limit)
            file = File(job.path, status.st_size, status.st_mtime_ns, format.type, reading=extract.VERSION)
            if job.kind == "add" and _rests(place, file) and not self._may_open(job, place):
                return file
            return replace(file, content_hash=sha256(path))

    def _may_open(self, job: Job, place: Place | None) -> bool:
        """It failed, and now there is its password, or its text that another process read with it."""
        return (
            place is not None
            and place.status == "failed"
            and (
                job.path in self._passwords
                or self._store.queue.staged_text(place.content_hash, extract.VERSION) is not None
            )
        )

    def _copy(self, path: Path, content_hash: str) -> Path:
        """Copy the file into the library by its content; a kill leaves no half copy under the name."""
        copy = self._store.library.stored(content_hash, path.suffix.lower())
        if copy.is_file() and sha256(copy) == content_hash:
            return copy
        try:
            make_private(copy.parent)
            with open(path, "rb", opener=regular) as source, whole(copy) as target:
                if copy_bytes(source, target) != content_hash:
                    raise DocumentProblem("changed", path=str(path))
        except OSError as error:
            if error.errno == errno.ENOSPC:  # the library's disk, not the user's file
                raise StorageProblem("disk-full", path=str(copy.parent)) from error
            raise
        return copy


def known(place: Place) -> File:
    """The file as it was when it was last read."""
    return File(
        place.path, place.size, place.mtime_ns, place.type, place.content_hash, place.stored, extract.VERSION
    )


def refuse_changed(file: File) -> None:
    """Raise DocumentProblem('changed') where the file is no more what was looked at."""
    with file_problems(file.path):
        status = Path(file.path).stat()
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise DocumentProblem("changed", path=file.path)


@contextmanager
def file_problems(path: str) -> Iterator[None]:
    """What the operating system says of the user's file, as a DocumentProblem."""
    try:
        yield
    except OSError as error:
        raise problem_of(error, path) from error


def _rests(place: Place | None, file: File) -> bool:
    """The place holds what it held when it was read, as far as size and time tell."""
    return (
        place is not None
        and place.status != "waiting"
        and (place.size, place.mtime_ns) == (file.size, file.mtime_ns)
    )
