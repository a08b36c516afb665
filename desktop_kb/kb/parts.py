"""The replaceable parts of an open library: the file readers, the models, and how often the indexer looks
for work. Tests and other programs pass their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from desktop_kb.extract import ExtractionLimits, Extractor
from desktop_kb.indexer import Pace
from desktop_kb.inference import Encoding, Models, find_embedder
from desktop_kb.recognize import Recognizer
from desktop_kb.records import Embedder
from desktop_kb.settings import Settings

#: A preview waits no longer than this for a page to be drawn.
_DRAW_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The replaceable parts of a library; closing the library closes them.

    Attributes:
        extractor: reads files; None uses a child process with the limits of the settings.
        previewer: draws pages on trial before the window draws them; None uses a second child process, so
            that a preview never waits for the file being ingested.
        recognizer: reads the pictures of pages; None uses a child process.
        open_embedder: returns the client of a model, as `find_embedder` does.
        encoding: encodes for several programs; None asks the helper of the library, where there is one.
        pace: how often the indexer looks for work.
    """

    extractor: Extractor | None = None
    previewer: Extractor | None = None
    recognizer: Recognizer | None = None
    open_embedder: Callable[..., Embedder | None] = find_embedder
    encoding: Encoding | None = None
    pace: Pace = field(default_factory=Pace)

    def extractor_for(self, settings: Settings) -> Extractor:
        """The reader of files; no child is started yet."""
        if self.extractor is not None:
            return self.extractor
        limits = ExtractionLimits(
            timeout_s=settings.read_seconds,
            memory_bytes=settings.read_memory_mib * 2**20,
            text_chars=settings.read_million_characters * 1_000_000,
        )
        return Extractor(limits)

    def previewer_for(self, settings: Settings) -> Extractor:
        """The reader that draws pages on trial; no child is started yet."""
        if self.previewer is not None:
            return self.previewer
        memory_bytes = settings.read_memory_mib * 2**20
        return Extractor(ExtractionLimits(timeout_s=_DRAW_SECONDS, memory_bytes=memory_bytes))

    def models_for(self, settings: Settings, encoding: Encoding | None = None) -> Models:
        """The models; none is loaded yet. With `encoding` they run where other programs' do."""
        return Models(settings, self.open_embedder, encoding)
