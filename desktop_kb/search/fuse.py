"""Fusion: what the legs say of a passage becomes one score."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from desktop_kb import language
from desktop_kb.records import Leg, StoredPassage
from desktop_kb.search.context import DIGITS, Candidate, SearchContext
from desktop_kb.search.meaning import score_meaning
from desktop_kb.search.words import fullness, score_words

#: Weight of meaning against words where the model reads the whole query and both are as sure.
_MEANING: Final = 0.5
#: A leg that sets its best further apart weighs more, but neither more than twice the other.
_LEAST, _MOST = 1 / 3, 2 / 3
#: Passages that a leg's best is compared with: from 4 to 19 the development collections stay within .004 nDCG@10.
_NEXT: Final = 9
#: What a passage in another language scores, which has only meaning to show: with .85 of it a mixed library of
#: English and Chinese answers from both (tests/bench/RESULTS.md); with all of it, nDCG@10 of Chinese questions
#: that are answered in Chinese falls by .013, with less, of those that are answered in English.
_ACROSS: Final = 0.85
#: Fused scores below the floor are 'weak'. Each leaves 96 % of the right best hits above it; of the best hits of
#: questions whose answer was taken away, 41 % by words alone (XQuAD-zh, AUC .914); with meaning at its full weight
#: 30 % in English (XQuAD-en, AUC .944) and 37 % in Chinese (AUC .924); 74 % across languages (AUC .76); by meaning
#: alone 50 to 60 %.
_WEAK_WORDS: Final = 0.16
_WEAK_HYBRID: Final = 0.33
_WEAK_CHINESE: Final = 0.29
_WEAK_ACROSS: Final = 0.22
_WEAK_MEANING: Final = 0.35
#: What a passage scores that is nothing but a heading: its words count as title, heading and text, which doubles its
#: score, and it answers nothing. Where the question is that title it is named, and first whatever it scores.
_HEADING: Final = 0.5
#: Chinese characters that say as much as a word, and the share of a text that its names in another script have.
_HAN_A_WORD: Final = 1.7
_NAMES: Final = 0.1
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
#: How each leg scores the candidates, in the order of `Leg`.
LEGS: Final[Mapping[Leg, Callable[[SearchContext, Sequence[Candidate]], None]]] = {
    Leg.WORDS: score_words,
    Leg.MEANING: score_meaning,
}


def fuse(context: SearchContext) -> None:
    """Let every leg score the passages found, fuse the scores and sort by them."""
    candidates = [
        Candidate(passage, language.by_script(passage.text))
        for _, passage in sorted(context.retrieved.passages.items())
    ]
    for score in LEGS.values():
        score(context, candidates)
    held = _held_across(context)
    own = []
    for candidate in candidates:
        share = share_for(context.language, candidate.script, candidate.passage.text)
        _fuse(context, candidate, held, share)
        if share >= 0.5 and Leg.MEANING in candidate.evidence:
            own.append(candidate)
    if context.options.mode == "hybrid":
        weigh_legs(own, context.coverage)
    _rank(candidates)
    context.candidates = sorted(candidates, key=lambda one: (-one.fused, one.passage.key))


def _fuse(context: SearchContext, candidate: Candidate, held: float, own: float) -> None:
    """Convex combination of the legs.

    Meaning counts as far as the model reads the query, not as far as it reads the passage: what is in
    another language is out of reach for the query's words as well (on passages half Chinese, half
    English, weighting by the passage gives .853 nDCG@10, this .868).

    Args:
        held: the share of the query's words that a passage in another script can hold; it is not charged for
            the others.
        own: the share of this passage that is in the query's script.
    """
    share = 0.0
    if Leg.MEANING in candidate.evidence:
        share = _MEANING * context.coverage if context.options.mode == "hybrid" else 1.0
    else:
        own = 1.0  # nothing but its words speaks for it
    held, across = held + (1 - held) * own, _ACROSS + (1 - _ACROSS) * own
    candidate.held = held
    weights = {Leg.WORDS: 1 - share, Leg.MEANING: share}
    fused = sum(weight * candidate.evidence.get(leg, 0.0) for leg, weight in weights.items())
    if context.options.mode == "hybrid":
        fused *= across / (held * (1 - share) + share)
    candidate.fused = round(min(1.0, fused), DIGITS)
    if context.options.mode == "vectors":
        candidate.floor = _WEAK_MEANING
    else:
        hybrid = _WEAK_CHINESE if context.language == "zh" else _WEAK_HYBRID
        hybrid = _WEAK_ACROSS + (hybrid - _WEAK_ACROSS) * own
        words = _WEAK_WORDS * fullness(context.language)
        candidate.floor = words + (hybrid - words) * share / _MEANING
    if _is_heading(candidate.passage):
        candidate.fused = round(_HEADING * candidate.fused, DIGITS)
        candidate.floor *= _HEADING


def _is_heading(passage: StoredPassage) -> bool:
    """Whether the passage is a heading with nothing below it."""
    last = passage.heading[-1] if passage.heading else ""
    # Marks of a heading and blanks: `bare` takes 20 us, and there are hundreds of passages.
    return (
        bool(last)
        and len(passage.text) < 2 * len(last) + 8
        and language.bare(passage.text) == language.bare(last)
    )


def weigh_legs(candidates: Sequence[Candidate], coverage: float) -> None:
    """Weigh each leg by how far it sets its best passage apart from the next, where words and meaning can speak:
    a name that one passage holds stands out by its words, a topic that all of them touch by its meaning. A leg
    that likes all of them alike knows little (query performance prediction, as Shtok et al. 2012).

    The best score stays what it is with equal weights: passages in another language, which have only their
    meaning to show, and the floor of what is weak are compared with that.
    """
    words, meaning = (
        set_apart([candidate.evidence.get(leg, 0.0) for candidate in candidates])
        for leg in (Leg.WORDS, Leg.MEANING)
    )
    if words + meaning <= 0:
        return
    share = coverage * min(_MOST, max(_LEAST, meaning / (words + meaning)))
    equal = _MEANING * coverage
    weighed = []
    for candidate in candidates:
        by_words, by_meaning = candidate.evidence.get(Leg.WORDS, 0.0), candidate.evidence[Leg.MEANING]
        before = (1 - equal) * by_words + equal * by_meaning
        # A passage partly in another script is not charged for that part.
        factor = candidate.fused / before if before else 0.0
        weighed.append(factor * ((1 - share) * by_words + share * by_meaning))
    factor = max(candidate.fused for candidate in candidates) / max(weighed)
    for candidate, score in zip(candidates, weighed, strict=True):
        candidate.fused = round(min(1.0, factor * score), DIGITS)


def set_apart(scores: Sequence[float]) -> float:
    """How far the best of these stands above the mean of the next ones."""
    best, *others = sorted(scores, reverse=True)[: _NEXT + 1] or [0.0]
    return best - sum(others) / max(1, len(others))


def share_for(asked: str, told: str, text: str) -> float:
    """Which share of a passage can hold the words of a question, 0..1, by their languages: that in Chinese
    characters for a Chinese question, else the rest, for in other scripts names and loanwords are shared.
    A few names in another script count for nothing."""
    if "ja" in (asked, told):  # it has Chinese characters too
        return float("zh" not in (asked, told))
    others = language.between_han(text)
    if len(others) == 1 and _WORD.search(text):
        return float(asked != "zh")
    chinese = (len(text) - sum(map(len, others))) / _HAN_A_WORD
    words = len(_WORD.findall(" ".join(others)))
    if not chinese + words:
        return float(asked == told or "zh" not in (asked, told))
    share = (chinese if asked == "zh" else words) / (chinese + words)
    return 1.0 if share > 1 - _NAMES else 0.0 if share < _NAMES else share


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
