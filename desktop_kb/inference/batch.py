"""How many tokens a graphics card computes at once: found by trial while it works, and remembered.

A card is kept busy by large batches, up to a size that depends on card and model; beyond that they
gain nothing, take memory, and make a query wait. So the size doubles from batch to batch until one
of the three says stop. Nothing here knows torch.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from desktop_kb.files import write_whole

#: Tokens of the first batch, and of the largest that is tried.
FIRST: Final = 2048
MOST: Final = 131_072
#: A size is kept only if it computes so many times the tokens a second of the size before.
_GAIN: Final = 1.05
#: Batches of each size that are timed. The best counts: the first of a size also allocates and
#: chooses kernels, and any may have met another program.
_TIMED: Final = 3
#: No size is tried that would take longer: a query waits for the batch under way.
LONGEST_S: Final = 0.5


class BatchSize:
    """Tokens of one padded batch.

    Args:
        tokens: where to begin.
        settled: called with the size once the trial is over; None where there is none to be made.

    Attributes:
        tokens: most tokens of the next batch, padding included.
    """

    def __init__(self, tokens: int, settled: Callable[[int], None] | None = None) -> None:
        self.tokens = tokens
        self._settled = settled
        self._best = (tokens, 0.0)  # tokens, and how many a second
        self._timed: list[float] = []

    def took(self, tokens: int, seconds: float) -> None:
        """A batch of so many tokens was computed. Counts only if it was a full one."""
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
        if grown and twice <= MOST and twice / rate <= LONGEST_S:
            self.tokens = twice
        else:
            self._settle(self._best[0])

    def too_large(self, fits: int) -> None:
        """Memory ran out; half of that batch were `fits` tokens."""
        self._settle(min(fits, self.tokens))

    def _settle(self, tokens: int) -> None:
        self.tokens = tokens
        if self._settled is not None:
            self._settled(tokens)
        # Memory that runs out later is what other programs have taken: not worth remembering.
        self._settled = None


def remembered(file: Path, key: str) -> int | None:
    """The size that was found for this model and device; None where it was not, or cannot be read."""
    found = _read(file).get(key)
    return found if isinstance(found, int) and 1 <= found <= MOST else None


def remember(file: Path, key: str, tokens: int) -> None:
    """Keep a size for the next time."""
    with contextlib.suppress(OSError):  # then the next time is another trial
        write_whole(file, json.dumps({**_read(file), key: tokens}, indent=1).encode())


def _read(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
