"""The loop that works off the queue: one waiting file after the other becomes stored passages, or a failure
that is said."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from desktop_kb.diagnostics import alias
from desktop_kb.errors import Cancelled, DocumentProblem, ModelProblem, Problem, StorageProblem
from desktop_kb.extract import Extractor
from desktop_kb.inference import Models
from desktop_kb.ingest.decide import Decider, Duplicate, ToRead, Unchanged, known
from desktop_kb.ingest.generations import Generations, first_reader
from desktop_kb.ingest.prefetch import AnyOf, Prefetch
from desktop_kb.ingest.prepare import Prepared, Preparer
from desktop_kb.records import (
    Event,
    File,
    FileFinished,
    FileReport,
    Generation,
    Incoming,
    Job,
    Made,
    ProgressMade,
)
from desktop_kb.settings import Settings
from desktop_kb.store import Store
from desktop_kb.worker import Flag

log = logging.getLogger(__name__)

_ATTEMPTS_AT_A_CHANGING_FILE = 3


class Turn:
    """A job under way.

    Attributes:
        began: when its work began, by `perf_counter`; what was done ahead of its turn is counted.
        file: as it was looked at, and kept; None before that.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.began = time.perf_counter()
        self.file: File | None = None

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return round(time.perf_counter() - self.began, 3)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What became of a file before its turn: prepared, or what was in the way; and the seconds it took."""

    file: File
    outcome: Prepared | DocumentProblem
    seconds: float


class _GivenUp:
    """Set when a job is among those that were given up."""

    def __init__(self, jobs: set[int], job: int) -> None:
        self._jobs, self._job = jobs, job

    def is_set(self) -> bool:
        return self._job in self._jobs


class Ingest:
    """Works off the queue of one library, one file at a time, on the thread that calls `step`.

    Args:
        models: without an embedder among them documents are found by words.
        emit: told what happened.
        stop: set to interrupt the file under way; its job waits again (see `give_up`).
    """

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        models: Models,
        settings: Settings,
        emit: Callable[[Event], None],
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._emit = emit
        self._stop = stop
        self._preparer = Preparer(store, extractor, models)
        self._decider = Decider(store, settings, self._preparer.passwords)
        self._generations = Generations(store, models, emit, stop)
        self._prefetch = Prefetch(self._prepare_ahead, self._stop_of)
        self._stepping = threading.RLock()  # a repair steps too, on its caller's thread
        self._giving_up = threading.Lock()  # guards the two below
        self._turn: Turn | None = None
        self._given_up: set[int] = set()  # jobs
        self._content = ""  # the hash of the file under way

    @property
    def passwords(self) -> dict[str, str]:
        """Of locked files, by path; in memory only."""
        return self._preparer.passwords

    def stage_locked(self, path: str, password: str, stop: Flag) -> None:
        """Read a locked file here for the process that indexes (see `Preparer.stage_locked`)."""
        self._preparer.stage_locked(path, password, stop)

    # --- the loop

    def begin(self) -> None:
        """Called once the indexer's lock is held, before the first `step`, and when another model is chosen."""
        self.end()  # what was met ahead, as a full disk, may have passed
        self._store.queue.recover()
        self._generations.begin()

    def step(self) -> bool:
        """Do one waiting job, or one document of a generation being built; False if there is none.

        Raises:
            Problem: of the disk or the model; the job waits again and the queue should pause.
        """
        with self._stepping:
            job = self._store.queue.claim()
            if job is not None:
                return self._do(job)
            self.end()
            try:
                return self._generations.build()
            except Cancelled:
                return False

    def end(self) -> None:
        """Prepare nothing ahead any more: there will be no `step` for now."""
        with self._stepping:
            self._prefetch.end()

    def give_up(self, jobs: Sequence[int] | None = None) -> bool:
        """End the job under way as skipped, if it is one of these (None: whichever it is).

        What the library holds of the file stays. From any thread; True if there was one.
        """
        with self._giving_up:
            if self._turn is None or (jobs is not None and self._turn.job.id not in jobs):
                return False
            self._given_up.add(self._turn.job.id)
            return True

    def _do(self, job: Job) -> bool:
        """One job, to its end; False if it was interrupted and waits again."""
        turn = Turn(job)
        with self._giving_up:
            self._turn = turn
        self._progressed(job, 0.0)
        try:
            report = self._outcome(turn)
        except Cancelled:
            if self._put_back(job):
                self.end()
                return False
            report = FileReport(job.path, "skipped", seconds=turn.seconds)
            self._store.queue.end(job, report)
        except (StorageProblem, ModelProblem):
            self.end()
            self._store.queue.release(job)
            raise
        except Exception as error:
            # An edge: one file's bug must not stop the others, and somebody must hear of it.
            log.exception("file %s", alias(job.path))
            report = _failed(turn, Problem("bug", reason=type(error).__name__))
            self._store.queue.end(job, report)
        finally:
            with self._giving_up:
                self._turn = None
                self._given_up.discard(job.id)
        self.passwords.pop(job.path, None)
        self._emit(FileFinished(report))
        return True

    def _put_back(self, job: Job) -> bool:
        """Let an interrupted job wait again, unless it was given up. Under the lock: whoever cancels it finds
        it either under way or waiting."""
        with self._giving_up:
            if job.id in self._given_up:
                return False
            self._store.queue.release(job)
            self._turn = None
            return True

    def _stop_of(self, job: Job) -> Flag:
        """Set when this job is to be interrupted."""
        return AnyOf(self._stop, _GivenUp(self._given_up, job.id))

    def _progressed(self, job: Job, fraction: float) -> None:
        """Say how far the encoding of a file is, once its turn has come."""
        turn = self._turn
        if turn is not None and turn.job.id == job.id:
            self._emit(ProgressMade(job.path, fraction, max(0, self._store.queue.waiting() - 1)))

    # --- one file

    def _outcome(self, turn: Turn) -> FileReport:
        """What became of a file, stored with its job's end."""
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
        """The file holds what it held; tags and values are set, a failure is said again."""
        file, place = decision.file, decision.place
        if file.content_hash or place.missing:  # it was touched, or was gone and is back
            self._store.documents.touch(file)
        self._store.documents.tag(file.path, turn.job.options)
        report = FileReport(
            file.path,
            "failed" if place.status == "failed" else "unchanged",
            place.pages,
            place.chunks,
            turn.seconds,
            place.error_code,
            place.error_details,
        )
        self._store.queue.end(turn.job, report)
        return report

    def _duplicate(self, turn: Turn, decision: Duplicate) -> FileReport:
        other = decision.other
        report = FileReport(decision.file.path, "duplicate", other.pages, other.chunks, turn.seconds)
        self._store.documents.add_place(decision.file, other.document, turn.job.options, turn.job, report)
        return report

    def _fail(self, turn: Turn, problem: DocumentProblem) -> FileReport:
        """The file is a row with its failure; one that could not even be looked at has none, unless it
        was restored: then its row says why it is not back."""
        report = _failed(turn, problem)
        place = self._store.documents.place(turn.job.path)
        file = turn.file or (known(place) if place is not None and place.status == "waiting" else None)
        if file is None:
            self._store.queue.end(turn.job, report)
        else:
            self._store.documents.fail(file, problem, turn.job, report)
        return report

    def _index(self, turn: Turn, decision: ToRead) -> FileReport:
        """Read, encode, cut and store a file."""
        turn.file, source = self._decider.keep(decision.file)
        self._content = turn.file.content_hash
        prepared = self._prefetched(turn, turn.file) or self._prepare(turn.job, turn.file, source)
        made = [self._cut(generation, prepared) for generation in self._generations.filled()]
        count = len(made[0].passages)
        if not count:
            raise DocumentProblem("no-words", path=turn.file.path)
        text = prepared.text
        report = FileReport(
            turn.file.path,
            "indexed" if decision.is_new else "updated",
            len(text.extracted.layout.pages),
            count,
            turn.seconds,
        )
        incoming = Incoming(turn.file, text.extracted, text.text_hash, made, turn.job.options)
        self._store.index.put(incoming, ended=(turn.job, report))
        log.info("stored %s: %d chunks in %.1f s", alias(turn.file.path), count, report.seconds)
        return report

    def _cut(self, generation: Generation, prepared: Prepared) -> Made:
        """The passages of a file for one generation; where that has another model, it reads the file too."""
        embedder = self._generations.embedder_of(generation)
        if prepared.text.embedder is embedder:
            passages = prepared.text.cut(prepared.encoded)
        else:
            passages = prepared.text.by(embedder).passages()
        return Made(generation.id, first_reader(embedder), passages)

    def _prepare(self, job: Job, file: File, source: Path) -> Prepared:
        """Read and encode a file now; the next one is prepared as soon as this one is read."""
        return self._preparer.prepare(
            file,
            source,
            stop=self._stop_of(job),
            progressed=partial(self._progressed, job),
            was_read=self._prefetch_next,
        )

    # --- ahead of its turn

    def _prefetch_next(self) -> None:
        self._prefetch.begin(self._store.queue.next())

    def _prepare_ahead(self, job: Job, stop: Flag) -> _Ahead | None:
        """On the thread of `Prefetch`: what becomes of a file that is new."""
        began = time.perf_counter()
        try:
            file = self._decider.new_file(job)
        except DocumentProblem:
            return None  # it may pass until its turn
        if file is None or file.content_hash == self._content:  # or the file under way once more
            return None
        outcome: Prepared | DocumentProblem
        try:
            outcome = self._preparer.prepare(
                file, Path(job.path), stop=stop, progressed=partial(self._progressed, job)
            )
        except DocumentProblem as problem:
            outcome = problem
        return _Ahead(file, outcome, time.perf_counter() - began)

    def _prefetched(self, turn: Turn, file: File) -> Prepared | None:
        """What was prepared of this file before its turn; None if it was not, or is no more what it was.

        Raises:
            DocumentProblem: what was in the way.
        """
        result = self._prefetch.take(turn.job)
        if result is None:
            return None
        self._prefetch_next()  # this one has been read by now, or is being read
        ahead = result()
        if ahead is None or ahead.file != replace(file, stored=None):
            return None
        if isinstance(ahead.outcome, DocumentProblem) and file.path in self.passwords:
            return None  # its password has come since
        turn.began = time.perf_counter() - ahead.seconds  # not while the file before it was waited for
        if isinstance(ahead.outcome, DocumentProblem):
            raise ahead.outcome
        return ahead.outcome


def _failed(turn: Turn, problem: Problem) -> FileReport:
    return FileReport(turn.job.path, "failed", 0, 0, turn.seconds, problem.code, problem.details)
