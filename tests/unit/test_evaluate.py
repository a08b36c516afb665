"""The ablation on one's own library: figures that can be worked out, and a library left as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder

from desktop_kb.errors import Cancelled, Problem
from desktop_kb.evaluate import CUTS, evaluate
from desktop_kb.evaluate.statistics import estimate, repeated, score
from desktop_kb.landscape.keeping import Keeper
from desktop_kb.questions import Question
from desktop_kb.search.stages import WAYS
from desktop_kb.settings import Settings

QUESTION = Question("?", "a", ((100, 200), (300, 400)), "sentence")


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([], (0, 0)),
        ([("a", 100, 200), ("a", 300, 400)], (1, 1)),
        ([("b", 100, 200), ("a", 150, 200)], (1 / 2, 0.25)),
        ([("a", 199, 301)], (1, 0.01)),
        ([("a", 200, 300), ("a", 0, 100)], (0, 0)),
        ([("a", 100, 200)] * 3, (1, 0.5)),
        ([("b", 0, 950), ("a", 100, 200)], (1 / 2, 0.25)),
        ([("b", 0, 2000), ("a", 100, 200)], (1 / 2, 0)),
        ([("b", n, n + 1) for n in range(10)] + [("a", 100, 400)], (0, 1)),
    ],
)
def test_a_score_is_the_first_rank_and_the_share_read(hits: Any, expected: tuple[float, float]) -> None:
    assert score(QUESTION, hits) == pytest.approx(expected)


def test_of_a_long_answer_only_so_much_can_be_read() -> None:
    assert score(Question("?", "a", ((0, 50_000),), "own"), [("a", 0, 400), ("a", 400, 9000)]) == (1, 1)


def test_the_interval_holds_the_mean_as_often_as_it_says() -> None:
    chance = np.random.default_rng(1)
    holds = 0
    for _ in range(200):
        found = estimate(chance.random(60))
        assert found.low <= found.mean <= found.high
        holds += found.low <= 0.5 <= found.high
    assert 175 <= holds <= 199
    assert estimate([0.5] * 9) == estimate([0.5] * 9)
    assert (estimate([0.5] * 9).low, estimate([0.5] * 9).high) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        ([], 0),
        (["Bees fly. Bees fly."], 0),  # a text that repeats itself is read once
        (["Bees fly. Foxes run.", "Foxes  run!"], 11 / 30),
        (["b" * 40, "c" * 20, "b" * 40], 0.4),
    ],
)
def test_what_repeats_itself_is_counted(texts: list[str], share: float) -> None:
    assert repeated(texts) == pytest.approx(share)


# --- a library -------------------------------------------------------------------------------

#: What is switched off where one model reads.
PLAIN = ["without exact", "without calibration", "without folding"]
ANIMALS = ("bee", "whale", "fox", "otter", "heron", "badger", "salmon", "beetle")


def essay(animal: str) -> str:
    """Paragraphs in which each sentence shares a rare word with its neighbours only."""
    return "\n\n".join(
        " ".join(
            f"Every {animal} of region{p} carries {animal}{p}thing towards distant {animal}{p}hills quietly number{s}."
            for s in range(4)
        )
        for p in range(4)
    )


@pytest.fixture
def library(bench: Any) -> Any:
    bench.run(*(bench.file(f"{animal}.txt", essay(animal)) for animal in ANIMALS))
    return bench


def run(library: Any, **options: Any) -> Any:
    return evaluate(library.store, library.models, Settings(), **options)


def test_a_library_is_asked_about_itself_and_left_alone(library: Any) -> None:
    before = [library.search(f"{animal}1thing").hits for animal in ANIMALS]
    steps: list[tuple[str, float]] = []
    result = run(library, most=12, progress=lambda what, share: steps.append((what, share)))
    assert result.kinds == {"sentence": 12}
    assert (result.documents, result.of) == (8, 8)
    (part,) = result.languages
    assert (part.language, part.questions) == ("en", 12)
    assert [stage.name for stage in part.stages] == [*WAYS, *PLAIN]
    assert [cut.name for cut in part.cuts] == list(CUTS)
    for measured in (*part.stages, *part.cuts):
        assert measured.rank.mean > 0.9, measured  # the words of a neighbour stand nowhere else
        assert (measured.gain is None) == (measured.against == "")
    assert [library.search(f"{animal}1thing").hits for animal in ANIMALS] == before
    assert library.sound()
    assert [what for what, _ in steps] == sorted((what for what, _ in steps), reverse=True)
    assert all(0 <= share < 1 for _, share in steps)
    again = run(library, most=12)
    assert (again.languages, again.kinds) == (result.languages, result.kinds)


def test_what_a_question_was_made_of_is_not_found(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it left in, a sentence of its own words alone would be found."""
    library.store.documents.remove([d.document for d in library.store.documents.find()])
    for n in "abcdefghi":
        text = f"Rain came{n}. Zebra{n} quagga{n} okapi{n} gnu{n} tapir{n} lemur{n}. Snow fell{n}."
        library.run(library.file(f"{n}.txt", text))
    found = {}
    for name, without in (("out", None), ("in", lambda extracted, removed: extracted)):
        if without is not None:
            monkeypatch.setattr("desktop_kb.questions.without", without)
        (part,) = run(library, most=9).languages
        found[name] = part.stages[0].rank.mean
    assert found["in"] > 0.9 > 0.2 > found["out"]


