"""Write a library into one file.

A backup is a ZIP archive that any program opens: `backup.json` (the manifest), `library.sqlite`
(one consistent state), `settings.json`, `files/` (the copies of files, by content hash) and `notes/`
(the notes with their pictures). Indexing and writing go on meanwhile. The archive gets its name only
when it is complete.

Format 2. Format 1 had no `notes/` and did not record the path of the library's folder.
"""

from __future__ import annotations

import json
import os
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
from desktop_kb.scratch import scratch_folder
from desktop_kb.store.clock import now
from desktop_kb.store.connection import connect, storage_problems
from desktop_kb.store.database import Database
from desktop_kb.store.notes import NoteFolder, SavedNote, lost_notes

FORMAT: Final = 2
MANIFEST: Final = "backup.json"
DATABASE: Final = "library.sqlite"
SETTINGS: Final = "settings.json"
#: Limit of the manifest's size, enough for some 400,000 notes.
MANIFEST_BYTES: Final = 2**26
#: zlib's, for a database half of which are vectors that hardly get smaller: level 6 makes it 1.7 % smaller and takes
#: 1.6 times the processor, which was three quarters of a whole backup's.
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        documents: number of documents. `files`: number of copies. `notes`: number of files in the
            folder of notes.
        missing: names of copies and notes that the library should have but lacks, and of copies
            whose content has changed since they were added.
        left_out: names of entries in the folder of notes that were not backed up: links to folders,
            and files that could not be read.
    """

    path: str
    documents: int
    files: int
    notes: int
    size_bytes: int
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


#: Called with (bytes done, bytes in all). An exception that it raises ends the work.
Progress = Callable[[int, int], None]


def back_up(
    database: Database,
    library: Library,
    target: Path,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Write the library, as it is now, to `target`; others may go on writing to the library.

    Args:
        progress: called as the archive grows; an exception that it raises ends the work and leaves
            no file.

    Raises:
        StorageProblem: `target` exists ('exists') or cannot be written ('not-written'), and no
            file is left there; or the library cannot be read.
    """
    if target.exists() or target.is_symlink():
        raise StorageProblem("exists", path=str(target), what=target.name)
    with not_written(target), scratch_folder(target.parent, "backup") as scratch:
        copy, archive = scratch / DATABASE, scratch / target.name
        _copy_database(database, copy)
        documents, stored, missing = _look_up(copy, library)
        with open(archive, "xb", opener=private) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as zipped:
                entries = _Entries(zipped, progress, _size(library, copy, [name for name, _ in stored]))
                # The notes come right after the database: a note that changes from here on is then newer
                # than its document, never older, and the restored library reads it again.
                notes, left_out = entries.put_notes(library, scratch / "note")
                database_hash = entries.put(copy, DATABASE, packed=True)
                copy.unlink()
                if library.settings.is_file():
                    entries.put(library.settings, SETTINGS, packed=False)
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
    """Writes the entries of an archive and reports progress."""

    def __init__(self, zipped: zipfile.ZipFile, progress: Progress, total: int) -> None:
        self._zipped = zipped
        self._progress = progress
        self._done, self._total = 0, total

    def put(self, path: Path, name: str, *, packed: bool) -> str:
        """Write a file into the archive; returns the SHA-256 of what was written."""
        entry = name if packed else zipfile.ZipInfo(name)  # of 1980, and private, both
        with path.open("rb") as source, self._zipped.open(entry, "w", force_zip64=True) as target:
            return copy_bytes(source, target, progress=self._count)

    def put_copy(self, library: Library, name: str, content_hash: str) -> bool:
        """Write a stored copy into the archive. False if it is missing, unreadable or changed: one copy on
        a bad part of the disk must not stop the backup of the others."""
        path = library.copy(name)
        try:
            if path is None or not path.is_file() or sha256(path) != content_hash:
                return False
        except OSError:
            return False
        return self.put(path, name, packed=False) == content_hash

    def put_notes(self, library: Library, scratch: Path) -> tuple[dict[str, SavedNote], list[str]]:
        """Write every file of the folder of notes. Returns the files by their names in the archive, and
        the names of those left out."""
        folder = NoteFolder(library)
        notes = {}
        for file in folder.files():
            if note := folder.copy(file, scratch):
                self.put(scratch, file.plain_name, packed=True)
                notes[file.plain_name] = note
        scratch.unlink(missing_ok=True)
        return notes, folder.left_out

    def put_manifest(
        self, library: Library, counted: Mapping[str, object], notes: Mapping[str, SavedNote]
    ) -> None:
        """Write the manifest; refuse one that is too long for `restore` to read."""
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
    """Copy the database with SQLite's backup, all pages within one read transaction, so that writers
    do not wait and do not force the backup to restart (https://www.sqlite.org/backup.html)."""
    copy.touch(0o600)
    with database.read() as source, not_written(copy), closing(apsw.Connection(str(copy))) as target:
        source.execute("select count(*) from sqlite_schema").fetchall()  # this starts the read transaction
        with target.backup("main", source, "main") as pages:
            pages.step()
        # Without WAL the copy is a single file.
        target.pragma("journal_mode", "delete")


def _look_up(database: Path, library: Library) -> tuple[int, list[tuple[str, str]], list[str]]:
    """From a copied database: the number of documents, the stored copies with their hashes, and the names
    of notes that are missing from the folder."""
    with reading(database) as connection:
        documents = int(connection.execute("select count(*) from documents").get)
        stored = connection.execute(
            "select distinct stored, content_hash from documents where stored is not null order by stored"
        ).fetchall()
        return documents, stored, lost_notes(connection, library)


def _size(library: Library, database: Path, stored: list[str]) -> int:
    """Bytes of the files that go into the archive; missing ones count nothing."""
    files = [database, library.settings, *filter(None, map(library.copy, stored))]
    return NoteFolder(library).size_bytes() + sum(file.stat().st_size for file in files if file.is_file())


def _name(archive: Path, target: Path) -> None:
    """Give the finished archive its name, unless a file of that name has appeared meanwhile."""
    try:
        os.link(archive, target)
    except FileExistsError as error:
        raise StorageProblem("exists", path=str(target), what=target.name) from error
    except OSError:  # a disk without hard links
        archive.rename(target)


@contextmanager
def reading(path: Path) -> Iterator[apsw.Connection]:
    """Open for reading a database that nobody else has open; SQLite creates no file next to it."""
    with storage_problems(path), closing(connect(path, immutable=True)) as connection:
        yield connection


@contextmanager
def not_written(target: Path) -> Iterator[None]:
    """Turn the disk's errors while `target` is written into a StorageProblem ('not-written')."""
    try:
        yield
    except OSError as error:
        raise StorageProblem(
            "not-written", path=str(target), what=target.name, reason=reason_of(error)
        ) from error
    except (apsw.FullError, apsw.CantOpenError) as error:
        reason = "full" if isinstance(error, apsw.FullError) else "not-opened"
        raise StorageProblem("not-written", path=str(target), what=target.name, reason=reason) from error
