"""The query that a search gives a library, and the passages, word scores and vectors that it gets back.

Independent of how passages are stored: a passage is identified by document and offsets, and the library
itself tokenizes the query and looks it up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from desktop_kb.records.search import Also, Filter, SearchSort
from desktop_kb.records.text import Layout
from desktop_kb.records.values import Floats, Ints, Location


class Key(NamedTuple):
    """Identifies a passage: its document's public id and raw `[start, end)` in that document's text."""

    document: str
    start: int
    end: int


class Vectors(NamedTuple):
    """One reader's vectors of a passage, not normalised: of the whole, float32 (d,), and of its sentences,
    float32 (n, d), zero for a sentence it does not cover. None if it does not cover the passage or has not
    encoded it yet."""

    whole: Floats | None
    sentences: Floats | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as a library returns it, with its document. `sentences` is int32 (n, 2) raw offsets; `vectors` are by
    the reader's number, from 1."""

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
        """Its start in its document's text."""
        return self.key.start

    @property
    def end(self) -> int:
        """Its end in its document's text."""
        return self.key.end


@dataclass(frozen=True, slots=True)
class Scope:
    """Which passages a search may return: filters, phrases that must occur, and phrases that must not. Of each of
    the `choices` one must occur; 'word*' is any word that begins so, '"a b"~5' both with at most 5 words between."""

    filters: tuple[Filter, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    choices: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.filters or self.phrases or self.excluded or self.choices)


@dataclass(frozen=True, slots=True)
class Question:
    """A query as a library gets it.

    Attributes:
        text: the query's text, which the library tokenizes as it does passages.
        vectors: the query's vector by reader, float32 (d,), unit length; each reader's vectors are searched.
        by_words: whether to find and score passages by words.
        begun: words of the text that may be beginnings of words.
    """

    text: str
    vectors: Mapping[int, Floats] = field(default_factory=dict)
    by_words: bool = True
    begun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """A query's terms with their weights in the library (inverse document frequency): words (without function
    words, unless there are no others), grams (Han bigrams, unstemmed words), and single Han characters."""

    words: Mapping[str, float] = field(default_factory=dict)
    grams: Mapping[str, float] = field(default_factory=dict)
    characters: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.words or self.grams)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The result of a query.

    Attributes:
        passages: every passage that a leg found, in no order.
        by_words: the word score of each passage, 0..1, whichever leg found it: its share of the query's
            weight (BM25 over words, and over grams with characters). Empty without `by_words`.
        nearest: by reader, the passages with the largest cosine, nearest first.
        terms: the query's terms.
        seconds: the time of 'words', 'vectors' and 'passages'; the legs may run in parallel.
        also: which words were searched besides those of the query, or in place of them.
        choices: what words of the query that no passage has may be, as terms of grams.
    """

    passages: Mapping[Key, StoredPassage]
    by_words: Mapping[Key, float]
    nearest: Mapping[int, Sequence[Key]]
    terms: Terms
    seconds: Mapping[str, float]
    also: tuple[Also, ...] = ()
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a text occurs word for word: passages that hold it, and documents with it in their title or file
    name, each with its first passage."""

    passages: frozenset[Key] = frozenset()
    documents: Mapping[str, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start, start + len(text))` of a document's raw text with its layout, whose offsets count from `start`
    and whose pages, headings and edits are clipped to the slice. `first_page` is its first page's number."""

    start: int
    text: str
    layout: Layout
    first_page: int


class Times(NamedTuple):
    """When a document is from: the ISO date that it says of itself, '' if it says none; when it was added; when the
    newest of its files that is there was changed, in nanoseconds."""

    date: str
    added: str
    modified: int


class Moment(Protocol):
    """A snapshot of a library; valid within its `with` block."""

    @property
    def generation(self) -> int:
        """The number of the active generation; 0 if nothing was ever stored."""

    def retrieve(self, question: Question, scope: Scope, k: int, also: Iterable[Key] = ()) -> Retrieved:
        """What each leg finds within the scope: at least the `k` best passages by words and, for each of the
        question's readers, the `k` nearest that it covers; and the passages `also`, whose keys come from
        this moment. Passages have the vectors of the question's readers."""

    def passages(self, places: Iterable[Key], readers: Collection[int]) -> Mapping[Key, StoredPassage]:
        """The passages in which these places begin, with the vectors of these readers; places may come from
        anywhere, and those that are gone are left out."""

    def neighbours(self, keys: Iterable[Key]) -> Mapping[tuple[Key, Key], float]:
        """Which of these passages, whose keys come from this moment, have which of the others among those that are
        most like them, and how much, 0..1. Empty where the library keeps none."""

    def first(self, scope: Scope, k: int, sort: SearchSort = "score") -> list[StoredPassage]:
        """The first passage of each of the first `k` documents in scope, sorted so, else in the order in which
        they were stored; without vectors."""

    def titled(self, text: str, scope: Scope, most: int) -> Standing:
        """The documents with this title; none if more than `most` have it."""

    def named(self, text: str, scope: Scope, most: int) -> Standing:
        """The documents with a file of this name, with or without its suffix; none if more than `most`."""

    def containing(self, text: str, scope: Scope, most: int) -> Standing:
        """The passages with this text in their title, headings or text; none if in more than `most` documents."""

    def slices(self, places: Sequence[Key]) -> list[Slice]:
        """These parts of documents' texts with their layouts, in their order."""

    def places(self, documents: Iterable[str]) -> Mapping[str, tuple[Location, ...]]:
        """Where these documents stand, in order, files before parts."""

    def times(self, documents: Iterable[str]) -> Mapping[str, Times]:
        """When each of these documents is from."""

    def awaits_pages(self, scope: Scope) -> bool:
        """Whether pages of a document that the scope's filters let through are still to be recognized."""
