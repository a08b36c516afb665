"""The batch size that the trial finds, on cards that are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_kb.inference import batch
from desktop_kb.inference.batch import BatchSize, remember, remembered


def work(size: BatchSize, seconds: Callable[[int], float], batches: int = 60, room: int = 10**9) -> None:
    """Full batches on a card that takes `seconds` for so many tokens and has memory for `room`."""
    for _ in range(batches):
        tokens = size.tokens
        if tokens > room:
            size.too_large(tokens // 2)
        else:
            size.record_time(tokens, seconds(tokens))


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        # 2 ms to start a batch, a million tokens a second: 5 % more at 32,768 tokens, 3 % at twice that.
        (lambda tokens: 0.002 + tokens / 1e6, 32_768),
        (lambda tokens: tokens / 1e6, 2_048),  # busy with the first size
        (lambda tokens: 0.1, batch.LARGEST),  # never busy
        (lambda tokens: 0.1 + tokens / 1e5, 16_384),  # would gain, and make a query wait .5 s
        (lambda tokens: tokens / 1e6 if tokens <= 8192 else tokens / 5e5, 2_048),
    ],
)
def test_it_grows_until_that_gains_nothing_or_a_query_would_wait(
    seconds: Callable[[int], float], found: int
) -> None:
    told: list[int] = []
    size = BatchSize(batch.FIRST, told.append)
    work(size, seconds)
    assert (size.tokens, told) == (found, [found])


def test_the_first_batch_of_a_size_may_be_slow() -> None:
    seen: set[int] = set()

    def seconds(tokens: int) -> float:
        first = tokens not in seen
        seen.add(tokens)
        return (5.0 if first else 0.0) + 0.002 + tokens / 1e6

    size = BatchSize(batch.FIRST, lambda tokens: None)
    work(size, seconds)
    assert size.tokens == 32_768


def test_memory_ends_the_trial_and_what_others_take_later_is_not_remembered() -> None:
    told: list[int] = []
    size = BatchSize(batch.FIRST, told.append)
    work(size, lambda tokens: 0.1, room=10_000)
    assert (size.tokens, told) == (8_192, [8_192])
    size.too_large(4_000)
    assert (size.tokens, told) == (4_000, [8_192])
    work(size, lambda tokens: 0.1)
    assert size.tokens == 4_000


def test_only_full_batches_count_and_without_a_trial_nothing_grows() -> None:
    size = BatchSize(batch.FIRST, lambda tokens: None)
    for _ in range(20):
        size.record_time(900, 0.1)
    assert size.tokens == batch.FIRST
    fixed = BatchSize(2048)
    work(fixed, lambda tokens: 0.1)
    assert fixed.tokens == 2048


def test_it_is_remembered_by_model_and_device(tmp_path: Path) -> None:
    file = tmp_path / "batches.json"
    assert remembered(file, "model card") is None
    remember(file, "model card", 8192)
    remember(file, "model other", 4096)
    assert (remembered(file, "model card"), remembered(file, "model other")) == (8192, 4096)
    for damaged in ("{", "[]", json.dumps({"model card": "many"}), json.dumps({"model card": -1})):
        file.write_text(damaged, encoding="utf-8")
        assert remembered(file, "model card") is None
    remember(tmp_path / "nowhere" / "batches.json", "model card", 8192)  # there is only another trial
    assert not (tmp_path / "nowhere").exists()
