"""Builds generations: the passages and vectors of all documents for one set of models.

The next generation is built in the background while the active one serves searches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from desktop_kb import chunking, extract, language
from desktop_kb.inference import Models
from desktop_kb.ingest.encode import TextEncoding
from desktop_kb.records import (
    Embedder,
    Event,
    Extracted,
    Fingerprint,
    Generation,
    Made,
    Missing,
    ModelBuilt,
    ProgressMade,
    Reader,
)
from desktop_kb.store import Store
from desktop_kb.worker import Flag


def fingerprint(embedder: Embedder | None) -> Fingerprint:
    """The fingerprint of a generation made today with this embedder, or without one for word search only."""
    readers = (Reader(embedder.id, embedder.fingerprint, embedder.dimensions),) if embedder else ()
    return Fingerprint(readers, chunking.VERSION, language.VERSION, extract.VERSION)


def first_reader(embedder: Embedder | None) -> int:
    """The number of the generation's model that encodes documents: 1, or 0 if the model is not available."""
    return 0 if embedder is None else 1


class Generations:
    """Builds the next generation, one document at a time.

    Args:
        models: if they include no embedder, documents are only found by words.
        emit: called with events.
        stop: set it to interrupt.
    """

    def __init__(self, store: Store, models: Models, emit: Callable[[Event], None], stop: Flag) -> None:
        self._store = store
        self._models = models
        self._emit = emit
        self._stop = stop

    def start_if_changed(self) -> None:
        """Start a new generation if today's fingerprint differs from that of the existing one."""
        embedder, active = self._models.embedder, self._store.index.generation()
        wanted = fingerprint(embedder)
        if embedder is None and active is not None:
            # Keep the existing vectors. New documents get theirs when the model is available again.
            wanted = replace(wanted, readers=active.fingerprint.readers, chunking=active.fingerprint.chunking)
        self._store.index.start_generation(wanted)

    def filled(self) -> list[Generation]:
        """The active generation and the one being built; a new file is stored in both."""
        index = self._store.index
        return [found for found in (index.generation("active"), index.generation("building")) if found]

    def embedder_of(self, generation: Generation) -> Embedder | None:
        """The embedder of this generation, None if it is not available."""
        return self._models.embedder_of(generation.reader)

    def build(self) -> bool:
        """Do one step in the background: add a missing document to the newest generation, make it the active
        one, or delete a part of the old one. False if there is nothing to do.

        Raises:
            Cancelled: `stop` was set; finished windows are staged.
        """
        index = self._store.index
        active, building = index.generation("active"), index.generation("building")
        if building is not None and (self.embedder_of(building) or _cut_alike(active, building)):
            if not self._fill(building):
                index.flip(building.id)
            documents = active.documents if active else 0
            done = index.generation("building")
            model = building.reader.model if building.reader else ""
            self._emit(ModelBuilt(model, done.documents if done else documents, documents))
            return True
        return (active is not None and self._fill(active)) or index.clear_old()

    def _fill(self, generation: Generation) -> bool:
        """Add one missing document to the generation, from its stored text; False if none is missing.

        If the generation's model is not available, the document is added for word search. It gets its
        vectors when the model is back.
        """
        embedder = self.embedder_of(generation)
        missing = self._store.index.missing_from(generation.id, first_reader(embedder))
        if missing is None:
            return False
        made = self._taken_over(generation, missing)
        if made is None:
            text, layout = self._store.documents.text(missing.document)
            encoding = TextEncoding(
                self._store.queue,
                Extracted(text, missing.title, layout),
                embedder,
                stop=self._stop,
                progressed=self._progressed,
            )
            made = Made(generation.id, first_reader(embedder), encoding.passages())
        self._store.index.put_made(missing, made)
        return True

    def _taken_over(self, generation: Generation, missing: Missing) -> Made | None:
        """The passages of the active generation, if this one would cut and encode them the same way."""
        if not _cut_alike(self._store.index.generation("active"), generation):
            return None
        passages = self._store.index.passages(missing.document)
        reader = int(all(passage.sentence_vectors is not None for passage in passages))
        if not passages or reader < first_reader(self.embedder_of(generation)):
            return None
        return Made(generation.id, reader, passages)

    def _progressed(self, fraction: float) -> None:
        self._emit(ProgressMade("", fraction, self._store.queue.waiting()))


def _cut_alike(active: Generation | None, generation: Generation) -> bool:
    """Whether the two differ only in how words are indexed, so that passages and vectors can be reused."""
    return (
        active is not None
        and active.id != generation.id
        and active.fingerprint.cuts_like(generation.fingerprint)
    )
