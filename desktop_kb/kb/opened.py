"""An open library: its parts are created and closed here."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from desktop_kb import paths
from desktop_kb.choice import ModelChoice
from desktop_kb.errors import StorageProblem
from desktop_kb.followed import Followed
from desktop_kb.helper.link import Link
from desktop_kb.indexer import Indexer
from desktop_kb.ingest import Ingest
from desktop_kb.kb.inbox import Inbox
from desktop_kb.kb.parts import Parts
from desktop_kb.kb.unqueued import Unqueued
from desktop_kb.power import Sparing
from desktop_kb.recognize import Recognizer, is_available
from desktop_kb.records import Listener, PathLike
from desktop_kb.search import Searcher
from desktop_kb.settings import Settings, load_for
from desktop_kb.store import Store

if TYPE_CHECKING:
    from desktop_kb.landscape import Surveyor


def open_store(library: paths.Library, *, create: bool) -> Store:
    """The store of a library: on this machine, or a team's on an engine."""
    if (library.root / paths.TEAM_FILE).exists():
        from desktop_kb.kb.team_store import TeamStore  # few have one, and its driver takes its time

        return TeamStore(library)
    if library.root.parent == paths.teams_dir():
        raise StorageProblem("no-team", name=library.root.name)
    return Store(library, create=create)


class OpenLibrary:
    """Creates the parts of a library and closes them; its arguments are those of `KnowledgeBase`."""

    def __init__(
        self,
        library: PathLike | None = None,
        settings: Settings | None = None,
        *,
        create: bool = True,
        parts: Parts | None = None,
    ) -> None:
        self.library = paths.library(library)
        self.settings = settings or load_for(self.library.root)
        parts = parts or Parts()
        self._store = open_store(self.library, create=create)
        self.library = self._store.library  # a team's has its notes elsewhere
        self._followed = Followed(self.library.settings)
        self._extractor = parts.extractor_for(self.settings)
        self._previewer = parts.previewer_for(self.settings)
        self._recognizer = parts.recognizer or Recognizer()
        self._link = Link(self.library)
        self._models = parts.models_for(self.settings, parts.encoding or self._link)
        #: Which models there are, and which of them this library uses.
        self.models = ModelChoice(
            self._store,
            self.library.settings,
            self.settings,
            self._models,
            lambda: self._indexer.restart(),
        )
        self._surveying = threading.Lock()
        self._made_surveyor: Surveyor | None = None
        self._indexer = Indexer(
            self._store,
            lambda emit, stop: Ingest(
                self._store, self._extractor, self._models, self.settings, emit, stop, self._recognizer
            ),
            poll=self.models.reload_if_changed,
            needs_building=lambda: self.models.needs_building() or self._recognition_waits(),
            trash_days=self.settings.trash_days,
            behind=lambda stop: not self._store.shared and self._surveyor.step(stop),
            pace=parts.pace,
            sparing=Sparing(on=self.settings.save_battery),
        )
        self._searcher = Searcher(self._store, self._models, self.settings)
        inbox = self.settings.inbox
        notes, root = self.library.notes, self.library.root
        self._unqueued = Unqueued(notes, root)
        self._inbox = Inbox(Path(inbox).expanduser(), notes, root, self._unqueued) if inbox else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def leave(self) -> None:
        """It is about to be closed: an engine that is frozen is not waited for any more."""
        self._store.leave()

    def close(self) -> None:
        """Stop indexing (finished batches are staged), end the child processes, close the library."""
        self.leave()
        self._indexer.close()
        self._extractor.close()
        self._previewer.close()
        self._recognizer.close()
        self._models.close()
        self._link.close()  # only now: who waits for its answer would start a child of this program's own
        self._store.close()

    @property
    def _surveyor(self) -> Surveyor:
        """What keeps the landscape; imported when it is first asked for, as no start needs it."""
        from desktop_kb.landscape import Surveyor

        with self._surveying:  # one for all threads, as it does one thing at a time
            self._made_surveyor = self._made_surveyor or Surveyor(self._store, self._models)
            return self._made_surveyor

    def _recognition_waits(self) -> bool:
        """Whether pages wait to be recognized, perhaps because another process ended."""
        return self.settings.recognize != "off" and is_available() and self._store.recognized.any_waiting()

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every event, on a worker thread; it must not block."""
        self._indexer.subscribe(listener)
