"""What the terms of a question weigh in a library, and which of them make candidates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from desktop_kb.lexical.query import BEGINNING, MOST_TERMS, Vocabulary, WordQuery
from desktop_kb.records import Terms as Weights

#: In a library of at most so many passages most of the query's terms stand in half of them. FTS5's weight of
#: such a term is 0 (https://www.sqlite.org/fts5.html#the_bm25_function), so that the first note of a library
#: scored 0 for every question. Here Lucene's is used, which is positive.
FEW: Final = 30
#: A term's BM25 score is at most (k1 + 1) times its inverse document frequency; FTS5's k1 is 1.2.
MOST_PER_IDF: Final = 2.2


def idf(size: int, frequency: int) -> float:
    """The weight of a term that so many of the passages have."""
    if size <= FEW:
        return math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
    return fts5_idf(size, frequency)


def fts5_idf(size: int, frequency: int) -> float:
    """FTS5's own formula with its floor, so that the shares add up to its scores."""
    return max(math.log((size - frequency + 0.5) / (frequency + 0.5)), 1e-6)


def idfs(vocabulary: Vocabulary, name: str, terms: Sequence[str]) -> dict[str, float]:
    """The weights of terms of a table."""
    size, counts = vocabulary.size(name), vocabulary.frequencies(name, terms)
    return {term: idf(size, counts.get(term, 0)) for term in terms}


def rarest(vocabulary: Vocabulary, name: str, terms: Sequence[str]) -> Sequence[str]:
    """The terms of a long query that are kept."""
    if len(terms) <= MOST_TERMS:
        return terms
    found = vocabulary.frequencies(name, terms)
    known = sorted((term for term in terms if term in found), key=lambda term: (found[term], term))
    return known[:MOST_TERMS]


def weights(vocabulary: Vocabulary, query: WordQuery) -> Weights:
    """The query's terms with their inverse document frequency."""

    def named(name: str, found: Mapping[str, float]) -> dict[str, float]:
        """The terms that beginnings stand for, in place of the beginnings."""
        return {
            own: weight
            for term, weight in found.items()
            for own in (
                (found for found, _ in vocabulary.beginning(name, term[:-1]))
                if term[-1] == BEGINNING
                else (term,)
            )
        }

    return Weights(
        named("words", idfs(vocabulary, "words", query.words)),
        named("grams", idfs(vocabulary, "grams", query.grams)),
        idfs(vocabulary, "grams", query.characters),
    )


def whole_weight(vocabulary: Vocabulary, query: WordQuery) -> float:
    """The weight of all terms, but for those that are known here and were cut off: with them a long text,
    pasted as a query, would miss most of itself."""

    def counted(name: str, terms: Sequence[str]) -> dict[str, float]:
        known, kept = vocabulary.frequencies(name, terms), frozenset(rarest(vocabulary, name, terms))
        missed = [term for term in terms if term not in query.free]
        return idfs(vocabulary, name, [term for term in missed if term in kept or term not in known])

    grams = counted("grams", query.grams) | counted("grams", query.characters)
    return sum(counted("words", query.words).values()) + sum(grams.values())


def leading(
    vocabulary: Vocabulary, query: WordQuery
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """The words, grams and characters that make candidates, with their numbers of passages. A single character does
    so only if it stands alone in the query."""

    def counted(name: str, terms: Sequence[str]) -> dict[str, int]:
        return vocabulary.frequencies(name, rarest(vocabulary, name, terms))

    alone = [character for character in query.characters if character in query.grams]
    return counted("words", query.words), counted("grams", query.grams), counted("grams", alone)
