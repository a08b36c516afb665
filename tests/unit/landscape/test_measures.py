from __future__ import annotations

import numpy as np
from test_layout import graph_of

from desktop_kb.landscape.measures import measures_of
from desktop_kb.records import Floats, Measures
from desktop_kb.similarity import unit


def measured(points: Floats, vectors: Floats | None = None) -> Measures:
    directions = unit(points.astype(np.float32))
    raw = directions if vectors is None else vectors
    return measures_of(raw.astype(np.float16), directions.astype(np.float16), graph_of(directions)[0])


def band(*, turn: float) -> Floats:
    """A surface of two directions in a space of forty: along an arc of this angle, and across it."""
    random = np.random.default_rng(4)
    along, across = random.uniform(0, turn, 1_500), random.uniform(-0.4, 0.4, 1_500)
    points = np.stack((np.cos(along), np.sin(along), across), axis=1)
    frame = np.linalg.qr(random.normal(size=(40, 3)))[0]
    return np.asarray(points @ frame.T, np.float32)


def test_a_surface_of_two_directions_has_two() -> None:
    dimension = measured(band(turn=1.0)).dimension
    assert dimension is not None
    assert 1.6 < dimension < 2.6


def test_a_surface_that_is_bent_has_longer_ways_than_a_flat_one() -> None:
    flat, bent = measured(band(turn=0.6)).curvature, measured(band(turn=5.5)).curvature
    assert flat is not None
    assert bent is not None
    assert flat < 0.15
    assert bent > flat + 0.15


def test_a_space_of_which_a_corner_is_used_is_said_to_be_so() -> None:
    random = np.random.default_rng(5)
    points = random.normal(size=(400, 40)).astype(np.float32)
    assert abs(measured(points).anisotropy or 0) < 0.02
    assert (measured(points, points + 3).anisotropy or 0) > 0.8


def test_of_a_handful_nothing_is_said() -> None:
    assert measured(np.eye(8, dtype=np.float32)) == Measures()
