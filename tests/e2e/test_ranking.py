"""How good the answers are, on the sample library with the embedded model: floors under every stage.

What they were when the floors were set stands beside each; `tests/bench/quality.py` measures more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions, SearchResult
from desktop_kb.search.stages import WAYS

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
QUESTIONS = json.loads(SAMPLES.with_name("sample_questions.json").read_text(encoding="utf-8"))["questions"]
#: Asked without their filters: ranking alone has to find the answer.
BY_LANGUAGE = {lang: [q for q in QUESTIONS if q["language"] == lang] for lang in ("en", "zh")}
#: Nothing in the library answers these, though they share words with it.
UNANSWERED = [
    "Which vaccine do you need before you travel to Brazil?",
    "How many moons does the planet Saturn have?",
    "Who wrote the first symphony in D minor?",
    "What is the boiling point of liquid nitrogen?",
    "哪一年人类第一次登上月球？",
    "流感疫苗每年什么时候打？",
    "贝多芬一共写了几首交响曲？",
    "申请护照要带哪些证件？",
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKTOP_KB_HOME", str(folder / "home"))
        with KnowledgeBase(folder / "library") as opened:
            reports = list(opened.follow(opened.add([SAMPLES])))
            assert {report.status for report in reports} == {"indexed"}
            yield opened


def holds(hit: Any, question: Mapping[str, Any]) -> bool:
    text = "".join(hit.shown.split())
    return Path(hit.path).name == question["answer_in"] and "".join(question["contains"].split()) in text


def found(kb: KnowledgeBase, stage: str, lang: str) -> tuple[float, float]:
    """Mean reciprocal rank of the first passage that holds the answer, and of the first from its file,
    among ten."""
    options = replace(WAYS[stage].options, limit=10)
    passages, files = [], []
    for question in BY_LANGUAGE[lang]:
        hits = kb.search(question["question"], options).hits
        passages.append(next((1 / hit.rank for hit in hits if holds(hit, question)), 0.0))
        ours = (1 / hit.rank for hit in hits if Path(hit.path).name == question["answer_in"])
        files.append(next(ours, 0.0))
    return float(np.mean(passages)), float(np.mean(files))


@pytest.mark.parametrize(
    ("stage", "lang", "passage", "file"),
    [
        ("words", "en", 0.75, 0.95),  # .806, 1
        ("vectors", "en", 0.75, 0.9),  # .821, .929
        ("fused", "en", 0.75, 0.95),  # .821, 1
        ("reranked", "en", 0.85, 0.95),  # .929, 1
        ("words", "zh", 0.9, 0.95),  # .938, 1
        ("reranked", "zh", 0.85, 0.95),  # .875, 1: two of the eight stand second
    ],
)
def test_every_stage_finds_the_answers(
    kb: KnowledgeBase, stage: str, lang: str, passage: float, file: float
) -> None:
    figures = found(kb, stage, lang)
    assert figures[0] >= passage
    assert figures[1] >= file


def best(result: SearchResult) -> tuple[float, bool]:
    return (result.hits[0].score, result.hits[0].weak) if result.hits else (0.0, True)


def test_what_nothing_answers_is_called_weak(kb: KnowledgeBase) -> None:
    options = SearchOptions(limit=1, rerank="off")
    answered = [best(kb.search(question["question"], options)) for question in QUESTIONS]
    unanswered = [best(kb.search(query, options)) for query in UNANSWERED]
    # One of 15 is, and all of these.
    assert np.mean([weak for _, weak in answered]) <= 0.2
    assert np.mean([weak for _, weak in unanswered]) >= 0.8
    assert area([score for score, _ in answered], [score for score, _ in unanswered]) >= 0.95


def area(above: list[float], below: list[float]) -> float:
    """How often an answered question's best hit scores higher than that of one without an answer."""
    return float(np.mean(np.array(above)[:, None] > np.array(below)))


def test_the_sentence_that_answers_is_the_best_one(kb: KnowledgeBase) -> None:
    """Of a passage with the answer, the sentence that holds the asked words: 5 of 15 do, and most
    others say it too."""
    answered = []
    for question in QUESTIONS:
        for hit in kb.search(question["question"]).hits:
            if holds(hit, question):
                text = kb.reading(hit.document, *hit.best)
                answered.append("".join(question["contains"].split()) in "".join(text.split()))
                break
    assert len(answered) >= 14
    assert sum(answered) >= 5
