"""A library as one file.

A backup is a ZIP archive that any program opens: `backup.json` (what is in it), `library.sqlite`
as it was at one moment, `settings.json`, `files/`, the copies of files by content hash, and
`notes/`, the notes with their pictures. It is made while indexing and writing go on, and appears
under its name only when it is whole.

Format 2. Format 1 had no `notes/` and did not say what the library's folder was called.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import apsw

from desktop_kb import __version__
from desktop_kb.errors import StorageProblem, reason_of
from desktop_kb.files import copy_bytes, private, sha256, sync
from desktop_kb.paths import Library
from desktop_kb.store.clock import now
from desktop_kb.store.connection import connect, storage_problems
from desktop_kb.store.database import Database
from desktop_kb.store.notes import NoteFolder, SavedNote, lost_notes

FORMAT: Final = 2
MANIFEST: Final = "backup.json"
DATABASE: Final = "library.sqlite"
SETTINGS: Final = "settings.json"
#: Some 400,000 notes.
MANIFEST_BYTES: Final = 2**26


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        documents: their number; `files`: of the copies; `notes`: of the files in the folder of notes.
        missing: names of copies and notes that the library should have and has not, and of copies
            that are not what was added.
        left_out: names of what lies among the notes and was not taken along: links to folders, and
            what could not be read.
    """

    path: str
    documents: int
    files: int
    notes: int
    size_bytes: int
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


#: Called with how much is done of how much, in bytes. What it raises ends the work.
Progress = Callable[[int, int], None]


