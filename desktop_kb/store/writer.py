"""The one writing connection of this process, and the thread that owns it.

A task is a short function of the connection, run in one transaction; the person's edits (`urgent`)
go before the indexer's tasks. Another process may write too: every task takes SQLite's write lock at
its start, so two never write at once.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import apsw

from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.store.connection import Presence, connect, identity, storage_problems, transaction
from desktop_kb.store.schema import migrate
from desktop_kb.store.seal import put_seal

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_WriteTask = tuple[int, int, Callable[[apsw.Connection], Any] | None, "Future[Any]", bool]


class Writer:
    """Opens (creating and migrating) the database at `path`; `close` ends the thread."""

    def __init__(self, path: Path, presence: Presence) -> None:
        self._path = path
        self._tasks: queue.PriorityQueue[_WriteTask] = queue.PriorityQueue()
        self._order = itertools.count()
        self._closed = False
        self._wrote = False
        self._identity: tuple[int, int] | None = None
        self._presence = presence
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="writer", daemon=True)
        self._thread.start()
        opened.result()

    def run(
        self,
        task: Callable[[apsw.Connection], Result],
        *,
        urgent: bool = False,
        in_transaction: bool = True,
    ) -> Result:
        """Do `task` on the writing connection and return its result.

        Raises:
            StorageProblem: the disk or the file was in the way; nothing of the task was stored.
        """
        if self._closed:
            raise Problem("closed")
        result: Future[Result] = Future()
        self._tasks.put((0 if urgent else 1, next(self._order), task, result, in_transaction))
        return result.result()

    def close(self) -> None:
        """Finish the queued tasks, then end the thread. Does nothing the second time."""
        if not self._closed:
            self._closed = True
            self._tasks.put((9, next(self._order), None, Future(), False))
            self._thread.join()

    def _run(self, opened: Future[None]) -> None:
        try:
            connection = self._open()
        except BaseException as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        while True:
            _, _, task, result, in_transaction = self._tasks.get()
            if task is None:
                break
            try:
                if connection is None:
                    connection = self._open()
                value = self._do(connection, task, in_transaction)
            except BaseException as error:
                result.set_exception(error)
                if isinstance(error, StorageProblem) and error.code in ("library-gone", "io-error"):
                    # Close it: the disk may come back with another file, so this one must not be written.
                    _close(connection)
                    connection = None
            else:
                result.set_result(value)
        _close(connection, sealed_whole=self._wrote)

    def _open(self) -> apsw.Connection:
        if self._identity is not None and not self._presence.holds():
            raise StorageProblem("library-gone", path=str(self._path.parent))  # never create a new one
        connection = connect(self._path, write=True)
        try:
            with storage_problems(self._path):
                self._wrote = migrate(connection, self._path) or self._wrote
                self._identity = self._presence.opened()
        except BaseException:
            _close(connection)
            raise
        return connection

    def _do(
        self, connection: apsw.Connection, task: Callable[[apsw.Connection], Any], in_transaction: bool
    ) -> Any:
        if identity(self._path) != self._identity:  # SQLite would go on writing into the removed file
            raise StorageProblem("library-gone", path=str(self._path.parent))
        self._wrote = True
        with storage_problems(self._path):
            if in_transaction:
                with transaction(connection):
                    return task(connection)
            with transaction(connection):
                pass  # an empty transaction, to break the seal
            return task(connection)


def _close(connection: apsw.Connection | None, *, sealed_whole: bool = False) -> None:
    if connection is None:
        return
    try:
        put_seal(connection, whole=sealed_whole)
    except (apsw.Error, OSError) as error:  # busy, gone, or a full disk: close it without a seal
        log.info("not sealed: %s", type(error).__name__)
    try:
        connection.close()
    except apsw.Error as error:  # the log stays, and SQLite reads it at the next opening
        log.info("not closed: %s", type(error).__name__)
