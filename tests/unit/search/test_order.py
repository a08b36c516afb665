"""The order of passages: what an earlier stage is sure of holds, and no score stands in for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from desktop_kb.records import Exact, Key, Leg, Location, StoredPassage
from desktop_kb.search.context import Candidate
from desktop_kb.search.order import ordered
from desktop_kb.search.rerank import blend, judge_late


def _passage(id: int) -> StoredPassage:
    return StoredPassage(
        key=Key(str(id), 0, 1),
        type="text",
        title="",
        heading=(),
        page=None,
        last_page=None,
        text="",
        coverage=1.0,
        sentences=np.zeros((0, 2), np.int32),
        vectors={},
    )


def _candidates(*scores: tuple[float, float | None, Exact | None]) -> list[Candidate]:
    return [
        Candidate(_passage(id), scores={Leg.WORDS: fused}, fused=fused, floor=0.3, rerank=rerank, exact=exact)
        for id, (fused, rerank, exact) in enumerate(scores)
    ]


def _order(candidates: Sequence[Candidate], weight: float = 0.65, late: bool = True) -> list[int]:
    blend(candidates, weight, late)
    found = ordered(
        candidates, {c.passage.document: (Location(f"/{c.passage.document}"),) for c in candidates}
    )
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert [c.weak for c in found] == sorted(c.weak for c in found)
    return [int(c.passage.document) for c in found]


def test_what_was_not_read_keeps_its_place() -> None:
    some = _candidates(
        (0.9, 0.6, None), (0.8, None, None), (0.7, 0.95, None), (0.6, None, None), (0.5, 0.8, None)
    )
    assert _order(some) == [2, 1, 0, 3, 4]


@pytest.mark.parametrize("read", [False, True])
def test_a_lower_floor_puts_no_passage_before_a_better_one(read: bool) -> None:
    """That of another language is lower, and strong stands before weak."""
    some = _candidates(*[(fused, fused if read else None, None) for fused in (0.32, 0.25, 0.24, 0.1)])
    for candidate, floor in zip(some, (0.33, 0.22, 0.33, 0.22), strict=True):
        candidate.floor = floor
    assert _order(some) == [0, 1, 2, 3]
    assert [c.weak for c in some] == [True] * 4
    some[0].fused = some[0].rerank = 0.4
    if not read:
        some[0].rerank = None
    assert _order(some) == [0, 1, 2, 3]
    assert [c.weak for c in some] == [False, False, True, True]


def test_late_interaction_weighs_as_far_as_it_sets_its_best_apart() -> None:
    """Of a topic that all passages touch it says little, so that the fused order stays there."""

    def weight(*scores: float | None) -> float:
        return judge_late(_candidates(*[(0.5, score, None) for score in scores]))

    assert weight(0.6, *[0.2] * 12) == weight(0.9, *[0.2] * 12) == 1
    assert weight(0.4, *[0.3] * 12) == pytest.approx(0.5)
    assert weight(0.4, *[0.3] * 9, None, 0.0) == pytest.approx(0.5)  # not read, or far behind
    assert weight(0.2, *[0.15] * 12) == pytest.approx(0.5)  # as across languages, where all is half
    assert weight(0.33, *[0.3] * 12) == 0
    assert weight(0.6, 0.2, 0.2) == 1  # a few that were read in time
    assert weight(0.3, 0.3) == weight(None) == weight() == 0


def test_late_interaction_chooses_among_the_passages_of_a_language_only() -> None:
    """It likes what is in the question's own language more, whatever that says."""
    some = _candidates(
        (0.4, 0.2, None), (0.3, 0.4, None), (0.2, 0.0, None), (0.2, 0.9, None), (0.1, None, None)
    )
    for candidate, text in zip(some, ("Bees.", "Bees.", "Bees.", "蜜蜂", "蜜蜂"), strict=True):
        candidate.passage = replace(candidate.passage, text=text)
    judge_late(some)
    between = [some[1].rerank, some[2].rerank, some[3].rerank]
    assert some[4].rerank is None
    assert between == [pytest.approx((some[0].rerank or 0.0) + apart) for apart in (0.12, -0.12, -0.1)]


def test_late_interaction_agrees_on_average_with_the_fused_scores() -> None:
    """One floor is for both; a single passage says nothing of how they differ."""
    many = _candidates(*[(0.2, 0.5, None)] * 30)
    judge_late(many)
    assert all(one.rerank == pytest.approx(0.2, abs=0.02) for one in many)
    (one,) = _candidates((0.2, 0.9, None))
    judge_late([one])
    assert one.rerank == pytest.approx(0.2 + 0.75 * 0.34)


def test_late_interaction_reads_beside_the_words() -> None:
    """Of two passages that it likes alike the one that has the question's words is better."""
    some = _candidates((0.4, 0.5, None), (0.4, 0.5, None), (0.1, 0.1, None))
    some[1].evidence = {Leg.WORDS: 0.5, Leg.MEANING: 0.4}
    some[0].evidence = {Leg.MEANING: 0.5}
    judge_late(some)
    assert some[1].rerank == pytest.approx((some[0].rerank or 0.0) + 0.14)


def test_a_passage_is_not_charged_for_words_that_its_language_cannot_hold() -> None:
    """Between passages of another language late interaction counts as much as if no words were looked at."""

    def apart(held: float) -> float:
        some = _candidates((0.4, 0.5, None), (0.4, 0.2, None), (0.4, 0.1, None))
        for candidate in some:
            candidate.held = held
        judge_late(some)
        return (some[0].rerank or 0.0) - (some[1].rerank or 0.0)

    assert apart(1.0) == pytest.approx(0.18)
    assert apart(0.0) == pytest.approx(0.18 / 0.7, abs=1e-4)


def test_late_interaction_has_the_last_word_where_words_cannot_speak() -> None:
    some = _candidates((0.6, 0.5, None), (0.5, 0.6, None), (0.4, 0.45, None), (0.35, 0.55, None))
    some[2].held = some[3].held = 0.0
    assert _order(some, weight=0) == [0, 3, 1, 2]


def test_what_the_question_names_is_first_in_fused_order() -> None:
    some = _candidates(
        (0.9, 0.9, None),
        (0.5, 0.1, "number"),
        (0.4, 0.9, "phrase"),
        (0.1, None, "title"),
        (0.05, 0.2, "name"),
    )
    assert _order(some) == [3, 4, 1, 2, 0]
    assert not any(candidate.weak for candidate in some)


def test_strong_before_weak_where_one_was_read_and_one_not() -> None:
    some = _candidates((0.29, None, None), (0.28, 0.9, None), (0.2, None, None), (0.1, 0.2, None))
    assert _order(some) == [1, 0, 2, 3]
    assert [candidate.weak for candidate in some] == [True, False, True, True]


@pytest.mark.parametrize("late", [True, False])
def test_what_a_model_puts_above_a_strong_one_is_none_the_weaker(late: bool) -> None:
    some = _candidates((0.6, 0.4, None), (0.2, 0.9, None), (0.1, 0.05, None))
    assert _order(some, weight=0.99, late=late)[:2] == [1, 0]
    assert not some[1].weak
    assert some[2].weak


def test_without_a_model_the_fused_order_stays_and_ties_go_by_path() -> None:
    some = _candidates((0.5, None, None), (0.6, None, None), (0.5, None, None))
    assert _order(some) == [1, 0, 2]
    assert [candidate.score for candidate in some] == [0.5, 0.6, 0.5]
    silent = Candidate(_passage(7))
    assert ordered([silent], {}) == []
