"""Two connections that see the same database state, so that FTS5 and the vector scan run on two cores."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import apsw

Kind = TypeVar("Kind")
Job = Callable[[apsw.Connection], Kind]


class Pair:
    """Args:
    beside: the second connection; None means that jobs run one after the other.
    """

    def __init__(self, first: apsw.Connection, beside: apsw.Connection | None) -> None:
        self.first = first
        self.beside = beside

    def run(self, jobs: Sequence[Job[Kind]]) -> tuple[list[Kind], list[float]]:
        """Run the jobs, two at a time; returns their results, and the seconds each took, in the order given."""
        found: dict[int, tuple[Kind, float]] = {}
        waiting = deque(enumerate(jobs))

        def work(connection: apsw.Connection) -> None:
            while True:
                try:
                    number, job = waiting.popleft()
                except IndexError:
                    return
                began = time.perf_counter()
                found[number] = job(connection), time.perf_counter() - began

        if self.beside is None or len(jobs) < 2:
            work(self.first)
        else:
            with ThreadPoolExecutor(1) as thread:
                other = thread.submit(work, self.beside)
                work(self.first)
                other.result()
        ordered = [found[number] for number in range(len(jobs))]
        return [result for result, _ in ordered], [seconds for _, seconds in ordered]
