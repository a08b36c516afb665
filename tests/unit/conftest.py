"""A library whose indexer runs when a test says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder
from team import EngineForTests, engine_in
from workbench import Bench, open_files

from desktop_kb.settings import Settings


@pytest.fixture
def removal_as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows removes no folder while a file in it is open."""
    if os.name == "nt":
        return  # it sees to that itself
    rmtree = shutil.rmtree

    def strict(folder: str | Path, *arguments: Any, **options: Any) -> None:
        assert not open_files(Path(folder))
        rmtree(folder, *arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", strict)


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    opened: list[Bench] = []

    def make(embedder: FakeEmbedder | None = None, settings: Settings | None = None, **parts: Any) -> Bench:
        opened.append(Bench(tmp_path, embedder, settings or Settings(), **parts))
        return opened[-1]

    yield make
    for bench in opened:
        bench.store.close()


@pytest.fixture
def bench(open_bench: Callable[..., Bench]) -> Bench:
    return open_bench(FakeEmbedder())


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineForTests]:
    """An engine; skipped where its package is not."""
    yield from engine_in(tmp_path_factory.mktemp("engine"))
