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
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from desktop_kb import paths
from desktop_kb.arguments import several, whole
from desktop_kb.choice import ModelChoice
from desktop_kb.errors import DocumentProblem, Problem, StorageProblem
from desktop_kb.evaluate import QUESTIONS, Progress, evaluate
from desktop_kb.export import Exported, export
from desktop_kb.extract import ExtractionLimits, Extractor, find_files
from desktop_kb.files import problem_of
from desktop_kb.formats import format_of
from desktop_kb.indexer import POLL_S, Indexer
from desktop_kb.inference import Models, find_embedder, verify
from desktop_kb.ingest import Ingest
from desktop_kb.ingest.passages import inspection, passages_of
from desktop_kb.ingest.prepare import titled
from desktop_kb.questions import read_questions
from desktop_kb.reading import read
from desktop_kb.records import (
    Batch,
    Check,
    Chunk,
    Document,
    DrawingTrial,
    Embedder,
    Evaluation,
    Extracted,
    FileReport,
    Filter,
    Finding,
    Inspection,
    JobKind,
    JobOptions,
    Layout,
    Listener,
    Narrowed,
    PathLike,
    QueuedFile,
    SearchOptions,
    SearchResult,
    Status,
    Value,
)
from desktop_kb.search import DEFAULT_OPTIONS, Searcher
from desktop_kb.search.query import parse, parse_filter
from desktop_kb.settings import Settings, load
from desktop_kb.store import Backup, Store, is_readable, restore, salvage

log = logging.getLogger(__name__)

_DRAW_SECONDS = 8.0
_SIMILAR_CHARS = 1_000
#: What a folder may hold that is no failure: nothing of it is asked for, or there is nothing to read.
_PASSED_OVER = frozenset(("unsupported", "linked-folder", "broken-link", "not-a-file", "vanished"))
#: What a list that a method takes may hold, and what people call it.
_PATHS = (str, os.PathLike), "paths, str or Path"
_IDS = (str,), "ids of documents, str"
_TAGS = (str,), "tags, str"
_FILTERS = (Filter,), "Filter objects"


