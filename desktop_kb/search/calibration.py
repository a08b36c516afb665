"""What a cosine means, for every model alike: 0 says 'unrelated', whatever the model and the languages.

Each model puts all texts of a kind and language into a part of its space: unrelated texts have a cosine of .03
with all-MiniLM-L6-v2, .76 with multilingual-e5-small, .81 if both are Chinese and .72 across languages, so that
a question finds what is written in its own language, whatever it says. So question and passage are each measured
from the mean of their kind and language ('all-but-the-mean', Mu & Viswanath 2018, here by language). Then both
models give unrelated texts -.02 (standard deviation .08) and answers .53 to .57 within a language, .40 across.

The means are those of general texts (`resources/general.json`), not of the library: a library of one note or one
field has no mean of its own, and the library's own brought nothing more (tests/bench/RESULTS.md). For the
models that come with the program they are in `resources/calibration.json` (made by tests/bench/means.py);
another model reads the general texts once, and what it says is kept.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from desktop_kb import paths
from desktop_kb.files import write_whole
from desktop_kb.records import Embedder, Floats
from desktop_kb.similarity import lengths, unit

log = logging.getLogger(__name__)

#: Part of the names of kept files: raise it when the general texts, or what is measured of them, change.
_VERSION: Final = 2
#: The cosine, from the means, of an answer in another language.
_ANSWER: Final = 0.4
#: General questions of each language whose late interaction with as many passages is measured.
_LATE: Final = 8
#: From this share of its letters a model reads a text at all: every English question of XQuAD has 1.0 with
#: all-MiniLM-L6-v2, no Chinese one more than .73.
COVERED: Final = 0.75


@dataclass(frozen=True, slots=True)
class Means:
    """Of texts in one language: the mean question and the mean passage, float32 (d,), of unit vectors, how far
    from it passages are on average, and what late interaction gives questions with unrelated passages, by the
    passages' language."""

    questions: Floats
    passages: Floats
    spread: float
    late: Mapping[str, float] = field(default_factory=dict)


class Calibration:
    """One model's means by language; without any its cosines are taken as they are."""

    def __init__(self, means: Mapping[str, Means]) -> None:
        self.means = means
        self._turn = functools.cache(self._find_turn)

    def question(self, vector: Floats, language: str) -> Floats:
        """A question's vector measured from the mean question, unit length, float32 (d,)."""
        means = self._of(language)
        return vector if means is None else unit(vector - means.questions)

    def passage(self, vector: Floats, language: str) -> Floats:
        """A passage's vector measured from the mean passage of its language, unit length, float32 (d,)."""
        means = self._of(language)
        return unit(vector) if means is None else unit(unit(vector) - means.passages)

    def asking(self, direction: Floats, language: str) -> Floats:
        """The vector of which `question` gives this direction, float32 (d,)."""
        means = self._of(language)
        return direction if means is None else direction + means.questions

    def cosines(self, vectors: Floats, languages: Sequence[str], question: Floats) -> Floats:
        """The cosine of each row, measured from the mean passage of its language, with a question from
        `question`; float32 (n,), 0 for a zero row."""
        long = lengths(vectors)
        safe = np.where(long > 0, long, 1)
        along = np.einsum("ij,j->i", vectors, question) / safe
        among = len(set(languages))
        for language in set(languages):
            means = self._of(language)
            if means is None:
                continue
            # All rows as they are where they are in one language: picking them out copies them.
            at = np.array([one == language for one in languages]) if among > 1 else slice(None)
            mean = means.passages
            toward = np.einsum("ij,j->i", vectors[at], mean) / safe[at]
            squared = 1 - 2 * toward + np.einsum("j,j->", mean, mean)
            along[at] = (along[at] - np.einsum("j,j->", mean, question)) / np.sqrt(np.maximum(squared, 1e-6))
        return np.asarray(np.where(long > 0, along, 0), np.float32)

    def facing(self, vector: Floats, language: str) -> Floats:
        """A question's vector to find the nearest passages of all languages with, though these are stored as
        they are: turned so that answers of every language have the same cosine with it."""
        question = self.question(vector, language)
        if len(self.means) < 2:
            return question if self.means else vector
        between, inverse, levels = self._turn()
        return unit(question + inverse @ (levels - between @ question))

    def centres(self, question: str, passage: str) -> tuple[Floats, Floats] | None:
        """What the tokens of a question and of a passage in these languages are measured from in late
        interaction: across languages their means, as whole texts are. Within one it finds more as it is."""
        asked, told = self._of(question), self._of(passage)
        return None if asked is None or told is None or asked is told else (asked.questions, told.passages)

    def late(self, score: float, question: str, passage: str) -> float:
        """A score of late interaction between a question and a passage in these languages, 0..1: 0 is
        unrelated. As it is it would be .30 with all-MiniLM-L6-v2 and .71 to .80 with multilingual-e5-small."""
        means = self._of(question)
        if means is None or not means.late:
            return score
        unrelated = means.late.get(passage, max(means.late.values()))
        return max(0.0, (score - unrelated) / (1 - unrelated))

    def _find_turn(self) -> tuple[Floats, Floats, Floats]:
        """The differences of the languages' means, (n - 1, d), their pseudoinverse, and what each must become."""
        first, *others = self.means.values()
        between = np.stack([other.passages - first.passages for other in others])
        levels = np.array([_ANSWER * (first.spread - other.spread) for other in others], np.float32)
        return between, np.asarray(np.linalg.pinv(between), np.float32), levels

    def _of(self, language: str) -> Means | None:
        """The means of a language; of English where there are none of it."""
        return self.means.get(language) or self.means.get("en") or next(iter(self.means.values()), None)


