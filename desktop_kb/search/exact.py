"""What a question names: passages that the words alone are sure of, whatever a score says of them.

The question is a document's title or a file's name, or it stands somewhere word for word, or it
holds a number or a code; and that in a few documents only, or it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from desktop_kb import language
from desktop_kb.records import Exact, Key, Moment, Scope, Standing
from desktop_kb.search.candidates import Candidate

_MOST_DOCUMENTS: Final = 3
#: Characters of a number or code; a shorter one stands anywhere.
_SHORTEST_CODE: Final = 4
#: Passages that are added to those the words found.
_MOST_ADDED: Final = 100


@dataclass(frozen=True, slots=True)
class Named:
    """Passages that hold what was named, and documents that bear it as a name or within it, of which
    one passage stands for all, each with its first."""

    passages: dict[Key, Exact] = field(default_factory=dict)
    documents: dict[str, Exact] = field(default_factory=dict)
    first: dict[str, Key] = field(default_factory=dict)

    @property
    def keys(self) -> set[Key]:
        """Passages to be candidates."""
        return {*sorted(self.passages)[:_MOST_ADDED], *self.first.values()}

    def mark(self, candidates: Iterable[Candidate]) -> None:
        """Say of these, the best first, which are exact."""
        marked: set[str] = set()
        for candidate in candidates:
            passage = candidate.passage
            if passage.document in self.documents and passage.document not in marked:
                candidate.exact = self.documents[passage.document]
                marked.add(passage.document)
            else:
                candidate.exact = self.passages.get(passage.key)


def find(moment: Moment, text: str, scope: Scope) -> Named:
    """What `text`, a question without its filters, names."""
    named = Named()
    for kind, standing in _standings(moment, text, scope):
        for key in standing.passages:
            named.passages.setdefault(key, kind)
        for document, first in standing.documents.items():
            named.documents.setdefault(document, kind)
            named.first.setdefault(document, first)
    return named


def _standings(moment: Moment, text: str, scope: Scope) -> Iterator[tuple[Exact, Standing]]:
    yield "title", moment.titled(text, scope, _MOST_DOCUMENTS)
    yield "name", moment.named(text, scope, _MOST_DOCUMENTS)
    for code in language.codes(text):
        if len(code) >= _SHORTEST_CODE:
            yield "number", moment.said(code, scope, _MOST_DOCUMENTS)
    if _has_words(text):
        yield "phrase", moment.said(text, scope, _MOST_DOCUMENTS)


def _has_words(text: str) -> bool:
    """There is a word in it that carries a topic: no short number, no letter alone."""
    return any(
        not language.is_stop(term)
        and any(map(str.isalpha, term))
        and (len(term) > 1 or language.is_han(term))
        for term in language.grams(text)
    )
