"""The marks that people share with the others of a library: they stand in the records of their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from desktop_kb.records import SharedMark
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.engine import Engine
from desktop_kb.remote.rows import Rows


class RemoteMarks:
    """`records.SharedMarks` of a library on an engine."""

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self._engine = engine
        self._catalogue = catalogue

    def all(self) -> Mapping[str, Sequence[SharedMark]]:
        """See `records.SharedMarks`."""
        with self._engine.reading() as session:
            rows = self._catalogue.rows(session)
        return {row.uid: row.marks for row in rows if row.marks and not row.removed}

    def share(self, marks: Mapping[str, Sequence[SharedMark]]) -> None:
        """See `records.SharedMarks`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            for uid, shared in marks.items():
                row = rows.known(uid)
                known = {one.uid: one for one in row.marks}
                own = {
                    one.uid: one._replace(by=session.user)
                    for one in shared
                    if _may(known.get(one.uid), session.user)
                }
                rows.save(replace(row, marks=tuple((known | own).values())))

    def take_back(self, marks: Mapping[str, Sequence[str]]) -> None:
        """See `records.SharedMarks`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            for uid, taken in marks.items():
                row = rows.known(uid)
                kept = (one for one in row.marks if one.uid not in taken or not _may(one, session.user))
                rows.save(replace(row, marks=tuple(kept)))


def _may(mark: SharedMark | None, user: str) -> bool:
    """Whether it is this person's to change: theirs, or not there yet."""
    return mark is None or mark.by == user
