"""What was drawn around, and nothing else."""

from __future__ import annotations

import numpy as np

from desktop_kb.gui.landscape.lasso import inside
from desktop_kb.records import Floats


def _points(*pairs: tuple[float, float]) -> Floats:
    return np.array(pairs, np.float32)


def test_a_dent_is_outside() -> None:
    dented = _points((0, 0), (10, 0), (10, 10), (5, 2), (0, 10))
    assert inside(_points((1, 5), (9, 5), (5, 8), (5, 1), (20, 1)), dented).tolist() == [
        True, True, False, True, False,
    ]  # fmt: skip


def test_a_line_or_a_point_holds_nothing() -> None:
    assert not inside(_points((1, 1)), _points((0, 0), (2, 2))).any()
    assert not inside(np.zeros((0, 2), np.float32), _points((0, 0), (2, 0), (1, 2))).any()


def test_a_trembling_hand_draws_the_same_circle() -> None:
    turns = np.linspace(0, 2 * np.pi, 5_000)
    circle = np.stack((np.cos(turns), np.sin(turns)), axis=1).astype(np.float32)
    assert inside(_points((0, 0.95), (0, 1.05), (0.7, 0.7)), circle).tolist() == [True, False, True]
