"""BM25 of passages from their own terms: what FTS5 computes (https://www.sqlite.org/fts5.html#the_bm25_function), for
a store whose index does not.

Added up over two tables: words, with weights for title and heading, and grams with single characters. A score is the
share of the query's weight that a passage has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from desktop_kb.lexical.cutting import Terms
from desktop_kb.lexical.query import BEGINNING
from desktop_kb.lexical.weights import MOST_PER_IDF

_K1: Final = 1.2
_B: Final = 0.75
_TITLE, _HEADING, _BODY = 2.0, 1.5, 1.0

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of a question in a whole library.

    Attributes:
        words, grams, characters: the weight of each term that is scored, in its own columns.
        mean_words, mean_grams: the mean length of a passage in terms, with characters.
        weight: of all terms of the question.
    """

    words: Mapping[str, float]
    grams: Mapping[str, float]
    characters: Mapping[str, float]
    mean_words: float
    mean_grams: float
    weight: float


def shares(statistics: Statistics, passages: Mapping[Kind, Terms]) -> dict[Kind, float]:
    """The score of each passage, 0..1; 0 where nothing matches."""
    most = statistics.weight * MOST_PER_IDF
    return {key: _score(statistics, terms) / most if most else 0.0 for key, terms in passages.items()}


def _score(known: Statistics, terms: Terms) -> float:
    title, heading, body, grams, characters = map(_Column, terms)
    columns = ((title, _TITLE), (heading, _HEADING), (body, _BODY))
    length = title.length + heading.length + body.length
    return (
        _table(known.words, columns, length, known.mean_words)
        + _table(known.grams, ((grams, 1.0),), grams.length + characters.length, known.mean_grams)
        + _table(known.characters, ((characters, 1.0),), grams.length + characters.length, known.mean_grams)
    )


def _table(
    weights: Mapping[str, float], columns: tuple[tuple[_Column, float], ...], length: int, mean: float
) -> float:
    norm = _K1 * (1 - _B + _B * length / (mean or 1.0))
    found = 0.0
    for term, weight in weights.items():
        often = sum(factor * column.count(term) for column, factor in columns if column.length)
        found += weight * often * (_K1 + 1) / (often + norm) if often else 0.0
    return found


class _Column:
    """A text of terms. They are counted where they stand: a `Counter` of all of them takes twice the time."""

    def __init__(self, text: str) -> None:
        self.length = text.count(" ") + 1 if text else 0
        self._text = f" {text.replace(' ', '  ')} "  # so that a term may follow itself

    def count(self, term: str) -> int:
        """How often a term stands there, or terms that begin so."""
        return self._text.count(f" {term[:-1]}" if term.endswith(BEGINNING) else f" {term} ")
