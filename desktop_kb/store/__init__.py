"""The library on disk: one SQLite file, the copies of PDFs beside it, and the indexer's lock.

The only importer of APSW and sqlite-vec; no SQL and no APSW type leaves it. Every write is one
short transaction on one thread; readers see one moment and never wait.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

from desktop_kb import paths
from desktop_kb.errors import StorageProblem, reason_of
from desktop_kb.files import make_private
from desktop_kb.records import Check, Finding
from desktop_kb.store.backup import Backup, Progress, back_up
from desktop_kb.store.check import check
from desktop_kb.store.database import Database
from desktop_kb.store.documents import Documents
from desktop_kb.store.index import Index
from desktop_kb.store.lock import IndexerLock
from desktop_kb.store.notes import NoteFolder
from desktop_kb.store.queue import Queue
from desktop_kb.store.restoring import restore
from desktop_kb.store.salvage import is_readable, renew_texts, salvage
from desktop_kb.store.seal import log_is_lost

__all__ = [
    "Backup",
    "Documents",
    "Index",
    "IndexerLock",
    "NoteFolder",
    "Queue",
    "Store",
    "is_readable",
    "restore",
    "salvage",
]


log = logging.getLogger(__name__)


class Store:
    """An open library.

    Attributes:
        documents: documents, places, tags, metadata, trash.
        index: generations of passages; finding them.
        queue: jobs and staged work.
        lock: held by the process that indexes.
    """

    def __init__(self, library: paths.Library, *, create: bool = True) -> None:
        """Open the library, making it if there is none and `create` allows it.

        Raises:
            StorageProblem: it cannot be opened, or is not there; nothing was changed.
        """
        self.library = library
        if not create and not library.database.exists():
            raise StorageProblem("no-library", path=str(library.root))
        paths.refuse_network_folder(library.root)
        try:
            make_private(library.root)
        except OSError as error:
            raise StorageProblem("io-error", path=str(library.root), reason=reason_of(error)) from error
        self._log_lost = log_is_lost(library.database)
        self._database = Database(library.database)
        self.documents = Documents(self._database)
        self.index = Index(self._database)
        self.queue = Queue(self._database)
        self.lock = IndexerLock(library.lock)

    @property
    def writable(self) -> bool:
        """False on a read-only disk: for searching only."""
        return self._database.writable

    @property
    def id(self) -> str:
        """The library's own name, 16 hexadecimal digits: links to its documents hold it."""
        with self._database.read() as connection:
            return str(connection.execute("select id from library").get)

    def size_bytes(self) -> int:
        """What the database takes on disk."""
        return sum(path.stat().st_size for path in self.library.root.glob("library.sqlite*"))

    def sources(self, document: str) -> tuple[str, list[Path]]:
        """A document's content hash, and where its bytes may stand: the library's copy, the originals."""
        content_hash, stored, places = self.documents.files(document)
        copy = self.library.copy(stored) if stored else None
        return content_hash, [*([copy] if copy else []), *map(Path, places)]

    def back_up(self, target: Path, progress: Progress = lambda done, total: None) -> Backup:
        """Write the whole library, as it is at this moment, into one file that is not there yet."""
        return back_up(self._database, self.library, target, progress)

    def check(self) -> list[Check]:
        """Look at everything; nothing is changed."""
        return check(self._database, self.library, log_lost=self._log_lost)

    def repair(self) -> list[Finding]:
        """Make again what is derived: the tables at once, passages that are wrong and texts that are
        not what was read by jobs for the indexer. Returns what was found."""
        found = self._database.write(renew_texts)
        forgotten = self.index.forget_damaged()
        self.index.rebuild()
        return [*found, *([Finding("passages-cut-again", {"count": forgotten})] if forgotten else [])]

    def purge(self, days: int) -> None:
        """Forget what has lain in the trash for `days`, and delete copies of that age which no
        document names: of what was forgotten, of earlier contents, of an interrupted copying.

        Called with the indexer's lock held: only its holder makes copies.
        """
        needed = self.documents.purge(days)
        before = time.time() - days * 86_400
        for path in self.library.files.rglob("*"):
            name = path.relative_to(self.library.root).as_posix()
            if name in needed or not path.is_file() or path.stat().st_mtime >= before:
                continue
            try:
                path.unlink()
            except OSError as error:  # open in another program: the next purge tries again
                log.info("a copy stays: %s", error.strerror)

    def close(self) -> None:
        """Finish what is queued for writing, close, and let go of the lock."""
        self._database.close()
        self.lock.release()
