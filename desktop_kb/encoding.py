"""Text -> passages with their vectors, put aside every few seconds: a kill costs what is newer.

Hides the staging and the second pass that some models take. Finished windows lie in the library,
invisible to search, under the text's hash and the model's fingerprint; what was encoded before is
not encoded again, whoever did it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from desktop_kb.diagnostics import alias
from desktop_kb.errors import Cancelled, ModelProblem
from desktop_kb.inference import COVERED, PASSAGES_A_WINDOW
from desktop_kb.passages import Encoded, build_chunks, sentences_of, windows_of
from desktop_kb.records import Chunk, Embedder, Extracted, Floats, Sentence
from desktop_kb.store import Queue

log = logging.getLogger(__name__)

#: Encoder output is put aside this often: what a kill may cost.
STAGING_SECONDS = 10.0


class StagedEncoding:
    """Cuts and encodes texts.

    Args:
        stop: set to interrupt; what is done is staged and `Cancelled` raised.
        progressed: told the path and which fraction of its encoding is done.
    """

    def __init__(self, queue: Queue, stop: threading.Event, progressed: Callable[[str, float], None]) -> None:
        self._queue = queue
        self._stop = stop
        self._progressed = progressed

    def chunks(
        self, extracted: Extracted, text_hash: str, embedder: Embedder | None, path: str
    ) -> list[Chunk]:
        """The passages of a text, with vectors where there is a model: `encode`, then `cut`."""
        encoded = self.encode(extracted, text_hash, embedder, path)
        return self.cut(extracted, encoded, text_hash, embedder, path)

    def encode(self, extracted: Extracted, text_hash: str, embedder: Embedder | None, path: str) -> Encoded:
        """Split a text into sentences and encode them.

        Raises:
            Cancelled: `stop` was set.
            ModelProblem: the model failed.
        """
        sentences = sentences_of(extracted, embedder)
        if embedder is None:
            return Encoded(sentences)
        return self._sentences(sentences, text_hash, embedder, path)

    def cut(
        self, extracted: Extracted, encoded: Encoded, text_hash: str, embedder: Embedder | None, path: str
    ) -> list[Chunk]:
        """The passages of what was encoded. Raises as `encode` where the model takes a second pass."""
        chunks = build_chunks(extracted, encoded)
        if embedder is None or embedder.late_pooling:
            return chunks
        return self._second_pass(chunks, text_hash, embedder, path)

    def _sentences(
        self, sentences: Sequence[Sentence], text_hash: str, embedder: Embedder, path: str
    ) -> Encoded:
        """See `Embedder.encode_windows`."""
        windows = windows_of(sentences, embedder)
        share = 1.0 if embedder.late_pooling else 0.5
        sums = np.zeros((len(sentences), embedder.dimensions), np.float32)

        def encode(numbers: Sequence[int]) -> list[Floats]:
            return embedder.encode_windows([[sentences[i].text for i in windows[n]] for n in numbers])

        def put(number: int, window: Floats) -> None:
            sums[windows[number]] = window

        key = (text_hash, embedder.fingerprint)
        self._staged(key, len(windows), embedder, 1, encode, put, path, (0.0, share))
        return Encoded.of(sentences, sums)

    def _second_pass(
        self, chunks: Sequence[Chunk], text_hash: str, embedder: Embedder, path: str
    ) -> list[Chunk]:
        """The same passages, each with the vector of its own text instead of its sentences' sum."""
        read = [number for number, chunk in enumerate(chunks) if chunk.coverage >= COVERED]

        def encode(numbers: Sequence[int]) -> list[Floats]:
            vectors = embedder.encode_passages([chunks[read[n]].text for n in numbers])
            return list(vectors[:, None, :])

        # Should the cuts differ from those that a staged vector was made for, it is not found.
        cuts = repr([(chunk.start, chunk.end) for chunk in chunks]).encode()
        key = (text_hash, f"{embedder.fingerprint}/{hashlib.sha256(cuts).hexdigest()[:16]}")
        vectors: dict[int, Floats] = {}

        def put(number: int, vector: Floats) -> None:
            vectors[read[number]] = np.asarray(vector[0], np.float32)

        self._staged(key, len(read), embedder, PASSAGES_A_WINDOW, encode, put, path, (0.5, 1.0))
        return [
            dataclasses.replace(chunk, vector=vectors[number]) if number in vectors else chunk
            for number, chunk in enumerate(chunks)
        ]

    def _staged(
        self,
        key: tuple[str, str],
        count: int,
        embedder: Embedder,
        a_window: int,
        encode: Callable[[Sequence[int]], list[Floats]],
        put: Callable[[int, Floats], None],
        path: str,
        span: tuple[float, float],
    ) -> None:
        """What `encode` says of the numbers below `count`, each float32 (rows, d), is `put` in the end, from
        the staging area as far as it lies there. `a_window` of them take about as long as a window; `span`
        is which part of the file's encoding this is.

        What is staged is not held here meanwhile: of a book of 5,000 pages it is 200 MB, for minutes.
        """
        staged = self._queue.staged_numbers(*key)
        fresh: dict[int, Floats] = {}
        there: set[int] = set()
        while True:
            todo = [number for number in range(count) if number not in staged | there]
            log.info("encoding %s: %d windows, %d staged", alias(path), count, len(staged))
            staged_at = time.monotonic()
            first = 0
            try:
                while first < len(todo):
                    if self._stop.is_set():
                        raise Cancelled
                    # Asked each time: a graphics card learns meanwhile how much it takes.
                    batch = todo[first : first + a_window * embedder.at_once]
                    first += len(batch)
                    fresh.update(zip(batch, encode(batch), strict=True))
                    log.debug("encoded %d windows of %s", len(batch), alias(path))
                    if time.monotonic() - staged_at > STAGING_SECONDS:
                        self._queue.stage_windows(*key, fresh)
                        log.debug("staged %d windows of %s", len(fresh), alias(path))
                        staged |= fresh.keys()
                        fresh, staged_at = {}, time.monotonic()
                    fraction = 1 - (len(todo) - first) / count
                    self._progressed(path, span[0] + (span[1] - span[0]) * fraction)
            except (Cancelled, ModelProblem):
                if fresh:
                    self._queue.stage_windows(*key, fresh)
                raise
            for number, rows in itertools.chain(
                fresh.items(), self._queue.staged_windows(*key, embedder.dimensions) if staged else ()
            ):
                put(number, rows)
                there.add(number)
            if all(number in there for number in range(count)):
                return
            # Another file of the same text was stored meanwhile, and what was staged went with it: once more.
            staged, fresh = set(), {}
