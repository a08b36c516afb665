"""A library as a landscape: its passages on a plane, where what is alike lies together, with hills, topics and gaps.

graph     the ten nearest of each passage
layout    places on the plane
keeping   both of them kept up with the library
hills     how dense the passages lie: heights, lines, peaks
names     what the topics are called
ways      from one passage to another along what is alike
measures  dimension, anisotropy, curvature
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from desktop_kb import language
from desktop_kb.errors import Problem
from desktop_kb.inference import Models
from desktop_kb.landscape.graph import Neighbours
from desktop_kb.landscape.hills import Peak, peaks_of, raise_hills
from desktop_kb.landscape.keeping import Keeper, Stop
from desktop_kb.landscape.layout import place_among
from desktop_kb.landscape.measures import measures_of
from desktop_kb.landscape.names import names_of
from desktop_kb.landscape.ways import way
from desktop_kb.records import (
    Document,
    Filter,
    Floats,
    Gap,
    Ground,
    Ints,
    Landscape,
    Measures,
    PlacedDocument,
    PlacedPassages,
    Step,
    Topic,
)
from desktop_kb.store import Store

#: The cosine from which passages are related: what has nothing to do with each other has -.02, with a standard
#: deviation of .08 (`search.calibration`).
RELATED: Final = 0.3
#: Passages whose words name the topics.
_NAMED_BY: Final = 4_000
#: Passages nearest to a question, amid which its answer would be.
_NEAR: Final = 8


class Surveyor:
    """Surveys one library. Thread-safe."""

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._keeper = Keeper(store, models)

    def step(self, stop: Stop) -> bool:
        """Do a part of what is to be done for passages that are new; False if there are none. With `stop` it ends
        early."""
        return self._keeper.step(stop)

    def survey(self, filters: Sequence[Filter] = (), questions: Sequence[str] = ()) -> Landscape:
        """The landscape of the documents that match.

        Args:
            questions: those that nothing answered, which are the gaps.
        """
        whole = self._keeper.complete()
        known = {one.document: one for one in self._store.documents.find(filters)}
        shown = np.array([uid in known for uid in whole.documents], bool)
        ground = whole.taken(shown[whole.owner]) if len(whole) else whole
        hills = raise_hills(ground.places)
        peaks, topics = peaks_of(hills, ground.places)
        passages = _passages(ground, topics)
        near = _nearness(ground, whole)
        documents = tuple(
            _placed(known[uid], own, passages, near)
            for uid, own in zip(ground.documents, _members(ground), strict=True)
        )
        named = self._topics(ground, peaks, topics)
        return Landscape(documents, passages, named, hills, self._gaps(whole, questions))

    def measures(self) -> Measures:
        """What the library's surface is like."""
        reading, ground = self._keeper.reading(), self._keeper.complete()
        if reading is None or not len(ground):
            return Measures()
        vectors = self._store.landscape.vectors(reading.number, ground.ids)
        directions = reading.directions(vectors, ground.languages)
        return measures_of(vectors, directions, ground.positions(ground.near))

    def way(self, begin: tuple[str, int], end: tuple[str, int]) -> list[Step]:
        """The way between the passages that hold these offsets of documents.

        Raises:
            Problem: there is no such passage ('not-found'), or no way ('no-way').
        """
        ground = self._keeper.complete()
        graph = Neighbours(ground.positions(ground.near), ground.alike)
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
                *ground.places[at].tolist(),
            )
            for at in steps
        ]

    def near(self, document: str) -> dict[str, float]:
        """How much other documents are like a document, 0..1: those that its passages have neighbours in, by the one
        that is most alike. {} where none is known."""
        own = self._store.landscape.of_document(document)
        others = self._store.landscape.rows(np.unique(own.near[own.near > 0]).tolist())
        found: dict[str, float] = {}
        for at, cosine in zip(
            others.positions(own.near).ravel().tolist(), own.alike.ravel().tolist(), strict=True
        ):
            uid = others.documents[int(others.owner[at])] if at >= 0 else document
            if uid != document and cosine >= RELATED:
                found[uid] = max(cosine, found.get(uid, 0.0))
        return found

    def _topics(self, ground: Ground, peaks: Sequence[Peak], topics: Ints) -> tuple[Topic, ...]:
        sample = list(range(0, len(topics), max(1, len(topics) // _NAMED_BY)))
        texts = self._store.landscape.texts([int(ground.ids[at]) for at in sample])
        names = names_of(
            [texts.get(int(ground.ids[at]), "") for at in sample],
            [ground.languages[at] for at in sample],
            [int(topics[at]) for at in sample],
        )
        sizes = Counter(topics.tolist())
        return tuple(
            Topic(number, names.get(number, {}), peak.x, peak.y, sizes[number])
            for number, peak in enumerate(peaks)
        )

    def _gaps(self, ground: Ground, questions: Sequence[str]) -> tuple[Gap, ...]:
        """Where the answers of questions would be: amid the passages that are nearest to them."""
        found, reading = self._keeper.reader(), self._keeper.reading()
        if found is None or reading is None or not questions or not len(ground):
            return ()
        number, embedder = found
        facing = [
            reading.calibration.facing(embedder.encode_query(text), language.language_of(text))
            for text in questions
        ]
        gaps = []
        for text, ids in zip(questions, self._store.index.nearest(number, facing, _NEAR), strict=True):
            at = ground.positions(np.array(ids, np.int64))
            at = at[at >= 0]
            place = place_among(
                ground.places[at], np.float32(1) / np.arange(1, len(at) + 1, dtype=np.float32)
            )
            if np.isfinite(place).all():
                gaps.append(Gap(text, *place.tolist()))
        return tuple(gaps)


def _members(ground: Ground) -> list[Ints]:
    """The positions of each document's passages."""
    order = np.argsort(ground.owner, kind="stable")
    ends = np.cumsum(np.bincount(ground.owner, minlength=len(ground.documents)))
    return [np.asarray(own) for own in np.split(order, ends[:-1])] if len(ground.documents) else []


def _nearness(ground: Ground, whole: Ground) -> Floats:
    """How much each passage is like the nearest one of another document, float32 (n,); 0 where none of its neighbours
    is of another."""
    at = whole.positions(ground.near)
    here = np.array(whole.positions(ground.ids))
    other = (at >= 0) & (whole.owner[at] != whole.owner[here][:, None]) if len(ground) else at >= 0
    return np.asarray(np.where(other, ground.alike, 0).max(axis=1, initial=0), np.float32)


def _passages(ground: Ground, topics: Ints) -> PlacedPassages:
    codes = tuple(sorted(set(ground.languages)))
    at = {code: number for number, code in enumerate(codes)}
    languages = np.array([at[code] for code in ground.languages], np.int32)
    return PlacedPassages(ground.owner, ground.starts, ground.ends, ground.places, topics, languages, codes)


def _placed(document: Document, own: Ints, passages: PlacedPassages, near: Floats) -> PlacedDocument:
    """A document where most of its passages are: amid those of its most frequent topic."""
    topic = Counter(passages.topics[own].tolist()).most_common(1)[0][0]
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
        round(float(near[own].mean()), 4),
    )
