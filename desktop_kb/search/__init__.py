"""A question -> its words and vector -> fusion -> rerank -> hits with a 'why', by the stages of `stages`.

Scores are absolute: words say which share of the query's weight a passage carries, meaning is a
cosine; neither is divided by the best hit, so a gibberish query does not read 100 %. A part
that is missing never fails a search: the result names it in `degraded`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from desktop_kb.inference import Models
from desktop_kb.reading import read
from desktop_kb.records import Degraded, Library, Scope, SearchOptions, SearchResult
from desktop_kb.search.context import SearchContext
from desktop_kb.search.query import SORT, of_text, parse, parse_filter
from desktop_kb.search.stages import TIMED, Stage, at_moment, before_moment
from desktop_kb.settings import Settings

DEFAULT_OPTIONS: Final = SearchOptions()


class Searcher:
    """Answers queries over one library. Thread-safe."""

    def __init__(self, library: Library, models: Models, settings: Settings) -> None:
        self._library = library
        self._before = before_moment(library, models)
        self._stages = at_moment(models, settings)

    def search(
        self,
        query: str,
        options: SearchOptions = DEFAULT_OPTIONS,
        *,
        without: Collection[str] = (),
        cancelled: threading.Event | None = None,
    ) -> SearchResult:
        """The hits for one query, best first.

        Args:
            without: what is switched off, to see what it is worth: 'exact', 'calibration', or a reader's id.
            cancelled: set this event to give the search up.

        Raises:
            UsageProblem: a filter among the options is not one.
            StorageProblem: the library cannot be read.
            Cancelled: it was given up.
        """
        began = time.perf_counter()
        context = self._context(query, options, without)
        context.cancelled = cancelled
        for last in (False, True):
            _run(self._before, context)
            with self._library.index.moment(cancelled) as moment:
                if moment.generation != context.generation and context.vectors:
                    # Other readers took over after the query was encoded: encode it again, with those.
                    context.vectors = {}
                    if not last:
                        continue
                    context.do_without(Degraded.VECTORS_BUILDING)
                if moment.awaits_pages(context.scope):
                    context.do_without(Degraded.PAGES_NOT_READ)
                if moment.generation:
                    context.moment = moment
                    _run(self._stages, context)
                    if not context.hits and (context.scope.phrases or context.scope.choices):
                        context.scope = replace(context.scope, phrases=(), choices=())
                        context.do_without(Degraded.PHRASE_RELAXED)
                        _run(self._stages, context)
                break
        context.seconds["total"] = round(time.perf_counter() - began, 6)
        hits, degraded = tuple(context.hits), tuple(context.degraded)
        also = tuple(dict.fromkeys(context.also))
        return SearchResult(query, degraded, context.seconds, hits, context.reranked, also)

    def _context(self, query: str, options: SearchOptions, without: Collection[str]) -> SearchContext:
        began = time.perf_counter()
        if options.is_steered:
            options = replace(options, rerank="off")
        filters = [filter for expression in options.filters for filter in parse_filter(expression)]
        parsed = parse(query, self._library.documents.keys())
        if options.like:
            parsed = of_text(self._reading(*options.like))
        found = (*parsed.filters, *filters)
        parsed = replace(parsed, filters=tuple(filter for filter in found if filter.key != SORT))
        for filter in found:
            if filter.key == SORT:
                options = replace(options, sort=str(filter.value))  # type: ignore[arg-type] # one of them: `parse`
        scope = Scope(parsed.filters, parsed.phrases, parsed.excluded, parsed.choices)
        context = SearchContext(parsed, options, scope, without)
        context.seconds = dict.fromkeys((*TIMED, *(name for name, _ in (*self._before, *self._stages))), 0.0)
        context.also = list(parsed.also)
        if not parsed.understood:
            context.do_without(Degraded.FILTER_NOT_UNDERSTOOD)
        context.add_seconds("parse", time.perf_counter() - began)
        return context

    def _reading(self, document: str, start: int, end: int) -> str:
        text, layout = self._library.documents.text(document)
        return read(text, layout.edits, start, end).strip()


def _run(stages: Sequence[Stage], context: SearchContext) -> None:
    for name, run in stages:
        context.go_on()
        with context.timed(name):
            run(context)
