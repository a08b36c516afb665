"""What a question names: passages that the words alone are sure of, whatever a score says of them.

The question is a document's title or a file's name, or it stands somewhere word for word, or it
holds a number or a code; and that in a few documents only, or it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from desktop_kb import language
from desktop_kb.records import Exact
from desktop_kb.search.candidates import Candidate
from desktop_kb.store import Scope, Snapshot, Standing

_MOST_DOCUMENTS: Final = 3
#: Characters of a number or code; a shorter one stands anywhere.
_SHORTEST_CODE: Final = 4
#: Passages that are added to those the words found.
_MOST_ADDED: Final = 100


@dataclass(frozen=True, slots=True)
class Named:
    """Passages that hold what was named, and documents that bear it as a name or within it, of which
    one passage stands for all, each with its first."""

    passages: dict[int, Exact] = field(default_factory=dict)
    documents: dict[int, Exact] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)

    @property
    def ids(self) -> set[int]:
        """Passages to be candidates."""
        return {*sorted(self.passages)[:_MOST_ADDED], *self.first.values()}

    def mark(self, candidates: Iterable[Candidate]) -> None:
        """Say of these, the best first, which are exact."""
        marked: set[int] = set()
        for candidate in candidates:
            passage = candidate.passage
            if passage.document_id in self.documents and passage.document_id not in marked:
                candidate.exact = self.documents[passage.document_id]
                marked.add(passage.document_id)
            else:
                candidate.exact = self.passages.get(passage.id)


def find(snapshot: Snapshot, text: str, scope: Scope) -> Named:
    """What `text`, a question without its filters, names."""
    named = Named()
    for kind, standing in _standings(snapshot, text, scope):
        for id in standing.chunks:
            named.passages.setdefault(id, kind)
        for document, id in standing.documents.items():
            named.documents.setdefault(document, kind)
            named.first.setdefault(document, id)
    return named


def _standings(snapshot: Snapshot, text: str, scope: Scope) -> Iterator[tuple[Exact, Standing]]:
    verbatim = snapshot.verbatim(scope, _MOST_DOCUMENTS)
    yield "title", verbatim.titled(text)
    yield "name", verbatim.named(text)
    for code in language.codes(text):
        if len(code) >= _SHORTEST_CODE:
            yield "number", verbatim.said(code)
    if _has_words(text):
        yield "phrase", verbatim.said(text)


def _has_words(text: str) -> bool:
    """There is a word in it that carries a topic: no short number, no letter alone."""
    return any(
        not language.is_stop(term)
        and any(map(str.isalpha, term))
        and (len(term) > 1 or language.is_han(term))
        for term in language.grams(text)
    )
