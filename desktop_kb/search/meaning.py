"""The leg of meaning: what the question's readers say of a passage and of its sentences, on one scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import mul
from typing import Final

import numpy as np

from desktop_kb.records import Floats, Leg, Vectors
from desktop_kb.search.calibration import Calibration
from desktop_kb.search.context import DIGITS, Candidate, SearchContext

#: Weight of the best sentence against the whole passage: from .2 to 1 the development collections stay
#: within .003 nDCG@10 (tests/bench/RESULTS.md).
_SENTENCE: Final = 0.5
#: Weight of a reader of some languages against one of all: all-MiniLM-L6-v2 twice as much as multilingual-e5-small
#: gives .438 nDCG@10 on CISI and .983 on XQuAD-en, as much .433 and .984.
_SPECIALIST: Final = 2.0


class Meaning:
    """The question as its readers see it.

    Args:
        vectors: the question's by reader, float32 (d,), unit length.
        calibrations: of these readers.
        language: the question's.
    """

    def __init__(
        self, vectors: Mapping[int, Floats], calibrations: Mapping[int, Calibration], language: str
    ) -> None:
        self._calibrations = calibrations
        self._questions = {
            reader: calibrations[reader].question(vector, language) for reader, vector in vectors.items()
        }

    def __iter__(self) -> Iterator[int]:
        return iter(self._questions)

    def similarity(self, reader: int, vectors: Floats, languages: Sequence[str]) -> Floats:
        """How near each row of a reader's vectors, (n, d), is to the question, float32 (n,), 0..1: 0 is
        unrelated."""
        found = self._calibrations[reader].cosines(vectors, languages, self._questions[reader])
        return np.clip(found, 0, 1)

    def of_sentences(self, said: Mapping[int, Vectors], count: int, language: str) -> Floats | None:
        """How near each of a passage's sentences is, float32 (count,): the mean of the readers that have their
        vectors. None if none has."""
        found = [
            self.similarity(reader, own.sentences, [language] * count)
            for reader in self._questions
            if (own := said.get(reader)) and own.sentences is not None and len(own.sentences) == count
        ]
        return np.asarray(np.mean(found, axis=0), np.float32) if found else None


def score_meaning(context: SearchContext, candidates: Sequence[Candidate]) -> None:
    """Score all candidates that have a vector, also those that another leg found: the weighted mean of what the
    question's readers say of them."""
    meaning = Meaning(context.vectors, context.calibrations, context.language)
    said_of: dict[int, list[tuple[float, float, float]]] = {}  # weight, similarity, with the best sentence
    for reader in meaning:
        covered = [(at, one) for at, one in enumerate(candidates) if one.read_by(reader)]
        if not covered:
            continue
        weight = _SPECIALIST if context.embedders[reader].languages else 1.0
        said = [one.passage.vectors[reader] for _, one in covered]
        languages = [one.script for _, one in covered]
        whole = meaning.similarity(reader, np.stack([vectors.whole for vectors in said]), languages)  # type: ignore[misc]
        best = np.maximum(whole, _best_sentences(meaning, reader, said, languages))
        for (at, one), similarity, both in zip(
            covered, whole.tolist(), ((1 - _SENTENCE) * whole + _SENTENCE * best).tolist(), strict=True
        ):
            one.similarities[reader] = round(similarity, DIGITS)
            said_of.setdefault(at, []).append((weight, similarity, both))
    for at, found in said_of.items():
        weights, similarities, evidence = zip(*found, strict=True)
        total = sum(weights)
        one = candidates[at]
        one.scores[Leg.MEANING] = round(sum(map(mul, weights, similarities)) / total, DIGITS)
        one.evidence[Leg.MEANING] = sum(map(mul, weights, evidence)) / total


def _best_sentences(
    meaning: Meaning, reader: int, said: Sequence[Vectors], languages: Sequence[str]
) -> Floats:
    """The similarity of each passage's best sentence, float32 (n,); 0 where there are none."""
    best = np.zeros(len(said), np.float32)
    having = [
        at for at, vectors in enumerate(said) if vectors.sentences is not None and len(vectors.sentences)
    ]
    if having:
        sentences = [said[at].sentences for at in having]
        counts = [len(some) for some in sentences]  # type: ignore[arg-type]
        of_each = list(chain.from_iterable(map(repeat, (languages[at] for at in having), counts)))
        found = meaning.similarity(reader, np.concatenate(sentences), of_each)  # type: ignore[arg-type]
        best[having] = np.maximum.reduceat(found, np.cumsum([0, *counts[:-1]]))
    return best
