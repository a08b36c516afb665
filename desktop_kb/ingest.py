"""The loop that turns one waiting file into stored chunks.

look at the file -> read it (child) -> split -> encode (child, staged every few seconds) -> cut
-> store, in one transaction that also ends the job. A kill at any moment leaves the old
document or the new one and costs at most one staging interval of encoding.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_kb import chunking, extract, language
from desktop_kb.ahead import ReadAhead
from desktop_kb.diagnostics import alias
from desktop_kb.encoding import StagedEncoding
from desktop_kb.errors import Cancelled, DocumentProblem, ModelProblem, Problem, StorageProblem, reason_of
from desktop_kb.extract import Extractor
from desktop_kb.files import copy_bytes, make_private, regular, sha256, whole
from desktop_kb.formats import Format, format_of
from desktop_kb.inference import Models
from desktop_kb.passages import Encoded
from desktop_kb.records import (
    Embedder,
    Event,
    Extracted,
    FileFinished,
    FileReport,
    Fingerprint,
    ModelBuilt,
    ProgressMade,
    Reader,
)
from desktop_kb.settings import Settings
from desktop_kb.store import File, Generation, Job, Place, Store

log = logging.getLogger(__name__)

_ATTEMPTS_AT_A_CHANGING_FILE = 3


def fingerprint(embedder: Embedder | None) -> Fingerprint:
    """What a generation is made with today, with this embedder or for words only."""
    readers = (Reader(embedder.id, embedder.fingerprint, embedder.dimensions),) if embedder else ()
    return Fingerprint(readers, chunking.VERSION, language.VERSION, extract.VERSION)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A file that was read and encoded before its turn, or what was in the way, and the seconds it took."""

    file: File
    seconds: float
    extracted: Extracted | None = None
    embedder: Embedder | None = None
    encoded: Encoded | None = None
    problem: DocumentProblem | None = None


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
        self._extractor = extractor
        self._models = models
        self._settings = settings
        self._emit = emit
        self._stop = stop
        #: Passwords of locked PDFs by path; in memory only.
        self.passwords: dict[str, str] = {}
        self._stepping = threading.RLock()  # a repair steps too, on its caller's thread
        self._turn = threading.Lock()  # guards the two below
        self._job: int | None = None
        self._given_up = False
        self._encoding = StagedEncoding(store.queue, stop, self._progressed)
        self._path = ""
        self._content = ""  # the hash of the file under way
        self._ahead = ReadAhead(self._read_ahead, stop)
        self._encoding_ahead = StagedEncoding(store.queue, self._ahead.stop, self._progressed_ahead)

    # --- the loop

    def begin(self) -> None:
        """Called once the indexer's lock is held, before the first `step`, and when another model is chosen."""
        self.end()  # what was met ahead, as a full disk, may have passed
        self._store.queue.recover()
        embedder, active = self._models.embedder, self._store.index.generation()
        wanted = fingerprint(embedder)
        if embedder is None and active is not None:
            # Its vectors stay; what comes meanwhile is encoded when the model is back.
            wanted = replace(wanted, readers=active.fingerprint.readers, chunking=active.fingerprint.chunking)
        self._store.index.start_generation(wanted)

    def step(self) -> bool:
        """Do one waiting job, or one document of a generation being built; False if there is none.

        Raises:
            Problem: of the disk or the model; the job waits again and the queue should pause.
        """
        with self._stepping:
            return self._step()

    def _step(self) -> bool:
        job = self._store.queue.claim()
        if job is None:
            self.end()
            try:
                return self._build_generation()
            except Cancelled:
                return False
        began = time.perf_counter()
        self._path = job.path
        with self._turn:
            self._job, self._given_up = job.id, False
        self._progressed(job.path, 0.0)
        try:
            report = self._do(job, began)
        except Cancelled:
            if not self._given_up:
                self.end()
                self._store.queue.release(job)
                return False
            report = FileReport(job.path, "skipped", seconds=_since(began))
            self._store.queue.end(job, report)
        except (StorageProblem, ModelProblem):
            self.end()
            self._store.queue.release(job)
            raise
        except Exception as error:
            # An edge: one file's bug must not stop the others, and somebody must hear of it.
            log.exception("file %s", alias(job.path))
            report = _failed(job.path, Problem("bug", reason=type(error).__name__), began)
            self._store.queue.end(job, report)
        finally:
            with self._turn:
                self._job = None
                if self._given_up:  # it may have ended by itself first: the next one goes on
                    self._stop.clear()
        self.passwords.pop(job.path, None)
        self._emit(FileFinished(report))
        return True

    def end(self) -> None:
        """Read nothing ahead any more: there will be no `step` for now."""
        with self._stepping:
            self._ahead.end()

    def give_up(self, jobs: Sequence[int] | None = None) -> bool:
        """End the job under way as skipped, if it is one of these (None: whichever it is).

        What the library holds of the file stays. From any thread; True if there was one.
        """
        with self._turn:
            if self._job is None or (jobs is not None and self._job not in jobs):
                return False
            self._given_up = True
            self._stop.set()
            return True

    def _progressed(self, path: str, fraction: float) -> None:
        under_way = 1 if path else 0
        self._emit(ProgressMade(path, fraction, max(0, self._store.queue.waiting() - under_way)))

    def _progressed_ahead(self, path: str, fraction: float) -> None:
        if path == self._path:  # its turn has come, and it is waited for
            self._progressed(path, fraction)

    def _do(self, job: Job, began: float) -> FileReport:
        place = self._store.documents.place(job.path)
        try:
            file, source = self._look(job, place)
        except DocumentProblem as problem:
            report = _failed(job.path, problem, began)
            if place is not None and place.status == "waiting":  # it was restored: say why it is not back
                self._store.documents.fail(_known(place), problem, job, report)
            else:
                self._store.queue.end(job, report)
            return report
        try:
            if file.content_hash == "":
                assert place is not None
                if place.missing:  # it was gone, and is back as it was
                    self._store.documents.mark_missing(job.path, False)
                return self._unchanged(job, file, place, began)
            other = self._store.documents.with_content(file.content_hash)
            if other is not None and not (job.kind == "read" and place and place.id == other.id):
                same = place is not None and place.id == other.id and other.status != "waiting"
                if same and not self._may_open(job, place):
                    self._store.documents.touch(file)
                    return self._unchanged(job, file, place, began)
                if other.status == "ready":
                    return self._duplicate(job, file, other, began)
            return self._index(job, file, source, place, began)
        except DocumentProblem as problem:
            if problem.code == "changed" and job.attempts < _ATTEMPTS_AT_A_CHANGING_FILE:
                self._stop.wait(0.5)
                raise Cancelled from problem
            report = _failed(job.path, problem, began)
            self._store.documents.fail(file, problem, job, report)
            return report

    # --- looking

    def _look(self, job: Job, place: Place | None) -> tuple[File, Path]:
        """The file as it stands, and where to read it; its hash is '' when it need not be read."""
        path = Path(job.path)
        format = format_of(path)
        if format is None:
            raise DocumentProblem("unsupported", path=job.path)
        with _file_problems(job.path):
            kept = self._store.library.copy(place.stored) if place and place.stored else None
            if place and kept and job.kind == "read" and not path.exists():
                # The original is gone but the library has its copy.
                return _known(place), kept
            file = self._as_it_stands(job, place, format)
            keep = self._settings.copy_files if format.copied else self._settings.copy_notes
            if not keep or not file.size or not file.content_hash:
                return file, path
            copy = self._copy(path, file.content_hash)
            stored = copy.relative_to(self._store.library.root).as_posix()
        return replace(file, stored=stored), copy

    def _as_it_stands(self, job: Job, place: Place | None, format: Format) -> File:
        """The file with its hash, which is '' when it need not be read. Raises OSError too."""
        path = Path(job.path)
        status = path.stat()
        if not path.is_file():
            raise DocumentProblem("not-a-file", path=job.path)
        limit = self._settings.max_file_mib
        if status.st_size > limit * 2**20:
            raise DocumentProblem("too-large", path=job.path, limit_mib=limit)
        file = File(job.path, status.st_size, status.st_mtime_ns, format.type, reading=extract.VERSION)
        if job.kind == "add" and _rests(place, file) and not self._may_open(job, place):
            return file
        return replace(file, content_hash=sha256(path))

    def _may_open(self, job: Job, place: Place | None) -> bool:
        """It failed, and now there is its password, or its text that another process read with it."""
        return (
            place is not None
            and place.status == "failed"
            and (job.path in self.passwords or self._staged(place.content_hash) is not None)
        )

    def _copy(self, path: Path, content_hash: str) -> Path:
        """Copy the file into the library by its content; a kill leaves no half copy under the name."""
        copy = self._store.library.stored(content_hash, path.suffix.lower())
        if copy.is_file() and sha256(copy) == content_hash:
            return copy
        try:
            make_private(copy.parent)
            with (
                open(path, "rb", opener=regular) as source,
                whole(copy) as target,
            ):
                if copy_bytes(source, target) != content_hash:
                    raise DocumentProblem("changed", path=str(path))
        except OSError as error:
            if error.errno == errno.ENOSPC:  # the library's disk, not the user's file
                raise StorageProblem("disk-full", path=str(copy.parent)) from error
            raise
        return copy

    # --- the ways a file can go

    def _unchanged(self, job: Job, file: File, place: Place | None, began: float) -> FileReport:
        """The file holds what it held; tags and values are set, a failure is said again."""
        assert place is not None
        self._store.documents.tag(file.path, job.options)
        status = "failed" if place.status == "failed" else "unchanged"
        report = FileReport(
            file.path,
            status,  # type: ignore[arg-type]
            place.pages,
            place.chunks,
            _since(began),
            place.error_code,
            place.error_details,
        )
        self._store.queue.end(job, report)
        return report

    def _duplicate(self, job: Job, file: File, other: Place, began: float) -> FileReport:
        report = FileReport(file.path, "duplicate", other.pages, other.chunks, _since(began))
        self._store.documents.add_place(file, other.id, job.options, job, report)
        return report

    def _index(self, job: Job, file: File, source: Path, place: Place | None, began: float) -> FileReport:
        taken = self._ahead.take(file.path)
        extracted = None if taken else self._extracted(file, source, self._stop)
        self._content = file.content_hash
        self._ahead.begin(self._store.queue.next())
        ahead = taken() if taken else None
        if ahead is not None and ahead.file != replace(file, stored=None):
            ahead = None
        if ahead is not None:
            began = time.perf_counter() - ahead.seconds  # not while the file before it was waited for
            if ahead.problem is not None and file.path not in self.passwords:
                raise ahead.problem
            extracted = ahead.extracted
        if extracted is None:
            ahead, extracted = None, self._extracted(file, source, self._stop)
        elif ahead is not None:
            source = Path(file.path)
        extracted = _titled(extracted, file, source)
        text_hash = _hashed(extracted.text)
        parts: dict[int, tuple[Embedder | None, Encoded]] = {}
        for generation in self._generations():
            embedder = self._embedder_of(generation)
            if ahead is not None and ahead.encoded is not None and ahead.embedder is embedder:
                encoded = ahead.encoded
            else:
                encoded = self._encoding.encode(extracted, text_hash, embedder, file.path)
            parts[generation.id] = embedder, encoded
        chunks = {
            generation_id: self._encoding.cut(extracted, encoded, text_hash, embedder, file.path)
            for generation_id, (embedder, encoded) in parts.items()
        }
        count = len(next(iter(chunks.values())))
        if not count:
            raise DocumentProblem("no-words", path=file.path)
        status = "indexed" if place is None else "updated"
        report = FileReport(
            file.path,
            status,  # type: ignore[arg-type]
            len(extracted.layout.pages),
            count,
            _since(began),
        )
        self._store.index.put(file, extracted, text_hash, chunks, job, report)
        log.info("stored %s: %d chunks in %.1f s", alias(file.path), count, report.seconds)
        return report

    def _extracted(self, file: File, source: Path, stop: threading.Event) -> Extracted:
        extracted = self._staged(file.content_hash)
        if extracted is None:
            password = self.passwords.get(file.path)
            extracted = self._extractor.extract(source, password=password, cancelled=stop)
            if file.stored is None:
                _refuse_changed(file)
            self._store.queue.stage_text(file.content_hash, extracted, extract.VERSION)
        return extracted

    def _staged(self, content_hash: str) -> Extracted | None:
        """What was read of a file with this content, and is not stored yet."""
        return self._store.queue.staged_text(content_hash, extract.VERSION)

    def _read_ahead(self, job: Job) -> _Ahead | None:
        """On the thread of `ReadAhead`: a file that is new, up to its cutting."""
        began = time.perf_counter()
        format = format_of(Path(job.path))
        if format is None or job.kind != "add":
            return None
        with _file_problems(job.path):
            file = self._as_it_stands(job, self._store.documents.place(job.path), format)
        if not file.content_hash or self._store.documents.with_content(file.content_hash) is not None:
            return None
        if file.content_hash == self._content:
            return None  # the file under way once more
        try:
            extracted = self._extracted(file, Path(job.path), self._ahead.stop)
        except DocumentProblem as problem:
            return _Ahead(file, _since(began), problem=problem)
        generation = self._store.index.generation("active")
        embedder = self._embedder_of(generation) if generation else None
        encoded = self._encoding_ahead.encode(extracted, _hashed(extracted.text), embedder, job.path)
        return _Ahead(file, _since(began), extracted, embedder, encoded)

    def stage_locked(self, path: str, password: str) -> None:
        """Read a locked file here and stage its text for the process that indexes: a password
        never leaves this one. Does nothing for any other file."""
        source = Path(path)
        format = format_of(source)
        if format is not None and format.lockable and source.is_file():
            content_hash = sha256(source)
            extracted = self._extractor.extract(source, password=password, cancelled=self._stop)
            self._store.queue.stage_text(content_hash, extracted, extract.VERSION)

    # --- generations

    def _generations(self) -> list[Generation]:
        """The generation that serves and the one being built: a new file goes into both."""
        index = self._store.index
        return [found for found in (index.generation("active"), index.generation("building")) if found]

    def _embedder_of(self, generation: Generation) -> Embedder | None:
        return self._models.embedder_of(generation.reader)

    def _build_generation(self) -> bool:
        """One step of background building: a document that the newest generation lacks, the flip, or
        some clearing away of the generation before."""
        index = self._store.index
        active, building = index.generation("active"), index.generation("building")
        if building is not None and (self._embedder_of(building) or _cut_alike(active, building)):
            if not self._rebuild_missing(building):
                index.flip(building.id)
            documents = active.documents if active else 0
            done = index.generation("building")
            model = building.reader.model if building.reader else ""
            self._emit(ModelBuilt(model, done.documents if done else documents, documents))
            return True
        return (active is not None and self._rebuild_missing(active)) or index.clear_old()

    def _rebuild_missing(self, generation: Generation) -> bool:
        """Cut one document that the generation lacks from its stored text; False if none is lacking.

        Without the generation's model its words are better than nothing; the model adds the rest.
        """
        encoded = self._embedder_of(generation) is not None
        missing = self._store.index.missing_from(generation.id, encoded=encoded)
        if missing is None:
            return False
        id, document, title = missing
        text, layout = self._store.documents.text(document)
        extracted = Extracted(text, title, layout)
        text_hash = _hashed(text)
        active = self._store.index.generation("active")
        chunks = self._store.index.chunks(document) if _cut_alike(active, generation) else []
        if not chunks or (encoded and any(chunk.sentence_vectors is None for chunk in chunks)):
            chunks = self._encoding.chunks(extracted, text_hash, self._embedder_of(generation), "")
        self._store.index.put_generation(id, extracted, text_hash, generation.id, chunks)
        return True


