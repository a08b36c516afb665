"""One open library database: a writer (unless it is read-only) and a pool of reading connections."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import apsw

from desktop_kb.errors import Cancelled, Problem, StorageProblem
from desktop_kb.language import values
from desktop_kb.language.dates import dated
from desktop_kb.store.connection import (
    Presence,
    connect,
    ended_by,
    identity,
    is_writable,
    storage_problems,
)
from desktop_kb.store.schema import MIGRATIONS
from desktop_kb.store.writer import Writer

Result = TypeVar("Result")


class Database:
    """Thread-safe. In WAL mode any number of readers go on while the writer writes.

    Attributes:
        writable: False where the folder or file cannot be written; then it can only be searched.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers: queue.SimpleQueue[tuple[apsw.Connection, object]] = queue.SimpleQueue()
        self._closed = False
        self.writable = is_writable(path)
        if not self.writable and not path.exists():
            raise StorageProblem("no-library", path=str(path.parent))
        self._presence = Presence(path)
        self._presence.opened()
        self._writer = Writer(path, self._presence) if self.writable else None

    def write(self, task: Callable[[apsw.Connection], Result], *, urgent: bool = False) -> Result:
        """Run `task` in one write transaction on the writer's thread.

        Raises:
            StorageProblem: the disk or the file was in the way; nothing of the task was stored.
        """
        if self._writer is None:
            raise StorageProblem("read-only", path=str(self._path.parent))
        return self._writer.run(task, urgent=urgent)

    def maintain(self, task: Callable[[apsw.Connection], Result]) -> Result:
        """Run `task` on the writer's thread outside a transaction (VACUUM, checkpoint)."""
        if self._writer is None:
            raise StorageProblem("read-only", path=str(self._path.parent))
        return self._writer.run(task, in_transaction=False)

    def free_share(self) -> float:
        """The share of the file that deleted rows have left, 0..1. SQLite reuses it but keeps it."""
        with self.read() as connection:
            return float(connection.pragma("freelist_count") / max(1, connection.pragma("page_count")))

    def compact(self) -> None:
        """Give free space back to the disk. Takes about 15 s per GB that is left, and twice its room meanwhile.

        vec0 frees a block once all its vectors are deleted. What the other blocks keep is at most 4 % of what
        the deleted passages took, so its tables are not rebuilt for that.
        """

        def vacuum(connection: apsw.Connection) -> None:
            connection.pragma("temp_store", "file")  # otherwise the copy that VACUUM makes is in memory
            try:
                connection.execute("vacuum")
            finally:
                connection.pragma("temp_store", "memory")
            connection.pragma("wal_checkpoint", "truncate")

        self.maintain(vacuum)

    @contextlib.contextmanager
    def read(self, cancelled: threading.Event | None = None) -> Iterator[apsw.Connection]:
        """A connection within one read transaction, so that every query sees the same state."""
        with self._borrowed(cancelled) as connection:
            connection.execute("begin")
            yield connection
            connection.execute("rollback")

    @contextlib.contextmanager
    def read_pair(
        self, cancelled: threading.Event | None = None
    ) -> Iterator[tuple[apsw.Connection, apsw.Connection | None]]:
        """Two connections for two threads, each in a read transaction of the same database state. The
        second is None if something was written between the starts of the two transactions. Once `cancelled` is
        set their statements end with `Cancelled`."""
        with self._borrowed(cancelled) as second:
            # `data_version` changes when others write (https://www.sqlite.org/pragma.html#pragma_data_version).
            # It is read before the first transaction and within the second; if it is unchanged, both
            # transactions see the same state.
            before = second.pragma("data_version")
            with self.read(cancelled) as first:
                first.pragma("schema_version")
                second.execute("begin")
                yield first, second if second.pragma("data_version") == before else None
            second.execute("rollback")

    @contextlib.contextmanager
    def _borrowed(self, cancelled: threading.Event | None) -> Iterator[apsw.Connection]:
        if self._closed:
            raise Problem("closed")
        connection, file = self._reader()
        with storage_problems(self._path):
            try:
                with ended_by(cancelled, connection):
                    yield connection
            except Cancelled:
                if connection.in_transaction:
                    connection.execute("rollback")
                self._put_back(connection, file)
                raise
            except BaseException:
                # Do not reuse it: its disk may be gone.
                connection.close()
                raise
        self._put_back(connection, file)

    def _put_back(self, connection: apsw.Connection, file: object) -> None:
        if self._closed:
            connection.close()
        else:
            self._readers.put((connection, file))

    def _reader(self) -> tuple[apsw.Connection, object]:
        """A connection to the file that is at the path now; it may have disappeared and come back."""
        if not self._presence.holds():
            raise StorageProblem("library-gone", path=str(self._path.parent))
        now = identity(self._path)
        while not self._readers.empty():
            with contextlib.suppress(queue.Empty):
                connection, file = self._readers.get_nowait()
                if file == now:
                    return connection, file
                connection.close()
        connection = connect(self._path, immutable=not self.writable)
        try:
            older = connection.pragma("user_version") < len(MIGRATIONS)
        except BaseException:
            connection.close()
            raise
        if older:
            connection.close()
            if self._writer is None:
                raise StorageProblem("older-library", path=str(self._path.parent))
            self._writer.run(lambda _connection: None)  # an older copy came back: migrate it
            connection = connect(self._path)
        # see `filters`
        connection.create_scalar_function("value_order", values.order, 2, deterministic=True)
        connection.create_scalar_function("value_says", values.says, 2, deterministic=True)
        connection.create_scalar_function("dated", dated, 1, deterministic=True)
        connection.create_scalar_function("folded", values.folded, 1, deterministic=True)
        return connection, now

    def close(self) -> None:
        """Finish the queued writes and close every connection."""
        self._closed = True
        # The writer is closed last, because only it can move the log into the file. Otherwise a copy
        # of the file alone, or a disk that has become read-only, would lack the last writes.
        while not self._readers.empty():
            self._readers.get_nowait()[0].close()
        if self._writer is not None:
            self._writer.close()
