"""One indexer per library: an operating-system lock, released when its process ends, and who holds it."""

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
    """Held by the process that indexes. Not re-entrant; use one instance per process and library."""

    def __init__(self, path: Path) -> None:
        self._lock = filelock.FileLock(path, blocking=False, mode=0o600, thread_local=False)
        self._mutex = threading.Lock()  # filelock counts repeated acquisitions instead of refusing them
        # In a file of its own, because on Windows other processes cannot read a locked file.
        self._holder = path.with_suffix(".json")

    @property
    def held(self) -> bool:
        """Whether this process holds the lock."""
        return self._lock.is_locked

    def acquire(self) -> bool:
        """Take the lock. False if any process holds it, this one included.

        Raises:
            StorageProblem: the folder is gone, or the disk refuses the lock file.
        """
        with self._mutex:
            if self._lock.is_locked:
                return False
            folder = self._holder.parent
            if not folder.is_dir():  # filelock would create the folder, and so an empty library
                raise StorageProblem("library-gone", path=str(folder))
            try:
                self._lock.acquire()
            except filelock.Timeout:
                return False
            except OSError as error:
                raise StorageProblem("io-error", path=str(folder), reason=reason_of(error)) from error
        who = json.dumps({"pid": os.getpid(), "program": Path(sys.argv[0]).name})
        # This file only tells people who holds the lock, so a full disk does not undo the lock.
        with contextlib.suppress(OSError), open(self._holder, "w", opener=private) as file:
            file.write(who)
        return True

    def is_free(self) -> bool:
        """Whether nobody holds the lock now."""
        if not self.acquire():
            return False
        self.release()
        return True

    def release(self) -> None:
        """Release the lock; does nothing when it is not held."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def holder(self) -> str | None:
        """Who holds the lock, as shown to people: 'desktop-kb (process 4711)'. None if nobody has taken it."""
        try:
            who = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"{who['program']} (process {who['pid']})"
        except FileNotFoundError:  # who gives the lock back removes it first
            return None
        except (OSError, ValueError, KeyError):  # it is being written
            return "another process"
