from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder
from workbench import until

from desktop_kb.errors import Problem
from desktop_kb.kb import KnowledgeBase, surveying
from desktop_kb.landscape import graph, keeping
from desktop_kb.records import Evaluation, Ground, Landscape
from desktop_kb.settings import load_for, save

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


def rows_of(kb: KnowledgeBase) -> Ground:
    return kb._store.landscape.ground()


def test_neighbours_are_made_behind_when_no_file_waits(library: KnowledgeBase) -> None:
    until(lambda: len(rows_of(library)) == 18 and not np.isnan(rows_of(library).places).any())
    rows = rows_of(library)
    subject = np.array([uid in of(library, "bees") for uid in rows.documents])[rows.owner]
    near = rows.positions(rows.near)
    assert subject[near[subject][:, :5]].all()


def test_a_new_note_lies_among_what_it_is_like_and_nothing_else_moves(
    library: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = library.landscape()
    places = {one.document: (one.x, one.y) for one in before.documents}
    monkeypatch.setattr(keeping, "lay_out", None)  # the whole is not laid out again
    (tmp_path / "late.md").write_text("late hive honey queen swarm nectar pollen wax drone comb.\n", "utf-8")
    list(library.follow(library.add([tmp_path / "late.md"])))
    after = library.landscape()
    new = next(one for one in after.documents if one.title == "late")
    bees = np.array([places[uid] for uid in of(library, "bees")])
    others = np.array([place for uid, place in places.items() if uid not in of(library, "bees")])
    assert (
        np.linalg.norm(bees - (new.x, new.y), axis=1).min()
        < np.linalg.norm(others - (new.x, new.y), axis=1).min()
    )
    assert {one.document: (one.x, one.y) for one in after.documents if one is not new} == places
    rows = rows_of(library)
    mine = rows.ids[[rows.documents[owner] == new.document for owner in rows.owner]]
    assert (rows.near == mine[0]).any(axis=1).sum() >= 3  # and they have it as a neighbour in turn


def test_what_was_added_one_by_one_has_the_neighbours_that_all_together_have(
    library: KnowledgeBase, tmp_path: Path
) -> None:
    library.landscape()
    (tmp_path / "late.md").write_text("late hive honey queen swarm nectar pollen wax drone comb.\n", "utf-8")
    list(library.follow(library.add([tmp_path / "late.md"])))
    library.landscape()
    one_by_one = rows_of(library)
    library._store._database.write(lambda connection: connection.execute("delete from neighbours"))
    library.landscape()
    together = rows_of(library)
    assert one_by_one.ids.tolist() == together.ids.tolist()
    same = [
        len(set(a) & set(b)) for a, b in zip(one_by_one.near.tolist(), together.near.tolist(), strict=True)
    ]
    assert min(same) >= 9


def test_what_is_gone_is_nobodys_neighbour_though_its_number_is_given_again(
    library: KnowledgeBase, tmp_path: Path
) -> None:
    (tmp_path / "late.md").write_text("late hive honey queen swarm nectar pollen wax drone comb.\n", "utf-8")
    list(library.follow(library.add([tmp_path / "late.md"])))
    library.landscape()
    (late,) = of(library, "late")
    library.remove([late])
    assert len(library.landscape().documents) == 18
    (tmp_path / "soup 9.md").write_text("soup carrot onion broth ladle simmer pepper thyme bowl.\n", "utf-8")
    list(library.follow(library.add([tmp_path / "soup 9.md"])))
    library.landscape()
    rows = rows_of(library)
    bees = [at for at, owner in enumerate(rows.owner) if rows.documents[owner] in of(library, "bees")]
    (soup,) = (at for at, owner in enumerate(rows.owner) if rows.documents[owner] in of(library, "soup 9"))
    assert not (rows.near[bees][:, :5] == rows.ids[soup]).any()


def of(kb: KnowledgeBase, subject: str) -> list[str]:
    return [one.document for one in kb.documents() if one.title.startswith(subject)]


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


def test_tags_of_neighbours_are_suggested_without_a_search(
    library: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.landscape()
    bees = of(library, "bees")
    library.tag(bees[1:], ["insects"])
    library.tag(of(library, "soup"), ["kitchen"])
    monkeypatch.setattr(library, "search", None)
    assert library.suggest_tags(bees[0]) == ["insects"]


def test_questions_that_nothing_answers_are_the_gaps_until_something_does(
    library: KnowledgeBase, open_kb: Callable[..., KnowledgeBase]
) -> None:
    for question in ("one", "two", "one", "  "):
        library.note_question(question, answered=False)
    assert library.unanswered() == ["one", "two"]
    library.note_question("one", answered=True)
    assert [gap.query for gap in library.landscape().gaps] == ["two"]
    library.close()
    again = open_kb(FakeEmbedder())
    assert again.unanswered() == ["two"]
    for at in range(60):
        again.note_question(str(at), answered=False)
    assert (len(again.unanswered()), again.unanswered()[0]) == (40, "59")


@pytest.mark.logs("unanswered questions cannot be read")
@pytest.mark.parametrize("damaged", [b"[", b"{}", b"\xff"])
def test_questions_that_cannot_be_read_any_more_are_none(library: KnowledgeBase, damaged: bytes) -> None:
    library.library.unanswered.write_bytes(damaged)
    assert library.unanswered() == []
    library.note_question("one", answered=False)
    assert library.unanswered() == ["one"]


@pytest.mark.logs("unanswered questions cannot be read")
def test_a_question_is_asked_all_the_same_where_the_others_cannot_be_read(library: KnowledgeBase) -> None:
    library.library.unanswered.mkdir()
    assert library.unanswered() == []
    library.note_question("one", answered=True)


def test_a_question_that_is_no_unicode_is_remembered(library: KnowledgeBase) -> None:
    """So a terminal gives what is not in its encoding."""
    library.note_question("caf\udce9", answered=False)
    assert library.unanswered() == ["caf\udce9"]


@pytest.mark.logs("is not remembered")
def test_a_question_on_a_full_disk_is_asked_all_the_same(
    library: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(surveying, "write_whole", full)
    library.note_question("one", answered=False)
    assert library.unanswered() == []


@pytest.mark.parametrize("gains", [True, False])
def test_an_evaluation_sets_how_the_library_is_searched(
    library: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, gains: bool
) -> None:
    """And at once: the next search goes that way."""
    plain = library.search("hive honey", rerank="off").hits
    if not gains:
        save(library.library.settings, {"diffusion": True})
        library.settings = library.settings.change("diffusion", True)
    until(lambda: len(rows_of(library)) == 18)
    found = Evaluation(None, 1, 1, 1, {}, (), (), 1.0, diffusion=gains)
    monkeypatch.setattr("desktop_kb.evaluate.evaluate", lambda *_a, **_k: found)
    library.evaluate()
    assert load_for(library.library.root).diffusion is library.settings.diffusion is gains
    now = library.search("hive honey", rerank="off").hits
    assert ([hit.score for hit in now] != [hit.score for hit in plain]) is gains


@pytest.mark.logs("is not kept")
def test_an_evaluation_on_a_full_disk_is_not_lost(
    library: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    found = Evaluation(None, 1, 1, 1, {}, (), (), 1.0, diffusion=True)
    monkeypatch.setattr("desktop_kb.evaluate.evaluate", lambda *_a, **_k: found)
    monkeypatch.setattr("desktop_kb.settings.write_whole", full)
    assert library.evaluate().diffusion is True
    assert library.settings.diffusion


def test_who_closes_a_library_does_not_wait_for_its_neighbours(
    library: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: not library._surveyor.step(lambda: False))
    library._store._database.write(lambda connection: connection.execute("delete from neighbours"))
    for module in (keeping, graph):
        monkeypatch.setattr(module, "neighbours_of", None, raising=False)
    assert library._surveyor.step(lambda: True)
    assert library._store.landscape.count() == 0
