"""How often terms stand in the passages of a generation, and what a question's word search looks up; in one
transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from desktop_kb.lexical import BEGINNING, MOST_TERMS, WordQuery, idf, rarest, whole_weight
from desktop_kb.lexical.scoring import Statistics
from desktop_kb.remote.session import Session
from desktop_kb.remote.tokens import any_of, token

#: Of so many terms at most the engine counts passages in one statement, and of so many that begin alike.
_AT_ONCE: Final = 64
_MOST_BEGINNING: Final = 200
_HEX_LIKE: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


class Words:
    """`lexical.Vocabulary` over one generation.

    Args:
        known: counts from before, of the same state of the library; it grows.
    """

    def __init__(self, session: Session, generation: int, known: dict[tuple[str, str], int]) -> None:
        self._session = session
        self.generation = generation
        self._known = known

    @property
    def lengths(self) -> tuple[int, int, int]:
        """The number of passages, and of all their words and grams."""
        keys = [("lengths", name) for name in ("passages", "words", "grams")]
        if keys[0] not in self._known:
            row = self._session.row(
                "select coalesce(sum(chunks), 0), coalesce(sum(words), 0), coalesce(sum(grams), 0) from indexed "
                "where generation = %s",
                (self.generation,),
            )
            assert row is not None
            self._known |= zip(keys, map(int, row), strict=True)
        passages, words, grams = (self._known[key] for key in keys)
        return passages, words, grams

    def size(self, name: str) -> int:
        """See `lexical.Vocabulary`; both tables have all passages."""
        return self.lengths[0]

    def frequencies(self, name: str, terms: Sequence[str]) -> dict[str, int]:
        """See `lexical.Vocabulary`."""
        asked = [term for term in dict.fromkeys(terms) if (name, term) not in self._known]
        if len(asked) > _AT_ONCE:
            there = self._there(name, asked)
            self._known |= {(name, term): 0 for term in asked if term not in there}
            asked = [term for term in asked if term in there]
        self._count(name, asked)
        return {term: count for term in terms if (count := self._known[name, term])}

    def _there(self, name: str, terms: Sequence[str]) -> set[str]:
        """Those that any passage has had."""
        plain = [term for term in terms if term[-1:] != BEGINNING]
        if not plain:
            return set(terms)
        rows = self._session.rows(
            f"select term from terms_{self.generation} where kind = %s and term in ({', '.join(['%s'] * len(plain))})",
            (name[0], *plain),
        )
        return {term for (term,) in rows} | (set(terms) - set(plain))

    def _count(self, name: str, terms: Sequence[str]) -> None:
        for first in range(0, len(terms), _AT_ONCE):
            some = terms[first : first + _AT_ONCE]
            lookups = [any_of(self.tokens(name, term)) for term in some]
            found = self._session.row(
                "select "
                + ", ".join(
                    f"(select count(*) from passages_{self.generation} where match({name[0]}) "
                    "against (%s in boolean mode))"
                    for _ in some
                ),
                lookups,
            )
            assert found is not None
            self._known |= {(name, term): int(count) for term, count in zip(some, found, strict=True)}

    def beginning(self, name: str, start: str) -> list[tuple[str, int]]:
        """See `lexical.Vocabulary`."""
        counts = self.frequencies(name, self._beginning(name, start))
        return sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:MOST_TERMS]

    def _beginning(self, name: str, start: str) -> list[str]:
        rows = self._session.rows(
            f"select term from terms_{self.generation} where kind = %s and term like %s order by term limit %s",
            (name[0], f"{start.translate(_HEX_LIKE)}%", _MOST_BEGINNING),
        )
        return [term for (term,) in rows]

    def tokens(self, name: str, term: str) -> list[str]:
        """The tokens of a term: of a beginning those that it stands for; of a gram also the character."""
        if term[-1:] == BEGINNING:
            return [token("x", own) for own in self._beginning(name, term[:-1])] or [token("x", term)]
        return [token("x", term)] + ([token("c", term)] if name == "grams" and len(term) == 1 else [])

    # --- what a question's scores need

    def statistics(self, query: WordQuery) -> Statistics:
        """The weights of a question's terms, as FTS5 has them: each in its own columns."""
        size, words, grams = self.lengths
        return Statistics(
            self._weights("words", rarest(self, "words", query.words), "x"),
            self._weights("grams", rarest(self, "grams", query.grams), "x"),
            self._weights("grams", rarest(self, "grams", query.characters), "c"),
            words / size if size else 0.0,
            grams / size if size else 0.0,
            whole_weight(self, query),
        )

    def _weights(self, name: str, terms: Iterable[str], kind: str) -> dict[str, float]:
        """A term that could stand in both columns of the grams is counted in this one alone."""
        column = {term: term for term in terms}
        if name == "grams":
            both = [term for term in column if len(term) == 1]
            found = dict(zip(both, self._in_column(both, kind), strict=True))
            rest = self.frequencies(name, [term for term in column if len(term) > 1])
            counts = rest | found
        else:
            counts = self.frequencies(name, list(column))
        return {term: idf(self.size(name), counts.get(term, 0)) for term in column}

    def _in_column(self, terms: Sequence[str], kind: str) -> list[int]:
        key = f"only {kind}"
        asked = [term for term in terms if (key, term) not in self._known]
        if asked:
            found = self._session.row(
                "select "
                + ", ".join(
                    f"(select count(*) from passages_{self.generation} where match(g) against (%s in boolean mode))"
                    for _ in asked
                ),
                [token(kind, term) for term in asked],
            )
            assert found is not None
            self._known |= {(key, term): int(count) for term, count in zip(asked, found, strict=True)}
        return [self._known[key, term] for term in terms]
