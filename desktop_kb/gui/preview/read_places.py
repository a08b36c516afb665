"""What a person read last and where, so that they can go on there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QSettings

from desktop_kb.gui.preview.trail import Place, Trail
from desktop_kb.records import Document, Hit, Why

_NAME: Final = "read"
_PLACES: Final = "places"
_KEPT: Final = 60
_KEPT_PLACES: Final = 500


class ReadPlaces:
    """Kept with the window's state, the last one first, one for each document; a document's id says in which
    library it is. `trail` is the way through them since the program was started."""

    def __init__(self, state: QSettings) -> None:
        self.state = state
        self.trail = Trail()
        #: where each document was left, the last one last
        self._left: dict[str, list[object]] = json.loads(str(state.value(_PLACES, "{}")))
        self._places: list[dict[str, object]] = json.loads(str(state.value(_NAME, "[]")))

    def visit(self, shown: Hit | Document) -> None:
        """The person reads this."""
        self.trail.visit(shown)
        if isinstance(shown, Hit):
            self.add(shown)
            self.leave(shown.document, Place("offset", shown.start))
        else:
            self.leave(shown.document, self.place(shown.document) or Place("offset", 0))

    def leave(self, document: str, place: Place) -> None:
        """The person was at this place in a document."""
        self._left.pop(document, None)
        self._left[document] = [*place]
        self._left = dict(list(self._left.items())[-_KEPT_PLACES:])
        self.state.setValue(_PLACES, json.dumps(self._left))

    def place(self, document: str) -> Place | None:
        """Where the person was in a document when it was read last."""
        match self._left.get(document):
            case [str(kind), int(at), int() | float() as share]:
                return Place(kind, at, float(share))
        return None

    def opened(self, documents: Mapping[str, Document], most: int) -> list[Document]:
        """The documents in which the person was last, the last one first."""
        found = (documents.get(one) for one in reversed(self._left))
        return [one for one in found if one is not None and one.status == "ready"][:most]

    def add(self, hit: Hit) -> None:
        """The person reads this passage."""
        place = {
            "document": hit.document, "start": hit.start, "end": hit.end, "best": hit.best, "page": hit.page,
            "page_label": hit.page_label, "heading": hit.heading,
        }  # fmt: skip
        others = [one for one in self._places if one["document"] != hit.document]
        written = json.dumps([place, *others][:_KEPT])
        self.state.setValue(_NAME, written)
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
