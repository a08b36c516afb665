"""Build a sound database from the readable rows of a damaged one.

Every row of every table that is not derived is copied into a new file; unreadable rows are skipped
and counted. The damaged file is only renamed at the end, so an expert can still work on it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final

import apsw

from desktop_kb import codec, paths
from desktop_kb.errors import StorageProblem
from desktop_kb.files import move, stored_path
from desktop_kb.records import Finding, Location
from desktop_kb.scratch import scratch_folder
from desktop_kb.store import generations, passages
from desktop_kb.store.clock import now
from desktop_kb.store.connection import connect, storage_problems, transaction
from desktop_kb.store.lock import IndexerLock
from desktop_kb.store.queue import mend_jobs
from desktop_kb.store.roots import forget_roots, roots
from desktop_kb.store.schema import MIGRATIONS, migrate
from desktop_kb.store.seal import seal_file

#: Tables, parents first, and the integer column by which their rows are read in order.
_TABLES: Final = {
    "library": "rowid",
    "documents": "id",
    "texts": "document_id",
    "places": "rowid",
    "tags": "document_id",
    "metadata": "document_id",
    "marks": "rowid",
    "asked": "rowid",
    "jobs": "id",
    "generations": "id",
    "readers": "generation",
    "indexed": "document_id",
    "encoded": "document_id",
    "chunks": "id",
    "chunk_vectors": "chunk_id",
    "reader_vectors": "rowid",
}
_UNREADABLE = (apsw.CorruptError, apsw.SQLError, UnicodeDecodeError, apsw.IOError, apsw.MismatchError)


def is_readable(database: Path) -> bool:
    """Whether SQLite can open the database and finds its structure sound. Changes nothing."""
    try:
        with (
            scratch_folder(database.parent, "checking") as folder,
            closing(connect(_copied(database, folder), write=True)) as connection,
        ):
            tables = _columns(int(connection.pragma("user_version")) or len(MIGRATIONS))
            for table, names in tables.items():  # quick_check does not notice text that is not UTF-8
                for _ in connection.execute(f"select {names} from {table}"):
                    pass
            if connection.execute("pragma quick_check(1)").get != "ok":
                return False
            # Tables and their indexes agree. (`check` looks at the derived tables.)
            return all(connection.execute(f"pragma integrity_check({t})").get == "ok" for t in tables)
    except (StorageProblem, apsw.Error, UnicodeDecodeError):
        return False


def rescue(library: paths.Library) -> list[Finding]:
    """Replace a damaged database by a sound one; the damaged file is kept next to it under another name.
    The derived tables have to be rebuilt afterwards (`Index.rebuild`, then the indexer). Returns what was
    lost.

    Raises:
        StorageProblem: another process is indexing ('database-busy'), or the disk is in the way; then
            nothing was changed.
    """
    lock = IndexerLock(library.lock)
    if not lock.acquire():
        raise StorageProblem("database-busy", path=str(library.root))
    try:
        with (
            storage_problems(library.database),
            scratch_folder(library.root, "rescue") as folder,
        ):
            fresh = folder / "fresh.sqlite"
            lost = _rebuild(_copied(library.database, folder), fresh)
            _swap(library.database, fresh)
    finally:
        lock.release()
    return lost


def _copied(database: Path, folder: Path) -> Path:
    """Copy the database with its log: opening the original would already write the log into it."""
    copy = folder / "copy.sqlite"
    for ending in ("", "-wal"):
        source = database.with_name(database.name + ending)
        if source.exists():
            shutil.copy2(source, copy.with_name(copy.name + ending))
    return copy


def _swap(database: Path, fresh: Path) -> None:
    number = 1
    while (kept := database.with_suffix(f".damaged-{number}.sqlite")).exists():
        number += 1
    seal_file(fresh)
    for ending in ("-wal", "-shm", ""):
        source = database.with_name(database.name + ending)
        if source.exists():
            move(source, kept.with_name(kept.name + ending))
    database.with_suffix(".seal").unlink(missing_ok=True)
    move(fresh, database)
    move(fresh.with_suffix(".seal"), database.with_suffix(".seal"))


def _sound(version: int) -> apsw.Connection:
    """An empty in-memory database of this schema version."""
    connection = apsw.Connection(":memory:")
    for step in MIGRATIONS[:version]:
        step(connection)
    return connection


@cache
def _columns(version: int) -> dict[str, str]:
    """The tables of a schema version, parents first, and their columns."""
    with closing(_sound(version)) as connection:
        # Brackets, because SQLite reads a missing column in double quotes as a string.
        found = {
            table: ", ".join(f"[{row[1]}]" for row in connection.execute(f"pragma table_info({table})"))
            for table in _TABLES
        }
    return {table: names for table, names in found.items() if names}


def _rebuild(damaged: Path, fresh: Path) -> list[Finding]:
    """Copy every readable row into a database of the same version, then migrate it to the current one."""
    source, version = _opened(damaged)
    with closing(source), closing(connect(fresh, write=True)) as target:
        migrate(target, fresh, to=version)
        target.pragma("foreign_keys", False)  # `_make_consistent` deletes what belongs to lost rows
        with transaction(target):
            if "library" in _columns(version):
                target.execute("delete from library")  # it keeps its id
            lost = [
                Finding("rows-lost", {"at_least": least, "table": table})
                for table, names in _columns(version).items()
                if (least := _copy_table(source, target, table, names))
            ]
        migrate(target, fresh)
        target.pragma("foreign_keys", True)
        with transaction(target):
            lost += _make_consistent(target)
        target.pragma("journal_mode", "delete")
    return lost


def _opened(damaged: Path) -> tuple[apsw.Connection, int]:
    """Open the copy of the damaged database, and find its version.

    Raises:
        StorageProblem: its list of tables cannot be read or rewritten, or it is from a newer version.
    """
    source = apsw.Connection(str(damaged))
    try:
        source.pragma("trusted_schema", False)
        version = int(source.pragma("user_version")) or len(MIGRATIONS)
        try:
            source.execute("select count(*) from sqlite_schema").fetchall()
            version = _version(source, version)
        except (apsw.CorruptError, apsw.SQLError):
            source = _with_rewritten_tables(source, version)
            source.execute("select count(*) from documents").fetchall()
    except (*_UNREADABLE, apsw.NotADBError) as error:
        source.close()
        raise StorageProblem("beyond-repair", path=str(damaged.parent.parent)) from error
    if version > len(MIGRATIONS):
        source.close()
        raise StorageProblem("newer-library", path=str(damaged.parent.parent))
    return source, version


def _version(source: apsw.Connection, stored: int) -> int:
    """The schema version that fits the columns found; the number in the file's header may be damaged too."""

    def fits(version: int) -> bool:
        try:
            for table, names in _columns(version).items():
                source.execute(f"select {names} from {table} limit 0").fetchall()
        except _UNREADABLE:
            return False
        return True

    return next(filter(fits, (stored, *range(len(MIGRATIONS), 0, -1))), stored)


