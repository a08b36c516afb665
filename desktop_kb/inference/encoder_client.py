"""The parent's side of the encoder child: an `Embedder` and a `Reranker` that outlive their child.

Hides what is asked of the child, in which portions, and on which device the model runs; `encoder_process` is
the child itself, which several of them may share.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from desktop_kb.errors import ModelProblem, Problem, WorkerDied
from desktop_kb.inference.catalogue import Model
from desktop_kb.inference.encoder_process import EncoderProcess
from desktop_kb.records import Finding, Floats, Ints
from desktop_kb.worker import Message

log = logging.getLogger(__name__)

#: Windows per request on the CPU. A query waits for at most one request (0.15 s on one core); throughput is
#: the same from 2 to 16.
REQUEST_WINDOWS: Final = 4
#: The same for the model in four bits, whose windows take twice as long: its file is small, its layers many.
PACKED_WINDOWS: Final = 2
#: With weights larger than this, a request on the CPU has one window or four passages: 8 windows of
#: all-MiniLM-L6-v2 (91 MB) take 0.3 s of one core, and the time grows with the weights.
_LARGE_BYTES: Final = 400_000_000

#: This many passages take about as long as one window, which is longer.
PASSAGES_PER_WINDOW: Final = 4

#: A model counts as reading a text if it covers at least this share of the letters.
COVERED: Final = 0.5


class ModelClient:
    """A model in a child process. Thread-safe.

    Args:
        model: the model to run.
        folder: the folder with its files.
        threads: CPU threads; None means one for each physical core.
        device: 'cuda', 'mps' or 'cpu'; 'auto' is the first of these that works.
        fast_cpu: use bfloat16 on a CPU that is faster with it.
        process: the child that other models run in too; None for one of its own.
        idle_s: its own child is ended after this many seconds without a request.
    """

    def __init__(
        self,
        model: Model,
        folder: Path,
        *,
        threads: int | None = None,
        device: str = "auto",
        fast_cpu: bool = False,
        process: EncoderProcess | None = None,
        idle_s: float = 600.0,
    ) -> None:
        self._model = model
        self._setup: dict[str, Any] = {
            "model": json.dumps({**dataclasses.asdict(model), "files": dict(model.files)}),
            "folder": str(folder),
            "threads": threads,
            "device": device,
            "fast_cpu": fast_cpu,
            "attempt": 0,
        }
        self._weights_bytes = sum(
            p.stat().st_size for name in model.weights if (p := folder / name).is_file()
        )
        self._process = process or EncoderProcess(idle_s)
        self._owns_process = process is None
        self._closed = False
        self._forget_device()
        self._process.share(self._weights_bytes, self._forget_device)

    def _forget_device(self) -> None:
        self._device = ""
        self._notice: Finding | None = None
        self._fell_back = False
        self._batch_tokens = 0

    @property
    def id(self) -> str:
        """The model's name, as people see it."""
        return self._model.id

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get different vectors."""
        return self._model.fingerprint

    @property
    def device(self) -> str:
        """'cuda', 'mps' or 'cpu' while the model is loaded, else ''."""
        return self._device

    @property
    def notice(self) -> Finding | None:
        """Why the model does not run on the expected device; None if it does."""
        return self._notice

    @property
    def fell_back(self) -> bool:
        """It runs on the CPU although a graphics device was to be used."""
        return self._fell_back

    @property
    def running(self) -> bool:
        """Whether the child is running."""
        return self._process.running

    def move_to(self, device: str) -> None:
        """Leave the device, and run on another one from the next request on."""
        if device != self._setup["device"] or self._fell_back:  # the device may have room for it now
            self._setup |= {"device": device, "attempt": self._setup["attempt"] + 1}
            self._forget_device()
            if self.running:
                self._ask("leave", [], 0, priority=0)

    def close(self) -> None:
        """Refuse every later request; ends the child if it has no other model."""
        self._closed = True
        if self._owns_process:
            self._process.close()

    def _encode(self, do: str, texts: Sequence[str], size: int, *, priority: int, **fields: Any) -> Floats:
        answer = self._ask(do, texts, 4 * size, priority=priority, **fields)
        device, reported = answer.header["device"], answer.header["notice"]
        notice = Finding(reported["code"], reported["details"]) if reported else None
        if (device, notice) != (self._device, self._notice):
            log.info("encoding on %s %s", device, notice or "")
        self._device, self._notice = device, notice
        self._fell_back, self._batch_tokens = answer.header["fell_back"], answer.header["batch_tokens"]
        return np.frombuffer(answer.blobs[0], np.float32)

    def _ask(self, do: str, texts: Sequence[str], size: int, *, priority: int, **fields: Any) -> Message:
        header = {"do": do, **self._setup, **fields}
        # UTF-8 cannot hold a lone surrogate; 'replace' makes it one '?', which keeps the lengths.
        blobs = [text.encode("utf-8", "replace") for text in texts]
        try:
            if self._closed:
                raise Problem("closed")
            return self._process.ask(header, blobs, size, priority=priority)
        except WorkerDied as died:
            raise ModelProblem("encoder-failed", reason=died.reason) from died
        except Problem as problem:
            raise ModelProblem(problem.code, path=problem.path, **problem.details) from problem


class EncoderClient(ModelClient):
    """An embedding model in a child process; implements `records.Embedder`."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it reads ('en', 'zh'); empty means every one its tokenizer knows."""
        return self._model.languages

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._model.dimensions

    @property
    def window_tokens(self) -> int:
        """The limit for one window in tokens, special tokens excluded."""
        return self._model.window_tokens

    @property
    def late_pooling(self) -> bool:
        """Whether a passage's vector is the sum of its sentences' vectors."""
        return self._model.pooling == "mean"

    @property
    def batch_windows(self) -> int:
        """Windows per request: enough to keep the device busy, few enough that a query does not wait
        long. On a graphics device the child's batch size decides."""
        if self._device in ("", "cpu"):
            small = PACKED_WINDOWS if self._model.packed else REQUEST_WINDOWS
            return 1 if self._weights_bytes > _LARGE_BYTES else small
        return max(1, self._batch_tokens // (self.window_tokens + 2))

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        """Token counts (n,) and coverage 0..1 (n,) of each text. Loads no torch."""
        counts, coverage = self._ask("measure", texts, 8 * len(texts), priority=0).blobs
        return np.frombuffer(counts, np.int32), np.frombuffer(coverage, np.float32)

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Floats]:
        """For each window float32 (sentences, d): the sum of each sentence's token vectors, or without
        late pooling the vector of each sentence alone.

        A window longer than `window_tokens` is encoded in several equal parts, which are added up.
        """
        answer: list[Floats] = []
        size = self.batch_windows
        for start in range(0, len(windows), size):
            counts = [len(window) for window in windows[start : start + size]]
            texts = [text for window in windows[start : start + size] for text in window]
            sums = self._encode("windows", texts, len(texts) * self.dimensions, priority=1, counts=counts)
            answer += np.split(sums.reshape(len(texts), self.dimensions), np.cumsum(counts)[:-1])
        return answer

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """The vector of each text alone, float32 (n, d), unit length; for models without late pooling."""
        size = PASSAGES_PER_WINDOW * self.batch_windows
        vectors = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(texts), size):
            some = texts[start : start + size]
            found = self._encode("passages", some, len(some) * self.dimensions, priority=1)
            vectors.append(found.reshape(len(some), self.dimensions))
        return np.concatenate(vectors)

    def encode_query(self, text: str) -> Floats:
        """The query's vector, float32 (d,), unit length. Served before waiting windows."""
        return self._encode("query", [text], self.dimensions, priority=0)

    def late_interaction(
        self, query: str, passages: Sequence[str], centres: tuple[Floats, Floats] | None = None
    ) -> Floats:
        """MaxSim of each passage's first window, float32 (n,), 0..1 (Khattab & Zaharia 2020, ColBERT), of tokens
        measured from these centres."""
        fields = {} if centres is None else {"centres": [centre.tolist() for centre in centres]}
        return self._encode("late", [query, *passages], len(passages), priority=0, **fields)


class RerankerClient(ModelClient):
    """A cross-encoder in a child process; implements `records.Reranker`.

    Args:
        instruction: replaces the task in a 'yes-no' model's prompt; '' keeps the model's own.
    """

    def __init__(self, model: Model, folder: Path, *, instruction: str = "", **options: Any) -> None:
        if instruction and model.pooling == "yes-no":
            model = dataclasses.replace(model, instruction=instruction)
        super().__init__(model, folder, **options)

    def score(self, query: str, passages: Sequence[str]) -> Floats:
        """The probability that each passage answers the query, float32 (n,); NaN for a passage that the
        model does not cover, and for all if it does not cover the query."""
        scores = np.full(len(passages), np.nan, np.float32)
        coverage = self._coverage([query, *passages])
        read = [i for i in range(len(passages)) if min(coverage[0], coverage[i + 1]) >= COVERED]
        if read:
            found = self._encode("score", [query, *(passages[i] for i in read)], len(read), priority=0)
            scores[read] = 1 / (1 + np.exp(-found.astype(np.float64)))
        return scores

    def _coverage(self, texts: Sequence[str]) -> Floats:
        answer = self._ask("measure", texts, 8 * len(texts), priority=0)
        return np.frombuffer(answer.blobs[1], np.float32)
