"""How one file would be read and cut into passages, without a library; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop_kb.extract import Extractor
from desktop_kb.ingest.passages import inspection, passages_of
from desktop_kb.ingest.prepare import titled
from desktop_kb.kb.parts import Parts
from desktop_kb.records import Embedder, Extracted, Inspection, Passage, PathLike
from desktop_kb.settings import Settings, load_person


def chunk_file(
    file: PathLike,
    strategy: str = "semantic",
    settings: Settings | None = None,
    *,
    parts: Parts | None = None,
) -> tuple[Extracted, list[Passage]]:
    """How a file would be read and cut; needs no library and stores nothing.

    Raises:
        DocumentProblem: it cannot be read.
    """
    with _borrowed(settings, parts) as (extractor, embedder):
        extracted = titled(extractor.extract(Path(file)), Path(file))
        return extracted, passages_of(extracted, embedder, strategy)


def inspect_file(
    file: PathLike,
    strategy: str = "semantic",
    settings: Settings | None = None,
    *,
    parts: Parts | None = None,
) -> tuple[Extracted, Inspection]:
    """How a file would be read and cut, with the curve of similarities that the cuts follow; needs no
    library and stores nothing.

    Raises:
        DocumentProblem: it cannot be read.
    """
    with _borrowed(settings, parts) as (extractor, embedder):
        extracted = titled(extractor.extract(Path(file)), Path(file))
        passages = passages_of(extracted, embedder, strategy, with_vectors=True)
        model = embedder.id if embedder else None
        return extracted, inspection("", extracted.title, extracted.text, extracted.layout, passages, model)


@contextmanager
def _borrowed(settings: Settings | None, parts: Parts | None) -> Iterator[tuple[Extractor, Embedder | None]]:
    """The reader and the model for one file; their child processes are ended afterwards."""
    settings = settings or load_person()
    parts = parts or Parts()
    extractor, models = parts.extractor_for(settings), parts.models_for(settings)
    try:
        yield extractor, models.embedder
    finally:
        extractor.close()
        models.close()
