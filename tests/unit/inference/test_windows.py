from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.inference import pack_windows

COUNTS = st.lists(st.integers(0, 400), max_size=60)
CAPACITY = st.integers(1, 300)


def greedy(tokens: list[int], capacity: int) -> list[int]:
    """Sizes of the windows when each is filled before the next: the fewest there can be."""
    sizes: list[int] = []
    for count in (max(t, 1) for t in tokens):
        if sizes and sizes[-1] + count <= capacity:
            sizes[-1] += count
        else:
            sizes.append(count)
    return sizes


@given(COUNTS, CAPACITY)
def test_windows_cover_every_sentence_once_and_in_order(tokens: list[int], capacity: int) -> None:
    windows = pack_windows(tokens, capacity)
    assert [i for first, last in windows for i in range(first, last)] == list(range(len(tokens)))
    assert all(first < last for first, last in windows)


@given(COUNTS, CAPACITY)
def test_no_window_is_too_long_but_a_lone_sentence(tokens: list[int], capacity: int) -> None:
    for first, last in pack_windows(tokens, capacity):
        assert sum(tokens[first:last]) <= capacity or last == first + 1


@given(COUNTS, CAPACITY)
def test_windows_are_few_and_more_even_than_filling_them_in_turn(tokens: list[int], capacity: int) -> None:
    sizes = [sum(max(t, 1) for t in tokens[a:b]) for a, b in pack_windows(tokens, capacity)]
    filled = greedy(tokens, capacity)
    assert len(sizes) == len(filled)
    assert sum(s * s for s in sizes) <= sum(s * s for s in filled)


def test_the_last_window_is_not_a_crumb() -> None:
    assert pack_windows([50] * 6, 254) == [(0, 3), (3, 6)]


def test_a_long_sentence_stands_alone() -> None:
    assert pack_windows([10, 600, 10, 10], 254) == [(0, 1), (1, 2), (2, 4)]


def test_nothing_to_pack() -> None:
    assert pack_windows([], 254) == []


def test_a_window_must_hold_something() -> None:
    with pytest.raises(ValueError, match="capacity"):
        pack_windows([1], 0)
