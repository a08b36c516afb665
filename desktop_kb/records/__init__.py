"""The dataclasses and protocols that cross modules, by subject; all of them are imported from here.

Offsets are Unicode code points of the document's text; `end` is exclusive. Pages count from 1.
"""

from desktop_kb.records.evaluation import (
    Estimate,
    Evaluation,
    LanguageEvaluation,
    Measured,
)
from desktop_kb.records.events import (
    Event,
    FileFinished,
    Listener,
    ModelBuilt,
    ProgressMade,
    QueuePaused,
)
from desktop_kb.records.findings import Check, Finding
from desktop_kb.records.generations import (
    Fingerprint,
    Reader,
)
from desktop_kb.records.library import (
    AddStatus,
    Batch,
    Document,
    DocumentStatus,
    FileReport,
    QueuedFile,
    Status,
)
from desktop_kb.records.models import (
    Embedder,
    ModelRecord,
    ModelUse,
    Reranker,
)
from desktop_kb.records.passages import (
    SIZE_CLASS,
    Chunk,
    Cut,
    Inspection,
    Sentence,
)
from desktop_kb.records.search import (
    Degraded,
    Exact,
    Filter,
    FilterOperator,
    Hit,
    Leg,
    LegWhy,
    Narrowed,
    RerankWhy,
    SearchMode,
    SearchOptions,
    SearchResult,
    Why,
)
from desktop_kb.records.text import (
    DrawingTrial,
    Edit,
    Extracted,
    Heading,
    Layout,
    Page,
)
from desktop_kb.records.values import (
    Floats,
    Ints,
    Json,
    PathLike,
    Value,
)

__all__ = [
    "SIZE_CLASS",
    "AddStatus",
    "Batch",
    "Check",
    "Chunk",
    "Cut",
    "Degraded",
    "Document",
    "DocumentStatus",
    "DrawingTrial",
    "Edit",
    "Embedder",
    "Estimate",
    "Evaluation",
    "Event",
    "Exact",
    "Extracted",
    "FileFinished",
    "FileReport",
    "Filter",
    "FilterOperator",
    "Finding",
    "Fingerprint",
    "Floats",
    "Heading",
    "Hit",
    "Inspection",
    "Ints",
    "Json",
    "LanguageEvaluation",
    "Layout",
    "Leg",
    "LegWhy",
    "Listener",
    "Measured",
    "ModelBuilt",
    "ModelRecord",
    "ModelUse",
    "Narrowed",
    "Page",
    "PathLike",
    "ProgressMade",
    "QueuePaused",
    "QueuedFile",
    "Reader",
    "RerankWhy",
    "Reranker",
    "SearchMode",
    "SearchOptions",
    "SearchResult",
    "Sentence",
    "Status",
    "Value",
    "Why",
]
