"""How fast a model reads a library."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from fakes import FakeEmbedder
from workbench import LONG, Bench

from desktop_kb.ingest import pace
from desktop_kb.ingest.pace import seconds_a_passage
from desktop_kb.records import JobOptions

Open = Callable[..., Bench]


def fill(bench: Bench) -> None:
    files = [bench.file(f"{n}.txt", LONG) for n in range(3)]
    bench.store.queue.enqueue(files, JobOptions())
    bench.work_off()


@pytest.mark.parametrize("late_pooling", [True, False])
def test_a_pace_is_measured_on_passages_of_the_library(open_bench: Open, late_pooling: bool) -> None:
    bench = open_bench(FakeEmbedder())
    fill(bench)
    known = {
        passage.text
        for one in bench.store.documents.find()
        for passage in bench.store.index.passages(one.document)
    }
    other = FakeEmbedder("other")
    other.late_pooling = late_pooling
    other.after_call = lambda: time.sleep(0.02)
    assert 0.02 <= seconds_a_passage(bench.store.index, other) < 0.2
    read = [window[0] for window in other.windows] if late_pooling else other.passages
    assert 1 <= len(read) <= 6
    assert set(read) <= known


def test_a_slow_model_reads_one_passage(open_bench: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = open_bench(FakeEmbedder())
    assert seconds_a_passage(bench.store.index, FakeEmbedder("other")) == 0
    fill(bench)
    slow = FakeEmbedder("slow")
    slow.after_call = lambda: time.sleep(0.02)
    monkeypatch.setattr(pace, "_MOST_SECONDS", 0.0)
    assert seconds_a_passage(bench.store.index, slow) >= 0.02
    assert len(slow.windows) == 1
