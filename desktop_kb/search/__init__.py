"""A query -> filters, words and vectors -> fusion -> rerank -> hits with a 'why'.

Scores are absolute: words say which share of the query's weight a passage carries, meaning is a
cosine; neither is divided by the best hit, so a gibberish query does not read 100 %. A part
that is missing never fails a search: the result names it in `degraded`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache

from desktop_kb import language
from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.records import (
    Degraded,
    Embedder,
    Floats,
    Hit,
    Leg,
    LegWhy,
    Library,
    Moment,
    Passage,
    Question,
    RerankWhy,
    Scope,
    SearchOptions,
    SearchResult,
    Terms,
    Why,
)
from desktop_kb.search import exact
from desktop_kb.search.candidates import DIGITS, Candidate, blend, falling, ordered, rank_legs
from desktop_kb.search.exact import Named
from desktop_kb.search.presentation import READER, HitBuilder
from desktop_kb.search.query import Query, parse, parse_filter, written
from desktop_kb.search.rerank import Reranking
from desktop_kb.search.sentences import SentenceScorer
from desktop_kb.settings import Settings
from desktop_kb.similarity import cosines

log = logging.getLogger(__name__)

#: Chunks that each leg brings to the fusion.
_CANDIDATES = 100
#: Weight of meaning against words where the query is wholly covered, of the best
#: sentence against its chunk, and of late interaction against the fused score. Halves where the
#: development collections see no difference (tests/bench/RESULTS.md): meaning from .4 to .6 stays
#: within .003 nDCG@10, the sentence from .2 to 1 within .001, late interaction from .5 to .85
#: within .001.
_MEANING = 0.5
_SENTENCE = 0.5
_RERANK = 0.65
#: A cross-encoder has the last word: the fused score decides between passages it cannot tell apart.
_CROSS_ENCODER = 0.99
#: From this share of a query's letters the embedder is asked at all: every English question of
#: XQuAD has 1.0, no Chinese one more than .73.
_COVERED = 0.75
#: Fused scores below the floor are 'weak'. By words alone 96 % of the best hits of XQuAD-zh lie
#: above it, and 41 % of those whose answer was taken away (AUC .914); with meaning at its full
#: weight 96 % and 34 % of XQuAD-en (AUC .935).
_WEAK_WORDS = 0.16
_WEAK_HYBRID = 0.33
#: The same of late interaction's own score: blended in, it leaves 96 % and 32 % above (AUC .945).
_WEAK_LATE = 0.53
#: Queries whose vectors are kept, 1.5 KB each: the window asks twice, first without reranking, and again
#: with every other filter; a query waits up to .2 s for the encoder while files are indexed.
_REMEMBERED = 256
DEFAULT_OPTIONS = SearchOptions()


@dataclass(slots=True)
class _Run:
    """What one search carries from stage to stage."""

    query: Query
    options: SearchOptions
    scope: Scope
    by_name: bool = True
    degraded: list[Degraded] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    vector: Floats | None = None
    coverage: float = 0.0
    embedder: Embedder | None = None
    generation: int = 0
    terms: Terms = field(default_factory=Terms)
    reranker: str = ""
    reranked: tuple[int, int] = (0, 0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.took(name, time.perf_counter() - began)

    def took(self, name: str, seconds: float) -> None:
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 6)

    def leave_out(self, code: Degraded) -> None:
        if code not in self.degraded:
            self.degraded.append(code)


class Searcher:
    """Answers queries over one library. Thread-safe.

    Args:
        models: the embedder of the active generation is taken from these, whichever is chosen.
    """

    def __init__(self, library: Library, models: Models, settings: Settings) -> None:
        self._library = library
        self._models = models
        self._settings = settings
        self._reranking = Reranking(models)
        self._encoded = lru_cache(maxsize=_REMEMBERED)(_encoded)

    def search(
        self, query: str, options: SearchOptions = DEFAULT_OPTIONS, *, by_name: bool = True
    ) -> SearchResult:
        """The hits for one query, best first.

        Args:
            by_name: what the query names comes first; a passage that is the query names nothing.

        Raises:
            UsageProblem: a filter among the options is not one.
            StorageProblem: the library cannot be read.
        """
        began = time.perf_counter()
        run = self._parse(query, options)
        run.by_name = by_name
        for last in (False, True):
            self._encode(run)
            with self._library.index.moment() as moment:
                if moment.generation != run.generation and run.vector is not None:
                    # Another model took over since the query was encoded: once more, with that one.
                    run.vector = None
                    if not last:
                        continue
                    run.leave_out(Degraded.VECTORS_BUILDING)
                hits = self._answer(run, moment) if moment.generation else ()
                break
        run.seconds["total"] = round(time.perf_counter() - began, 6)
        return SearchResult(query, tuple(run.degraded), run.seconds, hits, run.reranked)

    # --- stages

    def _answer(self, run: _Run, moment: Moment) -> tuple[Hit, ...]:
        candidates = self._retrieve(run, moment)
        with run.stage("rerank"):
            self._rerank(run, candidates)
        places = moment.places({candidate.passage.document for candidate in candidates})
        return self._hits(run, moment, ordered(candidates, places))

    def _parse(self, query: str, options: SearchOptions) -> _Run:
        began = time.perf_counter()
        filters = tuple(f for expression in options.filters for f in parse_filter(expression))
        parsed = parse(query, self._library.documents.keys())
        parsed = replace(parsed, filters=(*parsed.filters, *filters))
        scope = Scope(parsed.filters, parsed.phrases, parsed.excluded)
        run = _Run(parsed, options, scope)
        run.seconds = dict.fromkeys(("parse", "words", "encode", "vectors", "fuse", "rerank"), 0.0)
        run.seconds["parse"] = round(time.perf_counter() - began, 6)
        return run

    def _encode(self, run: _Run) -> None:
        """The query's vector, if a model is there, serves the active generation and reads the query."""
        if run.options.mode == "words" or not run.query.text.strip():
            return
        generation = self._library.index.generation()
        if generation is None:
            if self._models.embedder is None:
                run.leave_out(Degraded.NO_MODEL)
            return
        run.generation = generation.id
        run.embedder = embedder = self._models.embedder_of(generation.reader)
        if embedder is None:
            run.leave_out(Degraded.NO_MODEL if self._models.embedder is None else Degraded.VECTORS_BUILDING)
            return
        with run.stage("encode"):
            try:
                run.coverage, run.vector = self._encoded(embedder, run.query.text)
            except ModelProblem:
                log.exception("searching by words only")
                run.leave_out(Degraded.NO_MODEL)
                return
        if embedder.fell_back:
            run.leave_out(Degraded.DEVICE_FALLBACK)
        if run.vector is None:
            run.leave_out(Degraded.QUERY_NOT_COVERED)
        elif generation.covered < generation.chunks:
            run.leave_out(Degraded.PART_NOT_COVERED)

    def _retrieve(self, run: _Run, moment: Moment) -> list[Candidate]:
        """Both legs, each with the scores of what only the other found, fused."""
        by_words = run.options.mode != "vectors"
        named = Named()
        if by_words and run.by_name:
            with run.stage("words"):
                named = exact.find(moment, run.query.text, run.scope)
        vectors = {} if run.vector is None else {READER: run.vector}
        question = Question(run.query.text, vectors, by_words)
        found = moment.retrieve(question, run.scope, _CANDIDATES, named.keys)
        run.terms = found.terms
        for name, seconds in found.seconds.items():
            run.took("fuse" if name == "passages" else name, seconds)
        with run.stage("fuse"):
            candidates = [Candidate(found.passages[key]) for key in sorted(found.passages)]
            for candidate in candidates:
                if score := found.by_words.get(candidate.passage.key, 0.0):
                    candidate.scores[Leg.WORDS] = score
                self._fuse(run, candidate)
            rank_legs(candidates)
            candidates.sort(key=lambda candidate: (-candidate.fused, candidate.passage.key))
            named.mark(candidates)
        return candidates

    def _fuse(self, run: _Run, candidate: Candidate) -> None:
        """Convex combination; meaning weighs as far as the model reads the query.

        Not as far as it reads the passage: what of that is in another language is out of reach for the
        words of the query as well (half of each passage Chinese, half English: .853, so .868 nDCG@10).
        """
        passage = candidate.passage
        share = meaning = 0.0
        read = passage.vectors.get(READER)
        if run.vector is not None and read is not None and read.whole is not None:
            candidate.scores[Leg.MEANING] = best = similarity = _cosine(read.whole, run.vector)
            if read.sentences is not None and len(read.sentences):
                best = max(best, float(cosines(read.sentences, run.vector).max()))
            meaning = max(0.0, (1 - _SENTENCE) * similarity + _SENTENCE * best)
            share = 1.0
            if run.options.mode == "hybrid":
                share = _MEANING * run.coverage
        candidate.fused = round(
            min(1.0, (1 - share) * candidate.scores.get(Leg.WORDS, 0.0) + share * meaning), DIGITS
        )
        candidate.floor = _WEAK_WORDS + (_WEAK_HYBRID - _WEAK_WORDS) * share / _MEANING

    def _rerank(self, run: _Run, candidates: Sequence[Candidate]) -> None:
        """Read the first candidates again together with the query."""
        first = candidates[: self._settings.rerank_candidates]
        found = self._reranking.read(
            run.options.rerank,
            run.query.text,
            [candidate.passage.text for candidate in first],
            [Leg.MEANING in candidate.scores for candidate in first],
            run.embedder if run.vector is not None else None,
            run.options.rerank_seconds,
        )
        for code in found.degraded:
            run.leave_out(code)
        run.reranker, run.reranked = found.model, (found.read, found.wanted)
        for candidate, score in zip(first, found.scores, strict=False):
            candidate.rerank = None if score is None else round(score, DIGITS)
        if found.is_cross_encoder:
            blend(candidates, _CROSS_ENCODER, None)
        else:
            blend(candidates, _RERANK, _WEAK_LATE)

    # --- hits

    def _hits(self, run: _Run, moment: Moment, ordered: Sequence[Candidate]) -> tuple[Hit, ...]:
        scorer = SentenceScorer(run.terms, run.vector)
        options = run.options
        if not run.query.text.strip() and run.query.filters:
            ordered = _first_passages(run, moment)
        builder = HitBuilder(moment, scorer)
        hits: list[Hit] = []
        counts: dict[str, int] = {}
        for candidate, sentence in _units(ordered, builder, options):
            uid = candidate.passage.document
            if options.per_document is not None and counts.get(uid, 0) >= options.per_document:
                continue
            counts[uid] = counts.get(uid, 0) + 1
            hits.append(
                builder.build(
                    candidate.passage,
                    sentence,
                    score=candidate.score,
                    weak=candidate.weak,
                    why=_why(candidate, run),
                )
            )
            if len(hits) >= options.limit and not options.merge:
                break
        if options.merge:
            hits = builder.merge(hits)[: options.limit]
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, 1))


