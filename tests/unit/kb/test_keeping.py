"""Documents by id, path, folder and filter."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import holding
from workbench import text_file

from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import DocumentFilter


def test_a_query_filters_the_documents_themselves(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    (tmp_path / "b.txt").write_text("Wasps sleep.", encoding="utf-8")
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance.")], tags=["insects"])))
    list(kb.follow(kb.add([tmp_path / "b.txt"], tags=["insects"], metadata={"year": 2022})))
    bees, wasps = (document.document for document in kb.documents())
    assert kb.filter("bees") == DocumentFilter(("bees",))
    assert kb.filter("tag:insects").documents == {bees, wasps}
    assert kb.filter('tag:Insects year>2020 old "big wasps" -bees') == DocumentFilter(
        ("old", "big", "wasps", "big wasps"), ("bees",), frozenset({wasps})
    )
    assert kb.filter("tag:insects -year:2022").documents == {bees}
    assert kb.filter("tag:insects", removed=True).documents == frozenset()
    kb.remove([bees])
    assert kb.filter("tag:insects").documents == {wasps}
    assert kb.filter("tag:insects", removed=True).documents == {bees}


@pytest.fixture
def three(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> KnowledgeBase:
    """A library of three notes: two in a folder, one beside it whose name begins like the folder's."""
    kb = open_kb()
    (tmp_path / "hive").mkdir()
    for name in ("hive/bees.txt", "hive/wasps.txt", "hives.txt"):
        (tmp_path / name).write_text(f"What {name} holds.", encoding="utf-8")
    list(kb.follow(kb.add([tmp_path / "hive"], tags=["insects"], metadata={"year": 2022})))
    list(kb.follow(kb.add([tmp_path / "hives.txt"])))
    return kb


def test_a_document_is_had_by_its_id_alone(three: KnowledgeBase) -> None:
    for document in three.documents():
        assert three.document(document.document) == document
    gone = three.documents()[0].document
    three.remove([gone])
    with pytest.raises(Problem) as told:
        three.document(gone)
    assert (told.value.code, told.value.details) == ("not-found", {"what": gone})


def test_targets_are_ids_paths_folders_or_filters(
    three: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bees, wasps, hives = three.documents()
    assert three.find([bees.document, bees.path]) == [bees]
    assert three.find([str(tmp_path / "hive")]) == [bees, wasps]
    assert three.find([str(tmp_path / "hives.txt"), "tag:insects"]) == [hives, bees, wasps]
    monkeypatch.chdir(tmp_path)
    assert three.find(["hive"]) == [bees, wasps]
    assert three.find(["tag:none"]) == []
    with pytest.raises(Problem, match="not-found"):
        three.find([str(tmp_path / "nowhere.txt")])


def test_the_parts_of_a_file_are_found_with_it_where_they_stand_in_it_only(
    open_kb: Any, tmp_path: Path
) -> None:
    kb = open_kb()
    both = {"b_txt": "Whales sing.", "c_txt": "Owls hunt."}
    mail = text_file(tmp_path, holding("Bees dance.", **both))
    list(kb.follow(kb.add([mail])))
    assert [document.part for document in kb.find([str(mail)])] == ["", "b.txt", "c.txt"]
    (tmp_path / "else.txt").write_text(holding("Foxes run.", b_txt="Whales sing."), encoding="utf-8")
    list(kb.follow(kb.add([tmp_path / "else.txt"])))
    assert [document.title for document in kb.find([kb.get(mail).document])] == ["a", "c"]


def test_filters_are_written_as_in_a_search(three: KnowledgeBase) -> None:
    bees, wasps, hives = three.documents()
    assert three.documents(["year>=2020"]) == [bees, wasps]
    assert three.documents(["tag:insects", "-path:wasps"]) == [bees]
    assert {hit.document for hit in three.search("what", filters=["-tag:insects"]).hits} == {hives.document}
    assert len(three.search("what", limit=1).hits) == 1
    assert [report.path for report in three.refresh(["tag:insects"]).reports] == [bees.path, wasps.path]
    for ask in (three.documents, three.refresh, three.retry):
        with pytest.raises(UsageProblem, match="bad-filter"):
            ask(["two words"])


def test_documents_come_in_the_order_that_is_named(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb()
    dates = {"b": "2021-01-01", "c": "2023-01-01", "a": None}
    for age, (name, date) in enumerate(dates.items()):
        file = tmp_path / f"{name}.txt"
        file.write_text(f"bees {name}", encoding="utf-8")
        os.utime(file, (1e9 - age, 1e9 - age))
        list(kb.follow(kb.add([file], metadata={"date": date} if date else {})))
    names = {
        sort: "".join(one.title for one in kb.documents(sort=sort))
        for sort in ("score", "date", "added", "modified", "title")
    }
    assert names["score"] == "bca"
    assert names["date"] == "cba"  # what has none comes last
    assert names["modified"] == "bca"
    assert names["title"] == "abc"
    assert sorted(names["added"]) == ["a", "b", "c"]  # to the second
    assert [one.title for one in kb.documents(["date>2022"], sort="title")] == ["c"]
    with pytest.raises(ValueError, match="sort is one of"):
        kb.documents(sort="size")


def test_tags_are_suggested_from_neighbours(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    kb = open_kb()
    for name, text, tags in (
        ("a", "Owls hunt mice in the snow at night.", ["birds", "night"]),
        ("b", "An owl hears a mouse below the snow.", ["birds"]),
        ("c", "Rates of interest rise when banks lend less.", ["money"]),
        ("d", "The owl waits for a mouse in the snow.", []),
    ):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        list(kb.follow(kb.add([tmp_path / f"{name}.txt"], tags=tags)))
    new = kb.documents()[-1].document
    assert kb.suggest_tags(new)[0] == "birds"
    assert "money" not in kb.suggest_tags(new)
    kb.tag([new], ["birds"])
    assert "birds" not in kb.suggest_tags(new)
    with pytest.raises(Problem, match="not-found"):
        kb.suggest_tags("nobody")


def test_a_note_gets_another_name_while_it_is_read(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    """Windows refuses that as long as it is open, and our own child opens a note that was saved."""
    kb = open_kb()
    note = text_file(tmp_path, "Bees dance.")
    (tmp_path / "Bees.txt").write_text("Another", encoding="utf-8")
    list(kb.follow(kb.add([note])))
    (before,) = kb.documents()
    with note.open("rb") as reader:
        closing = threading.Timer(0.2, reader.close)
        closing.start()
        assert kb.rename_note(note, "Bees") == tmp_path / "Bees (2).txt"
        closing.join()
    (after,) = kb.documents()
    assert (after.document, Path(after.path).name) == (before.document, "Bees (2).txt")
    assert (tmp_path / "Bees.txt").read_text(encoding="utf-8") == "Another"
