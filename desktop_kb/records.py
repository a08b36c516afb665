"""The dataclasses and protocols that cross modules.

Offsets are Unicode code points of the document's text; `end` is exclusive. Pages count from 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

#: A metadata value: an integer, else an ISO date, else any string (both as `str`).
Value = int | str
DocumentType = Literal["pdf", "markdown", "text", "html"]
Json = dict[str, Any]


# --- what a file holds -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF: its characters are `text[start:end]`; `label` is what is printed on it."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line `text[start:end]`; `level` counts from 1; `title` is its reading."""

    start: int
    end: int
    level: int
    title: str


class Edit(NamedTuple):
    """`text[start:end]` is read as `text` ('' drops it). See `reading`. A book has 130,000: made in a fifth of
    a dataclass's time."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a document's text; stored with it."""

    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extraction child found in one file."""

    text: str
    type: DocumentType
    title: str
    layout: Layout = Layout()
    metadata: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


# --- how it is cut ---------------------------------------------------------------------------


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


# --- models ----------------------------------------------------------------------------------


class Embedder(Protocol):
    """A text encoder behind a process border. Thread-safe; raises ModelProblem."""

    def __hash__(self) -> int: ...

    @property
    def id(self) -> str:
        """The model's name, for people."""

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get other vectors (model, revision, prompts, pooling)."""

    @property
    def dimensions(self) -> int: ...

    @property
    def window_tokens(self) -> int:
        """How many tokens one window may hold, specials excluded."""

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        """Token counts (n,) and coverage 0..1 (n,) of each text. Cheap: loads no torch."""

    @property
    def at_once(self) -> int:
        """How many windows to bring in one call: enough to keep the device busy, few enough that a
        query, which waits for one call, need not wait a second."""

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Floats]:
        """One encoder pass over windows of sentences.

        Returns for each window float32 (sentences, d): the sum of each sentence's token
        vectors ('late' pooling; a sum so that a chunk's vector is the sum of its sentences'), or
        where there is no late pooling each sentence's own vector, unit length.
        """

    @property
    def late_pooling(self) -> bool:
        """Whether a chunk's vector is the sum of its sentences'; else it takes `encode_passages`."""

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Each text's own vector, float32 (n, d), unit length: a second pass."""

    def encode_query(self, text: str) -> Floats:
        """The query's vector, float32 (d,), unit length. Overtakes waiting windows."""

    def late_interaction(self, query: str, passages: Sequence[str]) -> Floats:
        """MaxSim of each passage, float32 (n,), 0..1 (Khattab & Zaharia 2020, ColBERT)."""

    @property
    def device(self) -> str:
        """'cuda', 'mps' or 'cpu' while it is loaded, else ''."""

    @property
    def notice(self) -> str | None:
        """Why the device is not the one to be expected, as a sentence; None when it is."""

    @property
    def fell_back(self) -> bool:
        """It was to run on a graphics device and runs on the CPU."""

    def close(self) -> None: ...


class Reranker(Protocol):
    """A model that reads a query and a passage together. Thread-safe; raises ModelProblem."""

    @property
    def id(self) -> str:
        """The model's name, for people."""

    def score(self, query: str, passages: Sequence[str]) -> Floats:
        """The probability that each passage answers the query, float32 (n,); NaN for one that the
        model does not read, and for all where it does not read the query."""

    @property
    def device(self) -> str:
        """'cuda', 'mps' or 'cpu' while it is loaded, else ''."""

    @property
    def notice(self) -> str | None:
        """Why the device is not the one to be expected, as a sentence; None when it is."""

    @property
    def fell_back(self) -> bool:
        """It was to run on a graphics device and runs on the CPU."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model that is installed or can be. None: not known.

    `languages` holds '*' for many; `who` says for whom it is; `revision` is the installed one's.
    """

    id: str
    task: Literal["embed", "rerank"]
    installed: bool
    in_use: bool
    who: str
    languages: tuple[str, ...] | None
    dimensions: int | None
    size_bytes: int | None
    licence: str | None
    revision: str | None


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What choosing a model means: so many documents and passages are read anew for it, which takes
    about so much of the disk while both models' passages are there."""

    id: str
    task: Literal["embed", "rerank"]
    documents: int = 0
    passages: int = 0
    needed_bytes: int = 0


