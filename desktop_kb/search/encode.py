"""The question's vectors, one of each reader that reads it."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Final

from desktop_kb import language
from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.records import Degraded, Embedder, Floats, Generation, Library
from desktop_kb.search.calibration import COVERED, Calibration, Calibrations
from desktop_kb.search.context import SearchContext

log = logging.getLogger(__name__)

#: Query vectors that are kept, 1.5 KB each; two readers make two of a question. The window asks twice,
#: first without reranking, and again for every other filter; and while files are indexed a query waits up to
#: 0.2 s for the encoder.
_REMEMBERED: Final = 512


class QueryEncoder:
    """Encodes with the readers of the active generation, whichever are chosen. Thread-safe."""

    def __init__(self, library: Library, models: Models) -> None:
        self._library = library
        self._models = models
        self._calibrations = Calibrations()
        self._encoded = lru_cache(maxsize=_REMEMBERED)(_encoded)

    def run(self, context: SearchContext) -> None:
        """Encode the question by each reader of this library that is there and reads it."""
        context.vectors, context.embedders, context.coverages = {}, {}, {}
        context.language = language.language_of(context.query.text)
        if context.options.mode == "words" or not context.query.text.strip():
            return
        missing = Degraded.NO_MODEL if self._models.embedder is None else None
        generation = self._library.index.generation()
        if generation is None:
            context.do_without(*([missing] if missing else []))
            return
        context.generation = generation.id
        asked = 0
        for number, reader in enumerate(generation.fingerprint.readers, 1):
            if reader.model in context.without:
                asked += 1
                continue
            embedder = self._models.embedder_of(reader)
            if embedder is None:
                context.do_without(missing or Degraded.VECTORS_BUILDING)
            else:
                asked += self._ask(context, number, embedder)
        if not generation.fingerprint.readers:
            context.do_without(missing or Degraded.VECTORS_BUILDING)
        elif not context.vectors and asked == len(generation.fingerprint.readers):
            context.do_without(Degraded.QUERY_NOT_COVERED)
        elif context.vectors:
            _say_unread(context, generation)

    def _ask(self, context: SearchContext, number: int, embedder: Embedder) -> bool:
        """Leave this reader's vector in the context if it reads the question; False if it fails."""
        try:
            coverage, vector = self._encoded(embedder, context.query.text)
            raw = "calibration" in context.without
            calibration = (
                Calibration({}) if raw else self._calibrations.of(embedder) if vector is not None else None
            )
        except ModelProblem:
            log.exception("searching without this model")
            context.do_without(Degraded.NO_MODEL)
            return False
        if embedder.fell_back:
            context.do_without(Degraded.DEVICE_FALLBACK)
        if vector is not None and calibration is not None:
            context.vectors[number], context.embedders[number] = vector, embedder
            context.calibrations[number] = calibration
            context.coverages[number] = coverage
        return True


def _say_unread(context: SearchContext, generation: Generation) -> None:
    """Say it where the question's readers have not read all documents, or read some in which they cover
    nothing. A passage that one of them covers is found by its meaning."""
    read = [generation.read[reader - 1] for reader in context.vectors]
    if any(one.documents < generation.documents for one in read):
        context.do_without(Degraded.READER_PENDING)
    elif max(one.covered for one in read) < generation.chunks:
        context.do_without(Degraded.PART_NOT_COVERED)


def _encoded(embedder: Embedder, text: str) -> tuple[float, Floats | None]:
    """Which share of the query the model's tokenizer reads, 0..1, and the query's vector where that is enough
    and the query is in one of its languages."""
    coverage = float(embedder.measure([text])[1][0])
    reads = coverage >= COVERED and language.reads(embedder.languages, text)
    return coverage, embedder.encode_query(text) if reads else None