# --- parts -----------------------------------------------------------------------------------


def _encoded(embedder: Embedder, text: str) -> tuple[float, Floats | None]:
    """Which share of the query the model reads, 0..1, and the query's vector where that is enough."""
    coverage = float(embedder.measure([text])[1][0])
    return coverage, embedder.encode_query(text) if coverage >= _COVERED else None


def _cosine(vector: Floats, query: Floats) -> float:
    return round(float(cosines(vector[None, :], query)[0]), DIGITS)


def _first_passages(run: _Run, moment: Moment) -> list[Candidate]:
    """Only filters were given: the documents that match, each by its first passage."""
    return [Candidate(passage) for passage in moment.first(run.scope, run.options.limit)]


def _units(
    ordered: Sequence[Candidate], builder: HitBuilder, options: SearchOptions
) -> Iterator[tuple[Candidate, tuple[int, int] | None]]:
    """The passages in order; with `--unit sentence` their sentences, half their own score and half
    their passage's."""
    if options.unit == "passage":
        yield from ((candidate, None) for candidate in ordered)
        return
    sentences = []
    for candidate in ordered[: max(options.limit, 30)]:
        scored = builder.sentence_scores(candidate.passage)
        best = max(scored, key=lambda pair: pair[1])[0]
        for span, own in scored:
            score = round((candidate.score + own) / 2, DIGITS)
            # Of a passage that the question names, one sentence says it.
            named = candidate.exact if span == best else None
            sentences.append((replace(candidate, score=score, exact=named), span))
    sentences.sort(key=lambda pair: (pair[0].tier, -pair[0].score))
    falling([candidate for candidate, _ in sentences])
    yield from sentences


