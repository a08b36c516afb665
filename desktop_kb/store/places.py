"""The places of documents: the paths of files with their content, or with parts of that content; and which of those
files are there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import apsw

from desktop_kb.files import stored_path
from desktop_kb.records import File, FileReport, Job, JobOptions, Json, Left, Location, Place, PlaceState
from desktop_kb.store import about, parts, placing
from desktop_kb.store.database import Database
from desktop_kb.store.queue import finish

#: The fields of a `Place`, in their order.
_PLACE: Final = """select places.path, documents.uid, documents.title, documents.type, places.size, places.mtime_ns,
    places.missing, places.volume, documents.status, documents.content_hash, documents.stored, documents.pages,
    ifnull((select indexed.chunks from indexed join generations on generations.id = generation and state = 'active'
        where indexed.document_id = documents.id), 0), documents.error_code, documents.error_details, places.part
    from places join documents on documents.id = places.document_id where documents.removed is null"""
#: Error codes of files that a later version of the file readers may be able to read.
_MAY_BE_READ_LATER: Final = ("no-text", "garbled", "unsupported", "portfolio")
#: As numbers in the column `missing`.
_STATES: Final[tuple[PlaceState, ...]] = ("there", "gone", "away")
#: Those that are there first, those that are gone last; files before parts.
LIVING_FIRST: Final = "missing = 1, missing, part != '', path, part"
#: Of documents whose files are gone from all places.
GONE: Final = (
    "documents.id in (select document_id from places where missing = 1) and "
    "not exists (select 1 from places where document_id = documents.id and missing != 1)"
)
#: Of documents whose files are at none of their places, but may be there again with their drive.
AWAY: Final = (
    "documents.id in (select document_id from places where missing = 2) and "
    "not exists (select 1 from places where document_id = documents.id and missing = 0)"
)


class Places:
    """The places of one library's documents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self, path: str, part: str = "") -> Place | None:
        """The place at this path, or of this part; None if the library does not know it."""
        with self._database.read() as connection:
            row = connection.execute(
                f"{_PLACE} and places.path = ? and places.part = ?", (os.fsencode(path), part)
            ).fetchone()
        return _place(row) if row else None

    def places(self, path: str | None = None, *, state: PlaceState | None = None) -> list[Place]:
        """Every known path, and every part; at `path` or below it, and in this state, if these are given."""
        chosen, values = "", tuple[bytes | int, ...]()
        if path is not None:
            raw = os.fsencode(path)
            folder = os.fsencode(os.path.join(path, ""))  # noqa: PTH118 - with a separator at its end
            chosen = "and (places.path = ? or (places.path >= ? and places.path < ?))"
            values = (raw, folder, folder[:-1] + bytes((folder[-1] + 1,)))
        if state is not None:
            chosen, values = f"{chosen} and missing = ?", (*values, _STATES.index(state))
        with self._database.read() as connection:
            return [
                _place(row)
                for row in connection.execute(f"{_PLACE} {chosen} order by places.path, places.part", values)
            ]

    def with_content(self, content_hash: str) -> list[Place]:
        """The places of the document with this content, those that are there first."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_PLACE} and documents.content_hash = ? order by {LIVING_FIRST}", (content_hash,)
            )
            return [_place(row) for row in rows]

    def count_read_before(self, version: int) -> int:
        """How many ready documents were read by an earlier version of the file readers."""
        with self._database.read() as connection:
            query = (
                "select count(*) from documents where reading < ? and removed is null and status = 'ready'"
            )
            return int(connection.execute(query, (version,)).get)

    def read_before(self, version: int) -> list[Place]:
        """One place of each document read by an earlier version of the readers; see `records.Documents`."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_PLACE} and documents.reading < ? and (documents.status = 'ready' or documents.error_code "
                f"in (select value from json_each(?))) order by documents.id, {LIVING_FIRST}",
                (version, json.dumps(_MAY_BE_READ_LATER)),
            ).fetchall()
        return list({row[1]: _place(row) for row in reversed(rows)}.values())[::-1]

    # --- writing

    def touch(self, file: File) -> None:
        """Record that the file was checked and its content, so its parts, are unchanged."""
        self._database.write(
            lambda connection: connection.execute(
                "update places set size = iif(part = :part, :size, size), mtime_ns = :mtime, volume = :volume, "
                "missing = 0 where path = :path and (part = :part or :part = '')",
                {
                    "size": file.size,
                    "mtime": file.mtime_ns,
                    "volume": os.fsencode(file.volume),
                    "path": os.fsencode(file.path),
                    "part": file.part,
                },
            )
        )

    def rename(self, old: str, new: str) -> None:
        """The file at a path is at another one now; what waits for it is done there."""

        def write(connection: apsw.Connection) -> None:
            paths = (os.fsencode(new), os.fsencode(old))
            connection.execute("delete from places where path = ? and missing = 1", paths[:1])
            connection.execute("update places set path = ? where path = ?", paths)
            connection.execute("update jobs set path = ? where path = ? and state = 'waiting'", paths)
            rows = connection.execute("select distinct document_id from places where path = ?", paths[:1])
            for (id,) in rows.fetchall():
                about.index(connection, id)

        self._database.write(write, urgent=True)

    def mark(self, states: Mapping[str, PlaceState]) -> None:
        """Record which originals are there, gone or away, by their paths."""
        rows = [(_STATES.index(state), os.fsencode(path)) for path, state in states.items()]
        if rows:
            self._database.write(
                lambda connection: connection.executemany(
                    "update places set missing = ? where path = ?", rows
                )
            )

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
        """Add another file with the same content to an existing document, with its parts, in place of the one that it
        left, and end the job."""

        def write(connection: apsw.Connection) -> None:
            id = placing.known(connection, document)
            placing.refuse_other(connection, file)
            placing.leave_place(connection, file.location, id)
            twin = next((at for at in placing.stands(connection, id) if at != file.location), None)
            placing.put_place(connection, file, id)
            if twin is not None:
                parts.share(connection, twin, file)
            if left is not None:
                connection.execute("delete from places where path = ?", (os.fsencode(left.path),))
                placing.set_title(connection, id, left.title)
            placing.set_user(connection, id, options)
            finish(connection, job, report)

        self._database.write(write)


def _place(row: Sequence[Any]) -> Place:
    values = dict(zip((field.name for field in fields(Place)), row, strict=True))
    return Place(
        **values
        | {
            "path": stored_path(values["path"]),
            "state": _STATES[values["state"]],
            "volume": stored_path(values["volume"]),
            "error_details": details_of(values["error_details"]),
        }
    )


def places_of(
    connection: apsw.Connection, where: str, ids: Sequence[str]
) -> dict[int, dict[Location, PlaceState]]:
    """The places of documents, those that are there first, with their states, by the documents' rows."""
    found: dict[int, list[tuple[bytes, str, int]]] = {}
    for id, path, part, missing in connection.execute(
        f"select document_id, path, part, missing from places {where}", ids
    ):
        found.setdefault(id, []).append((path, part, missing))
    for places in found.values():
        if len(places) > 1:  # few: for 200,000 documents SQLite would sort all places together, .3 s
            places.sort(key=_living_first)
    return {
        id: {Location(stored_path(path), part): _STATES[missing] for path, part, missing in places}
        for id, places in found.items()
    }


def _living_first(place: tuple[bytes, str, int]) -> tuple[Any, ...]:
    """The order of `LIVING_FIRST`."""
    path, part, missing = place
    return missing == 1, missing, part != "", path, part


def details_of(text: str | None) -> Json:
    """The stored details of a failure."""
    return dict(json.loads(text)) if text else {}
