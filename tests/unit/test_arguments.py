"""What a Python program passes by mistake is refused with a sentence, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from fakes import fake_parts

from desktop_kb.arguments import one_of, several, whole
from desktop_kb.errors import Problem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Filter, SearchKeywords, SearchOptions


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KnowledgeBase]:
    """A library with one document, in the folder that is the current one."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "lamp.md").write_text("The lamp is green.", encoding="utf-8")
    (folder / "diary.md").write_text("Nobody may read this.", encoding="utf-8")
    monkeypatch.chdir(folder)
    with KnowledgeBase(tmp_path / "library", parts=fake_parts()) as kb:
        list(kb.follow(kb.add(["lamp.md"])))
        yield kb


TAG_FILTER = Filter("tag", ":", "work", False, "tag:work")
#: What is called by mistake, and the argument that the sentence names.
MISTAKES: list[tuple[str, Callable[[KnowledgeBase, str], Any]]] = [
    ("files", lambda kb, id: kb.add("lamp.md")),
    ("files", lambda kb, id: kb.add("/")),
    ("files", lambda kb, id: kb.add(Path("lamp.md"))),  # type: ignore[arg-type]
    ("files", lambda kb, id: kb.add(b"lamp.md")),  # type: ignore[arg-type]
    ("files", lambda kb, id: kb.add([b"lamp.md"])),  # type: ignore[list-item]
    ("files", lambda kb, id: kb.add(None)),  # type: ignore[arg-type]
    ("tags", lambda kb, id: kb.add(["diary.md"], tags="work")),
    ("documents", lambda kb, id: kb.remove(id)),
    ("documents", lambda kb, id: kb.remove(kb.documents()[0])),  # type: ignore[arg-type]
    ("documents", lambda kb, id: kb.remove(kb.documents())),  # type: ignore[arg-type]
    ("documents", lambda kb, id: kb.tag(id, ["work"])),
    ("tags", lambda kb, id: kb.tag([id], "work")),
    ("tags", lambda kb, id: kb.untag([id], "work")),
    ("documents", lambda kb, id: kb.untag(id, ["work"])),
    ("targets", lambda kb, id: kb.find(id)),
    ("targets", lambda kb, id: kb.find([Path("lamp.md")])),  # type: ignore[list-item]
    ("jobs", lambda kb, id: kb.cancel("12")),  # type: ignore[arg-type]
    ("jobs", lambda kb, id: kb.cancel(12)),  # type: ignore[arg-type]
    ("filters", lambda kb, id: kb.documents("type:md")),
    ("filters", lambda kb, id: kb.documents([TAG_FILTER])),  # type: ignore[list-item]
    ("filters", lambda kb, id: kb.refresh(TAG_FILTER)),  # type: ignore[arg-type]
    ("filters", lambda kb, id: kb.retry("type:md")),
    ("documents", lambda kb, id: kb.retry(documents=id)),
    ("filters", lambda kb, id: kb.search("lamp", filters="year:2022")),
    ("filters", lambda kb, id: SearchOptions(filters="year:2022")),
]


@pytest.mark.parametrize("mistake", range(len(MISTAKES)))
def test_one_where_several_are_meant_is_refused(kb: KnowledgeBase, mistake: int) -> None:
    argument, call = MISTAKES[mistake]
    before = kb.documents()
    with pytest.raises(TypeError, match=rf"^{argument} takes a list of "):
        call(kb, before[0].document)
    assert kb.documents() == before
    assert not kb.status().waiting


def test_the_sentence_says_how_to_write_it() -> None:
    with pytest.raises(TypeError) as told:
        several("tags", "work", str, "tags, str")
    assert str(told.value) == "tags takes a list of tags, str; for this one alone write ['work']"
    with pytest.raises(TypeError) as told:
        several("tags", ["a", 7], str, "tags, str")
    assert str(told.value) == "tags takes a list of tags, str; 7 is none"
    assert several("tags", (tag for tag in "ab"), str, "tags, str") == ["a", "b"]


@pytest.mark.parametrize(
    "call",
    [
        lambda kb, id: kb.remove([id, "nobody"]),
        lambda kb, id: kb.tag([id, "nobody"], ["work"]),
        lambda kb, id: kb.untag([id, "nobody"], ["work"]),
        lambda kb, id: kb.set_metadata("nobody", {"year": 2022}),
        lambda kb, id: kb.text("nobody"),
        lambda kb, id: kb.reading("nobody", 0, 1),
        lambda kb, id: kb.file("nobody"),
        lambda kb, id: kb.try_drawing("nobody"),
        lambda kb, id: kb.picture("nobody"),
        lambda kb, id: kb.inspect("nobody"),
        lambda kb, id: kb.document("nobody"),
        lambda kb, id: kb.restore("nobody"),
    ],
)
def test_an_id_that_is_none_is_named_and_nothing_is_changed(
    kb: KnowledgeBase, call: Callable[[KnowledgeBase, str], Any]
) -> None:
    before = kb.documents()
    with pytest.raises(Problem) as told:
        call(kb, before[0].document)
    assert told.value.code == "not-found"
    assert told.value.details == {"what": "nobody"}
    assert kb.documents() == before


def test_what_is_in_the_trash_already_may_be_removed_again(kb: KnowledgeBase) -> None:
    (document,) = kb.documents()
    kb.remove([document.document])
    removed = kb.trash()
    kb.remove([document.document])
    assert [one.document for one in kb.trash()] == [one.document for one in removed]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "fuzzy"},
        {"unit": "page"},
        {"limit": 0},
        {"limit": -1},
        {"limit": 2.5},
        {"limit": "10"},
        {"limit": True},
        {"per_document": 0},
        {"rerank_seconds": -1},
        {"rerank_seconds": float("nan")},
    ],
)
def test_options_that_there_are_not_are_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=f"^{name} is "):
        SearchOptions(**options)


def test_limits_that_mean_nothing_are_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(ValueError, match=r"^limit is a whole number from 0, not -1$"):
        kb.queue(-1)
    with pytest.raises(ValueError, match=r"^limit is a whole number from 1, not -1$"):
        kb.search("lamp", limit=-1)
    with pytest.raises(ValueError, match=r"^mode is one of "):
        kb.search("lamp", mode="fuzzy")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="most"):
        kb.search("lamp", most=3)  # type: ignore[call-arg]
    assert whole("limit", 3, 1) == 3
    with pytest.raises(ValueError, match=r"^mode is one of 'a', 'b', not 'c'$"):
        one_of("mode", "c", ("a", "b"))


def test_every_option_can_be_given_alone() -> None:
    assert get_type_hints(SearchKeywords).keys() == {field.name for field in fields(SearchOptions)}


def test_options_take_a_list_of_filters() -> None:
    assert SearchOptions(filters=["year:2022"]).filters == ("year:2022",)
