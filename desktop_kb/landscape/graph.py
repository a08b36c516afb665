"""The neighbour graph: of each passage the ten that are most like it, whatever their language.

`neighbours_of` compares all with all up to `_EXACT` passages. Above that it compares only those whose cells are near
(an inverted file, Jégou et al. 2011): passages are put into cells by k-means, and those of a cell are compared with
those of the cells around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Checkpoint, Floats, Halves, Ints, go_on

#: Neighbours of a passage.
NEAREST: Final = 10
#: So many passages are compared with all: 5 s of processor time.
_EXACT: Final = 20_000
_BLOCK: Final = 1_024
#: Pairs of passages that are compared at once, at most: 80 MB.
_AT_ONCE: Final = 20_000_000
#: Passages of a cell on average, rounds of k-means over as many passages for each cell, and cells that are searched.
_CELL: Final = 400
_ROUNDS: Final = 6
_LEARNED_FROM: Final = 40
_SEARCHED: Final = 28


class Neighbours(NamedTuple):
    """Of some passages the positions of their nearest, the nearest first, int32 (m, 10), -1 for none, and how much they
    are alike, float32 (m, 10)."""

    near: Ints
    alike: Floats


def neighbours_of(
    directions: Halves, asked: Ints, check: Checkpoint = go_on
) -> Iterator[tuple[Ints, Neighbours]]:
    """The neighbours of the `asked` passages among all, a block after the other: which, and theirs.

    Args:
        directions: unit rows, float16 (n, d).
        asked: positions, int32 (m,).
        check: called now and then, as long as nothing was found yet.
    """
    if len(directions) <= _EXACT:
        everything = directions.astype(np.float32)
        for begin in range(0, len(asked), _BLOCK):
            some = asked[begin : begin + _BLOCK]
            yield (
                some,
                _nearest(everything[some], everything, some, np.arange(len(directions), dtype=np.int32)),
            )
        return
    centres, cell_of = _cells(directions, check)
    members = [np.flatnonzero(cell_of == cell).astype(np.int32) for cell in range(len(centres))]
    wanted = np.zeros(len(directions), bool)
    wanted[asked] = True
    around = np.argsort(-(centres @ centres.T), axis=1)[:, :_SEARCHED]
    for cell, own in enumerate(members):
        some = own[wanted[own]]
        if len(some):
            others = np.concatenate([members[near] for near in around[cell]])
            others.sort()
            near = directions[others].astype(np.float32)
            # What is all alike makes one large cell, which would be compared in gigabytes of memory.
            rows = max(1, _AT_ONCE // len(others))
            for begin in range(0, len(some), rows):
                part = some[begin : begin + rows]
                yield part, _nearest(directions[part].astype(np.float32), near, part, others)


def _nearest(asked: Floats, all: Floats, which: Ints, others: Ints) -> Neighbours:
    """The nearest of `all`, which are the passages `others`, to each of `asked`, which are the passages `which`."""
    alike = asked @ all.T
    alike[which[:, None] == others[None, :]] = -2
    count = min(NEAREST, len(others))
    best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(alike, best, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    best, found = np.take_along_axis(best, order, axis=1), np.take_along_axis(found, order, axis=1)
    near = np.where(found > -2, others[best], -1).astype(np.int32)
    short = ((0, 0), (0, NEAREST - count))
    return Neighbours(np.pad(near, short, constant_values=-1), np.pad(np.clip(found, 0, 1), short))


def _cells(directions: Halves, check: Checkpoint) -> tuple[Floats, Ints]:
    """The centres of cells, float32 (cells, d), and each passage's cell, int32 (n,)."""
    count = max(1, len(directions) // _CELL)
    step = max(1, len(directions) // (count * _LEARNED_FROM))
    sample = directions[::step].astype(np.float32)
    centres = sample[:: max(1, len(sample) // count)][:count].copy()
    for _ in range(_ROUNDS):
        nearest = _assigned(sample, centres, check)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        long = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(long > 0, sums / np.where(long > 0, long, 1), centres)
    return centres, _assigned(directions, centres, check)


def _assigned(vectors: NDArray[np.floating], centres: Floats, check: Checkpoint) -> Ints:
    found = []
    for begin in range(0, len(vectors), 8 * _BLOCK):
        check()
        some = vectors[begin : begin + 8 * _BLOCK].astype(np.float32)
        found.append(np.argmax(some @ centres.T, axis=1))
    return np.concatenate(found).astype(np.int32)
