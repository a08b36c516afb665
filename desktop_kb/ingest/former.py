"""The document that a new file goes on with: one that was renamed and edited at once.

By its content such a file is new. Where a document of its folder, or of its name, is gone and most of what only that
one says stands in the new text, the person's tags, values and marks are taken over. The document that is gone stays as
it is: should the two be different notes after all, nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from desktop_kb.records import Document, File, JobOptions, Place, PlaceState
from desktop_kb.store import Store

#: The share of what only the gone document says that is in the new one, and how many characters that is at least:
#: what notes of one template have in common is less, or stands in others too.
_SAME: Final = 0.7
_LEAST: Final = 100
#: Other documents of the folder that are asked what they say too.
_OTHERS: Final = 40
_END: Final = re.compile(r"[\n.!?。！？]+")


class Former(NamedTuple):
    """Where it was, what the person gave it, and its id, by which its marks are had."""

    path: str
    options: JobOptions
    document: str


def former(store: Store, file: File, text: str, given: JobOptions) -> Former | None:
    """What the new file goes on with; None if there is no such document, or nothing that could be taken over.

    Args:
        given: what the person asked for with the file, which counts before.
    """
    if file.part:
        return None
    # Those that are there are asked for later: for each of 10,000 new files of a folder that is 68 ms, this 1.
    lost = {place.document for place in _beside(store, file, "gone")}
    before = store.documents.place(given.was) if given.was else None
    if before is not None and before.type == file.type:
        lost.add(before.document)
    if not lost:
        return None
    own = store.documents.own_values(sorted(lost))
    marked = {mark.document for mark in store.marks.find(only=sorted(lost)) if not mark.own}
    kept = [
        document
        for document in store.documents.find(only=sorted(lost))
        if document.gone and (document.tags or own[document.document] or document.document in marked)
    ]
    others = [place.document for place in _beside(store, file, "there")][-_OTHERS:]
    found = _nearest(store, kept, others, _sentences(text))
    if found is None:
        return None
    tags = tuple(dict.fromkeys((*given.tags, *found.tags)))
    metadata = {**own[found.document], **given.metadata}
    return Former(found.path, replace(given, tags=tags, metadata=metadata), found.document)


def _beside(store: Store, file: File, state: PlaceState) -> list[Place]:
    """The other files of its kind in its folder that are in this state."""
    folder = Path(file.path).parent
    return [
        place
        for place in store.documents.places(str(folder), state=state)
        if not place.part and place.type == file.type and Path(place.path).parent == folder
    ]


def _nearest(
    store: Store, lost: Sequence[Document], others: Sequence[str], new: frozenset[str]
) -> Document | None:
    """Of what is gone, the one whose own sentences are in the new text; none where it may be one of several."""
    if not lost:
        return None
    common = frozenset[str]().union(*(_sentences(store.documents.text(one)[0]) for one in others))
    found = []
    for document in lost:
        own = _sentences(store.documents.text(document.document)[0]) - common
        shared = sum(map(len, own & new))
        if shared >= max(_LEAST, _SAME * sum(map(len, own))):
            found.append(document)
    return found[0] if len(found) == 1 else None


def _sentences(text: str) -> frozenset[str]:
    """The distinct sentences, without blanks and capitals."""
    return frozenset(filter(None, ("".join(one.split()).casefold() for one in _END.split(text))))
