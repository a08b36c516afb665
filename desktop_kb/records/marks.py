"""Marks: passages that a person has highlighted, or that a file has highlights of its own for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol, get_args

from desktop_kb.records.values import Located

Colour = Literal["yellow", "green", "blue", "red", "purple"]
COLOURS: Final[tuple[Colour, ...]] = get_args(Colour)


class OwnMark(NamedTuple):
    """A highlight or comment that the file itself has: `[start, end)` of its text, where that is known (else both are
    where its page begins), and what it marks, '' for a comment that marks nothing."""

    start: int
    end: int
    quote: str
    comment: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Mark(Located):
    """A marked passage.

    Attributes:
        document: the public id of its document; `path` and `part` say where that stands.
        page: the page where it begins, from 1, and `page_label` its printed number; None and '' without pages.
        start, end: `[start, end)` of the document's text; None if its words are not there any more: it is adrift.
        before, after: what stands around the quote; by them it is found again.
        created: ISO 8601, UTC.
        own: it is the file's own, which cannot be changed here.
        by: who shared it with this person, who cannot change it; '' if it is their own.
        shared: whether the others of a team's library see it.
    """

    uid: str
    document: str
    path: str
    part: str
    title: str
    type: str
    page: int | None
    page_label: str
    start: int | None
    end: int | None
    quote: str
    before: str
    after: str
    comment: str
    colour: Colour
    created: str
    own: bool = False
    by: str = ""
    shared: bool = False

    @property
    def is_mine(self) -> bool:
        """Whether this person made it, and may change it."""
        return not self.own and not self.by

    @property
    def adrift(self) -> bool:
        """Whether its words are not in the document's text any more."""
        return self.start is None


class SharedMark(NamedTuple):
    """A mark that others see too: where it stood when it was shared, and by whom."""

    uid: str
    start: int
    end: int
    quote: str
    before: str
    after: str
    comment: str
    colour: Colour
    created: str
    by: str = ""


class SharedMarks(Protocol):
    """The marks that people share in a team's library."""

    def all(self) -> Mapping[str, Sequence[SharedMark]]:
        """Those of documents that are not in the trash, by public id."""
        ...

    def share(self, marks: Mapping[str, Sequence[SharedMark]]) -> None:
        """Let all see these marks of documents, by public id, or these that they see as they are now.

        Raises:
            StorageProblem: this person may only read ('not-allowed').
        """
        ...

    def take_back(self, marks: Mapping[str, Sequence[str]]) -> None:
        """Let nobody else see these marks that this person shared, by the documents' public ids.

        Raises:
            StorageProblem: this person may only read ('not-allowed').
        """
        ...
