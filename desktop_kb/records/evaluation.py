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
    """The results of one configuration over the questions of one language.

    Attributes:
        rank: MRR@10, where a passage is relevant if it holds part of the answer.
        read: the mean share of the answer within the first 1,000 characters of the hits.
        against: the name of the configuration that `gain` compares with, '' for none.
        gain: the mean difference in `read`, paired by question.
    """

    name: str
    rank: Estimate
    read: Estimate
    against: str = ""
    gain: Estimate | None = None


@dataclass(frozen=True, slots=True)
class LanguageEvaluation:
    """The results for one language: `stages` are configurations of the search over the library's own
    passages, `cuts` chunking strategies. Those that need a model which does not cover the language are left
    out."""

    language: str
    questions: int
    stages: tuple[Measured, ...]
    cuts: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a library answers.

    Attributes:
        kinds: the number of questions of each kind: heading, sentence, definition, or own.
        documents: how many documents were used, out of `of`, with `characters` of text in all.
        degraded: what the searches had to do without.
    """

    model: str | None
    documents: int
    of: int
    characters: int
    kinds: Mapping[str, int]
    languages: tuple[LanguageEvaluation, ...]
    degraded: tuple[Degraded, ...]
    seconds: float
