"""A library as one file, and back.

A backup is a ZIP archive that any program opens: `backup.json` (what is in it), `library.sqlite`
as it was at one moment, `settings.json`, and `files/`, the copies of PDFs by content hash. It is
made while indexing goes on and appears under its name only when it is whole.

Restoring trusts nothing in the archive: only these names are taken, sizes and hashes must be as
said, the database must be ours and sound; and the library appears in its place in one step.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw

from desktop_kb import __version__, paths
from desktop_kb.errors import StorageProblem, UsageProblem, reason_of
from desktop_kb.files import copy_bytes, make_private, private, sha256, sync
from desktop_kb.settings import load
from desktop_kb.store.clock import now
from desktop_kb.store.connection import connect, storage_problems
from desktop_kb.store.database import Database
from desktop_kb.store.schema import APPLICATION_ID, MIGRATIONS
from desktop_kb.store.seal import seal_file

_FORMAT = 1
_MANIFEST: Final = "backup.json"
_BLOCK = 2**20
_MANIFEST_BYTES = 2**20


#: What reading an archive that is damaged, or made to do harm, raises.
_UNPACKING: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    TypeError,
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. `missing` names copies that the library should have and has not, or
    that are not what was added."""

    path: str
    documents: int
    files: int
    size_bytes: int
    missing: tuple[str, ...] = ()


#: Called with how much is done of how much, in bytes. What it raises ends the work.
Progress = Callable[[int, int], None]


