"""A question, its hits, and why each was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit was found: the rank and score of each leg that has one."""

    words: WordsWhy | None
    meaning: MeaningWhy | None
    rerank: RerankWhy | None
    filters: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in final order; `degraded` names every step that was left out; `seconds` by stage;
    `reranked` says how many hits were read again with the query, and how many were to be."""

    query: str
    degraded: tuple[str, ...]
    seconds: Mapping[str, float]
    hits: tuple[Hit, ...]
    reranked: tuple[int, int] = (0, 0)


SearchMode = Literal["hybrid", "words", "vectors"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What one search may be asked. `rerank` is 'auto', 'off' or a model id;
    `rerank_seconds` None means a fixed number of candidates, whatever it takes."""

    limit: int = 10
    mode: SearchMode = "hybrid"
    rerank: str = "auto"
    rerank_seconds: float | None = None
    filters: tuple[str, ...] = ()
    unit: Literal["passage", "sentence"] = "passage"
    per_document: int | None = None
    merge: bool = False
