"""What runs in the background spares the battery."""

from __future__ import annotations

import time
from typing import Final

#: How long an answer of the system's holds.
_HOLDS_S: Final = 20.0
#: The longest rest, so that what comes meanwhile does not wait long.
_MOST_S: Final = 10.0


class Sparing:
    """Says how long to rest after some work: on battery as long as the work took, which halves what it draws.

    Args:
        on: whether to rest at all.
    """

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._asked, self._on_battery = float("-inf"), False

    def rest_s(self, worked_s: float) -> float:
        """How long to rest after so many seconds of work, in seconds."""
        return min(_MOST_S, worked_s) if self._on and self._runs_on_battery() else 0.0

    def _runs_on_battery(self) -> bool:
        now = time.monotonic()
        if now - self._asked > _HOLDS_S:
            self._asked, self._on_battery = now, on_battery()
        return self._on_battery


def on_battery() -> bool:
    """Whether this computer has a battery and runs on it; False where the system does not tell."""
    import psutil  # here: what only searches does not wait for its import

    try:
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    except (OSError, RuntimeError, NotImplementedError):
        return False
    return battery is not None and battery.power_plugged is False
