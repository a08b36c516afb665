"""A team's library, opened: documents and passages are on the engine, the queue and what was seen of files here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from desktop_kb import paths
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.formats import MARKDOWN
from desktop_kb.kb import team
from desktop_kb.records import Check, File, FileReport, Finding, Fingerprint, Generation, Library, Place
from desktop_kb.remote import (
    Folder,
    PlacedDocuments,
    PlacedIndex,
    PlacedJobs,
    RemoteIndex,
    RemoteLibrary,
    Sights,
)
from desktop_kb.scratch import scratch_folder
from desktop_kb.store import Backup, Documents, Index, PrivateMarks, Progress, Store


class TeamIndex(RemoteIndex):
    """The passages of a team's library: all of them are made with the same models."""

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        """The generation that there is, or the first one.

        Raises:
            StorageProblem: it was made with other models or versions ('other-models'): this program may search it,
                by words where it has none of its models, but not write.
        """
        active = self.generation()
        if active is not None and not active.fingerprint.made_like(fingerprint):
            models = ", ".join(reader.model for reader in active.fingerprint.readers)
            raise StorageProblem("other-models", name=models)
        return active or super().start_generation(fingerprint)


class TeamStore(Store):
    """A team's library, opened: documents and passages are the engine's, the queue is of this machine."""

    shared = True

    def __init__(self, library: paths.Library) -> None:
        self._connection = connection = team.connection_of(library)
        engine = team.engine_of(library, connection)
        root = Path(connection.root)
        notes_in = root if connection.root and root.is_dir() else None
        super().__init__(replace(library, notes_in=notes_in))
        self._folder = folder = Folder(connection.here, connection.root, Sights(library.root / "seen.jsonl"))
        self._shared = RemoteLibrary(engine, PlacedJobs(self.queue, folder), TeamIndex)
        self._placed = PlacedDocuments(self._shared.documents, folder)
        self.documents = cast(Documents, self._placed)
        self.index = cast(Index, PlacedIndex(self._shared.index, self._placed, folder))
        self.marks = PrivateMarks(self._database, cast(Any, self._placed), self._shared.marks)
        self._placed.marked = self.marks.documents_with

    @cached_property
    def id(self) -> str:
        """The library's id, the same for everybody."""
        return self._shared.id

    @property
    def known_id(self) -> str:
        """The same without asking the engine, which may be away."""
        return self._connection.id or self.id

    def content(self, document: str) -> Callable[[], bytes] | None:
        """See `Store`: the copy is on the machine that made it. Elsewhere a note's file is made of its text, where that
        is all that was in it.

        Raises:
            Problem: it is not, as of a note that was changed just before it was deleted ('note-elsewhere').
        """
        copy = super().content(document)
        content_hash, stored, _ = self.documents.files(document)
        if copy is not None or stored is None or Path(stored).suffix not in MARKDOWN.suffixes:
            return copy
        text, _ = self.documents.text(document)
        for data in (text.encode("utf-8", "surrogatepass"), text.encode("utf-8-sig", "surrogatepass")):
            if hashlib.sha256(data).hexdigest() == content_hash:
                return lambda found=data: found  # type: ignore[misc]
        raise Problem("note-elsewhere")

    def saw(self, places: Sequence[Place]) -> None:
        """The files at these places were looked at, and are as they were read."""
        self._placed.saw(places)

    def is_in_teams_folder(self, path: str) -> bool:
        """See `Store`."""
        return self._folder.inside(path) is not None

    def is_behind(self, file: File) -> bool:
        """Whether somebody else's newer text is in the library, and this file is as it was before."""
        return self._placed.is_behind(file)

    def told(self, report: FileReport) -> FileReport:
        """What is to be said of a file that was stored: whether it is kept beside somebody else's text."""
        return self._placed.told(report)

    def check(self) -> list[Check]:
        """Check what the engine has; changes nothing."""
        return self._shared.check()

    def repair(self) -> list[Finding]:
        """Make the vector indexes anew, as the owner may; what is missing is made again by who indexes."""
        self._shared.rebuild()
        return []

    def back_up(self, target: Path, progress: Progress = lambda done, total: None) -> Backup:
        """Write the documents that were read into one file, as a library of one's own has them, with their passages and
        vectors; `push` brings them onto an engine again. Files of the team's folder are backed up where they are."""
        from desktop_kb.kb.sharing import bring_marks, move  # it imports what opens a library

        if target.exists() or target.is_symlink():  # said before the work
            raise StorageProblem("exists", path=str(target), what=target.name)
        with scratch_folder(self.library.root) as folder:
            own = Store(paths.library(folder))
            try:
                shared = cast(Library, self._shared)
                documents = shared.documents.find()
                move(shared, own, documents, lambda done, total: progress(done, 2 * total))
                bring_marks(self, own, documents, lambda mark: mark.shared or bool(mark.by))
                return own.back_up(target, lambda done, total: progress(total + done, 2 * total))
            finally:
                own.close()

    def leave(self) -> None:
        """An engine that is frozen is not waited for any more."""
        self._shared.engine.leave()

    def close(self) -> None:
        """Close the connections and what is here."""
        self._shared.close()
        super().close()
