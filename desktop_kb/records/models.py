"""Embedding models and rerankers: their interfaces and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from desktop_kb.records.findings import Finding
from desktop_kb.records.values import Floats, Ints

#: The built-in reranking, which needs no model of its own; `models use` accepts this name too.
LATE_INTERACTION: Final = "late interaction"


class ServedModel(Protocol):
    """What every model behind a process border says of itself. Thread-safe; raises ModelProblem."""

    @property
    def id(self) -> str:
        """The model's name, as people see it."""

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


class Embedder(ServedModel, Protocol):
    """A text encoder behind a process border. Thread-safe; raises ModelProblem."""

    def __hash__(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get different vectors (model, revision, prompts, pooling)."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it reads ('en', 'zh'); empty means every one its tokenizer knows."""

    @property
    def dimensions(self) -> int: ...

    @property
    def window_tokens(self) -> int:
        """The limit for one window in tokens, special tokens excluded."""

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        """Token counts (n,) and coverage 0..1 (n,) of the texts. Cheap: does not load torch."""

    @property
    def batch_windows(self) -> int:
        """Windows to pass in one call: enough to keep the device busy, few enough that a query, which
        waits for the running call, is not delayed by a second."""

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Floats]:
        """One encoder pass over windows of sentences.

        Returns for each window float32 (sentences, d): with late pooling the sum of each sentence's
        token vectors (a sum, so that a passage's vector is the sum of its sentences' vectors), without
        it the vector of each sentence alone, unit length.
        """

    @property
    def late_pooling(self) -> bool:
        """Whether a passage's vector is the sum of its sentences' vectors, else `encode_passages` makes it."""

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """The vector of each text alone, float32 (n, d), unit length; the second pass without late pooling."""

    def encode_query(self, text: str) -> Floats:
        """The query's vector, float32 (d,), unit length. Served before waiting windows."""

    def late_interaction(
        self, query: str, passages: Sequence[str], centres: tuple[Floats, Floats] | None = None
    ) -> Floats:
        """MaxSim of each passage, float32 (n,), 0..1 (Khattab & Zaharia 2020, ColBERT).

        Args:
            centres: what the query's tokens and the passages' are measured from; None for nothing.
        """


class Reranker(ServedModel, Protocol):
    """A model that scores a query and a passage together. Thread-safe; raises ModelProblem."""

    def score(self, query: str, passages: Sequence[str]) -> Floats:
        """The probability that each passage answers the query, float32 (n,); NaN for a passage that the
        model does not cover, and for all if it does not cover the query."""


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model that is installed or can be; None means not known.

    `languages` is ('*',) for many; `who` says whom the model suits; `revision` is the installed one.
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
    """What switching to a model means: `documents` and `passages` are read by `models`, which takes about
    `seconds` at the pace that they were measured at, and `needed_bytes` of disk space while what is there and
    what is made are both stored."""

    id: str
    task: Literal["embed", "rerank"]
    documents: int = 0
    passages: int = 0
    needed_bytes: int = 0
    models: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def price(self) -> Finding:
        """What it takes, to be said before."""
        if not self.models:
            return Finding(
                "put-together-anew", {"documents": self.documents, "needed_bytes": self.needed_bytes}
            )
        return Finding(
            "reads-anew",
            {
                "documents": self.documents,
                "models": list(self.models),
                "seconds": self.seconds,
                "needed_bytes": self.needed_bytes,
            },
        )
