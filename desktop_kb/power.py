"""What runs in the background spares the battery, and gives way to other programs that need the processor."""

from __future__ import annotations

import os
import sys
import time
from typing import Final

#: How long an answer of the system's holds.
_HOLDS_S: Final = 20.0
#: The longest rest, so that what comes meanwhile does not wait long.
_MOST_S: Final = 10.0
#: Others need the processor if they take this share of it and no more than that is left idle. A desktop at rest, with
#: music and a browser, takes a tenth.
_TAKEN: Final = 0.25
_IDLE: Final = 0.1


class Sparing:
    """Says how long to rest after some work: as long as the work took, which halves what it takes, on battery and while
    other programs need the processor.

    The system's niceness is no help: the child that encodes also answers questions, and a program may not take back
    what it gave away.

    Args:
        on: whether to rest at all.
    """

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._asked, self._spares = float("-inf"), False
        self._others = Others()

    def rest_s(self, worked_s: float) -> float:
        """How long to rest after so many seconds of work, in seconds."""
        return min(_MOST_S, worked_s) if self._on and self._has_to() else 0.0

    def _has_to(self) -> bool:
        now = time.monotonic()
        if now - self._asked > _HOLDS_S:
            self._asked, self._spares = now, on_battery() or self._others.need_it()
        return self._spares


class Others:
    """The programs besides this one, watched from one question to the next."""

    def __init__(self) -> None:
        self._seen: tuple[float, float, float, dict[int, float]] | None = None

    def need_it(self) -> bool:
        """Whether they have needed the processor since they were asked about last; False at first."""
        before, self._seen = self._seen, (time.monotonic(), *_processor())
        if before is None:
            return False
        now, idle_s, taken_s, ours = self._seen
        whole_s = (now - before[0]) * (os.cpu_count() or 1)
        own_s = sum(seconds - before[3].get(pid, 0.0) for pid, seconds in ours.items())
        others_s = taken_s - before[2] - own_s
        return others_s > _TAKEN * whole_s and idle_s - before[1] < _IDLE * whole_s


def _processor() -> tuple[float, float, dict[int, float]]:
    """Seconds of the processor since the system began: those nobody took, those that programs took (on Linux without
    what they took at a low priority), and those of this program's processes, by their ids."""
    import psutil  # here: see `on_battery`

    ours: dict[int, float] = {}
    for process in psutil.process_iter():
        try:
            own = (
                process.pid == os.getpid() or "--worker" in process.cmdline()
            )  # the helper is nobody's child
            if own and not (sys.platform == "linux" and process.nice() > 0):
                ours[process.pid] = sum(process.cpu_times()[:2])
        except psutil.Error:  # it has ended, or is the system's own
            continue
    times = psutil.cpu_times()
    return times.idle, times.user + times.system, ours


def on_battery() -> bool:
    """Whether this computer has a battery and runs on it; False where the system does not tell."""
    import psutil  # here: what only searches does not wait for its import

    try:
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    except (OSError, RuntimeError, NotImplementedError):
        return False
    return battery is not None and battery.power_plugged is False
