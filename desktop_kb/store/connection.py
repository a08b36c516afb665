"""Open a SQLite connection with our pragmas and sqlite-vec, and turn SQLite's errors into ours.

We use APSW because the sqlite3 module of many Python builds cannot load extensions.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import sqlite_vec

from desktop_kb.errors import Cancelled, StorageProblem, not_written
from desktop_kb.paths import Library
from desktop_kb.store.seal import break_seal

_BUSY_MS = 20_000
#: Steps of SQLite's machine between two looks at whether anybody still waits.
STEPS = 10_000
#: A library file that has reappeared is opened only after it has not changed for this long: it may
#: still be being copied.
SETTLED_S = 2.0


def connect(path: Path, *, write: bool = False, immutable: bool = False) -> apsw.Connection:
    """Open the database, for writing (and creating) or for reading only.

    Args:
        immutable: nobody can write to the file. Needed on a read-only disk, because in WAL mode even
            reading writes (https://www.sqlite.org/wal.html#readonly).

    Raises:
        StorageProblem: the file is missing, damaged, or on a disk that does not work.
    """
    flags = apsw.SQLITE_OPEN_URI
    name = path.absolute().as_uri()
    if write:
        flags |= apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    else:
        flags |= apsw.SQLITE_OPEN_READONLY
        if immutable:
            name += "?immutable=1"
    with storage_problems(path):
        if write and not path.exists():
            # SQLite would create a file that others can read. Its -wal and -shm get the file's permissions.
            with contextlib.suppress(OSError):  # SQLite reports the same error below, more precisely
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = apsw.Connection(name, flags=flags)
        try:
            _prepare(connection, write)
        except BaseException:
            # Close now, not at garbage collection: Windows cannot move or delete an open file.
            connection.close()
            raise
    return connection


def _prepare(connection: apsw.Connection, write: bool) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    connection.enable_load_extension(False)
    # One pragma per call: executing several statements at once stops at the first returned row.
    connection.pragma("foreign_keys", True)
    # The file may come from a stranger: its schema must not call functions with side effects, and a
    # malformed page must be an error (https://www.sqlite.org/security.html).
    connection.pragma("trusted_schema", False)
    connection.pragma("cell_size_check", True)
    connection.pragma("temp_store", "memory")
    connection.pragma("cache_size", -65_536)
    if write:
        connection.pragma("synchronous", "normal")


def is_writable(path: Path) -> bool:
    """Whether the database and its folder can be written. Tried out, because root's permissions tell nothing."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists():
            with path.open("r+b"):
                pass
    except OSError:
        return False
    return True


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file at this path; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Presence:
    """Whether the opened database is still there, or may be opened again after it was gone.

    The same file may be opened at once. A different file is a copy that may be incomplete, and SQLite
    would create a log next to it; so it must not have changed for SETTLED_S.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None
        self._seen: tuple[object, ...] = ()
        self._since = 0.0

    def opened(self) -> tuple[int, int] | None:
        """Remember and return the identity of the file that was just opened."""
        self._known = identity(self._path)
        return self._known

    def holds(self) -> bool:
        """Whether the database may be opened. Call it before every opening but the first, repeatedly until true."""
        now = identity(self._path)
        if now is None or now == self._known:
            return now is not None
        log = self._path.with_name(f"{self._path.name}-wal")
        seen = tuple(_state(path) for path in (self._path, log, self._path.parent))
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        if time.monotonic() - self._since < SETTLED_S:
            return False
        self._known = now
        return True


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@contextmanager
def storage_problems(path: Path | None = None) -> Iterator[None]:
    """Turn SQLite's errors about the disk or the file into a StorageProblem; bugs pass through."""
    where = str(path) if path else None
    try:
        yield
    except apsw.FullError as error:
        raise StorageProblem("disk-full", path=where) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StorageProblem("database-busy", path=where) from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StorageProblem("database-damaged", path=where) from error
    except apsw.ReadOnlyError as error:
        raise StorageProblem("read-only", path=where) from error
    except apsw.CantOpenError as error:
        if path is not None and not path.exists():
            raise StorageProblem("no-library", path=where) from error
        raise StorageProblem("io-error", path=where, reason="not-opened") from error
    except OSError as error:
        raise not_written(error, where) from error
    except (apsw.IOError, apsw.PermissionsError) as error:
        raise StorageProblem("io-error", path=where, reason=str(error)) from error


@contextmanager
def ended_by(cancelled: threading.Event | None, connection: apsw.Connection) -> Iterator[None]:
    """End this connection's statements once the event is set, with `Cancelled`."""
    watch(connection, cancelled)
    try:
        yield
    except apsw.InterruptError as error:
        raise Cancelled from error
    finally:
        watch(connection, None)


def watch(connection: apsw.Connection, cancelled: threading.Event | None) -> None:
    """Look at this event from now on, or at none. SQLite does every third of a millisecond, which takes no time that
    could be measured."""
    connection.set_progress_handler(None if cancelled is None else cancelled.is_set, STEPS)


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[apsw.Connection]:
    """One write transaction. It takes the write lock at its start, so it cannot fail as busy half-way."""
    connection.execute("begin immediate")
    try:
        break_seal(connection)
        yield connection
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    connection.execute("commit")


def id_of(library: Library) -> str | None:
    """The id of a library that need not be open here; None if there is none, or none that can be read."""
    try:
        with storage_problems(library.database), closing(connect(library.database)) as connection:
            return str(connection.execute("select id from library").get)
    except (StorageProblem, apsw.Error):
        return None