def _cut_alike(active: Generation | None, generation: Generation) -> bool:
    """Only the words of another generation differ from the active one's: passages and vectors are taken over."""
    return (
        active is not None
        and active.id != generation.id
        and active.fingerprint.cuts_like(generation.fingerprint)
    )


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _titled(extracted: Extracted, file: File, source: Path) -> Extracted:
    """A stored copy is named by its hash: a title made from its name is made from the user's."""
    if extracted.title in ("", source.stem):
        return Extracted(
            extracted.text,
            # A file name need not be valid Unicode; a title must be.
            Path(file.path).stem.encode("utf-8", "replace").decode("utf-8"),
            extracted.layout,
            extracted.metadata,
            extracted.tags,
        )
    return extracted


def _known(place: Place) -> File:
    """The file as it was when it was last read."""
    return File(
        place.path, place.size, place.mtime_ns, place.type, place.content_hash, place.stored, extract.VERSION
    )


def _rests(place: Place | None, file: File) -> bool:
    """The place holds what it held when it was read, as far as size and time tell."""
    return (
        place is not None
        and place.status != "waiting"
        and (place.size, place.mtime_ns) == (file.size, file.mtime_ns)
    )


def _refuse_changed(file: File) -> None:
    with _file_problems(file.path):
        status = Path(file.path).stat()
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise DocumentProblem("changed", path=file.path)


class _file_problems:
    """What the operating system says of the user's file, as a DocumentProblem."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise DocumentProblem("vanished", path=self._path) from error
        if isinstance(error, PermissionError):
            raise DocumentProblem("no-permission", path=self._path) from error
        if isinstance(error, OSError):
            raise DocumentProblem("unreadable", path=self._path, reason=reason_of(error)) from error


def _failed(path: str, problem: Problem, began: float) -> FileReport:
    return FileReport(path, "failed", 0, 0, _since(began), problem.code, problem.details)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 3)