def back_up(
    database: Database,
    library: paths.Library,
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
    with _not_written(target), tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
        copy, archive = Path(scratch) / "library.sqlite", Path(scratch) / target.name
        _copy_database(database, copy)
        with _reading(copy) as connection:
            documents = int(connection.execute("select count(*) from documents").get)
            stored = connection.execute(
                "select distinct stored, content_hash from documents where stored is not null order by stored"
            ).fetchall()
        with open(archive, "xb", opener=private) as file:
            with zipfile.ZipFile(file, "w", allowZip64=True) as zipped:
                count = _counted(progress, copy.stat().st_size + _size_of(library, stored))
                database_hash = _put(zipped, copy, "library.sqlite", zipfile.ZIP_DEFLATED, count)
                copy.unlink()
                if library.settings.is_file():
                    _put(zipped, library.settings, "settings.json", zipfile.ZIP_STORED, count)
                missing = [
                    name
                    for name, content_hash in stored
                    if not _put_copy(zipped, library, name, content_hash, count)
                ]
                manifest = {
                    "format": _FORMAT,
                    "program": __version__,
                    "made": now(),
                    "documents": documents,
                    "database_sha256": database_hash,
                    "missing": missing,
                }
                zipped.writestr(_MANIFEST, json.dumps(manifest, indent=1))
            sync(file)
        _name(archive, target)
    size = target.stat().st_size
    return Backup(str(target), documents, len(stored) - len(missing), size, tuple(missing))


def restore(archive: Path, library: paths.Library) -> Backup:
    """Make the library that `archive` holds at a place where there is none.

    Raises:
        StorageProblem: something is there already ('exists'), the archive is no backup or is
            damaged ('no-backup'), from a newer version ('newer-library'), or the place cannot be
            written; nothing is left there.
    """
    paths.refuse_network_folder(library.root)
    _refuse_occupied(library.root)
    with _not_written(library.root):
        make_private(library.root.parent)
        scratch = Path(
            tempfile.mkdtemp(prefix=f".{library.root.name[:40]}.restoring-", dir=library.root.parent)
        )
    try:
        with _not_written(library.root), _opened(archive) as zipped:
            manifest = _manifest(zipped)
            files = _unpack(zipped, manifest, scratch)
        fresh = paths.Library(scratch)
        with _no_backup(archive):
            _inspect_database(fresh.database, archive)
            load(fresh.settings)
            seal_file(fresh.database)
        with _not_written(library.root):
            _refuse_occupied(library.root)
            if library.root.exists():
                library.root.rmdir()
            scratch.rename(library.root)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Backup(
        str(library.root),
        manifest["documents"],
        files,
        library.database.stat().st_size,
        tuple(manifest["missing"]),
    )


# --- making one ------------------------------------------------------------------------------


def _copy_database(database: Database, copy: Path) -> None:
    """The database at one moment: SQLite's backup of all pages within one read transaction, so
    that writers neither wait nor make it begin again (https://www.sqlite.org/backup.html)."""
    copy.touch(0o600)
    with database.read() as source, _not_written(copy), closing(apsw.Connection(str(copy))) as target:
        source.execute("select count(*) from sqlite_schema").fetchall()  # the transaction begins to read
        with target.backup("main", source, "main") as pages:
            pages.step()
        # One file, nothing beside it.
        target.pragma("journal_mode", "delete")


def _size_of(library: paths.Library, stored: list[tuple[str, str]]) -> int:
    """Bytes of the copies that are there."""
    copies = (library.copy(name) for name, _ in stored)
    return sum(copy.stat().st_size for copy in copies if copy is not None and copy.is_file())


def _counted(progress: Progress, total: int) -> Callable[[int], None]:
    """Told how many bytes more are written, it tells `progress` how many there are of `total`."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(min(done, total), total)

    return count


def _put(
    zipped: zipfile.ZipFile, path: Path, name: str, compression: int, count: Callable[[int], None]
) -> str:
    """Write a file into the archive; returns the SHA-256 of what was written."""
    digest = hashlib.sha256()
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = compression, 0o600 << 16
    with path.open("rb") as source, zipped.open(entry, "w", force_zip64=True) as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
            count(len(block))
    return digest.hexdigest()


def _put_copy(
    zipped: zipfile.ZipFile,
    library: paths.Library,
    name: str,
    content_hash: str,
    count: Callable[[int], None],
) -> bool:
    """Whether the stored copy is there as it was added, and is in the archive now."""
    path = library.copy(name)
    if path is None or not path.is_file():
        return False
    if sha256(path) != content_hash:
        return False
    return _put(zipped, path, name, zipfile.ZIP_STORED, count) == content_hash


def _name(archive: Path, target: Path) -> None:
    """Give the finished archive its name, unless somebody was faster."""
    try:
        os.link(archive, target)
    except FileExistsError as error:
        raise StorageProblem("exists", path=str(target), what=target.name) from error
    except OSError:  # a disk without hard links
        archive.rename(target)


# --- taking one back -------------------------------------------------------------------------


def _refuse_occupied(root: Path) -> None:
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise StorageProblem("exists", path=str(root), what=root.name)


def _manifest(zipped: zipfile.ZipFile) -> dict[str, Any]:
    """What the archive says of itself, of the types that we write."""
    entry = zipped.getinfo(_MANIFEST)
    if entry.file_size > _MANIFEST_BYTES:
        raise StorageProblem("no-backup", reason="list-too-long")
    manifest = json.loads(zipped.read(entry))
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise StorageProblem("no-backup", reason="other-kind")
    if type(manifest["documents"]) is not int or type(manifest["database_sha256"]) is not str:
        raise StorageProblem("no-backup", reason="list-unreadable")
    if not all(type(name) is str for name in manifest["missing"]):
        raise StorageProblem("no-backup", reason="list-unreadable")
    return manifest


def _unpack(zipped: zipfile.ZipFile, manifest: dict[str, Any], folder: Path) -> int:
    """Write what belongs to a library into `folder`; returns how many copies of files."""
    files = 0
    seen: set[str] = set()
    for entry in zipped.infolist():
        copy = paths.Library(folder).copy(entry.filename)
        if entry.filename in seen or not (
            copy or entry.filename in (_MANIFEST, "library.sqlite", "settings.json")
        ):
            raise StorageProblem("no-backup", reason="does-not-belong")
        seen.add(entry.filename)
        if entry.filename == _MANIFEST:
            continue
        digest = _unpack_one(zipped, entry, folder / entry.filename)
        expected = copy.stem if copy else manifest["database_sha256"]
        if entry.filename != "settings.json" and digest != expected:
            raise StorageProblem("no-backup", reason="not-as-saved", name=Path(entry.filename).name)
        files += copy is not None
    if "library.sqlite" not in seen:
        raise StorageProblem("no-backup", reason="no-library-inside")
    return files


def _unpack_one(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str:
    """Write one entry, no more of it than it says it has; returns its SHA-256."""
    make_private(target.parent)
    with zipped.open(entry) as source, open(target, "xb", opener=private) as file:
        try:
            digest = copy_bytes(source, file, limit=entry.file_size)
        except ValueError as error:
            raise StorageProblem("no-backup", reason="larger-than-said") from error
        sync(file)
    return digest


def _inspect_database(path: Path, archive: Path) -> None:
    """Refuse a database that is not ours, or that would do something when it is opened."""
    with _reading(path) as connection:
        version = int(connection.pragma("user_version"))
        if version > len(MIGRATIONS):
            raise StorageProblem("newer-library", path=str(archive))
        if not version or connection.pragma("application_id") != APPLICATION_ID:
            raise StorageProblem("no-backup", reason="not-ours")
        if connection.execute("select count(*) from sqlite_schema where type in ('trigger', 'view')").get:
            raise StorageProblem("no-backup", reason="not-ours")
        if connection.execute("pragma quick_check(1)").get != "ok":
            raise StorageProblem("no-backup", reason="library-damaged")
        names = connection.execute("select stored from documents where stored is not null").fetchall()
        if not all(paths.Library(path.parent).copy(name) for (name,) in names):
            raise StorageProblem("no-backup", reason="names-outside")


@contextmanager
def _reading(path: Path) -> Iterator[apsw.Connection]:
    """A database that nobody else has, to be read; no file appears beside it."""
    with storage_problems(path), closing(connect(path, immutable=True)) as connection:
        yield connection


@contextmanager
def _not_written(target: Path) -> Iterator[None]:
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


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, to be read by somebody who does not trust it."""
    try:
        file = archive.open("rb")
    except OSError as error:
        raise StorageProblem("no-backup", path=str(archive), reason=reason_of(error)) from error
    with file, _no_backup(archive), zipfile.ZipFile(file) as zipped:
        yield zipped


@contextmanager
def _no_backup(archive: Path) -> Iterator[None]:
    """What an archive that is none, or is damaged, makes of its readers."""
    try:
        yield
    except StorageProblem as problem:
        if problem.code in ("newer-library", "not-written", "exists"):
            raise
        if problem.code == "no-backup":
            raise StorageProblem(problem.code, path=str(archive), **problem.details) from problem
        raise StorageProblem("no-backup", path=str(archive), reason="library-damaged") from problem
    except UsageProblem as problem:
        raise StorageProblem("no-backup", path=str(archive), reason="settings-damaged") from problem
    except _UNPACKING as error:
        raise StorageProblem("no-backup", path=str(archive), reason="not-unpacked") from error
