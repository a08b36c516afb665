"""Reranking the first candidates: which model scores them, how many in the time there is.

A cross-encoder where one is chosen or named, else late interaction with the embedder's own token
vectors. Under a time budget as many are scored as the speed measured so far allows; scores are
remembered.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.records import LATE_INTERACTION, Degraded, Floats, Leg
from desktop_kb.search.context import DIGITS, Candidate, SearchContext
from desktop_kb.search.fuse import set_apart
from desktop_kb.settings import Settings

log = logging.getLogger(__name__)

#: Beside the words and the meaning of whole passages, which it reads more finely: late interaction's weight, and
#: theirs. The words keep as much of theirs as tells best that nothing answers: AUC .934 with .3, .929 with .18, on
#: Chinese questions (XQuAD-zh).
_LATE: Final = 0.6
_BESIDE: Final = {Leg.WORDS: 0.3, Leg.MEANING: 0.1}
#: These together take the place of the fused score where late interaction sets its best passage so far apart from
#: the next ones, as a share of what it gives that: not at all at the first, in full at the second, in proportion
#: between. CISI's questions, on topics that many passages touch, are below .2, 95 % of XQuAD's, each answered by
#: one passage, above .3 (tests/bench/RESULTS.md).
_APART: Final = (0.2, 0.3)
#: Passages on which both scores are taken to agree, beside those that are read: a handful tell little of how the
#: scores differ on average, and of a single one, in a library of one note, nothing would be left but the fused score.
_AGREED: Final = 3
#: A cross-encoder has the last word: the fused score decides between passages it cannot tell apart.
_CROSS_WEIGHT: Final = 0.99
#: Passages scored between two looks at the clock; of a slow model as many as it scores in so many seconds, which the
#: next question waits for, but two, or one whose requests take that long would never be found fast with more. Eight
#: took multilingual-e5-small .8 s of the processor, 99 ms each, two at once 79 and one alone 62.
_SLICE: Final = 8
_SLICE_SECONDS: Final = 0.1
#: Scores remembered; each is a hash and a number.
_REMEMBERED: Final = 20_000

_Score = Callable[[str, Sequence[str]], Floats]


@dataclass(frozen=True, slots=True)
class RerankResult:
    """`scores` are None where a passage was not scored; `model` is '' where there was none; `done` of
    `wanted` passages were scored."""

    model: str = ""
    scores: tuple[float | None, ...] = ()
    degraded: tuple[Degraded, ...] = ()
    done: int = 0
    wanted: int = 0

    @property
    def is_cross_encoder(self) -> bool:
        """The model reads question and passage together, and its scores are probabilities."""
        return self.model not in ("", LATE_INTERACTION)


class Reranking:
    """Thread-safe."""

    def __init__(self, models: Models, settings: Settings) -> None:
        self._models = models
        self._settings = settings
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._pace: dict[str, float] = {}  # seconds a passage, by model

    def run(self, context: SearchContext) -> None:
        """Rerank the first candidates, and give all their score."""
        first = context.candidates[: self._settings.rerank_candidates]
        # The last reader of the question, because the one of more languages comes after the English one.
        reader = max(context.vectors, default=0)
        found = self._rerank(context, first, reader)
        context.do_without(*found.degraded)
        context.reranker, context.reranked = found.model, (found.done, found.wanted)
        for candidate, score in zip(first, found.scores, strict=False):
            if score is None:
                candidate.rerank = None
                continue
            if not found.is_cross_encoder:
                score = context.calibrations[reader].late(score, context.language, candidate.language)
            candidate.rerank = round(score, DIGITS)
        if found.is_cross_encoder:
            blend(context.candidates, _CROSS_WEIGHT, late=False)
        else:
            blend(context.candidates, judge_late(first), late=True)

    def _rerank(self, context: SearchContext, candidates: Sequence[Candidate], reader: int) -> RerankResult:
        """Score these candidates, the most promising first; with late interaction those that this reader read."""
        option = context.options.rerank
        query, passages = context.query.text, [candidate.passage.text for candidate in candidates]
        if option == "off" or not query.strip():
            return RerankResult()
        missing: tuple[Degraded, ...] = ()
        name = self._models.reranker_id if option == "auto" else option
        if name and name != LATE_INTERACTION:
            found = self._cross_encode(context, name, passages)
            if found is not None or option != "auto":
                return found or RerankResult(degraded=(Degraded.RERANKER_MISSING,))
            missing = (Degraded.RERANKER_MISSING,)
        embedder = context.embedders.get(reader)
        if embedder is None:  # it does not read the query
            return RerankResult(degraded=missing)
        if not embedder.late_pooling:
            return RerankResult(degraded=(Degraded.RERANKER_MISSING,))
        readable = [i for i, candidate in enumerate(candidates) if candidate.read_by(reader)]
        score = _late(context, reader, {candidates[i].passage.text: candidates[i].language for i in readable})
        model = " ".join((embedder.fingerprint, *context.without))
        some = self._scores(context, model, score, [passages[i] for i in readable])
        scores: list[float | None] = [None] * len(passages)
        for i, value in zip(readable, some.scores, strict=True):
            scores[i] = value
        return RerankResult(
            LATE_INTERACTION, tuple(scores), (*missing, *some.degraded), some.done, some.wanted
        )

    def _cross_encode(
        self, context: SearchContext, name: str, passages: Sequence[str]
    ) -> RerankResult | None:
        """None where that model is not installed, fails, or reads none of the passages."""
        reranker = self._models.reranker(name)
        if reranker is None:
            return None
        found = self._scores(context, reranker.id, reranker.score, passages)
        nothing = found.done and not any(score is not None for score in found.scores)
        if nothing or Degraded.NO_MODEL in found.degraded:
            return None
        fell_back = (Degraded.DEVICE_FALLBACK,) if reranker.fell_back else ()
        return replace(found, degraded=(*found.degraded, *fell_back))

    def _scores(
        self, context: SearchContext, model: str, score: _Score, passages: Sequence[str]
    ) -> RerankResult:
        """Score what is not remembered, slice by slice as long as the time lasts."""
        query, seconds = context.query.text, context.options.rerank_seconds
        keys = [_key(model, query, passage) for passage in passages]
        found = self._remembered(keys)
        todo = [i for i, key in enumerate(keys) if key not in found]
        deadline = None if seconds is None else time.perf_counter() + seconds
        first = 0
        degraded: Degraded | None = None
        while first < len(todo):
            context.go_on()
            began = time.perf_counter()
            size = len(todo) if deadline is None else self._fitting(model, deadline - began)
            if not size and (first or seconds == 0):
                degraded = Degraded.RERANK_BUDGET
                break
            # One is scored whatever the time, or a model once found slow would never be tried again.
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
        done = sum(key in found for key in keys)
        return RerankResult(model, values, (degraded,) if degraded else (), done, len(keys))

    # --- pace and scores of earlier searches

    def _fitting(self, model: str, seconds: float) -> int:
        """How many passages to score next; one, as long as the model's pace is not known."""
        pace = self._pace.get(model)
        if pace is None:
            return int(seconds > 0)
        most = min(_SLICE, max(2, int(_SLICE_SECONDS / max(pace, 1e-9))))
        return min(most, max(0, int(seconds / max(pace, 1e-9))))

    def _learn(self, model: str, pace: float) -> None:
        """A faster pace counts in full, a slower one half, so that a model that was loading or a busy machine
        is soon forgotten."""
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


