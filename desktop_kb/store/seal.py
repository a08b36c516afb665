"""Notice whether the database changed on the disk while nobody had it open.

SQLite notices damage to its structure, not to its content: a flipped bit in a word or in a vector
reads as another word or another vector. So the last process to close the database writes a seal, a
file with a CRC-32 of every page, and the next write deletes it. Both happen under SQLite's write
lock, so an existing seal describes the file as it was last written.

A database with neither a seal nor a log was not closed properly and has lost its log. Whoever cannot
write a seal, on a busy or a full disk, therefore leaves the log there, though it be empty.
"""

from __future__ import annotations

import ctypes
import struct
import zlib
from pathlib import Path
from typing import Final

import apsw

from desktop_kb.files import sync_folder, write_whole

_HEAD: Final = struct.Struct(">8sI")  # magic, page size
_MAGIC: Final = b"DsKBseal"
_BLOCK = 2**22
_BUSY_MS = 500


def _seal(database: Path) -> Path:
    return database.with_suffix(".seal")


def _log(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def log_is_lost(database: Path) -> bool:
    """Whether the database was not closed and the log of its last changes is gone. Call it before opening."""
    there = database.exists() and database.stat().st_size > 0
    return there and not _seal(database).exists() and not _log(database).exists()


def break_seal(connection: apsw.Connection) -> None:
    """Delete the seal before the database is written; called with SQLite's write lock held."""
    seal = _seal(Path(connection.filename))
    try:
        seal.unlink()
    except FileNotFoundError:
        return
    sync_folder(seal.parent)  # otherwise a power cut may bring the seal back


def loosen_seal(connection: apsw.Connection) -> None:
    """Write an empty seal before the database is switched to WAL. Until the first transaction it tells that
    there is no log yet, so none has been lost."""
    database = Path(connection.filename)
    _write(database, int(connection.pragma("page_size")), b"")
    sync_folder(database.parent)


def put_seal(connection: apsw.Connection, *, whole: bool) -> None:
    """Seal the database before it is closed, if no process has left anything in the log. Where there is no seal
    afterwards, closing leaves the log there.

    Args:
        whole: this connection has written, so compute the sums of all pages (.8 s per GB). Otherwise
            write an empty seal if there is none: it tells that the database was closed, and costs
            nothing.
    """
    database = Path(connection.filename)
    if not database.exists():  # it was removed while it was open
        return
    if not whole and _seal(database).exists():
        return
    _keep_log(connection, True)
    connection.set_busy_timeout(_BUSY_MS)
    connection.pragma("wal_checkpoint", "truncate")
    connection.execute("begin immediate")
    try:
        log = _log(database)
        if not log.exists() or log.stat().st_size == 0:
            page_size = int(connection.pragma("page_size"))
            _write(database, page_size, _sums(database, page_size) if whole else b"")
            _keep_log(connection, False)
    finally:
        connection.execute("rollback")


def _keep_log(connection: apsw.Connection, kept: bool) -> None:
    """Whether the log stays where it lies when this connection is closed as the last one."""
    wanted = ctypes.c_int(kept)
    connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(wanted))


def seal_file(database: Path) -> None:
    """Seal a database that nobody has open, such as one just unpacked."""
    with database.open("rb") as file:
        page_size = int.from_bytes(file.read(18)[16:], "big")
    page_size = 65_536 if page_size == 1 else page_size  # https://www.sqlite.org/fileformat.html#page_size
    _write(database, page_size, _sums(database, page_size))


def _write(database: Path, page_size: int, sums: bytes) -> None:
    write_whole(_seal(database), _HEAD.pack(_MAGIC, page_size) + sums)


def changed_pages(database: Path) -> list[int]:
    """The numbers, from 1, of pages that changed after the database was closed; none while it is being
    written. Added and missing pages count as changed."""
    try:
        sealed = _seal(database).read_bytes()
    except FileNotFoundError:
        return []
    if len(sealed) < _HEAD.size:
        return []
    magic, page_size = _HEAD.unpack_from(sealed)
    if magic != _MAGIC or not 512 <= page_size <= 65_536:
        return []  # the seal itself is damaged, so it tells nothing
    before, now = sealed[_HEAD.size :], _sums(database, page_size)
    longest = max(len(before), len(now)) // 4
    if not before or not _seal(database).exists():  # the seal is empty, or a write has begun meanwhile
        return []
    return [n + 1 for n in range(longest) if before[4 * n : 4 * n + 4] != now[4 * n : 4 * n + 4]]


def _sums(database: Path, page_size: int) -> bytes:
    """CRC-32 of every page, big-endian, one after the other."""
    sums = bytearray()
    with database.open("rb") as file:
        while block := file.read(_BLOCK):
            for at in range(0, len(block), page_size):
                sums += zlib.crc32(block[at : at + page_size]).to_bytes(4, "big")
    return bytes(sums)
