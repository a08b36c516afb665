"""The library on disk: one SQLite file, the copies of PDFs beside it, and the indexer's lock.

The only importer of APSW and sqlite-vec; no SQL and no APSW type leaves it. Every write is one
short transaction on one thread; a reader sees one consistent state and never waits for the writer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from desktop_kb import paths
from desktop_kb.errors import StorageProblem, reason_of
from desktop_kb.files import make_private
from desktop_kb.records import Check, File, FileReport, Finding, Place
from desktop_kb.store.asked import Asked
from desktop_kb.store.backup import Backup, Progress, back_up
from desktop_kb.store.check import check
from desktop_kb.store.connection import id_of
from desktop_kb.store.database import Database
from desktop_kb.store.documents import Documents
from desktop_kb.store.index import Index
from desktop_kb.store.landscape import Landscapes
from desktop_kb.store.lock import IndexerLock
from desktop_kb.store.marks import Marks
from desktop_kb.store.notes import NoteFolder
from desktop_kb.store.private_marks import PrivateMarks
from desktop_kb.store.queue import Queue, mend_jobs
from desktop_kb.store.recognized import Recognized, Waiting
from desktop_kb.store.rescue import is_readable, renew_texts, rescue
from desktop_kb.store.restoring import restore, verify
from desktop_kb.store.seal import log_is_lost

__all__ = [
    "Backup",
    "Documents",
    "Index",
    "IndexerLock",
    "NoteFolder",
    "PrivateMarks",
    "Progress",
    "Queue",
    "Store",
    "Waiting",
    "id_of",
    "is_readable",
    "rescue",
    "restore",
    "verify",
]


log = logging.getLogger(__name__)

#: A repair compacts the file if at least this share of it is free: half is, after most documents were removed
#: or another model has taken over.
_MUCH_FREE: Final = 0.25


class Store:
    """An open library.

    Attributes:
        documents: documents, places, tags, metadata, trash.
        index: generations of passages; finding them.
        marks: marked passages.
        landscape: passages as neighbours.
        queue: jobs and staged work.
        recognized: pages whose pictures were recognized, and those that wait for it.
        asked: what assistants have asked.
        shared: whether it is a team's, whose documents and passages are elsewhere.
        lock: held by the process that indexes.
    """

    shared = False

    def __init__(self, library: paths.Library, *, create: bool = True) -> None:
        """Open the library. If there is none, create it where `create` allows that.

        Raises:
            StorageProblem: the library cannot be opened or does not exist; nothing was changed.
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
        self.marks = Marks(self._database)
        self.landscape = Landscapes(self._database)
        self.queue = Queue(self._database)
        self.recognized = Recognized(self._database)
        self.asked = Asked(self._database)
        self.lock = IndexerLock(library.lock)

    @property
    def writable(self) -> bool:
        """False on a read-only disk: the library can then only be searched."""
        return self._database.writable

    @cached_property
    def id(self) -> str:
        """The library's id, 16 hexadecimal digits; links to its documents contain it."""
        with self._database.read() as connection:
            return str(connection.execute("select id from library").get)

    @property
    def known_id(self) -> str:
        """The same at once, wherever the library is."""
        return self.id

    def size_bytes(self) -> int:
        """Bytes of the database's files on disk."""
        return sum(path.stat().st_size for path in self.library.root.glob("library.sqlite*"))

    def sources(self, document: str) -> tuple[str, list[Path]]:
        """A document's content hash, and the paths where its bytes may be: the library's copy, then the originals."""
        content_hash, stored, places = self.documents.files(document)
        copy = self.library.copy(stored) if stored else None
        return content_hash, [*([copy] if copy else []), *map(Path, places)]

    def content(self, document: str) -> Callable[[], bytes] | None:
        """What reads the copy of a document's file, of which the library has one; None without one."""
        _, stored, _ = self.documents.files(document)
        copy = self.library.copy(stored) if stored else None
        return copy.read_bytes if copy is not None and copy.is_file() else None

    def saw(self, places: Sequence[Place]) -> None:
        """The files at these places were looked at, and are as they were read."""

    def is_in_teams_folder(self, path: str) -> bool:
        """Whether a file is one of those that all of a team have, of which nobody needs a copy of their own."""
        return False

    def is_behind(self, file: File) -> bool:
        """Whether somebody else's newer text is in the library, and this file is as it was before: never where one
        machine writes."""
        return False

    def told(self, report: FileReport) -> FileReport:
        """What is to be said of a file that was stored."""
        return report

    def back_up(self, target: Path, progress: Progress = lambda done, total: None) -> Backup:
        """Write the whole library, as it is now, into one new file."""
        return back_up(self._database, self.library, target, progress)

    def check(self) -> list[Check]:
        """Check the whole library; changes nothing."""
        return check(self._database, self.library, log_lost=self._log_lost)

    def repair(self) -> list[Finding]:
        """Repair the derived data. The derived tables are rebuilt at once; wrong passages, and texts that
        differ from what was read, are left to the indexer. Free space goes back to the disk if there is much.
        Returns what was found."""
        found = [*self._database.write(mend_jobs), *self._database.write(renew_texts)]
        self.marks.repair()
        forgotten = self.index.forget_damaged()
        self.index.rebuild()
        if self._database.free_share() >= _MUCH_FREE:
            self._compact()
        return [*found, *([Finding("passages-cut-again", {"count": forgotten})] if forgotten else [])]

    def _compact(self) -> None:
        try:
            self._database.compact()
        except StorageProblem as problem:
            if problem.code != "disk-full":
                raise
            log.info("not compacted: %s", problem.code)  # the file stays as large as it was

    def purge(self, days: int) -> None:
        """Delete documents that have been in the trash for `days`, and copies of that age which no
        document refers to: those of deleted documents, of earlier contents, of an interrupted copy.

        Called with the indexer's lock held, because only the holder of the lock makes copies.
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

    def leave(self) -> None:
        """It is about to be closed: what is elsewhere is not waited for any more. Here nothing is."""

    def close(self) -> None:
        """Finish the queued writes, close the database and release the lock."""
        self._database.close()
        self.lock.release()