def _why(candidate: Candidate, run: _Run) -> Why:
    legs = []
    for leg, rank in candidate.ranks.items():
        terms = matched_terms(candidate.passage, run.terms) if leg is Leg.WORDS else None
        legs.append(LegWhy(leg, rank, round(candidate.scores[leg], DIGITS), terms))
    rerank = RerankWhy(candidate.rerank, run.reranker) if candidate.rerank is not None else None
    return Why(tuple(legs), rerank, written(run.query.filters), candidate.exact)


def matched_terms(passage: Passage, query: Terms) -> tuple[str, ...]:
    """The words of the passage that the query named, as they stand there, each once."""
    text = f"{passage.title}\n{' '.join(passage.heading)}\n{passage.text}"
    folded = language.fold(text)
    terms = frozenset(query.words)
    found = {
        token.term: text[token.start : token.end]
        for token in language.word_tokens(language.without_han(text))
        if token.term in terms
    }
    # A Chinese term is looked for as it is: cutting the passage again costs 5 ms, this nothing.
    for term in query.words:
        at = folded.find(term) if language.is_han(term[0]) else -1
        if at >= 0:
            found[term] = text[at : at + len(term)]
    if not found:
        grams = frozenset((*query.grams, *query.characters))
        for token in language.gram_tokens(text):
            if token.term in grams:
                found.setdefault(token.term, text[token.start : token.end])
    return tuple(dict.fromkeys(found.values()))
