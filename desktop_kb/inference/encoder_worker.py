"""The encoder child: answers `measure`, `windows`, `passages`, `query`, `late` and `score` for its models.

Hides when things are loaded: the first request checks the model's settings and reads its tokenizer
(milliseconds); the first encoding checks the weights and imports torch, on this process's main thread.
Texts arrive as UTF-8 blobs; vectors are returned as float32.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import sys
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
from desktop_kb.records import Floats, Json
from desktop_kb.similarity import unit
from desktop_kb.worker import Message, serve

if TYPE_CHECKING:
    from desktop_kb.inference.encoder import Encoder

#: Size limit of the passage cache: about 500 passages of 170 tokens and 384 dimensions.
CACHE_BYTES: Final = 64 * 2**20


class Session:
    """One model. The tokenizer is loaded at once, the encoder when it is first needed.

    Args:
        passages: the cache of token vectors, which sessions may share.
    """

    def __init__(
        self,
        model: Model,
        folder: Path,
        threads: int | None,
        device: str,
        fast_cpu: bool = False,
        passages: PassageCache | None = None,
    ) -> None:
        catalogue.check_settings(model, folder)
        if model.packed:  # its tokenizer is in the file with its weights
            catalogue.check_weights(model, folder)
        self._model = model
        self._folder = folder
        self._threads = threads
        self._device = device
        self._fast_cpu = fast_cpu
        self._tokens = Tokens(model, folder)
        self._passages = passages or PassageCache(CACHE_BYTES)

    @functools.cached_property
    def _encoder(self) -> Encoder:
        catalogue.check_weights(self._model, self._folder)
        try:
            from desktop_kb.inference.encoder import Encoder
        except (ImportError, OSError) as error:  # OSError: on Windows one of torch's DLLs cannot be loaded
            raise ModelProblem("encoder-failed", reason="no-torch", said=str(error)) from error
        return Encoder(
            self._model, self._folder, threads=self._threads, device=self._device, fast_cpu=self._fast_cpu
        )

    def measure(self, request: Message) -> Message:
        """Token counts (int32) and coverage (float32) of the texts."""
        counts, coverage = self._tokens.measure(_texts(request))
        return Message({}, (counts.tobytes(), coverage.tobytes()))

    def windows(self, request: Message) -> Message:
        """One vector for each sentence; `counts` is the number of sentences of each window.

        With a mean-pooling model, the sum of the sentence's token vectors within its window. With any
        other, the vector of the sentence alone, unit length, since such a model was not trained to give
        meaningful token vectors.
        """
        texts, counts = _texts(request), request.header["counts"]
        return self._answer(self._sums(texts, counts) if self._model.pooling == "mean" else self._pool(texts))

    def _sums(self, texts: Sequence[str], counts: Sequence[int]) -> Floats:
        ids = self._tokens.ids(texts)
        prompt = self._tokens.ids([self._model.passage_prompt.strip()])[0]
        rows: list[list[int]] = []
        owners: list[NDArray[np.intp]] = []  # for every token of a row, the index of its sentence
        first = 0
        for count in counts:
            sentences = range(first, first + count)
            flat = [token for sentence in sentences for token in ids[sentence]]
            owner = np.repeat(sentences, [len(ids[sentence]) for sentence in sentences])
            # A window longer than the model's (one very long sentence) becomes several equal inputs.
            pieces = -(-len(flat) // self._model.window_tokens)
            for piece in range(pieces):
                start, end = len(flat) * piece // pieces, len(flat) * (piece + 1) // pieces
                rows.append(self._with_specials([*prompt, *flat[start:end]]))
                owners.append(owner[start:end])
            first += count
        sums = np.zeros((len(ids), self._model.dimensions), np.float32)
        for index, vectors in self._encoder.token_vectors(rows):
            # Sentences without tokens own none of the tokens, so no segment of reduceat is empty.
            owning, starts = np.unique(owners[index], return_index=True)
            sums[owning] += np.add.reduceat(self._without_specials(vectors)[len(prompt) :], starts, axis=0)
        return sums

    def passages(self, request: Message) -> Message:
        """The vector of each text alone, unit length: the second pass of a model without mean pooling."""
        return self._answer(self._pool(_texts(request)))

    def query(self, request: Message) -> Message:
        """The query's vector as the model pools it, special tokens and prompt included, unit length:
        what sentence-transformers returns with `normalize_embeddings=True`."""
        (text,) = _texts(request)
        return self._answer(self._pool([text], self._model.query_prompt)[0])

    def _pool(self, texts: Sequence[str], prompt: str | None = None) -> Floats:
        """Unit vectors, float32 (n, d), of prompt + text (default: the passage prompt); zero for a text
        without tokens."""
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
        """A reranker's logit for each passage, float32 (n,)."""
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
        """MaxSim of each passage: the mean over the query's tokens of their best cosine in the passage."""
        query, *passages = _texts(request)
        nothing = np.zeros((2, self._model.dimensions), np.float32)
        asked, told = np.asarray(request.header.get("centres", nothing), np.float32)
        wanted = unit(self._unit_vectors([query], self._model.query_prompt)[0] - asked)
        scores = np.zeros(len(passages), np.float32)
        for i, offered in enumerate(self._passage_vectors(passages)):
            if len(wanted) and len(offered):
                scores[i] = (wanted @ unit(offered - told).T).max(axis=1).mean()
        return self._answer(scores.clip(0, 1))

    def _passage_vectors(self, passages: Sequence[str]) -> list[NDArray[np.float16]]:
        """Unit token vectors of each passage, from the cache if they are there.

        Half precision even when they are not, so that the same query gives the same scores again.
        """
        own = self._model.fingerprint.encode()
        keys = [hashlib.sha256(own + passage.encode()).digest() for passage in passages]
        found = {key: vectors for key in keys if (vectors := self._passages.get(key)) is not None}
        missing = {key: text for key, text in zip(keys, passages, strict=True) if key not in found}
        encoded = self._unit_vectors(list(missing.values()), self._model.passage_prompt)
        for key, exact in zip(missing, encoded, strict=True):
            found[key] = exact.astype(np.float16)
            self._passages.put(key, found[key])
        return [found[key] for key in keys]

    def _unit_vectors(self, texts: Sequence[str], prompt: str) -> list[Floats]:
        """Token vectors of each text's first window after the prompt, unit length, without special tokens and
        the prompt's."""
        before, *ids = self._tokens.ids([prompt.strip(), *texts])
        room = self._model.window_tokens - len(before)
        rows = [self._with_specials([*before, *some[:room]]) for some in ids]
        answer: dict[int, Floats] = {}
        for index, vectors in self._encoder.token_vectors(rows):
            answer[index] = unit(self._without_specials(vectors)[len(before) :])
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
    """An LRU cache of token vectors by text hash, limited in bytes."""

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


