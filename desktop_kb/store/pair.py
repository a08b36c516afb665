"""Two connections that see the same database state, so that FTS5 and the vector scan run on two cores."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import apsw

from desktop_kb.store.connection import watch

Kind = TypeVar("Kind")
ReadTask = Callable[[apsw.Connection], Kind]


class Pair:
    """Args:
    second: the second connection; None means that tasks run one after the other.
    cancelled: what ends their statements.
    """

    def __init__(
        self,
        first: apsw.Connection,
        second: apsw.Connection | None,
        cancelled: threading.Event | None = None,
    ) -> None:
        self.first = first
        self.second = second
        self._cancelled = cancelled

    @contextmanager
    def to_the_end(self, connection: apsw.Connection) -> Iterator[None]:
        """Read what the next question needs too, though nobody waits for this one any more: with every letter typed
        it would begin anew."""
        watch(connection, None)
        try:
            yield
        finally:
            watch(connection, self._cancelled)

    def run(self, tasks: Sequence[ReadTask[Kind]]) -> tuple[list[Kind], list[float]]:
        """Run the tasks, two at a time; returns their results, and the seconds each took, in the order given."""
        found: dict[int, tuple[Kind, float]] = {}
        waiting = deque(enumerate(tasks))

        def work(connection: apsw.Connection) -> None:
            while True:
                try:
                    number, task = waiting.popleft()
                except IndexError:
                    return
                began = time.perf_counter()
                found[number] = task(connection), time.perf_counter() - began

        if self.second is None or len(tasks) < 2:
            work(self.first)
        else:
            with ThreadPoolExecutor(1) as thread:
                other = thread.submit(work, self.second)
                work(self.first)
                other.result()
        ordered = [found[number] for number in range(len(tasks))]
        return [result for result, _ in ordered], [seconds for _, seconds in ordered]
