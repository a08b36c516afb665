"""Marks in a library that others share are a person's own: on their machine, and they follow the shared text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from memory import MemoryLibrary
from test_contract import BOTH, incoming

from desktop_kb import paths
from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.records import Library, SharedMark
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


class Told:
    """What people share, each seeing what all of them do.

    Args:
        known: by document, and by the id of the mark.
        by: who shares here.
    """

    def __init__(self, known: dict[str, dict[str, SharedMark]], by: str) -> None:
        self.known, self.by = known, by

    def all(self) -> Mapping[str, Sequence[SharedMark]]:
        return {document: list(marks.values()) for document, marks in self.known.items() if marks}

    def share(self, marks: Mapping[str, Sequence[SharedMark]]) -> None:
        for document, shared in marks.items():
            for one in shared:
                self.known.setdefault(document, {})[one.uid] = one._replace(by=self.by)

    def take_back(self, marks: Mapping[str, Sequence[str]]) -> None:
        for document, uids in marks.items():
            for uid in uids:
                del self.known[document][uid]


@pytest.fixture
def people(shared: MemoryLibrary, tmp_path: Path) -> Iterator[tuple[PrivateMarks, PrivateMarks]]:
    """The marks of ada and of bob, each on a machine of their own."""
    known: dict[str, dict[str, SharedMark]] = {}
    stores = [Store(paths.library(tmp_path / name)) for name in ("ada", "bob")]
    ada, bob = (
        PrivateMarks(here._database, cast(Any, shared.documents), Told(known, name))
        for here, name in zip(stores, ("ada", "bob"), strict=True)
    )
    yield ada, bob
    for store in stores:
        store.close()


@pytest.fixture
def marks(people: tuple[PrivateMarks, PrivateMarks]) -> PrivateMarks:
    return people[0]


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


def test_of_all_that_is_marked_the_library_is_asked_at_once(
    shared: MemoryLibrary, marks: PrivateMarks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As each question takes a way over the network."""
    asked: list[str] = []

    class Asked:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(shared.documents, name)

    monkeypatch.setattr(marks, "_documents", Asked())
    for number in range(5):
        store(shared, f"bees {number}", f"{BEES} {number}")
        marks.add(id_of(shared, f"bees {number}"), 0, 4, comment="", colour="yellow")
    asked.clear()
    assert len(marks.find()) == 5
    assert len(marks.documents_with(parse_filter("has:mark")[0])) == 5
    assert len(asked) == 4


def test_what_cannot_be_marked_is_said(shared: MemoryLibrary, marks: PrivateMarks) -> None:
    with pytest.raises(Problem) as caught:
        marks.add("0" * 16, 0, 5, comment="", colour="yellow")
    assert caught.value.code == "not-found"
    with pytest.raises(UsageProblem):
        marks.add(id_of(shared, "bees"), 0, 500, comment="", colour="yellow")
    assert marks.find() == []


def test_a_mark_that_is_shared_is_seen_by_all_and_changed_by_whose_it_is(
    shared: MemoryLibrary, people: tuple[PrivateMarks, PrivateMarks]
) -> None:
    ada, bob = people
    bees = id_of(shared, "bees")
    uid = ada.add(bees, 5, 10, comment="so they do", colour="green")
    private = ada.add(bees, 0, 4, comment="", colour="red")
    assert bob.find() == []
    ada.share([uid])
    assert [(mark.uid, mark.shared, mark.by) for mark in ada.find()] == [
        (private, False, ""),
        (uid, True, ""),
    ]
    (mark,) = bob.find()
    assert (mark.quote, mark.comment, mark.colour, mark.by, mark.is_mine) == (
        "dance", "so they do", "green", "ada", False,
    )  # fmt: skip
    assert mark.created == ada.find(uids=[uid])[0].created
    assert list(bob.documents_with(parse_filter("mark:dance")[0])) == [bees]
    with pytest.raises(Problem, match="no-mark"):
        bob.edit(uid, "no", None)
    with pytest.raises(Problem, match="no-mark"):
        bob.remove([uid])
    with pytest.raises(Problem, match="no-mark"):
        bob.take_back([uid])
    ada.edit(uid, "they did", "blue")
    store(shared, "bees", f"What is known of bees. {BEES}")
    assert [(mark.comment, mark.colour, mark.start) for mark in bob.find()] == [("they did", "blue", 28)]
    store(shared, "bees", "All of it was wrong.")
    assert [(mark.quote, mark.start) for mark in bob.find()] == [("dance", None)]
    store(shared, "bees", BEES)
    assert [(mark.quote, mark.start) for mark in bob.find()] == [("dance", 5)]
    ada.take_back([uid])
    assert bob.find() == []
    assert list(bob.documents_with(parse_filter("has:mark")[0])) == []
    assert {mark.uid for mark in ada.find()} == {uid, private}


def test_a_shared_mark_goes_and_comes_with_whose_it_is(
    shared: MemoryLibrary, people: tuple[PrivateMarks, PrivateMarks]
) -> None:
    ada, bob = people
    uid = ada.add(id_of(shared, "bees"), 5, 10, comment="", colour="green")
    ada.share([uid])
    were = ada.find()
    ada.remove([uid])
    assert bob.find() == ada.find() == []
    ada.put_back(were)
    assert [mark.quote for mark in bob.find()] == ["dance"]
    shared.documents.remove([id_of(shared, "bees")])
    assert bob.find() == []


def test_a_shared_mark_may_come_to_another_document(
    shared: MemoryLibrary, people: tuple[PrivateMarks, PrivateMarks]
) -> None:
    """As where one comes out of the trash into a newer one with its content."""
    ada, bob = people
    bees, foxes = id_of(shared, "bees"), id_of(shared, "foxes")
    ada.share([ada.add(bees, 5, 10, comment="", colour="green")])
    assert [mark.document for mark in bob.find()] == [bees]
    told = cast(Told, bob._shared).known
    told[foxes] = told.pop(bees)
    assert [mark.document for mark in bob.find()] == [foxes]
    assert [(mark.document, mark.by) for mark in ada.find()] == [(bees, "")]


def test_who_marks_what_another_shared_has_a_mark_of_their_own(
    shared: MemoryLibrary, people: tuple[PrivateMarks, PrivateMarks]
) -> None:
    ada, bob = people
    bees = id_of(shared, "bees")
    ada.share([ada.add(bees, 5, 10, comment="", colour="green")])
    assert [mark.by for mark in bob.find()] == ["ada"]
    own = bob.add(bees, 5, 10, comment="mine", colour="red")
    with bob._database.read() as connection:  # hers is not taken away meanwhile
        assert connection.execute("select count(*) from marks").get == 2
    assert {(mark.uid == own, mark.by) for mark in bob.find()} == {(True, ""), (False, "ada")}
    bob.remove([own])
    assert [mark.by for mark in bob.find()] == ["ada"]