class Sessions:
    """The models of this child, each in one session: that of its client's last attempt at a device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._setups: dict[tuple[str, str], Json] = {}
        self._open: dict[tuple[str, str], Session] = {}
        self._passages = PassageCache(CACHE_BYTES)

    def of(self, request: Message) -> Session:
        """The session that answers a request. A request sent before its client moved the model elsewhere is
        answered there."""
        with self._lock:
            key = self._renew(request)
            if key not in self._open:
                setup = self._setups[key]
                options = (setup["threads"], setup["device"], setup["fast_cpu"], self._passages)
                self._open[key] = Session(model_of(json.loads(key[0])), Path(key[1]), *options)
            return self._open[key]

    def leave(self, request: Message) -> Message:
        """Drop the model, so that its device has room for others; the next request opens it again."""
        with self._lock:
            self._renew(request)
        if "torch" in sys.modules:
            from desktop_kb.inference.encoder import free_memory

            free_memory()
        return Message({})

    def _renew(self, request: Message) -> tuple[str, str]:
        """Drop the session of an earlier attempt; returns what the sessions are known by."""
        setup = request.header
        key = (setup["model"], setup["folder"])
        if key not in self._setups or setup["attempt"] > self._setups[key]["attempt"]:
            self._setups[key] = setup
            self._open.pop(key, None)
        return key


def main() -> None:
    """Serve until the parent closes stdin."""
    sessions = Sessions()
    serve(
        {
            "measure": lambda request: sessions.of(request).measure(request),
            "windows": lambda request: sessions.of(request).windows(request),
            "passages": lambda request: sessions.of(request).passages(request),
            "query": lambda request: sessions.of(request).query(request),
            "late": lambda request: sessions.of(request).late(request),
            "score": lambda request: sessions.of(request).score(request),
            "leave": sessions.leave,
        },
        # `measure` needs only the tokenizer; queued, a query would wait for the running batch twice (measure,
        # then encode).
        immediate=("measure",),
    )
