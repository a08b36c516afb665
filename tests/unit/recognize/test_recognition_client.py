"""The recognition child: what it reads, and what it is given up for."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from scans import pictures_of, typed

from desktop_kb.errors import Problem
from desktop_kb.recognize import Recognizer, is_available
from desktop_kb.records import Picture, RecognizedLine, pack_lines
from desktop_kb.worker import Limits, Message, Worker

pytestmark = pytest.mark.skipif(not is_available(), reason="onnxruntime has no wheel here")


@pytest.fixture
def recognizer() -> Iterator[Recognizer]:
    made = Recognizer()
    yield made
    made.close()


def _picture(turned: int = 0) -> Picture:
    lines = ["The badger digs a deep burrow.", "Nobody hears the 23 owls."]
    (page,) = pictures_of(typed([lines]), turned=turned)
    return Picture(page.width, page.height, page.tobytes())


def test_words_are_read_and_have_places(recognizer: Recognizer) -> None:
    for turned in (0, 90):
        lines = sorted(recognizer.recognize(_picture(turned)), key=lambda line: line.text)
        assert [line.text for line in lines] == [
            "Nobody hears the 23 owls.",
            "The badger digs a deep burrow.",
        ]
        assert all(len(line.places) == len(line.text) and line.score > 0.9 for line in lines)
    upper, lower = lines[1].corners, lines[0].corners
    assert upper[0] > lower[0]  # turned clockwise, the first line stands at the right
    assert abs(upper[2] - upper[0]) < 0.02 < upper[3] - upper[1]


def test_an_empty_page_has_no_lines(recognizer: Recognizer) -> None:
    assert recognizer.recognize(Picture(200, 100, b"\xff" * 20_000)) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="its priorities are classes, not numbers")
def test_every_other_program_comes_first(recognizer: Recognizer) -> None:
    """Recognizing a long scan takes an hour, during which questions are asked."""
    recognizer.recognize(Picture(200, 100, b"\xff" * 20_000))
    readers = [child for child in psutil.Process().children() if child.cmdline()[-1] == "recognize"]
    assert {child.nice() for child in readers} == {19}


@pytest.mark.skipif(sys.platform == "win32", reason="the least memory of a process is not known there")
def test_a_page_over_the_limits_is_a_problem_and_the_next_is_read() -> None:
    for limits, reason in ((Limits(0.0, 2**40, 2**20), "timeout"), (Limits(60.0, 1, 2**20), "memory")):
        strict = Recognizer(limits)
        with pytest.raises(Problem) as caught:
            strict.recognize(_picture())
        strict.close()
        assert (caught.value.code, caught.value.details) == ("page-not-recognized", {"reason": reason})


@pytest.mark.parametrize(
    "line",
    [
        RecognizedLine("ab", 1.0, (0.0,) * 8, (0.5,)),  # places of other characters
        RecognizedLine("a", 1.0, (0.0,) * 7, (0.5,)),
        RecognizedLine("a", 1.0, (float("nan"),) * 8, (0.5,)),
        RecognizedLine("a\nb", 1.0, (0.0,) * 8, (0.1, 0.2, 0.3)),
    ],
)
def test_an_answer_that_no_honest_child_gives_is_refused(
    recognizer: Recognizer, line: RecognizedLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "call", lambda *_, **__: Message({}, (pack_lines([line]),)))
    with pytest.raises(Problem) as caught:
        recognizer.recognize(Picture(1, 1, np.zeros(1, np.uint8).tobytes()))
    assert caught.value.code == "page-not-recognized"
