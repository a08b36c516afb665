"""Documents that an older version of the file readers read are read again, one at a time, while nothing waits."""

from __future__ import annotations

from pathlib import Path

from desktop_kb import extract
from desktop_kb.records import JobOptions, Place
from desktop_kb.store import Store


class Renewal:
    """Each document is tried once after an upgrade: from its original, else from the library's copy.

    What has neither stays as it is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._older: list[Place] = []

    def find_older(self) -> None:
        """List the documents to read again."""
        self._older = self._store.documents.read_before(extract.VERSION)

    def queue_next(self) -> bool:
        """Put the next one into the queue; False if there is none."""
        while self._older:
            place = self._older.pop(0)
            whole = self._store.documents.place(place.path) if place.part else place
            copy = self._store.library.copy(whole.stored) if whole and whole.stored else None
            if Path(place.path).is_file() or (copy is not None and copy.is_file()):
                self._store.queue.enqueue([place.location], JobOptions(), "renew")
                return True
        return False
