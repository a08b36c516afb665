"""The only place where results pass from the core's threads to Qt.

The core's listeners and this module's own threads emit signals; Qt queues them to the window's
thread, where all slots run. Searches have askers (`asker.py`); the first is the main window's.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from desktop_kb.errors import Cancelled, Problem
from desktop_kb.formats import previewed_as
from desktop_kb.gui.asker import Asker, Lane
from desktop_kb.gui.loaded import REACH, Contents, Library
from desktop_kb.gui.places import counted
from desktop_kb.gui.preview.note_pictures import Picture, load_pictures, pictures_among, pictures_of
from desktop_kb.gui.preview.picture_pages import pages_of
from desktop_kb.gui.targets import MARKED
from desktop_kb.kb import KnowledgeBase, is_filter
from desktop_kb.records import (
    Document,
    DocumentFilter,
    DocumentsReadAgain,
    Event,
    FileFinished,
    Hit,
    Look,
    ModelBuilt,
    PageRecognized,
    ProgressMade,
    QueuePaused,
)

log = logging.getLogger(__name__)

Chosen = TypeVar("Chosen")

#: Progress events are passed on at most once in this time.
PROGRESS_SECONDS = 0.1
#: A file of more pictures is previewed by its text: each takes a tenth of a second and some MiB.
_MOST_PICTURES = 20
#: Characters of a document beyond which it is shown plain; and of how many documents the looks are kept.
_MOST_DRESSED, _KEPT_LOOKS = 2_000_000, 3


class Bridge(QObject):
    """The window's access to one open library. Every signal arrives on the window's thread."""

    progressed = Signal(object)
    finished = Signal(object)
    paused = Signal(object)  # Finding
    read_again = Signal(object)
    failed = Signal(object)  # Problem
    _done = Signal(object, object)

    def __init__(self, kb: KnowledgeBase, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kb = kb
        self._askers = [Asker(kb, self)]
        # Of the main window's searches, as Asker has them.
        self.searched, self.search_failed = self._askers[0].searched, self._askers[0].search_failed
        self.search, self.forget_search = self._askers[0].search, self._askers[0].forget
        self.warm_up, self.warmed = self._askers[0].warm_up, self._askers[0].warmed
        self._last_progress = 0.0
        self._closing = False
        self._tasks: list[Task] = []
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="window")
        self._calls: set[Future[None]] = set()
        self._filtering = Lane("filter", self._filter)
        self._dressed: dict[tuple[str, int], Sequence[Look]] = {}
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        kb.subscribe(self._on_event)

    def close(self) -> None:
        """End the threads, then close the library; finished work is kept."""
        self._closing = True
        for task in self._tasks:
            task.cancelled.set()
        self.kb.pause()  # or a repair would go on reading documents after the window has closed
        self.kb.leave()
        for asker in self._askers:
            asker.close()
        self._filtering.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for task in self._tasks:
            task.wait()
        self.kb.close()

    def asker(self) -> Asker:
        """Another asker over this library; it is closed with it."""
        made = Asker(self.kb, self)
        self._askers.append(made)
        return made

    # --- everything else

    def call(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None = None,
        otherwise: Callable[[Problem], None] | None = None,
    ) -> None:
        """Run `work` on a thread, then call `then` with its result on the window's thread; if it fails `otherwise`,
        with the problem, where the caller says it. Else `failed` has the main window say it."""
        if not self._closing:
            call = self._pool.submit(self._work, work, then, otherwise)
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    @property
    def busy(self) -> bool:
        """Whether work passed to `call` is still running."""
        return bool(self._calls)

    def begin(self, task: Task) -> None:
        """Start a task; `close` cancels it and waits until it has ended."""
        self._tasks.append(task)
        task.start()

    def _work(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None,
        otherwise: Callable[[Problem], None] | None = None,
    ) -> None:
        try:
            result = work()
        except Problem as problem:
            then, result = otherwise or self.failed.emit, problem
        except Exception as error:  # an edge: a thread's bug is shown and logged, never lost
            log.exception("work for the window failed")
            then, result = otherwise or self.failed.emit, Problem("bug", reason=type(error).__name__)
        if then is not None and not self._closing:
            self._done.emit(then, result)

    @Slot(object, object)
    def _deliver(self, then: Callable[[Any], None], result: Any) -> None:
        asker = getattr(then, "__self__", None)
        deleted = isinstance(asker, QObject) and not isValid(asker)  # e.g. a sheet was closed meanwhile
        if not (self._closing or deleted):
            then(result)

    def load_contents(
        self, shown: Hit | Document, then: Callable[[Contents], None], known: Contents | None = None
    ) -> None:
        """Load what a preview shows of a document, then call `then` with it.

        Args:
            known: what was loaded for the same target before; returned unchanged while the text is the same.
        """
        id, how = shown.document, previewed_as(shown.type, part=bool(shown.part))
        start, page = (shown.start, shown.page or 1) if isinstance(shown, Hit) else (0, 1)

        def work() -> Contents:
            text, layout = self.kb.text(id)
            if known is not None and not known.late and (text, layout) == (known.text, known.layout):
                return known
            trial = self.kb.try_drawing(id, page) if how == "pages" else "drawn"
            file = self.kb.file(id) if trial == "drawn" else None
            drawn = self._pictures(id, len(layout.pages)) if how == "pictures" else b""
            pictures: list[Picture] = []
            if how == "marked" and not shown.part:
                pictures = load_pictures(text, layout.edits, Path(shown.path).parent, start, REACH)
            looks = self._looks(id, text)
            if looks and not shown.part:
                pictures = pictures_among(looks, Path(shown.path).parent, start, REACH)
            pictures = sorted([*pictures, *self._inner_pictures(id, looks, start)], key=lambda one: one.place)
            return Contents(text, layout, file, pictures, trial == "late", drawn, looks)

        self.call(work, then)

    def _looks(self, document: str, text: str) -> Sequence[Look]:
        """How a document looks. The last ones are kept: its hits are looked at one after the other, and reading a book
        takes a second or two."""
        if len(text) > _MOST_DRESSED:
            return ()
        key = document, hash(text)
        looks = self._dressed.get(key)
        if looks is None:
            looks = self.kb.looks(document, text)
            # A new one, as two threads may do this.
            self._dressed = dict([*self._dressed.items(), (key, looks)][-_KEPT_LOOKS:])
        return looks

    def _inner_pictures(self, document: str, looks: Sequence[Look], near: int) -> list[Picture]:
        """The pictures that stand in a document's file, of many those around this place."""
        wanted = [one for one in looks if one.kind == "figure" and abs(one.start - near) <= REACH]
        wanted = sorted(wanted, key=lambda one: abs(one.start - near))[:_MOST_PICTURES]
        if not wanted:
            return []
        found = self.kb.pictures(document, list(dict.fromkeys(one.detail for one in wanted)))
        return pictures_of(sorted(wanted), found)

    def _pictures(self, document: str, pages: int) -> bytes:
        """A PDF of a document's pictures; empty if they are many or one of them cannot be drawn."""
        if pages > _MOST_PICTURES:
            return b""
        try:
            return pages_of(self.kb.picture(document, page + 1) for page in range(pages))
        except Problem:
            log.info("the pictures of %s are not shown", document, exc_info=True)
            return b""

    def load_library(
        self,
        then: Callable[[Library], None],
        saved: Callable[[str], Sequence[str]],
        otherwise: Callable[[Problem], None] | None = None,
    ) -> None:
        """Load all documents, the status, every filter key and how many documents the filters let through that are
        `saved` in this library, which is asked by its id, then call `then` with them.

        100,000 documents are a million objects without one cycle. The garbage collector would scan them
        again and again while they are loaded, which stopped the window for up to 210 ms. So it is switched
        off meanwhile. Afterwards the documents are frozen (gc.freeze): never scanned, but freed as usual.
        """

        def read() -> Library:
            gc.collect(1)  # so that no garbage is frozen
            gc.disable()
            try:
                documents = self.kb.documents()
                gc.freeze()
            finally:
                gc.enable()
            keys = frozenset(self.kb.filter_keys())
            status = self.kb.status()
            groups = {query: self._count(query) for query in saved(status.id) if is_filter(query, keys)}
            followed = [folder.path for folder in self.kb.folders()]
            marked = self._count(MARKED.value)
            return Library(documents, status, keys, groups, counted(documents), followed, marked)

        self.call(read, then, otherwise)

    def _count(self, query: str) -> int:
        return len(self.kb.filter(query).documents or ())

    def filter(
        self,
        query: str,
        choose: Callable[[DocumentFilter], Chosen],
        then: Callable[[Chosen], None],
        *,
        removed: bool = False,
    ) -> None:
        """Find which documents match a query (with `removed`, which of those in the trash), choose by that on the
        same thread, and pass what was chosen to `then`. Only the newest query is answered."""
        self._filtering.put((lambda: choose(self.kb.filter(query, removed=removed)), then))

    def _filter(self, asked: tuple[Callable[[], Chosen], Callable[[Chosen], None]]) -> None:
        self._work(*asked)

    def _on_event(self, event: Event) -> None:
        """Pass an event on. Runs on a thread of the core, so it must not block."""
        if isinstance(event, ProgressMade):
            now = time.monotonic()
            if now - self._last_progress < PROGRESS_SECONDS:
                return
            self._last_progress = now
            self.progressed.emit(event)
        elif isinstance(event, FileFinished):
            self.finished.emit(event)
        elif isinstance(event, QueuePaused):
            self.paused.emit(event.problem)
        elif isinstance(event, DocumentsReadAgain | ModelBuilt | PageRecognized):
            self.read_again.emit(event)


