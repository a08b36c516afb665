"""One indexer a library: an operating-system lock that dies with its process, and who holds it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path

import filelock

from desktop_kb.errors import StorageProblem, reason_of
from desktop_kb.files import private


class IndexerLock:
    """Held by the process that indexes. Not re-entrant; one instance a process and library."""

    def __init__(self, path: Path) -> None:
        self._lock = filelock.FileLock(path, blocking=False, mode=0o600, thread_local=False)
        self._mutex = threading.Lock()  # filelock counts repeated acquisitions instead of refusing them
        # Apart from the lock file: on Windows a locked file cannot be read by others.
        self._holder = path.with_suffix(".json")

    @property
    def held(self) -> bool:
        """This process holds it."""
        return self._lock.is_locked

    def acquire(self) -> bool:
        """Take the lock if nobody has it, this process included.

        Raises:
            StorageProblem: the disk is in the way.
        """
        with self._mutex:
            if self._lock.is_locked:
                return False
            folder = self._holder.parent
            if not folder.is_dir():  # filelock would make it, and an empty library with it
                raise StorageProblem("library-gone", path=str(folder))
            try:
                self._lock.acquire()
            except filelock.Timeout:
                return False
            except OSError as error:
                raise StorageProblem("io-error", path=str(folder), reason=reason_of(error)) from error
        who = json.dumps({"pid": os.getpid(), "program": Path(sys.argv[0]).name})
        # Only said to people: a full disk does not undo the lock.
        with contextlib.suppress(OSError), open(self._holder, "w", opener=private) as file:
            file.write(who)
        return True

    def is_free(self) -> bool:
        """Nobody holds it at this moment."""
        if not self.acquire():
            return False
        self.release()
        return True

    def release(self) -> None:
        """Give it back; does nothing when it is not held."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def holder(self) -> str:
        """Who holds it, for people: 'desktop-kb (process 4711)'."""
        try:
            who = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"{who['program']} (process {who['pid']})"
        except (OSError, ValueError, KeyError):  # it has just ended, or just begun
            return "another process"
