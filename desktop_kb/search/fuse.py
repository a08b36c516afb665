"""Fusion: what the legs say of a passage becomes one score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from desktop_kb import language
from desktop_kb.records import Leg
from desktop_kb.search.context import DIGITS, Candidate, SearchContext
from desktop_kb.search.meaning import score_meaning
from desktop_kb.search.words import score_words

#: Weight of meaning against words where the model reads the whole query: from .4 to .6 the development
#: collections stay within .003 nDCG@10 (tests/bench/RESULTS.md).
_MEANING: Final = 0.5
#: What a passage in another language scores, which has only meaning to show: with .85 of it a mixed library of
#: English and Chinese answers from both (tests/bench/RESULTS.md); with all of it, nDCG@10 of Chinese questions
#: that are answered in Chinese falls by .013, with less, of those that are answered in English.
_ACROSS: Final = 0.85
#: Fused scores below the floor are 'weak'. Each leaves 96 % of the right best hits above it; of the best hits of
#: questions whose answer was taken away, 41 % by words alone (XQuAD-zh, AUC .914); with meaning at its full weight
#: 30 % in English (XQuAD-en, AUC .940) and 43 % in Chinese, where words are counted three times over (AUC .913);
#: 74 % across languages (AUC .76); by meaning alone 50 to 60 %.
_WEAK_WORDS: Final = 0.16
_WEAK_HYBRID: Final = 0.33
_WEAK_CHINESE: Final = 0.26
_WEAK_ACROSS: Final = 0.22
_WEAK_MEANING: Final = 0.35
#: A passage is a candidate again with every letter typed, and telling its language takes 40 us.
_language_of = lru_cache(maxsize=4_096)(language.language_of)
#: How each leg scores the candidates, in the order of `Leg`.
LEGS: Final[Mapping[Leg, Callable[[SearchContext, Sequence[Candidate]], None]]] = {
    Leg.WORDS: score_words,
    Leg.MEANING: score_meaning,
}


def fuse(context: SearchContext) -> None:
    """Let every leg score the passages found, fuse the scores and sort by them."""
    candidates = [
        Candidate(passage, _language_of(passage.text))
        for _, passage in sorted(context.retrieved.passages.items())
    ]
    for score in LEGS.values():
        score(context, candidates)
    held = _held_across(context)
    for candidate in candidates:
        across = "zh" in (context.language, candidate.language) and context.language != candidate.language
        _fuse(context, candidate, held if across else 1.0, _ACROSS if across else 1.0)
    _rank(candidates)
    context.candidates = sorted(candidates, key=lambda one: (-one.fused, one.passage.key))


def _fuse(context: SearchContext, candidate: Candidate, held: float, across: float) -> None:
    """Convex combination of the legs.

    Meaning counts as far as the model reads the query, not as far as it reads the passage: what is in
    another language is out of reach for the query's words as well (on passages half Chinese, half
    English, weighting by the passage gives .853 nDCG@10, this .868).

    Args:
        held: the share of the query's words that this passage's language can hold; it is not charged for
            the others.
        across: what to multiply the score by.
    """
    share = 0.0
    if Leg.MEANING in candidate.evidence:
        share = _MEANING * context.coverage if context.options.mode == "hybrid" else 1.0
    else:
        held = across = 1.0  # nothing but its words speaks for it
    weights = {Leg.WORDS: 1 - share, Leg.MEANING: share}
    fused = sum(weight * candidate.evidence.get(leg, 0.0) for leg, weight in weights.items())
    if context.options.mode == "hybrid":
        fused *= across / (held * (1 - share) + share)
    candidate.fused = round(min(1.0, fused), DIGITS)
    if context.options.mode == "vectors":
        candidate.floor = _WEAK_MEANING
    else:
        hybrid = _WEAK_ACROSS if across < 1 else _WEAK_CHINESE if candidate.language == "zh" else _WEAK_HYBRID
        candidate.floor = _WEAK_WORDS + (hybrid - _WEAK_WORDS) * share / _MEANING


def _held_across(context: SearchContext) -> float:
    """Which share of the query's words can stand in a passage of another script: numbers and codes in every
    one, what a Chinese question says in Latin letters, but no English words in Chinese and no Chinese in English."""
    terms = context.retrieved.terms
    weights = [*terms.words.items(), *{**terms.grams, **terms.characters}.items()]
    total = sum(weight for _, weight in weights)
    held = sum(
        weight
        for term, weight in weights
        if not language.is_han(term[0]) and (context.language == "zh" or any(map(str.isdigit, term)))
    )
    return held / total if total else 1.0


def _rank(candidates: Sequence[Candidate]) -> None:
    """Each leg's own ranks, for the 'why'."""
    for leg in Leg:
        found = [candidate for candidate in candidates if leg in candidate.scores]
        found.sort(key=lambda candidate: (-candidate.scores[leg], candidate.passage.key))
        for rank, candidate in enumerate(found, 1):
            candidate.ranks[leg] = rank
