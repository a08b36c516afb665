"""Fusion: what the legs say of a passage becomes one score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from desktop_kb.records import Leg
from desktop_kb.search.context import DIGITS, Candidate, SearchContext
from desktop_kb.search.meaning import score_meaning
from desktop_kb.search.words import score_words

#: Weight of meaning against words where the model reads the whole query: from .4 to .6 the development
#: collections stay within .003 nDCG@10 (tests/bench/RESULTS.md).
_MEANING: Final = 0.5
#: Fused scores below the floor are 'weak'. By words alone 96 % of the best hits of XQuAD-zh lie
#: above it, and 41 % of those whose answer was taken away (AUC .914); with meaning at its full
#: weight 96 % and 34 % of XQuAD-en (AUC .935).
_WEAK_WORDS: Final = 0.16
_WEAK_HYBRID: Final = 0.33
#: How each leg scores the candidates, in the order of `Leg`.
LEGS: Final[Mapping[Leg, Callable[[SearchContext, Sequence[Candidate]], None]]] = {
    Leg.WORDS: score_words,
    Leg.MEANING: score_meaning,
}


def fuse(context: SearchContext) -> None:
    """Let every leg score the passages found, fuse the scores and sort by them."""
    candidates = [Candidate(passage) for _, passage in sorted(context.retrieved.passages.items())]
    for score in LEGS.values():
        score(context, candidates)
    for candidate in candidates:
        _fuse(context, candidate)
    _rank(candidates)
    context.candidates = sorted(candidates, key=lambda one: (-one.fused, one.passage.key))


def _fuse(context: SearchContext, candidate: Candidate) -> None:
    """Convex combination of the legs.

    Meaning counts as far as the model reads the query, not as far as it reads the passage: what is in
    another language is out of reach for the query's words as well (on passages half Chinese, half
    English, weighting by the passage gives .853 nDCG@10, this .868).
    """
    share = 0.0
    if Leg.MEANING in candidate.evidence:
        share = _MEANING * context.coverage if context.options.mode == "hybrid" else 1.0
    weights = {Leg.WORDS: 1 - share, Leg.MEANING: share}
    fused = sum(weight * candidate.evidence.get(leg, 0.0) for leg, weight in weights.items())
    candidate.fused = round(min(1.0, fused), DIGITS)
    candidate.floor = _WEAK_WORDS + (_WEAK_HYBRID - _WEAK_WORDS) * share / _MEANING


def _rank(candidates: Sequence[Candidate]) -> None:
    """Each leg's own ranks, for the 'why'."""
    for leg in Leg:
        found = [candidate for candidate in candidates if leg in candidate.scores]
        found.sort(key=lambda candidate: (-candidate.scores[leg], candidate.passage.key))
        for rank, candidate in enumerate(found, 1):
            candidate.ranks[leg] = rank
