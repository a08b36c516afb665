"""A library as a landscape: its passages on a plane, where what is alike lies together, with hills, topics and gaps.

hills     how dense they lie: heights, lines, peaks
names     what the topics are called
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from desktop_kb import language
from desktop_kb.errors import Problem
from desktop_kb.inference import Models
from desktop_kb.landscape.graph import Neighbours, neighbours_of
from desktop_kb.landscape.hills import Peak, peaks_of, raise_hills
from desktop_kb.landscape.names import names_of
from desktop_kb.landscape.ways import way
from desktop_kb.records import (
    NO_TOPIC,
    Document,
    Embedder,
    Filter,
    Floats,
    Gap,
    Ints,
    Landscape,
    PlacedDocument,
    PlacedPassages,
    Step,
    Topic,
)
from desktop_kb.search.calibration import Calibration, Calibrations
from desktop_kb.similarity import unit
from desktop_kb.store import Store
from desktop_kb.store.landscape import Ground

#: Passages whose words name the topics.
_NAMED_BY: Final = 4_000


class Surveyor:
    """Surveys one library. Thread-safe."""

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._models = models
        self._calibrations = Calibrations()

    def survey(self, filters: Sequence[Filter] = (), questions: Sequence[str] = ()) -> Landscape:
        """The landscape of the documents that match.

        Args:
            questions: those that nothing answered, which are the gaps.
        """
        number, embedder = self._reader()
        ground = self._store.landscape.ground(number, filters)
        directions = _directions(ground, self._calibrations.of(embedder) if embedder else Calibration({}))
        places = _plain(directions)
        hills = raise_hills(places)
        peaks, topics = peaks_of(hills, places)
        passages = _passages(ground, places, topics)
        known = {one.document: one for one in self._store.documents.find(only=list(ground.documents))}
        documents = tuple(
            _placed(at, known[uid], passages) for at, uid in enumerate(ground.documents) if uid in known
        )
        gaps = tuple(
            Gap(text, *self._place(embedder, text, directions, places)) for text in questions if embedder
        )
        return Landscape(documents, passages, self._topics(ground, peaks, topics), hills, gaps)

    def way(self, begin: tuple[str, int], end: tuple[str, int]) -> list[Step]:
        """The way between the passages that hold these offsets of documents.

        Raises:
            Problem: there is no such passage ('not-found'), or no way ('no-way').
        """
        number, embedder = self._reader()
        ground = self._store.landscape.ground(number)
        directions = _directions(ground, self._calibrations.of(embedder) if embedder else Calibration({}))
        places = _plain(directions)
        found = [
            of
            for _, of in neighbours_of(
                directions.astype(np.float16), np.arange(len(directions), dtype=np.int32)
            )
        ]
        graph = Neighbours(*map(np.concatenate, zip(*found, strict=True)))
        steps = way(graph, ground.holding(*begin), ground.holding(*end))
        if not steps:
            raise Problem("no-way")
        texts = self._store.landscape.texts([int(ground.ids[at]) for at in steps])
        titles = {one.document: one.title for one in self._store.documents.find(only=list(ground.documents))}
        return [
            Step(
                document := ground.documents[int(ground.owner[at])],
                int(ground.starts[at]),
                int(ground.ends[at]),
                texts[int(ground.ids[at])],
                titles.get(document, ""),
                *places[at].tolist(),
            )
            for at in steps
        ]

    def _reader(self) -> tuple[int, Embedder | None]:
        """The number of the reader whose vectors make the landscape, and the reader itself: that of the most
        languages."""
        generation = self._store.index.uncounted()
        readers = list(enumerate(generation.fingerprint.readers, 1)) if generation else []
        found = [(number, self._models.embedder_of(reader)) for number, reader in readers]
        known = [(number, embedder) for number, embedder in found if embedder is not None]
        if not known:
            return 1, None
        return min(known, key=lambda one: (bool(one[1].languages), -len(one[1].languages), one[0]))

    def _topics(self, ground: Ground, peaks: Sequence[Peak], topics: Ints) -> tuple[Topic, ...]:
        every = max(1, len(topics) // _NAMED_BY)
        sample = list(range(0, len(topics), every))
        texts = self._store.landscape.texts([int(ground.ids[at]) for at in sample])
        names: Mapping[int, Mapping[str, str]] = names_of(
            [texts.get(int(ground.ids[at]), "") for at in sample],
            [ground.languages[at] for at in sample],
            [int(topics[at]) for at in sample],
        )
        sizes = Counter(topics.tolist())
        return tuple(
            Topic(number, names.get(number, {}), peak.x, peak.y, sizes[number])
            for number, peak in enumerate(peaks)
        )

    def _place(
        self, embedder: Embedder, text: str, directions: Floats, places: Floats, near: int = 5
    ) -> tuple[float, float]:
        """Where the answer of a question would be: amid the passages that are nearest to it."""
        question = self._calibrations.of(embedder).question(
            embedder.encode_query(text), language.language_of(text)
        )
        alike = np.einsum("ij,j->i", directions, question)
        best = np.argsort(-alike)[:near]
        weights = np.maximum(alike[best], 1e-3)
        x, y = (places[best] * weights[:, None]).sum(axis=0) / weights.sum()
        return float(x), float(y)


def _directions(ground: Ground, calibration: Calibration) -> Floats:
    """The passages measured from the mean of their language, unit rows, float32 (n, d)."""
    directions = unit(ground.vectors)
    languages = np.array(ground.languages)
    for code in set(ground.languages):
        own = languages == code
        directions[own] = calibration.passage(directions[own], code)
    return directions


def _plain(directions: Floats) -> Floats:
    """The two directions in which the passages differ most, float32 (n, 2)."""
    if not len(directions):
        return np.zeros((0, 2), np.float32)
    centred = directions - directions.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    places = centred @ vectors[:, -2:]
    return np.asarray(places - places.min(axis=0), np.float32)


def _passages(ground: Ground, places: Floats, topics: Ints) -> PlacedPassages:
    codes = tuple(sorted(set(ground.languages)))
    at = {code: number for number, code in enumerate(codes)}
    languages = np.array([at[code] for code in ground.languages], np.int32)
    return PlacedPassages(ground.owner, ground.starts, ground.ends, places, topics, languages, codes)


def _placed(at: int, document: Document, passages: PlacedPassages) -> PlacedDocument:
    """A document where most of its passages are: amid those of its most frequent topic."""
    own = np.flatnonzero(passages.owner == at)
    topic = Counter(passages.topics[own].tolist()).most_common(1)[0][0] if len(own) else NO_TOPIC
    x, y = passages.places[own[passages.topics[own] == topic]].mean(axis=0).tolist()
    language = Counter(passages.languages[own].tolist()).most_common(1)[0][0]
    return PlacedDocument(
        document.document,
        document.path,
        document.title,
        document.type,
        passages.codes[language],
        tuple(document.tags),
        str(document.metadata.get("year") or (document.date or "")[:4]),
        x,
        y,
        topic,
        0.0,
    )
