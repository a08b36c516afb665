"""The hits: as many of the ordered candidates as were asked for, and why each was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from desktop_kb.records import Hit, Leg, LegWhy, RerankWhy, Why
from desktop_kb.search.context import DIGITS, Candidate, SearchContext
from desktop_kb.search.meaning import Meaning
from desktop_kb.search.order import falling
from desktop_kb.search.presentation import HitBuilder
from desktop_kb.search.query import written
from desktop_kb.search.sentences import SentenceScorer
from desktop_kb.search.words import matched_terms

#: Passages whose sentences compete where sentences are asked for, or the limit if that is more.
_SENTENCES_OF: Final = 30


def make_hits(context: SearchContext) -> None:
    """Build the hits up to the limit; the cap per document and merging apply before it."""
    options = context.options
    meaning = Meaning(context.vectors, context.calibrations, context.language)
    scorer = SentenceScorer(context.retrieved.terms, meaning)
    builder = HitBuilder(context.moment, scorer, context.places)
    builder.read(candidate.passage.key for candidate in context.candidates[: options.limit])
    hits: list[Hit] = []
    counts: Counter[str] = Counter()
    for candidate, sentence in _units(context, builder):
        document = candidate.passage.document
        if options.per_document is not None and counts[document] >= options.per_document:
            continue
        counts[document] += 1
        why = _why(context, candidate)
        hits.append(builder.build(candidate, sentence, why))
        if len(hits) >= options.limit and not options.merge:
            break
    if options.merge:
        hits = builder.merge(hits)[: options.limit]
    context.hits = [replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)]


def _units(context: SearchContext, builder: HitBuilder) -> Iterator[tuple[Candidate, tuple[int, int] | None]]:
    """The passages in order; with `--unit sentence` their sentences, scored half by their own score and
    half by their passage's."""
    if context.options.unit == "passage":
        yield from ((candidate, None) for candidate in context.candidates)
        return
    sentences = []
    for candidate in context.candidates[: max(context.options.limit, _SENTENCES_OF)]:
        scored = builder.sentence_scores(candidate)
        best = max(scored, key=lambda pair: pair[1])[0]
        for span, own in scored:
            score = round((candidate.score + own) / 2, DIGITS)
            # In a passage that the question names, one sentence says it.
            named = candidate.exact if span == best else None
            sentences.append((replace(candidate, score=score, exact=named), span))
    if context.options.sort == "score":
        sentences.sort(key=lambda pair: (pair[0].tier, -pair[0].score))
        falling([candidate for candidate, _ in sentences])
    yield from sentences


def _why(context: SearchContext, candidate: Candidate) -> Why:
    legs = []
    for leg, rank in candidate.ranks.items():
        terms = matched_terms(candidate.passage, context.retrieved.terms) if leg is Leg.WORDS else None
        readers = None
        if leg is Leg.MEANING:
            similarities = candidate.similarities.items()
            readers = {context.embedders[reader].id: similarity for reader, similarity in similarities}
        legs.append(LegWhy(leg, rank, round(candidate.scores[leg], DIGITS), terms, readers))
    rerank = RerankWhy(candidate.rerank, context.reranker) if candidate.rerank is not None else None
    return Why(tuple(legs), rerank, written(context.query.filters), candidate.exact)
