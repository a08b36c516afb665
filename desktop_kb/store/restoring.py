"""Restore a library from a backup, which may be a stranger's or damaged.

Nothing in the archive is trusted: only names that a backup has are unpacked, sizes and hashes must
match the manifest, and the database must be ours and sound. The library appears at its path in one
step. Formats 1 and 2 are read.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import apsw

from desktop_kb import paths
from desktop_kb.errors import StorageProblem, UsageProblem, reason_of
from desktop_kb.files import copy_bytes, is_plain, make_private, move, private, sync
from desktop_kb.scratch import scratch_folder
from desktop_kb.settings import load
from desktop_kb.store.backup import (
    DATABASE,
    FORMAT,
    MANIFEST,
    MANIFEST_BYTES,
    SETTINGS,
    Backup,
    Progress,
    not_written,
    reading,
)
from desktop_kb.store.connection import connect, storage_problems, transaction
from desktop_kb.store.notes import SavedNote, move_places
from desktop_kb.store.schema import APPLICATION_ID, MIGRATIONS
from desktop_kb.store.seal import seal_file

#: Windows interprets some names as a device or as a stream of another file.
_TAKES_ANY_NAME: Final = os.name == "posix"


#: The exceptions that reading a damaged or malicious archive raises.
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
class _Manifest:
    """What an archive says of itself. `library`: the paths that the library's folder had. `notes`: the
    notes by their names in the archive."""

    documents: int
    database_sha256: str
    missing: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    library: tuple[str, ...] = ()
    notes: Mapping[str, SavedNote] = field(default_factory=dict)


@dataclass(slots=True)
class _Unpacked:
    """What was unpacked: the number of copies and of notes, and old name -> new name of notes that could not
    keep their own."""

    copies: int = 0
    notes: int = 0
    renamed: dict[str, str] = field(default_factory=dict)


def restore(archive: Path, library: paths.Library) -> Backup:
    """Restore the library in `archive` to a path where there is nothing yet.

    Raises:
        StorageProblem: something is there already ('exists'), the archive is no backup or is
            damaged ('no-backup'), it is from a newer version ('newer-library'), or the folder cannot
            be written ('not-written'); nothing is left there.
    """
    paths.refuse_network_folder(library.root)
    _refuse_occupied(library.root)
    with ExitStack() as until_done:
        with not_written(library.root):
            make_private(library.root.parent)
            scratch = until_done.enter_context(scratch_folder(library.root.parent, "restoring"))
        with not_written(library.root), _opened(archive) as zipped:
            manifest = _read_manifest(zipped, archive)
            unpacked = _unpack(zipped, manifest, scratch)
        fresh = paths.Library(scratch)
        with _no_backup(archive):
            _inspect_database(fresh.database, archive)
            load(fresh.settings)
            if manifest.library:
                _move_places(fresh.database, manifest, library, unpacked)
            seal_file(fresh.database)
        with not_written(library.root):
            _refuse_occupied(library.root)
            if library.root.exists():
                library.root.rmdir()
            move(scratch, library.root)
    return Backup(
        path=str(library.root),
        documents=manifest.documents,
        files=unpacked.copies,
        notes=unpacked.notes,
        size_bytes=library.database.stat().st_size,
        missing=manifest.missing,
        left_out=manifest.left_out,
    )


def verify(archive: Path, progress: Progress = lambda done, total: None) -> None:
    """Read a backup back: everything that `restore` would unpack, as it was saved, and its database is sound.

    Args:
        progress: called with the bytes read and their total. What it raises ends the work.

    Raises:
        StorageProblem: it is damaged ('no-backup'), or there is no room for its database beside it ('not-written').
    """
    with (
        not_written(archive),
        scratch_folder(archive.parent, "checking") as scratch,
        _opened(archive) as zipped,
    ):
        manifest = _read_manifest(zipped, archive)
        expected = _expected(zipped, manifest)
        done, total = 0, sum(entry.file_size for entry in zipped.infolist())

        def count(more: int) -> None:
            nonlocal done
            done += more
            progress(min(done, total), total)

        database = scratch / DATABASE
        for name, hash in expected.items():
            with (
                zipped.open(name) as source,
                (database if name == DATABASE else Path(os.devnull)).open("wb") as sink,
            ):
                if copy_bytes(source, sink, progress=count) != hash:
                    raise StorageProblem("no-backup", reason="not-as-saved", name=Path(name).name)
        _inspect_database(database, archive)


def _expected(zipped: zipfile.ZipFile, manifest: _Manifest) -> dict[str, str]:
    """The hash of each entry of which one is known."""
    expected = {name: note.sha256 for name, note in manifest.notes.items()}
    expected |= {name: copy.stem for name in zipped.namelist() if (copy := paths.Library(Path()).copy(name))}
    return expected | {DATABASE: manifest.database_sha256}


def _refuse_occupied(root: Path) -> None:
    if root.is_symlink() or (root.exists() and (not root.is_dir() or any(root.iterdir()))):
        raise StorageProblem("exists", path=str(root), what=root.name)


# --- the manifest ----------------------------------------------------------------------------


def _read_manifest(zipped: zipfile.ZipFile, archive: Path) -> _Manifest:
    entry = zipped.getinfo(MANIFEST)
    if entry.file_size > MANIFEST_BYTES:
        raise StorageProblem("no-backup", reason="list-too-long")
    record = json.loads(zipped.read(entry))
    if not isinstance(record, dict) or type(record.get("format")) is not int or record["format"] < 1:
        raise StorageProblem("no-backup", reason="other-kind")
    if record["format"] > FORMAT:
        raise StorageProblem("newer-library", path=str(archive))
    try:
        return _manifest(record) if record["format"] > 1 else _manifest_1(record)
    except (TypeError, KeyError, AttributeError) as error:
        raise StorageProblem("no-backup", reason="list-unreadable") from error


def _manifest_1(record: dict[str, Any]) -> _Manifest:
    return _Manifest(
        documents=_typed(record["documents"], int),
        database_sha256=_typed(record["database_sha256"], str),
        missing=_texts(record["missing"]),
    )


def _manifest(record: dict[str, Any]) -> _Manifest:
    notes = {
        entry: SavedNote(
            name=_typed(note["name"], str),
            sha256=_typed(note["sha256"], str),
            mtime_ns=_typed(note["mtime_ns"], int),
        )
        for entry, note in _typed(record["notes"], dict).items()
    }
    for entry, note in notes.items():
        if not (_is_note(entry) and all(map(is_plain, entry.split("/"))) and _is_note(note.name)):
            raise StorageProblem("no-backup", reason="does-not-belong")
    return _Manifest(
        documents=_typed(record["documents"], int),
        database_sha256=_typed(record["database_sha256"], str),
        missing=_texts(record["missing"]),
        left_out=_texts(record["left_out"]),
        library=_texts(record["library"]),
        notes=notes,
    )


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_typed(value, str) for value in _typed(values, list))


def _is_note(name: str) -> bool:
    """Whether a name is inside the folder of notes, by POSIX rules."""
    folder, *parts = name.split("/")
    return folder == "notes" and bool(parts) and "\0" not in name and not {"", ".", ".."} & set(parts)


# --- the files -------------------------------------------------------------------------------


def _unpack(zipped: zipfile.ZipFile, manifest: _Manifest, folder: Path) -> _Unpacked:
    """Unpack the library's files into `folder`; refuse an archive with any other entry."""
    done = _Unpacked()
    seen: set[str] = set()
    for entry in zipped.infolist():
        name = entry.filename
        copy = paths.Library(folder).copy(name)
        note = manifest.notes.get(name)
        if name in seen or not (copy or note or name in (MANIFEST, DATABASE, SETTINGS)):
            raise StorageProblem("no-backup", reason="does-not-belong")
        seen.add(name)
        if note:
            _unpack_note(zipped, entry, note, folder, done)
        elif name != MANIFEST:
            digest = _unpack_one(zipped, entry, folder / name)
            expected = copy.stem if copy else manifest.database_sha256
            if name != SETTINGS and digest != expected:
                raise StorageProblem("no-backup", reason="not-as-saved", name=Path(name).name)
            done.copies += copy is not None
    if DATABASE not in seen:
        raise StorageProblem("no-backup", reason="no-library-inside")
    if lacking := manifest.notes.keys() - seen:
        raise StorageProblem("no-backup", reason="note-missing", name=min(lacking))
    return done


