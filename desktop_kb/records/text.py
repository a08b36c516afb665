"""What a file holds: its text, and where things stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from desktop_kb.records.values import Value

#: How it went to draw a PDF's pages on trial; 'late' says nothing about the file.
DrawingTrial = Literal["drawn", "late", "failed"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF: its characters are `text[start:end]`; `label` is what is printed on it."""

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
    """`text[start:end]` is read as `text` ('' drops it). See `reading`. A book has 130,000: made in a fifth of
    a dataclass's time."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in a document's text; stored with it."""

    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extraction child found in one file; `title` is '' where the file names none."""

    text: str
    title: str
    layout: Layout = Layout()
    metadata: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
