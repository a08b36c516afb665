"""What one search carries from stage to stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from desktop_kb.errors import Cancelled
from desktop_kb.language import language_of
from desktop_kb.records import (
    Also,
    Degraded,
    Embedder,
    Exact,
    Floats,
    Hit,
    Key,
    Leg,
    Location,
    Moment,
    Retrieved,
    Scope,
    SearchOptions,
    StoredPassage,
)
from desktop_kb.search.calibration import Calibration
from desktop_kb.search.query import Query

#: Scores are compared to this many digits: the encoder's last bits vary with its batch.
DIGITS: Final = 5
#: The tier of strong matches; what the question names has one of those before it.
STRONG: Final = 2
#: A passage is a candidate again with every letter typed, and telling its language takes 45 us.
_language_of = lru_cache(maxsize=1_024)(language_of)


@dataclass(slots=True)
class Candidate:
    """A passage with its scores.

    Attributes:
        script: its language by its letters (`language.by_script`), which is enough to know what a cosine means.
        scores: of each leg that found it, as 'why' says them; `ranks` by these.
        evidence: what each leg brings to the fusion, 0..1.
        similarities: what each reader says of the passage, 0..1.
        held: the share of the question's words that its language can hold, 0..1.
        fused: the legs together; weak below `floor`.
        copies: other passages that say the same, newest first.
        score: the final one.
    """

    passage: StoredPassage
    script: str = ""
    scores: dict[Leg, float] = field(default_factory=dict)
    ranks: dict[Leg, int] = field(default_factory=dict)
    evidence: dict[Leg, float] = field(default_factory=dict)
    similarities: dict[int, float] = field(default_factory=dict)
    held: float = 1.0
    fused: float = 0.0
    floor: float = 0.0
    rerank: float | None = None
    score: float = 0.0
    weak: bool = False
    exact: Exact | None = None
    copies: Sequence[StoredPassage] = ()

    @property
    def language(self) -> str:
        """Its language. Slow, for the few that are reranked."""
        return _language_of(self.passage.text)

    def read_by(self, reader: int) -> bool:
        """Whether this reader has a vector of the passage."""
        vectors = self.passage.vectors.get(reader)
        return vectors is not None and vectors.whole is not None

    @property
    def tier(self) -> int:
        """0 and 1 for what the question names, 2 for a strong match, 3 for a weak one."""
        if self.exact is not None:
            return 0 if self.exact in ("title", "name") else 1
        return STRONG + self.weak


@dataclass(slots=True)
class Named:
    """What the question names: passages that hold it, and documents whose title or file it is, which
    their best passage stands for; `candidates` are passages to look at whatever the legs find."""

    passages: dict[Key, Exact] = field(default_factory=dict)
    documents: dict[str, Exact] = field(default_factory=dict)
    candidates: set[Key] = field(default_factory=set)


@dataclass(slots=True)
class SearchContext:
    """Made of the question; the stages fill in the rest, each from what those before it left.

    Attributes:
        without: what is switched off (see `Searcher.search`).
        cancelled: set when nobody waits for the answer any more.
        vectors: the question's, by the number of the reader of `generation`; none: searched by words only.
        embedders: those readers.
        coverages: which share of the question each of them reads, 0..1.
        calibrations: what their cosines mean.
        language: the question's.
        steered: whether the vectors were moved by what the person pointed at.
        unwanted: passages that no hit is made of.
        moment: the library as this search sees it.
        retrieved: what the index found.
        candidates: these passages with their scores, the best first.
        places: where their documents stand.
        reranked: how many passages the reranker scored, of how many.
    """

    query: Query
    options: SearchOptions
    scope: Scope
    without: Collection[str] = ()
    cancelled: threading.Event | None = None
    generation: int = 0
    vectors: dict[int, Floats] = field(default_factory=dict)
    embedders: dict[int, Embedder] = field(default_factory=dict)
    coverages: dict[int, float] = field(default_factory=dict)
    calibrations: dict[int, Calibration] = field(default_factory=dict)
    language: str = ""
    steered: bool = False
    unwanted: frozenset[Key] = frozenset()
    moment: Moment = field(init=False)
    named: Named = field(default_factory=Named)
    retrieved: Retrieved = field(init=False)
    candidates: list[Candidate] = field(default_factory=list)
    places: Mapping[str, Sequence[Location]] = field(default_factory=dict)
    reranker: str = ""
    reranked: tuple[int, int] = (0, 0)
    hits: Sequence[Hit] = ()
    also: list[Also] = field(default_factory=list)
    degraded: list[Degraded] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def by_words(self) -> bool:
        """Whether words count in this search."""
        return self.options.mode != "vectors"

    @property
    def coverage(self) -> float:
        """Which share of the question is read by the reader that reads most of it, 0..1."""
        return max(self.coverages.values(), default=0.0)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count the time of this block under `name`, but for what is counted under another name within it."""
        began, counted = time.perf_counter(), sum(self.seconds.values())
        try:
            yield
        finally:
            within = sum(self.seconds.values()) - counted
            # Legs that ran in parallel took more together than the block did.
            self.add_seconds(name, max(0.0, time.perf_counter() - began - within))

    def add_seconds(self, name: str, seconds: float) -> None:
        """Count time under `name`, with what is counted there already."""
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 6)

    def go_on(self) -> None:
        """Raise `Cancelled` if nobody waits for the answer any more."""
        if self.cancelled is not None and self.cancelled.is_set():
            raise Cancelled

    def do_without(self, *codes: Degraded) -> None:
        """Say what this search does without, each once."""
        self.degraded += [code for code in dict.fromkeys(codes) if code not in self.degraded]
