"""Builds generations: the passages and vectors of all documents, made by one set of models.

The next generation is built in the background while the active one serves searches. A document is in a
generation as soon as one of its models, the document's first reader, has cut and encoded it; the other
readers encode the same passages afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from desktop_kb import chunking, extract, language
from desktop_kb.diagnostics import alias
from desktop_kb.errors import Cancelled
from desktop_kb.inference import Models
from desktop_kb.ingest.encode import TextEncoding
from desktop_kb.ingest.prefetch import MOST_TOGETHER, SHORT_CHARACTERS, AnyOf
from desktop_kb.records import (
    DocumentsReadAgain,
    Embedder,
    Event,
    Extracted,
    Fingerprint,
    Generation,
    Made,
    Missing,
    ModelBuilt,
    Passage,
    ProgressMade,
    Reader,
    Vectors,
)
from desktop_kb.store import Queue, Store
from desktop_kb.worker import Flag

log = logging.getLogger(__name__)


def fingerprint(*embedders: Embedder | None) -> Fingerprint:
    """The fingerprint of a generation made today with these embedders, in this order; None stands for one that
    is not there. Without any it is for word search only."""
    readers = tuple(Reader(one.id, one.fingerprint, one.dimensions) for one in embedders if one is not None)
    return Fingerprint(readers, chunking.VERSION, language.VERSION, extract.VERSION)


def wanted(models: Models, active: Generation | None) -> Fingerprint:
    """The fingerprint that a library with these models should have. The vectors of a model that is chosen but
    not installed are kept: it may be back tomorrow."""
    today = fingerprint(*models.readers)
    if active is None:
        return today
    before, order = active.fingerprint, models.wanted
    if not today.readers:
        return replace(today, readers=before.readers, chunking=before.chunking)
    here = {reader.model for reader in today.readers}
    kept = [reader for reader in before.readers if reader.model in order and reader.model not in here]
    both = [*today.readers, *kept]
    if kept:
        both.sort(key=lambda reader: order.index(reader.model) if reader.model in order else -1)
    return replace(today, readers=tuple(both))


def first_reader(
    models: Models, fingerprint: Fingerprint, language_of: Callable[[], str]
) -> tuple[int, Embedder | None]:
    """Which of a generation's models cuts and encodes a text first, by number: the first one, so the
    fastest, that is installed and reads the language of most of it, else the first that is installed. 0 and
    None if none is. What the language is, is asked for only where there is a choice."""
    here = [
        (number, embedder)
        for number, reader in enumerate(fingerprint.readers, 1)
        if (embedder := models.embedder_of(reader)) is not None
    ]
    if len(here) > 1:
        code = language_of()
        here = [one for one in here if language.reads_language(one[1].languages, code)] or here
    return here[0] if here else (0, None)


class _FileWaits:
    """A flag that is set while a file waits in the queue: it goes before all work in the background."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def is_set(self) -> bool:
        return self._queue.waiting() > 0


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
        self._pause = AnyOf(stop, _FileWaits(store.queue))
        self._walked: dict[int, str] = {}  # by reader: the last document that it was given

    def start_if_changed(self) -> None:
        """Start a new generation if the fingerprint that the library should have differs from the existing one."""
        self._store.index.start_generation(wanted(self._models, self._store.index.uncounted()))
        self._walked = {}

    def filled(self) -> list[Generation]:
        """The active generation and the one being built; a new file is stored in both."""
        index = self._store.index
        return [found for found in (index.uncounted("active"), index.uncounted("building")) if found]

    def first_reader(self, generation: Generation, text: TextEncoding) -> tuple[int, Embedder | None]:
        """Which of this generation's models cuts the text; see `first_reader` above."""
        return first_reader(self._models, generation.fingerprint, lambda: text.language)

    def build(self) -> bool:
        """Do one step in the background: add a missing document to the newest generation, make it the active
        one, or delete a part of the old one. False if there is nothing to do.

        Raises:
            Cancelled: `stop` was set; finished windows are staged.
        """
        index = self._store.index
        active, building = index.uncounted("active"), index.uncounted("building")
        if building is not None and (self._can_read(building) or _same_but_words(active, building)):
            if not self._interruptible(partial(self._fill, building)):
                index.flip(building.id)
            before, done = index.generation("active"), index.generation("building")
            documents = before.documents if before else 0
            model = building.reader.model if building.reader else ""
            self._emit(ModelBuilt(model, done.documents if done else documents, documents))
            return True
        filled = active is not None and self._interruptible(partial(self._fill, active))
        return filled or index.clear_old()

    def read_on(self) -> bool:
        """Have one document read by one more of the active generation's readers; False if all have read all.

        Raises: as `build`.
        """
        active = self._store.index.uncounted("active")
        if active is None:
            return False
        for number, reader in enumerate(active.fingerprint.readers, 1):
            embedder = self._models.embedder_of(reader)
            missing = self._next_for(active, number) if embedder is not None else None
            if embedder is not None and missing is not None:
                return self._interruptible(partial(self._read, active, number, embedder, missing))
        return False

    def _interruptible(self, work: Callable[[], bool]) -> bool:
        """Do this work; True too if it was interrupted because a file waits."""
        try:
            return work()
        except Cancelled:
            if self._stop.is_set():
                raise
            return True

    def _can_read(self, generation: Generation) -> bool:
        return any(self._models.embedder_of(reader) for reader in generation.fingerprint.readers)

    def _fill(self, generation: Generation) -> bool:
        """Add one missing document to the generation, from its stored text; False if none is missing.

        If none of the generation's models is available, the document is added for word search. It gets its
        vectors when a model is back.
        """
        missing = self._store.index.missing_from(generation.id, 0)
        if missing is None:
            return False
        encoding = self._encoding(missing)
        number, embedder = self.first_reader(generation, encoding)
        made = self._taken_over(generation, missing, number)
        made = made or Made(generation.id, number, encoding.by(embedder).passages())
        self._put_made(missing, made)
        return True

    def _put_made(self, missing: Missing, made: Made) -> None:
        self._store.index.put_made(missing, made)
        log.info("stored %s: %d chunks", alias(missing.document), len(made.passages))

    def _encoding(self, missing: Missing, embedder: Embedder | None = None) -> TextEncoding:
        """The encoding of a document's stored text by this model."""
        text, layout = self._store.documents.text(missing.document)
        return TextEncoding(
            self._store.queue,
            Extracted(text, missing.title, layout),
            embedder,
            stop=self._pause,
            progressed=self._progressed,
            path=missing.document,
        )

    def _taken_over(self, generation: Generation, missing: Missing, number: int) -> Made | None:
        """What the active generation has of a document, if this one would cut it the same way: its passages,
        and what each reader that both generations have says of them.

        Args:
            number: the document's first reader in this generation.
        """
        index = self._store.index
        active = index.uncounted("active")
        if active is None or active.id == generation.id:
            return None
        if active.fingerprint.chunking != generation.fingerprint.chunking:
            return None
        numbers = {reader: number for number, reader in enumerate(generation.fingerprint.readers, 1)}
        read_by = index.readers_of(missing.document)
        known = {n: numbers.get(active.fingerprint.readers[n - 1], 0) for n in read_by}
        cut_by = known[read_by[0]] if read_by else 0
        if number not in (0, cut_by):
            return None
        passages = index.passages(missing.document)
        further = {
            known[n]: [Vectors(p.vector, p.sentence_vectors) for p in index.passages(missing.document, n)]
            for n in read_by[1:]
            if known[n]
        }
        return Made(generation.id, cut_by, passages, further) if passages else None

    def _next_for(self, active: Generation, number: int) -> Missing | None:
        """The next document that this reader has not read. Those that it was given are passed over until the
        end, so that 10,000 notes are not looked through once for each of them."""
        index = self._store.index
        missing = index.missing_from(active.id, number, self._walked.get(number, ""))
        if missing is None and self._walked.get(number):
            missing = index.missing_from(active.id, number)
        self._walked[number] = missing.document if missing is not None else ""
        return missing

    def _read(self, active: Generation, number: int, embedder: Embedder, missing: Missing) -> bool:
        """Encode a document's passages with one more reader, and those of short ones behind it. What was cut
        without a model is cut anew first."""
        index = self._store.index
        if missing.cut_by == 0:
            encoding = self._encoding(missing)
            first, own = self.first_reader(active, encoding)
            self._put_made(missing, Made(active.id, first, encoding.by(own).passages()))
            return True
        batch = self._short_ones(active, number, missing)
        texts = [self._encoding(one, embedder) for one in batch]
        encoded = TextEncoding.vectors_of_all(texts, list(batch.values()))
        for one, vectors in zip(batch, encoded, strict=True):
            index.add_vectors(one, active.id, number, vectors)
            log.info("stored %s: read by model %d", alias(one.document), number)
        now = index.generation("active")
        if now is not None and now.id == active.id:
            self._emit(DocumentsReadAgain(embedder.id, now.read[number - 1].documents, now.documents))
        return True

    def _short_ones(self, active: Generation, number: int, missing: Missing) -> dict[Missing, list[Passage]]:
        """The passages of this document, and if it is a short one those of the short ones that this reader is
        to read next."""
        index = self._store.index
        batch: dict[Missing, list[Passage]] = {}
        following: Missing | None = missing
        while following is not None and following.cut_by and len(batch) < MOST_TOGETHER:
            passages = index.passages(following.document)
            is_short = sum(len(passage.text) for passage in passages) <= SHORT_CHARACTERS
            if batch and (following in batch or not is_short):
                break
            batch[following] = passages
            if not is_short:
                break
            following = self._next_for(active, number)
        self._walked[number] = list(batch)[-1].document
        return batch

    def _progressed(self, fraction: float) -> None:
        self._emit(ProgressMade("", fraction, self._store.queue.waiting()))


def _same_but_words(active: Generation | None, building: Generation) -> bool:
    """Whether only the terms of passages are made anew, which needs no model."""
    return active is not None and active.fingerprint.cuts_like(building.fingerprint)
