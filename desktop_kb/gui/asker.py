"""Who asks the library questions: each view that does has an asker of its own, so that none overtakes another's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from desktop_kb.errors import Cancelled, Problem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions, SearchResult

log = logging.getLogger(__name__)

_WARM_UP: Final = object()


class _Asked(NamedTuple):
    """A question; `overtaken` is set once nobody waits for its answer."""

    number: int
    query: str
    options: SearchOptions
    overtaken: threading.Event


class Asker(QObject):
    """Searches on threads. Every signal arrives on the window's thread. Once a newer question was asked the older one
    is given up, so that a letter typed never waits behind those before it."""

    #: request number, result, is_final
    searched = Signal(int, object, bool)
    search_failed = Signal(int, object)  # number, Problem
    #: the model was loaded, so its device is known
    warmed = Signal()

    def __init__(self, kb: KnowledgeBase, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kb = kb
        self._number = 0
        self._overtaken = threading.Event()
        self._closing = False
        self._quick = Lane("search", self._search_quickly)
        self._slow = Lane("refine", self._search_fully)

    def close(self) -> None:
        """End the threads."""
        self._closing = True
        self._overtaken.set()
        self._quick.close()
        self._slow.close()

    def search(self, query: str, options: SearchOptions) -> int:
        """Start a search and return its number. Its answers come as `searched` with that number, the last
        one final."""
        self.forget()
        self._quick.put(_Asked(self._number, query, options, self._overtaken))
        return self._number

    def warm_up(self) -> None:
        """Load the model in the background; the first search reports it again if that fails."""
        self._slow.put(_WARM_UP)

    def forget(self) -> None:
        """Give up all searches so far."""
        self._overtaken.set()
        self._overtaken = threading.Event()
        self._number += 1

    def _search_quickly(self, asked: _Asked) -> None:
        """Give a first answer: by words alone while the model loads, otherwise without reranking."""
        options = asked.options
        if options.mode == "words":
            self._answer(asked, options, final=True)
            return
        ready = self._kb.model_ready
        first = replace(options, rerank="off") if ready else replace(options, mode="words", rerank="off")
        self._answer(asked, first, final=False)
        if not asked.overtaken.is_set():
            self._slow.put(asked)

    def _search_fully(self, asked: _Asked | object) -> None:
        if isinstance(asked, _Asked):
            self._answer(asked, asked.options, final=True)
            return
        try:
            self._kb.load_model()
        except Problem as problem:
            log.info("the model was not loaded: %s", problem.code)
        if not self._closing:
            self.warmed.emit()

    def _answer(self, asked: _Asked, options: SearchOptions, *, final: bool) -> None:
        try:
            result: SearchResult = self._kb.search(asked.query, options, cancelled=asked.overtaken)
        except Cancelled:
            return
        except Problem as problem:
            self._failed(asked.number, problem)
            return
        except Exception as error:  # an edge: a thread's bug is shown and logged, never lost
            log.exception("a search failed")
            self._failed(asked.number, Problem("bug", reason=type(error).__name__))
            return
        if asked.number == self._number and not self._closing:
            self.searched.emit(asked.number, result, final)

    def _failed(self, number: int, problem: Problem) -> None:
        if number == self._number and not self._closing:
            self.search_failed.emit(number, problem)


class Lane:
    """A thread that works on the newest request only; older waiting requests are dropped."""

    def __init__(self, name: str, work: Callable[[Any], None]) -> None:
        self._work = work
        self._wake = threading.Condition()
        self._next: Any = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, asked: Any) -> None:
        """Work on this next."""
        with self._wake:
            self._next = asked
            self._wake.notify()

    def close(self) -> None:
        """Wait for the running request, but at most a second because it may be loading a model."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(1.0)

    def _run(self) -> None:
        while True:
            with self._wake:
                while self._next is None and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                asked, self._next = self._next, None
            try:
                self._work(asked)
            except Exception:  # an edge: log the bug, and keep the thread alive
                if not self._closed:
                    log.exception("a search failed")
