"""The question's vector."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Final

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.records import Degraded, Embedder, Floats, Library
from desktop_kb.search.context import SearchContext

log = logging.getLogger(__name__)

#: From this share of a query's letters the embedder is asked at all: every English question of
#: XQuAD has 1.0, no Chinese one more than .73.
_COVERED: Final = 0.75
#: Query vectors that are kept, 1.5 KB each. The window asks twice, first without reranking, and again for
#: every other filter; and while files are indexed a query waits up to 0.2 s for the encoder.
_REMEMBERED: Final = 256


class QueryEncoder:
    """Encodes with the model of the active generation, whichever is chosen. Thread-safe."""

    def __init__(self, library: Library, models: Models) -> None:
        self._library = library
        self._models = models
        self._encoded = lru_cache(maxsize=_REMEMBERED)(_encoded)

    def run(self, context: SearchContext) -> None:
        """Encode the question, if there is a model for this library that reads it."""
        context.vector = None
        if context.options.mode == "words" or not context.query.text.strip():
            return
        missing = Degraded.NO_MODEL if self._models.embedder is None else None
        generation = self._library.index.generation()
        if generation is None:
            context.do_without(*([missing] if missing else []))
            return
        context.generation = generation.id
        context.embedder = embedder = self._models.embedder_of(generation.reader)
        if embedder is None:
            context.do_without(missing or Degraded.VECTORS_BUILDING)
            return
        try:
            context.coverage, context.vector = self._encoded(embedder, context.query.text)
        except ModelProblem:
            log.exception("searching by words only")
            context.do_without(Degraded.NO_MODEL)
            return
        if embedder.fell_back:
            context.do_without(Degraded.DEVICE_FALLBACK)
        if context.vector is None:
            context.do_without(Degraded.QUERY_NOT_COVERED)
        elif generation.covered < generation.chunks:
            context.do_without(Degraded.PART_NOT_COVERED)


def _encoded(embedder: Embedder, text: str) -> tuple[float, Floats | None]:
    """Which share of the query the model reads, 0..1, and the query's vector where that is enough."""
    coverage = float(embedder.measure([text])[1][0])
    return coverage, embedder.encode_query(text) if coverage >= _COVERED else None
