"""The encoder child: answers `measure`, `windows`, `passages`, `query`, `late` and `score` for one model.

Hides when things are loaded: at the first request the model's settings are checked and its
tokenizer is read (milliseconds); at the first encoding the weights are checked and torch is
imported, on this process's main thread. Texts arrive as UTF-8 blobs, vectors leave as float32.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import catalogue
from desktop_kb.inference.catalogue import Model, model_of
from desktop_kb.inference.tokens import Tokens
from desktop_kb.records import Floats
from desktop_kb.similarity import unit
from desktop_kb.worker import Message, serve

if TYPE_CHECKING:
    from desktop_kb.inference.encoder import Encoder

#: What remembered passages may take: about 500 of 170 tokens and 384 dimensions.
CACHE_BYTES: Final = 64 * 2**20


class Session:
    """One model: its tokenizer now, its encoder at the first need."""

    def __init__(
        self, model: Model, folder: Path, threads: int | None, device: str, fast_cpu: bool = False
    ) -> None:
        catalogue.check_settings(model, folder)
        self._model = model
        self._folder = folder
        self._threads = threads
        self._device = device
        self._fast_cpu = fast_cpu
        self._tokens = Tokens(model, folder)
        self._passages = PassageCache(CACHE_BYTES)

    @functools.cached_property
    def _encoder(self) -> Encoder:
        catalogue.check_weights(self._model, self._folder)
        try:
            from desktop_kb.inference.encoder import Encoder
        except (ImportError, OSError) as error:  # OSError: a DLL of torch's does not load (Windows)
            raise ModelProblem("encoder-failed", reason="no-torch", said=str(error)) from error
        return Encoder(
            self._model, self._folder, threads=self._threads, device=self._device, fast_cpu=self._fast_cpu
        )

    def measure(self, request: Message) -> Message:
        """Token counts, int32, and coverage, float32, of the texts."""
        counts, coverage = self._tokens.measure(_texts(request))
        return Message({}, (counts.tobytes(), coverage.tobytes()))

    def windows(self, request: Message) -> Message:
        """One vector a sentence; `counts` are the sentences of each window.

        A mean-pooling model: the sum of the sentence's token vectors within its window. Any other:
        the sentence's own vector, unit length, since its tokens' vectors are not what it was trained for.
        """
        texts, counts = _texts(request), request.header["counts"]
        return self._answer(self._sums(texts, counts) if self._model.pooling == "mean" else self._pool(texts))

    def _sums(self, texts: Sequence[str], counts: Sequence[int]) -> Floats:
        ids = self._tokens.ids(texts)
        prompt = self._tokens.ids([self._model.passage_prompt.strip()])[0]
        rows: list[list[int]] = []
        owners: list[NDArray[np.intp]] = []  # whose token is it, for every token of a row
        first = 0
        for count in counts:
            sentences = range(first, first + count)
            flat = [token for sentence in sentences for token in ids[sentence]]
            owner = np.repeat(sentences, [len(ids[sentence]) for sentence in sentences])
            # What exceeds the model's window (one very long sentence) becomes several equal inputs.
            pieces = -(-len(flat) // self._model.window_tokens)
            for piece in range(pieces):
                start, end = len(flat) * piece // pieces, len(flat) * (piece + 1) // pieces
                rows.append(self._with_specials([*prompt, *flat[start:end]]))
                owners.append(owner[start:end])
            first += count
        sums = np.zeros((len(ids), self._model.dimensions), np.float32)
        for index, vectors in self._encoder.token_vectors(rows):
            # Sentences without a token do not occur here, so no segment of reduceat is empty.
            owning, starts = np.unique(owners[index], return_index=True)
            sums[owning] += np.add.reduceat(self._without_specials(vectors)[len(prompt) :], starts, axis=0)
        return sums

    def passages(self, request: Message) -> Message:
        """Each text's own vector, unit length: the second pass of a model that does not pool by the mean."""
        return self._answer(self._pool(_texts(request)))

    def query(self, request: Message) -> Message:
        """The query's vector as the model pools it, special tokens and prompt included, unit length.

        So it is what sentence-transformers returns with `normalize_embeddings=True`.
        """
        (text,) = _texts(request)
        return self._answer(self._pool([text], self._model.query_prompt)[0])

    def _pool(self, texts: Sequence[str], prompt: str | None = None) -> Floats:
        """Unit vectors, float32 (n, d), of what begins with the prompt; zero where a text has no token."""
        before = self._model.passage_prompt if prompt is None else prompt
        ids = self._tokens.ids([before + text for text in texts])
        rows = [self._with_specials(some[: self._model.window_tokens]) for some in ids]
        asked = [
            i
            for i, (text, row) in enumerate(zip(texts, rows, strict=True))
            if row and (text or prompt is not None)
        ]
        vectors = np.zeros((len(texts), self._model.dimensions), np.float32)
        for index, vector in self._encoder.pooled([rows[i] for i in asked]):
            vectors[asked[index]] = unit(vector)
        return vectors

    def score(self, request: Message) -> Message:
        """A reranker's score of each passage, before the logistic function, float32 (n,)."""
        query, *passages = _texts(request)
        rows = self._tokens.pairs(query, passages)
        yes = no = 0
        if self._model.pooling == "yes-no":
            yes, no = self._tokens.id_of("yes"), self._tokens.id_of("no")
        scores = np.zeros(len(rows), np.float32)
        for index, score in self._encoder.logits(rows, yes, no):
            scores[index] = score
        return self._answer(scores)

    def late(self, request: Message) -> Message:
        """MaxSim of each passage: the mean over the query's tokens of the best cosine in it."""
        query, *passages = _texts(request)
        (wanted,) = self._unit_vectors([query])
        scores = np.zeros(len(passages), np.float32)
        for i, offered in enumerate(self._passage_vectors(passages)):
            if len(wanted) and len(offered):
                scores[i] = (wanted @ offered.astype(np.float32).T).max(axis=1).mean()
        return self._answer(scores.clip(0, 1))

    def _passage_vectors(self, passages: Sequence[str]) -> list[NDArray[np.float16]]:
        """Unit token vectors of each passage, from the cache where they are.

        Scored in half precision the first time too: asking again must give the same answer.
        """
        keys = [hashlib.sha256(passage.encode()).digest() for passage in passages]
        found = {key: vectors for key in keys if (vectors := self._passages.get(key)) is not None}
        missing = {key: text for key, text in zip(keys, passages, strict=True) if key not in found}
        encoded = self._unit_vectors(list(missing.values()))
        for key, exact in zip(missing, encoded, strict=True):
            found[key] = exact.astype(np.float16)
            self._passages.put(key, found[key])
        return [found[key] for key in keys]

    def _unit_vectors(self, texts: Sequence[str]) -> list[Floats]:
        """Token vectors of each text's first window, unit length, special tokens out."""
        rows = [self._with_specials(ids[: self._model.window_tokens]) for ids in self._tokens.ids(texts)]
        answer: dict[int, Floats] = {}
        for index, vectors in self._encoder.token_vectors(rows):
            answer[index] = unit(self._without_specials(vectors))
        return [answer[index] for index in range(len(rows))]

    def _with_specials(self, ids: Sequence[int]) -> list[int]:
        return [*self._tokens.prefix, *ids, *self._tokens.suffix]

    def _without_specials(self, vectors: Floats) -> Floats:
        return vectors[len(self._tokens.prefix) : len(vectors) - len(self._tokens.suffix)]

    def _answer(self, values: Floats) -> Message:
        header = {
            "device": self._encoder.device,
            "notice": dataclasses.asdict(self._encoder.notice) if self._encoder.notice else None,
            "fell_back": self._encoder.fell_back,
            "batch_tokens": self._encoder.batch_tokens,
        }
        return Message(header, (np.ascontiguousarray(values, np.float32).tobytes(),))


