"""The text of a file, and its layout: pages, headings and edits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from desktop_kb.records.marks import OwnMark
from desktop_kb.records.values import Value

#: The result of a trial drawing of a PDF's pages; 'late' (a timeout) says nothing about the file.
DrawingTrial = Literal["drawn", "late", "failed"]

#: What was read of a page: its text; what was recognized in its picture; nothing yet; letters that it does not
#: show; nothing, since its words are drawn, since it is blank, or since it is a picture.
PageState = Literal["text", "recognized", "waiting", "garbled", "drawn", "blank", "none"]
#: The letter that stands for each state where one is kept for every page.
_LETTERS: Final[dict[PageState, str]] = {
    "text": "t",
    "recognized": "r",
    "waiting": "w",
    "garbled": "g",
    "drawn": "d",
    "blank": "b",
    "none": "n",
}
PAGE_STATES: Final = tuple(_LETTERS)
#: Words may be read in the picture of such a page.
_UNREAD: Final[frozenset[PageState]] = frozenset({"garbled", "drawn", "none"})


def pack_states(states: Iterable[PageState]) -> str:
    """One letter for each page."""
    return "".join(_LETTERS[state] for state in states)


def awaiting(states: Iterable[PageState], tried: Container[int]) -> tuple[PageState, ...]:
    """The states of pages once those wait to be recognized that hold no text that can be read; `tried` (from 0)
    are those that were recognized before."""
    return tuple(
        "waiting" if state in _UNREAD and page not in tried else state for page, state in enumerate(states)
    )


def unpack_states(letters: str) -> tuple[PageState, ...]:
    """The states that `pack_states` packed.

    Raises:
        ValueError: it has packed no such letters.
    """
    states = {letter: state for state, letter in _LETTERS.items()}
    if not set(letters) <= states.keys():
        raise ValueError("page states")
    return tuple(states[letter] for letter in letters)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF: its characters are `text[start:end]`; `label` is its printed page number; `recognized`: they
    were read in its picture."""

    start: int
    end: int
    label: str
    recognized: bool = False


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


#: How words look in their file, or what a paragraph is there; `Look.detail` says more.
LookKind = Literal[
    "bold",
    "italic",
    "code",
    "struck",
    "raised",
    "lowered",
    "link",  # where it leads
    "math",  # a formula in TeX
    "listing",  # lines of code
    "quote",
    "callout",  # its kind: 'note', 'warning'
    "item",  # its bullet or number, which the text may begin with
    "image",  # where the file is; shown behind the paragraph
    "figure",  # its name in the file itself; shown so too
]


class Look(NamedTuple):
    """`text[start:end]` looks like this in the file. Told beside the text when a file is read, and not stored: who
    shows a document reads the file again."""

    start: int
    end: int
    kind: LookKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Pages, headings and edits of a document's text; stored with it. `seen` is where on their pages recognized
    lines stand, as `pack_seen` packs them: only who shows a page looks into it."""

    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    edits: tuple[Edit, ...] = ()
    seen: bytes = b""

    def page_at(self, offset: int) -> int | None:
        """The page (from 1) of the character at `offset`; None if the document has no pages."""
        return max(1, bisect_right(self.pages, offset, key=lambda page: page.start)) if self.pages else None


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the extraction child found in one file; `title` is '' if the file has none. `page_states` has one
    for each page, where the file has pages. `parts` names the files in it that become documents of their own,
    `parts_left_out` counts the others. A reader says only that it `holds_files` that can be offered, and counts those
    that it did not look at; the child does the rest. `marks` are the file's own highlights and comments."""

    text: str
    title: str
    layout: Layout = Layout()
    metadata: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    page_states: tuple[PageState, ...] = ()
    parts_left_out: int = 0
    parts: tuple[str, ...] = ()
    holds_files: bool = False
    looks: tuple[Look, ...] = ()
    marks: tuple[OwnMark, ...] = ()
