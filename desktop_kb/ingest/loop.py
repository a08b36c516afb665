"""The loop that processes the queue: each waiting file becomes stored passages or a reported failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from desktop_kb.diagnostics import alias
from desktop_kb.errors import Cancelled, DocumentProblem, ModelProblem, Problem, StorageProblem
from desktop_kb.extract import Extractor
from desktop_kb.inference import Models
from desktop_kb.ingest.decide import Decider, Duplicate, ToRead, Unchanged, known
from desktop_kb.ingest.former import former
from desktop_kb.ingest.generations import Generations
from desktop_kb.ingest.prefetch import MOST_TOGETHER, AnyOf, Prefetch, short_first
from desktop_kb.ingest.prepare import Prepared, Preparer
from desktop_kb.ingest.recognition import Recognition
from desktop_kb.ingest.renew import Renewal
from desktop_kb.ingest.turn import Ahead, JobCancelled, Turn, failed
from desktop_kb.recognize import Recognizer
from desktop_kb.records import (
    AddStatus,
    Event,
    File,
    FileFinished,
    FileReport,
    Generation,
    Incoming,
    Job,
    Made,
    ProgressMade,
    pack_states,
    unpack_states,
)
from desktop_kb.settings import Settings
from desktop_kb.store import Store
from desktop_kb.worker import Flag

log = logging.getLogger(__name__)

_ATTEMPTS_AT_A_CHANGING_FILE = 3


class Ingest:
    """Processes the queue of one library, one file at a time, on the thread that calls `process_next`.

    Args:
        models: if they include no embedder, documents are only found by words.
        emit: called with events.
        stop: set it to interrupt the current file; its job is requeued. To drop the job, see `cancel`.
        recognizer: reads the pictures of pages; None if none are read.
    """

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        models: Models,
        settings: Settings,
        emit: Callable[[Event], None],
        stop: threading.Event,
        recognizer: Recognizer | None = None,
    ) -> None:
        self._store = store
        self._emit = emit
        self._stop = stop
        self._preparer = Preparer(store, extractor, models)
        self._decider = Decider(store, settings, self._preparer.passwords, extractor)
        self._generations = Generations(store, models, emit, stop)
        self._renewal = Renewal(store)
        self._recognition = Recognition(
            store, extractor, recognizer, settings, self._decider, self._preparer.passwords, emit, stop
        )
        self._prefetch = Prefetch(self._prepare_ahead, self._stop_of)
        self._process_lock = threading.RLock()  # a repair calls `process_next` too, on another thread
        self._turn_lock = threading.Lock()  # guards `_turn` and `_cancelled`
        self._turn: Turn | None = None
        self._cancelled: set[int] = set()  # the ids of cancelled jobs
        self._content = ""  # the hash of the current file

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of locked files, by path; kept in memory only."""
        return self._preparer.passwords

    def stage_locked(self, path: str, password: str, stop: Flag) -> None:
        """Read a locked file in this process on behalf of the indexing one (see `Preparer.stage_locked`)."""
        self._preparer.stage_locked(path, password, stop)

    # --- the loop

    def start(self) -> None:
        """Call this after locking the indexer, before the first `process_next`, and when the model was changed."""
        self.stop_prefetch()  # drop the prefetched result: the problem it met (a full disk) may be over
        self._store.queue.recover()
        self._generations.start_if_changed()
        self._renewal.find_older()
        self._recognition.start()

    def process_next(self, *, recognize: bool = True) -> bool:
        """Process one waiting job, or one document for a generation being built, or queue one that an older
        version extracted, or recognize a page, or have a document read by a further model; False if there is
        nothing to do.

        Args:
            recognize: whether to recognize pages, which may take hours.

        Raises:
            Problem: the disk or the model failed; the job is requeued and the queue should pause.
        """
        with self._process_lock:
            job = self._store.queue.claim()
            if job is not None:
                return self._process(job)
            self.stop_prefetch()
            try:
                return (
                    self._generations.build()
                    or self._renewal.queue_next()
                    or (recognize and self._recognition.step())
                    or self._generations.read_on()
                )
            except Cancelled:
                return False

    def stop_prefetch(self) -> None:
        """Stop prefetching. Call this when no file will be processed for some time."""
        with self._process_lock:
            self._prefetch.stop()

    def cancel(self, jobs: Sequence[int] | None = None) -> bool:
        """Cancel the current job if it is one of `jobs` (None: any); it ends as skipped.

        The library keeps what it has of the file. May be called on any thread. True if a job was cancelled.
        """
        with self._turn_lock:
            if self._turn is None or (jobs is not None and self._turn.job.id not in jobs):
                return False
            self._cancelled.add(self._turn.job.id)
            return True

    def _process(self, job: Job) -> bool:
        """Process one job; False if it was interrupted and requeued."""
        turn = Turn(job)
        with self._turn_lock:
            self._turn = turn
        self._progressed(job, 0.0)
        try:
            report = self._store.told(self._outcome(turn))
        except Cancelled:
            if self._requeue(job):
                self.stop_prefetch()
                return False
            report = FileReport(job.path, "skipped", seconds=turn.seconds, part=job.part)
            self._store.queue.end(job, report)
        except (StorageProblem, ModelProblem):
            self.stop_prefetch()
            self._store.queue.release(job)
            raise
        except Exception as error:
            # Catch everything here: a bug with one file must not stop the others. It is logged and reported.
            log.exception("file %s", alias(job.path))
            report = failed(turn, Problem("bug", reason=type(error).__name__))
            self._store.queue.end(job, report)
        finally:
            with self._turn_lock:
                self._turn = None
                self._cancelled.discard(job.id)
        if job.path in self.passwords and not self._store.queue.has_more_of(job.path):
            self.passwords.pop(job.path, None)  # not before: its parts need it too
        self._emit(FileFinished(report))
        return True

    def _requeue(self, job: Job) -> bool:
        """Requeue an interrupted job; False if it was cancelled. Holds the lock, so that whoever cancels the
        job finds it either current or waiting."""
        with self._turn_lock:
            if job.id in self._cancelled:
                return False
            self._store.queue.release(job)
            self._turn = None
            return True

    def _stop_of(self, job: Job) -> Flag:
        """A flag that is set when this job must stop."""
        return AnyOf(self._stop, JobCancelled(self._cancelled, job.id))

    def _progressed(self, job: Job, fraction: float) -> None:
        """Emit the progress of a job, unless it is only being prefetched."""
        turn = self._turn
        if turn is not None and turn.job.id == job.id:
            waiting = max(0, self._store.queue.waiting() - 1)
            self._emit(ProgressMade(job.path, fraction, waiting, job.part))

    # --- one file

    def _outcome(self, turn: Turn) -> FileReport:
        """Process the file, store the result and end its job in one transaction."""
        try:
            decision = self._decider.decide(turn.job)
            turn.file = decision.file
            match decision:
                case Unchanged():
                    return self._unchanged(turn, decision)
                case Duplicate():
                    return self._duplicate(turn, decision)
                case ToRead():
                    return self._index(turn, decision)
        except DocumentProblem as problem:
            if problem.code == "changed" and turn.job.attempts < _ATTEMPTS_AT_A_CHANGING_FILE:
                self._stop.wait(0.5)
                raise Cancelled from problem
            return self._fail(turn, problem)

    def _unchanged(self, turn: Turn, decision: Unchanged) -> FileReport:
        """End the job of an unchanged file: set its tags and metadata, repeat an earlier failure."""
        file, place = decision.file, decision.place
        if file.content_hash or place.state != "there":  # only its time has changed, or it is back
            self._store.documents.touch(file)
        else:
            self._store.saw([place])
        self._store.documents.tag([file.path], turn.job.options)
        report = FileReport(
            file.path,
            "failed" if place.status == "failed" else "unchanged",
            place.pages,
            place.chunks,
            turn.seconds,
            place.error_code,
            place.error_details,
            part=file.part,
        )
        self._store.queue.end(turn.job, report)
        return report

    def _duplicate(self, turn: Turn, decision: Duplicate) -> FileReport:
        file, other, left = decision.file, decision.other, decision.left
        status: AddStatus = "moved" if left else "duplicate"
        report = FileReport(*(file.path, status, other.pages, other.chunks, turn.seconds), part=file.part)
        self._store.documents.add_place(file, other.document, turn.job.options, turn.job, report, left=left)
        return report

    def _fail(self, turn: Turn, problem: DocumentProblem) -> FileReport:
        """Store the failure in the file's row. A file that could not be hashed has no row, unless it is being
        restored from the trash; then its row says why that failed."""
        report = failed(turn, problem)
        if turn.file is not None and (waiting := self._waiting(turn, turn.file, problem)) is not None:
            return waiting
        place = self._store.documents.place(*turn.job.location)
        file = turn.file or (known(place) if place is not None and place.status == "waiting" else None)
        if file is None:
            self._store.queue.end(turn.job, report)
        else:
            self._store.documents.fail(file, problem, turn.job, report)
        return report

    def _waiting(self, turn: Turn, file: File, problem: DocumentProblem) -> FileReport | None:
        """The report of a file that cannot be read before its pages are recognized; None if it is none."""
        states = unpack_states(str(problem.details.get("states", "")))
        states = self._recognition.waiting(states, file, turn.job)
        if "waiting" not in states:
            return None
        place = self._store.documents.place(*turn.job.location)
        status: AddStatus = "indexed" if place is None else "updated"
        letters = pack_states(states)
        report = FileReport(file.path, status, len(states), 0, turn.seconds, states=letters, part=file.part)
        self._store.documents.wait(file, letters, turn.job, report)
        return report

    def _index(self, turn: Turn, decision: ToRead) -> FileReport:
        """Extract, encode, cut and store a file."""
        turn.file, source = self._decider.keep(decision.file)
        self._content = turn.file.content_hash
        if turn.job.kind == "renew" and (report := self._as_before(turn, source)) is not None:
            return report
        prepared = self._prefetched(turn, turn.file) or self._prepare(turn.job, turn.file, source)
        made = [self._cut(generation, prepared) for generation in self._generations.filled()]
        count, text = len(made[0].passages), prepared.text
        if not count and not text.extracted.parts:
            raise DocumentProblem("no-words", path=turn.file.path)
        extracted = self._recognition.marked(text.extracted, turn.file, turn.job)
        options = turn.job.options
        gone = former(self._store, turn.file, extracted.text, options) if decision.is_new else None
        report = FileReport(
            turn.file.path,
            "indexed" if decision.is_new else "updated",
            len(text.extracted.layout.pages),
            count,
            turn.seconds,
            states=pack_states(extracted.page_states),
            parts_left_out=text.extracted.parts_left_out,
            part=turn.file.part,
            tags_from=gone.path if gone else "",
        )
        incoming = Incoming(turn.file, extracted, text.text_hash, made, options)
        if gone is not None:
            incoming = replace(incoming, options=gone.options, former=gone.document)
        self._store.index.put(incoming, ended=(turn.job, report))
        log.info("stored %s: %d chunks in %.1f s", alias(turn.file.path), count, report.seconds)
        return report

    def _as_before(self, turn: Turn, source: Path) -> FileReport | None:
        """Another version of the readers reads a document again: where it says what it said, nothing is encoded."""
        file, place = turn.file, self._store.documents.place(*turn.job.location)
        if file is None or place is None or place.status != "ready":
            return None
        extracted = self._preparer.read(file, source, self._stop_of(turn.job))
        if (extracted.text, extracted.layout) != self._store.documents.text(place.document):
            return None
        if extracted.title != place.title:
            return None
        extracted = self._recognition.marked(extracted, file, turn.job)
        states = pack_states(extracted.page_states)
        report = FileReport(
            *(file.path, "unchanged", place.pages, place.chunks, turn.seconds), states=states, part=file.part
        )
        self._store.documents.read_again(file, extracted, turn.job, report)
        return report

    def _cut(self, generation: Generation, prepared: Prepared) -> Made:
        """The passages of a file for one generation. If another model reads it first there, that one encodes
        the text."""
        number, embedder = self._generations.first_reader(generation, prepared.text)
        if prepared.text.embedder is embedder:
            passages = prepared.text.cut(prepared.encoded)
        else:
            passages = prepared.text.by(embedder).passages()
        return Made(generation.id, number, passages)

    def _prepare(self, job: Job, file: File, source: Path) -> Prepared:
        """Extract and encode a file; prefetching of the next file starts once this one is extracted."""
        return self._preparer.prepare(
            file,
            source,
            stop=self._stop_of(job),
            progressed=partial(self._progressed, job),
            was_read=self._prefetch_next,
        )

    # --- ahead of its turn

    def _prefetch_next(self) -> None:
        """Prepare the next file ahead, or several short ones."""
        last = self._prefetch.last
        if last is not None:
            self._prefetch.start(short_first(self._store.queue.upcoming(MOST_TOGETHER, last)))

    def _prepare_ahead(self, jobs: Sequence[Job], stop: Flag) -> dict[int, Ahead]:
        """Prepare those files that are new, by the ids of their jobs. Called on the thread of `Prefetch`."""
        began = time.perf_counter()
        found: dict[int, File] = {}
        contents = {self._content}
        for job in jobs:
            try:
                file = self._decider.new_file(job)
            except DocumentProblem:
                continue  # the problem may be over when the job's turn comes
            if file is not None and file.content_hash not in contents:  # or the same content as one before it
                found[job.id] = file
                contents.add(file.content_hash)
        outcomes = self._preparer.prepare_all(
            [(file, self._decider.source(file)) for file in found.values()],
            stop=stop,
            progressed=partial(self._progressed, jobs[0]),
        )
        seconds = (time.perf_counter() - began) / max(1, len(found))
        return {
            id: Ahead(file, outcome, seconds)
            for (id, file), outcome in zip(found.items(), outcomes, strict=True)
        }

    def _prefetched(self, turn: Turn, file: File) -> Prepared | None:
        """The prefetched result for this file; None if there is none, or the file has changed since.

        Raises:
            DocumentProblem: prefetching met this problem.
        """
        result = self._prefetch.take(turn.job)
        if result is None:
            return None
        self._prefetch_next()  # this file has been extracted by now, or is being extracted
        ahead = result()
        if ahead is None or ahead.file != replace(file, stored=None):
            return None
        if isinstance(ahead.outcome, DocumentProblem) and file.path in self.passwords:
            return None  # a password was entered since
        turn.began = time.perf_counter() - ahead.seconds  # without the wait for the file before
        if isinstance(ahead.outcome, DocumentProblem):
            raise ahead.outcome
        return ahead.outcome
