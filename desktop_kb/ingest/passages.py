"""Builds passages from sentences and their vectors.

One encoder pass serves both: the encoder returns the sum of each sentence's token vectors, and the vector
of a passage is the normalized sum over its sentences. Pure, except for calling the encoder.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from desktop_kb import chunking, language, similarity
from desktop_kb.chunking import Measure, approximate_measure
from desktop_kb.inference import COVERED, pack_windows
from desktop_kb.reading import read
from desktop_kb.records import (
    Cut,
    Embedder,
    Extracted,
    Floats,
    Heading,
    Inspection,
    Ints,
    Layout,
    Page,
    Passage,
    Sentence,
    Vectors,
)

#: Windows of a scan lie within so many pages: with more, more of them are encoded again whenever pages are
#: recognized; with fewer, more are smaller than they could be.
PAGES_OF_WINDOWS: Final = 4


@dataclass(frozen=True, slots=True)
class Encoded:
    """The sentences of a text and the sum of each one's token vectors, split into direction and length:
    `vectors` float32 (n, d), `lengths` float32 (n,), zero if not covered. Both None without a model.
    `languages` are those that the model reads."""

    sentences: Sequence[Sentence]
    vectors: Floats | None = None
    lengths: Floats | None = None
    languages: tuple[str, ...] = ()

    @classmethod
    def of(cls, sentences: Sequence[Sentence], sums: Floats, languages: tuple[str, ...]) -> Encoded:
        """Make it from the sums, float32 (n, d), zero if not covered. Overwrites `sums`: a copy would take
        200 MB for a book."""
        lengths = similarity.lengths(sums)
        sums /= np.where(lengths > 0, lengths, 1)[:, None]
        return cls(sentences, sums, lengths, languages)


def passages_of(
    extracted: Extracted, embedder: Embedder | None, strategy: str = "semantic", *, with_vectors: bool = False
) -> list[Passage]:
    """Cut a text as the library would. The encoder runs only if the strategy needs it or `with_vectors`."""
    needed = with_vectors or strategy in ("semantic", "percentile")
    return build_passages(extracted, encode(extracted, embedder, with_vectors=needed), strategy)


def encode(extracted: Extracted, embedder: Embedder | None, *, with_vectors: bool = True) -> Encoded:
    """Split a text into sentences; with a model and `with_vectors`, encode them in one pass."""
    sentences = sentences_of(extracted, embedder)
    if embedder is None or not with_vectors:
        return Encoded(sentences)
    (encoded,) = encode_together([sentences], embedder)
    return encoded


def encode_together(
    texts: Sequence[Sequence[Sentence]], embedder: Embedder, check: Callable[[], None] = lambda: None
) -> list[Encoded]:
    """Encode the sentences of several texts in one pass, in as few requests as one long text would take.

    Args:
        check: called before every request; what it raises ends the pass.
    """
    sums = [np.zeros((len(sentences), embedder.dimensions), np.float32) for sentences in texts]
    windows = [(at, window) for at, some in enumerate(texts) for window in windows_of(some, embedder)]
    first = 0
    while first < len(windows):
        check()
        batch = windows[first : first + embedder.batch_windows]
        first += len(batch)
        items = [[texts[at][i].text for i in window] for at, window in batch]
        for (at, window), rows in zip(batch, embedder.encode_windows(items), strict=True):
            sums[at][window] = rows
    return [Encoded.of(some, own, embedder.languages) for some, own in zip(texts, sums, strict=True)]


def sentences_of(extracted: Extracted, embedder: Embedder | None) -> list[Sentence]:
    """Split a text into sentences; their tokens are counted by the model if there is one."""
    return chunking.split(extracted, embedder.measure if embedder else approximate_measure)


def measured_together(texts: Sequence[Extracted], embedder: Embedder) -> list[list[Sentence]]:
    """The sentences of each of these texts, measured in one request but for those that are too long and cut up."""
    roughly = [chunking.split(text, approximate_measure) for text in texts]
    measure = measure_together([sentence.text for some in roughly for sentence in some], embedder)
    return [chunking.split(text, measure) for text in texts]


def measure_together(sentences: Sequence[str], embedder: Embedder) -> Measure:
    """A function that knows the measures of these sentences, which it asks for in one request."""
    known = dict(zip(sentences, zip(*embedder.measure(sentences), strict=True), strict=True))

    def measure(asked: Sequence[str]) -> tuple[Ints, Floats]:
        if not all(text in known for text in asked):
            return embedder.measure(asked)
        found = [known[text] for text in asked]
        return np.array([count for count, _ in found], np.int32), np.array(
            [share for _, share in found], np.float32
        )

    return measure


def reads(languages: tuple[str, ...], passage: str) -> bool:
    """Whether a model of these languages may read this passage, if it covers it. Of one in Chinese and English
    the coverage decides: a model of English reads those that are half English."""
    return language.reads(languages, passage if "zh" in languages else language.without_han(passage))


def sentences_read(extracted: Extracted, passages: Sequence[Passage]) -> list[str]:
    """What the sentences of these passages read."""
    spans = [span for passage in passages for span in passage.sentences.tolist()]
    return [read(extracted.text, extracted.layout.edits, start, end).strip() for start, end in spans]


def sentences_in(
    extracted: Extracted, passages: Sequence[Passage], languages: tuple[str, ...], measure: Measure
) -> list[Sentence]:
    """The sentences of passages that were cut before, measured by another model, which reads these languages.
    Those of a passage in another language count as not covered."""
    spans = [span for passage in passages for span in passage.sentences.tolist()]
    texts = sentences_read(extracted, passages)
    counts, coverage = measure(texts)
    is_read = np.repeat(
        [reads(languages, passage.text) for passage in passages],
        [len(passage.sentences) for passage in passages],
    )
    return [
        Sentence(start, end, text, 0, 0, tokens, share)
        for (start, end), text, tokens, share in zip(
            spans, texts, counts.tolist(), np.where(is_read, coverage, 0.0).tolist(), strict=True
        )
    ]


def vectors_of(passages: Sequence[Passage], encoded: Encoded) -> list[Vectors]:
    """What a model says of passages that another one cut, from their sentences, which follow each other; the
    vectors of one that it does not cover are None."""
    found = []
    ends = itertools.accumulate((len(passage.sentences) for passage in passages), initial=0)
    for first, last in itertools.pairwise(ends):
        whole, _ = _pool(encoded, slice(first, last))
        sentences = None if whole is None or encoded.vectors is None else encoded.vectors[first:last]
        found.append(Vectors(whole, sentences))
    return found


def windows_of(
    sentences: Sequence[Sentence], embedder: Embedder, ends: Sequence[int] = ()
) -> list[list[int]]:
    """Pack the covered sentences into windows of the encoder: the sentence numbers of each window. None goes on
    over the offsets `ends`."""
    covered = [i for i, sentence in enumerate(sentences) if sentence.coverage >= COVERED]
    windows = []
    for _, some in itertools.groupby(covered, lambda i: bisect_right(ends, sentences[i].start)):
        within = list(some)
        packed = pack_windows([sentences[i].tokens for i in within], embedder.window_tokens)
        windows += [within[first:last] for first, last in packed]
    return windows


def window_ends(pages: Sequence[Page]) -> list[int]:
    """Where no window goes on in a scan: what is recognized later changes no window of the pages before."""
    if not any(page.recognized for page in pages):
        return []
    return [page.start for page in pages[PAGES_OF_WINDOWS::PAGES_OF_WINDOWS]]


def build_passages(extracted: Extracted, encoded: Encoded, strategy: str = "semantic") -> list[Passage]:
    """Cut a document into passages and pool their vectors from those of the sentences (late pooling)."""
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
    vector, coverage = _pool(encoded, part)
    if vector is not None and not reads(encoded.languages, text):
        vector = None
    return Passage(
        start=cut.start,
        end=cut.end,
        page=layout.page_at(cut.start),
        last_page=layout.page_at(cut.end - 1),
        heading=heading_at(members[-1].start if members else cut.start),
        tokens=cut.tokens,
        text=text,
        coverage=coverage,
        sentences=np.array([(s.start, s.end) for s in members], np.int32).reshape(-1, 2),
        sentence_vectors=None if encoded.vectors is None else encoded.vectors[part],
        vector=vector,
    )


def _pool(encoded: Encoded, part: slice) -> tuple[Floats | None, float]:
    """The vector of these sentences together, None if the model does not cover them, and their coverage."""
    members = encoded.sentences[part]
    letters = sum(len(sentence.text) for sentence in members)
    covered = sum(len(sentence.text) for sentence in members if sentence.coverage >= COVERED)
    coverage = covered / letters if letters else 0.0
    if encoded.vectors is None or encoded.lengths is None or coverage < COVERED:
        return None, coverage
    return similarity.unit(encoded.lengths[part] @ encoded.vectors[part]), coverage


def headings_by_place(headings: Sequence[Heading]) -> Callable[[int], tuple[str, ...]]:
    """A function from an offset to the path of headings above it, outermost first.

    The headings are walked once and then bisected, because a book has thousands of headings and passages.
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
    """The passages of a document, and the similarity curve that they were cut by.

    Args:
        document: the document's id, '' if it is in no library.
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
    """The cosine of each sentence with the next, float32 (sentences - 1,); NaN if one has no vector."""
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
