"""An indexer and a searcher around a store, in one thread: what tests of the core work at."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psutil
from fakes import FakeEmbedder, FakeExtractor, FakeModels

from desktop_kb import paths
from desktop_kb.extract import Extractor
from desktop_kb.inference import Models
from desktop_kb.ingest import Ingest
from desktop_kb.recognize import Recognizer
from desktop_kb.records import Event, FileReport, JobKind, JobOptions, Location, SearchOptions, SearchResult
from desktop_kb.search import Searcher
from desktop_kb.settings import Settings
from desktop_kb.store import Store


def open_files(folder: Path) -> list[str]:
    """What this process has open below `folder`. On Windows, where psutil may wait for ever: what cannot be renamed."""
    if os.name == "nt":
        return [str(path) for path in folder.rglob("*") if path.is_file() and not _is_free(path)]
    return [file.path for file in psutil.Process().open_files() if Path(file.path).is_relative_to(folder)]


def _is_free(path: Path) -> bool:
    try:
        path.rename(path)
    except PermissionError:
        return False
    return True


def text_file(folder: Path, text: str) -> Path:
    """A file 'a.txt' of this text; it replaces the one before."""
    path = folder / "a.txt"
    path.write_text(text, encoding="utf-8")
    return path


def file_at_rest(path: Path, text: str) -> Path:
    """A file that was written a while ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    ago = time.time_ns() - 10**10
    os.utime(path, ns=(ago, ago))
    return path


def until(condition: Callable[[], Any]) -> None:
    """Wait until the condition holds, two minutes at most: a busy machine is no bug."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


#: Many windows.
LONG = " ".join(f"Sentence number{i} speaks of topic{i // 7} and of nothing else at all." for i in range(120))


class Killed(BaseException):
    """As good as a kill: nothing is there to hear of it."""


class Bench:
    """A store with an indexer and a searcher around it, in this thread."""

    def __init__(
        self,
        folder: Path,
        embedder: FakeEmbedder | None,
        settings: Settings,
        extractor: FakeExtractor | None = None,
        recognizer: object = None,
    ) -> None:
        self.folder = folder
        self.embedder, self.settings = embedder, settings
        self.store = Store(paths.library(folder / "library"))
        self.stop = threading.Event()
        self.events: list[Event] = []
        reader = cast(Extractor, extractor or FakeExtractor())
        self.models = FakeModels(embedder)
        models = cast(Models, self.models)
        self.ingest = Ingest(
            self.store,
            reader,
            models,
            settings,
            self.events.append,
            self.stop,
            cast(Recognizer | None, recognizer),
        )
        self.searcher = Searcher(self.store, models, settings)
        self.ingest.start()

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run(self, *files: str | Location, kind: JobKind = "add", **options: Any) -> list[FileReport]:
        """Put files in the queue, work it off, and return their reports in order."""
        ids = self.store.queue.enqueue(files, JobOptions(**options), kind)
        self.work_off()
        reports = self.store.queue.reports(ids)
        return [reports[id] for id in ids]

    def work_off(self) -> None:
        """Do all that is to be done."""
        while self.ingest.process_next():
            pass

    def search(self, query: str, **options: Any) -> SearchResult:
        return self.searcher.search(query, SearchOptions(**options))

    def found(self, query: str, **options: Any) -> list[str]:
        """The file names of the hits."""
        return [Path(hit.path).name for hit in self.search(query, **options).hits]

    def sound(self) -> bool:
        wrong = [check for check in self.store.check() if not check.ok]
        assert not wrong, wrong
        return True
