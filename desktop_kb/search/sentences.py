"""Which sentence of a passage answers: rank-bm25 over the passage's sentences, and their vectors.

BM25 comes with the *library's* idf: a passage's own is degenerate on a handful of sentences
(BM25Okapi scores both sentences of a two-sentence passage 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from rank_bm25 import BM25Okapi

from desktop_kb import language
from desktop_kb.records import Floats, Terms, Vectors
from desktop_kb.search.meaning import Meaning

#: A sentence's score takes this much from each neighbour where sentences of all passages compete: an answer often
#: begins in one and ends in the next.
COMPETING: Final = 0.25
#: And this much where one of a passage is marked as the answer: with more, a sentence is marked for its neighbours'
#: sake. Of 33 questions in Chinese and English (XQuAD) for which that decides, .25 marks the right one in 9, this
#: in 24.
MARKED: Final = 0.1


class _LibraryBM25(BM25Okapi):  # type: ignore[misc]
    """BM25Okapi with idf from outside; k1 and b as SQLite's FTS5 has them."""

    def __init__(self, corpus: Sequence[Sequence[str]], idf: Mapping[str, float]) -> None:
        self._library_idf = idf
        super().__init__(corpus, k1=1.2, b=0.75)

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        self.idf = {term: self._library_idf.get(term, 0.0) for term in nd}


@lru_cache(maxsize=1_024)
def _grams(text: str) -> Sequence[str]:
    """The grams of a sentence. Remembered, as hits are shown again with every letter typed, and cutting those of
    ten takes 2 ms."""
    return language.grams(text)


class SentenceScorer:
    """Scores the sentences of passages for one query.

    Args:
        terms: the query's, with their weight in the library.
        meaning: the query as its readers see it.
    """

    def __init__(self, terms: Terms, meaning: Meaning) -> None:
        self._idf = {**terms.grams, **terms.words}
        self._terms = list(dict.fromkeys((*terms.words, *terms.grams)))
        self._meaning = meaning
        self._weight = sum(self._idf[term] for term in self._terms)
        self._initials = language.initials(terms.words)

    def scores(
        self, readings: Sequence[str], vectors: Mapping[int, Vectors], of: str, neighbour: float
    ) -> Floats:
        """A score, 0..1, for each sentence of a passage, float32 (n,): half words, half meaning.

        Args:
            readings: what each sentence reads.
            vectors: the passage's by reader; zero rows of its sentences are not covered.
            of: the passage's language.
            neighbour: how much it takes from each neighbour.
        """
        scores = np.zeros(len(readings), np.float32)
        legs = 0
        if self._weight > 0:
            corpus = [self._terms_of(text) for text in readings]
            # 1 is a sentence of average length with every word of the query once.
            words = _LibraryBM25(corpus, self._idf).get_scores(self._terms) / self._weight
            scores += np.clip(words, 0, 1).astype(np.float32)
            legs += 1
        near = self._meaning.of_sentences(vectors, len(readings), of)
        if near is not None:
            scores += near
            legs += 1
        scores /= max(legs, 1)
        padded = np.pad(scores, 1, mode="edge")
        smooth = (1 - 2 * neighbour) * scores + neighbour * (padded[:-2] + padded[2:])
        return np.asarray(smooth, np.float32)

    def _terms_of(self, text: str) -> Sequence[str]:
        """The terms of a sentence, '' for words that are not in the query; bigrams stand for Chinese words here: no
        dictionary work for every hit shown."""
        grams = _grams(text)
        words = [
            language.word_of(gram) if gram[0] in self._initials else ""
            for gram in grams
            if gram.isascii() or not language.is_han(gram[0])
        ]
        return (*words, *grams) or ("",)
