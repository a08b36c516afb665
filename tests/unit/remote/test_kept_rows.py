"""What a client keeps of a library on an engine is of the state that was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from desktop_kb.remote import schema
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.row import Row, packed
from desktop_kb.remote.session import Session


class State:
    """A transaction that sees these documents."""

    def __init__(self, changed: int, rows: Sequence[Row]) -> None:
        self.library, self.changed, self.seen = "bees", changed, rows

    def rows(self, sql: str, values: Sequence[int] = ()) -> list[tuple[Any, ...]]:
        if "from library" in sql:
            return [(self.changed, schema.VERSION)]
        return [
            (row.id, row.uid, row.content_hash, row.revision, row.status, packed(row)) for row in self.seen
        ]

    def value(self, sql: str, values: Sequence[int] = ()) -> int:
        return len(self.seen)


def test_who_began_earlier_keeps_no_keys_for_who_began_later() -> None:
    """Of two threads at once the one with the older state asked last."""
    old = Row(1, "1" * 16, "1", "pdf", "Bees", "2026-01-01", own={"year": 2020})
    new = replace(old, own={"year": 2020, "hive": 3})
    before, after = (cast(Session, State(changed, [row])) for changed, row in ((1, old), (2, new)))
    catalogue = Catalogue()
    assert len(catalogue.rows(after)) == 1
    assert catalogue.keys(before) == {"year"}
    assert catalogue.keys(after) == {"year", "hive"}
