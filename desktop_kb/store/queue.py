"""The work queue and the staging area. Both are tables, so a kill loses at most one staging interval.

A job waits, runs, and is done with a report. `finish` writes the report in the transaction that stores
the document. Searches do not see staged work.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from operator import itemgetter
from typing import Any

import apsw

from desktop_kb import codec
from desktop_kb.files import stored_path
from desktop_kb.records import (
    Cited,
    Extracted,
    FileReport,
    Finding,
    Floats,
    Job,
    JobKind,
    JobOptions,
    Location,
    QueuedFile,
)
from desktop_kb.store.clock import ago, now
from desktop_kb.store.database import Database
from desktop_kb.store.recognized import WAITING

_JOB = "id, kind, path, options, attempts, part"
_KEEP_REPORTS = timedelta(days=1)
_KEEP_STAGED = timedelta(days=7)
#: The jobs that wait or run, so said that the index gives them: it gives nothing for "not done".
_OPEN = "(state < 'done' or state > 'done')"
#: The jobs of parts that the person has cancelled.
_CANCELLED_PART = "parent is not null and state = 'done' and json_extract(report, '$.status') = 'skipped'"


def put(
    connection: apsw.Connection,
    files: Sequence[Location],
    options: JobOptions,
    kind: JobKind,
    parent: int | None = None,
) -> list[int]:
    """Put files and parts into the queue, within a transaction. Returns their job ids: a file that waits
    already with the same options keeps its job.

    Args:
        parent: the job in which they were found.
    """
    if not files:
        return []
    text = _packed(options)
    wanted = [(os.fsencode(file.path), file.part) for file in files]
    # All at once: the waiting jobs are looked through, and 10,000 files would do that 10,000 times.
    rows = connection.execute(
        "select path, part, id from jobs where state = 'waiting' and kind = ? and options = ? "
        "and path in carray(?) order by id desc",
        (kind, text, apsw.carray(tuple({path for path, _ in wanted}))),
    )
    waiting = {(path, part): id for path, part, id in rows}
    for path, part in wanted:
        if (path, part) not in waiting:
            connection.execute(
                "insert into jobs (kind, path, part, state, options, created, parent) "
                "values (?, ?, ?, 'waiting', ?, ?, ?)",
                (kind, path, part, text, now(), parent),
            )
            waiting[path, part] = connection.last_insert_rowid()
    return [waiting[one] for one in wanted]


def _packed(options: JobOptions) -> str:
    asked: dict[str, Any] = {"tags": options.tags, "metadata": dict(options.metadata)}
    if options.recognize:
        asked["recognize"] = True
    if options.cited is not None:
        asked["cited"] = {"tags": options.cited.tags, "metadata": dict(options.cited.metadata)}
    if options.was:
        asked["was"] = options.was
    return json.dumps(asked)


def finish(connection: apsw.Connection, job: Job, report: FileReport) -> None:
    """Mark the job as done with its report; called within the transaction that stores its result."""
    connection.execute(
        "update jobs set state = 'done', report = ? where id = ?",
        (json.dumps(asdict(report)), job.id),
    )


def _put_cancelled_parts(
    connection: apsw.Connection, jobs: Mapping[Location, int], options: JobOptions
) -> None:
    """Put those parts of files, by the files' jobs, into the queue again that were cancelled."""
    paths = {os.fsencode(file.path): id for file, id in jobs.items() if not file.part}
    if not paths:
        return
    theirs, asked = f"{_CANCELLED_PART} and path in carray(?)", (apsw.carray(tuple(paths)),)
    rows = connection.execute(f"select path, part from jobs where {theirs} order by id", asked).fetchall()
    connection.execute(f"delete from jobs where {theirs}", asked)
    for path, found in itertools.groupby(rows, itemgetter(0)):
        parts = [Location(stored_path(path), part) for _, part in found]
        put(connection, parts, options, "add", paths[path])


def forget_parts(
    connection: apsw.Connection, file: Location, below: str, is_there: Callable[[str], bool]
) -> None:
    """A file was read: of its parts, whose names begin with `below`, those wait that are there, and none is
    remembered that was cancelled."""
    values = {"path": os.fsencode(file.path), "below": below}
    inside = "path = :path and part != '' and substr(part, 1, length(:below)) = :below"
    connection.execute(f"update jobs set parent = null where {_CANCELLED_PART} and {inside}", values)
    rows = connection.execute(
        f"select id, part from jobs where state = 'waiting' and {inside}", values
    ).fetchall()
    for id, part in rows:
        if not is_there(part):
            _skip(connection, id, Location(file.path, part))
            connection.execute("update jobs set parent = null where id = ?", (id,))


def _skip(connection: apsw.Connection, id: int, file: Location) -> None:
    """End a waiting job as skipped."""
    report = json.dumps(asdict(FileReport(file.path, "skipped", part=file.part)))
    connection.execute("update jobs set state = 'done', report = ? where id = ?", (report, id))


