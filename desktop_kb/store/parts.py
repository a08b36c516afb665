"""Parts of files: documents whose place is in another file. They come with it, change with it and go with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import apsw

from desktop_kb.records import Extracted, File, Job, Location
from desktop_kb.store.clock import now
from desktop_kb.store.placing import leave_place
from desktop_kb.store.queue import forget_parts, put

#: Of one file on the disk, with parts of parts: an archive of archives must not fill the library.
MOST: Final = 20_000


def limited(connection: apsw.Connection, file: File, extracted: Extracted) -> Extracted:
    """What was read of a file, with no more parts than there may be in all; the others count as left out."""
    if not extracted.parts:
        return extracted
    path, below = os.fsencode(file.path), _below(file.location)
    known = connection.execute(
        "select count(*) from (select part from places where path = :path union select part from jobs "
        "where path = :path and state != 'done') where part != '' and substr(part, 1, length(:below)) != :below",
        {"path": path, "below": below or "/"},
    ).get
    kept = extracted.parts[: max(0, MOST - int(known))]
    left_out = extracted.parts_left_out + len(extracted.parts) - len(kept)
    return replace(extracted, parts=kept, parts_left_out=left_out)


def queue(connection: apsw.Connection, file: File, extracted: Extracted, job: Job) -> None:
    """A file was read: queue its parts, and forget those that it had before and has no more. A part that the
    person put into the trash stays there."""
    below = _below(file.location)
    wanted = frozenset(below + part for part in extracted.parts)
    stood = [location for location, _ in under(connection, file.location)]
    for location in stood:
        if not location.is_in(wanted):
            forget(connection, location)
    if not wanted and not stood:
        return
    forget_parts(connection, file.location, below, lambda part: Location(file.path, part).is_in(wanted))
    removed = {
        part
        for (part,) in connection.execute(
            "select part from places join documents on id = document_id where path = ? and removed is not null",
            (os.fsencode(file.path),),
        )
    }
    found = [Location(file.path, below + part) for part in extracted.parts if below + part not in removed]
    put(connection, found, replace(job.options, cited=None), "add", job.id)  # a bibliography means the file


def share(connection: apsw.Connection, source: Location, file: File) -> None:
    """`file` has the content of what stands at `source`, and so its parts."""
    for location, _ in list(under(connection, file.location)):
        forget(connection, location)
    skipped = len(_below(source))
    for location, document in list(under(connection, source)):
        connection.execute(
            "insert or ignore into places (path, part, document_id, size, mtime_ns, volume, added) "
            "select ?, ?, document_id, size, ?, ?, ? from places where path = ? and part = ? and document_id = ?",
            (
                *(os.fsencode(file.path), _below(file.location) + location.part[skipped:]),
                *(file.mtime_ns, os.fsencode(file.volume), now()),
                *(os.fsencode(location.path), location.part, document),
            ),
        )


def forget(connection: apsw.Connection, location: Location) -> None:
    """A part is no more; its document goes to the trash if it stands nowhere else."""
    leave_place(connection, location)
    drop(connection, location)


def drop(connection: apsw.Connection, location: Location) -> None:
    """Delete a place, whatever becomes of its document."""
    connection.execute(
        "delete from places where path = ? and part = ?", (os.fsencode(location.path), location.part)
    )


def under(connection: apsw.Connection, location: Location) -> Iterator[tuple[Location, int]]:
    """Every part in a file or a part, also of parts in it, with its document's row."""
    below = _below(location)
    for part, document in connection.execute(
        "select part, document_id from places where path = ? and part != '' and substr(part, 1, ?) = ?",
        (os.fsencode(location.path), len(below), below),
    ):
        yield Location(location.path, part), document


def _below(location: Location) -> str:
    """What the names of its parts begin with."""
    return f"{location.part}/" if location.part else ""
