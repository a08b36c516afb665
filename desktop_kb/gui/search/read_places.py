"""Which passages a person read last, so that they can go on there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QSettings

from desktop_kb.records import Document, Hit, Why

_NAME: Final = "read"
_KEPT: Final = 60


class ReadPlaces:
    """Kept with the window's state, the last one first, one for each document; a document's id says in which
    library it is."""

    def __init__(self, state: QSettings) -> None:
        self._state = state
        self._places: list[dict[str, object]] = json.loads(str(state.value(_NAME, "[]")))

    def add(self, hit: Hit) -> None:
        """The person reads this passage."""
        place = {
            "document": hit.document, "start": hit.start, "end": hit.end, "best": hit.best, "page": hit.page,
            "page_label": hit.page_label, "heading": hit.heading,
        }  # fmt: skip
        others = [one for one in self._places if one["document"] != hit.document]
        written = json.dumps([place, *others][:_KEPT])
        self._state.setValue(_NAME, written)
        self._places = json.loads(written)

    def last(self, documents: Mapping[str, Document], most: int) -> list[Hit]:
        """The passages read last in these documents, as hits without a question."""
        found = []
        for place in self._places:
            document = documents.get(str(place["document"]))
            if document is not None and document.status == "ready":
                found.append(_hit(place, document))
        return found[:most]


def _hit(place: Mapping[str, object], document: Document) -> Hit:
    page, start, end = place["page"], place["start"], place["end"]
    best, heading = place["best"], place["heading"]
    assert isinstance(start, int)
    assert isinstance(end, int)
    assert isinstance(best, list)
    assert isinstance(heading, list)
    assert page is None or isinstance(page, int)
    return Hit(
        rank=0,
        document=document.document,
        path=document.path,
        places=document.places,
        title=document.title,
        type=document.type,
        heading=tuple(map(str, heading)),
        page=page,
        pages=None if page is None else (page, page),
        page_label=None if place["page_label"] is None else str(place["page_label"]),
        start=start,
        end=end,
        text="",
        shown="",
        best=(int(best[0]), int(best[1])),
        score=0.0,
        weak=False,
        why=Why((), None, ()),
        part=document.part,
    )
