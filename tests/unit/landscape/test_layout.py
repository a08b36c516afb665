from __future__ import annotations

import numpy as np
import pytest
from test_graph import clumps

from desktop_kb.landscape import layout
from desktop_kb.landscape.graph import NEAREST, neighbours_of
from desktop_kb.landscape.keeping import most_apart
from desktop_kb.landscape.layout import lay_out, place_among
from desktop_kb.records import Floats, Ints


def graph_of(directions: Floats) -> tuple[Ints, Floats]:
    near = np.full((len(directions), NEAREST), -1, np.int32)
    alike = np.zeros((len(directions), NEAREST), np.float32)
    for some, found in neighbours_of(
        directions.astype(np.float16), np.arange(len(directions), dtype=np.int32)
    ):
        near[some], alike[some] = found
    return near, alike


def trustworthiness(directions: Floats, places: Floats, k: int = 15) -> float:
    """Venna & Kaski 2001: 1 where those that are near on the plane are near."""
    n = len(directions)
    rank = np.argsort(np.argsort(-(directions @ directions.T), axis=1), axis=1)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, -1)
    near = np.argsort(apart, axis=1)[:, 1 : k + 1]
    wrong = np.maximum(np.take_along_axis(rank, near, axis=1) - k, 0).sum()
    return float(1 - 2 / (n * k * (2 * n - 3 * k - 1)) * wrong)


@pytest.mark.parametrize("pairs", [10_000, 0], ids=["pairs", "grid"])
def test_what_is_alike_lies_together_more_than_along_two_directions(
    pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "_PAIRS", pairs)
    directions = clumps(300, 8)
    start = most_apart(directions.astype(np.float16))
    places = lay_out(*graph_of(directions), start, again=False)
    assert trustworthiness(directions, places) > trustworthiness(directions, start) + 0.05


def test_the_grid_says_what_all_pairs_say() -> None:
    places = (np.random.default_rng(1).normal(size=(500, 2)) * 9).astype(np.float32)
    exact, found = layout._repulsion(places), layout._repulsion_on_grid(places)
    assert np.abs(found - exact).max() < 0.06 * np.abs(exact).max()


def test_from_where_they_lay_before_they_move_little() -> None:
    directions = clumps(200, 6)
    known = graph_of(directions)
    before = lay_out(*known, most_apart(directions.astype(np.float16)), again=False)
    after = lay_out(*known, before, again=True)
    size = float((before.max(axis=0) - before.min(axis=0)).max())
    assert np.median(np.linalg.norm(after - before, axis=1)) < 0.05 * size


def test_it_ends_when_it_is_told_to() -> None:
    directions = clumps(50, 2)
    start = most_apart(directions.astype(np.float16))
    steps = iter([False, True])
    places = lay_out(*graph_of(directions), start, again=True, stop=lambda: next(steps))
    assert places.shape == (50, 2)


def test_a_new_one_lies_where_most_of_its_neighbours_lie() -> None:
    near = np.array([[0, 0], [9, 9], [9.2, 9], [9, 9.2]], np.float32)
    place = place_among(near, np.array([0.9, 0.8, 0.8, 0.8], np.float32))
    assert np.linalg.norm(place - [9, 9]) < 0.5
    assert np.isnan(place_among(np.zeros((0, 2), np.float32), np.zeros(0, np.float32))).all()


def test_passages_with_few_neighbours_weigh_as_much_as_others() -> None:
    """Where a neighbour is missing nothing is computed for it that overflows."""
    near = np.array([[1, 2, -1], [0, -1, -1], [0, -1, -1]], np.int32)
    alike = np.array([[0.5, 0.5, 0], [0.5, 0, 0], [0.2, 0, 0]], np.float32)
    weights = layout._weights(near, alike)
    assert weights.sum() == pytest.approx(1)
    assert weights[near < 0].tolist() == [0, 0, 0, 0, 0]
    assert weights.sum(axis=1).tolist() == pytest.approx([1 / 3] * 3)
