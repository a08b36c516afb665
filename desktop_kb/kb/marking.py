"""Marking passages, and the links that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_kb import paths
from desktop_kb.arguments import one_of
from desktop_kb.errors import Problem
from desktop_kb.kb import lists
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.reading import read
from desktop_kb.records import COLOURS, Colour, Hit, Link, Mark, PathLike, Why
from desktop_kb.store import id_of


class Marking(OpenLibrary):
    """Methods for marks and links."""

    @property
    def id(self) -> str:
        """The library's id, 16 hexadecimal digits; links name it."""
        return self._store.known_id

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

    @property
    def is_teams(self) -> bool:
        """Whether it is a team's library, in which marks can be shared."""
        return self._store.shared

    def share_marks(self, uids: Sequence[str]) -> None:
        """Let the others of a team's library see marks of this person, by their ids. One that is adrift stays here.

        Raises:
            TypeError: a single id was given instead of a list.
            Problem: one of them is not there, or another's ('no-mark'); then none is shared. Or the library is the
                person's own ('not-a-team'), or they may only read ('not-allowed').
        """
        self._store.marks.share(lists.marks(uids))

    def take_marks_back(self, uids: Sequence[str]) -> None:
        """Let nobody else see marks of this person any more; they stay here. Raises as `share_marks` does."""
        self._store.marks.take_back(lists.marks(uids))

    def put_marks_back(self, marks: Sequence[Mark]) -> None:
        """Put marks back that `unmark` took away.

        Raises:
            Problem: a document does not exist any more ('not-found'); then none is put back.
        """
        self._store.marks.put_back(marks)

    def link(self, shown: Mark | str, *, start: int | None = None, end: int | None = None) -> str:
        """A link to a mark, or to a document, by its id, or a passage `[start, end)` of it."""
        if isinstance(shown, Mark):
            return str(Link(self.id, shown.document, shown.page, shown.start, shown.end))
        return str(Link(self.id, shown, start=start, end=end))

    def passage(self, document: str, start: int | None, end: int | None, page: int | None = None) -> Hit:
        """`[start, end)` of a document's text as a hit that no question has found; without them where a page (from 1)
        begins. What lies beyond the text, as in a link that is older than it, is cut off.

        Raises:
            Problem: there is no such document ('not-found').
        """
        known = self._store.documents.find(only=[document])
        if not known:
            raise Problem("not-found", what=document)
        found = known[0]
        text, layout = self._store.documents.text(document)
        if start is None or end is None:
            number = min(page or 1, len(layout.pages))
            start = end = layout.pages[number - 1].start if number else 0
        start, end = min(start, len(text)), min(end, len(text))
        on, last = layout.page_at(start), layout.page_at(max(start, end - 1))
        return Hit(
            rank=0,
            document=document,
            path=found.path,
            places=found.places,
            title=found.title,
            type=found.type,
            heading=(),
            page=on,
            pages=None if on is None or last is None else (on, last),
            page_label=layout.pages[on - 1].label if on else None,
            start=start,
            end=end,
            text=text[start:end],
            shown=read(text, layout.edits, start, end).strip(),
            best=(start, end),
            score=0.0,
            weak=False,
            why=Why((), None, ()),
            part=found.part,
            date=found.date,
        )

    def _mark(self, uid: str) -> Mark:
        found = self._store.marks.find(uids=[uid])
        if not found:
            raise Problem("no-mark", what=uid)
        return found[0]


def library_id(library: PathLike | None = None) -> str | None:
    """The id of the library in a folder (None: the person's default one); None if there is none that can be read."""
    return id_of(paths.library(library))
