"""Recipes to be measured against, written without the program's index, search or fusion.

`prototype` is the recipe this program began with: sentence and passage vectors from one encoder
pass, BM25 at both levels, per-query normalised scores in halves; `late` blends late interaction
into it. `recursive` is what most programs do: pieces of 200 tokens, their vectors and BM25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from measures import Span
from rank_bm25 import BM25Okapi

from desktop_kb import chunking, language
from desktop_kb.inference import pack_windows
from desktop_kb.records import Cut, Embedder, Extracted, Floats, Sentence

#: Of a neighbour's score in a sentence's; of the passage's in a sentence's.
_SMOOTH, _PASSAGE = 0.25, 0.5
#: Of the best sentence in a document's score, of late interaction, and how many it reads.
_BEST_SENTENCE, _LATE, _DEPTH = 0.35, 0.3, 30


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its sentences and, for each, the sum of its token vectors: float32 (n, d)."""

    name: str
    text: str
    sentences: list[Sentence]
    sums: Floats
    #: What the encoder read for it, special tokens included.
    encoder_tokens: int


def encode(texts: Mapping[str, str], embedder: Embedder) -> list[Text]:
    """One encoder pass over windows of whole sentences."""
    done = []
    for name, text in texts.items():
        sentences = chunking.split(Extracted(text, name), embedder.measure)
        windows = pack_windows([s.tokens for s in sentences], embedder.window_tokens)
        sums = np.concatenate(embedder.encode_windows([[s.text for s in sentences[a:b]] for a, b in windows]))
        read = sum(sum(s.tokens for s in sentences[a:b]) + 2 for a, b in windows)
        done.append(Text(name, text, sentences, sums, read))
    return done


class Reference:
    """One way to cut the texts, ranked by vectors and BM25."""

    def __init__(self, texts: Sequence[Text], strategy: str, target: int) -> None:
        budget = chunking.Budget(target=target)
        vectors = [_unit(text.sums) for text in texts]
        cuts: list[tuple[Text, Cut]] = [
            (text, cut)
            for text, known in zip(texts, vectors, strict=True)
            for cut in chunking.cut(text.sentences, known, strategy, budget)
        ]
        self.passages: list[Span] = [(text.name, cut.start, cut.end) for text, cut in cuts]
        self.sentences: list[Span] = [(t.name, s.start, s.end) for t in texts for s in t.sentences]
        self._of = np.repeat(np.arange(len(cuts)), [cut.last - cut.first for _, cut in cuts])
        self._above = _unit(np.stack([text.sums[cut.first : cut.last].sum(axis=0) for text, cut in cuts]))
        self._below = np.concatenate(vectors)
        self._passage_words = _bm25([text.text[cut.start : cut.end] for text, cut in cuts])
        self._sentence_words = _bm25([s.text for text in texts for s in text.sentences])

    def rank_passages(self, query: str, vector: Floats) -> list[Span]:
        """By vectors and BM25, in halves."""
        return [self.passages[i] for i in np.argsort(-self._passages(query, vector), kind="stable")]

    def rank_sentences(self, query: str, vector: Floats) -> list[Span]:
        """Half the sentence's own score, smoothed with its neighbours', and half its passage's."""
        own = self._own(query, vector)
        near = _SMOOTH * (np.roll(own, 1) + np.roll(own, -1)) + (1 - 2 * _SMOOTH) * own
        scores = (1 - _PASSAGE) * near + _PASSAGE * self._passages(query, vector)[self._of]
        return [self.sentences[i] for i in np.argsort(-scores, kind="stable")]

    def score_documents(self, query: str, vector: Floats) -> dict[str, float]:
        """A document's best passage, with its best sentence."""
        best = np.full(len(self.passages), -np.inf)
        np.maximum.at(best, self._of, self._own(query, vector))
        scores = (1 - _BEST_SENTENCE) * self._passages(query, vector) + _BEST_SENTENCE * best
        documents: dict[str, float] = {}
        for (name, _, _), score in zip(self.passages, scores.tolist(), strict=True):
            documents[name] = max(score, documents.get(name, -np.inf))
        return documents

    def _passages(self, query: str, vector: Floats) -> Floats:
        return _fused(self._above @ vector, self._passage_words.get_scores(_terms(query)))

    def _own(self, query: str, vector: Floats) -> Floats:
        return _fused(self._below @ vector, self._sentence_words.get_scores(_terms(query)))


def late(
    documents: Mapping[str, float], texts: Mapping[str, str], query: str, embedder: Embedder
) -> list[str]:
    """Documents ranked anew: late interaction over the first ones, both stretched to 0..1."""
    first = sorted(documents, key=lambda name: -documents[name])[:_DEPTH]
    fused = _stretched(np.array([documents[name] for name in first]))
    read = _stretched(np.asarray(embedder.late_interaction(query, [texts[name] for name in first])))
    order = np.argsort(-((1 - _LATE) * fused + _LATE * read), kind="stable")
    return [first[i] for i in order]


def _bm25(texts: Sequence[str]) -> BM25Okapi:
    return BM25Okapi([language.words(text) or [""] for text in texts])


def _terms(query: str) -> list[str]:
    return [term for term in language.words(query) if not language.is_stop(term)]


def _fused(alike: Floats, words: Floats) -> Floats:
    return np.asarray((alike / max(1e-9, alike.max()) + words / max(1e-9, words.max())) / 2, np.float32)


def _stretched(scores: Floats) -> Floats:
    return np.asarray((scores - scores.min()) / max(1e-9, float(np.ptp(scores))), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)