class Queue:
    """Jobs and staged work of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- jobs

    def enqueue(
        self, files: Sequence[str | Location], options: JobOptions, kind: JobKind = "add"
    ) -> list[int]:
        """Put files and parts into the queue, in this order; a file that waits already keeps its position. With a
        file that is added again those parts wait again that were cancelled."""
        return self.enqueue_all([(files, options)], kind)

    def enqueue_all(
        self, asked: Sequence[tuple[Sequence[str | Location], JobOptions]], kind: JobKind = "add"
    ) -> list[int]:
        """Do so for files with options of their own, in one transaction."""

        def put_all(connection: apsw.Connection) -> list[int]:
            all_ids: list[int] = []
            for files, options in asked:
                found = [file if isinstance(file, Location) else Location(file) for file in files]
                ids = put(connection, found, options, kind)
                if kind == "add":
                    _put_cancelled_parts(connection, dict(zip(found, ids, strict=True)), options)
                all_ids += ids
            return all_ids

        return self._database.write(put_all, urgent=True)

    def claim(self) -> Job | None:
        """Take the oldest waiting job and mark it as running; None if there is none."""

        def claim_next(connection: apsw.Connection) -> Job | None:
            row = connection.execute(
                "update jobs set state = 'running', attempts = attempts + 1 where id = "
                "(select id from jobs where state = 'waiting' order by id limit 1) "
                f"returning {_JOB}"
            ).fetchone()
            return _job(row) if row else None

        if not self.waiting():
            return None
        return self._database.write(claim_next)

    def upcoming(self, most: int, after: int = 0) -> list[Job]:
        """The oldest waiting jobs of those behind the job `after`, without taking them."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"select {_JOB} from jobs where state = 'waiting' and id > ? order by id limit ?",
                (after, most),
            ).fetchall()
        return [_job(row) for row in rows]

    def release(self, job: Job) -> None:
        """Put a running job back into the queue, because it was interrupted."""
        self._database.write(
            lambda connection: connection.execute(
                "update jobs set state = 'waiting' where id = ? and state = 'running'", (job.id,)
            )
        )

    def cancel(self, ids: Sequence[int] | None = None) -> int:
        """End those of these jobs that still wait, as skipped; None means every job. Returns how many."""
        chosen = "" if ids is None else " and id in (select value from json_each(?))"
        values = () if ids is None else (json.dumps(list(ids)),)

        def cancel_waiting(connection: apsw.Connection) -> int:
            rows = connection.execute(
                f"select id, path, part from jobs where state = 'waiting'{chosen}", values
            ).fetchall()
            for id, path, part in rows:
                _skip(connection, id, Location(stored_path(path), part))
            return len(rows)

        return self._database.write(cancel_waiting, urgent=True)

    def end(self, job: Job, report: FileReport) -> None:
        """Mark a job as done that has stored nothing but its report."""
        self._database.write(lambda connection: finish(connection, job, report))

    def recover(self) -> None:
        """Clean up; called by the process that has just taken the indexer's lock. Jobs that a dead process
        left running wait again; old reports and old staged work are deleted."""

        def clean_up(connection: apsw.Connection) -> None:
            # A state that a damaged disk made up counts as waiting, or work in the background would let a file go
            # first that nobody can take.
            connection.execute("update jobs set state = 'waiting' where state not in ('waiting', 'done')")
            # What is unchanged is not read again, so nothing else knows of a part that was cancelled.
            connection.execute(
                f"delete from jobs where state = 'done' and created < ? and not ({_CANCELLED_PART})",
                (ago(_KEEP_REPORTS),),
            )
            for table in ("staged_texts", "staged_windows"):
                connection.execute(f"delete from {table} where created < ?", (ago(_KEEP_STAGED),))

        self._database.write(clean_up)

    def files(self, limit: int) -> list[QueuedFile]:
        """The first `limit` files that run or wait, in the order in which they are processed."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"select id, path, state = 'running', part from jobs where {_OPEN} "
                "order by 3 desc, id limit ?",
                (limit,),
            ).fetchall()
        return [QueuedFile(id, stored_path(path), bool(running), part) for id, path, running, part in rows]

    def waiting(self) -> int:
        """How many jobs wait or run."""
        with self._database.read() as connection:
            return int(connection.execute(f"select count(*) from jobs where {_OPEN}").get)

    def has_more_of(self, path: str) -> bool:
        """Whether the file or a part of it waits."""
        with self._database.read() as connection:
            query = "select exists (select 1 from jobs where state = 'waiting' and path = ?)"
            return bool(connection.execute(query, (os.fsencode(path),)).get)

    def found_by(self, ids: Sequence[int]) -> list[int]:
        """The jobs of the parts that were found in these jobs."""
        with self._database.read() as connection:
            rows = connection.execute(
                "select id from jobs where parent in (select value from json_each(?)) order by id",
                (json.dumps(list(ids)),),
            ).fetchall()
        return [id for (id,) in rows]

    def reports(self, ids: Sequence[int]) -> dict[int, FileReport]:
        """The reports of these jobs, as far as they are done."""
        with self._database.read() as connection:
            rows = connection.execute(
                "select id, report from jobs where state = 'done' and id in (select value from json_each(?))",
                (json.dumps(list(ids)),),
            ).fetchall()
        return {id: _report(json.loads(report)) for id, report in rows}

    # --- staging

    def stage_text(self, content_hash: str, extracted: Extracted, reading: int) -> None:
        """Stage the text that this version of the file readers read from a file with this content."""
        row = (
            content_hash,
            codec.pack_text(extracted),
            codec.pack_layout(extracted.layout),
            now(),
            reading,
        )
        self._database.write(
            lambda connection: connection.execute(
                "insert or replace into staged_texts (content_hash, extracted, layout, created, reading) "
                "values (?, ?, ?, ?, ?)",
                row,
            )
        )

    def staged_text(self, content_hash: str, reading: int) -> Extracted | None:
        """The staged text that this version of the file readers read from a file with this content; or None."""
        with self._database.read() as connection:
            row = connection.execute(
                "select extracted, layout from staged_texts where content_hash = ? and reading = ?",
                (content_hash, reading),
            ).fetchone()
        return codec.unpack_text(*row) if row else None

    def stage_windows(self, key: str, fingerprint: str, windows: Mapping[int, Floats]) -> None:
        """Stage encoder output: window -> float32 (sentences, d). `key` is the hash of the text, or of the file
        if its text still grows; a window is known by a number of the caller's."""
        rows = [
            (key, fingerprint, number, codec.pack_window(sums), now()) for number, sums in windows.items()
        ]
        self._database.write(
            lambda connection: connection.executemany(
                "insert or replace into staged_windows values (?, ?, ?, ?, ?)", rows
            )
        )

    def staged_keys(self, key: str, fingerprint: str) -> set[int]:
        """The windows that have encoder output staged under this key."""
        with self._database.read() as connection:
            rows = connection.execute(
                "select window from staged_windows where text_hash = ? and fingerprint = ?",
                (key, fingerprint),
            ).fetchall()
        return {number for (number,) in rows}

    def staged_windows(self, key: str, fingerprint: str, dimensions: int) -> Iterator[tuple[int, Floats]]:
        """The encoder output staged under this key: window, float32 (sentences, d)."""
        with self._database.read() as connection:
            for number, blob in connection.execute(
                "select window, vectors from staged_windows where text_hash = ? and fingerprint = ?",
                (key, fingerprint),
            ):
                yield number, codec.unpack_window(blob, dimensions)


