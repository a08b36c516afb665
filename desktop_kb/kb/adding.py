"""Adding documents: filling the queue, and controlling the work on it."""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

from desktop_kb.arguments import one_of, whole
from desktop_kb.bibliography import is_bibliography
from desktop_kb.errors import Problem, StorageProblem, UsageProblem, not_written, reason_of
from desktop_kb.extract import Passing
from desktop_kb.files import sha256
from desktop_kb.formats import by_type
from desktop_kb.kb import lists, originals
from desktop_kb.kb.citing import Citing, citing
from desktop_kb.kb.new_notes import TextType, stem_of, titled, write_new
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import (
    Batch,
    Document,
    FileReport,
    Generation,
    JobKind,
    JobOptions,
    Location,
    PathLike,
    Pending,
    QueuedFile,
    Value,
    pack_states,
)


class Adding(OpenLibrary):
    """Methods that add documents, and that follow, pause and cancel the work on them."""

    #: Whether it was looked for what a program that was killed has left.
    _has_looked = False

    def add(
        self,
        files: Iterable[PathLike],
        *,
        tags: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
        password: str | None = None,
        exclude: Sequence[str] = (),
    ) -> Batch:
        """Add files, and all files in folders, to the queue. A bibliography (.bib, .ris, CSL JSON) that is named itself
        adds the files that it names, and gives them, and documents with its DOIs and titles, what it says of them.

        Args:
            password: opens the locked PDFs among them; kept in memory only.
            exclude: what to pass over in folders besides the setting `ignore`: patterns as in `.gitignore` files.

        Raises:
            TypeError: a single path or tag was given instead of a list.
        """
        given, tags = [Path(file) for file in lists.files(files)], lists.tags(tags)
        bibliographies = [file for file in given if is_bibliography(file)]
        said = citing(self._store, bibliographies) if bibliographies else Citing()
        given = [*(file for file in given if file not in bibliographies), *map(Path, said.files)]
        found, reports = originals.added(self._store, given, self._passing(lists.patterns(exclude)))
        if password is not None:
            for path in found:
                self._indexer.unlock(path, password)
        options = JobOptions(tuple(tags), dict(metadata or {}))
        cited = [(path, said.files[path]) for path in found if path in said.files]
        batch = self._enqueue(
            [path for path in found if path not in said.files], "add", options, [*reports, *said.reports]
        )
        own = [([path], dataclasses.replace(options, cited=one)) for path, one in cited]
        jobs = self._store.queue.enqueue_all(own) if own else []
        self._indexer.wake()
        for report in reports:
            if report.status == "unchanged":
                known = dataclasses.replace(options, cited=said.files.get(report.path))
                self._store.documents.tag([report.path], known)
        self._store.documents.cite(list(said.documents.items()))
        return dataclasses.replace(batch, jobs=(*batch.jobs, *jobs))

    def add_text(
        self,
        text: str,
        *,
        title: str = "",
        type: TextType = "md",
        tags: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> Batch:
        """Keep a text as a note in the library's folder of notes, and add it to the queue.

            for report in kb.follow(kb.add_text("Steep it for three minutes.", title="Tea")):
                print(report.path)

        Args:
            title: what it is called; '' leaves that to its first line.
            type: what the text is: Markdown, HTML or plain text.

        Raises:
            TypeError: the text is no string, or a single tag was given instead of a list.
            ValueError: there is no such type.
            UsageProblem: the text is empty.
            StorageProblem: the note cannot be written.
        """
        tags = lists.tags(tags)
        if not isinstance(text, str):
            raise TypeError(f"text is a str, not {text!r:.80}")
        one_of("type", type, get_args(TextType))
        if not text.strip():
            raise UsageProblem("usage", reason="no-text")
        self._check_writable()
        data = titled(text, title, type).encode("utf-8", "replace")
        try:
            stem, suffix = stem_of(text, title), f".{type}"
            path = write_new(self.library.notes, stem, data, suffix, lambda new: self._unqueued.expect([new]))
        except OSError as error:
            raise not_written(error, str(self.library.notes)) from error
        return self.add([path], tags=tags, metadata=metadata)

    def take_inbox(self) -> Batch:
        """Move what lies in the person's inbox (setting `inbox`) and is whole into the library's folder of notes, and
        add it to the queue. A file is whole once it is as it was at a call two seconds before or earlier; call this
        every few seconds. What could not be moved is reported once.

        Raises:
            StorageProblem: the folder is not there ('inbox-away'), or the library is read-only.
            UsageProblem: it is the library's own, or above that ('inbox-own'), or the library follows it or
                what it holds ('inbox-followed').
        """
        if self._inbox is None:
            return Batch((), ())
        self._check_writable()
        with self._inbox.take(folder.path for folder in self._followed.all()) as taken:
            reports = [
                originals.report_of(problem.path or "", "failed", problem) for problem in taken.problems
            ]
            return self._enqueue([str(path) for path in taken.files], "add", JobOptions(), reports)

    @property
    def inbox_waiting(self) -> int:
        """How many files in the inbox were still being written, or open elsewhere, at the last `take_inbox`."""
        return self._inbox.waiting if self._inbox else 0

    def refresh(self, filters: Sequence[str] = ()) -> Batch:
        """Check the originals: add changed files to the queue again, and report missing ones.

        Args:
            filters: which documents to check, in the syntax of a search ('year:2022'). Every method with
                filters uses this syntax.

        Raises:
            UsageProblem: a filter is not valid.
        """
        found, reports = originals.changed(
            self._store, self._store.documents.ids(lists.filters(filters)), self._passing()
        )
        return self._enqueue(found, "add", JobOptions(), reports)

    def notice(self) -> Batch:
        """Look at all originals as `refresh` does, for what has become of them since they were looked at last:
        what was gone, away or failed before and is as it was takes no time and is not reported."""
        if not self._store.writable:
            return Batch((), ())
        found, reports = originals.noticed(self._store, self._passing(), self._followed)
        return self._enqueue(found, "add", JobOptions(), reports)

    def retry(
        self,
        filters: Sequence[str] = (),
        *,
        documents: Sequence[str] | None = None,
        recognize: bool = False,
    ) -> Batch:
        """Queue failed files again.

        Args:
            documents: the ids of the documents to retry; None means all that match.
            recognize: queue those with pages whose text cannot be read instead, to recognize these in their
                pictures, also where that was tried before.

        Raises:
            UsageProblem: recognizing is switched off ('recognition-off').
            Problem: an id is not in the library ('not-found'); then nothing is queued.
        """
        only = None if documents is None else lists.documents(documents)
        known = {document.document for document in self._store.documents.find(only=only or [])}
        for id in only or ():
            if id not in known:
                raise Problem("not-found", what=id)
        chosen = self._store.documents.find(lists.filters(filters), only=only)
        if recognize:
            if self.settings.recognize == "off":
                raise UsageProblem("recognition-off")
            chosen = [document for document in chosen if document.has_unread_pages]
            return self._enqueue(self._places(chosen), "renew", JobOptions(recognize=True), [])
        failed = [document for document in chosen if document.status == "failed"]
        return self._enqueue(self._places(failed), "read", JobOptions(), [])

    def _places(self, documents: Iterable[Document]) -> list[Location]:
        """All places of these documents."""
        ids = frozenset(document.document for document in documents)
        return [place.location for place in self._store.documents.places() if place.document in ids]

    def restore(self, document: str) -> Batch:
        """Take a document out of the trash and index it again."""
        removed = self._store.documents.find(only=[document], removed=True)
        found = self._taken_out(removed[0]) if removed else self._store.documents.restore(document)
        return self._enqueue(found, "read", JobOptions(), [])

    def _taken_out(self, document: Document) -> tuple[Location, ...]:
        """Take a document out of the trash, with its file if that went there too."""
        written: list[Path] = []
        try:
            self._bring_back(document, written)
            return self._store.documents.restore(document.document)
        except Problem:
            for path in written:
                path.unlink(missing_ok=True)  # the trash has it still
            raise

    def _bring_back(self, document: Document, written: list[Path]) -> None:
        """A note of the library's own that went to the trash with its file has it again, under another name where
        another file has that; `written` has each file as soon as it is there."""
        content_hash, stored, places = self._store.documents.files(document.document)
        content = self._store.content(document.document)
        if stored is None or content is None:
            return
        own = [Path(place) for place in places if Path(place).is_relative_to(self.library.notes)]
        if not places and not by_type(document.type).copied:  # another file that was read has taken its place
            own = [self.library.notes / f"{stem_of('', document.title)}{Path(stored).suffix}"]
        for path in own:
            try:
                stands = path.exists() and sha256(path) == content_hash
                new = path if stands else write_new(path.parent, path.stem, content(), path.suffix)
            except OSError as error:
                raise Problem("not-written", what=path.name, reason=reason_of(error)) from error
            if not stands:
                written.append(new)
            if new != path or not places:
                self._store.documents.stand_again(document.document, str(new), str(path))

    def restore_trash(self) -> Batch:
        """Take everything out of the trash and index it again. A document stays there, and is reported as
        skipped, if other documents now have all of its paths."""
        found: list[Location] = []
        reports: list[FileReport] = []
        for document in self._store.documents.find(removed=True):
            try:
                found += self._taken_out(document)
            except Problem as problem:
                if problem.code != "not-found":  # it came out with the file that it is a part of
                    path = document.path or document.title
                    reports.append(originals.report_of(path, "skipped", problem))
        return self._enqueue(found, "read", JobOptions(), reports)

    def follow(self, batch: Batch, *, by_all: bool = False) -> Iterator[FileReport]:
        """Yield the reports of a batch as its files are finished, whichever process indexes them. A file is
        finished when it can be found: its first reader has read it, and of a scan the first page is recognized; with
        `by_all` when every reader has read it, no page waits, and the library is not being made anew.

        Raises:
            Problem: the queue paused (disk full, model broken); the remaining files wait in the queue.
        """
        behind: deque[FileReport] = deque()
        known = self._known_by_now() if batch.reports and not (by_all and self.models.rebuilds()) else {}
        for report in itertools.chain(batch.reports, self._indexer.reports(batch.jobs)):
            here = known.get(report.path) if report.status == "unchanged" else None
            if here is not None and not (by_all and here[0]):
                yield dataclasses.replace(report, pending=Pending(readers=here[0]), states=here[1])
                continue
            report, is_done = self._by_now(report, by_all)
            if is_done:
                yield report
            else:
                behind.append(report)
        while behind:
            report, is_done = self._by_now(behind[0], by_all)
            if is_done:
                behind.popleft()
                yield report
                continue
            self.start_indexing()
            self._indexer.raise_if_paused()
            self._indexer.wait_to_poll()

    def _known_by_now(self) -> Mapping[str, tuple[int, str]]:
        """By how many readers each file is still to be read, and the states of its pages, of which none waits. All are
        looked up at once, since asking for each of 20,000 takes 7 s."""
        active = self._store.index.uncounted()
        if active is None:
            return {}
        here, read = self._numbers_here(active), self._store.index.read_by().items()
        return {path: (len(here - readers), states) for path, (readers, states) in read}

    def _numbers_here(self, active: Generation) -> set[int]:
        """The numbers of the active generation's readers whose models are installed."""
        here = {embedder.fingerprint for embedder in self._models.readers}
        return {n for n, reader in enumerate(active.fingerprint.readers, 1) if reader.fingerprint in here}

    def _by_now(self, report: FileReport, by_all: bool) -> tuple[FileReport, bool]:
        """The report with what became of its document since and what is left to do for it, and whether it is
        finished as `follow` has it."""
        place = None if report.error else self._store.documents.place(*report.location)
        active = self._store.index.uncounted()
        if place is None or active is None:
            return report, not (by_all and self.models.rebuilds())
        if not report.chunks and place.status == "failed":  # no page of a scan holds a word
            code, details = place.error_code, place.error_details
            return dataclasses.replace(report, status="failed", error_code=code, error_details=details), True
        left = self._numbers_here(active).difference(self._store.index.readers_of(place.document))
        states = self._store.recognized.states(place.content_hash)
        pages = states.count("waiting")
        pending = Pending(pages, len(left) if place.chunks else 0)
        report = dataclasses.replace(report, chunks=report.chunks or place.chunks, pending=pending)
        report = dataclasses.replace(report, states=pack_states(states))
        if by_all:
            return report, pending == Pending() and not self.models.rebuilds()
        return report, place.chunks > 0 or not pages

    def follow_model(self) -> Iterator[tuple[int, int]]:
        """Yield (documents encoded with the chosen model, all documents) until searches use that model,
        whichever process encodes.

        Raises:
            Problem: the work paused (disk full, model broken); the remaining documents wait.
        """
        while (progress := self.models.progress()) is not None:
            self.start_indexing()
            self._indexer.raise_if_paused()
            yield progress
            self._indexer.wait_to_poll()

    def start_indexing(self) -> None:
        """Process the queue in the background, now and whenever files are added."""
        if self._store.writable and not self._has_looked:
            self._has_looked = True
            self._enqueue([str(path) for path in self._unqueued.left()], "add", JobOptions(), [])
        self._indexer.start()

    def pause(self) -> None:
        """Stop indexing at once, until `resume` or until the library is opened again. Vectors already
        encoded for the current file are kept; a file that was still being read is read again."""
        self._indexer.pause()

    def resume(self) -> None:
        """Continue after `pause`, or after a problem paused the queue."""
        self._indexer.resume()

    @property
    def paused(self) -> bool:
        """Whether indexing was paused by `pause`."""
        return self._indexer.paused

    def cancel(self, jobs: Sequence[int] | None = None) -> int:
        """Remove these jobs (see `queue`), or all, from the queue; work on the current file is stopped.

        Documents already in the library stay as they were. Returns how many jobs were cancelled.
        """
        if jobs is not None:
            jobs = lists.jobs(jobs)
        current = self._indexer.cancel(jobs)
        return self._store.queue.cancel(jobs) + current

    def queue(self, limit: int = 200) -> list[QueuedFile]:
        """The current file and the waiting ones, at most `limit`; `status` has their total number."""
        return self._store.queue.files(whole("limit", limit, 0))

    def _passing(self, exclude: Sequence[str] = ()) -> Passing:
        """What is passed over in folders."""
        return Passing((*self.settings.ignore, *exclude), self.settings.use_gitignore)

    def _enqueue(
        self,
        files: Sequence[str | Location],
        kind: JobKind,
        options: JobOptions,
        reports: Sequence[FileReport],
    ) -> Batch:
        self._check_writable()
        jobs = self._store.queue.enqueue(files, options, kind) if files else []
        self._unqueued.queued(file.path if isinstance(file, Location) else file for file in files)
        self._indexer.wake()
        return Batch(tuple(jobs), tuple(reports))

    def _check_writable(self) -> None:
        if not self._store.writable:
            raise StorageProblem("read-only", path=str(self.library.root))
