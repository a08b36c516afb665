"""The documents of a library on an engine: `records.Documents`. Each call is one transaction."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath
from typing import Final

from desktop_kb import codec
from desktop_kb.errors import DocumentProblem, Problem
from desktop_kb.records import (
    Cited,
    Document,
    DocumentStatus,
    Extracted,
    File,
    FileReport,
    Filter,
    Job,
    JobOptions,
    Layout,
    Left,
    Location,
    PageState,
    Place,
    PlaceState,
    SearchSort,
    Value,
    counted_states,
)
from desktop_kb.remote import row as of
from desktop_kb.remote import trash
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.engine import Engine
from desktop_kb.remote.filters import BUILT_IN, fits
from desktop_kb.remote.jobs import Jobs
from desktop_kb.remote.row import Row, given, stands, unpacked, value_of, without
from desktop_kb.remote.rows import COLUMNS, FOUND, Rows, chunks, now, those
from desktop_kb.remote.session import Session

#: Error codes of files that a later version of the file readers may be able to read.
_MAY_BE_READ_LATER: Final = ("no-text", "garbled", "unsupported", "portfolio")


class RemoteDocuments:
    """The documents of one library, and their places."""

    def __init__(self, engine: Engine, catalogue: Catalogue, jobs: Jobs) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._jobs = jobs

    # --- reading

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        removed: bool = False,
        sort: SearchSort = "score",
    ) -> list[Document]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            rows = self._catalogue.rows(session) if only is None else those(session, only)
            rows = [row for row in rows if bool(row.removed) == removed and fits(row, filters)]
            held = chunks(session, None if only is None else [row.id for row in rows])
        return [of.document(row, held.get(row.id, 0)) for row in of.in_order(rows, sort)]

    def ids(self, filters: Sequence[Filter], *, removed: bool = False) -> frozenset[str]:
        """The public ids of the documents that match."""
        with self._engine.reading() as session:
            rows = self._catalogue.rows(session)
        return frozenset(row.uid for row in rows if bool(row.removed) == removed and fits(row, filters))

    def below(self, path: str) -> list[str]:
        """See `records.Documents`."""
        wanted = os.path.normcase(path)
        folder = wanted.rstrip(os.sep) + os.sep

        def is_below(at: Location) -> bool:
            name = os.path.normcase(os.path.join(at.path, at.part) if at.part else at.path)  # noqa: PTH118
            return name == wanted or name.startswith(folder)

        return [row.uid for row in self._live() if any(map(is_below, row.places))]

    def text(self, document: str) -> tuple[str, Layout]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            row = _known(session, document)
            text, layout = session.text_of(row.id), session.layout_of(row.id)
        return ("", Layout()) if text is None else (text, codec.unpack_layout(layout or b""))

    def heads(self, letters: int) -> list[tuple[str, str, str]]:
        """Of each document that has been read its public id, its own title and the beginning of its text."""
        with self._engine.reading() as session:
            found = session.rows(
                f"select {COLUMNS}, substring(text, 1, %s) from texts join documents on id = document "
                "where not removed order by id",
                (letters,),
            )
        return [(row.uid, row.named, head) for *columns, head in found for row in (unpacked(columns),)]

    def texts_with(self, words: str) -> list[tuple[str, str]]:
        """The public ids and texts of the documents in whose text these words stand as they are."""
        with self._engine.reading() as session:
            found = session.rows(
                "select id, uid from texts join documents on id = document and not removed "
                "where instr(text, %s) > 0 order by id",
                (words,),
            )
            return [(uid, session.text_of(id) or "") for id, uid in found]

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            row = _known(session, document)
        return row.content_hash, row.stored, tuple(at.path for at in row.ordered() if not at.part)

    def contents(self, documents: Sequence[str]) -> Mapping[str, str]:
        """See `store.private_marks.TeamDocuments`."""
        with self._engine.reading() as session:
            return {row.uid: row.content_hash for row in those(session, documents)}

    def keys(self) -> frozenset[str]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            return BUILT_IN | self._catalogue.keys(session)

    def counts(self) -> Mapping[str, int]:
        """How many documents are ready, failed and in the trash; of those not there, how many originals are gone or
        away."""
        with self._engine.reading() as session:
            rows = self._catalogue.rows(session)
        counts = {"ready": 0, "failed": 0, "trash": 0}
        for row in rows:
            state = "trash" if row.removed else row.status
            counts[state] = counts.get(state, 0) + 1
        standing = [row.standing for row in rows if not row.removed]
        return {**counts, "gone": standing.count("gone"), "away": standing.count("away")}

    def page_states(self) -> tuple[Mapping[PageState, int], int]:
        """See `records.Documents`."""
        rows = self._live()
        return counted_states("".join(row.states for row in rows)), sum(row.left_out for row in rows)

    def own_values(self, documents: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            rows = [_known(session, uid) for uid in documents]
        return {row.uid: {key: value_of(value) for key, value in row.own.items()} for row in rows}

    def place(self, path: str, part: str = "") -> Place | None:
        """See `records.Documents`."""
        location = Location(path, part)
        with self._engine.reading() as session:
            columns = session.rows(f"{FOUND} and not removed", ("s", of.spot(location)))
            row = next((row for row in map(unpacked, columns) if location in row.places), None)
            return of.place(row, location, chunks(session, [row.id]).get(row.id, 0)) if row else None

    def places(self, path: str | None = None, *, state: PlaceState | None = None) -> list[Place]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            rows, held = self._catalogue.rows(session), chunks(session)
        found = [
            of.place(row, at, held.get(row.id, 0))
            for row in rows
            if not row.removed
            for at, stand in row.places.items()
            if (path is None or PurePath(at.path).is_relative_to(path)) and state in (None, stand.state)
        ]
        return sorted(found, key=lambda place: place.location)

    def with_content(self, content_hash: str) -> list[Place]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            columns = session.row(f"select {COLUMNS} from documents where live = %s", (content_hash,))
            row = unpacked(columns) if columns else None
            held = chunks(session, [row.id]) if row else {}
        return [of.place(row, at, held.get(row.id, 0)) for at in row.ordered()] if row else []

    def count_read_before(self, version: int) -> int:
        """See `records.Documents`."""
        return sum(row.reading < version and row.status == "ready" for row in self._live())

    def read_before(self, version: int) -> list[Place]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            rows, held = self._catalogue.rows(session), chunks(session)
        return [
            of.place(row, row.location, held.get(row.id, 0))
            for row in rows
            if not row.removed and row.places and row.reading < version
            if row.status == "ready" or row.code in _MAY_BE_READ_LATER
        ]

    def _live(self) -> list[Row]:
        with self._engine.reading() as session:
            return [row for row in self._catalogue.rows(session) if not row.removed]

    # --- writing

    def edit(
        self,
        documents: Sequence[str],
        *,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> None:
        """See `records.Documents`."""
        values = metadata or {}
        with self._engine.writing() as session:
            rows = Rows(session)
            for row in [rows.known(uid) for uid in documents]:
                own = {key: value for key, value in row.own.items() if key not in values}
                kept = {tag: source for tag, source in row.tags.items() if tag not in untag}
                options = JobOptions(
                    tuple(tags), {key: value for key, value in values.items() if value != ""}
                )
                rows.save(given(replace(row, tags=kept, own=own), options))

    def tag(self, paths: Sequence[str], options: JobOptions) -> None:
        """See `records.Documents`."""
        if not paths or not (options.tags or options.metadata or options.cited):
            return
        with self._engine.writing() as session:
            rows = Rows(session)
            for path in paths:
                for row in rows.below(path):
                    if not row.removed:
                        rows.save(given(row, options))

    def cite(self, cited: Sequence[tuple[str, Cited]]) -> None:
        """Keep what a bibliography says of documents, by public id."""
        if cited:
            with self._engine.writing() as session:
                rows = Rows(session)
                for uid, one in cited:
                    rows.save(given(rows.known(uid), JobOptions(cited=one)))

    def touch(self, file: File) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            for row in rows.below(file.path):
                places = dict(row.places)
                for at, stand in row.places.items():
                    if at.path == file.path and (at.part == file.part or not file.part):
                        size = file.size if at.part == file.part else stand.size
                        places[at] = of.Stand(size, file.mtime_ns, file.volume, "there")
                rows.save(replace(row, places=places))

    def rename(self, old: str, new: str) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            for row in rows.below(new):
                gone = [at for at, stand in row.places.items() if at.path == new and stand.state == "gone"]
                rows.save(without(row, gone))
            for row in rows.below(old):
                moved = {
                    at._replace(path=new) if at.path == old else at: stand for at, stand in row.places.items()
                }
                rows.save(replace(row, places=moved))

    def mark(self, states: Mapping[str, PlaceState]) -> None:
        """See `records.Documents`."""
        if not states:
            return
        with self._engine.writing() as session:
            rows = Rows(session)
            for path, state in states.items():
                for row in rows.below(path):
                    marked = {
                        at: stand._replace(state=state) if at.path == path else stand
                        for at, stand in row.places.items()
                    }
                    rows.save(replace(row, places=marked))

    def add_place(
        self,
        file: File,
        document: str,
        options: JobOptions,
        job: Job,
        report: FileReport,
        *,
        left: Left | None = None,
    ) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            row = rows.known(document)
            rows.refuse_other(file)
            before = rows.at(file.location)
            if before is not None and before.id != row.id:
                rows.leave(file.location)
            twin = next((at for at in row.ordered() if at != file.location), None)
            held = rows.under(twin) if twin else []
            row = of.moved(stands(row, file), left)
            rows.save(given(replace(row, named=left.title) if left else row, options))
            for at, one in held:
                part = rows.known(one.uid)
                stand = part.places[at]._replace(mtime_ns=file.mtime_ns, volume=file.volume, state="there")
                inside = f"{file.part}/" if file.part else ""
                there = Location(
                    file.path, inside + at.part[len(f"{twin.part}/" if twin and twin.part else "") :]
                )
                rows.save(of.moved(replace(part, places={**part.places, there: stand}), left))
        self._jobs.end(job, report)

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            row = rows.put(file, None, job.options)
            states = str(problem.details.get("states", "")) or row.states
            row = replace(row, states=states, pages=len(states) or row.pages)
            rows.save(replace(row, status="failed", code=problem.code, details=dict(problem.details)))
        self._jobs.end(job, report)

    def wait(self, file: File, states: str, job: Job, report: FileReport) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            row = rows.put(file, None, job.options)
            status: DocumentStatus = "ready" if row.has_text else "waiting"
            row = replace(row, status=status, code=None, details={}, states=states)
            rows.save(replace(row, pages=len(states) or row.pages))
        self._jobs.end(job, report)

    def read_again(self, file: File, extracted: Extracted, job: Job, report: FileReport) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            rows.save(rows.put(file, extracted, job.options))
            held = rows.forget_parts(file, extracted)
            self._jobs.enqueue(held, replace(job.options, cited=None), "add")  # as in `RemoteIndex.put`
        self._jobs.end(job, report)

    def remove(self, documents: Sequence[str]) -> None:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            trash.remove(Rows(session), documents)

    def leave(self, path: str) -> None:
        """The file at a path is there no more; what stands elsewhere too stays there."""
        with self._engine.writing() as session:
            rows = Rows(session)
            for at in [at for row in rows.below(path) for at in row.places if at.path == path]:
                rows.leave(at)

    def remove_note(self, place: Place, content_hash: str, stored: str) -> str:
        """Move a file's document into the trash, where the file goes too; see `trash.remove_note`."""
        with self._engine.writing() as session:
            return trash.remove_note(Rows(session), place, content_hash, stored)

    def stand_again(self, document: str, path: str, old: str) -> None:
        """A document in the trash stands at this path now, and not at its old one."""
        with self._engine.writing() as session:
            rows = Rows(session)
            row = rows.known(document)
            rows.save(stands(without(row, [Location(old)]), File(path, 0, 0, "")))

    def restore(self, document: str) -> tuple[Location, ...]:
        """See `records.Documents`."""
        with self._engine.writing() as session:
            return trash.restore(Rows(session), document)

    def purge(self, days: int) -> frozenset[str]:
        """See `records.Documents`."""
        with self._engine.reading() as session:
            rows = self._catalogue.rows(session)
        before = now(timedelta(days=days))
        gone = set()
        if old := [row.uid for row in rows if row.removed and row.removed < before]:
            with self._engine.writing() as session:
                writer = Rows(session)
                for row in filter(None, map(writer.find, old)):
                    if row.removed and row.removed < before:  # nobody took it out meanwhile
                        writer.delete(row)
                        gone.add(row.id)
        return frozenset(row.stored for row in rows if row.stored and row.id not in gone)


def _known(session: Session, uid: str) -> Row:
    found = those(session, [uid])
    if not found:
        raise Problem("not-found", what=uid)
    return found[0]