class Calibrations:
    """The calibrations of models, by what they are. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, Calibration] = {}
        self._lock = threading.Lock()

    def of(self, embedder: Embedder) -> Calibration:
        """A model's calibration. For a model that did not come with the program the first call takes as long as
        200 questions.

        Raises:
            ModelProblem: the model does not answer.
        """
        with self._lock:
            if embedder.fingerprint not in self._known:
                found = _fitting(read(paths.resource("calibration.json"), embedder.fingerprint), embedder)
                self._known[embedder.fingerprint] = found or _kept(embedder)
            return self._known[embedder.fingerprint]


def _kept(embedder: Embedder) -> Calibration:
    """What this model said of the general texts before, or says now."""
    file = paths.cache_dir() / f"calibration-{_VERSION}-{embedder.fingerprint}"
    known = _fitting(read(file, embedder.fingerprint), embedder)
    if known is None:
        known = measure(embedder)
        try:
            write_whole(file, json.dumps({embedder.fingerprint: as_json(known)}).encode())
        except OSError as error:
            log.info("a calibration is not kept: %s", error.strerror)
    return known


def _fitting(known: Calibration | None, embedder: Embedder) -> Calibration | None:
    """What is known, if its means have the dimensions of the model's vectors."""
    fits = known is not None and all(
        len(means.questions) == len(means.passages) == embedder.dimensions for means in known.means.values()
    )
    return known if fits else None


def measure(embedder: Embedder) -> Calibration:
    """Let a model read the general texts.

    Raises:
        ModelProblem: it does not answer.
    """
    means = {}
    for language, texts in general().items():
        if embedder.languages and language not in embedder.languages:
            continue
        if embedder.measure(texts["passages"])[1].mean() < COVERED:
            continue
        questions = np.stack([embedder.encode_query(text) for text in texts["questions"]])
        if embedder.late_pooling:
            passages = np.concatenate([embedder.encode_windows([[text]])[0] for text in texts["passages"]])
        else:
            passages = embedder.encode_passages(texts["passages"])
        passages = unit(passages)
        mean = passages.mean(axis=0)
        means[language] = Means(unit(questions).mean(axis=0), mean, float(lengths(passages - mean).mean()))
    if not embedder.late_pooling:
        return Calibration(means)
    measured = Calibration(means)
    late = {asked: _measure_late(embedder, measured, asked) for asked in means}
    return Calibration({asked: replace(means[asked], late=late[asked]) for asked in means})


def _measure_late(embedder: Embedder, measured: Calibration, asked: str) -> dict[str, float]:
    """The mean late interaction of general questions in one language with passages of each: that a few of them
    belong together moves it by less than .01."""
    texts, found = general(), {}
    for told in measured.means:
        passages, centres = texts[told]["passages"][-_LATE:], measured.centres(asked, told)
        scores = [
            embedder.late_interaction(question, passages, centres)
            for question in texts[asked]["questions"][:_LATE]
        ]
        found[told] = float(np.mean(scores))
    return found


def general() -> dict[str, dict[str, list[str]]]:
    """The general texts: by language 'questions' and 'passages'."""
    found: dict[str, dict[str, list[str]]] = json.loads(paths.resource("general.json").read_text("utf-8"))
    return found


def as_json(calibration: Calibration) -> dict[str, Any]:
    """The object that `read` reads: means in half precision."""
    return {
        language: {
            "questions": _packed(means.questions),
            "passages": _packed(means.passages),
            "spread": round(means.spread, 4),
            "late": {told: round(score, 4) for told, score in means.late.items()},
        }
        for language, means in calibration.means.items()
    }


def read(file: Path, fingerprint: str) -> Calibration | None:
    """The calibration of a model in a file; None if there is none that can be read."""
    try:
        record = json.loads(file.read_text("utf-8"))[fingerprint]
        return Calibration(
            {
                language: Means(
                    _unpacked(one["questions"]), _unpacked(one["passages"]), float(one["spread"]), one["late"]
                )
                for language, one in record.items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _packed(vector: Floats) -> str:
    return base64.b64encode(vector.astype("<f2").tobytes()).decode()


def _unpacked(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)
