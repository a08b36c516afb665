"""A library whose indexer runs when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fakes import FakeEmbedder, FakeExtractor

from desktop_kb import paths
from desktop_kb.extract import Extractor
from desktop_kb.ingest import Ingest, fingerprint
from desktop_kb.records import Event, FileReport, SearchOptions, SearchResult
from desktop_kb.search import Searcher
from desktop_kb.settings import Settings
from desktop_kb.store import JobKind, JobOptions, Store


class Bench:
    """A store with an indexer and a searcher around it, in this thread."""

    def __init__(self, folder: Path, embedder: FakeEmbedder | None, settings: Settings) -> None:
        self.folder = folder
        self.embedder = embedder
        self.store = Store(paths.library(folder / "library"))
        self.stop = threading.Event()
        self.events: list[Event] = []
        extractor = cast(Extractor, FakeExtractor())
        self.ingest = Ingest(self.store, extractor, embedder, settings, self.events.append, self.stop)
        self.searcher = Searcher(self.store, embedder, fingerprint(embedder), settings)
        self.ingest.begin()

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run(self, *files: str, kind: JobKind = "add", **options: Any) -> list[FileReport]:
        """Put files in the queue, work it off, and return their reports in order."""
        ids = self.store.queue.enqueue(files, JobOptions(**options), kind)
        while self.ingest.step():
            pass
        reports = self.store.queue.reports(ids)
        return [reports[id] for id in ids]

    def search(self, query: str, **options: Any) -> SearchResult:
        return self.searcher.search(query, SearchOptions(**options))

    def found(self, query: str, **options: Any) -> list[str]:
        """The file names of the hits."""
        return [Path(hit.path).name for hit in self.search(query, **options).hits]

    def sound(self) -> bool:
        wrong = [check for check in self.store.check() if not check.ok]
        assert not wrong, wrong
        return True


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
