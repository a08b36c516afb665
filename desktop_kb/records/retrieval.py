"""What a search asks of a library, and what it is given: passages, their scores by words, their vectors.

Nothing here says how passages are kept. They are known by document and place; how a question is cut
into terms and how the library finds by them is its own matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from desktop_kb.records.search import Filter
from desktop_kb.records.text import Layout
from desktop_kb.records.values import Floats, Ints


class Key(NamedTuple):
    """What a passage is known by: its document's public id and raw `[start, end)` in its text."""

    document: str
    start: int
    end: int


class Vectors(NamedTuple):
    """What one reader says of a passage, of any length: of the whole, float32 (d,), and of its sentences,
    float32 (n, d), zero where it does not read one. None where it has not read it, or does not."""

    whole: Floats | None
    sentences: Floats | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage with its document. `sentences` is int32 (n, 2) raw offsets; `vectors` by reader, from 1."""

    key: Key
    title: str
    type: str
    heading: tuple[str, ...]
    page: int | None
    last_page: int | None
    text: str
    coverage: float
    sentences: Ints
    vectors: dict[int, Vectors]

    @property
    def document(self) -> str:
        """Its document's public id."""
        return self.key.document

    @property
    def start(self) -> int:
        """Where it begins in its document's text."""
        return self.key.start

    @property
    def end(self) -> int:
        """Where it ends there."""
        return self.key.end


@dataclass(frozen=True, slots=True)
class Scope:
    """Which passages a search may return: filters, phrases they hold, and what they must not hold."""

    filters: tuple[Filter, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.filters or self.phrases or self.excluded)


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    Attributes:
        text: for its words; the library cuts it as it cuts passages.
        vectors: the question's, by reader, float32 (d,), unit length: each reader's passages are looked at.
        by_words: whether passages are found and scored by words.
    """

    text: str
    vectors: Mapping[int, Floats] = field(default_factory=dict)
    by_words: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's terms with their weight in the library (inverse document frequency): words without
    function words where others remain, grams (Han bigrams, unstemmed words), single Han characters."""

    words: Mapping[str, float] = field(default_factory=dict)
    grams: Mapping[str, float] = field(default_factory=dict)
    characters: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.words or self.grams)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a question brings.

    Attributes:
        passages: what any leg found, in no order.
        by_words: the share of the question's weight that each of them carries, 0..1, whichever leg found it
            (BM25 over words, and over grams with characters); empty where words were left out.
        nearest: by reader, the passages with the largest cosine, nearest first.
        terms: the question's.
        seconds: of 'words', 'vectors' and 'passages'; legs may run beside each other.
    """

    passages: Mapping[Key, Passage]
    by_words: Mapping[Key, float]
    nearest: Mapping[int, Sequence[Key]]
    terms: Terms
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a text stands word for word: passages that say it, and documents, each with its first passage,
    that have it in their title or name."""

    passages: frozenset[Key] = frozenset()
    documents: Mapping[str, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start, start + len(text))` of a document's raw text, and what stands there, counted from `start`;
    what begins before or ends behind is cut off. `first_page` is the number of the first of its pages."""

    start: int
    text: str
    layout: Layout
    first_page: int


class Moment(Protocol):
    """A library as it is at one moment; valid within its `with` block."""

    @property
    def generation(self) -> int:
        """The number of the one that serves; 0: nothing was ever stored."""

    def retrieve(self, question: Question, scope: Scope, k: int, also: Iterable[Key] = ()) -> Retrieved:
        """What each leg finds within the scope: at least the `k` best by words where there are so many, and
        for each of the question's readers the `k` nearest passages that it reads; and `also` these, which
        this moment has named. Passages have the vectors of the question's readers."""

    def first(self, scope: Scope, k: int) -> list[Passage]:
        """The first passage of each of the first `k` documents in scope, in the order they were stored;
        without vectors."""

    def titled(self, text: str, scope: Scope, most: int) -> Standing:
        """The documents that have this title; none where it stands in more than `most` documents."""

    def named(self, text: str, scope: Scope, most: int) -> Standing:
        """The documents of which a file has this name, with its suffix or without; at most so many."""

    def said(self, text: str, scope: Scope, most: int) -> Standing:
        """What holds this text in its title, headings or text; in at most so many documents."""

    def slice(self, document: str, start: int, end: int) -> Slice:
        """What stands there in a document's text."""

    def places(self, documents: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Every path of these documents, in order."""
