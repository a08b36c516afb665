"""A library that several share, each with a machine of their own: places, and files that differ on two of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from fakes import FakeEmbedder
from memory import MemoryLibrary
from test_contract import BOTH, FIRST, incoming
from test_private_marks import Told

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.records import (
    Documents,
    FileReport,
    Job,
    JobOptions,
    Library,
    Location,
    PassageIndex,
    Question,
    Scope,
)
from desktop_kb.remote import Folder, PlacedDocuments, PlacedIndex, Sights
from desktop_kb.remote.folder import TEAM
from desktop_kb.remote.sights import Sight
from desktop_kb.search.query import parse_filter
from desktop_kb.store import PrivateMarks, Store

assert isinstance(FIRST, FakeEmbedder)


@dataclass
class Person:
    """Somebody's program, over the library that all of them share."""

    documents: Documents
    index: PassageIndex
    placed: PlacedDocuments
    root: Path

    def reads(self, name: str, text: str, mtime_ns: int = 7) -> FileReport:
        """A file of theirs is read and stored; returns what is said of it."""
        path = Path(os.path.normpath(self.root / name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        brought = incoming(cast(Library, self), name, text)
        file = replace(brought.file, path=str(path), content_hash=text, mtime_ns=mtime_ns)
        if self.placed.is_behind(file):
            self.documents.touch(file)
            return FileReport(file.path, "unchanged")
        job = Job(1, "add", file.path, JobOptions(), 1)
        report = FileReport(file.path, "indexed")
        if others := self.documents.with_content(text):
            self.documents.add_place(file, others[0].document, JobOptions(), job, report)
        else:
            assert self.index.put(replace(brought, file=file), ended=(job, report))
        return self.placed.told(report)

    def texts(self) -> dict[str, str]:
        return {one.path: self.documents.text(one.document)[0] for one in self.documents.find()}

    def at(self, name: str) -> str:
        return str(self.root / name)


@pytest.fixture(params=["memory", pytest.param("engine", marks=pytest.mark.slow)])
def shared(request: pytest.FixtureRequest) -> Iterator[Library]:
    if request.param == "memory":
        library = MemoryLibrary()
        library.index.start_generation(BOTH)
        yield library
        return
    with request.getfixturevalue("engine").library() as remote:
        remote.index.start_generation(BOTH)
        yield remote


def person(shared: Library, home: Path, name: str) -> Person:
    root = home / "team"
    root.mkdir(parents=True, exist_ok=True)
    folder = Folder(name, str(root), Sights(home / "seen"))
    placed = PlacedDocuments(shared.documents, folder)
    index = PlacedIndex(shared.index, placed, folder)
    return Person(cast(Documents, placed), cast(PassageIndex, index), placed, root)


def owned(here: str, path: str) -> str:
    """A path as the library has it that only one machine has."""
    written = Path(path).as_posix()
    return f"{here}:{'' if written.startswith('/') else '/'}{written}"


@pytest.fixture
def ada(shared: Library, tmp_path: Path) -> Person:
    return person(shared, tmp_path / "ada", "ada@desk")


@pytest.fixture
def bob(shared: Library, tmp_path: Path) -> Person:
    return person(shared, tmp_path / "bob", "bob@bench")


def test_a_file_of_the_teams_folder_is_at_everybodys_own_root(
    ada: Person, bob: Person, shared: Library
) -> None:
    ada.reads("reports/may.md", "Bees dance in May.")
    assert [place.path for place in shared.documents.places()] == [f"{TEAM}/reports/may.md"]
    (hers,), (his,) = ada.documents.find(), bob.documents.find()
    assert (hers.path, his.path) == (ada.at("reports/may.md"), bob.at("reports/may.md"))
    assert bob.documents.below(str(bob.root)) == bob.documents.below(bob.at("reports")) == [his.document]
    assert bob.documents.below(bob.at("other")) == []
    assert [place.path for place in bob.documents.places(str(bob.root.parent))] == [his.path]
    assert [one.document for one in bob.documents.find(parse_filter(f"path:{bob.at('reports')}"))] == [
        his.document
    ]
    with bob.index.moment() as moment:
        assert moment.places([his.document])[his.document] == (Location(his.path),)
        found = moment.retrieve(Question("bees dance"), Scope(tuple(parse_filter(f"path:{bob.root}"))), 9)
        assert len(found.by_words) == 1
    # Bob's copy of the file has come: the same content at the same place.
    assert bob.reads("reports/may.md", "Bees dance in May.", 99).status == "indexed"
    assert [place.path for place in shared.documents.places()] == [f"{TEAM}/reports/may.md"]
    stamps = [cast(Any, one.documents.place(one.at("reports/may.md"))).mtime_ns for one in (ada, bob)]
    assert stamps == [7, 99]


def test_what_is_elsewhere_on_a_machine_is_that_machines(ada: Person, bob: Person) -> None:
    """The same path on two machines is two files."""
    ada.reads("../own.md", "Ada's own words.")
    path = os.path.normpath(ada.at("../own.md"))
    (his,) = bob.documents.find()
    assert his.path == owned("ada@desk", path)
    assert (his.away_places, his.gone) == ((his.path,), False)
    assert [one.code for one in his.standing] == ["original-elsewhere"]
    assert bob.documents.place(path) is None
    bob.documents.mark({his.path: "gone"})
    place = ada.documents.place(path)
    assert place is not None
    assert (place.path, place.state) == (path, "there")
    assert bob.documents.files(his.document)[2] == ()


def test_two_writers_of_one_file_both_keep_their_text(ada: Person, bob: Person, shared: Library) -> None:
    """One conflict is said, to who came second; everybody finds both texts, and it is over once they agree."""
    for one in (ada, bob):
        one.reads("plan.md", "We meet on Monday.")
    assert ada.reads("plan.md", "We meet on Tuesday.").error is None
    told = bob.reads("plan.md", "We meet on Friday.")
    assert told.error_code == "kept-apart"
    assert ada.texts() == {
        ada.at("plan.md"): "We meet on Tuesday.",
        owned("bob@bench", bob.at("plan.md")): "We meet on Friday.",
    }
    assert bob.texts() == {f"{TEAM}/plan.md": "We meet on Tuesday.", bob.at("plan.md"): "We meet on Friday."}
    (apart,) = ada.documents.find(parse_filter("tag:conflict"))
    assert [one.code for one in apart.standing] == ["kept-apart", "original-elsewhere"]
    # It is said once: his next words are his own document's, hers are hers.
    assert bob.reads("plan.md", "We meet on Friday at 9.").error is None
    assert ada.reads("plan.md", "We meet on Tuesday at 9.").error is None
    assert sorted(ada.texts().values()) == ["We meet on Friday at 9.", "We meet on Tuesday at 9."]
    assert bob.reads("plan.md", "We meet on Tuesday at 9.").error is None
    assert bob.texts() == {bob.at("plan.md"): "We meet on Tuesday at 9."}
    assert [shared.documents.text(one.document)[0] for one in shared.documents.find(removed=True)] == [
        "We meet on Friday at 9."
    ]
    assert bob.reads("plan.md", "We meet on Sunday.").error is None
    assert ada.texts() == {ada.at("plan.md"): "We meet on Sunday."}


def test_who_keeps_both_texts_in_two_files_has_both(ada: Person, bob: Person, shared: Library) -> None:
    """What was kept apart is given another name, and then the other text is taken."""
    ada.reads("plan.md", "We meet on Tuesday.")
    assert bob.reads("plan.md", "We meet on Friday.").error_code == "kept-apart"
    bob.reads("bobs plan.md", "We meet on Friday.")
    bob.reads("plan.md", "We meet on Tuesday.")
    both = {"plan.md": "We meet on Tuesday.", "bobs plan.md": "We meet on Friday."}
    for one in (ada, bob):
        assert one.texts() == {one.at(name): text for name, text in both.items()}
        assert sorted(place.path for place in one.documents.places()) == sorted(map(one.at, both))
    assert shared.documents.find(removed=True) == []


def test_a_turn_that_failed_says_nothing_of_the_next_one(
    ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageProblem("engine-away", name="there")

    ada.reads("plan.md", "We meet on Tuesday.")
    with monkeypatch.context() as patch:
        patch.setattr(bob.placed, "told", fail)
        with pytest.raises(StorageProblem):
            bob.reads("plan.md", "We meet on Friday.")
    assert bob.reads("plan.md", "We meet on Tuesday.").error is None


def test_a_kill_while_a_conflict_ends_leaves_no_text_apart(
    ada: Person, bob: Person, shared: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    ada.reads("plan.md", "We meet on Tuesday.")
    assert bob.reads("plan.md", "We meet on Friday.").error_code == "kept-apart"
    with monkeypatch.context() as patch:
        patch.setattr(shared.documents, "remove", kill)
        with pytest.raises(KeyboardInterrupt):
            bob.reads("plan.md", "We meet on Tuesday.")
    bob.reads("plan.md", "We meet on Tuesday.")
    assert bob.texts() == {bob.at("plan.md"): "We meet on Tuesday."}
    assert [place.path for place in shared.documents.places()] == [f"{TEAM}/plan.md"]


def test_who_removes_the_other_text_has_the_place(ada: Person, bob: Person) -> None:
    ada.reads("plan.md", "We meet on Tuesday.")
    assert bob.reads("plan.md", "We meet on Friday.").error_code == "kept-apart"  # he never saw hers
    hers = next(one for one in bob.documents.find() if one.path.startswith(TEAM))
    bob.documents.remove([hers.document])
    assert bob.reads("plan.md", "We meet on Friday!").error is None
    assert set(ada.texts().items()) >= {(ada.at("plan.md"), "We meet on Friday!")}


def test_a_machine_that_is_behind_changes_nothing(ada: Person, bob: Person) -> None:
    for one in (ada, bob):
        one.reads("plan.md", "We meet on Monday.")
    ada.reads("plan.md", "We meet on Tuesday.")
    assert bob.reads("plan.md", "We meet on Monday.", 8).status == "unchanged"  # its time has changed alone
    assert bob.texts() == {bob.at("plan.md"): "We meet on Tuesday."}
    # Her file comes to his machine, and then he goes on with it.
    bob.reads("plan.md", "We meet on Tuesday.")
    assert bob.reads("plan.md", "We meet on Tuesday at 9.").error is None
    assert ada.texts() == {ada.at("plan.md"): "We meet on Tuesday at 9."}


def test_who_looked_at_a_file_may_change_it(ada: Person, bob: Person) -> None:
    """On a folder that both see, her file is as the library has it, and was never read here."""
    ada.reads("plan.md", "We meet on Monday.")
    bob.placed.saw(bob.documents.places())
    assert bob.reads("plan.md", "We meet on Friday.").error is None
    assert ada.texts() == {ada.at("plan.md"): "We meet on Friday."}


def test_each_machine_has_its_own_view_of_what_is_missing(ada: Person, bob: Person) -> None:
    ada.reads("plan.md", "We meet on Monday.")
    bob.documents.mark({bob.at("plan.md"): "gone"})
    (hers,), (his,) = ada.documents.find(), bob.documents.find()
    assert (hers.gone, his.gone) == (False, True)
    assert (ada.placed.counts()["gone"], bob.placed.counts()["gone"]) == (0, 1)
    assert [place.path for place in bob.documents.places(state="gone")] == [bob.at("plan.md")]
    bob.reads("plan.md", "We meet on Monday.")
    assert not bob.documents.find()[0].gone


def test_tags_are_everybodys(ada: Person, bob: Person) -> None:
    ada.reads("plan.md", "We meet on Monday.")
    bob.documents.tag([bob.at("plan.md")], JobOptions(("weekly",)))
    assert ada.documents.find()[0].tags == ("weekly",)


def test_without_the_teams_folder_its_files_are_elsewhere(
    ada: Person, shared: Library, tmp_path: Path
) -> None:
    ada.reads("plan.md", "We meet on Monday.")
    away = Folder("eve@phone", "", Sights(tmp_path / "eve"))
    (document,) = PlacedDocuments(shared.documents, away).find()
    assert (document.path, document.away_places) == (f"{TEAM}/plan.md", (f"{TEAM}/plan.md",))
    assert [one.code for one in document.standing] == ["original-elsewhere"]


def test_what_was_seen_is_read_by_all_processes_and_outlives_a_kill(tmp_path: Path) -> None:
    one, other = Sights(tmp_path / "seen"), Sights(tmp_path / "seen")
    one.note({"team:/a": Sight("1")})
    other.note({"team:/b": Sight("2", 3, 4, "gone", True)})
    one.note({"team:/a": Sight("5")})
    expected = {"team:/a": Sight("5"), "team:/b": Sight("2", 3, 4, "gone", True)}
    assert one.known() == other.known() == expected
    with (tmp_path / "seen").open("ab") as journal:
        journal.write(b'["team:/c", "half of a li')
    assert Sights(tmp_path / "seen").known() == expected
    one.note({"team:/d": Sight("6")})
    assert Sights(tmp_path / "seen").known() == one.known() == expected | {"team:/d": Sight("6")}
    many = Sights(tmp_path / "many")
    for number in range(20):
        many.note({f"team:/{at}": Sight(str(number)) for at in range(1000)})
    assert len((tmp_path / "many").read_bytes().splitlines()) < 13_000
    assert set(Sights(tmp_path / "many").known().values()) == {Sight("19")}


def test_what_was_seen_is_read_anew_where_another_process_has_written_it_anew(tmp_path: Path) -> None:
    """Also where the new journal is longer than what was read of the old one."""
    one, other = Sights(tmp_path / "seen"), Sights(tmp_path / "seen")
    one.note({"team:/a": Sight("1")})
    other.note({"team:/a": Sight("2")})
    for number in range(13):
        other.note({f"team:/{at}": Sight(str(number)) for at in range(1000)})
    assert one.known() == other.known() == Sights(tmp_path / "seen").known()
    assert one.known()["team:/a"] == Sight("2")


def test_what_was_seen_is_no_bug_on_a_full_disk_and_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    sights = Sights(tmp_path / "seen")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(StorageProblem, match="disk-full"):
            sights.note({"team:/a": Sight("1")})
    sights.note({"team:/a": Sight("1")})
    assert Sights(tmp_path / "seen").known() == {"team:/a": Sight("1")}


def test_filters_know_the_marks_of_who_asks(ada: Person, bob: Person, tmp_path: Path) -> None:
    for name, text in (("bees.md", "Bees dance in the hive."), ("foxes.md", "Foxes run.")):
        ada.reads(name, text)
    here = Store(paths.library(tmp_path / "own"))
    marks = PrivateMarks(here._database, cast(Any, ada.placed), Told({}, "ada"))
    ada.placed.marked = marks.documents_with
    bees = next(one.document for one in ada.documents.find() if one.path.endswith("bees.md"))
    marks.add(bees, 5, 10, comment="so they do", colour="green")

    def titles(person: Person, asked: str) -> list[str]:
        return [Path(one.path).stem for one in person.documents.find(parse_filter(asked))]

    for asked in ("has:mark", "mark:dance", "mark:do", "-mark:fox -path:foxes"):
        assert titles(ada, asked) == ["bees"]
    assert titles(ada, "-has:mark") == ["foxes"]
    assert titles(ada, "mark:fox") == []
    assert titles(bob, "has:mark") == []
    with ada.index.moment() as moment:
        assert [one.document for one in moment.first(Scope(parse_filter("has:mark")), 5)] == [bees]
        assert moment.first(Scope(parse_filter("-has:mark path:bees")), 5) == []
    here.close()
