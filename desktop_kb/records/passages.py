"""How a text is cut: sentences and passages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from desktop_kb.records.values import Floats, Ints


@dataclass(frozen=True, slots=True)
class Sentence:
    """The smallest piece that a passage is made of.

    `text` is the reading of `[start, end)`; `section` and `paragraph` are the numbers of its section and
    paragraph; `tokens` counts the embedder's tokens without special ones; `coverage` is the share of its
    letters that the embedder reads, 0..1.
    """

    start: int
    end: int
    text: str
    section: int
    paragraph: int
    tokens: int = 0
    coverage: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage by its borders: raw `[start, end)`, made of `sentences[first:last]`, `tokens` long.

    `first == last` if no sentence starts in it, since the strategy 'fixed' cuts inside sentences.
    """

    start: int
    end: int
    first: int
    last: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document, as it is made and stored. `text` is its reading.

    `sentences` is int32 (n, 2) raw offsets; `sentence_vectors` float32 (n, d), unit length, zero for a
    sentence that the embedder does not cover, or None without an embedder; `vector` float32 (d,), unit
    length, or None if the embedder does not cover the passage.
    """

    start: int
    end: int
    page: int | None
    last_page: int | None
    heading: tuple[str, ...]
    tokens: int
    text: str
    coverage: float
    sentences: Ints
    sentence_vectors: Floats | None = None
    vector: Floats | None = None


#: Width in tokens of a class of `Inspection.sizes`.
SIZE_CLASS = 50


@dataclass(frozen=True, slots=True)
class Inspection:
    """A document as the search sees it.

    Attributes:
        chunks: its passages, in the order of the text.
        curve: float32 (sentences - 1,), the cosine of each sentence and the next; NaN if the model does
            not cover one of them or there is no model.
        cuts: `i` means that a passage ends between sentences `i` and `i + 1`.
        sentences: the reading of each sentence, in order.
    """

    document: str
    title: str
    model: str | None
    chunks: tuple[Passage, ...]
    curve: Floats
    cuts: tuple[int, ...]
    sentences: tuple[str, ...]

    @property
    def cohesion(self) -> tuple[float | None, float | None]:
        """The mean of `curve` within passages and across the cuts; None if the model covers no such pair.
        Good cuts have a lower mean across them than within passages."""
        across = np.zeros(len(self.curve), bool)
        across[list(self.cuts)] = True
        known = ~np.isnan(self.curve)
        inside, outside = self.curve[known & ~across], self.curve[known & across]
        return tuple(round(float(some.mean()), 4) if len(some) else None for some in (inside, outside))  # type: ignore[return-value]

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """The histogram of passage sizes: (lower end of a class of 50 tokens, number of passages)."""
        classes = Counter(chunk.tokens // SIZE_CLASS * SIZE_CLASS for chunk in self.chunks)
        return tuple((least, classes[least]) for least in range(0, max(classes, default=-1) + 1, SIZE_CLASS))
