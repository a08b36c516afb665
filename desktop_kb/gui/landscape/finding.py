"""Which documents stand out: not read yet, old, lonely; and which passages are theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np

from desktop_kb.records import Document, Hit, Landscape

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Find = Literal["", "unread", "old", "lonely"]
#: Their names in English.
FINDS: Final[dict[Find, str]] = {
    "": "Find …",
    "unread": "Not read yet",
    "old": "The oldest",
    "lonely": "The loneliest",
}
#: What share of all documents is old, or lonely, and how many at most.
_SHARE: Final = 0.1
_MOST: Final = 50


def found(
    find: Find, landscape: Landscape, documents: Mapping[str, Document], read: Collection[str]
) -> list[int]:
    """The positions of the documents that stand out so.

    Args:
        documents: the library's, by their ids.
        read: the ids of those that the person has opened.
    """
    rows = range(len(landscape.documents))
    if find == "unread":
        return [at for at in rows if landscape.documents[at].document not in read]
    if find == "old":
        dated = {at: _date(documents.get(landscape.documents[at].document)) for at in rows}
        ranked = sorted((at for at, date in dated.items() if date), key=lambda at: dated[at])
    elif find == "lonely":
        ranked = sorted(rows, key=lambda at: landscape.documents[at].near)
    else:
        return []
    return ranked[: min(_MOST, max(1, round(_SHARE * len(ranked))))]


def _date(document: Document | None) -> str:
    """What a document says of itself, else when its file was changed; '' if neither is known."""
    return "" if document is None else document.date or document.modified[:10]


def passages_of(landscape: Landscape, documents: Sequence[int]) -> Mask:
    """Which passages are these documents', bool (n,)."""
    wanted = np.zeros(len(landscape.documents), bool)
    wanted[list(documents)] = True
    return wanted[landscape.passages.owner]


def documents_of(landscape: Landscape, passages: Mask) -> list[int]:
    """The positions of the documents that these passages are of."""
    return [int(at) for at in np.unique(landscape.passages.owner[passages])]


def still(before: Landscape, passages: Mask, after: Landscape) -> Mask:
    """Which passages of a later landscape are these of an earlier one, bool (n,)."""
    at = {one.document: number for number, one in enumerate(after.documents)}
    owners = np.array([at.get(one.document, -1) for one in before.documents], np.int64)
    kept = (owners[before.passages.owner[passages]] << 32) + before.passages.starts[passages]
    return np.isin((after.passages.owner.astype(np.int64) << 32) + after.passages.starts, kept)


def passages_of_hits(landscape: Landscape, hits: Sequence[Hit]) -> list[int]:
    """The positions of hits, in their order; of a hit that is a part of a passage that passage's."""
    rows, number = landscape.passages, {one.document: at for at, one in enumerate(landscape.documents)}
    made = []
    for hit in hits:
        if hit.document in number:
            (at,) = np.nonzero(
                (rows.owner == number[hit.document]) & (rows.starts <= hit.start) & (rows.ends > hit.start)
            )
            made += [int(at[0])] if len(at) else []
    return list(dict.fromkeys(made))


def first_passage(landscape: Landscape, document: int) -> int | None:
    """The position of a document's first passage."""
    (at,) = np.nonzero(landscape.passages.owner == document)
    return int(at[landscape.passages.starts[at].argmin()]) if len(at) else None
