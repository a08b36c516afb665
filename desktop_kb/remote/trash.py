"""What goes into the trash and comes out of it: documents, each with the parts of its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desktop_kb.errors import Problem
from desktop_kb.records import Location
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
        rows.save(replace(inherits(twin, row), places={**row.places, **twin.places}))
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
