"""The models that read texts and questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from desktop_kb.records.findings import Finding
from desktop_kb.records.values import Floats, Ints


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
    def batch_windows(self) -> int:
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
    def notice(self) -> Finding | None:
        """Why the device is not the one to be expected; None when it is."""

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
    def notice(self) -> Finding | None:
        """Why the device is not the one to be expected; None when it is."""

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
