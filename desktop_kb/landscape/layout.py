"""Places on a plane such that neighbours in the graph lie together: t-SNE (van der Maaten & Hinton 2008).

The neighbours of a passage attract it, the nearest most, and all other passages repel it. What all of them do to each
other is computed on a grid by a Fourier transform (FIt-SNE, Linderman et al. 2019), so that a step takes as long for
200,000 passages as the grid has cells. It starts from the two directions in which the passages differ most, or from
where they lay before, and is then turned so that they lie there still.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Floats, Ints

Complexes = NDArray[np.complex64]

#: Steps: first with neighbours attracting so much more, then as in the end; and from old places. With 1.5 in the end
#: more of what is near is near on the map too (CISI: continuity .85 with 1, .87 with 1.5, trust .89 with both; with 2
#: trust falls to .86).
_FIRST_STEPS: Final = 250
_FIRST: Final = 12.0
_STEPS: Final = 250
_LAST: Final = 1.5
_AGAIN: Final = 80
#: Up to so many passages, all pairs are computed.
_PAIRS: Final = 800
#: Width of the grid's cells, in which a passage's nearest ones are about 1 away, and the most of them.
_WIDTH: Final = 0.25
_MOST_CELLS: Final = 512
#: How far from the middle of a start its points are.
_START: Final = 1e-2


class _Motion(NamedTuple):
    """What is kept from step to step: speeds, and how much each component's steps are lengthened (Jacobs 1988)."""

    speed: Floats
    gain: Floats


class _Kernels(NamedTuple):
    """What a passage does to each cell of a grid, by the cell's distance, as spectra: its weight, which is as long
    as it is wide and so has a real one, and its push to the right and down."""

    once: Floats
    across: Complexes
    down: Complexes


def lay_out(
    near: Ints, alike: Floats, start: Floats, *, again: bool, stop: Callable[[], bool] = lambda: False
) -> Floats:
    """The places of passages, float32 (n, 2).

    Args:
        near: the positions of their neighbours, int32 (n, 10), -1 for none.
        alike: their cosines, float32 (n, 10).
        start: where they lie, float32 (n, 2): in any scale, or with `again` where they lay before.
        stop: asked before each step; when it says so the places are those of that moment.
    """
    if len(near) < 3:
        return np.asarray(np.arange(2 * len(near)).reshape(-1, 2) % 2, np.float32)
    places = start.astype(np.float32).copy()
    plan = [(_AGAIN, _LAST, 0.8)] if again else [(_FIRST_STEPS, _FIRST, 0.5), (_STEPS, _LAST, 0.8)]
    if not again:
        places *= _START / max(float(places.std(axis=0).max()), 1e-9)
    pulls = _weights(near, alike)
    rate = max(len(near) / _FIRST, 10.0)
    motion = _Motion(np.zeros_like(places), np.ones_like(places))
    for steps, more, momentum in plan:
        for _ in range(steps):
            if stop():
                return places
            slope = 4 * (more * _attraction(places, near, pulls) - _repulsion(places))
            motion = _moved(motion, slope, rate, momentum)
            places += motion.speed
            places -= places.mean(axis=0)
    return _turned(places, start) if again else places


def _moved(motion: _Motion, slope: Floats, rate: float, momentum: float) -> _Motion:
    onward = np.sign(slope) != np.sign(motion.speed)
    gain = np.maximum(np.where(onward, motion.gain + 0.2, motion.gain * 0.8), 0.01)
    return _Motion((momentum * motion.speed - rate * gain * slope).astype(np.float32), gain)


def _weights(near: Ints, alike: Floats) -> Floats:
    """How much each neighbour attracts, float32 (n, 10), 0 where there is none; of each passage the same in all and all
    together 1. What is twice as far beyond the nearest one as neighbours are on average weighs e times less."""
    known = near >= 0
    apart = np.where(known, np.sqrt(np.maximum(2 - 2 * alike, 0)), 0)
    nearest = np.where(known, apart, np.inf).min(axis=1, initial=2, keepdims=True)
    beyond = np.where(known, apart - nearest, 0)
    mean = beyond.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    weights = np.where(known, np.exp(-beyond / np.maximum(2 * mean, 1e-3)), 0)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(weights / max(float(weights.sum()), 1e-9), np.float32)


