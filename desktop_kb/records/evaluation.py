"""How well a library answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from desktop_kb.records.landscape import Measures
from desktop_kb.records.search import Degraded


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval (bootstrap over questions)."""

    mean: float
    low: float
    high: float


#: How many are made from a library where the person has none.
QUESTIONS: Final = 150

#: What the name of a way to search begins with that is `fused` but for one part: 'exact', 'calibration',
#: 'folding', or of several readers one's id.
WITHOUT: Final = "without "


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


#: What a document is asked for by: all that a person types is its title, its file's name, or a date or a number
#: that stands in it.
ItemKind = Literal["title", "name", "date", "number"]


@dataclass(frozen=True, slots=True)
class KnownItems:
    """Documents asked for by what names them: in how many of the `asked` cases one of those came `first`, and
    how many of these hits were called weak."""

    kind: ItemKind
    asked: int
    first: int
    weak: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a library answers.

    Attributes:
        kinds: the number of questions of each kind: heading, sentence, definition, own, or across (a definition
            asked for in the library's other language).
        documents: how many documents were used, out of `of`, with `characters` of text in all.
        degraded: what the searches had to do without.
        across: as `languages`, of the questions whose answer is in the library's other language.
        items: documents asked for by name, by kind; in the whole library, as a person searches it.
        diffusion: whether the person's questions gain where what is like good answers counts, which the library's
            setting of that name follows; None where there are too few of them.
        surface: what the surface is like that the library's passages lie on.
        repeated: the mean share of the text of the first ten hits that stands in an earlier one.
    """

    model: str | None
    documents: int
    of: int
    characters: int
    kinds: Mapping[str, int]
    languages: tuple[LanguageEvaluation, ...]
    degraded: tuple[Degraded, ...]
    seconds: float
    across: tuple[LanguageEvaluation, ...] = ()
    items: tuple[KnownItems, ...] = ()
    repeated: Estimate | None = None
    diffusion: bool | None = None
    surface: Measures = field(default_factory=Measures)
