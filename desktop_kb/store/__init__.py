"""The library on disk: one SQLite file, the copies of PDFs beside it, and the indexer's lock.

The only importer of APSW and sqlite-vec; no SQL and no APSW type leaves it. Every write is one
short transaction on one thread; readers see one moment and never wait.
"""

from __future__ import annotations

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.store.check import Check, check
from desktop_kb.store.database import Database
from desktop_kb.store.documents import Documents, File, Place
from desktop_kb.store.index import Generation, Index
from desktop_kb.store.lock import IndexerLock
from desktop_kb.store.queue import Job, JobKind, JobOptions, Queue
from desktop_kb.store.snapshot import Passage, Scope, Snapshot, WordQuery

__all__ = [
    "Check",
    "Documents",
    "File",
    "Generation",
    "Index",
    "IndexerLock",
    "Job",
    "JobKind",
    "JobOptions",
    "Passage",
    "Place",
    "Queue",
    "Scope",
    "Snapshot",
    "Store",
    "WordQuery",
]


class Store:
    """An open library.

    Attributes:
        documents: documents, places, tags, metadata, trash.
        index: generations of chunks; finding them.
        queue: jobs and staged work.
        lock: held by the process that indexes.
    """

    def __init__(self, library: paths.Library) -> None:
        """Open the library, making it if there is none.

        Raises:
            StorageProblem: it cannot be opened; nothing was changed.
        """
        self.library = library
        paths.refuse_network_folder(library.root)
        try:
            library.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageProblem("io-error", path=str(library.root), reason=str(error)) from error
        self._database = Database(library.database)
        self.documents = Documents(self._database)
        self.index = Index(self._database)
        self.queue = Queue(self._database)
        self.lock = IndexerLock(library.lock)

    @property
    def writable(self) -> bool:
        """False on a read-only disk: for searching only."""
        return self._database.writable

    def size_bytes(self) -> int:
        """What the database takes on disk."""
        return sum(path.stat().st_size for path in self.library.root.glob("library.sqlite*"))

    def check(self) -> list[Check]:
        """Look at everything; nothing is changed."""
        return check(self._database, self.library)

    def close(self) -> None:
        """Finish what is queued for writing, close, and let go of the lock."""
        self._database.close()
        self.lock.release()
