"""What goes into the trash and comes out of it: documents, each with the parts of its file."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from desktop_kb.errors import Problem
from desktop_kb.records import Location, Place
from desktop_kb.remote.row import Row, inherits, without
from desktop_kb.remote.rows import Rows, now


def remove(rows: Rows, documents: Sequence[str]) -> None:
    """Move documents, by public id, into the trash, with the parts that stand nowhere else."""
    moment = now()
    for uid in documents:
        row = rows.known(uid)
        hosts = {at.path for at in row.places}
        for host in row.ordered():
            for location, _ in rows.under(host):
                part = rows.at(location)
                if part is None:
                    continue
                if all(at.part and at.path in hosts for at in part.places):
                    rows.trash(part, moment)
                else:
                    rows.save(without(part, [location]))
        if not row.removed:
            rows.trash(row, moment)


def remove_note(rows: Rows, place: Place, content_hash: str, stored: str) -> str:
    """Move the document of a file into the trash that goes there too: its content is the copy of this name in the
    library of who does it. Where the document stands elsewhere too it stays, and another one goes in its place; returns
    the id of that which went."""
    row = rows.known(place.document)
    if row.lives() - {place.location}:
        rows.save(without(row, [place.location]))
        alone = replace(row, id=0, uid=uuid.uuid4().hex[:16], removed=now(), changes=(), marks=())
        alone = replace(alone, places={at: stand for at, stand in row.places.items() if at == place.location})
        gone = rows.save(replace(alone, content_hash=content_hash, stored=stored))
        rows.session.run(
            "insert into texts (document, text, text_hash, layout) "
            "select %s, text, text_hash, layout from texts where document = %s",
            (gone.id, row.id),
        )
    else:
        remove(rows, [row.uid])
        gone = rows.save(replace(rows.known(row.uid), content_hash=content_hash, stored=stored))
    return gone.uid


def restore(rows: Rows, document: str) -> tuple[Location, ...]:
    """Take a document out of the trash, with what went there with it; returns where they stand.

    Raises:
        Problem: it is not in the trash ('not-found'), or other documents now have all its places ('vanished').
    """
    row = rows.find(document)
    if row is None or not row.removed:
        raise Problem("not-found", what=document)
    host = _removed_host(rows, row)
    if host is not None:
        return restore(rows, host.uid)
    with_it = {
        part.id: part for at in row.places for _, part in rows.under(at) if part.removed == row.removed
    }
    found = [*_restore(rows, row)]
    for id in sorted(with_it):
        found += _restore(rows, with_it[id])
    return tuple(dict.fromkeys(found))


def _restore(rows: Rows, row: Row) -> tuple[Location, ...]:
    twin = rows.live_with(row.content_hash)
    if twin is not None:
        rows.delete(row)
        marks = {one.uid: one for one in (*row.marks, *twin.marks)}
        both = replace(inherits(twin, row), marks=tuple(marks.values()))
        rows.save(replace(both, places={**row.places, **twin.places}))
    elif not row.places:
        raise Problem("vanished")
    else:
        rows.save(replace(row, removed=None, status="waiting"))
    return row.ordered()


def _removed_host(rows: Rows, row: Row) -> Row | None:
    """The document of the file in which a part stands, if it is in the trash too and the part stands nowhere else."""
    if not row.places or not all(at.part for at in row.places):
        return None
    hosts = {
        host.id: host for at in row.places for host in rows.below(at.path) if Location(at.path) in host.places
    }
    live = any(not host.removed for host in hosts.values())
    return None if live else next(iter(hosts.values()), None)
