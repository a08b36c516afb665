"""The leg of meaning: cosines of the question's vector with those of a passage and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desktop_kb.records import Leg
from desktop_kb.search.context import DIGITS, READER, Candidate, SearchContext
from desktop_kb.similarity import cosines

#: Weight of the best sentence against the whole passage: from .2 to 1 the development collections stay
#: within .001 nDCG@10 (tests/bench/RESULTS.md).
_SENTENCE: Final = 0.5


def score_meaning(context: SearchContext, candidates: Sequence[Candidate]) -> None:
    """Score all candidates that have a vector, also those that another leg found."""
    query = context.vector
    if query is None:
        return
    for candidate in candidates:
        vectors = candidate.passage.vectors.get(READER)
        if vectors is None or vectors.whole is None:
            continue
        similarity = best = round(float(cosines(vectors.whole[None, :], query)[0]), DIGITS)
        if vectors.sentences is not None and len(vectors.sentences):
            best = max(best, float(cosines(vectors.sentences, query).max()))
        candidate.scores[Leg.MEANING] = similarity
        candidate.evidence[Leg.MEANING] = max(0.0, (1 - _SENTENCE) * similarity + _SENTENCE * best)
