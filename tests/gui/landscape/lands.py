"""A landscape that is made up: a few hills, each with its documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desktop_kb.landscape.hills import raise_hills
from desktop_kb.records import Gap, Landscape, PlacedDocument, PlacedPassages, Topic

#: The middles of the hills, and their names.
HILLS = (
    ((0.0, 0.0), {"en": "bees, hive", "zh": "蜜蜂"}),
    ((6.0, 0.0), {"zh": "乌龙, 茶"}),
    ((0.0, 5.0), {"en": "roofs"}),
)


def land(
    documents: Sequence[str] = ("a", "b", "c", "d", "e", "f"),
    *,
    each: int = 8,
    gaps: Sequence[Gap] = (),
    tags: Sequence[Sequence[str]] = (("insects",), ("tea",), ()),
    years: Sequence[str] = ("2019", "2021", ""),
    near: Sequence[float] = (0.8,),
    spans: int = 10,
) -> Landscape:
    """Documents, each with so many passages of `spans` characters on one of three hills, in turn."""
    chance = np.random.default_rng(7)
    owner = np.repeat(np.arange(len(documents)), each).astype(np.int32)
    hill = (owner % len(HILLS)).astype(np.int32)
    middles = np.array([middle for middle, _ in HILLS], np.float32)
    places = (middles[hill] + chance.normal(0, 0.5, (len(owner), 2))).astype(np.float32)
    starts = np.tile(np.arange(each) * spans, len(documents)).astype(np.int32)
    languages = (hill == 1).astype(np.int32)
    placed = tuple(
        PlacedDocument(
            id,
            f"/notes/{id}.md",
            f"Title {id}",
            "markdown",
            "zh" if at % 3 == 1 else "en",
            tuple(tags[at % len(tags)]),
            years[at % len(years)],
            float(places[owner == at, 0].mean()),
            float(places[owner == at, 1].mean()),
            at % 3,
            near[at % len(near)],
        )
        for at, id in enumerate(documents)
    )
    topics = tuple(
        Topic(at, name, *middle, int((hill == at).sum())) for at, (middle, name) in enumerate(HILLS)
    )
    rows = PlacedPassages(owner, starts, starts + spans, places, hill, languages, ("en", "zh"))
    return Landscape(placed, rows, topics, raise_hills(places), tuple(gaps))