class PassageCache:
    """Token vectors by text hash; the least recently used go first."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._vectors: OrderedDict[bytes, NDArray[np.float16]] = OrderedDict()

    def get(self, key: bytes) -> NDArray[np.float16] | None:
        if key in self._vectors:
            self._vectors.move_to_end(key)
        return self._vectors.get(key)

    def put(self, key: bytes, vectors: NDArray[np.float16]) -> None:
        self._vectors[key] = vectors
        self._bytes += vectors.nbytes
        while self._bytes > self._limit:
            self._bytes -= self._vectors.popitem(last=False)[1].nbytes


def _texts(request: Message) -> list[str]:
    return [blob.decode() for blob in request.blobs]


_opening = threading.Lock()


@functools.cache
def _session(model: str, folder: str, threads: int | None, device: str, fast_cpu: bool) -> Session:
    return Session(model_of(json.loads(model)), Path(folder), threads, device, fast_cpu)


def _open(request: Message) -> Session:
    """The session a request belongs to; a child's requests all name the same one."""
    header = request.header
    named = (header[name] for name in ("model", "folder", "threads", "device", "fast_cpu"))
    with _opening:
        return _session(*named)


def main() -> None:
    """Serve until the parent goes."""
    serve(
        {
            "measure": lambda request: _open(request).measure(request),
            "windows": lambda request: _open(request).windows(request),
            "passages": lambda request: _open(request).passages(request),
            "query": lambda request: _open(request).query(request),
            "late": lambda request: _open(request).late(request),
            "score": lambda request: _open(request).score(request),
        },
        # It needs the tokenizer alone: a question would else wait for the windows under way twice.
        immediate=("measure",),
    )
