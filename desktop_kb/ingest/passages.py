"""Sentences and what the encoder said of them -> passages as they are stored.

One encoder pass serves two levels: it gives the sum of each sentence's token vectors, and a
passage's vector is the sum over its sentences. Pure but for the encoder itself.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from desktop_kb import chunking, similarity
from desktop_kb.chunking import approximate_measure
from desktop_kb.inference import COVERED, pack_windows
from desktop_kb.reading import read
from desktop_kb.records import (
    Cut,
    Embedder,
    Extracted,
    Floats,
    Heading,
    Inspection,
    Layout,
    Passage,
    Sentence,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's sentences and what the encoder said of each: the direction of the sum of its token vectors,
    `vectors` float32 (n, d), zero where not covered, and the sum's length, float32 (n,). None without a model."""

    sentences: Sequence[Sentence]
    vectors: Floats | None = None
    lengths: Floats | None = None

    @classmethod
    def of(cls, sentences: Sequence[Sentence], sums: Floats) -> Encoded:
        """Takes the sums over, float32 (n, d), zero where not covered: of a book they are 200 MB."""
        lengths = similarity.lengths(sums)
        sums /= np.where(lengths > 0, lengths, 1)[:, None]
        return cls(sentences, sums, lengths)


def passages_of(
    extracted: Extracted, embedder: Embedder | None, strategy: str = "semantic", *, with_vectors: bool = False
) -> list[Passage]:
    """Cut a text as the library would; the encoder is asked only where the strategy needs it, or
    where vectors are wanted (`with_vectors`)."""
    needed = with_vectors or strategy in ("semantic", "percentile")
    return build_passages(extracted, encode(extracted, embedder, with_vectors=needed), strategy)


def encode(extracted: Extracted, embedder: Embedder | None, *, with_vectors: bool = True) -> Encoded:
    """The sentences of a text, and their vectors in one pass where there is a model and they are wanted."""
    sentences = sentences_of(extracted, embedder)
    if embedder is None or not with_vectors:
        return Encoded(sentences)
    windows = windows_of(sentences, embedder)
    sums = np.zeros((len(sentences), embedder.dimensions), np.float32)
    encoded = embedder.encode_windows([[sentences[i].text for i in window] for window in windows])
    for window, found in zip(windows, encoded, strict=True):
        sums[window] = found
    return Encoded.of(sentences, sums)


def sentences_of(extracted: Extracted, embedder: Embedder | None) -> list[Sentence]:
    """The sentences of a text, measured by the model where there is one."""
    return chunking.split(extracted, embedder.measure if embedder else approximate_measure)


def windows_of(sentences: Sequence[Sentence], embedder: Embedder) -> list[list[int]]:
    """What the encoder reads at a time: the numbers of covered sentences, window by window."""
    covered = [i for i, sentence in enumerate(sentences) if sentence.coverage >= COVERED]
    packed = pack_windows([sentences[i].tokens for i in covered], embedder.window_tokens)
    return [covered[first:last] for first, last in packed]


def build_passages(extracted: Extracted, encoded: Encoded, strategy: str = "semantic") -> list[Passage]:
    """Cut a document and pool its passages' vectors from the tokens that were encoded once."""
    heading_at = headings_by_place(extracted.layout.headings)
    passages = []
    for cut in chunking.cut(encoded.sentences, encoded.vectors, strategy):
        text = read(extracted.text, extracted.layout.edits, cut.start, cut.end)
        if not text.strip():
            continue
        passages.append(_passage(extracted.layout, heading_at, encoded, cut, text.strip()))
    return passages


def _passage(
    layout: Layout, heading_at: Callable[[int], tuple[str, ...]], encoded: Encoded, cut: Cut, text: str
) -> Passage:
    part = slice(cut.first, cut.last)
    members = encoded.sentences[part]
    letters = sum(len(sentence.text) for sentence in members)
    covered = sum(len(sentence.text) for sentence in members if sentence.coverage >= COVERED)
    coverage = covered / letters if letters else 0.0
    vector = sentence_vectors = None
    if encoded.vectors is not None and encoded.lengths is not None:
        sentence_vectors = encoded.vectors[part]
        if coverage >= COVERED:
            vector = similarity.unit(encoded.lengths[part] @ sentence_vectors)
    return Passage(
        start=cut.start,
        end=cut.end,
        page=page_at(layout, cut.start),
        last_page=page_at(layout, cut.end - 1),
        heading=heading_at(members[-1].start if members else cut.start),
        tokens=cut.tokens,
        text=text,
        coverage=coverage,
        sentences=np.array([(s.start, s.end) for s in members], np.int32).reshape(-1, 2),
        sentence_vectors=sentence_vectors,
        vector=vector,
    )


def page_at(layout: Layout, offset: int) -> int | None:
    """The page, from 1, that the character at `offset` stands on; None without pages."""
    if not layout.pages:
        return None
    return max(1, bisect_right(layout.pages, offset, key=lambda page: page.start))


def headings_by_place(headings: Sequence[Heading]) -> Callable[[int], tuple[str, ...]]:
    """For an offset, the path of headings that its character stands under, outermost first.

    Walked over once: a book has thousands of headings, and of passages.
    """
    path: list[Heading] = []
    paths: list[tuple[str, ...]] = [()]
    for heading in headings:
        while path and path[-1].level >= heading.level:
            path.pop()
        path.append(heading)
        paths.append(tuple(above.title for above in path))
    starts = [heading.start for heading in headings]
    return lambda offset: paths[bisect_right(starts, offset)]


def inspection(
    document: str, title: str, text: str, layout: Layout, passages: Sequence[Passage], model: str | None
) -> Inspection:
    """How a document is cut, and the curve that the cuts were made by.

    Args:
        document: its id, '' where it is in no library.
    """
    ends = itertools.accumulate(len(passage.sentences) for passage in passages[:-1])
    return Inspection(
        document=document,
        title=title,
        model=model,
        chunks=tuple(passages),
        curve=_neighbour_cosines(passages),
        cuts=tuple(end - 1 for end in ends),
        sentences=tuple(
            read(text, layout.edits, start, end).strip()
            for passage in passages
            for start, end in passage.sentences.tolist()
        ),
    )


def _neighbour_cosines(passages: Sequence[Passage]) -> Floats:
    """The cosine of each sentence and the next, float32 (sentences - 1,); NaN where one has no vector."""
    known = next((c.sentence_vectors for c in passages if c.sentence_vectors is not None), None)
    count = sum(len(passage.sentences) for passage in passages)
    if known is None:
        return np.full(max(0, count - 1), np.nan, np.float32)
    blank = np.zeros((0, known.shape[1]), np.float32)
    vectors = np.concatenate(
        [
            np.zeros((len(c.sentences), known.shape[1]), np.float32)
            if c.sentence_vectors is None
            else c.sentence_vectors
            for c in passages
        ]
        or [blank]
    )
    return similarity.neighbour_cosines(vectors)
