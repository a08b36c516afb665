"""A question, its hits, and why each was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypedDict, get_args

from desktop_kb.arguments import one_of, several, whole
from desktop_kb.records.values import Located, Value

FilterOperator = Literal[":", ">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter such as `key:value` or `key>=value`; `excluded` if it had a leading minus; `text` as typed."""

    key: str
    operator: FilterOperator
    value: Value
    excluded: bool
    text: str

    @staticmethod
    def written(key: str, value: str) -> str:
        """`key:value` as a person types it: quoted if necessary, with quotes inside doubled."""
        bare = not any(c.isspace() or c in '"“”' for c in value)
        return f"{key}:{value}" if bare else f'{key}:"{value.replace(chr(34), chr(34) * 2)}"'


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What a query lets through of the documents themselves, not of their text: `words` must stand in
    a title, path or tag, `excluded` must not, and `documents` are the ids that its filters let
    through (None: it has no filter)."""

    words: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    documents: frozenset[str] | None = None


class Leg(StrEnum):
    """The ways in which a search finds passages, in the order in which they are shown."""

    WORDS = "words"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class LegWhy:
    """What one leg says of a hit: its rank among the candidates and its score, 0..1; `terms` are the
    matched words as the passage has them, None for a leg that does not go by words; `readers` is what each
    embedding model says, by its id, None for a leg that does not go by meaning."""

    leg: Leg
    rank: int
    score: float
    terms: tuple[str, ...] | None = None
    readers: Mapping[str, float] | None = field(
        default=None, hash=False
    )  # a hit is a key of the window's cache

    @property
    def similarity(self) -> float:
        """The score under the name that JSON has for that of meaning."""
        return self.score

    def as_json(self) -> dict[str, Any]:
        """The object that the terminal prints."""
        record: dict[str, Any] = {"rank": self.rank}
        record["similarity" if self.leg is Leg.MEANING else "score"] = self.score
        if self.terms is not None:
            record["terms"] = list(self.terms)
        if self.readers is not None:
            record["readers"] = dict(self.readers)
        return record


@dataclass(frozen=True, slots=True)
class RerankWhy:
    score: float
    model: str


#: What a query names exactly: a title, a file name, a number or code, or a phrase of the text.
Exact = Literal["title", "name", "number", "phrase"]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit was found: what each leg says that found it, the reranker, the filters, and what the
    question names of it."""

    legs: tuple[LegWhy, ...]
    rerank: RerankWhy | None
    filters: tuple[str, ...]
    exact: Exact | None = None

    def leg(self, leg: Leg) -> LegWhy | None:
        """What this leg says; None if it did not find the hit."""
        return next((why for why in self.legs if why.leg is leg), None)

    @property
    def words(self) -> LegWhy | None:
        return self.leg(Leg.WORDS)

    @property
    def meaning(self) -> LegWhy | None:
        return self.leg(Leg.MEANING)

    def as_json(self) -> dict[str, Any]:
        """The object that the terminal prints: each leg under its name, null if it did not find the hit."""
        legs = {leg.value: why.as_json() if (why := self.leg(leg)) else None for leg in Leg}
        rerank = asdict(self.rerank) if self.rerank else None
        return {**legs, "rerank": rerank, "filters": list(self.filters), "exact": self.exact}


@dataclass(frozen=True, slots=True)
class Copy(Located):
    """Another passage that says what a hit says: word for word if `identical`, else but for a few sentences.
    `date` is what its document says of itself, None if nothing."""

    document: str
    path: str
    start: int
    end: int
    date: str | None
    identical: bool
    part: str = ""


@dataclass(frozen=True, slots=True)
class Hit(Located):
    """One answer. `text` is the raw slice `[start, end)` of the document's text, `shown` its
    reading, `best` the raw `[start, end]` of the sentence that answers, `score` 0..1; `copies` newest first;
    `recognized`: the text, or a part of it, was read in a picture; `date`: what the document says of itself, an ISO
    date."""

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
    copies: tuple[Copy, ...] = ()
    part: str = ""
    recognized: bool = False
    date: str | None = None


