"""The landscape of a library, and the ways in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.files import write_whole
from desktop_kb.kb import lists
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import ColouredBy, Landscape, Step

log = logging.getLogger(__name__)

#: Questions without an answer that are remembered.
_KEPT: Final = 40


class Surveying(OpenLibrary):
    """Methods for the landscape."""

    def landscape(
        self, filters: Sequence[str] = (), *, questions: Sequence[str] | None = None, measured: bool = False
    ) -> Landscape:
        """The documents that match as a landscape. Takes seconds, and longer where the library's neighbours are not
        known yet.

        Args:
            questions: such as nothing answered; the landscape says where their answers would be. None are those
                that are `unanswered`.
            measured: whether to measure its surface too.

        Raises:
            UsageProblem: a filter is not valid.
            StorageProblem: the library cannot be read.
        """
        self._refuse_team()
        asked = self.unanswered() if questions is None else questions
        found = self._surveyor.survey(lists.filters(filters), asked)
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

    def unanswered(self) -> list[str]:
        """The person's questions that nothing answered well, the last one first."""
        file = self.library.unanswered
        try:
            found = json.loads(file.read_bytes()) if file.exists() else []
        except (OSError, ValueError):
            found = None
        if not isinstance(found, list):
            log.warning("what was kept of unanswered questions cannot be read")
            return []
        return [str(one) for one in found]

    def note_question(self, question: str, *, answered: bool) -> None:
        """Remember a question of the person's that nothing answers, and forget one that something does. On a full disk
        it is not: whoever asks is owed the answer, not this."""
        if not self._store.writable or not question.strip():
            return
        before = self.unanswered()
        others = [one for one in before if one != question]
        now = others if answered else [question, *others][:_KEPT]
        if now == before:
            return
        try:
            write_whole(self.library.unanswered, json.dumps(now).encode())
        except OSError:
            log.warning("a question without an answer is not remembered", exc_info=True)

    def _refuse_team(self) -> None:
        """A team's library keeps no neighbours."""
        if self._store.shared:
            raise Problem("no-team-landscape")