def unreadable_jobs(connection: apsw.Connection) -> Iterator[tuple[int, bool]]:
    """Jobs of which what was asked, or what came of it, cannot be read; whether they are done."""
    for *row, state, report in connection.execute(f"select {_JOB}, state, report from jobs").fetchall():
        try:
            _job(row)
            if state == "done":
                _report(json.loads(report))
        except (TypeError, ValueError, KeyError, AttributeError):
            yield row[0], state == "done"


def mend_jobs(connection: apsw.Connection) -> list[Finding]:
    """Do away with the reports that cannot be read; of a job that is not done, with what was asked besides. Called
    within a transaction; returns what was found."""
    found = list(unreadable_jobs(connection))
    for id, is_done in found:
        if is_done:
            connection.execute("delete from jobs where id = ?", (id,))
        else:
            connection.execute("update jobs set options = ? where id = ?", (_packed(JobOptions()), id))
    return [Finding("job-unreadable", {"job": id}) for id, _ in found]


def _job(row: Sequence[Any]) -> Job:
    id, kind, path, options, attempts, part = row
    asked = json.loads(options)
    cited = Cited(tuple(asked["cited"]["tags"]), asked["cited"]["metadata"]) if "cited" in asked else None
    given = JobOptions(
        tuple(asked["tags"]), asked["metadata"], bool(asked.get("recognize")), cited, asked.get("was", "")
    )
    return Job(id, kind, stored_path(path), given, attempts, part)


def _report(fields: dict[str, Any]) -> FileReport:
    fields.pop("error", None)  # reports of earlier builds have a sentence here
    fields.pop("pending", None)  # what is left to do is looked up when the report is given
    return FileReport(**fields)


def unstage(connection: apsw.Connection, content_hash: str, text_hash: str = "") -> None:
    """Delete the work staged for a document; called in the transaction that stores the document. Of one whose
    pages still wait the encoded windows are kept: its text will hold them again."""
    connection.execute("delete from staged_texts where content_hash = ?", (content_hash,))
    connection.execute("delete from staged_windows where text_hash = ?", (text_hash,))
    connection.execute(
        "delete from staged_windows where text_hash = ?1 and not exists "
        f"(select 1 from documents where content_hash = ?1 and {WAITING})",
        (content_hash,),
    )
