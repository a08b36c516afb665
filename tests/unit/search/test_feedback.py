"""A passage as the question, and hits that a person wants more or less of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desktop_kb.records import Hit, Spot

#: Two subjects that share one word, each told in other words too, and copies of one text. The model of these tests
#: knows words by their letters, so none is bent and none stands in all.
TEXTS = {
    "river": "bank river floods water mud meadow spring",
    "meadow": "mud water river floods meadow grass",
    "delta": "river water mud sea floods",
    "money": "bank money interest loan gold town",
    "gold": "interest gold loan town mine",
    "loan": "loan money interest gold",
    "money copy": "bank money interest loan gold town ",
}


@pytest.fixture
def banks(bench: Any) -> Any:
    bench.run(*(bench.file(f"{name}.txt", text) for name, text in TEXTS.items()))
    return bench


def _names(hits: tuple[Hit, ...]) -> list[str]:
    return [Path(hit.path).stem for hit in hits]


def _spot(bench: Any, name: str) -> Spot:
    hit = next(hit for hit in bench.search(name, copies=True, limit=99).hits if Path(hit.path).stem == name)
    return hit.document, hit.start, hit.end


def test_related_passages_are_near_and_never_the_passage_itself_nor_its_copies(banks: Any) -> None:
    found = banks.search("", like=_spot(banks, "money"), limit=99)
    names = _names(found.hits)
    assert set(names[:2]) == {"gold", "loan"}
    assert not {"money", "money copy"} & set(names)
    assert not any(hit.why.exact for hit in found.hits)
    # Of a document that was cut anew, the passage that stands there now.
    document, start, end = _spot(banks, "money")
    assert _names(banks.search("", like=(document, start + 3, end + 9), limit=99).hits) == names


def test_more_like_a_hit_brings_what_is_near_it_and_less_takes_it_away(banks: Any) -> None:
    def said(**marked: Any) -> dict[str, float]:
        hits = banks.search("bank interest mud", mode="vectors", limit=99, copies=True, **marked).hits
        return {Path(hit.path).stem: hit.why.meaning.score for hit in hits}

    plain = said()
    for marked, near, far in (
        ("money", ("gold", "loan"), ("meadow", "delta")),
        ("river", ("meadow", "delta"), ("gold", "loan")),
    ):
        spot = _spot(banks, marked)

        def gain(now: dict[str, float], names: tuple[str, ...]) -> float:
            return sum(now[name] - plain[name] for name in names)

        more, less = said(more=(spot,)), said(less=(spot,))
        assert gain(more, near) > 0.1
        assert gain(more, near) > gain(more, far)
        assert gain(less, near) < 0
        assert gain(less, near) < gain(less, far)
        assert marked in more
        assert marked not in less
    assert said() == plain  # nothing is left of it


def test_what_was_pointed_at_and_is_gone_counts_for_nothing(banks: Any) -> None:
    gone = ("no such document", 0, 9)
    assert _names(banks.search("bank", more=(gone,), rerank="off").hits) == _names(
        banks.search("bank", rerank="off").hits
    )


def test_a_phrase_that_is_relaxed_moves_the_question_once(banks: Any) -> None:
    more = (_spot(banks, "money"),)
    relaxed = banks.search('"bank nowhere"', more=more, limit=99)
    free = banks.search("bank nowhere", more=more, limit=99)
    assert [hit.why.meaning for hit in relaxed.hits] == [hit.why.meaning for hit in free.hits]
