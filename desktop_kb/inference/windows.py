"""Sentences -> windows for one encoder pass; pure."""

from __future__ import annotations

from collections.abc import Sequence


def pack_windows(tokens: Sequence[int], capacity: int) -> list[tuple[int, int]]:
    """Cut a run of sentences into windows of whole sentences.

    Args:
        tokens: token count of each sentence.
        capacity: most tokens of one window; a longer sentence gets a window of its own.

    Returns:
        Ranges `[first, last)` that cover all sentences in order: as few windows as possible, and of
        those solutions the one with the smallest sum of squared sizes, so that no tiny last window lacks
        context. Deterministic.

    Raises:
        ValueError: `capacity` is not positive.
    """
    if capacity < 1:
        raise ValueError("capacity must be positive")
    # best[i]: (windows, sum of squares, start of the last window) of the first i sentences.
    # An empty sentence counts as one token, which bounds the inner loop by the capacity.
    sizes = [max(count, 1) for count in tokens]
    best: list[tuple[int, int, int]] = [(0, 0, 0)]
    for end in range(1, len(sizes) + 1):
        size = 0
        choices = []
        for start in range(end - 1, -1, -1):
            size += sizes[start]
            if size > capacity and start < end - 1:
                break
            windows, squares, _ = best[start]
            choices.append((windows + 1, squares + size * size, start))
        best.append(min(choices))
    ranges = []
    last = len(sizes)
    while last > 0:
        first = best[last][2]
        ranges.append((first, last))
        last = first
    return ranges[::-1]
