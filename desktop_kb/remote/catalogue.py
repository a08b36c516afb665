"""What a client keeps of a library between two transactions: the documents' records, which filters look at, counts of
terms, and layouts. All of it is of one state of the library, or brought up to it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from desktop_kb import codec
from desktop_kb.records import Generation, Layout
from desktop_kb.remote import schema
from desktop_kb.remote.row import TITLE, Row, unpacked
from desktop_kb.remote.rows import COLUMNS
from desktop_kb.remote.session import Session

_MOST_LAYOUTS = 64


class Catalogue:
    """Thread-safe."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._rows: dict[int, Row] = {}
        self._by_uid: dict[str, Row] = {}
        self._keys: tuple[int, frozenset[str]] | None = None
        self._state = 0
        self._counts: tuple[tuple[int, int], dict[tuple[str, str], int]] = ((0, 0), {})
        self._generations: dict[tuple[int, int], Generation] = {}
        self._layouts: OrderedDict[tuple[int, int], Layout] = OrderedDict()

    def rows(self, session: Session) -> list[Row]:
        """All documents, also those in the trash, as this transaction sees them, in the order in which they came."""
        return self._look(session)[1]

    def _look(self, session: Session) -> tuple[int, list[Row]]:
        """The state that this transaction sees, and its documents."""
        changed, version = session.rows("select changed, version from library")[0]
        schema.refuse_other(version, session.library)
        with self._guard:
            if changed < self._state:  # another thread looked later
                return changed, _read(session, 0)
            if changed > self._state:
                known = self._rows | {row.id: row for row in _read(session, self._state)}
                if len(known) != session.value(
                    "select count(*) from documents"
                ):  # some were deleted for good
                    known = {row.id: row for row in _read(session, 0)}
                self._rows, self._state = dict(sorted(known.items())), changed
                self._by_uid = {row.uid: row for row in self._rows.values()}
            return changed, list(self._rows.values())

    def known(self, changed: int) -> Mapping[str, Row] | None:
        """All documents in this state, by their public ids; None if another state was looked at last."""
        with self._guard:
            return self._by_uid if changed == self._state else None

    def keys(self, session: Session) -> frozenset[str]:
        """The keys of the values that documents have."""
        state, rows = self._look(session)
        found = self._keys
        if found is None or found[0] != state:
            found = (
                state,
                frozenset(
                    key
                    for row in rows
                    for own in (row.file_values, row.reference, row.own)
                    for key in own
                    if key != TITLE
                ),
            )
            self._keys = found
        return found[1]

    def counts(self, generation: int, changed: int) -> dict[tuple[str, str], int]:
        """The counts of terms in a generation in this state; the caller adds to them."""
        with self._guard:
            if self._counts[0] != (generation, changed):
                self._counts = (generation, changed), {}
            return self._counts[1]

    def counted(
        self, session: Session, found: Generation, count: Callable[[Session, Generation], Generation]
    ) -> Generation:
        """A generation with what `count` says of it, as long as nothing is written the one that is known."""
        changed = session.value("select changed from library")
        with self._guard:
            known = self._generations.get((found.id, changed))
        if known is None or known.fingerprint != found.fingerprint:
            known = count(session, found)
            with self._guard:
                self._generations = {
                    key: one for key, one in self._generations.items() if key[1] == changed
                } | {(found.id, changed): known}
        return known

    def layouts(self, session: Session, rows: Sequence[Row]) -> dict[int, Layout]:
        """The layouts of documents, by their row ids."""
        with self._guard:
            found = {row.id: self._layouts.get((row.id, row.revision)) for row in rows}
        blobs = session.layouts_of([id for id, layout in found.items() if layout is None])
        made = {id: codec.unpack_layout(blob) if blob else Layout() for id, blob in blobs.items()}
        with self._guard:
            self._layouts.update(((row.id, row.revision), made[row.id]) for row in rows if row.id in made)
            while len(self._layouts) > _MOST_LAYOUTS:
                self._layouts.popitem(last=False)
        return {row.id: found[row.id] or made.get(row.id) or Layout() for row in rows}


def _read(session: Session, after: int) -> list[Row]:
    return [
        unpacked(one) for one in session.rows(f"select {COLUMNS} from documents where changed > %s", (after,))
    ]
