"""KnowledgeBase: the whole application without a window.

The terminal, the window and any Python program hold this one object. It owns the store, the
children and the ingest thread; every method may be called from any thread.

    with KnowledgeBase("my-library") as kb:
        for report in kb.follow(kb.add(["papers"])):
            print(report)
        for hit in kb.search("how do bees keep warm").hits:
            print(hit.shown)
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Unpack

from desktop_kb import paths
from desktop_kb.arguments import several, whole
from desktop_kb.choice import ModelChoice, import_model, install_model, needed_bytes, overview, remove_model
from desktop_kb.chunking import STRATEGIES
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.evaluate import QUESTIONS, Progress, evaluate
from desktop_kb.export import Exported, export
from desktop_kb.formats import format_of
from desktop_kb.indexer import Indexer
from desktop_kb.ingest import Ingest
from desktop_kb.ingest.passages import inspection
from desktop_kb.kb import care, intake
from desktop_kb.kb.care import mend, restore_backup
from desktop_kb.kb.one_file import chunk_file, inspect_file
from desktop_kb.kb.parts import Parts
from desktop_kb.questions import read_questions
from desktop_kb.reading import Reading, read
from desktop_kb.records import (
    Batch,
    Check,
    Document,
    DrawingTrial,
    Evaluation,
    FileReport,
    Filter,
    Inspection,
    JobKind,
    JobOptions,
    Layout,
    Listener,
    Narrowed,
    PathLike,
    QueuedFile,
    SearchKeywords,
    SearchOptions,
    SearchResult,
    Status,
    Value,
)
from desktop_kb.search import DEFAULT_OPTIONS, Searcher
from desktop_kb.search.presentation import group_same
from desktop_kb.search.query import find_filters, parse, parse_filter, parse_value
from desktop_kb.settings import Settings, load_for
from desktop_kb.store import Backup, Store

#: What a list that a method takes may hold, and what people call it.
_PATHS = (str, os.PathLike), "paths, str or Path"
_IDS = (str,), "ids of documents, str"
_TAGS = (str,), "tags, str"
_FILTERS = (str,), "filters such as 'year:2022'"


class KnowledgeBase:
    """One open library.

    Args:
        library: its folder; None means the person's own.
        settings: None loads the person's and the library's.
        create: make the library if there is none.
        parts: replaces what reads files and which models answer; None is the program's own.

    Raises:
        StorageProblem: it cannot be opened, or there is none ('no-library').
    """

    def __init__(
        self,
        library: PathLike | None = None,
        settings: Settings | None = None,
        *,
        create: bool = True,
        parts: Parts | None = None,
    ) -> None:
        self.library = paths.library(library)
        self.settings = settings or load_for(self.library.root)
        parts = parts or Parts()
        self._store = Store(self.library, create=create)
        self._extractor = parts.extractor_for(self.settings)
        self._previewer = parts.previewer_for(self.settings)
        self._models = parts.models_for(self.settings)
        #: Which models there are, and which of them this library uses.
        self.models = ModelChoice(
            self._store,
            self.library.settings,
            self.settings,
            self._models,
            lambda: self._indexer.restart(),
        )
        self._indexer = Indexer(
            self._store,
            lambda emit, stop: Ingest(self._store, self._extractor, self._models, self.settings, emit, stop),
            poll=self.models.reload_if_changed,
            needs_building=self.models.needs_building,
            trash_days=self.settings.trash_days,
            pace=parts.pace,
        )
        self._searcher = Searcher(self._store, self._models, self.settings)

    def __enter__(self) -> KnowledgeBase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the work (what is done is staged), end the children, close the library."""
        self._indexer.close()
        self._extractor.close()
        self._previewer.close()
        self._models.close()
        self._store.close()

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` called with every event, from a worker thread; it must return at once."""
        self._indexer.subscribe(listener)

    # --- bringing documents in

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
        files, tags = several("files", files, *_PATHS), several("tags", tags, *_TAGS)
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
        found, reports = intake.changed(self._store, self._store.documents.ids(self._filters(filters)))
        return self._enqueue(found, "add", JobOptions(), reports)

    def retry(self, filters: Sequence[str] = (), *, documents: Sequence[str] | None = None) -> Batch:
        """Read failed files again.

        Args:
            documents: only these, by id.
        """
        only = None if documents is None else several("documents", documents, *_IDS)
        chosen = self._store.documents.find(self._filters(filters), only=only)
        failed = self._paths(document for document in chosen if document.status == "failed")
        return self._enqueue(failed, "read", JobOptions(), [])

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
            jobs = several("jobs", jobs, int, "numbers of jobs, int")
        given_up = self._indexer.give_up(jobs)
        return self._store.queue.cancel(jobs) + given_up

    def queue(self, limit: int = 200) -> list[QueuedFile]:
        """The current file and those that wait, at most `limit`; `status` has their number."""
        return self._store.queue.files(whole("limit", limit, 0))

    @property
    def indexer(self) -> str | None:
        """The process that indexes this library, if it is another one."""
        if self._store.lock.held or not self._store.queue.waiting():
            return None
        return self._store.lock.holder()

    # --- finding

    def search(
        self, query: str, options: SearchOptions = DEFAULT_OPTIONS, **changed: Unpack[SearchKeywords]
    ) -> SearchResult:
        """The hits for one query, best first.

            kb.search("how do bees keep warm", limit=5, filters=["year>=2020"])

        Args:
            options: how to search, all in one object.
            changed: single options instead, as `SearchOptions` has them: limit, mode, rerank, rerank_seconds, filters,
                unit, per_document, merge.

        Raises:
            TypeError: there is no such option, or a single string where a list is meant.
            ValueError: an option cannot have this value.
            UsageProblem: a filter is none.
            StorageProblem: the library cannot be read.
        """
        options = dataclasses.replace(options, **changed)
        self.models.reload_if_changed()
        return self._searcher.search(query, options)

    @property
    def model_ready(self) -> bool:
        """Whether a search by meaning answers at once: the model is loaded, or there is none.

        Reads nothing: as of the last `status`.
        """
        return self.models.ready

    def load_model(self) -> None:
        """Load the model now, so that the first question need not wait. Blocks for seconds.

        Raises:
            ModelProblem: it cannot be loaded.
        """
        self.models.load()

    def filter_keys(self) -> list[str]:
        """Every key that a filter can name."""
        return sorted(self._store.documents.keys())

    def text(self, document: str) -> tuple[str, Layout]:
        """The whole text of a document by its id, and where things stand in it.

        Raises:
            Problem: there is no such document ('not-found'), here as in all that takes an id.
        """
        return self._store.documents.text(document)

    def reading(self, document: str, start: int, end: int) -> str:
        """What is read of `[start, end)` of a document's text."""
        text, layout = self.text(document)
        return read(text, layout.edits, start, end).strip()

    def file(self, document: str) -> Path | None:
        """Where a document's bytes can be read: the library's copy, else an original that is there."""
        return next((path for path in self._store.sources(document)[1] if path.is_file()), None)

    def try_drawing(self, document: str, page: int = 1) -> DrawingTrial:
        """Whether a PDF's first page and those around `page` can be drawn: a child tries it, within
        limits; 'late' where the time ran out, on a busy machine perhaps. Takes seconds for a hostile
        file; not for the window's thread."""
        file = self.file(document)
        format = format_of(file) if file else None
        if file is None or format is None or format.preview != "pages":
            return "failed"
        return self._previewer.try_drawing(file, sorted({1, max(1, page - 1), page, page + 1}))

    def inspect(self, document: str) -> Inspection:
        """How a document is cut, and the curve that the cuts were made by.

        Raises:
            Problem: there is no such document ('not-found').
        """
        found = self.document(document)
        text, layout = self.text(document)
        generation = self._store.index.generation()
        model = generation.reader.model if generation and generation.reader else None
        chunks = self._store.index.passages(document)
        return inspection(document, found.title, text, layout, chunks, model)

    def evaluate(
        self,
        questions: PathLike | None = None,
        *,
        most: int = QUESTIONS,
        progress: Progress = lambda what, share: None,
        cancelled: threading.Event | None = None,
    ) -> Evaluation:
        """How well this library answers, every stage against the next; takes minutes.

        Args:
            questions: a file of the person's own (see `questions.read_questions`); None makes up to
                `most` from the documents themselves.
            progress: called from this thread with what is being done and its share, 0..1.
            cancelled: set to stop.

        Raises:
            UsageProblem: the file is no question file, or names what is not in the library.
            Problem: no question can be made of it ('nothing-to-ask').
            Cancelled: it was stopped.
        """
        return evaluate(
            self._store,
            self._models,
            self.settings,
            asked=None if questions is None else read_questions(Path(questions)),
            most=most,
            progress=progress,
            cancelled=cancelled or self._indexer.closing,
        )

    def document(self, id: str) -> Document:
        """The document of this id.

        Raises:
            Problem: there is none ('not-found'), or it is in the trash.
        """
        found = self._store.documents.find(only=[id])
        if not found:
            raise Problem("not-found", what=id)
        return found[0]

    def documents(self, filters: Sequence[str] = ()) -> list[Document]:
        """The documents that match, oldest first.

        Raises:
            UsageProblem: a filter is none.
        """
        return self._store.documents.find(self._filters(filters))

    def narrow(self, query: str, *, removed: bool = False) -> Narrowed:
        """What a query lets through of the documents themselves; with `removed`, of those in the trash."""
        asked = parse(query, self._store.documents.keys())
        return Narrowed(
            (*asked.text.split(), *asked.phrases),
            asked.excluded,
            self._store.documents.ids(asked.filters, removed=removed) if asked.filters else None,
        )

    def status(self) -> Status:
        """Counts, sizes, model, coverage, queue."""
        counts = self._store.documents.counts()
        embedder, building = self.models.serving(), self.models.progress()
        reranker = self._models.loaded_reranker
        notices = [model.notice for model in (embedder, reranker) if model is not None]
        generation = self._store.index.generation()
        chunks = generation.chunks if generation else 0
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
            building=self._models.embedder.id if building and self._models.embedder else None,
            built=building[0] if building else 0,
            coverage=round(generation.covered / chunks, 4) if generation and chunks else 0.0,
            waiting=self._store.queue.waiting(),
            indexer=self.indexer,
        )

    # --- changing

    def trash(self) -> list[Document]:
        """What was removed and can be restored, oldest first."""
        return self._store.documents.find(removed=True)

    def find(self, targets: Sequence[str]) -> list[Document]:
        """The documents that ids, paths (a folder means all in it) or filters name.

        Raises:
            UsageProblem: a target is none of these.
            Problem: a path is not in the library.
            TypeError: a single target where a list is meant.
        """
        targets = several("targets", targets, str, "ids, paths or filters, str")
        found: dict[str, Document] = {}
        for target in targets:
            found |= {document.document: document for document in self._named_by(target)}
        return list(found.values())

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents, by id, into the library's trash. Originals stay where they are.

        Raises:
            TypeError: a single id where a list is meant.
            Problem: an id is none of the library's ('not-found'); then nothing is removed.
        """
        self._store.documents.remove(several("documents", documents, *_IDS))

    def tag(self, documents: Sequence[str], tags: Sequence[str]) -> None:
        """Give documents, by id, these tags.

        Raises:
            TypeError: a single id or tag where a list is meant.
            Problem: an id is none of the library's ('not-found'); then nothing is changed.
        """
        documents, tags = several("documents", documents, *_IDS), several("tags", tags, *_TAGS)
        self._store.documents.edit(documents, tags=tags)

    def untag(self, documents: Sequence[str], tags: Sequence[str]) -> None:
        """Take these tags away from documents, by id.

        Raises:
            TypeError: a single id or tag where a list is meant.
            Problem: an id is none of the library's ('not-found'); then nothing is changed.
        """
        documents, tags = several("documents", documents, *_IDS), several("tags", tags, *_TAGS)
        self._store.documents.edit(documents, untag=tags)

    def set_metadata(self, document: str, values: Mapping[str, Value]) -> None:
        """Give a document, by id, these values as the person's own; '' takes the person's away.

        Raises:
            Problem: there is no such document ('not-found').
        """
        self._store.documents.edit([document], metadata=values)

    def restore(self, document: str) -> Batch:
        """Take a document out of the trash and index it again."""
        return self._enqueue(self._store.documents.restore(document), "read", JobOptions(), [])

    def restore_trash(self) -> Batch:
        """Take everything out of the trash and index it again. What has no place any more, as
        other files stand at all of its own, stays there and is reported as skipped."""
        found: list[str] = []
        reports: list[FileReport] = []
        for document in self.trash():
            try:
                found += self._store.documents.restore(document.document)
            except Problem as problem:
                path = document.path or document.title
                reports.append(intake.report_of(path, "skipped", problem))
        return self._enqueue(found, "read", JobOptions(), reports)

    # --- looking after it

    def doctor(self, *, repair: bool = False) -> list[Check]:
        """Check database, passages, vectors, files and model; with `repair`, first make again what
        is derived and read again what can be. Damage to what is not derived is named."""
        checks = care.repaired(self._store, self._indexer.work_off) if repair else self._store.check()
        return [*checks, self.models.check()]

    def backup(
        self, file: PathLike, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Backup:
        """Write the whole library as it is at this moment into `file`, while indexing goes on.

        Args:
            progress: called from this thread with the bytes done and their total. What it raises
                ends the work, and nothing is left of it.

        Raises:
            StorageProblem: the file exists, or cannot be written; then nothing is left there.
        """
        return self._store.back_up(Path(file).expanduser().absolute(), progress)

    def export(self, folder: PathLike) -> Iterator[Exported]:
        """Write files, texts and metadata as plain files into a new or empty folder, one document
        after the other.

        Raises:
            StorageProblem: there is something in the folder, or it cannot be written.
        """
        return export(self._store, Path(folder).expanduser().absolute())

    # --- inside

    def _enqueue(
        self, files: Sequence[str], kind: JobKind, options: JobOptions, reports: Sequence[FileReport]
    ) -> Batch:
        if not self._store.writable:
            raise StorageProblem("read-only", path=str(self.library.root))
        jobs = self._store.queue.enqueue(files, options, kind) if files else []
        self._indexer.wake()
        return Batch(tuple(jobs), tuple(reports))

    @staticmethod
    def _filters(filters: Sequence[str]) -> tuple[Filter, ...]:
        return tuple(
            filter
            for expression in several("filters", filters, *_FILTERS)
            for filter in parse_filter(expression)
        )

    @staticmethod
    def _paths(documents: Iterable[Document]) -> list[str]:
        return [path for document in documents for path in document.places]

    def _named_by(self, target: str) -> list[Document]:
        """The documents that one target names; none for a filter that nothing matches."""
        if by_id := self._store.documents.find(only=[target]):
            return by_id
        path = Path(os.path.abspath(Path(target).expanduser()))  # noqa: PTH100 - symlinks stay
        if inside := self._store.documents.below(str(path)):
            return self._store.documents.find(only=inside)
        if path.exists() or os.sep in target:
            raise Problem("not-found", what=target)
        return self.documents([target])


__all__ = [
    "QUESTIONS",
    "STRATEGIES",
    "Backup",
    "Batch",
    "Check",
    "KnowledgeBase",
    "Parts",
    "Reading",
    "Status",
    "chunk_file",
    "find_filters",
    "group_same",
    "import_model",
    "inspect_file",
    "install_model",
    "mend",
    "needed_bytes",
    "overview",
    "parse_value",
    "remove_model",
    "restore_backup",
]
