"""Vectors as directions."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_kb import similarity

ROWS = np.array([[3, 4], [0, 0], [0, 2], [-1, 0]], np.float32)


def test_unit_rows_point_the_same_way_and_zeros_stay() -> None:
    assert similarity.lengths(ROWS).tolist() == [5, 0, 2, 1]
    assert similarity.unit(ROWS) == pytest.approx(np.array([[0.6, 0.8], [0, 0], [0, 1], [-1, 0]]))
    assert similarity.unit(ROWS[0]) == pytest.approx(np.array([0.6, 0.8]))
    assert similarity.unit(ROWS[None]).shape == (1, 4, 2)
    assert similarity.known(ROWS).tolist() == [True, False, True, True]


def test_cosines_do_not_depend_on_lengths() -> None:
    query = np.array([0, 1], np.float32)
    assert similarity.cosines(ROWS, query) == pytest.approx(np.array([0.8, 0, 1, 0]))
    assert similarity.cosines(9 * ROWS, query) == pytest.approx(similarity.cosines(ROWS, query))


def test_a_neighbour_that_nobody_has_read_is_not_like_anything() -> None:
    alike = similarity.neighbour_cosines(similarity.unit(ROWS[[0, 2, 3, 1, 0]]))
    assert alike[:2] == pytest.approx(np.array([0.8, 0]))
    assert np.isnan(alike[2:]).all()
    assert similarity.neighbour_cosines(ROWS[:1]).shape == (0,)