def _with_rewritten_tables(source: apsw.Connection, version: int) -> apsw.Connection:
    """Put a new list of tables into the place of a damaged one, so that the rows can be read: our tables as they
    should be, each at the page where the old list has it, and the indexes that SQLite made for their keys
    (https://www.sqlite.org/pragma.html#pragma_writable_schema)."""
    name = source.filename
    source.close()
    with closing(_sound(version)) as sound:
        should = sound.execute("select name, type, tbl_name, sql from sqlite_schema").fetchall()
    ours = {
        row[0]: row for row in should if row[2] in _columns(version) and (row[1] == "table" or not row[3])
    }
    found = {root.name: root.page for root in roots(Path(name))}
    forget_roots(Path(name))
    source = apsw.Connection(name)
    source.pragma("writable_schema", True)
    with source:
        for known, kind, table, sql in ours.values():
            if known in found and table in found:
                source.execute(
                    "insert into sqlite_schema values (?, ?, ?, ?, ?)",
                    (kind, known, table, found[known], sql),
                )
    source.close()
    return apsw.Connection(name)


def _copy_table(source: apsw.Connection, target: apsw.Connection, table: str, names: str) -> int:
    """Copy the readable rows of a table; returns the least number of rows that were lost."""
    lost, in_gap = 0, False
    for row in _rows(source, table, _TABLES[table], names):
        try:
            if row is None:
                # A gap counts as one lost row: some of its keys may never have been used.
                lost += not in_gap
                in_gap = True
            else:
                in_gap = False
                marks = ", ".join("?" * len(row))
                target.execute(f"insert or ignore into {table} ({names}) values ({marks})", row)
        except (apsw.ConstraintError, apsw.MismatchError):  # no such row was ever written
            lost += 1
    return lost


def _rows(source: apsw.Connection, table: str, key: str, names: str) -> Iterator[Sequence[Any] | None]:
    """Every readable row; for an unreadable stretch None, once or several times."""
    yield from _stretch(
        source, f"select {key}, {names} from {table} where {key} between ? and ?", key, -1, 2**62
    )


