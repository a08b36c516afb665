"""Reading the first hits again together with the question: which model does it, how far, how fast.

A cross-encoder where one is chosen or named, else late interaction with the embedder's own token
vectors. Under a time budget as many are read as the speed measured so far allows; what was read
before is not read again.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.inference.models import LATE_INTERACTION
from desktop_kb.records import Degraded, Embedder, Floats

log = logging.getLogger(__name__)

#: Passages read between two looks at the clock.
_SLICE: Final = 8
#: Scores remembered; each is a hash and a number.
_REMEMBERED: Final = 20_000

_Score = Callable[[str, Sequence[str]], Floats]


@dataclass(frozen=True, slots=True)
class Reread:
    """What came of it. `scores` are None where a passage was not read; `model` is '' where none was at
    hand; `read` of `wanted` passages were read."""

    model: str = ""
    scores: tuple[float | None, ...] = ()
    degraded: tuple[Degraded, ...] = ()
    read: int = 0
    wanted: int = 0

    @property
    def is_cross_encoder(self) -> bool:
        """It read question and passage together, and its scores are probabilities."""
        return self.model not in ("", LATE_INTERACTION)


class Reranking:
    """Thread-safe."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._pace: dict[str, float] = {}  # seconds a passage, by model

    def read(
        self,
        option: str,
        query: str,
        passages: Sequence[str],
        late: Sequence[bool],
        embedder: Embedder | None,
        seconds: float | None,
    ) -> Reread:
        """Score the passages, the most promising first.

        Args:
            option: 'auto', 'off', or a reranker's name.
            late: which passages late interaction can read.
            embedder: whose token vectors that takes; None where it does not read the query.
            seconds: the time there is; None for all it takes.
        """
        if option == "off" or not query.strip():
            return Reread()
        missing: tuple[Degraded, ...] = ()
        name = self._models.reranker_id if option == "auto" else option
        if name and name != LATE_INTERACTION:
            found = self._cross_encode(name, query, passages, seconds)
            if found is not None or option != "auto":
                return found or Reread(degraded=(Degraded.RERANKER_MISSING,))
            missing = (Degraded.RERANKER_MISSING,)
        if embedder is None:
            return Reread(degraded=missing)
        if not embedder.late_pooling:
            return Reread(degraded=(Degraded.RERANKER_MISSING,))
        read = [i for i, can in enumerate(late) if can]
        texts = [passages[i] for i in read]
        some = self._scores(embedder.fingerprint, embedder.late_interaction, query, texts, seconds)
        scores: list[float | None] = [None] * len(passages)
        for i, score in zip(read, some.scores, strict=True):
            scores[i] = score
        return Reread(LATE_INTERACTION, tuple(scores), (*missing, *some.degraded), some.read, some.wanted)

    def _cross_encode(
        self, name: str, query: str, passages: Sequence[str], seconds: float | None
    ) -> Reread | None:
        """None where that model is not here, is broken, or reads none of it."""
        reranker = self._models.reranker(name)
        if reranker is None:
            return None
        found = self._scores(reranker.id, reranker.score, query, passages, seconds)
        nothing = found.read and not any(score is not None for score in found.scores)
        if nothing or Degraded.NO_MODEL in found.degraded:
            return None
        fell_back = (Degraded.DEVICE_FALLBACK,) if reranker.fell_back else ()
        return replace(found, degraded=(*found.degraded, *fell_back))

    def _scores(
        self, model: str, score: _Score, query: str, passages: Sequence[str], seconds: float | None
    ) -> Reread:
        """Slice by slice as long as the time lasts, what is remembered first."""
        keys = [_key(model, query, passage) for passage in passages]
        found = self._remembered(keys)
        todo = [i for i, key in enumerate(keys) if key not in found]
        deadline = None if seconds is None else time.perf_counter() + seconds
        first = 0
        degraded: Degraded | None = None
        while first < len(todo):
            began = time.perf_counter()
            size = len(todo) if deadline is None else self._fitting(model, deadline - began)
            if not size and (first or seconds == 0):
                degraded = Degraded.RERANK_BUDGET
                break
            # One is read whatever the time, or a model once found slow would never be tried again.
            some = todo[first : first + max(1, size)]
            first += len(some)
            try:
                scores = score(query, [passages[i] for i in some])
            except ModelProblem:
                log.exception("not reranked")
                degraded = Degraded.NO_MODEL
                break
            self._learn(model, (time.perf_counter() - began) / len(some))
            found |= {keys[i]: float(value) for i, value in zip(some, scores, strict=True)}
        self._remember(found)
        values = tuple(None if np.isnan(found.get(key, np.nan)) else found[key] for key in keys)
        read = sum(key in found for key in keys)
        return Reread(model, values, (degraded,) if degraded else (), read, len(keys))

    # --- what is known from before

    def _fitting(self, model: str, seconds: float) -> int:
        """How many passages to read next; one, as long as the model's pace is not known."""
        pace = self._pace.get(model)
        if pace is None:
            return int(seconds > 0)
        return min(_SLICE, max(0, int(seconds / max(pace, 1e-9))))

    def _learn(self, model: str, pace: float) -> None:
        """What is faster is believed at once, what is slower counts half: a model that was loading, or a
        busy machine, is soon forgotten."""
        with self._lock:
            self._pace[model] = min(pace, (self._pace.get(model, pace) + pace) / 2)

    def _remembered(self, keys: Sequence[bytes]) -> dict[bytes, float]:
        with self._lock:
            return {key: self._known[key] for key in keys if key in self._known}

    def _remember(self, found: dict[bytes, float]) -> None:
        with self._lock:
            for key, value in found.items():
                self._known[key] = value
                self._known.move_to_end(key)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


def _key(model: str, query: str, passage: str) -> bytes:
    return hashlib.sha256("\0".join((model, query, passage)).encode("utf-8", "replace")).digest()
