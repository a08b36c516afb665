from __future__ import annotations

import numpy as np
import pytest

from desktop_kb.landscape import graph
from desktop_kb.landscape.graph import NEAREST, neighbours_of
from desktop_kb.records import Floats, Ints
from desktop_kb.similarity import unit


def clumps(count: int, of: int, *, spread: float = 0.5, dimensions: int = 48) -> Floats:
    """Directions around so many centres."""
    random = np.random.default_rng(3)
    centres = random.normal(size=(of, dimensions))
    points = centres[random.integers(0, of, count)] + spread * random.normal(size=(count, dimensions))
    return unit(points.astype(np.float32))


def true_neighbours(directions: Floats) -> Ints:
    alike = directions @ directions.T
    np.fill_diagonal(alike, -2)
    return np.argsort(-alike, axis=1)[:, :NEAREST].astype(np.int32)


def found_in(directions: Floats, asked: Ints) -> Ints:
    near = np.full((len(directions), NEAREST), -1, np.int32)
    for some, found in neighbours_of(directions.astype(np.float16), asked):
        near[some] = found.near
    return near


def recall(found: Ints, true: Ints) -> float:
    return float(np.mean([len(set(a) & set(b)) / NEAREST for a, b in zip(found, true, strict=True)]))


def test_a_few_are_compared_with_all() -> None:
    directions = clumps(300, 5)
    assert recall(found_in(directions, np.arange(300, dtype=np.int32)), true_neighbours(directions)) > 0.99


def test_only_those_that_are_asked_for_are_found() -> None:
    directions = clumps(60, 3)
    near = found_in(directions, np.array([4, 9], np.int32))
    assert np.flatnonzero((near >= 0).any(axis=1)).tolist() == [4, 9]


def test_fewer_than_ten_others_are_all_neighbours() -> None:
    directions = clumps(4, 1)
    near = found_in(directions, np.arange(4, dtype=np.int32))
    assert [sorted(row[row >= 0].tolist()) for row in near] == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_of_many_nearly_all_neighbours_are_found_among_the_cells_around(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(graph, "_EXACT", 100)
    monkeypatch.setattr(graph, "_CELL", 25)
    directions = clumps(2_000, 20)
    near = found_in(directions, np.arange(2_000, dtype=np.int32))
    assert recall(near, true_neighbours(directions)) >= 0.95


def test_what_is_all_alike_is_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "_EXACT", 100)
    monkeypatch.setattr(graph, "_CELL", 50)
    monkeypatch.setattr(graph, "_AT_ONCE", 20_000)
    directions = np.repeat(clumps(1, 1), 500, axis=0).astype(np.float16)
    parts = [len(some) for some, _ in neighbours_of(directions, np.arange(500, dtype=np.int32))]
    assert sum(parts) == 500
    assert max(parts) <= 40
