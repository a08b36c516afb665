"""A question as terms, and what is asked about terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from desktop_kb import language

#: At the end of a term: all terms that begin like this.
BEGINNING: Final = "*"
#: A longer query is cut to this many of its rarest terms: the others weigh little, and an index's time grows with
#: each term's matches.
MOST_TERMS: Final = 64


class Vocabulary(Protocol):
    """How often terms stand in the passages; the table `name` is 'words' or 'grams' (with the characters)."""

    def size(self, name: str) -> int:
        """The number of passages."""

    def frequencies(self, name: str, terms: Sequence[str]) -> dict[str, int]:
        """The number of passages with each term; terms without any are left out."""

    def beginning(self, name: str, start: str) -> list[tuple[str, int]]:
        """The most frequent terms that begin like this, each with its number of passages."""


@dataclass(frozen=True, slots=True)
class WordQuery:
    """A question as terms of both tables, without function words unless it has no others.

    A term that ends with `BEGINNING` stands for all terms that begin like this. `free` terms add to a passage's
    score, but a passage without them misses nothing.
    """

    words: tuple[str, ...]
    grams: tuple[str, ...]
    characters: tuple[str, ...]
    free: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> WordQuery:
        """Tokenize a question in the same way as passages."""
        words = _unique(language.words(text))
        kept = tuple(word for word in words if not language.is_stop(word)) or words
        grams = _unique([*language.grams(text), *language.lone_characters(text)])
        grams = tuple(gram for gram in grams if not language.is_stop(gram)) or grams
        characters = tuple(c for c in _unique(language.characters(text)) if not language.is_stop(c))
        return cls(kept, grams, characters)

    def __bool__(self) -> bool:
        return bool(self.words or self.grams)


def _unique(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))
