"""How the legs' scores become one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from desktop_kb import language
from desktop_kb.language import detection
from desktop_kb.records import Key, Leg, StoredPassage
from desktop_kb.search.context import Candidate
from desktop_kb.search.fuse import share_for, weigh_legs


def _candidates(*evidence: tuple[float, float]) -> list[Candidate]:
    """Candidates with this evidence of words and of meaning, fused half and half."""
    nothing = np.zeros((0, 2), np.int32)
    return [
        Candidate(
            StoredPassage(Key(str(id), 0, 1), "", "text", (), None, None, "", 1.0, nothing, {}),
            evidence={Leg.WORDS: words, Leg.MEANING: meaning},
            fused=(words + meaning) / 2,
        )
        for id, (words, meaning) in enumerate(evidence)
    ]


def _order(candidates: list[Candidate]) -> list[str]:
    return [one.passage.document for one in sorted(candidates, key=lambda one: -one.fused)]


#: A passage that words like best, one that meaning likes best, by as much, and eight that neither does.
LIKED = (0.6, 0.3), (0.3, 0.6)


@pytest.mark.parametrize(
    ("others", "first"),
    [
        ((0.1, 0.5), "0"),  # meaning likes all of them, so it knows little
        ((0.5, 0.1), "1"),  # all of them hold the question's words
    ],
)
def test_the_leg_that_sets_its_best_apart_decides(others: tuple[float, float], first: str) -> None:
    some = _candidates(*LIKED, *[others] * 8)
    best = max(one.fused for one in some)
    weigh_legs(some, 1.0)
    assert _order(some)[0] == first
    # What is compared with passages of other languages, and with the floor, stays.
    assert max(one.fused for one in some) == pytest.approx(best)


def test_where_both_are_as_sure_nothing_changes() -> None:
    some = _candidates(*LIKED, *[(0.2, 0.2)] * 8)
    before = [one.fused for one in some]
    weigh_legs(some, 1.0)
    assert [one.fused for one in some] == pytest.approx(before)


def test_neither_leg_weighs_more_than_twice_the_other() -> None:
    some = _candidates((0.9, 0.1), (0.1, 0.6), *[(0.0, 0.6)] * 8)
    weigh_legs(some, 1.0)
    by_words, by_meaning = some[0].fused, some[1].fused
    assert by_words / by_meaning == pytest.approx((2 * 0.9 + 0.1) / (2 * 0.1 + 0.6), rel=1e-3)


@pytest.mark.parametrize("evidence", [(), [(0.4, 0.2)], [(0.0, 0.0)] * 3, [(0.5, 0.0), (0.2, 0.0)]])
def test_few_passages_and_a_leg_that_says_nothing(evidence: list[tuple[float, float]]) -> None:
    some = _candidates(*evidence)
    before = [one.fused for one in some]
    weigh_legs(some, 0.8)
    assert max([0.0, *(one.fused for one in some)]) == pytest.approx(max([0.0, *before]))
    assert _order(some) == [str(id) for id in range(len(some))]


ENGLISH = "The harbour was dug in the spring, and a thousand men worked at it for two years."
CHINESE = "港口是在春天开挖的，一千个人干了两年，后来又修了一道堤坝和一座灯塔。"


@pytest.mark.parametrize(
    ("asked", "text", "low", "high"),
    [
        ("en", ENGLISH, 1.0, 1.0),
        ("de", ENGLISH, 1.0, 1.0),
        ("zh", ENGLISH, 0.0, 0.0),
        ("zh", CHINESE, 1.0, 1.0),
        ("en", CHINESE, 0.0, 0.0),
        ("en", CHINESE.replace("港口", "港口（Hafen）"), 0.0, 0.0),  # a name
        ("en", f"{ENGLISH} {CHINESE}", 0.35, 0.65),
        ("zh", f"{ENGLISH} {CHINESE}", 0.35, 0.65),
        ("en", f"{ENGLISH}\n\n{CHINESE}", 0.35, 0.65),
        ("zh", f"\t{ENGLISH}\n" * 4, 0.0, 0.0),
        ("en", "1907", 1.0, 1.0),
    ],
)
def test_which_share_of_a_passage_can_hold_the_questions_words(
    asked: str, text: str, low: float, high: float
) -> None:
    assert low <= share_for(asked, language.language_of(text), text) <= high


def test_japanese_is_no_chinese() -> None:
    text = "港は春に掘られ、千人の男が二年間働いた。"
    assert share_for("ja", "ja", text) == share_for("en", "ja", text) == 1
    assert share_for("zh", "ja", text) == share_for("ja", "zh", CHINESE) == 0


def test_a_search_tells_the_language_of_what_it_shows_only(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of hundreds of candidates that took 15 ms, and only their letters count."""
    bench.run(
        *(bench.file(f"{n}.txt", f"The bees of hive {n} dance in the dark for you.") for n in range(20))
    )
    told: list[str] = []
    own = detection._Written.language_of

    def counted(self: detection._Written, text: str) -> str:
        told.append(text)
        return own(self, text)

    monkeypatch.setattr(detection._Written, "language_of", counted)
    assert len(bench.search("bees dance", limit=3, rerank="off").hits) == 3
    assert len(set(told)) <= 4