def test_without_a_model_words_are_measured(open_bench: Any) -> None:
    bench = open_bench(None)
    bench.run(bench.file("bee.txt", essay("bee")))
    result = run(bench, most=8)
    (part,) = result.languages
    assert [stage.name for stage in part.stages] == ["words"]
    assert [cut.name for cut in part.cuts] == list(CUTS)
    assert (result.model, result.degraded) == (None, ("no-model",))


def test_a_persons_questions_are_asked_of_the_whole_library(library: Any) -> None:
    asked = [
        {
            "question": f"{animal}2thing",
            "answer_in": f"{animal}.txt",
            "contains": f"{animal}2hills quietly number1",
        }
        for animal in ANIMALS
    ]
    result = run(library, asked=asked)
    assert result.kinds == {"own": 8}
    (part,) = result.languages
    assert part.stages[0].rank.mean == 1
    filtered = [{**one, "filters": ["tag:nothing"]} for one in asked]
    (part,) = run(library, asked=filtered).languages
    assert part.stages[0].rank.mean == 0


def test_enough_questions_of_a_person_say_whether_diffusion_gains(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_kb.evaluate._SURE", 8)
    asked = [{"question": f"{animal}2thing", "answer_in": f"{animal}.txt"} for animal in ANIMALS]
    assert run(library, asked=asked[1:]).diffusion is None, "too few"
    for gain, answer in ((0.2, True), (0.0, False), (-0.2, False)):
        scores = {way: np.full((8, 2), 0.5 + gain * (way == "diffused")) for way in WAYS}
        monkeypatch.setattr("desktop_kb.evaluate._Trial.ask", lambda *_, found=scores: (found, {}, ()))
        assert run(library, asked=asked).diffusion is answer


def test_neighbours_are_made_only_where_they_can_be_stored(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [{"question": f"{animal}2thing", "answer_in": f"{animal}.txt"} for animal in ANIMALS]
    monkeypatch.setattr(library.store._database, "writable", False)
    monkeypatch.setattr(Keeper, "_in_memory", None)
    assert run(library, asked=asked).kinds == {"own": 8}


def test_it_stops_while_neighbours_are_made(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, cancelled = [], threading.Event()

    def step(keeper: Keeper, stop: Callable[[], bool]) -> bool:
        steps.append(stop())
        if keeper._store is library.store:
            cancelled.set()
        return len(steps) < 5

    monkeypatch.setattr(Keeper, "step", step)
    asked = [{"question": "bee2thing", "answer_in": "bee.txt"}]
    with pytest.raises(Cancelled):
        run(library, asked=asked, cancelled=cancelled)
    assert steps == [False, False]


def test_documents_are_asked_for_by_what_names_them(open_bench: Any) -> None:
    bench = open_bench(None)
    for n, animal in enumerate(ANIMALS):
        seen = f"Seen on 2021-03-0{n + 1}, ring number {54321 + n}."
        text = f"A {animal} is an animal that lives in large gardens near quiet river banks. {seen}"
        bench.run(bench.file(f"{animal} diary.md", text))
    items = {item.kind: item for item in run(bench, most=4).items}
    assert set(items) == {"title", "date", "number"}
    assert all((item.asked, item.first, item.weak) == (8, 8, 0) for item in items.values())


def test_a_number_in_many_documents_names_none(open_bench: Any) -> None:
    bench = open_bench(None)
    for animal in ANIMALS:
        bench.run(
            bench.file(
                f"{animal}.txt",
                f"A {animal} is an animal that lives in large gardens near rivers. Call 54321.",
            )
        )
    assert "number" not in [item.kind for item in run(bench, most=4).items]


def test_text_that_stands_everywhere_shows_as_repeated(open_bench: Any) -> None:
    bench = open_bench(None)
    for animal in ANIMALS:
        own = f"A {animal} keeper is a person who watches {animal} farms with {animal} lamps at night."
        bench.run(bench.file(f"{animal}.txt", f"{own} No animal here is ever sold to anyone."))
    assert 0.2 < run(bench, most=8).repeated.mean < 0.4


def test_what_is_asked_across_languages_is_reported_apart(open_bench: Any) -> None:
    bench = open_bench(None)
    for animal, sign in zip(ANIMALS, "甲乙丙丁戊己庚辛", strict=True):
        english = f"A {animal}thing is a small tool that keeps {animal} traders busy on long days."
        chinese = f"{sign}形器是一种用来照顾动物的小工具，很久以前由商人带到这里，现在每天都有人用。"
        bench.run(bench.file(f"{animal}.txt", english), bench.file(f"{animal}-zh.txt", chinese))
    result = run(bench, most=40)
    assert result.kinds["across"] == 16
    assert {(part.language, part.questions) for part in result.across} == {("en", 8), ("zh", 8)}
    assert sum(part.questions for part in result.languages) == sum(result.kinds.values()) - 16


def test_every_reader_of_the_library_is_measured(bench: Any) -> None:
    for animal, sign in zip(ANIMALS, "甲乙丙丁戊己庚辛", strict=True):
        text = (
            f"{sign}形器是一种用来照顾动物的小工具，很久以前由商人带到这里，现在每天都有人用。{essay(animal)}"
        )
        bench.run(
            bench.file(f"{animal}.txt", text),
            bench.file(f"{sign}.txt", f"{sign}山。" + "这里的人都住在山上。" * 9),
        )
    alone = {part.language: [stage.name for stage in part.stages] for part in run(bench, most=40).languages}
    assert "vectors" not in alone["zh"]
    bench.models.further = (FakeEmbedder("all", languages=()),)
    both = {part.language: [stage.name for stage in part.stages] for part in run(bench, most=40).languages}
    # Without the one that reads Chinese nothing of the Chinese questions is measured.
    assert both["en"] == [*WAYS, *PLAIN[:2], "without fake", "without all", PLAIN[2]]
    assert both["zh"] == [*WAYS, *PLAIN[:2], "without fake", PLAIN[2]]


def test_one_can_stop_it_and_an_empty_library_is_said(library: Any, open_bench: Any) -> None:
    stop = threading.Event()
    with pytest.raises(Cancelled):
        run(library, progress=lambda what, share: stop.set(), cancelled=stop)
    library.store.documents.remove([d.document for d in library.store.documents.find()])
    with pytest.raises(Problem) as caught:
        run(library)
    assert caught.value.code == "nothing-to-ask"
