"""Folders of Obsidian, Logseq and Zotero."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workbench import file_at_rest
from zotero import Zotero

from desktop_kb.kb import KnowledgeBase
from desktop_kb.kb.folder_kinds import kind_of
from desktop_kb.records import FolderKind


def found(kb: KnowledgeBase) -> list[str]:
    return sorted(Path(event.path).name for event in kb.watch(once=True))


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ((".obsidian/app.json",), "obsidian"),
        (("logseq/config.edn", "pages/a.md"), "logseq"),
        (("logseq/a.md",), "plain"),
        (("zotero.sqlite",), "zotero"),
        ((), "plain"),
    ],
)
def test_whose_a_folder_is_is_found_out(tmp_path: Path, entries: tuple[str, ...], kind: FolderKind) -> None:
    for entry in entries:
        file_at_rest(tmp_path / entry, "")
    assert kind_of(tmp_path) == kind


def test_the_storage_beside_zoteros_database_is_zoteros(tmp_path: Path) -> None:
    file_at_rest(tmp_path / "zotero.sqlite", "")
    (tmp_path / "storage").mkdir()
    assert kind_of(tmp_path / "storage") == "zotero"


def test_what_is_excluded_in_obsidian_is_passed_over(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    file_at_rest(vault / ".obsidian" / "app.json", json.dumps({"userIgnoreFilters": ["Templates/", "/^x/"]}))
    for name in ("a.md", "Templates/daily.md", ".trash/old.md", ".obsidian/plugin.md", "sub/Templates/b.md"):
        file_at_rest(vault / name, f"{name} says something.")
    kb = open_kb()
    assert kb.follow_folder(vault).kind == "obsidian"
    assert found(kb) == ["a.md", "b.md"]


def test_a_journal_of_logseq_is_of_its_day(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    graph = tmp_path / "graph"
    file_at_rest(graph / "logseq" / "bak" / "old.md", "A backup.")
    file_at_rest(graph / "journals" / "2024_01_15.md", "- Bees dance.")
    file_at_rest(graph / "pages" / "2024_01_16.md", "- A page.")
    kb = open_kb()
    assert kb.follow_folder(graph).kind == "logseq"
    assert found(kb) == ["2024_01_15.md", "2024_01_16.md"]
    assert {one.title: one.date for one in kb.documents()} == {"2024-01-15": "2024-01-15", "2024_01_16": None}


BIB = """@article{frisch1967,
  title = {The {{Dance Language}} of Bees},
  author = {von Frisch, Karl and Lindauer, Martin},
  date = {1967-05},
  keywords = {bees,dance},
  file = {Full Text PDF:%s/storage/AB12CD34/Frisch.pdf:application/pdf}
}
"""


@pytest.fixture
def zotero(tmp_path: Path) -> Path:
    folder = tmp_path / "Zotero"
    for name in ("zotero.sqlite", "styles/apa.txt", "storage/AB12CD34/.zotero-ft-cache"):
        file_at_rest(folder / name, "Zotero's own.")
    file_at_rest(folder / "storage" / "AB12CD34" / "Frisch.pdf", "Bees dance.")
    file_at_rest(folder / "storage" / "ZZ99ZZ99" / "Other.pdf", "Whales sing.")
    return folder


def test_titles_authors_and_keywords_of_zotero_are_those_of_its_export(
    open_kb: Callable[..., KnowledgeBase], zotero: Path
) -> None:
    file_at_rest(zotero / "library.bib", BIB % zotero.as_posix())
    kb = open_kb()
    assert kb.follow_folder(zotero).kind == "zotero"
    assert found(kb) == ["Frisch.pdf", "Other.pdf"]
    bees = kb.get(zotero / "storage" / "AB12CD34" / "Frisch.pdf")
    assert (bees.title, bees.tags) == ("The Dance Language of Bees", ("bees", "dance"))
    assert bees.metadata["author"] == "von Frisch, Karl; Lindauer, Martin"
    assert bees.metadata["year"] == 1967


def test_what_the_person_changed_stays_when_the_export_changes(
    open_kb: Callable[..., KnowledgeBase], zotero: Path
) -> None:
    kb = open_kb()
    kb.follow_folder(zotero)
    assert found(kb) == ["Frisch.pdf", "Other.pdf"]
    path = zotero / "storage" / "AB12CD34" / "Frisch.pdf"
    file_at_rest(zotero / "library.bib", BIB % zotero.as_posix())
    assert found(kb) == []  # told later than the file was read
    bees = kb.get(path)
    assert (bees.title, bees.tags) == ("The Dance Language of Bees", ("bees", "dance"))
    kb.untag([bees.document], ["dance"])
    kb.set_metadata(bees.document, {"title": "My title"})
    assert found(kb) == []
    assert (kb.get(path).title, kb.get(path).tags) == ("My title", ("bees",))


@pytest.fixture
def program(zotero: Path) -> Iterator[Zotero]:
    """Zotero, at work with its database."""
    with contextlib.closing(Zotero(zotero)) as made:
        yield made


def test_titles_authors_and_tags_are_those_of_zoteros_database_while_it_runs(
    open_kb: Callable[..., KnowledgeBase], zotero: Path, program: Zotero
) -> None:
    paper = program.item(title="The Dance Language of Bees", date="1967-05-00 May 1967")
    program.by(paper, "von Frisch", "Karl")
    program.tag(paper, "bees", "dance")
    program.file("AB12CD34", "storage:Frisch.pdf", paper)
    kb = open_kb()
    assert kb.follow_folder(zotero / "storage").kind == "zotero"
    assert found(kb) == ["Frisch.pdf", "Other.pdf"]
    bees = kb.get(zotero / "storage" / "AB12CD34" / "Frisch.pdf")
    assert (bees.title, bees.tags, bees.date) == ("The Dance Language of Bees", ("bees", "dance"), "1967-05")
    assert (bees.metadata["author"], bees.metadata["year"]) == ("von Frisch, Karl", 1967)


def test_what_zotero_learns_later_is_given_to_files_that_were_read_before(
    open_kb: Callable[..., KnowledgeBase], zotero: Path, program: Zotero
) -> None:
    paper = program.item(title="Bees")
    program.file("AB12CD34", "storage:Frisch.pdf", paper)
    kb = open_kb()
    kb.follow_folder(zotero)
    watch = kb.folder_watch()
    list(watch.events(once=True))
    path = zotero / "storage" / "AB12CD34" / "Frisch.pdf"
    program.tag(paper, "dance")
    other = program.item(title="Whales of the North")
    program.file("ZZ99ZZ99", "storage:Other.pdf", other)
    watch.look_again()
    list(watch.events(once=True))
    assert (kb.get(path).title, kb.get(path).tags) == ("Bees", ("dance",))
    assert kb.get(zotero / "storage" / "ZZ99ZZ99" / "Other.pdf").title == "Whales of the North"
    kb.untag([kb.get(path).document], ["dance"])
    with program.connection:
        program.say(other, "title", "Whales of the South")
        program.connection.cache_flush()
        watch.look_again()
        list(watch.events(once=True))  # Zotero is writing: as before
        assert kb.get(zotero / "storage" / "ZZ99ZZ99" / "Other.pdf").title == "Whales of the North"
    watch.look_again()
    list(watch.events(once=True))
    assert kb.get(zotero / "storage" / "ZZ99ZZ99" / "Other.pdf").title == "Whales of the South"
    assert kb.get(path).tags == ()


def test_a_tag_that_was_taken_away_stays_away_where_zotero_writes_at_the_first_look(
    open_kb: Callable[..., KnowledgeBase], zotero: Path, program: Zotero
) -> None:
    paper = program.item(title="Bees")
    program.file("AB12CD34", "storage:Frisch.pdf", paper)
    program.tag(paper, "dance")
    kb = open_kb()
    kb.follow_folder(zotero)
    list(kb.folder_watch().events(once=True))
    bees = kb.get(zotero / "storage" / "AB12CD34" / "Frisch.pdf")
    assert bees.tags == ("dance",)
    kb.untag([bees.document], ["dance"])
    watch = kb.folder_watch()  # as of a program that begins
    with program.connection:
        program.say(paper, "title", "Honeybees")
        program.connection.cache_flush()
        list(watch.events(once=True))
    watch.look_again()
    list(watch.events(once=True))
    assert kb.document(bees.document).tags == ()
    program.tag(paper, "hive")
    watch.look_again()
    list(watch.events(once=True))
    assert "hive" in kb.document(bees.document).tags


def test_what_the_database_does_not_tell_the_export_does(
    open_kb: Callable[..., KnowledgeBase], zotero: Path, program: Zotero
) -> None:
    program.file("ZZ99ZZ99", "storage:Other.pdf", program.item(title="Whales"))
    file_at_rest(zotero / "library.bib", BIB % zotero.as_posix())
    kb = open_kb()
    kb.follow_folder(zotero)
    found(kb)
    assert sorted(one.title for one in kb.documents()) == ["The Dance Language of Bees", "Whales"]
