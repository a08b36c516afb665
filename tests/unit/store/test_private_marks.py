"""Marks in a library that others share are a person's own: on their machine, and they follow the shared text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from memory import MemoryLibrary
from test_contract import BOTH, incoming

from desktop_kb import paths
from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.records import Documents, Library
from desktop_kb.search.query import parse_filter
from desktop_kb.store import PrivateMarks, Store

BEES = "Bees dance in the hive. They tell each other where the flowers are."


@pytest.fixture
def shared() -> MemoryLibrary:
    library = MemoryLibrary()
    library.index.start_generation(BOTH)
    store(library, "bees", BEES)
    store(library, "foxes", "Foxes run in the forest.")
    return library


def store(library: MemoryLibrary, name: str, text: str) -> None:
    brought = incoming(cast(Library, library), name, text, tags=(f"about-{name}",))
    assert library.index.put(replace(brought, file=replace(brought.file, content_hash=text)))


def id_of(library: MemoryLibrary, title: str) -> str:
    return next(one.document for one in library.documents.find() if one.title == title)


@pytest.fixture
def marks(shared: MemoryLibrary, tmp_path: Path) -> Iterator[PrivateMarks]:
    here = Store(paths.library(tmp_path / "here"))
    yield PrivateMarks(here._database, cast(Documents, shared.documents))
    here.close()


def test_marks_are_kept_here_and_follow_the_shared_text(shared: MemoryLibrary, marks: PrivateMarks) -> None:
    bees = id_of(shared, "bees")
    uid = marks.add(bees, 5, 10, comment="so they do", colour="green")
    (mark,) = marks.find()
    assert (mark.quote, mark.comment, mark.document, mark.title) == ("dance", "so they do", bees, "bees")
    assert mark.path.endswith("bees.md")
    store(shared, "bees", f"What is known of bees. {BEES}")
    (mark,) = marks.find(only=[bees])
    assert (mark.quote, mark.start) == ("dance", 28)
    store(shared, "bees", "All of it was wrong.")
    (mark,) = marks.find(uids=[uid])
    assert (mark.quote, mark.start) == ("dance", None)
    assert marks.count_adrift() == 1
    marks.edit(uid, "they did", None)
    were = marks.find()
    marks.remove([uid])
    assert marks.find() == []
    marks.put_back(were)
    assert [one.comment for one in marks.find()] == ["they did"]


def test_marks_are_found_by_what_is_said_of_their_documents(
    shared: MemoryLibrary, marks: PrivateMarks
) -> None:
    for title in ("bees", "foxes"):
        marks.add(id_of(shared, title), 0, 5, comment="", colour="yellow")
    assert [mark.quote for mark in marks.find(parse_filter("tag:about-foxes"))] == ["Foxes"]
    assert marks.find(only=["0" * 16]) == []
    shared.documents.edit([id_of(shared, "foxes")], metadata={"title": "Reineke"})
    assert [mark.title for mark in marks.find()] == ["bees", "Reineke"]
    shared.documents.remove([id_of(shared, "bees")])
    assert [mark.title for mark in marks.find()] == ["Reineke"]


def test_what_cannot_be_marked_is_said(shared: MemoryLibrary, marks: PrivateMarks) -> None:
    with pytest.raises(Problem) as caught:
        marks.add("0" * 16, 0, 5, comment="", colour="yellow")
    assert caught.value.code == "not-found"
    with pytest.raises(UsageProblem):
        marks.add(id_of(shared, "bees"), 0, 500, comment="", colour="yellow")
    assert marks.find() == []
