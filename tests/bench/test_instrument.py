"""The instrument itself: figures that can be worked out, and a memory that never mixes models up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import corpora
import numpy as np
import pytest
from corpora import Asked, Library
from kept import Answer, Seen, settings
from kill import read_log
from measures import above, once, recalls, repeated
from parts import PARTS, Score
from report import tables
from said import Memory

from desktop_kb.errors import UsageProblem
from desktop_kb.inference import EncoderClient


def test_a_name_that_comes_again_takes_its_place_and_counts_nothing() -> None:
    assert once(["a", "b", "a", "c", "b"]) == ["a", "b", "", "c", ""]


def test_what_is_read_again_is_counted() -> None:
    hits = [("a", 0, 100), ("b", 0, 50), ("a", 50, 150)]
    assert repeated(hits) == pytest.approx(50 / 250)
    assert repeated(hits, 150) == 0
    assert repeated(hits, 200) == pytest.approx(50 / 200)
    assert repeated([]) == 0


def test_recall_counts_the_copy_for_the_text_and_its_characters_as_read() -> None:
    def first(span: tuple[str, int, int]) -> tuple[str, int, int]:
        name, start, end = span
        return ("a", start - 10, end - 10) if name == "a again" else span

    wanted = [(500, 1000)]
    assert recalls([[("a", 0, 1000)]], "a", wanted) == [1, 1]
    assert recalls([[("b", 0, 900)], [("a", 500, 1500)]], "a", wanted) == [100 / 500, 1]
    # The copy says the same: nothing new, and as many characters less of what comes after.
    copied = [[("a", 0, 900)], [("a again", 10, 910)], [("a", 900, 1000)]]
    assert recalls(copied, "a", wanted, first) == [400 / 500, 1]
    # Folded away it costs nothing, and what only the copy's passage holds is read with it.
    folded: list[list[tuple[str, int, int]]] = [[("a", 0, 900), ("a again", 110, 1010)], [("b", 0, 99)]]
    assert recalls(folded, "a", wanted, first) == [1, 1]


def test_the_area_is_the_mean_of_how_many_are_lower() -> None:
    assert above([3, 2], [1, 2, 4]).tolist() == pytest.approx([2 / 3, 1.5 / 3])


def test_a_copy_stands_for_its_text() -> None:
    library = corpora.twice(Library("x", {"a": "Text.", "b": "正文在这里。"}, {"once": []}))
    assert set(library.texts) == {"a", "b", "a again", "b again"}
    start = library.texts["b again"].index("正文在这里。")
    assert library.once(("b again", start, start + 6)) == ("b", 0, 6)
    assert library.once(("b", 2, 4)) == ("b", 2, 4)
    assert library.cells == {"twice": []}


def test_what_is_weak_is_counted_with_the_answer_and_without() -> None:
    asked = [Asked(str(n), "?", {"right": 1}) for n in range(2)]
    right, other = Seen("right", 0, 1, 0.9, weak=False), Seen("other", 0, 1, 0.5, weak=True)
    answers = [Answer((right, other), unread=False), Answer((other, right), unread=False)]
    found = dict(PARTS["weak"].measure(Library("x", {}, {}), asked, answers))
    assert found["right best hits not weak"] == [1.0, None]
    assert found["best hits not weak, answer taken away"] == [0.0, 0.0]
    assert found["AUC"] == [1.0, 0.5]


def test_a_setting_is_read_by_its_type() -> None:
    chosen = settings(["threads=1", "fast_cpu=true", "reranker=x"])
    assert (chosen.threads, chosen.fast_cpu, chosen.reranker) == (1, True, "x")
    with pytest.raises(UsageProblem):
        settings(["speed=9"])


def test_a_run_is_compared_question_by_question() -> None:
    score = Score("p", "c", "nDCG@10", "words", ["1", "2", "3"], np.array([1.0, 0.5, 0.0]), ["", "", ""])
    before: dict[tuple[str, ...], dict[str, float]] = {
        ("p", "c", "nDCG@10", "words"): {"2": 0.0, "3": 0.0, "9": 1.0}
    }
    text = "\n".join(tables([score], before))
    assert "| c | 3 | 0.5000 [" in text
    assert "| c | 3 | +0.2500 [" in text  # questions 2 and 3 only


# --- what models said ------------------------------------------------------------------------


class Client(EncoderClient):
    """A model whose answers are as long as its texts; `shift` is what a change of its code does."""

    fingerprint = "of the model"
    dimensions = 2

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift
        self.asked: list[str] = []


def _answers(client: Client, texts: Sequence[str]) -> list[np.ndarray]:
    client.asked += texts
    return [np.array([len(text) + client.shift, 1], np.float32) for text in texts]


@contextmanager
def model(file: Path) -> Iterator[None]:
    real: dict[str, Any] = {
        "measure": lambda c, texts: (np.full(len(texts), 7), np.full(len(texts), 0.5)),
        "encode_query": lambda c, text: _answers(c, [text])[0],
        "encode_windows": lambda c, windows: [np.array(_answers(c, window)) for window in windows],
        "late_interaction": lambda c, query, some, *centres: np.array([row[0] for row in _answers(c, some)]),
    }
    with ExitStack() as stack:
        for name, method in real.items():
            stack.enter_context(mock.patch.object(EncoderClient, name, method))
        stack.enter_context(Memory(file).remembering())
        yield


def test_a_model_is_asked_once_and_remembered_on_disk(tmp_path: Path) -> None:
    first, second = Client(), Client()
    with model(tmp_path / "said"):
        vector = first.encode_query("bees")
        (rows,) = first.encode_windows([["ab", "c"]])
        scores = first.late_interaction("bees", ["one", "three"])
        assert rows.tolist() == [[2, 1], [1, 1]]
        assert scores.tolist() == [3, 5]
        asked = len(first.asked)
        assert first.late_interaction("bees", ["three", "one", "eleven"]).tolist() == [5, 3, 6]
        assert first.asked[asked:] == ["eleven"]
        asked = len(first.asked)
        first.late_interaction("bees", ["one"], (vector, vector))  # of other centres it says something else
        assert first.asked[asked:] == ["one"]
        counts, coverage = first.measure(["bees"])
        assert (counts.tolist(), coverage.tolist()) == ([7], [0.5])
    with model(tmp_path / "said"):
        assert second.encode_query("bees").tolist() == vector.tolist()
        assert "bees" not in second.asked


def test_a_model_that_answers_otherwise_is_another_one(tmp_path: Path) -> None:
    with model(tmp_path / "said"):
        assert Client().encode_query("bees")[0] == 4
    with model(tmp_path / "said"):
        assert Client(shift=1.0).encode_query("bees")[0] == 5


def test_what_a_kill_cost_is_counted_text_by_text() -> None:
    lines = [
        "encoding book: 30 windows, 0 staged",
        "encoded 8 windows of book",
        "encoding note: 2 windows, 0 staged",
        "encoded 2 windows of note",
        "staged 8 windows of book",
        "encoded 8 windows of book",
        "encoding short: 1 windows, 0 staged",
        "encoded 1 windows of short",
        "stored note: 3 chunks in 0.1 s",
        "encoded 8 windows of book",
    ]
    log = "\n".join(
        f"2026-01-01 10:00:{at:02},000 DEBUG 7 ingest desktop_kb.ingest.encode: {line}"
        for at, line in enumerate(lines)
    )
    found = read_log(log)
    assert found.needed == {"book": 30, "note": 2, "short": 1}
    assert found.encoded == {"book": 24, "note": 2, "short": 1}
    # The book's since it was staged, at 4 s, until 9 s, and the other short text's within that time.
    assert (found.lost, found.lost_seconds) == (17, 5)
