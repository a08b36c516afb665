from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder

from desktop_kb.errors import Problem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Landscape

SUBJECTS = {
    "bees": "hive honey queen swarm nectar pollen wax drone comb forage",
    "trains": "rail track station signal carriage engine timetable platform junction driver",
    "soup": "carrot onion broth ladle simmer pepper thyme bowl stock celery",
}


@pytest.fixture
def library(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> KnowledgeBase:
    """Six notes on each of three subjects."""
    random = np.random.default_rng(5)
    folder = tmp_path / "notes"
    folder.mkdir()
    for subject, words in SUBJECTS.items():
        for number in range(6):
            said = " ".join(random.choice(words.split(), 18))
            (folder / f"{subject} {number}.md").write_text(f"{subject} {number} {said}.\n", "utf-8")
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([folder])))
    return kb


def spread(landscape: Landscape) -> tuple[float, float]:
    """The mean distance on the map within a subject, and between subjects."""
    subjects = np.array([document.title.split()[0] for document in landscape.documents])
    places = np.array([(document.x, document.y) for document in landscape.documents])
    far = np.linalg.norm(places[:, None] - places[None], axis=2)
    same = subjects[:, None] == subjects[None]
    return float(far[same & (far > 0)].mean()), float(far[~same].mean())


def test_what_is_alike_lies_together(library: KnowledgeBase) -> None:
    landscape = library.landscape()
    assert len(landscape.documents) == 18
    within, between = spread(landscape)
    assert within < between / 2


def test_its_json_has_what_the_contract_says(library: KnowledgeBase) -> None:
    record = library.landscape(questions=["hive honey"]).as_json()
    assert set(record) == {
        *("dimension", "anisotropy", "curvature", "topics", "documents", "passages", "gaps"),
    }
    assert {"topic", "name", "x", "y", "passages"} == set(record["topics"][0])
    assert {"document", "path", "x", "y", "topic"} == set(record["documents"][0])
    assert {"document", "start", "end", "x", "y", "topic"} == set(record["passages"][0])
    assert record["gaps"][0]["query"] == "hive honey"


def test_a_filter_shows_a_part(library: KnowledgeBase) -> None:
    shown = library.landscape(["title:bees"])
    assert {document.title.split()[0] for document in shown.documents} == {"bees"}
    assert len(shown.passages) == 6


def test_a_way_leads_from_one_passage_to_another_along_what_is_alike(library: KnowledgeBase) -> None:
    ids = {document.title: document.document for document in library.landscape().documents}
    steps = library.way((ids["bees 0"], 0), (ids["bees 5"], 3))
    assert (steps[0].title, steps[-1].title) == ("bees 0", "bees 5")
    assert all(step.title.startswith("bees") and step.text for step in steps)
    with pytest.raises(Problem, match="not-found"):
        library.way((ids["bees 0"], 10_000), (ids["soup 0"], 0))


def test_a_library_without_documents_is_a_plain(open_kb: Callable[..., KnowledgeBase]) -> None:
    landscape = open_kb(FakeEmbedder()).landscape()
    assert (landscape.documents, len(landscape.passages), landscape.topics) == ((), 0, ())
