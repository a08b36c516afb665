"""Marking passages, and the links that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_kb.arguments import one_of
from desktop_kb.errors import Problem
from desktop_kb.kb import lists
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import COLOURS, Colour, Link, Mark


class Marking(OpenLibrary):
    """Methods for marks and links."""

    def marks(self, filters: Sequence[str] = (), *, documents: Sequence[str] | None = None) -> list[Mark]:
        """The marked passages of the documents that match, in the order of their texts; those that files have of their
        own stand among them.

        Args:
            documents: only of documents with these ids.

        Raises:
            UsageProblem: a filter is not valid.
        """
        only = None if documents is None else lists.documents(documents)
        return self._store.marks.find(lists.filters(filters), only=only)

    def mark(
        self, document: str, start: int, end: int, *, comment: str = "", colour: Colour = "yellow"
    ) -> Mark:
        """Mark `[start, end)` of a document's text. The file stays as it is.

        Raises:
            ValueError: there is no such colour.
            Problem: there is no such document ('not-found').
            UsageProblem: nothing is said there, or too much ('not-marked').
        """
        one_of("colour", colour, COLOURS)
        uid = self._store.marks.add(document, start, end, comment=comment, colour=colour)
        return self._mark(uid)

    def change_mark(self, uid: str, *, comment: str | None = None, colour: Colour | None = None) -> Mark:
        """Give a mark another comment or colour; one that its file has of its own cannot be changed.

        Raises:
            ValueError: there is no such colour.
            Problem: there is no such mark ('no-mark').
        """
        if colour is not None:
            one_of("colour", colour, COLOURS)
        self._store.marks.edit(uid, comment, colour)
        return self._mark(uid)

    def unmark(self, uids: Sequence[str]) -> list[Mark]:
        """Take marks away, by their ids; returns what they were, for `put_marks_back`.

        Raises:
            TypeError: a single id was given instead of a list.
            Problem: one of them does not exist ('no-mark'); then none is taken away.
        """
        uids = lists.marks(uids)
        were = self._store.marks.find(uids=uids)
        self._store.marks.remove(uids)
        return were

    def put_marks_back(self, marks: Sequence[Mark]) -> None:
        """Put marks back that `unmark` took away.

        Raises:
            Problem: a document does not exist any more ('not-found'); then none is put back.
        """
        self._store.marks.put_back(marks)

    def link(self, shown: Mark | str, *, start: int | None = None, end: int | None = None) -> str:
        """A link to a mark, or to a document, by its id, or a passage `[start, end)` of it."""
        if isinstance(shown, Mark):
            return str(Link(self._store.id, shown.document, shown.page, shown.start, shown.end))
        return str(Link(self._store.id, shown, start=start, end=end))

    def _mark(self, uid: str) -> Mark:
        found = self._store.marks.find(uids=[uid])
        if not found:
            raise Problem("no-mark", what=uid)
        return found[0]