def _late(context: SearchContext, reader: int, languages: Mapping[str, str]) -> _Score:
    """Late interaction with passages, whose languages are these by their texts."""
    embedder, calibration = context.embedders[reader], context.calibrations[reader]

    def score(query: str, passages: Sequence[str]) -> Floats:
        scores = np.zeros(len(passages), np.float32)
        for language in {languages[text] for text in passages}:
            some = [i for i, text in enumerate(passages) if languages[text] == language]
            centres = calibration.centres(context.language, language)
            scores[some] = embedder.late_interaction(query, [passages[i] for i in some], centres)
        return scores

    return score


def judge_late(candidates: Sequence[Candidate]) -> float:
    """Put what late interaction says beside words and meaning; returns what that weighs against the fused score.
    Where it likes all passages alike, it cannot tell which one answers."""
    read = [candidate for candidate in candidates if candidate.rerank is not None]
    late = [candidate.rerank or 0.0 for candidate in read]
    finer = [_beside(one, score) for one, score in zip(read, late, strict=True)]
    least, most = _APART
    apart = set_apart(_levelled(read, late)) / (max(late, default=0.0) or 1.0)
    for candidate, score in zip(read, _levelled(read, finer), strict=True):
        candidate.rerank = round(min(1.0, max(0.0, score)), DIGITS)
    return min(1.0, max(0.0, (apart - least) / (most - least)))


