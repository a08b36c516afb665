"""The landscape of a library, and the ways in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desktop_kb.errors import Problem
from desktop_kb.kb import lists
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import ColouredBy, Landscape, Step


class Surveying(OpenLibrary):
    """Methods for the landscape."""

    def landscape(
        self, filters: Sequence[str] = (), *, questions: Sequence[str] = (), measured: bool = False
    ) -> Landscape:
        """The documents that match as a landscape. Takes seconds, and longer where the library's neighbours are not
        known yet.

        Args:
            questions: such as nothing answered; the landscape says where their answers would be.

            measured: whether to measure its surface too.

        Raises:
            UsageProblem: a filter is not valid.
            StorageProblem: the library cannot be read.
        """
        self._refuse_team()
        found = self._surveyor.survey(lists.filters(filters), questions)
        return replace(found, measures=self._surveyor.measures()) if measured else found

    @staticmethod
    def draw(landscape: Landscape, color: ColouredBy = "language", language: str = "en") -> str:
        """A landscape as a drawing (SVG), its dots coloured by this, the names of topics in this language where they
        have one in it."""
        from desktop_kb.landscape.drawing import draw

        return draw(landscape, color, language)

    def way(self, begin: tuple[str, int], end: tuple[str, int]) -> list[Step]:
        """The way from one passage to another along passages that are alike, both of them included.

        Args:
            begin, end: a document and an offset in its text, which the passage holds.

        Raises:
            Problem: there is no such passage ('not-found'), or no way between them ('no-way').
        """
        self._refuse_team()
        return self._surveyor.way(begin, end)

    def _refuse_team(self) -> None:
        """A team's library keeps no neighbours."""
        if self._store.shared:
            raise Problem("not-of-a-team")