def _stretch(
    source: apsw.Connection, query: str, key: str, low: int, high: int
) -> Iterator[Sequence[Any] | None]:
    """The rows with keys from `low` to `high`: read forwards up to the damage, then backwards down to
    it, then each half of the gap in the same way, until single keys are left."""
    upper = low
    ended = False
    try:
        for row in source.execute(f"{query} order by {key}", (low, high)):
            upper = int(row[0])
            yield row[1:]
        ended = True
    except _UNREADABLE:
        upper = max(low, upper)
    if ended:
        return
    lower = high
    rows: list[Sequence[Any]] = []
    try:
        for row in source.execute(f"{query} order by {key} desc", (upper, high)):
            lower = int(row[0])
            rows.append(row[1:])
    except _UNREADABLE:
        lower = min(lower, high)
    yield from rows
    low, high = upper + 1, min(lower - 1, upper + _LONGEST_GAP)
    if low >= high:
        yield None
        return
    middle = (low + high) // 2
    yield from _stretch(source, query, key, low, middle)
    yield from _stretch(source, query, key, middle + 1, high)


#: How many keys after the last row before the damage are tried; more would take too long.
_LONGEST_GAP = 100_000


def _make_consistent(target: apsw.Connection) -> list[Finding]:
    """Delete rows whose parents are lost, and queue files of which only the place is left."""
    lost = []
    orphans = target.execute(
        "select path, part, document_id from places where document_id not in (select id from documents)"
    ).fetchall()
    for path, part, document_id in orphans:
        tags = [t for (t,) in target.execute("select tag from tags where document_id = ?", (document_id,))]
        target.execute(
            "insert into jobs (kind, path, part, state, options, created) values ('add', ?, ?, 'waiting', ?, ?)",
            (path, part, json.dumps({"tags": tags, "metadata": {}}), now()),
        )
    if orphans:
        names = [Location(stored_path(path), part).name for path, part, _ in orphans[:5]]
        lost.append(Finding("documents-read-again", {"count": len(orphans), "names": names}))
    target.execute(
        "insert into library select lower(hex(randomblob(8))) where not exists (select 1 from library)"
    )
    for table in ("indexed", "chunks", "readers"):
        target.execute(f"delete from {table} where generation not in (select id from generations)")
    for (id,) in target.execute("select id from generations").fetchall():
        generations.create_tables(target, id)
    for table in ("texts", "places", "tags", "metadata", "chunks", "indexed"):
        target.execute(f"delete from {table} where document_id not in (select id from documents)")
    target.execute("delete from marks where document not in (select id from documents)")
    target.execute(
        "delete from encoded where (document_id, generation) not in (select document_id, generation from indexed)"
    )
    for table in ("chunk_vectors", "reader_vectors"):
        target.execute(f"delete from {table} where chunk_id not in (select id from chunks)")
    target.execute("delete from chunks where id not in (select chunk_id from chunk_vectors)")
    return lost + mend_jobs(target) + renew_texts(target)


def renew_texts(connection: apsw.Connection) -> list[Finding]:
    """Queue documents whose text is lost or does not match its hash, to be read again. If the file itself
    is gone, a changed text stays as it is. Called within a transaction; returns what was found."""
    gone, changed = [], []
    for (id,) in connection.execute(
        "select id from documents where status = 'ready' and removed is null"
    ).fetchall():
        row = connection.execute(
            "select text, text_hash, layout from texts where document_id = ?", (id,)
        ).fetchone()
        if row is None or not _unpacks(row[2]):
            gone.append(id)
        elif (text_hash := hashlib.sha256(row[0].encode("utf-8")).hexdigest()) != row[1]:
            changed.append(id)
            connection.execute("update texts set text_hash = ? where document_id = ?", (text_hash, id))
    for id in gone:
        passages.drop(connection, id)
        connection.execute("delete from texts where document_id = ?", (id,))
        connection.execute("update documents set status = 'waiting' where id = ?", (id,))
    for id in (*gone, *changed):
        connection.execute(
            "insert into jobs (kind, path, part, state, options, created) select 'read', path, part, 'waiting', ?, ? "
            "from places where document_id = ? limit 1",
            (json.dumps({"tags": [], "metadata": {}}), now(), id),
        )
    found = len(gone) + len(changed)
    return [Finding("texts-read-again", {"count": found})] if found else []


def _unpacks(layout: bytes) -> bool:
    try:
        codec.unpack_layout(layout)
    except codec.UNREADABLE:
        return False
    return True
