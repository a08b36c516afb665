"""The documents that a library keeps: found by name, looked into, marked, removed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from desktop_kb.errors import Problem
from desktop_kb.files import is_there
from desktop_kb.formats import format_of
from desktop_kb.ingest.passages import inspection
from desktop_kb.kb import lists
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.reading import read
from desktop_kb.records import Document, DrawingTrial, Inspection, Layout, Narrowed, Value
from desktop_kb.search.query import parse


class Keeping(OpenLibrary):
    """What is known of documents, and what a person changes of it."""

    def document(self, id: str) -> Document:
        """The document of this id.

        Raises:
            Problem: there is none ('not-found'), or it is in the trash.
        """
        found = self._store.documents.find(only=[id])
        if not found:
            raise Problem("not-found", what=id)
        return found[0]

    def documents(self, filters: Sequence[str] = ()) -> list[Document]:
        """The documents that match, oldest first.

        Raises:
            UsageProblem: a filter is none.
        """
        return self._store.documents.find(lists.filters(filters))

    def narrow(self, query: str, *, removed: bool = False) -> Narrowed:
        """What a query lets through of the documents themselves; with `removed`, of those in the trash."""
        asked = parse(query, self._store.documents.keys())
        return Narrowed(
            (*asked.text.split(), *asked.phrases),
            asked.excluded,
            self._store.documents.ids(asked.filters, removed=removed) if asked.filters else None,
        )

    def find(self, targets: Sequence[str]) -> list[Document]:
        """The documents that ids, paths (a folder means all in it) or filters name.

        Raises:
            UsageProblem: a target is none of these.
            Problem: a path is not in the library.
            TypeError: a single target where a list is meant.
        """
        targets = lists.targets(targets)
        found: dict[str, Document] = {}
        for target in targets:
            found |= {document.document: document for document in self._named_by(target)}
        return list(found.values())

    def trash(self) -> list[Document]:
        """What was removed and can be restored, oldest first."""
        return self._store.documents.find(removed=True)

    def filter_keys(self) -> list[str]:
        """Every key that a filter can name."""
        return sorted(self._store.documents.keys())

    def text(self, document: str) -> tuple[str, Layout]:
        """The whole text of a document by its id, and where things stand in it.

        Raises:
            Problem: there is no such document ('not-found'), here as in all that takes an id.
        """
        return self._store.documents.text(document)

    def reading(self, document: str, start: int, end: int) -> str:
        """What is read of `[start, end)` of a document's text."""
        text, layout = self.text(document)
        return read(text, layout.edits, start, end).strip()

    def file(self, document: str) -> Path | None:
        """Where a document's bytes can be read: the library's copy, else an original that is there."""
        return next(filter(is_there, self._store.sources(document)[1]), None)

    def try_drawing(self, document: str, page: int = 1) -> DrawingTrial:
        """Whether a PDF's first page and those around `page` can be drawn: a child tries it, within
        limits; 'late' where the time ran out, on a busy machine perhaps. Takes seconds for a hostile
        file; not for the window's thread."""
        file = self.file(document)
        format = format_of(file) if file else None
        if file is None or format is None or format.preview != "pages":
            return "failed"
        return self._previewer.try_drawing(file, sorted({1, max(1, page - 1), page, page + 1}))

    def inspect(self, document: str) -> Inspection:
        """How a document is cut, and the curve that the cuts were made by.

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
        """Move documents, by id, into the library's trash. Originals stay where they are.

        Raises:
            TypeError: a single id where a list is meant.
            Problem: an id is none of the library's ('not-found'); then nothing is removed.
        """
        self._store.documents.remove(lists.documents(documents))

    def tag(self, documents: Sequence[str], tags: Sequence[str]) -> None:
        """Give documents, by id, these tags.

        Raises:
            TypeError: a single id or tag where a list is meant.
            Problem: an id is none of the library's ('not-found'); then nothing is changed.
        """
        documents, tags = lists.documents(documents), lists.tags(tags)
        self._store.documents.edit(documents, tags=tags)

    def untag(self, documents: Sequence[str], tags: Sequence[str]) -> None:
        """Take these tags away from documents, by id.

        Raises:
            TypeError: a single id or tag where a list is meant.
            Problem: an id is none of the library's ('not-found'); then nothing is changed.
        """
        documents, tags = lists.documents(documents), lists.tags(tags)
        self._store.documents.edit(documents, untag=tags)

    def set_metadata(self, document: str, values: Mapping[str, Value]) -> None:
        """Give a document, by id, these values as the person's own; '' takes the person's away.

        Raises:
            Problem: there is no such document ('not-found').
        """
        self._store.documents.edit([document], metadata=values)

    def _named_by(self, target: str) -> list[Document]:
        """The documents that one target names; none for a filter that nothing matches."""
        if by_id := self._store.documents.find(only=[target]):
            return by_id
        path = Path(os.path.abspath(Path(target).expanduser()))  # noqa: PTH100 - symlinks stay
        if inside := self._store.documents.below(str(path)):
            return self._store.documents.find(only=inside)
        if path.exists() or os.sep in target:
            raise Problem("not-found", what=target)
        return self.documents([target])
