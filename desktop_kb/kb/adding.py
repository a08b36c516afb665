"""Bringing documents in: what is put into the queue, and the work on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from desktop_kb.arguments import whole
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.kb import intake, lists
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import Batch, Document, FileReport, JobKind, JobOptions, PathLike, QueuedFile, Value


class Adding(OpenLibrary):
    """What fills a library, and how the work on it is followed, paused and given up."""

    def add(
        self,
        files: Iterable[PathLike],
        *,
        tags: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
        password: str | None = None,
    ) -> Batch:
        """Put files, and all files in folders, into the queue.

        Args:
            password: opens locked PDFs among them; kept in memory only.

        Raises:
            TypeError: a single path or tag where a list is meant.
        """
        files, tags = lists.files(files), lists.tags(tags)
        found, reports = intake.added(files)
        if password is not None:
            for path in found:
                self._indexer.unlock(path, password)
        return self._enqueue(found, "add", JobOptions(tuple(tags), dict(metadata or {})), reports)

    def refresh(self, filters: Sequence[str] = ()) -> Batch:
        """Look at the originals again: what changed is read again, what is gone is said.

        Args:
            filters: which documents, as a search takes them ('year:2022'), here as in all that takes some.

        Raises:
            UsageProblem: a filter is none.
        """
        found, reports = intake.changed(self._store, self._store.documents.ids(lists.filters(filters)))
        return self._enqueue(found, "add", JobOptions(), reports)

    def retry(self, filters: Sequence[str] = (), *, documents: Sequence[str] | None = None) -> Batch:
        """Read failed files again.

        Args:
            documents: only these, by id.
        """
        only = None if documents is None else lists.documents(documents)
        chosen = self._store.documents.find(lists.filters(filters), only=only)
        failed = self._paths(document for document in chosen if document.status == "failed")
        return self._enqueue(failed, "read", JobOptions(), [])

    def restore(self, document: str) -> Batch:
        """Take a document out of the trash and index it again."""
        return self._enqueue(self._store.documents.restore(document), "read", JobOptions(), [])

    def restore_trash(self) -> Batch:
        """Take everything out of the trash and index it again. What has no place any more, as
        other files stand at all of its own, stays there and is reported as skipped."""
        found: list[str] = []
        reports: list[FileReport] = []
        for document in self._store.documents.find(removed=True):
            try:
                found += self._store.documents.restore(document.document)
            except Problem as problem:
                path = document.path or document.title
                reports.append(intake.report_of(path, "skipped", problem))
        return self._enqueue(found, "read", JobOptions(), reports)

    def follow(self, batch: Batch) -> Iterator[FileReport]:
        """The reports of a batch as its files are done, whichever process does them.

        Raises:
            Problem: the queue paused (disk full, model broken); what is left waits.
        """
        yield from batch.reports
        yield from self._indexer.reports(batch.jobs)

    def follow_model(self) -> Iterator[tuple[int, int]]:
        """How many documents the chosen model has encoded, and of how many, until it serves; in whichever process.

        Raises:
            Problem: the work paused (disk full, model broken); what is left waits.
        """
        while (progress := self.models.progress()) is not None:
            self.start_indexing()
            self._indexer.raise_if_paused()
            yield progress
            self._indexer.rest()

    def start_indexing(self) -> None:
        """Process the queue in the background, now and whenever there is work."""
        self._indexer.start()

    def pause(self) -> None:
        """Stop indexing at once, until `resume`; not remembered after closing. What was encoded of the
        current file is kept; a file that was still being read is read again."""
        self._indexer.pause()

    def resume(self) -> None:
        """Continue after the queue paused, or was paused."""
        self._indexer.resume()

    @property
    def held(self) -> bool:
        """Whether the person has paused the indexing."""
        return self._indexer.paused

    def cancel(self, jobs: Sequence[int] | None = None) -> int:
        """Take these files (see `queue`), or all, out of the queue; the current one is given up.

        What the library holds of them stays as it was. Returns how many were cancelled.
        """
        if jobs is not None:
            jobs = lists.jobs(jobs)
        given_up = self._indexer.give_up(jobs)
        return self._store.queue.cancel(jobs) + given_up

    def queue(self, limit: int = 200) -> list[QueuedFile]:
        """The current file and those that wait, at most `limit`; `status` has their number."""
        return self._store.queue.files(whole("limit", limit, 0))

    def _enqueue(
        self, files: Sequence[str], kind: JobKind, options: JobOptions, reports: Sequence[FileReport]
    ) -> Batch:
        if not self._store.writable:
            raise StorageProblem("read-only", path=str(self.library.root))
        jobs = self._store.queue.enqueue(files, options, kind) if files else []
        self._indexer.wake()
        return Batch(tuple(jobs), tuple(reports))

    @staticmethod
    def _paths(documents: Iterable[Document]) -> list[str]:
        return [path for document in documents for path in document.places]
