"""Moving documents between a library of one's own and a team's, with their passages and vectors as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from desktop_kb import extract, paths
from desktop_kb.errors import StorageProblem
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
    PathLike,
    Place,
    Vectors,
    unpack_states,
)

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
        try:
            return move(self._store, target, documents, progress)
        finally:
            target.close()


def move(
    source: Library, target: Library, documents: Sequence[Document], progress: MoveProgress = _SILENT
) -> Moved:
    """Put documents from one library into another, each in one transaction."""
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
            moved += target.index.put(_packed(source, document, place, generation.id, reading))
        progress(number + 1, len(ready))
    return Moved(moved, there, len(documents) - len(ready))


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
