"""One text by one model: its sentences, its passages, their vectors; staged every few seconds.

Hides the staging and the second pass that some models take. Finished windows lie in the library,
invisible to search, under the text's hash, the model's fingerprint and a hash of what was encoded: files
with one text may have other sentences, as Markdown and plain text have. What was encoded before is not
encoded again, whoever did it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from desktop_kb.diagnostics import alias
from desktop_kb.errors import Cancelled, ModelProblem
from desktop_kb.inference import COVERED, PASSAGES_PER_WINDOW
from desktop_kb.ingest.passages import Encoded, build_passages, sentences_of, windows_of
from desktop_kb.records import Embedder, Extracted, Floats, Passage
from desktop_kb.store import Queue
from desktop_kb.worker import Flag

log = logging.getLogger(__name__)

#: Encoder output is put aside this often: what a kill may cost.
STAGING_SECONDS = 10.0

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Pass(Generic[Item]):
    """One way of the model through a text.

    Attributes:
        fingerprint: of the model.
        items: what is encoded, windows or passages.
        encode: gives for each item float32 (rows, d).
        at_once: how many items to bring in one call.
        span: which part of the file's encoding this is, of 0..1.
    """

    fingerprint: str
    items: Sequence[Item]
    encode: Callable[[Sequence[Item]], Iterable[Floats]]
    at_once: Callable[[], int]
    span: tuple[float, float]

    def staged_as(self) -> str:
        """What its output is staged under, beside the text's hash."""
        digest = hashlib.sha256()
        for item in self.items:
            digest.update(repr(item).encode("utf-8"))
        return f"{self.fingerprint}/{digest.hexdigest()[:16]}"


class TextEncoding:
    """Encodes one text with one model, or for words only, and cuts it.

    Args:
        stop: set to interrupt; what is done is staged and `Cancelled` raised.
        progressed: told which fraction of the encoding is done.
        path: the file it is of, '' for none; for the log.
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
    ) -> None:
        self.extracted = extracted
        self.embedder = embedder
        self.text_hash = hashlib.sha256(extracted.text.encode("utf-8")).hexdigest()
        self._queue = queue
        self._stop = stop
        self._progressed = progressed
        self._path = path

    def by(self, embedder: Embedder | None) -> TextEncoding:
        """The same text by another model."""
        return TextEncoding(
            self._queue,
            self.extracted,
            embedder,
            stop=self._stop,
            progressed=self._progressed,
            path=self._path,
        )

    def passages(self) -> list[Passage]:
        """The passages of the text, with vectors where there is a model: `encode`, then `cut`."""
        return self.cut(self.encode())

    def encode(self) -> Encoded:
        """Split the text into sentences and encode them (see `Embedder.encode_windows`).

        Raises:
            Cancelled: `stop` was set.
            ModelProblem: the model failed.
        """
        embedder = self.embedder
        sentences = sentences_of(self.extracted, embedder)
        if embedder is None:
            return Encoded(sentences)
        windows = windows_of(sentences, embedder)
        sums = np.zeros((len(sentences), embedder.dimensions), np.float32)
        only = _Pass(
            fingerprint=embedder.fingerprint,
            items=[[sentences[i].text for i in window] for window in windows],
            encode=embedder.encode_windows,
            at_once=lambda: embedder.batch_windows,
            span=(0.0, 1.0 if embedder.late_pooling else 0.5),
        )
        for number, rows in self._encoded(only, embedder.dimensions):
            sums[windows[number]] = rows
        return Encoded.of(sentences, sums)

    def cut(self, encoded: Encoded) -> list[Passage]:
        """The passages of what was encoded. Raises as `encode` where the model takes a second pass."""
        passages = build_passages(self.extracted, encoded)
        if self.embedder is None or self.embedder.late_pooling:
            return passages
        return self._second_pass(self.embedder, passages)

    def _second_pass(self, embedder: Embedder, passages: Sequence[Passage]) -> list[Passage]:
        """The same passages, each with the vector of its own text instead of its sentences' sum."""
        covered = [number for number, passage in enumerate(passages) if passage.coverage >= COVERED]
        second = _Pass(
            fingerprint=embedder.fingerprint,
            items=[passages[number].text for number in covered],
            encode=lambda texts: embedder.encode_passages(texts)[:, None, :],
            at_once=lambda: PASSAGES_PER_WINDOW * embedder.batch_windows,
            span=(0.5, 1.0),
        )
        made = list(passages)
        for number, rows in self._encoded(second, embedder.dimensions):
            passage = passages[covered[number]]
            made[covered[number]] = dataclasses.replace(passage, vector=np.asarray(rows[0], np.float32))
        return made

    def _encoded(self, one: _Pass[Item], dimensions: int) -> Iterator[tuple[int, Floats]]:
        """Encode items in batches; staged ones are read back. Gives the number of each and its rows, in no
        order, some perhaps twice.

        What is staged is not held here meanwhile: of a book of 5,000 pages it is 200 MB, for minutes.
        """
        name = one.staged_as()
        staged = self._queue.staged_numbers(self.text_hash, name)
        given: set[int] = set()
        while True:
            todo = [number for number in range(len(one.items)) if number not in staged | given]
            log.info("encoding %s: %d windows, %d staged", alias(self._path), len(one.items), len(staged))
            fresh = self._fresh(one, name, todo)
            if staged or len(fresh) < len(todo):
                read_back = self._queue.staged_windows(self.text_hash, name, dimensions)
            else:
                read_back = iter(())
            for number, rows in itertools.chain(fresh.items(), read_back):
                yield number, rows
                given.add(number)
            if len(given) >= len(one.items):
                return
            # Another file of the same text was stored meanwhile, and what was staged went with it: once more.
            staged = set()

    def _fresh(self, one: _Pass[Item], name: str, todo: Sequence[int]) -> dict[int, Floats]:
        """Encode those items that are to do; what has not been staged under `name` of them is returned."""
        fresh: dict[int, Floats] = {}
        staged_at = time.monotonic()
        first = 0
        try:
            while first < len(todo):
                if self._stop.is_set():
                    raise Cancelled
                # Asked each time: a graphics card learns meanwhile how much it takes.
                batch = todo[first : first + one.at_once()]
                first += len(batch)
                fresh.update(zip(batch, one.encode([one.items[number] for number in batch]), strict=True))
                log.debug("encoded %d windows of %s", len(batch), alias(self._path))
                if time.monotonic() - staged_at > STAGING_SECONDS:
                    self._queue.stage_windows(self.text_hash, name, fresh)
                    log.debug("staged %d windows of %s", len(fresh), alias(self._path))
                    fresh, staged_at = {}, time.monotonic()
                begin, end = one.span
                self._progressed(begin + (end - begin) * (1 - (len(todo) - first) / len(one.items)))
        except (Cancelled, ModelProblem):
            if fresh:
                self._queue.stage_windows(self.text_hash, name, fresh)
            raise
        return fresh
