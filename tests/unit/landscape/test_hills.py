from __future__ import annotations

import numpy as np
import pytest

from desktop_kb.landscape.hills import peaks_of, raise_hills
from desktop_kb.records import NO_TOPIC, Floats


def three_heaps() -> Floats:
    random = np.random.default_rng(2)
    heaps = [((0.2, 0.2), 300), ((0.7, 0.3), 500), ((0.5, 0.8), 200)]
    return np.concatenate([random.normal(at, 0.05, (size, 2)) for at, size in heaps]).astype(np.float32)


def test_each_heap_is_a_peak_with_its_points_below() -> None:
    places = three_heaps()
    peaks, below = peaks_of(raise_hills(places), places)
    assert [(round(peak.x, 1), round(peak.y, 1)) for peak in peaks] == [(0.7, 0.3), (0.2, 0.2), (0.5, 0.8)]
    assert [int((below[part] == peak).sum()) > 0.9 * (part.stop - part.start) for peak, part in (
        (1, slice(0, 300)), (0, slice(300, 800)), (2, slice(800, 1_000)),
    )] == [True, True, True]  # fmt: skip


@pytest.mark.parametrize(("count", "share"), [(1_000, 0.2), (100_000, 0.004)])
def test_heaps_are_told_from_what_lies_everywhere_the_more_points_there_are(count: int, share: float) -> None:
    """Of a thousand points a fifth in sixteen heaps, of a hundred thousand one of 250, among others that lie as evenly
    as they do on a map (the additive recurrence by the plastic number, Roberts 2018)."""
    random, steps = np.random.default_rng(4), np.arange(count)[:, None]
    strewn = (steps * [0.7548776662466927, 0.5698402909980532]) % 1
    middles = np.stack(np.meshgrid(*2 * [np.linspace(0.2, 0.8, 4)]), axis=2).reshape(-1, 2)
    for middle, heap in zip(
        middles, np.array_split(random.permutation(count)[: round(share * count)], 16), strict=True
    ):
        strewn[heap] = random.normal(middle, 0.02, (len(heap), 2))
    places = strewn.astype(np.float32)
    peaks, _ = peaks_of(raise_hills(places), places)
    tops = np.array([(peak.x, peak.y) for peak in peaks])
    far = np.linalg.norm(middles[:, None] - tops[None], axis=2).min(axis=1)
    assert far.max() < 0.05, "each heap is a peak"


def test_a_point_far_from_all_has_no_topic() -> None:
    places = np.concatenate((three_heaps(), [[3.0, 3.0]])).astype(np.float32)
    _, below = peaks_of(raise_hills(places), places)
    assert below[-1] == NO_TOPIC


@pytest.mark.parametrize("count", [30, 111, 1_000, 20_000])
def test_no_hill_is_cut_off_by_the_frame(count: int) -> None:
    """At the frame they are lower than the lowest line that anybody draws."""
    places = np.random.default_rng(3).uniform(0, 1, (count, 2)).astype(np.float32)
    heights = raise_hills(places).heights
    rim = np.concatenate((heights[0], heights[-1], heights[:, 0], heights[:, -1]))
    assert rim.max() < 0.01


def test_its_lines_are_closed_and_lie_at_their_height() -> None:
    hills = raise_hills(three_heaps())
    assert [line.level for line in hills.contours] == sorted(line.level for line in hills.contours)
    rows, columns = hills.heights.shape
    for line in hills.contours:
        assert np.allclose(line.points[0], line.points[-1])
        left, top, right, bottom = hills.frame
        at = (line.points - [left, top]) / [right - left, bottom - top] * [columns, rows] - 0.5
        corners = np.clip(np.round(at).astype(int), 0, columns - 1)
        assert np.abs(hills.heights[corners[:, 1], corners[:, 0]] - line.level).max() < 0.12


def test_nothing_makes_no_hill() -> None:
    hills = raise_hills(np.zeros((0, 2), np.float32))
    assert (hills.contours, float(hills.heights.max())) == ((), 0.0)
    assert peaks_of(hills, np.zeros((0, 2), np.float32))[0] == []


def test_points_at_one_place_make_one_peak() -> None:
    places = np.ones((7, 2), np.float32)
    assert len(peaks_of(raise_hills(places), places)[0]) == 1
