"""Maintenance of a library: status, checks and repairs, backups and exports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_kb import extract, paths
from desktop_kb.ingest.generations import wanted
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.kb.own_backups import BackupState, OwnBackups
from desktop_kb.records import Check, Finding, Generation, PathLike, Rebuilding, Status
from desktop_kb.store import Backup, Store, is_readable, restore
from desktop_kb.store import rescue as rescue_database

if TYPE_CHECKING:
    from desktop_kb.export import Exported

log = logging.getLogger(__name__)


class Care(OpenLibrary):
    """Methods for status, checks and repairs, backups and exports."""

    def status(self) -> Status:
        """Counts, sizes, model, coverage, queue."""
        counts = self._store.documents.counts()
        embedders, building, progress = self.models.serving(), self.models.building(), self.models.progress()
        embedder = next(iter(embedders), None)
        reranker = self._models.loaded_reranker
        notices = [model.notice for model in (*embedders, reranker) if model is not None]
        generation = self._store.index.generation()
        chunks = generation.chunks if generation else 0
        states, left_out = self._store.documents.page_states()
        return Status(
            library=str(self.library.root),
            writable=self._store.writable,
            documents=counts["ready"],
            failed=counts["failed"],
            trash=counts["trash"],
            chunks=chunks,
            size_bytes=self._store.size_bytes(),
            model=embedder.id if embedder else None,
            device=embedder.device if embedder else "",
            notice=next((notice for notice in notices if notice), None),
            reranker=self._models.reranker_id or None,
            reranker_device=reranker.device if reranker else "",
            building=building,
            built=progress[0] if building and progress else 0,
            coverage=_coverage(generation),
            waiting=self._store.queue.waiting(),
            indexer=self.indexer,
            id=self._store.id,
            rebuilding=_rebuilding(generation, self._store.index.generation("building")),
            page_states=states,
            parts_left_out=left_out,
            gone=counts["gone"],
            away=counts["away"],
            old_reading=self._store.documents.count_read_before(extract.VERSION),
            readers=self.models.readers(),
        )

    @property
    def indexer(self) -> str | None:
        """The process that indexes this library, if that is not this process."""
        if self._store.lock.held or not self._store.queue.waiting():
            return None
        return self._store.lock.holder()

    def doctor(self, *, repair: bool = False) -> list[Check]:
        """Check database, passages, vectors, files and model. With `repair`, first rebuild derived data and
        read damaged documents again where their files allow it; other damage is only reported."""
        checks = _repaired(self._store, self._indexer.work_off) if repair else self._store.check()
        shared = [self._writes_alike()] if self._store.shared else []
        return [*checks, self._originals(), self._pages(), self._marks(), *shared, self.models.check()]

    def _writes_alike(self) -> Check:
        """Whether a team's library is made as this program makes passages; else it is only searched here, which is no
        damage, but said."""
        active = self._store.index.uncounted()
        findings: tuple[Finding, ...] = ()
        if active and not active.fingerprint.made_like(wanted(self._models, active)):
            models = [reader.model for reader in active.fingerprint.readers]
            findings = (Finding("made-otherwise", {"models": models}),)
        return Check("writing", True, findings)

    def _originals(self) -> Check:
        """Which documents' originals are not there, as far as was noticed; that is no damage, but said."""
        counts = self._store.documents.counts()
        findings = []
        if counts["gone"]:
            findings.append(Finding("originals-gone", {"count": counts["gone"]}))
        if counts["away"]:
            elsewhere = self._store.shared
            findings.append(
                Finding("originals-elsewhere" if elsewhere else "originals-away", {"count": counts["away"]})
            )
        return Check("originals", True, tuple(findings))

    def _marks(self) -> Check:
        """How many marked passages are not in their documents any more; that is no damage, but said."""
        adrift = self._store.marks.count_adrift()
        return Check("marked passages", True, (Finding("marks-adrift", {"count": adrift}),) if adrift else ())

    def _pages(self) -> Check:
        """What was read of the pages; what was not is no damage, but said."""
        states, left_out = self._store.documents.page_states()
        none, drawn, garbled = (states[kind] for kind in ("none", "drawn", "garbled"))
        findings = []
        if none + drawn + garbled:
            of = sum(states.values())
            findings.append(
                Finding("pages-unread", {"of": of, "none": none, "drawn": drawn, "garbled": garbled})
            )
        if left_out:
            findings.append(Finding("parts-unread", {"count": left_out}))
        return Check("pages", True, tuple(findings))

    def backup(
        self, file: PathLike, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Backup:
        """Write a backup of the whole library, as it is at this moment, to `file`. Indexing may go on.

        Args:
            progress: called from this thread with the bytes written and their total. If it raises, the
                backup ends and no partial file is left.

        Raises:
            StorageProblem: the file exists or cannot be written; no partial file is left.
        """
        return self._store.back_up(Path(file).expanduser().absolute(), progress)

    def back_up_if_due(
        self,
        *,
        now: datetime | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> BackupState:
        """Make the backup that the settings want by now, read it back, and remove those that are not kept any more.
        Why it could not be made is in the answer.

        Args:
            now: the time; None asks the clock.
            progress: as `backup` has it.
        """
        counts = self._store.documents.counts()
        own = OwnBackups(self._store, self.settings)
        now = now or datetime.now(UTC)
        if not counts["ready"] and not counts["failed"]:
            return own.state(now)
        return own.make_if_due(now, progress)

    def export(self, folder: PathLike) -> Iterator[Exported]:
        """Write files, texts and metadata as plain files into a new or empty folder, one document
        after the other.

        Raises:
            StorageProblem: the folder is not empty, or cannot be written.
        """
        from desktop_kb.export import export

        return export(self._store, Path(folder).expanduser().absolute())


def _coverage(generation: Generation | None) -> float:
    """The share of the passages that a model covers, 0..1: the one that cut them, or one that read all."""
    if generation is None or not generation.chunks:
        return 0.0
    covered = max(generation.covered, *(read.covered for read in generation.read), 0)
    return round(covered / generation.chunks, 4)


def _rebuilding(active: Generation | None, building: Generation | None) -> Rebuilding | None:
    """The progress of the generation being built, and the reason why it is built."""
    if active is None or building is None:
        return None
    before, after = active.fingerprint, building.fingerprint
    if before.cuts_like(after):
        return Rebuilding("words", building.documents, active.documents)
    return Rebuilding(
        "passages" if before.readers == after.readers else "model", building.documents, active.documents
    )


def _repaired(store: Store, read_again: Callable[[], None]) -> list[Check]:
    """Rebuild derived data, read again the documents that need it, then check. A check that failed before
    and passes now is marked as repaired.

    Args:
        read_again: processes the queued files that are to be read again.
    """
    before = {check.name: check for check in store.check()}
    for found in store.repair():
        log.info("repaired: %s %s", found.code, dict(found.details))
    read_again()
    return [
        Check(now.name, True, (_in_order_again(was),))
        if now.ok and (was := before.get(now.name)) and not was.ok
        else now
        for now in store.check()
    ]


def _in_order_again(was: Check) -> Finding:
    return Finding("in-order-again", {"was": {"code": was.code, "details": was.details}})


def restore_backup(file: PathLike, library: PathLike | None = None) -> Backup:
    """Restore a backup into a folder without a library (None: the person's default folder).

    Raises:
        StorageProblem: the folder is not empty, or the file is not an intact backup; nothing is changed.
    """
    return restore(Path(file).expanduser().absolute(), paths.library(library))


def rescue(library: PathLike | None = None) -> list[Finding]:
    """If a library's database is damaged, copy everything readable into a new one; the damaged file is kept
    in the same folder. Call this while nobody has the library open, before `doctor(repair=True)`.

    Returns what was lost; an empty list if the database was not damaged.

    Raises:
        StorageProblem: nothing can be read ('beyond-repair'), or another program is indexing the library.
    """
    place = paths.library(library)
    if not place.database.exists() or is_readable(place.database):
        return []
    return rescue_database(place) or [Finding("nothing-lost")]
