"""What the hits of a question are worth, and how sure a mean of such values is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb import language
from desktop_kb.questions import Question
from desktop_kb.records import Estimate

#: How many characters of the hits a person is assumed to read, and how many hits.
READ: Final = 1_000
RANKS: Final = 10
_RESAMPLES: Final = 2_000


def score(question: Question, hits: Iterable[tuple[str, int, int]]) -> tuple[float, float]:
    """The score of one question: the reciprocal rank of the first of ten hits that contains part of the
    answer (0 if none does), and the share of the answer within the first `READ` characters of the hits.

    Args:
        hits: (document, start, end), best first; a character that several hits contain counts once.
    """
    wanted = {at for start, end in question.answer for at in range(start, end)}
    rank, found = 0.0, 0
    seen: set[tuple[str, int]] = set()
    for number, (document, start, end) in enumerate(hits, 1):
        mine = document == question.document
        if not rank and number <= RANKS and mine and not wanted.isdisjoint(range(start, end)):
            rank = 1 / number
        for at in range(start, end):
            if len(seen) < READ and (document, at) not in seen:
                seen.add((document, at))
                found += mine and at in wanted
    return rank, found / max(1, min(READ, len(wanted)))


def repeated(texts: Iterable[str]) -> float:
    """Which share of the characters of these texts is in sentences that stood in an earlier one, 0..1."""
    seen: set[str] = set()
    count = again = 0
    for text in texts:
        own = set()
        for start, end in language.sentence_spans(text):
            sentence = language.bare(text[start:end])
            count += end - start
            again += (end - start) * (sentence in seen)
            own.add(sentence)
        seen |= own
    return again / max(1, count)


def estimate(values: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """Mean and 95 % percentile bootstrap interval (Efron & Tibshirani 1993). Given the differences by
    question, it is the paired bootstrap. The same values give the same interval."""
    sample = np.asarray(values, np.float64)
    draws = np.random.default_rng(0).integers(0, len(sample), (_RESAMPLES, len(sample)))
    low, high = np.quantile(sample[draws].mean(axis=1), (0.025, 0.975))
    return Estimate(*(round(float(value), 4) for value in (sample.mean(), low, high)))
