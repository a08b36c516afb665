"""Generations: what every document is cut into for one set of readers, the next behind the one that serves."""

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
    """What a generation is made with today, with this embedder or for words only."""
    readers = (Reader(embedder.id, embedder.fingerprint, embedder.dimensions),) if embedder else ()
    return Fingerprint(readers, chunking.VERSION, language.VERSION, extract.VERSION)


def first_reader(embedder: Embedder | None) -> int:
    """The number of a generation's reader that cuts its documents: its first one, where it is here; else 0."""
    return 0 if embedder is None else 1


class Generations:
    """Builds the generation that takes over next, a document at a time.

    Args:
        models: without an embedder among them documents are found by words.
        emit: told what happened.
        stop: set to interrupt.
    """

    def __init__(self, store: Store, models: Models, emit: Callable[[Event], None], stop: Flag) -> None:
        self._store = store
        self._models = models
        self._emit = emit
        self._stop = stop

    def begin(self) -> None:
        """Start a generation where what there is was made otherwise than it would be today."""
        embedder, active = self._models.embedder, self._store.index.generation()
        wanted = fingerprint(embedder)
        if embedder is None and active is not None:
            # Its vectors stay; what comes meanwhile is encoded when the model is back.
            wanted = replace(wanted, readers=active.fingerprint.readers, chunking=active.fingerprint.chunking)
        self._store.index.start_generation(wanted)

    def filled(self) -> list[Generation]:
        """The generation that serves and the one being built: a new file goes into both."""
        index = self._store.index
        return [found for found in (index.generation("active"), index.generation("building")) if found]

    def embedder_of(self, generation: Generation) -> Embedder | None:
        """The model that reads for this generation, where it is here."""
        return self._models.embedder_of(generation.reader)

    def build(self) -> bool:
        """One step of background building: a document that the newest generation lacks, the flip, or
        some clearing away of the generation before; False if there is nothing to do.

        Raises:
            Cancelled: `stop` was set; what was encoded is staged.
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
        """Cut one document that the generation lacks from its stored text; False if none is lacking.

        Without the generation's model its words are better than nothing; the model adds the rest.
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
        """The passages of the generation that serves, where this one would cut and encode them alike."""
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
    """Only the words of another generation differ from the active one's: passages and vectors are taken over."""
    return (
        active is not None
        and active.id != generation.id
        and active.fingerprint.cuts_like(generation.fingerprint)
    )
