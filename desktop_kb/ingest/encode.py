"""Encodes one text with one model into sentences, passages and vectors; staged every 10 s.

Hides staging, and the second pass that some models need. Finished windows are stored in the library,
invisible to search. Their key is the hash of the text, the model's fingerprint and a hash of the window's
sentences, because files with the same text can have different sentences (Markdown and plain text). So no
process encodes a window again that any process has encoded before.

A scan's text grows while its pages are recognized: its windows are staged under the hash of its file, and end
with some of its pages, so that those of the pages that were there before are found again.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from desktop_kb import language
from desktop_kb.diagnostics import alias
from desktop_kb.errors import Cancelled, ModelProblem
from desktop_kb.inference import COVERED, PASSAGES_PER_WINDOW
from desktop_kb.ingest.passages import (
    Encoded,
    build_passages,
    encode_together,
    measure_together,
    measured_together,
    reads,
    sentences_in,
    sentences_of,
    sentences_read,
    vectors_of,
    window_ends,
    windows_of,
)
from desktop_kb.records import Embedder, Extracted, Floats, Passage, Sentence, Vectors
from desktop_kb.store import Queue
from desktop_kb.worker import Flag

log = logging.getLogger(__name__)

#: Encoder output is staged this often, so a kill loses at most this much encoding.
STAGING_SECONDS = 10.0

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Pass(Generic[Item]):
    """One pass of the model over a text.

    Attributes:
        fingerprint: the model's.
        items: the windows or passages to encode.
        encode: returns float32 (rows, d) for each item.
        batch_size: the number of items for one call of `encode`.
        progress_range: the part of the file's progress (0..1) that this pass covers.
    """

    fingerprint: str
    items: Sequence[Item]
    encode: Callable[[Sequence[Item]], Iterable[Floats]]
    batch_size: Callable[[], int]
    progress_range: tuple[float, float]

    def keys(self) -> list[int]:
        """What the staged output of each item is known by."""
        digests = (hashlib.sha256(repr(item).encode("utf-8")).digest() for item in self.items)
        return [int.from_bytes(digest[:7], "big") for digest in digests]


class TextEncoding:
    """Encodes one text and cuts it into passages; without a model, only cuts it, for word search.

    Args:
        stop: set it to interrupt; finished windows are staged and `Cancelled` is raised.
        progressed: called with the fraction of the encoding that is done.
        path: the path of the file, for the log, or of a stored text its document.
        content_hash: of the file, if the text is that of a file.
    """

    def __init__(
        self,
        queue: Queue,
        extracted: Extracted,
        embedder: Embedder | None,
        *,
        stop: Flag,
        progressed: Callable[[float], None],
        path: str = "",
        content_hash: str = "",
    ) -> None:
        self.extracted = extracted
        self.embedder = embedder
        self.text_hash = hashlib.sha256(extracted.text.encode("utf-8")).hexdigest()
        self._grows = bool(content_hash) and any(page.recognized for page in extracted.layout.pages)
        self._staged_under = content_hash if self._grows else self.text_hash
        self._queue = queue
        self._stop = stop
        self._progressed = progressed
        self._path = path

    @cached_property
    def language(self) -> str:
        """The language that most of the text is in: a whole book is looked through once."""
        return language.language_of(self.extracted.text)

    @classmethod
    def encode_all(cls, texts: Sequence[TextEncoding]) -> list[Encoded]:
        """`encode` of several short texts: those of one model in as few requests as one long text would take.
        Nothing is staged, since it takes no longer than a staging interval.

        Raises: as `encode`.
        """
        if len(texts) == 1:
            return [texts[0].encode()]
        found: dict[int, Encoded] = {}
        by_model: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            by_model.setdefault(text.embedder.fingerprint if text.embedder else "", []).append(number)
        for numbers in by_model.values():
            embedder, some = texts[numbers[0]].embedder, [texts[number] for number in numbers]
            if embedder is None:
                encoded = [text.encode() for text in some]
            else:
                sentences = measured_together([text.extracted for text in some], embedder)
                encoded = cls._together(embedder, sentences, some)
            found.update(zip(numbers, encoded, strict=True))
        return [found[number] for number in range(len(texts))]

    @staticmethod
    def _together(
        embedder: Embedder, sentences: Sequence[Sequence[Sentence]], texts: Sequence[TextEncoding]
    ) -> list[Encoded]:
        """Encode the sentences of each of these texts."""

        def check() -> None:
            if any(text._stop.is_set() for text in texts):
                raise Cancelled

        counts = [len(windows_of(some, embedder)) for some in sentences]
        for text, count in zip(texts, counts, strict=True):
            log.info("encoding %s: %d windows, 0 staged", alias(text._path), count)
        encoded = encode_together(sentences, embedder, check)
        for text, count in zip(texts, counts, strict=True):
            log.debug("encoded %d windows of %s", count, alias(text._path))
        return encoded

    def by(self, embedder: Embedder | None) -> TextEncoding:
        """An encoding of the same text with another model."""
        other = copy.copy(self)  # the text is not hashed again
        other.embedder = embedder
        return other

    def passages(self) -> list[Passage]:
        """Encode and cut the text. The passages have vectors if there is a model."""
        return self.cut(self.encode())

    def encode(self) -> Encoded:
        """Split the text into sentences and encode them (see `Embedder.encode_windows`).

        Raises:
            Cancelled: `stop` was set.
            ModelProblem: the model failed.
        """
        sentences = sentences_of(self.extracted, self.embedder)
        if self.embedder is None:
            return Encoded(sentences)
        return self._encode(self.embedder, sentences, 1.0 if self.embedder.late_pooling else 0.5)

    def _encode(self, embedder: Embedder, sentences: Sequence[Sentence], share: float) -> Encoded:
        """Encode these sentences, which is `share` of the work."""
        windows = windows_of(sentences, embedder, window_ends(self.extracted.layout.pages))
        sums = np.zeros((len(sentences), embedder.dimensions), np.float32)
        only = _Pass(
            fingerprint=embedder.fingerprint,
            items=[[sentences[i].text for i in window] for window in windows],
            encode=embedder.encode_windows,
            batch_size=lambda: embedder.batch_windows,
            progress_range=(0.0, share),
        )
        for number, rows in self._encoded(only, embedder.dimensions):
            sums[windows[number]] = rows
        return Encoded.of(sentences, sums, embedder.languages)

    def cut(self, encoded: Encoded) -> list[Passage]:
        """Cut the encoded text into passages. If the model needs a second pass, raises what `encode` raises."""
        passages = build_passages(self.extracted, encoded)
        if self.embedder is None or self.embedder.late_pooling:
            return passages
        covered = [number for number, passage in enumerate(passages) if passage.vector is not None]
        made = list(passages)
        for number, vector in self._one_by_one(self.embedder, passages, covered, 0.5):
            made[number] = dataclasses.replace(made[number], vector=vector)
        return made

    def vectors(self, passages: Sequence[Passage]) -> list[Vectors]:
        """Encode the passages of this text, which another model has cut; a passage that this model does not
        read has no vectors. A model without late pooling encodes the passages only, not their sentences.

        Raises: as `encode`.
        """
        embedder = self.embedder
        assert embedder is not None
        if embedder.late_pooling:
            sentences = sentences_in(self.extracted, passages, embedder.languages, embedder.measure)
            return vectors_of(passages, self._encode(embedder, sentences, 1.0))
        coverage = embedder.measure([passage.text for passage in passages])[1]
        covered = [
            number
            for number, passage in enumerate(passages)
            if coverage[number] >= COVERED and reads(embedder.languages, passage.text)
        ]
        found = dict(self._one_by_one(embedder, passages, covered, 0.0))
        return [Vectors(found.get(number), None) for number in range(len(passages))]

    @classmethod
    def vectors_of_all(
        cls, texts: Sequence[TextEncoding], passages: Sequence[Sequence[Passage]]
    ) -> list[list[Vectors]]:
        """`vectors` of several short texts with one model; see `encode_all`."""
        embedder = texts[0].embedder
        assert embedder is not None
        pairs = list(zip(texts, passages, strict=True))
        if len(texts) == 1 or not embedder.late_pooling:
            return [text.vectors(own) for text, own in pairs]
        read = [one for text, own in pairs for one in sentences_read(text.extracted, own)]
        measure = measure_together(read, embedder)
        sentences = [sentences_in(text.extracted, own, embedder.languages, measure) for text, own in pairs]
        encoded = cls._together(embedder, sentences, texts)
        return [vectors_of(own, one) for own, one in zip(passages, encoded, strict=True)]

    def _one_by_one(
        self, embedder: Embedder, passages: Sequence[Passage], covered: Sequence[int], begin: float
    ) -> Iterator[tuple[int, Floats]]:
        """Encode each of the covered passages by itself: its number and its vector. `begin` of the work is done."""
        second = _Pass(
            fingerprint=embedder.fingerprint,
            items=[passages[number].text for number in covered],
            encode=lambda texts: embedder.encode_passages(texts)[:, None, :],
            batch_size=lambda: PASSAGES_PER_WINDOW * embedder.batch_windows,
            progress_range=(begin, 1.0),
        )
        for number, rows in self._encoded(second, embedder.dimensions):
            yield covered[number], np.asarray(rows[0], np.float32)

    def _encoded(self, one: _Pass[Item], dimensions: int) -> Iterator[tuple[int, Floats]]:
        """Encode the items in batches, except those staged before, which are read back. Yields (item number,
        rows) in any order; an item may come twice.

        Staged rows are not kept in memory meanwhile: for a book of 5,000 pages they are 200 MB, for minutes.
        """
        numbers: dict[int, list[int]] = {}
        for number, key in enumerate(one.keys()):
            numbers.setdefault(key, []).append(number)
        staged = self._queue.staged_keys(self._staged_under, one.fingerprint) & numbers.keys()
        given: set[int] = set()
        while True:
            todo = {key: some[0] for key, some in numbers.items() if key not in staged | given}
            log.info("encoding %s: %d windows, %d staged", alias(self._path), len(numbers), len(staged))
            fresh = self._fresh(one, todo)
            if staged or len(fresh) < len(todo):
                read_back = self._queue.staged_windows(self._staged_under, one.fingerprint, dimensions)
            else:
                read_back = iter(())
            for key, rows in itertools.chain(fresh.items(), read_back):
                for number in numbers.get(key, ()):
                    yield number, rows
                    given.add(key)
            if len(given) >= len(numbers):
                return
            # Another file with the same text was stored meanwhile, and storing it deleted our staged rows.
            # Encode the missing items again.
            staged = set()

    def _fresh(self, one: _Pass[Item], todo: Mapping[int, int]) -> dict[int, Floats]:
        """Encode the items `todo`, numbers by key. Returns the rows that were not staged on the way, by key; of
        a text that grows all are staged."""
        fresh: dict[int, Floats] = {}
        keys = list(todo)
        staged_at = time.monotonic()
        first = 0
        try:
            while first < len(keys):
                if self._stop.is_set():
                    raise Cancelled
                # Ask for the batch size each time: on a GPU it grows while the client learns what fits.
                batch = keys[first : first + one.batch_size()]
                first += len(batch)
                fresh.update(zip(batch, one.encode([one.items[todo[key]] for key in batch]), strict=True))
                log.debug("encoded %d windows of %s", len(batch), alias(self._path))
                if time.monotonic() - staged_at > STAGING_SECONDS:
                    self._stage(one, fresh)
                    fresh, staged_at = {}, time.monotonic()
                begin, end = one.progress_range
                self._progressed(begin + (end - begin) * (1 - (len(keys) - first) / len(one.items)))
        except (Cancelled, ModelProblem):
            self._stage(one, fresh)
            raise
        if self._grows:
            self._stage(one, fresh)
        return fresh

    def _stage(self, one: _Pass[Item], fresh: Mapping[int, Floats]) -> None:
        if fresh:
            self._queue.stage_windows(self._staged_under, one.fingerprint, fresh)
            log.debug("staged %d windows of %s", len(fresh), alias(self._path))
