"""A scope as the engine takes it: tokens that a passage must have, and conditions on its columns where no token says
what is asked.

Beside a word lookup a condition on a column makes the engine score every match (290 to 860 ms of 200,000 passages);
a required token costs nothing. The vector index takes conditions only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from desktop_kb import language
from desktop_kb.lexical import BEGINNING, is_character
from desktop_kb.records import Scope
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.filters import fits, tokens_of
from desktop_kb.remote.session import Session
from desktop_kb.remote.tokens import all_of, digest, token

#: So many documents are named by their tokens; more by their column.
_MOST_NAMED: Final = 500
#: A phrase is looked for in so many passages at most.
_MOST_HELD: Final = 100_000
_NEAR: Final = re.compile(r'"(.+)"~(\d{1,3})', re.DOTALL)
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011](?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Within:
    """Which passages are in scope.

    Attributes:
        required: for a word lookup.
        beside: conditions beside `required`, each after 'and'.
        documents, passages: conditions on these columns that together say all of it.
    """

    required: str = ""
    beside: str = ""
    documents: str = ""
    passages: str = ""


class Scopes:
    """Scopes of one transaction, each looked up once.

    Args:
        beginning: the terms of grams that begin like this.
    """

    def __init__(
        self,
        session: Session,
        generation: int,
        catalogue: Catalogue,
        beginning: Callable[[str], Sequence[str]],
    ) -> None:
        self._session = session
        self._generation = generation
        self._catalogue = catalogue
        self._beginning = beginning
        self._known: dict[Scope, Within] = {}

    def within(self, scope: Scope) -> Within:
        """The scope for this library."""
        if scope not in self._known:
            self._known[scope] = self._look_up(scope)
        return self._known[scope]

    def _look_up(self, scope: Scope) -> Within:
        passages = "".join(f" and id {operator} ({_listed(ids)})" for operator, ids in self._worded(scope))
        filters = [one for one in scope.filters if one.key != "sort"]
        if not filters:
            return Within("", passages, "", passages)
        asked = [(tokens_of(one), one.excluded) for one in filters]
        if all(tokens is not None for tokens, _ in asked):
            groups = [(tokens or [], excluded) for tokens, excluded in asked]
            required = " ".join(
                " ".join(f"-{one}" for one in tokens) if excluded else f"+({' '.join(tokens)})"
                for tokens, excluded in groups
            )
            documents = "".join(
                f" and document {'not in' if excluded else 'in'} ({_listed(self._with(tokens))})"
                for tokens, excluded in groups
            )
            return Within(required, passages, documents, passages)
        ids = [
            row.id for row in self._catalogue.rows(self._session) if not row.removed and fits(row, filters)
        ]
        documents = f" and document in ({_listed(ids)})"
        if len(ids) > _MOST_NAMED:
            return Within("", documents + passages, documents, passages)
        return Within(f"+({' '.join(f'd{id}' for id in ids) or 'd0'})", passages, documents, passages)

    def _with(self, tokens: Sequence[str]) -> list[int]:
        """The documents that have one of these tokens."""
        asked = ", ".join(["%s"] * len(tokens))
        rows = self._session.rows(
            f"select distinct document from found_by where kind = 'f' and hash in ({asked})",
            [digest(one) for one in tokens],
        )
        return [id for (id,) in rows]

    # --- words that must or must not stand there

    def _worded(self, scope: Scope) -> Iterable[tuple[str, set[int]]]:
        for phrase in scope.phrases:
            if language.grams(phrase, edges=True):
                yield "in", self.holding(phrase)
        for phrase in scope.excluded:
            if language.grams(phrase, edges=True):
                yield "not in", self.holding(phrase)
        for choice in scope.choices:
            found = [ids for one in choice if (ids := self._one(one)) is not None]
            if found:
                yield "in", set().union(*found)

    def holding(self, phrase: str) -> set[int]:
        """The passages with these words in this order."""
        terms = language.grams(phrase, edges=True)
        if is_character(terms):
            return self._matching([token("c", terms[0])])
        # 'e-mail' and 'readFile' give their parts too, but not where a text has 'email' or 'readfile'.
        forms = (phrase, language.fold(phrase), _HYPHEN.sub("", phrase))
        ways = dict.fromkeys(tuple(language.grams(form, edges=True)) for form in forms)
        return set().union(*(self._in_a_row([token("x", term) for term in way]) for way in ways if way))

    def _one(self, text: str) -> set[int] | None:
        """The passages with one of the choices of a scope; None if nothing can be looked up."""
        if near := _NEAR.fullmatch(text):
            terms = list(dict.fromkeys(language.grams(near[1], edges=True)))
            return self._near([token("x", term) for term in terms], int(near[2])) if terms else None
        if text.endswith(BEGINNING) and (terms := language.grams(text)[:1]):
            tokens = [token("x", term) for term in self._beginning(terms[0])]
            return self._matching(tokens, every=False) if tokens else set()
        return self.holding(text) if language.grams(text, edges=True) else None

    def _in_a_row(self, tokens: Sequence[str]) -> set[int]:
        if len(tokens) == 1:
            return self._matching(tokens)
        return self._matching(tokens, " and locate(%s, concat(' ', g, ' ')) > 0", [f" {' '.join(tokens)} "])

    def _near(self, tokens: Sequence[str], most: int) -> set[int]:
        """The passages with all of these with at most so many others between."""
        rows = self._session.rows(
            f"select id, g from passages_{self._generation} where match(g) against (%s in boolean mode) "
            f"limit {_MOST_HELD}",
            [all_of(tokens)],
        )
        return {id for id, grams in rows if _are_near(grams.split(), tokens, most)}

    def _matching(
        self, tokens: Sequence[str], more: str = "", values: Sequence[str] = (), *, every: bool = True
    ) -> set[int]:
        lookup = all_of(tokens) if every else " ".join(tokens)
        rows = self._session.rows(
            f"select id from passages_{self._generation} where match(g) against (%s in boolean mode){more} "
            f"limit {_MOST_HELD}",
            [lookup, *values],
        )
        return {id for (id,) in rows}


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(ids))) or "0"


def _are_near(grams: Sequence[str], tokens: Sequence[str], most: int) -> bool:
    """Whether a stretch of the grams has all tokens and at most so many others, as FTS5's NEAR."""
    last: dict[str, int] = {}
    for at, gram in enumerate(grams):
        if gram in tokens:
            last[gram] = at
            if len(last) == len(tokens) and at - min(last.values()) - (len(tokens) - 1) <= most:
                return True
    return False
