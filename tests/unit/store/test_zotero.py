"""What Zotero's database says of the files in its storage, while Zotero holds it locked."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from zotero import Zotero

from desktop_kb.store.connection import connect
from desktop_kb.store.zotero import references_of


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Zotero]:
    with contextlib.closing(Zotero(tmp_path)) as made:
        yield made


def one(program: Zotero) -> tuple[str, dict[str, str], tuple[str, ...]]:
    found = references_of(program.folder / "zotero.sqlite")
    assert found is not None
    (reference,) = found
    return reference.title, dict(reference.values), reference.tags


def test_a_file_is_of_the_item_that_it_belongs_to(program: Zotero) -> None:
    paper = program.item(
        title="The <i>Dance</i> Language",
        date="1967-05-00 May 1967",
        publicationTitle="Bee World",
        DOI="10.1000/bees",
    )
    program.by(paper, "von Frisch", "Karl")
    program.by(paper, "Lindauer", "Martin")
    program.by(paper, "Chadwick", "Leigh", type=3)
    program.tag(paper, "dance", "bees, wild")
    own = program.file("AB12CD34", "storage:Frisch 1967.pdf", paper)
    program.tag(own, "read")
    assert one(program) == (
        "The Dance Language",
        {
            "author": "von Frisch, Karl; Lindauer, Martin",
            "date": "1967-05",
            "year": "1967",
            "journal": "Bee World",
            "doi": "10.1000/bees",
        },
        ("bees, wild", "dance", "read"),
    )
    found = references_of(program.folder / "zotero.sqlite") or []
    assert found[0].files == ((str(program.folder / "storage" / "AB12CD34" / "Frisch 1967.pdf"),),)


def test_fields_of_a_type_stand_for_others(program: Zotero) -> None:
    case = program.item(7, caseName="Bees v. Wasps")
    program.file("AA", "storage:case.pdf", case)
    assert one(program)[0] == "Bees v. Wasps"
    program.say(case, "bookTitle", "Law of Hives")
    assert one(program)[1]["booktitle"] == "Law of Hives"


@pytest.mark.parametrize(
    ("people", "author"),
    [
        ([("张", "三", 1), ("李四", "", 1)], "张三; 李四"),
        ([("World Health Organization", "", 1)], "World Health Organization"),
        ([("Trans", "Lator", 3), ("Ed", "Itor", 2)], "Ed, Itor"),
        ([("Herzog", "Werner", 4)], "Herzog, Werner"),
    ],
)
def test_who_wrote_it(program: Zotero, people: list[tuple[str, str, int]], author: str) -> None:
    paper = program.item()
    for last, first, type in people:
        program.by(paper, last, first, type)
    program.file("AA", "storage:a.pdf", paper)
    assert one(program)[1] == {"author": author}


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2019-00-00 2019", "2019"),
        ("2001-07-04 4 July 2001", "2001-07-04"),
        ("0000-00-00 in press", "in press"),
        ("0000-05-00 May", "May"),
        ("spring", "spring"),
    ],
)
def test_when(program: Zotero, value: str, date: str) -> None:
    program.file("AA", "storage:a.pdf", program.item(date=value))
    assert one(program)[1]["date"] == date


def test_a_file_elsewhere_or_with_a_path_for_a_name_is_not_told(program: Zotero) -> None:
    for path in ("/home/me/a.pdf", "attachments:a.pdf", "storage:../../a.pdf", "storage:"):
        program.file(f"K{len(path)}", path, program.item(title="A"))
    assert references_of(program.folder / "zotero.sqlite") == []


def test_nothing_is_written_and_no_lock_asked_for(program: Zotero) -> None:
    program.file("AA", "storage:a.pdf", program.item(title="A"))
    before = {path.name: path.stat().st_mtime_ns for path in program.folder.iterdir()}
    assert len(references_of(program.folder / "zotero.sqlite") or ()) == 1
    assert {path.name: path.stat().st_mtime_ns for path in program.folder.iterdir()} == before


def test_while_it_is_written_it_tells_nothing(program: Zotero, monkeypatch: pytest.MonkeyPatch) -> None:
    database = program.folder / "zotero.sqlite"
    program.file("AA", "storage:a.pdf", program.item(title="A"))
    with program.connection:
        program.item(title="B")
        program.connection.cache_flush()
        assert references_of(database) is None
    assert len(references_of(database) or ()) == 1

    def written(path: Path, *, immutable: bool) -> object:
        os.utime(path)
        return connect(path, immutable=immutable)

    monkeypatch.setattr("desktop_kb.store.zotero.connect", written)
    assert references_of(database) is None


@pytest.mark.parametrize("content", [None, b"", b"Zotero's own.", b"SQLite format 3\0" + bytes(4096)])
def test_what_is_no_database_of_a_known_zotero_tells_nothing(tmp_path: Path, content: bytes | None) -> None:
    database = tmp_path / "zotero.sqlite"
    if content is not None:
        database.write_bytes(content)
    assert references_of(database) is None