class Degraded(StrEnum):
    """What a search had to do without. What an option switches off does not count."""

    NO_MODEL = "no-model"
    QUERY_NOT_COVERED = "query-not-covered"
    PART_NOT_COVERED = "part-not-covered"
    READER_PENDING = "reader-pending"
    PAGES_NOT_READ = "pages-not-read"
    RERANKER_MISSING = "reranker-missing"
    RERANK_BUDGET = "rerank-budget"
    VECTORS_BUILDING = "vectors-building"
    DEVICE_FALLBACK = "device-fallback"
    PHRASE_RELAXED = "phrase-relaxed"
    FILTER_NOT_UNDERSTOOD = "filter-not-understood"


#: What a word was taken for: one with a letter less, more, other or elsewhere; one that it begins; one of whose
#: sounds it is; one that is written otherwise.
AlsoKind = Literal["typo", "beginning", "pinyin", "variant"]


class Also(NamedTuple):
    """A word that was searched besides what was `asked`, or in place of it."""

    term: str
    asked: str
    kind: AlsoKind


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in final order; `seconds` by stage; `also` what was searched besides; `reranked` is how many
    passages the reranker scored, and how many it was to score."""

    query: str
    degraded: tuple[Degraded, ...]
    seconds: Mapping[str, float]
    hits: tuple[Hit, ...]
    reranked: tuple[int, int] = (0, 0)
    also: tuple[Also, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether something answers well."""
        return any(not hit.weak for hit in self.hits)

    def as_json(self) -> dict[str, Any]:
        """The object that the terminal prints."""
        record = asdict(self)
        del record["reranked"]
        record["also"] = [{"term": term, "for": asked, "kind": kind} for term, asked, kind in self.also]
        for hit, data in zip(self.hits, record["hits"], strict=True):
            data["why"] = hit.why.as_json()
        return record


#: A passage that a person points at: document, start, end, as a hit has them.
Spot = tuple[str, int, int]
SearchSort = Literal["score", "date", "added", "modified", "title"]
SearchMode = Literal["hybrid", "words", "vectors"]
SearchUnit = Literal["passage", "sentence"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """The options of one search. `rerank` is 'auto', 'off' or a model id; with `rerank_seconds` None a fixed
    number of candidates is reranked, however long it takes. With `copies` the same text comes as often as it
    is there, else once, with its copies. With `typing` the last word of the question may be the beginning of one.
    `sort` is the order of the hits, newest first or by title; strong ones stay before weak ones. With `like` the
    question is a passage, and the hits are others that say something near it. `more` and `less` are passages that
    the person wants more or less of; what is not in the library any more counts for nothing.

    Raises:
        TypeError: `filters` is a single string.
        ValueError: a limit below 1, negative seconds, or an unknown mode, unit or sort.
    """

    limit: int = 10
    mode: SearchMode = "hybrid"
    rerank: str = "auto"
    rerank_seconds: float | None = None
    filters: Sequence[str] = ()
    unit: SearchUnit = "passage"
    per_document: int | None = None
    merge: bool = False
    copies: bool = False
    typing: bool = False
    sort: SearchSort = "score"
    like: Spot | None = None
    more: tuple[Spot, ...] = ()
    less: tuple[Spot, ...] = ()

    def __post_init__(self) -> None:
        whole("limit", self.limit, 1)
        one_of("mode", self.mode, get_args(SearchMode))
        one_of("unit", self.unit, get_args(SearchUnit))
        one_of("sort", self.sort, get_args(SearchSort))
        if self.per_document is not None:
            whole("per_document", self.per_document, 1)
        if self.rerank_seconds is not None and not self.rerank_seconds >= 0:  # NaN is neither
            raise ValueError(f"rerank_seconds is None or a number from 0, not {self.rerank_seconds!r}")
        filters = several("filters", self.filters, str, "filters such as 'year:2022'")
        object.__setattr__(self, "filters", tuple(filters))

    @property
    def is_steered(self) -> bool:
        """Whether the person points at passages."""
        return bool(self.like or self.more or self.less)


class SearchKeywords(TypedDict, total=False):
    """The options of a search, one by one; see `SearchOptions`."""

    limit: int
    mode: SearchMode
    rerank: str
    rerank_seconds: float | None
    filters: Sequence[str]
    unit: SearchUnit
    per_document: int | None
    merge: bool
    copies: bool
    typing: bool
    sort: SearchSort
    like: Spot | None
    more: tuple[Spot, ...]
    less: tuple[Spot, ...]