# --- the library -----------------------------------------------------------------------------

DocumentStatus = Literal["waiting", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Document:
    """One content in the library, with every place it was added from."""

    document: str  # public id
    path: str
    places: tuple[str, ...]
    title: str
    type: str
    status: DocumentStatus
    pages: int
    chunks: int
    tags: tuple[str, ...]
    metadata: Mapping[str, Value]
    added: str  # ISO 8601, UTC
    error: str | None = None
    error_code: str | None = None


AddStatus = Literal["indexed", "updated", "unchanged", "duplicate", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """How one file fared."""

    path: str
    status: AddStatus
    pages: int = 0
    chunks: int = 0
    seconds: float = 0.0
    error: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class QueuedFile:
    """A file that waits to be read, or is under way; `job` names it in the queue."""

    job: int
    path: str
    running: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request put into the queue, and what needed no work."""

    jobs: tuple[int, ...]
    reports: tuple[FileReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """The library at this moment. `coverage` is the share of passages that `model` reads, which answers
    queries; `building` is the one that takes over when all documents are `built` for it."""

    library: str
    writable: bool
    documents: int
    failed: int
    trash: int
    chunks: int
    size_bytes: int
    model: str | None
    device: str
    notice: str | None
    reranker: str | None
    reranker_device: str
    building: str | None
    built: int
    coverage: float
    waiting: int
    indexer: str | None


# --- search ----------------------------------------------------------------------------------

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


# --- how good it is --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval (bootstrap over questions)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to search, over the questions of one language.

    Attributes:
        rank: of 1 / rank of the first passage among ten that holds part of the answer, else 0 (MRR@10).
        read: of the share of the answer within the first 1,000 characters of the hits.
        against: the way that `gain` compares with, '' for none.
        gain: of the difference in `read`, question by question.
    """

    name: str
    rank: Estimate
    read: Estimate
    against: str = ""
    gain: Estimate | None = None


@dataclass(frozen=True, slots=True)
class LanguageEvaluation:
    """`stages` are ways to search the passages of the library, `cuts` ways to cut them. A way that the
    model cannot go in this language is not among them."""

    language: str
    questions: int
    stages: tuple[Measured, ...]
    cuts: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a library answers.

    Attributes:
        kinds: how many questions of each kind: heading, sentence, definition, or own.
        documents: how many took part, of `of`; `characters` of text.
        degraded: what was left out, as in a search.
    """

    model: str | None
    documents: int
    of: int
    characters: int
    kinds: Mapping[str, int]
    languages: tuple[LanguageEvaluation, ...]
    degraded: tuple[str, ...]
    seconds: float


# --- events: past tense, sent from worker threads -------------------------------------------


@dataclass(frozen=True, slots=True)
class FileFinished:
    """One job has ended; its result is stored."""

    report: FileReport


@dataclass(frozen=True, slots=True)
class ProgressMade:
    """`fraction` 0..1 of `path`, the file under way, is done; `waiting` files follow it.

    Sent once when a file is begun. `path` is '' while the library is built anew for another model.
    """

    path: str
    fraction: float
    waiting: int


@dataclass(frozen=True, slots=True)
class QueuePaused:
    """Indexing stopped by itself, for this reason; it goes on with `resume`."""

    problem: str


@dataclass(frozen=True, slots=True)
class ModelBuilt:
    """The library is being read anew for `model`: so many of its documents are done. When all are, the
    model serves."""

    model: str
    done: int
    documents: int


Event = FileFinished | ProgressMade | QueuePaused | ModelBuilt
Listener = Callable[[Event], None]

PathLike = str | Path