def back_up(
    database: Database,
    library: Library,
    target: Path,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Write the library, as it is at this moment, to `target`; others may go on writing to it.

    Args:
        progress: as the archive grows; what it raises ends the work and leaves nothing.

    Raises:
        StorageProblem: `target` exists ('exists') or cannot be written ('not-written'); nothing
            is left there. Or the library cannot be read.
    """
    if target.exists() or target.is_symlink():
        raise StorageProblem("exists", path=str(target), what=target.name)
    with not_written(target), tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
        copy, archive = Path(scratch) / DATABASE, Path(scratch) / target.name
        _copy_database(database, copy)
        documents, stored, missing = _look_up(copy, library)
        with open(archive, "xb", opener=private) as file:
            with zipfile.ZipFile(file, "w", allowZip64=True) as zipped:
                entries = _Entries(zipped, progress, _size(library, copy, [name for name, _ in stored]))
                # At once: a note that is written from here on is newer than its document, never older,
                # and is read again when the restored library looks at its notes.
                notes, left_out = entries.put_notes(library, Path(scratch) / "note")
                database_hash = entries.put(copy, DATABASE, zipfile.ZIP_DEFLATED)
                copy.unlink()
                if library.settings.is_file():
                    entries.put(library.settings, SETTINGS, zipfile.ZIP_STORED)
                lost = [name for name, hash in stored if not entries.put_copy(library, name, hash)]
                missing += lost
                counted = {"documents": documents, "missing": missing, "left_out": left_out}
                entries.put_manifest(library, {"database_sha256": database_hash, **counted}, notes)
            sync(file)
        _name(archive, target)
    return Backup(
        path=str(target),
        documents=documents,
        files=len(stored) - len(lost),
        notes=len(notes),
        size_bytes=target.stat().st_size,
        missing=tuple(missing),
        left_out=tuple(left_out),
    )


class _Entries:
    """Writes the entries of an archive and says how far it is."""

    def __init__(self, zipped: zipfile.ZipFile, progress: Progress, total: int) -> None:
        self._zipped = zipped
        self._progress = progress
        self._done, self._total = 0, total

    def put(self, path: Path, name: str, compression: int) -> str:
        """Write a file into the archive; returns the SHA-256 of what was written."""
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.compress_type, entry.external_attr = compression, 0o600 << 16
        with path.open("rb") as source, self._zipped.open(entry, "w", force_zip64=True) as target:
            return copy_bytes(source, target, progress=self._count)

    def put_copy(self, library: Library, name: str, content_hash: str) -> bool:
        """Whether the stored copy is there as it was added, and is in the archive now. A copy on a bad part
        of the disk must not cost the others their backup."""
        path = library.copy(name)
        try:
            if path is None or not path.is_file() or sha256(path) != content_hash:
                return False
        except OSError:
            return False
        return self.put(path, name, zipfile.ZIP_STORED) == content_hash

    def put_notes(self, library: Library, scratch: Path) -> tuple[dict[str, SavedNote], list[str]]:
        """Write every file of the folder of notes; returns them by their names in the archive, and
        the names of what was left out."""
        folder = NoteFolder(library)
        notes = {}
        for file in folder.files():
            if note := folder.copy(file, scratch):
                self.put(scratch, file.plain_name, zipfile.ZIP_DEFLATED)
                notes[file.plain_name] = note
        scratch.unlink(missing_ok=True)
        return notes, folder.left_out

    def put_manifest(
        self, library: Library, counted: Mapping[str, object], notes: Mapping[str, SavedNote]
    ) -> None:
        """Write the list of what is in the archive, unless it would be too long to be read again."""
        manifest = {
            "format": FORMAT,
            "program": __version__,
            "made": now(),
            "library": list(dict.fromkeys(map(str, (library.root, library.root.resolve())))),
            **counted,
            "notes": {name: asdict(note) for name, note in notes.items()},
        }
        data = json.dumps(manifest, indent=1)  # ASCII: a name need not be valid Unicode
        if len(data) > MANIFEST_BYTES:
            raise StorageProblem("not-written", what=MANIFEST, reason="too-many-notes")
        self._zipped.writestr(MANIFEST, data, zipfile.ZIP_DEFLATED)

    def _count(self, more: int) -> None:
        self._done += more
        self._progress(min(self._done, self._total), self._total)


def _copy_database(database: Database, copy: Path) -> None:
    """The database at one moment: SQLite's backup of all pages within one read transaction, so
    that writers neither wait nor make it begin again (https://www.sqlite.org/backup.html)."""
    copy.touch(0o600)
    with database.read() as source, not_written(copy), closing(apsw.Connection(str(copy))) as target:
        source.execute("select count(*) from sqlite_schema").fetchall()  # the transaction begins to read
        with target.backup("main", source, "main") as pages:
            pages.step()
        # One file, nothing beside it.
        target.pragma("journal_mode", "delete")


def _look_up(database: Path, library: Library) -> tuple[int, list[tuple[str, str]], list[str]]:
    """How many documents a copied database has, the copies of files that it names with their hashes, and
    the names of notes that it has and the folder has not."""
    with reading(database) as connection:
        documents = int(connection.execute("select count(*) from documents").get)
        stored = connection.execute(
            "select distinct stored, content_hash from documents where stored is not null order by stored"
        ).fetchall()
        return documents, stored, lost_notes(connection, library)


def _size(library: Library, database: Path, stored: list[str]) -> int:
    """Bytes of what goes into the archive, as far as it is there."""
    files = [database, library.settings, *filter(None, map(library.copy, stored))]
    return NoteFolder(library).size_bytes() + sum(file.stat().st_size for file in files if file.is_file())


def _name(archive: Path, target: Path) -> None:
    """Give the finished archive its name, unless somebody was faster."""
    try:
        os.link(archive, target)
    except FileExistsError as error:
        raise StorageProblem("exists", path=str(target), what=target.name) from error
    except OSError:  # a disk without hard links
        archive.rename(target)


@contextmanager
def reading(path: Path) -> Iterator[apsw.Connection]:
    """A database that nobody else has, to be read; no file appears beside it."""
    with storage_problems(path), closing(connect(path, immutable=True)) as connection:
        yield connection


@contextmanager
def not_written(target: Path) -> Iterator[None]:
    """What the disk says while the target is written."""
    try:
        yield
    except OSError as error:
        raise StorageProblem(
            "not-written", path=str(target), what=target.name, reason=reason_of(error)
        ) from error
    except (apsw.FullError, apsw.CantOpenError) as error:
        reason = "full" if isinstance(error, apsw.FullError) else "not-opened"
        raise StorageProblem("not-written", path=str(target), what=target.name, reason=reason) from error
