"""The text of a file, and its layout: pages, headings and edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from desktop_kb.records.values import Value

#: The result of a trial drawing of a PDF's pages; 'late' (a timeout) says nothing about the file.
DrawingTrial = Literal["drawn", "late", "failed"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF: its characters are `text[start:end]`; `label` is its printed page number."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line `text[start:end]`; `level` counts from 1; `title` is its reading."""

    start: int
    end: int
    level: int
    title: str


class Edit(NamedTuple):
    """`text[start:end]` is read as `text` ('' drops it); see `reading`. A NamedTuple, which is created five
    times as fast as a dataclass: a book has 130,000 edits."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Pages, headings and edits of a document's text; stored with it."""

    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the extraction child found in one file; `title` is '' if the file has none."""

    text: str
    title: str
    layout: Layout = Layout()
    metadata: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
