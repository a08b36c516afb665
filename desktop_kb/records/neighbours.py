"""Passages as a storage engine gives them to the landscape: in columns, by the ids of their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_kb.errors import Problem
from desktop_kb.records.values import Floats, Ints

Ids = NDArray[np.int64]
#: What long work calls now and then; it raises where the work is to end.
Checkpoint = Callable[[], None]


def go_on() -> None:
    """The checkpoint of work that goes to its end."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Passages with their neighbours and places, by their ids.

    Attributes:
        ids: int64 (n,), ascending.
        documents: the public ids of their documents; `owner`, int32 (n,), says which is whose.
        starts, ends: int32 (n,), in the document's text.
        languages: of each passage, by its letters.
        near: the ids of its neighbours, the nearest first, int64 (n, 10), 0 for none. One that is not among the
            library's passages any more does not count.
        alike: their cosines from the means of their languages, float32 (n, 10).
        places: float32 (n, 2), NaN where it has none.
    """

    ids: Ids
    documents: tuple[str, ...]
    owner: Ints
    starts: Ints
    ends: Ints
    languages: tuple[str, ...]
    near: Ids
    alike: Floats
    places: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self, ids: Ids) -> Ints:
        """The positions of passages by their ids, int32 of the same shape, -1 for those that are not there."""
        if not len(self.ids):
            return np.full(ids.shape, -1, np.int32)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1).astype(np.int32)

    def taken(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Ground:
        """Some of the passages, in ascending order."""
        owners, owner = np.unique(self.owner[which], return_inverse=True)
        kept = np.arange(len(self.ids))[which]
        return Ground(
            self.ids[which],
            tuple(self.documents[one] for one in owners),
            owner.astype(np.int32),
            self.starts[which],
            self.ends[which],
            tuple(self.languages[at] for at in kept.tolist()),
            self.near[which],
            self.alike[which],
            self.places[which],
        )

    def holding(self, document: str, offset: int) -> int:
        """The position of the passage that holds an offset of a document's text.

        Raises:
            Problem: there is none ('not-found').
        """
        owner = self.documents.index(document) if document in self.documents else -1
        found = np.flatnonzero((self.owner == owner) & (self.starts <= offset) & (self.ends > offset))
        if not len(found):
            raise Problem("not-found", what=document)
        return int(found[0])
