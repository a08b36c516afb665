"""How a text is cut: sentences and passages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from desktop_kb.records.values import Floats, Ints


@dataclass(frozen=True, slots=True)
class Sentence:
    """The smallest piece a chunk is made of.

    `text` is the reading of `[start, end)`; `section` and `paragraph` number the heading
    section and the block it stands in; `tokens` counts the embedder's tokens (no specials);
    `coverage` is the share of its characters that the embedder's tokenizer knows, 0..1.
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
    """A chunk to be: raw `[start, end)`, made of `sentences[first:last]`, `tokens` long.

    `first == last` where a strategy cuts inside sentences (`fixed`).
    """

    start: int
    end: int
    first: int
    last: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage as it is stored. `text` is its reading; `best` candidates are its sentences.

    `sentences` is int32 (n, 2) raw offsets; `sentence_vectors` float32 (n, d), unit length,
    zero where the embedder does not cover the sentence, or None where no model was at hand;
    `vector` float32 (d,), unit length, or None where the chunk is not covered.
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


#: Tokens that chunks in one class of `Inspection.sizes` may differ by.
SIZE_CLASS = 50


@dataclass(frozen=True, slots=True)
class Inspection:
    """A document as the search sees it.

    Attributes:
        chunks: in the order of the text.
        curve: float32 (sentences - 1,), the cosine of each sentence and the next, NaN where the model
            does not read one of them or there is no model.
        cuts: `i` means that a chunk ends between sentence `i` and `i + 1`.
        sentences: the reading of each sentence, in order.
    """

    document: str
    title: str
    model: str | None
    chunks: tuple[Chunk, ...]
    curve: Floats
    cuts: tuple[int, ...]
    sentences: tuple[str, ...]

    @property
    def cohesion(self) -> tuple[float | None, float | None]:
        """The mean of `curve` between neighbours within a chunk, and between those that a cut parts;
        None where the model reads no such pair. A good cut has less across it than inside."""
        across = np.zeros(len(self.curve), bool)
        across[list(self.cuts)] = True
        known = ~np.isnan(self.curve)
        inside, outside = self.curve[known & ~across], self.curve[known & across]
        return tuple(round(float(some.mean()), 4) if len(some) else None for some in (inside, outside))  # type: ignore[return-value]

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """How many chunks have how many tokens: (the least of a class of 50, how many)."""
        classes = Counter(chunk.tokens // SIZE_CLASS * SIZE_CLASS for chunk in self.chunks)
        return tuple((least, classes[least]) for least in range(0, max(classes, default=-1) + 1, SIZE_CLASS))
