"""Lengths, unit vectors and cosines. A row of zeros means that the model does not cover the text.

Nothing here uses BLAS, which wakes a second thread even for a few rows; on a busy machine that costs 20 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import Floats


def lengths(vectors: Floats) -> Floats:
    """The length of each vector of (..., d), float32 (...)."""
    # Not `np.linalg.norm`, which copies the whole array.
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", vectors, vectors)), np.float32)


def unit(vectors: Floats) -> Floats:
    """Vectors of unit length, float32 (..., d); zeros stay zeros."""
    long = lengths(vectors)[..., None]
    return np.asarray(vectors / np.where(long > 0, long, 1), np.float32)


def known(vectors: Floats) -> NDArray[np.bool_]:
    """Which rows are non-zero, bool (n,)."""
    return np.asarray(vectors.any(axis=1))


def cosines(vectors: Floats, query: Floats) -> Floats:
    """The cosine of each row with a unit vector, float32 (n,); 0 for a zero row."""
    long = lengths(vectors)
    return np.asarray(np.einsum("ij,j->i", vectors, query) / np.where(long > 0, long, 1), np.float32)


def neighbour_cosines(vectors: Floats) -> Floats:
    """The cosine of each unit row and the next, float32 (n - 1,); NaN if one of them is zero."""
    alike = np.einsum("ij,ij->i", vectors[:-1], vectors[1:])
    there = known(vectors)
    return np.asarray(np.where(there[:-1] & there[1:], alike, np.nan), np.float32)
