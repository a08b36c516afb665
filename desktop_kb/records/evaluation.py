"""How well a library answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop_kb.records.search import Degraded


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
    degraded: tuple[Degraded, ...]
    seconds: float
