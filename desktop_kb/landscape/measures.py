"""What the surface is like that a library's passages lie on: how many directions it has, how the model uses its space,
and how much it bends."""

from __future__ import annotations

from typing import Final

import numpy as np

from desktop_kb.landscape.graph import NEAREST
from desktop_kb.records import Floats, Halves, Ints, Measures
from desktop_kb.similarity import unit

#: Passages that are looked at, and the fewest that say something.
_SAMPLE: Final = 1_500
_LEAST: Final = 3 * NEAREST
#: Passages from which the ways to all others are measured, and the most rounds for them.
_SOURCES: Final = 4
_ROUNDS: Final = 60


def measures_of(vectors: Halves, directions: Halves, near: Ints) -> Measures:
    """The measures of passages.

    Args:
        vectors: as the model gives them, (n, d).
        directions: measured from the means of their languages, unit rows, (n, d).
        near: the positions of their neighbours, int32 (n, 10), -1 for none.
    """
    if len(near) < _LEAST:
        return Measures()
    some = np.unique(np.linspace(0, len(near) - 1, _SAMPLE).astype(int))
    return Measures(
        _dimension(directions, near, some),
        round(_anisotropy(vectors[some].astype(np.float32)), 3),
        _curvature(directions, near),
    )


def _lengths(directions: Halves, from_: Ints, to: Ints) -> Floats:
    """The distances of pairs of passages, as straight lines, float32 (n,)."""
    found = np.zeros(len(from_), np.float32)
    for begin in range(0, len(from_), 16_384):
        part = slice(begin, begin + 16_384)
        apart = directions[from_[part]].astype(np.float32) - directions[to[part]].astype(np.float32)
        found[part] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    return found


def _dimension(directions: Halves, near: Ints, some: Ints) -> float | None:
    """The likeliest dimension by how the distances to neighbours grow (Levina & Bickel 2004, its inverses averaged as
    MacKay & Ghahramani 2005 have it). Copies, at no distance, are left out."""
    full = some[(near[some] >= 0).all(axis=1)]
    if len(full) < NEAREST:
        return None
    lengths = _lengths(directions, np.repeat(full, NEAREST), near[full].ravel()).reshape(-1, NEAREST)
    lengths.sort(axis=1)
    lengths = lengths[lengths[:, 0] > 1e-2]
    grown = np.log(lengths[:, -1:] / lengths[:, :-1]).mean() if len(lengths) else 0.0
    return round(float((NEAREST - 2) / (NEAREST - 1) / grown), 1) if grown > 0 else None


def _anisotropy(vectors: Floats) -> float:
    """The mean cosine of two passages (Ethayarajh 2019)."""
    rows = unit(vectors)
    total = rows.sum(axis=0)
    return float((total @ total - len(rows)) / (len(rows) * (len(rows) - 1)))


def _curvature(directions: Halves, near: Ints) -> float | None:
    """How much more of a detour the ways along neighbours are between passages far from each other than between those
    that are two steps apart, which are a detour on a plane too: 0 is flat."""
    tails = np.repeat(np.arange(len(near), dtype=np.int32), NEAREST)
    heads = near.ravel()
    known = heads >= 0
    tails, heads = np.concatenate((tails[known], heads[known])), np.concatenate((heads[known], tails[known]))
    lengths = np.tile(_lengths(directions, heads[: len(heads) // 2], tails[: len(tails) // 2]), 2)
    order = np.argsort(heads, kind="stable")
    tails, heads, lengths = tails[order], heads[order], lengths[order]
    firsts = np.flatnonzero(np.r_[True, heads[1:] != heads[:-1]])
    reached_ones = heads[firsts]
    short, long = [], []
    for source in np.linspace(0, len(near) - 1, _SOURCES).astype(np.int32).tolist():
        ways = np.full(len(near), np.inf, np.float32)
        ways[source], second = 0, None
        for round_ in range(_ROUNDS):
            shorter = np.minimum.reduceat(ways[tails] + lengths, firsts)
            before = ways[reached_ones]
            if not (shorter < before).any():
                break
            ways[reached_ones] = np.minimum(before, shorter)
            if round_ == 0:
                second = np.isinf(ways)
            elif round_ == 1 and second is not None:
                second &= np.isfinite(ways)
        straight = _lengths(
            directions, np.full(len(near), source, np.int32), np.arange(len(near), dtype=np.int32)
        )
        sound = np.isfinite(ways) & (straight > 1e-2)
        if second is None or not (sound & second).any():
            continue
        far = sound & (straight >= np.median(straight[sound]))
        short.append(float((ways / np.maximum(straight, 1e-2))[sound & second].mean()))
        long.append(float((ways / np.maximum(straight, 1e-2))[far].mean()))
    return round(sum(long) / sum(short) - 1, 3) if short else None