def _unpack_note(
    zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, note: SavedNote, folder: Path, done: _Unpacked
) -> None:
    """Write a note under its own name or, where the system does not accept that, under its plain name."""
    name = _possible_name(folder, note.name, entry.filename)
    if _unpack_one(zipped, entry, folder / name) != note.sha256:
        raise StorageProblem("no-backup", reason="not-as-saved", name=name)
    with suppress(OSError, OverflowError):  # a time that this disk cannot hold
        os.utime(folder / name, ns=(note.mtime_ns, note.mtime_ns))
    if name != note.name:
        done.renamed[note.name] = name
    done.notes += 1


def _possible_name(folder: Path, own: str, plain: str) -> str:
    """A note's own name, or its plain name where this system does not accept its own: Windows forbids some
    characters; other systems refuse names that differ only in case, or that are not valid Unicode."""
    if own != plain and (_TAKES_ANY_NAME or all(map(is_plain, own.split("/")))):
        with suppress(OSError):
            make_private((folder / own).parent)
            (folder / own).touch(exist_ok=False)
            (folder / own).unlink()
            return own
    return plain


def _unpack_one(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str:
    """Write one entry, no more bytes than its header declares; returns its SHA-256."""
    make_private(target.parent)
    with zipped.open(entry) as source, open(target, "xb", opener=private) as file:
        try:
            digest = copy_bytes(source, file, limit=entry.file_size)
        except ValueError as error:
            raise StorageProblem("no-backup", reason="larger-than-said") from error
        sync(file)
    return digest


def _move_places(database: Path, manifest: _Manifest, library: paths.Library, unpacked: _Unpacked) -> None:
    """Change the paths of documents inside the library's old folder to its new folder."""
    with (
        not_written(library.root),
        storage_problems(database),
        closing(connect(database, write=True)) as connection,
        transaction(connection),
    ):
        move_places(connection, manifest.library, library, unpacked.renamed)


def _inspect_database(path: Path, archive: Path) -> None:
    """Refuse a database that is not ours, is damaged, or has triggers or views, which run SQL of their own."""
    with reading(path) as connection:
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
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive; whatever is wrong with it is raised as a StorageProblem."""
    try:
        file = archive.open("rb")
    except OSError as error:
        raise StorageProblem("no-backup", path=str(archive), reason=reason_of(error)) from error
    with file, _no_backup(archive), zipfile.ZipFile(file) as zipped:
        yield zipped


@contextmanager
def _no_backup(archive: Path) -> Iterator[None]:
    """Turn the errors of reading a damaged or foreign archive into a StorageProblem ('no-backup')."""
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
    except apsw.Error as error:  # the database lacks what it should have, such as a table
        raise StorageProblem("no-backup", path=str(archive), reason="library-damaged") from error
    except _UNPACKING as error:
        raise StorageProblem("no-backup", path=str(archive), reason="not-unpacked") from error
