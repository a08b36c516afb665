"""A question, its hits, and why each was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from desktop_kb.arguments import one_of, several, whole
from desktop_kb.records.values import Value

FilterOperator = Literal[":", ">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Filter:
    """`key:value`, `key>=value`; `excluded` for a leading minus; `text` is how it was written."""

    key: str
    operator: FilterOperator
    value: Value
    excluded: bool
    text: str

    @staticmethod
    def written(key: str, value: str) -> str:
        """`key:value` as a person types it: in quotes where it must be, and a quote within them twice."""
        bare = not any(c.isspace() or c == '"' for c in value)
        return f"{key}:{value}" if bare else f'{key}:"{value.replace(chr(34), chr(34) * 2)}"'


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a query lets through of the documents themselves, not of their text: `words` must stand in
    a title, path or tag, `excluded` must not, and `documents` are the ids that its filters let
    through (None: it has no filter)."""

    words: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    documents: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class WordsWhy:
    rank: int
    score: float
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeaningWhy:
    rank: int
    similarity: float


@dataclass(frozen=True, slots=True)
class RerankWhy:
    score: float
    model: str


#: What a question names: a title, a file's name, a number or code, or words that stand there as they are.
Exact = Literal["title", "name", "number", "phrase"]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit was found: the rank and score of each leg that has one, and what the question names of it."""

    words: WordsWhy | None
    meaning: MeaningWhy | None
    rerank: RerankWhy | None
    filters: tuple[str, ...]
    exact: Exact | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. `text` is the raw slice `[start, end)` of the document's text, `shown` its
    reading, `best` the raw `[start, end]` of the sentence that answers, `score` 0..1."""

    rank: int
    document: str
    path: str
    places: tuple[str, ...]
    title: str
    type: str
    heading: tuple[str, ...]
    page: int | None
    pages: tuple[int, int] | None
    page_label: str | None
    start: int
    end: int
    text: str
    shown: str
    best: tuple[int, int]
    score: float
    weak: bool
    why: Why


class Degraded(StrEnum):
    """What a search had to do without. Switched off by an option is not degraded."""

    NO_MODEL = "no-model"
    QUERY_NOT_COVERED = "query-not-covered"
    PART_NOT_COVERED = "part-not-covered"
    RERANKER_MISSING = "reranker-missing"
    RERANK_BUDGET = "rerank-budget"
    VECTORS_BUILDING = "vectors-building"
    DEVICE_FALLBACK = "device-fallback"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in final order; `seconds` by stage; `reranked` is how many passages the reranker scored, and
    how many it was to score."""

    query: str
    degraded: tuple[Degraded, ...]
    seconds: Mapping[str, float]
    hits: tuple[Hit, ...]
    reranked: tuple[int, int] = (0, 0)


SearchMode = Literal["hybrid", "words", "vectors"]
SearchUnit = Literal["passage", "sentence"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What one search may be asked. `rerank` is 'auto', 'off' or a model id;
    `rerank_seconds` None means a fixed number of candidates, whatever it takes.

    Raises:
        TypeError: a single string where filters are meant.
        ValueError: a limit below 1, negative seconds, a mode or unit that there is not.
    """

    limit: int = 10
    mode: SearchMode = "hybrid"
    rerank: str = "auto"
    rerank_seconds: float | None = None
    filters: tuple[str, ...] = ()
    unit: SearchUnit = "passage"
    per_document: int | None = None
    merge: bool = False

    def __post_init__(self) -> None:
        whole("limit", self.limit, 1)
        one_of("mode", self.mode, get_args(SearchMode))
        one_of("unit", self.unit, get_args(SearchUnit))
        if self.per_document is not None:
            whole("per_document", self.per_document, 1)
        if self.rerank_seconds is not None and not self.rerank_seconds >= 0:  # NaN is neither
            raise ValueError(f"rerank_seconds is None or a number from 0, not {self.rerank_seconds!r}")
        filters = several("filters", self.filters, str, "filters such as 'year:2022'")
        object.__setattr__(self, "filters", tuple(filters))