class Task(QObject):
    """A long piece of work on its own thread, which reports progress and can be cancelled.

    It ends with one of `done`, `failed` and `stopped`; all signals arrive on the window's thread.
    """

    #: what is being done, and the share of it that is done, 0..1
    progressed = Signal(str, float)
    done = Signal(object)
    failed = Signal(object)  # a Problem
    stopped = Signal()

    def __init__(self, work: Callable[[Task], Any]) -> None:
        super().__init__()
        self.cancelled = threading.Event()
        self._work = work
        self._last = 0.0
        self._thread = threading.Thread(target=self._run, name="task", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wait(self) -> None:
        """Block until the work is done, failed or stopped."""
        if self._thread.is_alive():
            self._thread.join()

    def tell(self, what: str, share: float) -> None:
        """Report progress; called by the work from time to time.

        Raises:
            Cancelled: the task was asked to stop.
        """
        if self.cancelled.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._last >= PROGRESS_SECONDS:
            self._last = now
            self.progressed.emit(what, share)

    def _run(self) -> None:
        try:
            result = self._work(self)
        except Cancelled:
            self.stopped.emit()
        except Problem as problem:
            self.failed.emit(problem)
        except Exception as error:  # an edge: a thread's bug is shown and logged, never lost
            log.exception("a task of the window failed")
            self.failed.emit(Problem("bug", reason=type(error).__name__))
        else:
            self.done.emit(result)
