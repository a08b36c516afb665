"""Choosing models for a library, from here and from another process."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder, fake_parts, installed_fakes, write_model

from desktop_kb import choice, paths
from desktop_kb.choice import import_model, overview, remove_model
from desktop_kb.errors import ModelProblem, Problem, UsageProblem
from desktop_kb.inference.catalogue import EMBEDDED
from desktop_kb.ingest import wanted
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import DocumentsReadAgain, ModelBuilt
from desktop_kb.settings import Settings, save
from desktop_kb.store.index import Index

ENGLISH = EMBEDDED[0].id


@pytest.fixture
def open_kb(tmp_path: Path) -> Iterator[Callable[[], KnowledgeBase]]:
    """Libraries whose models are fakes with the names and fingerprints of what is installed."""
    opened: list[KnowledgeBase] = []
    parts = fake_parts(open_embedder=installed_fakes())

    def make() -> KnowledgeBase:
        opened.append(KnowledgeBase(tmp_path / "library", parts=parts))
        return opened[-1]

    yield make
    for kb in opened:
        kb.close()


@pytest.fixture
def filled(open_kb: Callable[[], KnowledgeBase], tmp_path: Path) -> KnowledgeBase:
    kb = open_kb()
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"Bees number{number} dance.", encoding="utf-8")
    list(kb.follow(kb.add(sorted(tmp_path.glob("*.txt")))))
    return kb


def chosen(kb: KnowledgeBase) -> dict[str, str]:
    return json.loads(kb.library.settings.read_text("utf-8")) if kb.library.settings.exists() else {}


def test_another_embedder_is_chosen_built_and_serves(
    filled: KnowledgeBase, open_kb: Callable[[], KnowledgeBase], tmp_path: Path
) -> None:
    events: list[Any] = []
    filled.subscribe(events.append)
    id = import_model(write_model(tmp_path / "other"))
    use = filled.models.use("other")
    assert (use.id, use.task, use.documents, use.passages) == (id, "embed", 5, 5)
    assert use.needed_bytes > 5 * 3000
    assert chosen(filled) == {"embedder": "other", "readers": "both"}
    steps = list(filled.follow_model())
    assert all(total == 5 for _, total in steps)
    status = filled.status()
    assert (status.model, status.building) == (ENGLISH, None)
    assert [(one.id, one.done, one.of) for one in status.readers] == [(ENGLISH, 5, 5), ("other", 5, 5)]
    built = [event for event in events if isinstance(event, ModelBuilt)]
    assert [event.done for event in built] == [1, 2, 3, 4, 5, 5]
    filled.close()  # the event comes after what it tells of
    assert DocumentsReadAgain("other", 5, 5) in events
    filled = open_kb()
    assert filled.search("bees").degraded == ()
    assert filled.models.use("other").documents == 0
    assert [record.id for record in filled.models.list() if record.in_use] == [ENGLISH, "other"]


def test_what_a_model_takes_is_told_before_and_changes_nothing(
    filled: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_model(write_model(tmp_path / "other"))
    monkeypatch.setattr(choice, "seconds_a_passage", lambda _index, embedder: len(embedder.id))
    price = filled.models.price("other")
    assert (price.documents, price.passages, price.models, price.seconds) == (5, 5, ("other",), 25)
    assert price.price.details["needed_bytes"] == price.needed_bytes > 0
    fewer = filled.models.price(readers="english")
    assert (fewer.models, fewer.seconds, fewer.price.code) == ((), 0, "put-together-anew")
    assert filled.models.price("late-interaction").documents == 0
    assert chosen(filled) == {}
    assert filled.models.use("other") == price


def test_the_models_that_read_are_chosen_alone_or_together(filled: KnowledgeBase, tmp_path: Path) -> None:
    import_model(write_model(tmp_path / "other"))
    assert filled.models.read_by("both").documents == 0  # as it is
    filled.models.use("other")
    for readers, ids in ("multilingual", ["other"]), ("both", [ENGLISH, "other"]), ("english", [ENGLISH]):
        assert filled.models.read_by(readers).documents == 5
        list(filled.follow_model())
        assert [(one.id, one.done) for one in filled.status().readers] == [(id, 5) for id in ids]
        assert filled.search("bees").degraded == ()
        assert filled.models.progress() is None
    filled.models.use("other")
    assert chosen(filled) == {"embedder": "other", "readers": "both"}
    list(filled.follow_model())
    filled.models.use(ENGLISH)
    assert chosen(filled) == {"embedder": "other", "readers": "english"}
    list(filled.follow_model())
    assert filled.status().model == ENGLISH
    with pytest.raises(UsageProblem):
        filled.models.read_by("all")
    assert all(check.ok for check in filled.doctor() if check.name != "model")


def test_a_choice_made_elsewhere_is_noticed(
    filled: KnowledgeBase, open_kb: Callable[[], KnowledgeBase], tmp_path: Path
) -> None:
    import_model(write_model(tmp_path / "other"))
    import_model(write_model(tmp_path / "judge", rerank=True))
    save(filled.library.settings, {"embedder": "other", "reranker": "judge"})
    filled.models.reload_if_changed()
    assert filled.status().reranker == "judge"
    filled.models.use("late-interaction")
    list(filled.follow_model())
    assert filled.status().model == "other"
    second = open_kb()
    assert second.status().model == "other"
    filled.library.settings.write_text("{", encoding="utf-8")
    assert filled.search("bees").hits  # what cannot be read changes nothing


def test_the_next_process_goes_on_building(
    filled: KnowledgeBase, open_kb: Callable[[], KnowledgeBase], tmp_path: Path
) -> None:
    import_model(write_model(tmp_path / "other"))
    filled.close()
    save(filled.library.settings, {"embedder": "other"})
    second = open_kb()
    assert second.models.progress() == (0, 5)
    assert second.status().building == "other"
    assert second.search("bees").degraded == ()
    list(second.follow_model())
    assert second.status().model == "other"


def test_readers_that_take_over_meanwhile_have_not_read_everything(
    filled: KnowledgeBase,
    open_kb: Callable[[], KnowledgeBase],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_model(write_model(tmp_path / "other"))
    filled.close()
    save(filled.library.settings, {"embedder": "other"})
    second = open_kb()  # nothing is built here until somebody follows it
    generation = Index.generation
    before = generation(second._store.index)
    assert before is not None
    after = dataclasses.replace(before, fingerprint=wanted(second._models, before))
    moments = iter([before])

    def found(index: Index, state: Any = "active") -> Any:
        return next(moments, after) if state == "active" else generation(index, state)

    monkeypatch.setattr(Index, "generation", found)
    assert second.models.progress() == (0, 5)


def test_an_empty_library_needs_nothing_built(open_kb: Callable[[], KnowledgeBase], tmp_path: Path) -> None:
    kb = open_kb()
    import_model(write_model(tmp_path / "other"))
    assert kb.models.use("other").documents == 0
    assert list(kb.follow_model()) == []
    (tmp_path / "a.txt").write_text("Bees dance.", encoding="utf-8")
    list(kb.follow(kb.add([tmp_path / "a.txt"])))
    list(kb.follow_model())
    assert [(one.id, one.done) for one in kb.status().readers] == [(ENGLISH, 1), ("other", 1)]


def test_what_cannot_be_chosen_changes_nothing(
    filled: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelProblem) as absent:
        filled.models.use("nothing")
    assert absent.value.code == "model-absent"
    import_model(write_model(tmp_path / "other"))
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=2**20))
        with pytest.raises(Problem, match="no-room"):
            filled.models.use("other")
    import_model(write_model(tmp_path / "third", seed=1))
    broken = FakeEmbedder("third")

    def fail(_text: str) -> Any:
        raise ModelProblem("model-incomplete", reason="weight", name="x")

    monkeypatch.setattr(broken, "encode_query", fail)
    monkeypatch.setattr(filled._models, "_open_embedder", lambda **_options: broken)
    with pytest.raises(ModelProblem, match="name='x'"):
        filled.models.use("third")
    assert chosen(filled) == {}
    assert filled.status().model == "all-MiniLM-L6-v2"


def test_late_interaction_can_be_chosen_again(filled: KnowledgeBase) -> None:
    save(filled.library.settings, {"reranker": "judge"})
    filled.models.reload_if_changed()
    assert filled.status().reranker == "judge"
    assert filled.models.use("late-interaction").id == "late interaction"
    assert filled.status().reranker is None


def test_the_overview_has_the_catalogue_and_what_is_here(tmp_path: Path) -> None:
    before = overview()
    assert [record.id for record in before if record.installed] == [model.id for model in EMBEDDED]
    assert before[0].in_use
    assert len(before) == 11
    import_model(write_model(tmp_path / "own"))
    settings = Settings(embedder="own", readers="multilingual")
    own = overview(settings)[-1]
    assert (own.id, own.installed, own.in_use, own.dimensions) == ("own", True, True, 32)
    assert not overview(settings)[0].in_use
    assert overview(Settings(embedder="own"))[0].in_use
    assert remove_model("own", do=False) == "own"
    assert len(overview()) == 12
    remove_model("own", do=True)
    assert len(overview()) == 11
    assert list(paths.models_dir().iterdir()) == []
    for name in ("own", "all-MiniLM-L6-v2"):
        with pytest.raises(ModelProblem):
            remove_model(name, do=True)
