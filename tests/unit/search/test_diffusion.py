"""What is like good answers gains, where a library's setting says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_kb.landscape.keeping import Keeper
from desktop_kb.records import SearchOptions
from desktop_kb.search import Searcher
from desktop_kb.search.diffusion import diffused
from desktop_kb.settings import Settings

#: Twelve answers to a question on bees that dance, which have each other as neighbours; two passages with one of its
#: words, one of them like the answers, the other among twelve on law.
NECTAR, LAW = "pollen nectar comb hive queen", "court judge appeal verdict jury"
TEXTS = {f"answer{n}": f"bees dance {NECTAR} {n}" for n in range(12)}
TEXTS |= {f"law{n}": f"{LAW} oath plea {n}" for n in range(12)}
TEXTS |= {"like": f"bees {NECTAR} wax drone", "other": f"bees {LAW} oath plea"}


def test_scores_spread_to_neighbours_and_stay_below_the_best() -> None:
    scores = np.array([0.9, 0.1, 0.5, 0.3], np.float32)
    weights = np.zeros((4, 4), np.float32)
    weights[0, 1] = weights[1, 0] = 1
    found = diffused(scores, weights)
    assert 0.9 > found[0] > found[1] > 0.2
    assert found[2:].tolist() == scores[2:].tolist()  # they have no neighbour


@pytest.fixture
def filled(bench: Any) -> Any:
    bench.run(*(bench.file(f"{name}.txt", text) for name, text in TEXTS.items()))
    return bench


def scores(bench: Any, query: str, *, diffusion: bool) -> dict[str, float]:
    searcher = Searcher(bench.store, bench.models, Settings(diffusion=diffusion))
    hits = searcher.search(query, SearchOptions(rerank="off", limit=99)).hits
    return {Path(hit.path).stem: hit.score for hit in hits}


def test_what_is_like_good_answers_gains_where_it_is_set(filled: Any) -> None:
    assert Keeper(filled.store, filled.models).step(lambda: False)
    plain, spread = (scores(filled, "bees dance", diffusion=on) for on in (False, True))
    assert max(spread.values()) == pytest.approx(max(plain.values()))
    assert spread["like"] - spread["other"] > plain["like"] - plain["other"] + 0.05


def test_without_neighbours_nothing_changes(filled: Any) -> None:
    plain, spread = (scores(filled, "bees dance", diffusion=on) for on in (False, True))
    assert spread == plain
