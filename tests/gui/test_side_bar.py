"""The places of a library: which there are, and how many documents each holds."""

from __future__ import annotations

from dataclasses import replace

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


def test_tags_that_are_not_listed_are_counted(qtbot: QtBot) -> None:
    tags = [f"tag-{number:02}" for number in range(32)]
    shown = entries_of([replace(_document("md"), tags=tuple(tags))])
    assert [entry.label for entry in shown if entry.label in tags] == tags[:30]
    assert (shown[-1].label, shown[-1].target) == ("2 more: type tag:", None)
    shown = entries_of([replace(_document("md"), tags=tuple(tags[:30]))])
    assert shown[-1].label == tags[29]


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
