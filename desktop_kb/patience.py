"""How long another process is waited for, on a machine where other programs take the processor too."""

from __future__ import annotations

import time
from typing import Final

import psutil

#: A process that takes no processor time for so long hangs.
_STILL_S: Final = 10.0
_LONGEST: Final = 10  # times the limit


class Patience:
    """How long a request is waited for: `timeout_s`, and where its process works with less than a processor until it
    has worked as long, but not ten times as long. With 20 programs on two cores a page of 3 s took more than 60."""

    def __init__(self, timeout_s: float, pid: int) -> None:
        self._timeout_s, self._pid = timeout_s, pid
        self._begun = self._moved = time.monotonic()
        self._worked_before = self._worked = _processor_s(pid)

    def is_at_end(self) -> bool:
        """Whether the process hangs or took its time; to be asked every moment, since it is watched meanwhile."""
        now, worked = time.monotonic(), _processor_s(self._pid)
        if worked > self._worked:
            self._worked, self._moved = worked, now
        waited = now - self._begun
        if waited <= self._timeout_s:
            return False
        hangs = now - self._moved > min(_STILL_S, self._timeout_s / 2)
        return hangs or worked - self._worked_before > self._timeout_s or waited > _LONGEST * self._timeout_s


def _processor_s(pid: int) -> float:
    """The processor time that a process has taken; 0 once it is gone."""
    try:
        return sum(psutil.Process(pid).cpu_times()[:2])
    except psutil.Error:
        return 0.0
