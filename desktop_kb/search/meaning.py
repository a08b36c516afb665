"""The leg of meaning: cosines of the question's vectors with those of a passage and its sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from desktop_kb.records import Leg, StoredPassage
from desktop_kb.search.context import DIGITS, Candidate, SearchContext
from desktop_kb.similarity import cosines

#: Weight of the best sentence against the whole passage: from .2 to 1 the development collections stay
#: within .001 nDCG@10 (tests/bench/RESULTS.md).
_SENTENCE: Final = 0.5


def score_meaning(context: SearchContext, candidates: Sequence[Candidate]) -> None:
    """Score all candidates that have a vector, also those that another leg found: the mean of what the
    question's readers say of them."""
    for candidate in candidates:
        said = list(_said(context, candidate.passage))
        if said:
            candidate.scores[Leg.MEANING] = round(sum(alike for alike, _ in said) / len(said), DIGITS)
            candidate.evidence[Leg.MEANING] = sum(evidence for _, evidence in said) / len(said)


def _said(context: SearchContext, passage: StoredPassage) -> Iterator[tuple[float, float]]:
    """Of each reader that reads question and passage: the cosine, and the evidence with the best sentence."""
    for reader, query in context.vectors.items():
        vectors = passage.vectors.get(reader)
        if vectors is None or vectors.whole is None:
            continue
        similarity = best = round(float(cosines(vectors.whole[None, :], query)[0]), DIGITS)
        if vectors.sentences is not None and len(vectors.sentences):
            best = max(best, float(cosines(vectors.sentences, query).max()))
        yield similarity, max(0.0, (1 - _SENTENCE) * similarity + _SENTENCE * best)
