"""The data that the window loads from a library on a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop_kb.gui.places import Counts
from desktop_kb.gui.preview.note_pictures import Picture
from desktop_kb.kb import Status
from desktop_kb.records import Document, Layout, Look

#: How many raw characters on either side of the passage are laid out: about 60 pages, which take 40 ms.
REACH: Final = 100_000


@dataclass(frozen=True, slots=True)
class Library:
    """All documents, the status, every key that a filter may have; how many documents the person's saved filters let
    through, how many are what; which folders are followed; and how many documents have marks."""

    documents: list[Document]
    status: Status
    keys: frozenset[str]
    groups: Mapping[str, int]
    counts: Counts
    followed: Sequence[str] = ()
    marked: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """What a preview needs of one document.

    Attributes:
        text: the document's whole text.
        file: the file whose pages are drawn; None shows the text.
        pages: a PDF of its pages, drawn in place of the file if there are any.
        pictures: a document's own pictures around the passage.
        looks: how its words look, where its reader tells.
        late: drawing the pages on trial exceeded the time limit; another trial may succeed.
    """

    text: str
    layout: Layout
    file: Path | None = None
    pictures: Sequence[Picture] = ()
    late: bool = False
    pages: bytes = b""
    looks: Sequence[Look] = ()
