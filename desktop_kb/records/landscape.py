"""The landscape of a library: its passages on a plane, where what is alike lies together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from desktop_kb.records.retrieval import Key
from desktop_kb.records.values import Floats, Ints

#: The number of a passage's topic where it has none.
NO_TOPIC = -1
#: What the dots of a picture are coloured by.
ColouredBy = Literal["tag", "year", "type", "language"]


class Frame(NamedTuple):
    """The rectangle of the plane that a landscape lies in; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """A document on the plane, where most of its passages are.

    Attributes:
        document: its public id.
        topic: the number of the topic of most of its passages, `NO_TOPIC` for none.
        language: that of most of its passages.
        near: how much its passages are like the nearest ones of other documents, 0..1; the least is the loneliest.
    """

    document: str
    path: str
    title: str
    type: str
    language: str
    tags: tuple[str, ...]
    year: str
    x: float
    y: float
    topic: int
    near: float


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPassages:
    """The passages on the plane, in columns: there may be a million.

    Attributes:
        owner: int32 (n,), of which of the landscape's documents each one is.
        starts, ends: int32 (n,), its raw `[start, end)` in its document's text.
        places: float32 (n, 2), its x and y.
        topics: int32 (n,), the number of its topic, `NO_TOPIC` for none.
        languages: int32 (n,), its language as a position in `codes`.
        codes: the languages, such as ('en', 'zh').
    """

    owner: Ints
    starts: Ints
    ends: Ints
    places: Floats
    topics: Ints
    languages: Ints
    codes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.owner)


@dataclass(frozen=True, slots=True)
class Topic:
    """A hill: where its peak is, how many passages are on it, and in each language that it holds the words that its
    passages have and others have not."""

    topic: int
    name: Mapping[str, str]
    x: float
    y: float
    passages: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that nothing answered, where its answer would be."""

    query: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A line of equal density: `level` 0..1 of the highest peak, `points` float32 (n, 2); closed unless it ends at the
    frame."""

    level: float
    points: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Hills:
    """How dense the passages lie: `heights` float32 (rows, columns), 0..1, of equal cells of the frame from its top
    left, with lines of equal density, the lowest first; `blur` is how wide it is blurred, in cells."""

    frame: Frame
    heights: Floats
    contours: tuple[Contour, ...]
    blur: float = 1.0


@dataclass(frozen=True, slots=True)
class Measures:
    """What the neighbourhoods of a library look like; None where it has too few passages.

    Attributes:
        dimension: in how many directions passages differ from their neighbours (Levina & Bickel 2004, as MacKay &
            Ghahramani average it).
        anisotropy: the mean cosine of passages that have nothing to do with each other, as the model gives it: 0
            would be a space that is used in all directions, 1 a single one.
        curvature: how much longer the way along neighbours is than the straight line, less 1: 0 is flat.
    """

    dimension: float | None = None
    anisotropy: float | None = None
    curvature: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """A library as a landscape; of one without vectors nothing but its documents' number is known."""

    documents: tuple[PlacedDocument, ...]
    passages: PlacedPassages
    topics: tuple[Topic, ...]
    hills: Hills
    gaps: tuple[Gap, ...] = ()
    measures: Measures = field(default_factory=Measures)

    def key(self, passage: int) -> Key:
        """The passage at this position, as others know it."""
        rows = self.passages
        document = self.documents[int(rows.owner[passage])].document
        return Key(document, int(rows.starts[passage]), int(rows.ends[passage]))

    def as_json(self) -> dict[str, Any]:
        """The object that `landscape --json` prints."""
        rows = self.passages
        return {
            "dimension": self.measures.dimension,
            "anisotropy": self.measures.anisotropy,
            "curvature": self.measures.curvature,
            "topics": [
                {"topic": one.topic, "name": dict(one.name), "x": one.x, "y": one.y, "passages": one.passages}
                for one in self.topics
            ],
            "documents": [
                {
                    "document": one.document,
                    "path": one.path,
                    "x": one.x,
                    "y": one.y,
                    "topic": _number(one.topic),
                }
                for one in self.documents
            ],
            "passages": [
                {
                    "document": self.documents[owner].document,
                    "start": start,
                    "end": end,
                    "x": round(x, 5),
                    "y": round(y, 5),
                    "topic": _number(topic),
                }
                for owner, start, end, (x, y), topic in zip(
                    rows.owner.tolist(),
                    rows.starts.tolist(),
                    rows.ends.tolist(),
                    rows.places.tolist(),
                    rows.topics.tolist(),
                    strict=True,
                )
            ],
            "gaps": [{"query": one.query, "x": one.x, "y": one.y} for one in self.gaps],
        }


def _number(topic: int) -> int | None:
    return None if topic == NO_TOPIC else topic


@dataclass(frozen=True, slots=True)
class Step:
    """A passage on the way from one to another: its place in its document, and what can be read there."""

    document: str
    start: int
    end: int
    text: str
    title: str = ""
    x: float = 0.0
    y: float = 0.0