class KnowledgeBase:
    """One open library.

    Args:
        library: its folder; None means the person's own.
        settings: None loads the person's and the library's.
        create: make the library if there is none.

    Raises:
        StorageProblem: it cannot be opened, or there is none ('no-library').
    """

    def __init__(
        self, library: PathLike | None = None, settings: Settings | None = None, *, create: bool = True
    ) -> None:
        self.library = paths.library(library)
        self.settings = settings or load(paths.config_dir() / "settings.json", self.library.settings)
        self._store = Store(self.library, create=create)
        self._extractor = _extractor(self.settings)
        self._models = Models(self.settings, find_embedder)
        #: Which models there are, and which of them this library uses.
        self.models = ModelChoice(
            self._store,
            self.library.settings,
            self.settings,
            self._models,
            lambda: self._indexer.begin_anew(),
        )
        # Of its own: a look at a page must not wait for a file that is being read.
        self._previewer = Extractor(
            ExtractionLimits(timeout_s=_DRAW_SECONDS, memory_bytes=self.settings.read_memory_mib * 2**20)
        )
        self._indexer = Indexer(
            self._store,
            lambda emit, stop: Ingest(self._store, self._extractor, self._models, self.settings, emit, stop),
            look_around=self.models.notice,
            needs_building=self._needs_building,
            trash_days=self.settings.trash_days,
        )
        self._searcher = Searcher(self._store, self._models, self.settings)
        self._served = self._models.embedder

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
            password: opens locked PDFs among them; held in memory only.

        Raises:
            TypeError: a single path or tag where a list is meant.
        """
        files, tags = several("files", files, *_PATHS), several("tags", tags, *_TAGS)
        reports: list[FileReport] = []
        found: list[str] = []
        for file in files:
            asked = Path(os.path.abspath(file))  # noqa: PTH100 - symlinks stay
            for path, problem in find_files(asked):
                if problem is None:
                    found.append(path)
                else:
                    passed_over = Path(path) != asked and problem.code in _PASSED_OVER
                    reports.append(_report(path, "skipped" if passed_over else "failed", problem))
        if password is not None:
            for path in found:
                self._unlock(path, password)
        return self._enqueue(found, "add", JobOptions(tuple(tags), dict(metadata or {})), reports)

    def refresh(self, filters: Sequence[Filter] = ()) -> Batch:
        """Look at the originals again: what changed is read again, what is gone is said."""
        filters = several("filters", filters, *_FILTERS)
        reports: list[FileReport] = []
        changed: list[str] = []
        chosen = self._chosen(filters)
        for place in self._store.documents.places():
            if place.path not in chosen:
                continue
            try:
                status = Path(place.path).stat()
            except OSError as error:
                problem = problem_of(error, place.path)
                gone = problem.code == "vanished"
                if gone:
                    self._store.documents.mark_missing(place.path, True)
                reports.append(_report(place.path, "skipped" if gone else "failed", problem))
                continue
            if (status.st_size, status.st_mtime_ns) != (place.size, place.mtime_ns) or place.missing:
                changed.append(place.path)
            elif place.status == "ready":
                reports.append(FileReport(place.path, "unchanged", place.pages, place.chunks))
        return self._enqueue(changed, "add", JobOptions(), reports)

    def retry(self, filters: Sequence[Filter] = ()) -> Batch:
        """Read failed files again."""
        filters = several("filters", filters, *_FILTERS)
        failed = [
            path
            for document in self._store.documents.find(filters)
            if document.status == "failed"
            for path in document.places
        ]
        return self._enqueue(failed, "read", JobOptions(), [])

    def follow(self, batch: Batch) -> Iterator[FileReport]:
        """The reports of a batch as its files are done, whichever process does them.

        Raises:
            Problem: the queue paused (disk full, model broken); what is left waits.
        """
        yield from batch.reports
        yield from self._indexer.reports(batch.jobs)

    def follow_model(self) -> Iterator[tuple[int, int]]:
        """Documents read anew and how many there are, until the chosen model serves; whoever does it.

        Raises:
            Problem: the work paused (disk full, model broken); what is left waits.
        """
        while (progress := self.models.progress()) is not None:
            self.start_indexing()
            self._indexer.raise_if_paused()
            yield progress
            self._indexer.closing.wait(POLL_S)

    def start_indexing(self) -> None:
        """Work off the queue in the background, now and whenever there is work."""
        self._indexer.start()

    def pause(self) -> None:
        """Rest at once, until `resume`; not remembered after closing. What was encoded of the file
        under way is kept; a file that was still being read is read again."""
        self._indexer.pause()

    def resume(self) -> None:
        """Go on after the queue paused, or was paused."""
        self._indexer.resume()

    @property
    def held(self) -> bool:
        """Whether `pause` was asked for."""
        return self._indexer.held

    def cancel(self, jobs: Sequence[int] | None = None) -> int:
        """Take these files (see `queue`), or all, out of the queue; one under way here is given up.

        What the library holds of them stays as it was. Returns how many were cancelled.
        """
        if jobs is not None:
            jobs = several("jobs", jobs, int, "numbers of jobs, int")
        given_up = self._indexer.ingest.give_up(jobs)
        return self._store.queue.cancel(jobs) + given_up

    def queue(self, limit: int = 200) -> list[QueuedFile]:
        """The file under way and those that follow it, at most `limit`; `status` has their number."""
        return self._store.queue.files(whole("limit", limit, 0))

    @property
    def indexer(self) -> str | None:
        """Who indexes this library, if it is another process."""
        if self._store.lock.held or not self._store.queue.waiting():
            return None
        return self._store.lock.holder()

    # --- finding

    def search(self, query: str, options: SearchOptions = DEFAULT_OPTIONS) -> SearchResult:
        """The hits for one query, best first.

        Raises:
            UsageProblem: a filter among the options is not one.
            StorageProblem: the library cannot be read.
        """
        self.models.notice()
        return self._searcher.search(query, options)

    @property
    def _serving(self) -> Embedder | None:
        """The embedder that answers queries now; while another is being built it is the one before."""
        generation = self._store.index.generation()
        chosen = self._models.embedder
        self._served = self._models.embedder_of(generation.reader) if generation else chosen
        return self._served

    @property
    def model_ready(self) -> bool:
        """Whether a search by meaning answers at once: the model is loaded, or there is none.

        Reads nothing: as of the last look at the library, which `status` takes.
        """
        return self._served is None or bool(self._served.device)

    def load_model(self) -> None:
        """Load the model now, so that the first question need not wait. Blocks for seconds.

        Raises:
            ModelProblem: it cannot be loaded.
        """
        embedder = self._serving
        if embedder is not None:
            embedder.encode_query("ready")

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
        found = next((known for known in self.documents() if known.document == document), None)
        if found is None:
            raise Problem("not-found", what=document)
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

    def similar(self, document: str, start: int, end: int, limit: int = 10) -> SearchResult:
        """Passages like `[start, end)` of a document: its reading is the query; itself is left out."""
        whole("limit", limit, 1)
        passage = self.reading(document, start, end)
        # Nothing in a passage is meant as search syntax.
        query = " ".join(re.sub(r'[":<>=]|(?<!\w)-', " ", passage).split())[:_SIMILAR_CHARS]
        found = self._searcher.search(query, SearchOptions(limit=limit + 5), by_name=False)
        others = [
            hit for hit in found.hits if hit.document != document or hit.end <= start or hit.start >= end
        ]
        ranked = (dataclasses.replace(hit, rank=rank) for rank, hit in enumerate(others[:limit], 1))
        return dataclasses.replace(found, hits=tuple(ranked))

    def documents(self, filters: Sequence[Filter] = ()) -> list[Document]:
        """The documents that match, oldest first."""
        return self._store.documents.find(several("filters", filters, *_FILTERS))

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
        embedder, building = self._serving, self.models.progress()
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
        documents = self.documents()
        found: dict[str, Document] = {}
        for target in targets:
            found |= {document.document: document for document in self._matches(target, documents)}
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
                reports.append(_report(document.path or document.title, "skipped", problem))
        return self._enqueue(found, "read", JobOptions(), reports)

    # --- looking after it

    def doctor(self, *, repair: bool = False) -> list[Check]:
        """Check database, passages, vectors, files and model; with `repair`, first make again what
        is derived and read again what can be. Damage to what is not derived is named."""
        before = {check.name: check for check in self._store.check()} if repair else {}
        if repair:
            for found in self._store.repair():
                log.info("repaired: %s %s", found.code, dict(found.details))
            self._indexer.work_off()
        after = [*self._store.check(), self._check_model()]
        return [
            Check(now.name, True, (_in_order_again(was),))
            if now.ok and (was := before.get(now.name)) and not was.ok
            else now
            for now in after
        ]

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

    def compact(self) -> None:
        """Give freed space back to the disk."""
        self._store.index.compact()

    # --- inside

    def _needs_building(self) -> bool:
        """Without a model nothing is built; another process may have left it half done."""
        index = self._store.index
        building, active = index.generation("building"), index.generation()
        return building is not None and (
            self._models.embedder is not None
            or (active is not None and active.fingerprint.cuts_like(building.fingerprint))
        )

    def _unlock(self, path: str, password: str) -> None:
        """A locked PDF's password stays in this process; where another one indexes, its text is
        read here and staged."""
        format = format_of(Path(path))
        if format is None or not format.lockable:
            return
        self._indexer.ingest.passwords[path] = password
        if self._store.lock.held or self._store.lock.is_free():
            return
        try:
            self._indexer.ingest.stage_locked(path, password)
        except DocumentProblem as problem:
            log.info("not unlocked: %s", problem.code)  # its job says the same

    def _enqueue(
        self, files: Sequence[str], kind: JobKind, options: JobOptions, reports: Sequence[FileReport]
    ) -> Batch:
        if not self._store.writable:
            raise StorageProblem("read-only", path=str(self.library.root))
        jobs = self._store.queue.enqueue(files, options, kind) if files else []
        self._indexer.wake()
        return Batch(tuple(jobs), tuple(reports))

    def _chosen(self, filters: Sequence[Filter]) -> frozenset[str]:
        return frozenset(path for document in self.documents(filters) for path in document.places)

    def _matches(self, target: str, documents: Sequence[Document]) -> list[Document]:
        """What one target names; nothing for a filter that nothing matches."""
        by_id = [document for document in documents if document.document == target]
        if by_id:
            return by_id
        path = Path(os.path.abspath(Path(target).expanduser()))  # noqa: PTH100 - symlinks stay
        by_path = [
            document
            for document in documents
            if any(Path(place) == path or path in Path(place).parents for place in document.places)
        ]
        if by_path:
            return by_path
        if path.exists() or os.sep in target:
            raise Problem("not-found", what=target)
        return self.documents(parse_filter(target))

    def _check_model(self) -> Check:
        if self._models.embedder is None:
            return Check("model", True, (Finding("no-model"),))
        used = [self._models.embedder.id, self._models.reranker_id]
        try:
            verified = [verify(id) for id in used if id]
        except Problem as problem:
            return Check("model", False, (Finding.of(problem),))
        return Check("model", True, (Finding("models-as-published", {"models": verified}),))


def restore_backup(file: PathLike, library: PathLike | None = None) -> Backup:
    """Make the library that a backup holds in a folder where there is none (None: the person's own).

    Raises:
        StorageProblem: the folder holds something, or the file is no sound backup; nothing changed.
    """
    return restore(Path(file).expanduser().absolute(), paths.library(library))


def mend(library: PathLike | None = None) -> list[Finding]:
    """Where a library's database is damaged, put what can be read of it into a new one; the old one
    stays beside it. To be called while nobody has the library open, before `doctor(repair=True)`.

    Returns what was lost; nothing where nothing was damaged.

    Raises:
        StorageProblem: nothing can be read ('beyond-repair'), or another program indexes.
    """
    place = paths.library(library)
    if not place.database.exists() or is_readable(place.database):
        return []
    return salvage(place) or [Finding("nothing-lost")]


def chunk_file(
    file: PathLike, strategy: str = "semantic", settings: Settings | None = None
) -> tuple[Extracted, list[Chunk]]:
    """How a file would be read and cut; needs no library and stores nothing.

    Raises:
        DocumentProblem: it cannot be read.
    """
    with _borrowed(settings) as (extractor, embedder):
        extracted = titled(extractor.extract(Path(file)), Path(file))
        return extracted, passages_of(extracted, embedder, strategy)


def inspect_file(
    file: PathLike, strategy: str = "semantic", settings: Settings | None = None
) -> tuple[Extracted, Inspection]:
    """How a file would be read and cut, and the curve of it; needs no library and stores nothing.

    Raises:
        DocumentProblem: it cannot be read.
    """
    with _borrowed(settings) as (extractor, embedder):
        extracted = titled(extractor.extract(Path(file)), Path(file))
        chunks = passages_of(extracted, embedder, strategy, with_vectors=True)
        model = embedder.id if embedder else None
        return extracted, inspection("", extracted.title, extracted.text, extracted.layout, chunks, model)


@contextmanager
def _borrowed(settings: Settings | None) -> Iterator[tuple[Extractor, Embedder | None]]:
    """Both children for one file, ended afterwards."""
    settings = settings or load(paths.config_dir() / "settings.json")
    extractor, models = _extractor(settings), Models(settings, find_embedder)
    try:
        yield extractor, models.embedder
    finally:
        extractor.close()
        models.close()


def _extractor(settings: Settings) -> Extractor:
    """The client of the child that reads files; nothing is started yet."""
    limits = ExtractionLimits(
        timeout_s=settings.read_seconds,
        memory_bytes=settings.read_memory_mib * 2**20,
        text_chars=settings.read_million_characters * 1_000_000,
    )
    return Extractor(limits)


def _report(path: str, status: str, problem: Problem) -> FileReport:
    return FileReport(path, status, error_code=problem.code, error_details=problem.details)  # type: ignore[arg-type]


def _in_order_again(was: Check) -> Finding:
    return Finding("in-order-again", {"was": {"code": was.code, "details": was.details}})


__all__ = [
    "QUESTIONS",
    "Backup",
    "Batch",
    "Check",
    "KnowledgeBase",
    "Status",
    "chunk_file",
    "inspect_file",
    "mend",
    "restore_backup",
]
