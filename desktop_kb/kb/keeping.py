"""The documents of a library: listing, finding, inspecting, editing and removing them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from desktop_kb.arguments import one_of
from desktop_kb.errors import DocumentProblem, Problem
from desktop_kb.files import is_there
from desktop_kb.formats import format_of, shown_as
from desktop_kb.ingest.passages import inspection
from desktop_kb.kb import lists, originals
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.reading import read
from desktop_kb.records import (
    ColourPicture,
    Document,
    DocumentFilter,
    DrawingTrial,
    Inspection,
    Layout,
    Look,
    PathLike,
    Picture,
    SearchSort,
    Value,
)
from desktop_kb.search.query import parse

log = logging.getLogger(__name__)


class Keeping(OpenLibrary):
    """Methods that return what is known of documents, and that edit or remove them."""

    def document(self, id: str) -> Document:
        """The document with this id.

        Raises:
            Problem: it does not exist or is in the trash ('not-found').
        """
        found = self._store.documents.find(only=[id])
        if not found:
            raise Problem("not-found", what=id)
        return found[0]

    def get(self, document: PathLike) -> Document:
        """The document with this id, or whose file has this path.

        Raises:
            TypeError: it is neither a string nor a path.
            Problem: there is none in the library ('not-found').
        """
        if not isinstance(document, str | os.PathLike):
            raise TypeError(f"an id or a path is a str or Path, not {document!r:.80}")
        if isinstance(document, str) and (found := self._store.documents.find(only=[document])):
            return found[0]
        place = self._store.documents.place(os.path.abspath(Path(document).expanduser()))  # noqa: PTH100 - symlinks stay
        if place is None:
            raise Problem("not-found", what=str(document))
        return self.document(place.document)

    def documents(self, filters: Sequence[str] = (), *, sort: SearchSort = "score") -> list[Document]:
        """The documents that match.

        Args:
            sort: 'date', 'added', 'modified' (the newest first) or 'title'; 'score' is the order in which they came.

        Raises:
            UsageProblem: a filter is not valid.
            ValueError: there is no such order.
        """
        one_of("sort", sort, get_args(SearchSort))
        return self._store.documents.find(lists.filters(filters), sort=sort)

    def filter(self, query: str, *, removed: bool = False) -> DocumentFilter:
        """Parse a query and apply its filters to the documents; with `removed`, to those in the trash."""
        asked = parse(query, self._store.documents.keys())
        return DocumentFilter(
            (*asked.text.split(), *asked.phrases),
            asked.excluded,
            self._store.documents.ids(asked.filters, removed=removed) if asked.filters else None,
        )

    def find(self, targets: Sequence[str]) -> list[Document]:
        """The documents given by ids, paths (a folder means everything in it) or filters, and the parts of their files
        that go where they go.

        Raises:
            UsageProblem: a target is none of these.
            Problem: a path is not in the library.
            TypeError: a single target was given instead of a list.
        """
        targets = lists.targets(targets)
        found: dict[str, Document] = {}
        for target in targets:
            found |= {document.document: document for document in self._named_by(target)}
        for document in list(found.values()):
            found |= {part.document: part for part in self._parts_of(document)}
        return list(found.values())

    def trash(self) -> list[Document]:
        """The documents in the trash, which can be restored, oldest first."""
        return self._store.documents.find(removed=True)

    def filter_keys(self) -> list[str]:
        """Every key that a filter can use."""
        return sorted(self._store.documents.keys())

    def text(self, document: str) -> tuple[str, Layout]:
        """The whole text of a document, by its id, and its layout (pages, headings, edits).

        Raises:
            Problem: there is no such document ('not-found'). Every method that takes an id raises this.
        """
        return self._store.documents.text(document)

    def reading(self, document: str, start: int, end: int) -> str:
        """The cleaned reading of `[start, end)` of a document's raw text."""
        text, layout = self.text(document)
        return read(text, layout.edits, start, end).strip()

    def file(self, document: str) -> Path | None:
        """A file with a document's bytes: the library's copy, otherwise an original that exists. A part has none."""
        return next(filter(is_there, self._store.sources(document)[1]), None)

    def try_drawing(self, document: str, page: int = 1) -> DrawingTrial:
        """Whether a PDF's first page and those around `page` can be drawn. A child process with limits tries
        it; 'late' means that the time ran out, perhaps on a busy machine. A hostile file takes seconds, so
        do not call it on the window's thread."""
        file = self.file(document)
        format = format_of(file) if file else None
        if file is None or format is None or format.preview != "pages":
            return "failed"
        return self._previewer.try_drawing(file, sorted({1, max(1, page - 1), page, page + 1}))

    def looks(self, document: str, text: str) -> tuple[Look, ...]:
        """How words look in a document's file, which a child process reads again within limits; nothing where its
        format does not tell, where the file is gone, or says something else than `text` by now."""
        shown = self.document(document)
        if not shown_as(shown.type).dressed:
            return ()
        file = Path(shown.path) if shown.part else self.file(document)
        try:
            return self._previewer.looks(file, text, part=shown.part) if file is not None else ()
        except DocumentProblem:
            log.info("%s is shown plain", document, exc_info=True)
            return ()

    def pictures(self, document: str, names: Sequence[str]) -> Mapping[str, ColourPicture]:
        """Pictures that stand in a document's file, by their names in it as its looks tell them, drawn by a child
        process with limits; those that cannot be drawn are not among them."""
        shown = self.document(document)
        file = Path(shown.path) if shown.part else self.file(document)
        try:
            return self._previewer.pictures(file, names, part=shown.part) if file is not None else {}
        except DocumentProblem:
            log.info("%s is shown without its pictures", document, exc_info=True)
            return {}

    def picture(self, document: str, page: int = 1) -> Picture:
        """A page of a PDF or of a picture in grey, drawn by a child process with limits.

        Raises:
            Problem: there is no such document ('not-found').
            DocumentProblem: its file is gone, or the page cannot be drawn.
        """
        file = self.file(document)
        if file is None:
            raise DocumentProblem("vanished", path=self.document(document).path)
        return self._previewer.picture(file, page - 1)

    def inspect(self, document: str) -> Inspection:
        """How a document is cut into passages, and the similarity curve that the cuts follow.

        Raises:
            Problem: there is no such document ('not-found').
        """
        found = self.document(document)
        text, layout = self.text(document)
        generation = self._store.index.generation()
        model = generation.reader.model if generation and generation.reader else None
        chunks = self._store.index.passages(document)
        return inspection(document, found.title, text, layout, chunks, model)

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents, by id, into the library's trash. Original files are not touched.

        Raises:
            TypeError: a single id was given instead of a list.
            Problem: an id is not in the library ('not-found'); then nothing is removed.
        """
        self._store.documents.remove(lists.documents(documents))

    def prune(self, filters: Sequence[str] = (), *, yes: bool = False) -> list[Document]:
        """The documents whose file is gone from all its places, and of which the library has no copy; with `yes`
        they are moved into the trash. A file whose drive is not connected is not gone.

        Raises:
            UsageProblem: a filter is not valid.
        """
        parsed = lists.filters(filters)
        originals.mark_all(self._store, self._store.documents.ids(parsed))
        gone = [
            document
            for document in self._store.documents.find(parsed)
            if document.gone and not (document.copied if document.part else self.file(document.document))
        ]
        if yes:
            self._store.documents.remove([document.document for document in gone])
        return gone

    def tag(self, documents: Sequence[str], tags: Sequence[str]) -> None:
        """Add these tags to documents, by id.

        Raises:
            TypeError: a single id or tag was given instead of a list.
            Problem: an id is not in the library ('not-found'); then nothing is changed.
        """
        documents, tags = lists.documents(documents), lists.tags(tags)
        self._store.documents.edit(documents, tags=tags)

    def untag(self, documents: Sequence[str], tags: Sequence[str]) -> None:
        """Remove these tags from documents, by id.

        Raises:
            TypeError: a single id or tag was given instead of a list.
            Problem: an id is not in the library ('not-found'); then nothing is changed.
        """
        documents, tags = lists.documents(documents), lists.tags(tags)
        self._store.documents.edit(documents, untag=tags)

    def set_metadata(self, documents: str | Sequence[str], values: Mapping[str, Value]) -> None:
        """Set metadata of a document, by id, or of several. The person's values take precedence over those read
        from the file; '' removes the person's value. `title` is the document's title.

        Raises:
            Problem: there is no such document ('not-found'); then nothing is changed.
        """
        ids = [documents] if isinstance(documents, str) else lists.documents(documents)
        self._store.documents.edit(ids, metadata=values)

    def own_values(self, documents: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """The values that the person gave documents, by id: those that `set_metadata` can take back.

        Raises:
            Problem: there is no such document ('not-found').
        """
        return self._store.documents.own_values(lists.documents(documents))

    def _parts_of(self, document: Document) -> list[Document]:
        """The documents that stand in the file of this one only."""
        if document.part:
            return []
        stands = (place for path in document.places for place in self._store.documents.places(path))
        inside = {place.document for place in stands if place.part}
        found = self._store.documents.find(only=sorted(inside)) if inside else []
        return [one for one in found if one.part and set(one.places) <= set(document.places)]

    def _named_by(self, target: str) -> list[Document]:
        """The documents given by one target; none for a filter that nothing matches."""
        if by_id := self._store.documents.find(only=[target]):
            return by_id
        path = Path(os.path.abspath(Path(target).expanduser()))  # noqa: PTH100 - symlinks stay
        if inside := self._store.documents.below(str(path)):
            return self._store.documents.find(only=inside)
        if path.exists() or any(sign in target for sign in (os.sep, os.altsep) if sign):
            raise Problem("not-found", what=target)
        return self.documents([target])
