"""The places of a library: which there are, and how many documents each holds."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop_kb import formats
from desktop_kb.gui.side_bar import entries_of
from desktop_kb.records import Document


def _document(type: str) -> Document:
    return Document(
        document=type,
        path=f"/d/{type}",
        places=(),
        title=type,
        type=type,
        status="ready",
        pages=0,
        chunks=1,
        tags=(),
        metadata={},
        added="2026-01-01",
    )


def test_every_format_is_counted_at_one_place(qtbot: QtBot) -> None:
    documents = [_document(format.type) for format in formats.FORMATS]
    counts = {
        name: entry.count
        for entry in entries_of(documents)
        if entry.target is not None
        for key, _, name in [entry.target.value.partition(":")]
        if key == "type"
    }
    assert counts == {group: len(formats.types_named(group)) for group in formats.GROUPS}
    assert sum(count or 0 for count in counts.values()) == len(formats.FORMATS)
