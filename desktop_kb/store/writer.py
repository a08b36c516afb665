"""The one writing connection of this process, and the thread that owns it.

Jobs are short functions of the connection, each run in one transaction; the person's edits
(`urgent`) go before the indexer's. Another process may write too: SQLite's lock keeps them
apart, and every job takes it at its start.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import apsw

from desktop_kb.errors import Problem
from desktop_kb.store.connection import connect, storage_problems, transaction
from desktop_kb.store.schema import migrate

Result = TypeVar("Result")
_Job = tuple[int, int, Callable[[apsw.Connection], Any] | None, "Future[Any]", bool]


class Writer:
    """Opens (creating and migrating) the database at `path`; `close` ends the thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._order = itertools.count()
        self._closed = False
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="writer", daemon=True)
        self._thread.start()
        opened.result()

    def run(
        self,
        job: Callable[[apsw.Connection], Result],
        *,
        urgent: bool = False,
        in_transaction: bool = True,
    ) -> Result:
        """Do `job` on the writing connection and return its result.

        Raises:
            StorageProblem: the world was in the way; nothing of the job was stored.
        """
        if self._closed:
            raise Problem("closed")
        result: Future[Result] = Future()
        self._jobs.put((0 if urgent else 1, next(self._order), job, result, in_transaction))
        return result.result()

    def close(self) -> None:
        """Finish what is queued, then end. Does nothing the second time."""
        if not self._closed:
            self._closed = True
            self._jobs.put((9, next(self._order), None, Future(), False))
            self._thread.join()

    def _run(self, opened: Future[None]) -> None:
        connection: apsw.Connection | None = None
        try:
            connection = connect(self._path, write=True)
            with storage_problems(self._path):
                migrate(connection, self._path)
        except BaseException as error:
            if connection is not None:
                connection.close()
            opened.set_exception(error)
            return
        opened.set_result(None)
        while True:
            _, _, job, result, in_transaction = self._jobs.get()
            if job is None:
                break
            try:
                with storage_problems(self._path):
                    if in_transaction:
                        with transaction(connection):
                            value = job(connection)
                    else:
                        value = job(connection)
            except BaseException as error:
                result.set_exception(error)
            else:
                result.set_result(value)
        connection.close()
