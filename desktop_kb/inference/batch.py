"""The batch size for a graphics card: found by trial while it works, and remembered.

Larger batches keep a card busier up to a size that depends on card and model; beyond it they are no
faster, take memory, and make a query wait. So the size is doubled until one of the three limits is
reached. Nothing here imports torch.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from desktop_kb.files import write_whole

#: Tokens of the first batch, and of the largest batch that is tried.
FIRST: Final = 2048
LARGEST: Final = 131_072
#: A size is kept only if its tokens per second are at least this many times those of the previous size.
_GAIN: Final = 1.05
#: Batches timed for each size. The fastest counts: the first of a size also allocates memory and selects
#: kernels, and another program may slow down any of them.
_TIMED: Final = 3
#: A size that would take longer is not tried, because a query waits for the running batch.
LONGEST_S: Final = 0.5


class BatchSize:
    """The size of a padded batch in tokens.

    Args:
        tokens: the first size.
        settled: called with the final size once the trial is over; None means a fixed size, no trial.

    Attributes:
        tokens: limit for the next batch, padding included.
    """

    def __init__(self, tokens: int, settled: Callable[[int], None] | None = None) -> None:
        self.tokens = tokens
        self._settled = settled
        self._best = (tokens, 0.0)  # size, and its tokens per second
        self._timed: list[float] = []

    def record_time(self, tokens: int, seconds: float) -> None:
        """Record the time of a batch; ignored unless the batch was more than half full."""
        if self._settled is None or 2 * tokens <= self.tokens:
            return
        self._timed.append(tokens / seconds)
        if len(self._timed) < _TIMED:
            return
        rate = max(self._timed)
        self._timed = []
        grown = rate > _GAIN * self._best[1]
        if grown:
            self._best = (self.tokens, rate)
        twice = 2 * self.tokens
        if grown and twice <= LARGEST and twice / rate <= LONGEST_S:
            self.tokens = twice
        else:
            self._settle(self._best[0])

    def too_large(self, fits: int) -> None:
        """Memory ran out; `fits` is half the tokens of the batch that was too large."""
        self._settle(min(fits, self.tokens))

    def _settle(self, tokens: int) -> None:
        self.tokens = tokens
        if self._settled is not None:
            self._settled(tokens)
        # Report it once: when memory runs out later, other programs have taken it.
        self._settled = None


def remembered(file: Path, key: str) -> int | None:
    """The size found earlier for this model and device; None if there is none or it cannot be read."""
    found = _read(file).get(key)
    return found if isinstance(found, int) and 1 <= found <= LARGEST else None


def remember(file: Path, key: str, tokens: int) -> None:
    """Keep a size for the next time."""
    with contextlib.suppress(OSError):  # if it cannot be written, the next start tries again
        write_whole(file, json.dumps({**_read(file), key: tokens}, indent=1).encode())


def _read(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
