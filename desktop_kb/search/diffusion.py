"""What is like good answers gains: scores spread along the neighbour graph (diffusion on a manifold, Zhou et al. 2004;
of the scores of a search, Diaz 2005). Whether a library gains by it only its own questions can say (`evaluate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from desktop_kb.records import Floats, Key
from desktop_kb.search.context import DIGITS, SearchContext

#: The share of a passage's score that is its neighbours', and how many steps away they may be. nDCG@10 of CISI's
#: questions: +.005 with .3, no difference with .5, -.018 with .8; where the 50 best alone count, -.03 with .5.
_SHARE: Final = 0.3
_STEPS: Final = 5


def diffuse(context: SearchContext) -> None:
    """Let each candidate's score be a mean of its own and its neighbours'; the best score stays what it is."""
    candidates = context.candidates
    ties = context.moment.neighbours([candidate.passage.key for candidate in candidates])
    if not ties:
        return
    own = np.array([candidate.fused for candidate in candidates], np.float32)
    found = diffused(own, _weights([candidate.passage.key for candidate in candidates], ties))
    factor = float(own.max()) / max(float(found.max()), 1e-9)
    for candidate, score in zip(candidates, found.tolist(), strict=True):
        candidate.fused = round(min(1.0, factor * score), DIGITS)
    candidates.sort(key=lambda one: (-one.fused, one.passage.key))


def diffused(scores: Floats, weights: Floats) -> Floats:
    """Scores, (n,), after they have spread along ties, (n, n), each row of which is 1 together or 0."""
    tied = weights.sum(axis=1) > 0
    found = scores
    for _ in range(_STEPS):
        found = np.where(tied, (1 - _SHARE) * scores + _SHARE * (weights @ found), scores)
    return np.asarray(found, np.float32)


def _weights(keys: list[Key], ties: Mapping[tuple[Key, Key], float]) -> Floats:
    """How much each passage counts for each other one, float32 (n, n): in both directions, each row together 1."""
    at = {key: number for number, key in enumerate(keys)}
    weights = np.zeros((len(keys), len(keys)), np.float32)
    for (one, other), cosine in ties.items():
        weights[at[one], at[other]] = weights[at[other], at[one]] = cosine
    sums = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(sums > 0, sums, 1), np.float32)
