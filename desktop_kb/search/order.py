"""The order in which passages come out.

It keeps what an earlier stage was sure of; no weight does. What the question names comes first, in
fused order, because no reranker knows titles or has seen that name. What a model reranked changes
places with what it reranked, and with nothing else. Strong comes before weak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from desktop_kb import language
from desktop_kb.records import Location
from desktop_kb.search.context import STRONG, Candidate, SearchContext
from desktop_kb.search.words import with_headings

#: So many candidates are varied where a word may be several.
_VARIED: Final = 50
#: How much a passage counts for each time that its words were shown. CISI's and XQuAD's words without their last
#: three letters: in the first three .78 and .81 without it, .80 and .83 with it.
_AGAIN: Final = 0.5


def order(context: SearchContext) -> None:
    """Sort the candidates; where only filters or an order were given, they are the documents' first passages."""
    sort = context.options.sort
    is_list = not context.query.text.strip() and (context.query.filters or sort != "score")
    if is_list:
        found = context.moment.first(context.scope, context.options.limit, sort)
        context.candidates = [Candidate(passage) for passage in found]
    context.places = context.moment.places({candidate.passage.document for candidate in context.candidates})
    if not is_list:
        in_order = ordered(context.candidates, context.places)
        context.candidates = varied(in_order, context.retrieved.choices)


def sort(context: SearchContext) -> None:
    """Sort the candidates as was asked: newest first, or by title; strong ones stay before weak ones."""
    wanted = context.options.sort
    if wanted == "score":
        return
    candidates = context.candidates
    if wanted == "title":
        candidates.sort(
            key=lambda candidate: (language.fold(candidate.passage.title), candidate.passage.start)
        )
    else:
        times = context.moment.times({candidate.passage.document for candidate in candidates})
        candidates.sort(
            key=lambda candidate: getattr(times[candidate.passage.document], wanted), reverse=True
        )
    candidates.sort(key=lambda candidate: candidate.weak)


def ordered(candidates: Sequence[Candidate], places: Mapping[str, Sequence[Location]]) -> list[Candidate]:
    """The final order; ties by path and part, then start. What no leg found is left out."""

    first = {document: stands[0] for document, stands in places.items() if stands}
    nowhere = Location("")

    def place(candidate: Candidate) -> tuple[Location, int]:
        passage = candidate.passage
        return first.get(passage.document, nowhere), passage.start

    found = [c for c in candidates if c.scores or c.exact]
    fused = sorted(found, key=lambda c: (-c.fused, place(c)))
    read = sorted((c for c in fused if c.rerank is not None), key=lambda c: (-c.score, place(c)))
    strong = max((rank for rank, candidate in enumerate(read) if not candidate.weak), default=0)
    for candidate in read[:strong]:
        candidate.weak = False  # the reranker puts it above a strong one
    better = iter(read)
    reread = [next(better) if c.rerank is not None else c for c in fused]
    named = sorted((c for c in fused if c.exact), key=lambda c: c.tier)
    rest = sorted((c for c in reread if not c.exact), key=lambda c: c.tier)
    for candidate in named:
        candidate.weak = False
    return falling([*named, *rest])


def varied(candidates: list[Candidate], choices: frozenset[str]) -> list[Candidate]:
    """Where a word of the question may be several, put first what holds one that has not been shown: a passage of
    those that were shown counts half as much for each time. Does not mix what is named, strong and weak."""
    if len(choices) < 2:
        return candidates
    left, chosen = candidates[:_VARIED], list[Candidate]()
    held = {c.passage.key: choices.intersection(language.grams(with_headings(c.passage))) for c in left}
    shown: Counter[str] = Counter()

    def worth(candidate: Candidate) -> float:
        again = min((shown[choice] for choice in held[candidate.passage.key]), default=0)
        return candidate.score * _AGAIN**again

    while left:
        tier = left[0].tier
        best = left[0] if tier < STRONG else max((c for c in left if c.tier == tier), key=worth)
        left.remove(best)
        chosen.append(best)
        shown.update(held[best.passage.key])
    return falling([*chosen, *candidates[_VARIED:]])


def falling(candidates: list[Candidate]) -> list[Candidate]:
    """Make scores agree with this order, as they are of different kinds: none is below a later one, and a
    passage that was not reranked is not above the reranked one before it."""
    most = 1.0
    for candidate in candidates:
        if candidate.rerank is None:
            candidate.score = min(candidate.score, most)
        elif candidate.exact is None:
            most = candidate.score
    least = 0.0
    for candidate in reversed(candidates):
        candidate.score = least = max(candidate.score, least)
    return candidates
