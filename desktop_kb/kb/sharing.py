"""Moving documents between a library of one's own and a team's, with their passages and vectors as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from desktop_kb import extract, paths
from desktop_kb.errors import DocumentProblem, StorageProblem, not_written
from desktop_kb.files import keep_copy
from desktop_kb.formats import by_type
from desktop_kb.kb import lists
from desktop_kb.kb.opened import OpenLibrary, open_store
from desktop_kb.records import (
    Document,
    Extracted,
    File,
    Incoming,
    JobOptions,
    Library,
    Made,
    Mark,
    PathLike,
    Place,
    Vectors,
    unpack_states,
)
from desktop_kb.store import Store

#: Called with how many documents are done, of how many.
MoveProgress = Callable[[int, int], None]
_SILENT: Final[MoveProgress] = lambda done, total: None  # noqa: E731 - a default


@dataclass(frozen=True, slots=True)
class Moved:
    """How many documents were put there, were there already, and stay because they could not be read."""

    moved: int = 0
    there: int = 0
    failed: int = 0

    def as_json(self) -> dict[str, int]:
        """As a script reads it."""
        return asdict(self)


class Sharing(OpenLibrary):
    """Methods that move documents to a team's library and from there."""

    def push(self, name: str, progress: MoveProgress = _SILENT) -> Moved:
        """Put every document of this library into the team's library `name`, without encoding it again; what is
        there already stays as it is.

        Raises:
            StorageProblem: that library was made with other models ('other-models'), or cannot be reached.
        """
        return self._move_to(paths.library(paths.TEAM + name), (), progress, create=False)

    def take(
        self,
        folder: PathLike,
        filters: Sequence[str] = (),
        progress: MoveProgress = _SILENT,
    ) -> Moved:
        """Put the documents of this library that match into another library, made where there is none, without
        encoding them again."""
        return self._move_to(paths.library(str(folder)), filters, progress, create=True)

    def _move_to(
        self,
        library: paths.Library,
        filters: Sequence[str],
        progress: MoveProgress,
        *,
        create: bool,
    ) -> Moved:
        if library.root == self.library.root:
            raise StorageProblem("same-library", path=str(library.root))
        documents = self._store.documents.find(lists.filters(filters))
        target = open_store(library, create=create)
        copies = self.settings.copy_files and not target.shared
        try:
            moved = move(
                self._store,
                target,
                documents,
                progress,
                lambda document: _copied(self._store, target, document) if copies else None,
            )
            bring_marks(self._store, target, documents)
            return moved
        finally:
            target.close()


def move(
    source: Library,
    target: Library,
    documents: Sequence[Document],
    progress: MoveProgress = _SILENT,
    copied: Callable[[Document], str | None] = lambda document: None,
) -> Moved:
    """Put documents from one library into another, each in one transaction.

    Args:
        copied: copies a document's file into the other library; returns the copy's name there, or None.
    """
    active = source.index.generation()
    if active is None:
        return Moved(failed=len(documents))
    generation = target.index.start_generation(active.fingerprint)
    older = {place.document for place in source.documents.read_before(extract.VERSION)}
    moved = there = 0
    ready = [document for document in documents if document.status == "ready"]
    for number, document in enumerate(ready):
        place = source.documents.place(document.path, document.part)
        if place is None or target.documents.with_content(place.content_hash):
            there += 1
        else:
            reading = 0 if document.document in older else extract.VERSION
            packed = _packed(source, document, place, generation.id, reading)
            file = replace(packed.file, stored=copied(document))
            moved += target.index.put(replace(packed, file=file))
        progress(number + 1, len(ready))
    return Moved(moved, there, len(documents) - len(ready))


def bring_marks(
    source: Store,
    target: Store,
    documents: Sequence[Document],
    wanted: Callable[[Mark], bool] = lambda mark: not mark.own,
) -> None:
    """Put the marks of documents into the library that they were moved to; of another one's it is said whose it was."""
    marks = []
    new: dict[str, str] = {}
    for mark in filter(wanted, source.marks.find(only=[one.document for one in documents])):
        if mark.document not in new:
            places = target.documents.with_content(source.documents.files(mark.document)[0])
            new[mark.document] = places[0].document if places else ""
        if uid := new[mark.document]:
            said = ": ".join(filter(None, (mark.by, mark.comment)))
            marks.append(replace(mark, document=uid, comment=said, by="", shared=False))
    if marks:
        target.marks.put_back(marks)


def _copied(source: Store, target: Store, document: Document) -> str | None:
    """Copy a document's file into another library, if it is there as it was read and a file of its kind is kept so;
    returns the copy's name there."""
    if document.part or not by_type(document.type).copied:
        return None
    content_hash, files = source.sources(document.document)
    for file in files:
        copy = target.library.stored(content_hash, file.suffix.lower())
        try:
            keep_copy(file, copy, content_hash)
        except (DocumentProblem, FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # it is not there as it was: its text goes without it
        except OSError as error:
            raise not_written(error, str(copy)) from error
        return copy.relative_to(target.library.root).as_posix()
    return None


def _packed(source: Library, document: Document, place: Place, generation: int, reading: int) -> Incoming:
    """A document as it would come from the indexer."""
    text, layout = source.documents.text(document.document)
    own = source.documents.own_values([document.document])[document.document]
    first, *others = source.index.readers_of(document.document) or (0,)
    further = {
        reader: [
            Vectors(one.vector, one.sentence_vectors)
            for one in source.index.passages(document.document, reader)
        ]
        for reader in others
    }
    extracted = Extracted(
        text,
        document.title,
        layout,
        {key: value for key, value in document.metadata.items() if key not in own},
        (),
        unpack_states(document.states),
        document.parts_left_out,
    )
    file = File(
        document.path,
        document.size_bytes,
        place.mtime_ns,
        document.type,
        place.content_hash,
        reading=reading,
        volume=place.volume,
        part=document.part,
    )
    made = Made(generation, first, source.index.passages(document.document), further)
    text_hash = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Incoming(file, extracted, text_hash, [made], JobOptions(document.tags, own))