def _attraction(places: Floats, near: Ints, weights: Floats) -> Floats:
    """How neighbours pull at each other, float32 (n, 2)."""
    apart = places[:, None, :] - places[near]
    pulls = apart * (weights / (2 + 2 * np.einsum("nkd,nkd->nk", apart, apart)))[:, :, None]
    total = pulls.sum(axis=1)
    flat = np.maximum(near, 0).ravel()
    for axis in range(2):
        total[:, axis] -= np.bincount(flat, pulls[:, :, axis].ravel(), len(places))
    return np.asarray(total, np.float32)


def _repulsion(places: Floats) -> Floats:
    """How all push each other away, float32 (n, 2), with the weight 1 together."""
    if len(places) <= _PAIRS:
        apart = places[:, None, :] - places[None, :, :]
        weights = 1 / (1 + np.einsum("nmd,nmd->nm", apart, apart))
        total = float(weights.sum()) - len(places)
        return np.asarray(np.einsum("nm,nmd->nd", weights**2, apart) / max(total, 1e-9), np.float32)
    return _repulsion_on_grid(places)


def _repulsion_on_grid(places: Floats) -> Floats:
    low = places.min(axis=0)
    extent = float((places.max(axis=0) - low).max()) + 1e-6
    # In steps, so that the kernels are those of the step before.
    cells = min(_MOST_CELLS, 32 * math.ceil(extent / _WIDTH / 32) + 32)
    width = _WIDTH * 1.1 ** max(0, math.ceil(math.log(extent / _WIDTH / (cells - 2), 1.1)))
    at = (places - low) / np.float32(width)
    corner = at.astype(np.int32)
    x, y = (at - corner).T
    # Each passage is divided among the four corners of its cell.
    shares = np.stack(((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y))
    first = corner[:, 1] * cells + corner[:, 0]
    corners = np.stack((first, first + 1, first + cells, first + cells + 1))
    mass = np.bincount(corners.ravel(), shares.ravel(), cells * cells).reshape(cells, cells)
    spread = np.fft.rfft2(mass.astype(np.float32), (2 * cells, 2 * cells))
    kernels = _kernels(cells, width)
    # All weights together, by Parseval's theorem: what is in the middle of the spectrum counts for both halves.
    power = (spread.real**2 + spread.imag**2) * kernels.once
    total = float(2 * power.sum() - power[:, 0].sum() - power[:, -1].sum()) / (2 * cells) ** 2 - len(places)

    def felt(kernel: Complexes) -> Floats:
        field = np.fft.irfft2(kernel * spread, (2 * cells, 2 * cells))[:cells, :cells]
        return np.asarray((field.ravel()[corners] * shares).sum(axis=0), np.float32)

    return np.stack((felt(kernels.across), felt(kernels.down)), axis=1) / np.float32(max(total, 1e-9))


@lru_cache(maxsize=1)
def _kernels(cells: int, width: float) -> _Kernels:
    """The kernels of a grid, transformed."""
    steps = np.fft.fftfreq(2 * cells, 0.5 / cells) * width  # 0, 1, … cells - 1, -cells, … -1
    once = 1 / (1 + steps[:, None] ** 2 + steps[None, :] ** 2)
    across, down = once**2 * steps[None, :], once**2 * steps[:, None]
    first, *others = (np.fft.rfft2(kernel.astype(np.float32)) for kernel in (once, across, down))
    right, below = (np.asarray(one, np.complex64) for one in others)
    return _Kernels(np.asarray(first.real, np.float32), right, below)


def _turned(places: Floats, before: Floats) -> Floats:
    """The places turned, mirrored and moved so that they lie as near as possible to where they lay (orthogonal
    Procrustes)."""
    middle, own = before.mean(axis=0), places.mean(axis=0)
    left, _, right = np.linalg.svd((places - own).T @ (before - middle))
    return np.asarray((places - own) @ (left @ right) + middle, np.float32)


def place_among(near: Floats, alike: Floats) -> Floats:
    """The place of a new passage among its neighbours, (k, 2): amid those that lie around the one with which the others
    lie most. float32 (2,), NaN without any."""
    known = np.isfinite(near[:, 0])
    if not known.any():
        return np.full(2, np.nan, np.float32)
    near, weights = near[known], np.maximum(alike[known], 1e-3)
    apart = np.linalg.norm(near[:, None] - near[None], axis=2)
    close = np.exp(-0.5 * (apart / max(float(np.median(apart)) / 2, 1e-6)) ** 2) * weights[None, :]
    middle = int(np.argmax(close.sum(axis=1) * weights))
    own = close[middle]
    return np.asarray((near * own[:, None]).sum(axis=0) / own.sum(), np.float32)
