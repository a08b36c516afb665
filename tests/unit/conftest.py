"""A library whose indexer runs when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb.settings import Settings


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    opened: list[Bench] = []

    def make(embedder: FakeEmbedder | None = None, settings: Settings | None = None) -> Bench:
        opened.append(Bench(tmp_path, embedder, settings or Settings()))
        return opened[-1]

    yield make
    for bench in opened:
        bench.store.close()


@pytest.fixture
def bench(open_bench: Callable[..., Bench]) -> Bench:
    return open_bench(FakeEmbedder())