def _beside(candidate: Candidate, late: float) -> float:
    """What late interaction says of a passage, beside its words and meaning; it is not charged for words of the
    question that its language cannot hold."""
    weights = {Leg.WORDS: candidate.held * _BESIDE[Leg.WORDS], Leg.MEANING: _BESIDE[Leg.MEANING]}
    beside = sum(weight * candidate.evidence.get(leg, 0.0) for leg, weight in weights.items())
    return (_LATE * late + beside) / (_LATE + sum(weights.values()))


def _levelled(candidates: Sequence[Candidate], scores: Sequence[float]) -> list[float]:
    """These scores, moved so that those of each language agree on average with the fused ones: they choose among
    the passages of a language, not between languages, and one floor holds for both. Late interaction likes what is
    in the question's own language more, whatever it says; without this, Chinese questions that an English passage
    answers lose .04 nDCG@10 in a library of both."""
    gaps: dict[str, list[float]] = {}
    for one, score in zip(candidates, scores, strict=True):
        gaps.setdefault(one.language, []).append(one.fused - score)
    doubt = sum(map(sum, gaps.values())) / max(1, len(candidates)) * _AGREED / (len(candidates) + _AGREED)
    moved = {language: sum(some) / len(some) - doubt for language, some in gaps.items()}
    return [score + moved[one.language] for one, score in zip(candidates, scores, strict=True)]


def blend(candidates: Sequence[Candidate], weight: float, late: bool) -> None:
    """Give every candidate its final score.

    Args:
        weight: of the reranker's score against the fused one.
        late: the reranker's scores are on the scale of the fused ones, so that below the same floor both
            together are weak; of other scores no floor is known, and the fused one says what is weak.
    """
    for candidate in candidates:
        candidate.score = candidate.fused
        if candidate.rerank is not None:
            # Where only meaning can speak, late interaction has the last word: it reads that more finely.
            own = weight + (1 - weight) * (1 - candidate.held) if late else weight
            # Both are rounded; two more digits keep apart what a small weight brings near.
            candidate.score = round((1 - own) * candidate.fused + own * candidate.rerank, DIGITS + 2)
        candidate.weak = (candidate.score if late else candidate.fused) < candidate.floor
    if late:
        _weak_below_weak([candidate for candidate in candidates if candidate.rerank is not None])
        _weak_below_weak([candidate for candidate in candidates if candidate.rerank is None])


def _weak_below_weak(candidates: Sequence[Candidate]) -> None:
    """What scores less than a weak passage is weak too. Languages have floors of their own; in a library of two,
    a poor passage in the other language, above its low floor, came before a better one in the question's own."""
    weak = False
    for candidate in sorted(candidates, key=lambda one: -one.score):
        candidate.weak = weak = weak or candidate.weak
