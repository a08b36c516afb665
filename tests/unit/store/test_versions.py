"""Libraries of every version there was: each opens in this one, and loses nothing.

`tests/data/library-N.zip` is a backup made by the program whose schema had version N. Add one when
a migration is added; never make one again.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import apsw
import pytest
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.settings import Settings
from desktop_kb.store import Store, is_readable, rescue, restore
from desktop_kb.store.schema import MIGRATIONS

pytestmark = pytest.mark.usefixtures("removal_as_on_windows")

DATA = Path(__file__).parents[2] / "data"
VERSIONS = sorted(int(path.stem.removeprefix("library-")) for path in DATA.glob("library-*.zip"))


def test_there_is_a_library_of_every_version() -> None:
    assert list(range(1, len(MIGRATIONS) + 1)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_it_opens_and_nothing_is_lost(tmp_path: Path, version: int) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / f"library-{version}.zip", library)
    as_it_was = hashlib.sha256(library.database.read_bytes()).hexdigest()
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    copies = list(library.root.glob("library.version-*.sqlite"))
    if version < 4:  # the later steps rewrite nothing large
        (copy,) = copies
        connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
        assert connection.pragma("user_version") == version
        connection.close()
        assert hashlib.sha256(copy.read_bytes()).hexdigest() == as_it_was
    else:
        assert copies == []
    documents = {document.title: document for document in bench.store.documents.find()}
    assert set(documents) == {"bees", "whales", "蜜蜂", "broken"}
    assert documents["bees"].tags == ("insects", "kept")
    assert documents["bees"].metadata == {"year": 2022, "author": "Ada"}
    assert (documents["broken"].error_code, documents["broken"].error_details) == ("damaged", {})
    assert [document.tags for document in bench.store.documents.find(removed=True)] == [("birds",)]
    marks = [(mark.title, mark.comment, mark.colour) for mark in bench.store.marks.find()]
    assert marks == ([("bees", "as penguins do", "green")] if version >= 7 else [])
    with closing(apsw.Connection(str(library.database), flags=apsw.SQLITE_OPEN_READONLY)) as opened:
        asked = opened.execute("select client, tool, question from asked").fetchall()
    assert asked == ([("Penguin", "search", "whales")] if version >= 8 else [])
    assert bench.store.landscape.count() == (2 if version >= 8 else 0)
    assert bench.store.queue.waiting() == 1
    assert bench.found("bees", mode="words") == ["bees.txt"]  # at once, whatever is made anew later
    assert bench.search("whales sing").hits[0].why.meaning is not None
    while (
        bench.ingest.process_next()
    ):  # the waiting file is gone; another model's vectors may have to be made
        pass
    assert bench.found("bees", mode="words") == ["bees.txt"]
    assert bench.found("公园", mode="words") == ["蜜蜂.md"]
    assert bench.search("whales sing").hits[0].why.meaning is not None
    assert bench.embedder is not None
    assert bench.embedder.windows == []  # all vectors are those that were there
    assert bench.sound()
    bench.store.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_it_gets_a_second_reader_behind_what_answers(tmp_path: Path, version: int) -> None:
    """A library that a model of English has read: what that one reads stays as it is, the rest is cut anew."""
    restore(DATA / f"library-{version}.zip", paths.library(tmp_path / "library"))
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    further = FakeEmbedder("all", languages=())
    bench.models.further = (further,)
    bench.ingest.start()
    assert bench.search("whales sing").hits[0].why.meaning is not None
    while bench.ingest.process_next():
        assert bench.found("bees", mode="words") == ["bees.txt"]
    assert bench.embedder is not None
    assert bench.embedder.windows == []
    found = {d.title: bench.store.index.readers_of(d.document) for d in bench.store.documents.find()}
    assert found == {"bees": (1, 2), "whales": (1, 2), "蜜蜂": (2, 1), "broken": ()}
    assert len(further.windows) == len(set(further.windows)) == 3
    for title in ("蜜蜂", "whales"):
        (document,) = [d.document for d in bench.store.documents.find() if d.title == title]
        assert bench.store.index.passages(document, 2)[0].vector is not None
    assert bench.sound()
    bench.store.close()


def older(store: Store, *statements: str) -> None:
    """Make a library one of the fourth version, then change it so."""
    store.close()
    connection = apsw.Connection(str(store.library.database))
    for table in ("library", "encoded", "reader_vectors"):
        connection.execute(f"drop table {table}")
    connection.execute("alter table generations add column fingerprint text not null default ''")
    connection.execute("alter table generations add column model text not null default ''")
    connection.execute("alter table generations add column dimensions integer not null default 0")
    connection.execute(
        "update generations set fingerprint = readers.fingerprint || '/1', model = readers.model, "
        "dimensions = readers.dimensions from readers where generation = id"
    )
    connection.execute("drop table readers")
    connection.execute("drop table recognized")
    connection.execute("drop table marks")
    connection.execute("drop table asked")
    connection.execute("drop table neighbours")
    connection.execute("drop index documents_hash")
    connection.execute("drop index documents_waiting")
    for table, column in (
        ("documents", "error_details"),
        ("documents", "reading"),
        ("documents", "page_states"),
        ("documents", "revision"),
        ("staged_texts", "reading"),
        ("generations", "chunking"),
        ("generations", "terms"),
        ("generations", "reading"),
        ("indexed", "reader"),
    ):
        connection.execute(f"alter table {table} drop column {column}")
    connection.execute("alter table documents add column error text")
    connection.execute("drop index jobs_parent")
    for column in ("part", "parent"):
        connection.execute(f"alter table jobs drop column {column}")
    connection.execute("alter table places rename to newer")
    connection.execute(
        "create table places (path blob primary key, document_id integer not null references documents on delete "
        "cascade, size integer not null, mtime_ns integer not null, missing integer not null default 0, "
        "added text not null) strict"
    )
    connection.execute(
        "insert into places select path, document_id, size, mtime_ns, missing, added from newer"
    )
    connection.execute("drop table newer")
    connection.execute("create index places_document on places (document_id)")
    for statement in statements:
        connection.execute(statement)
    connection.pragma("user_version", 4)
    connection.close()


def test_words_that_were_cut_otherwise_are_cut_again_behind_those_that_answer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    bench.run(bench.file("old.md", "寳島的書。"), bench.file("common.md", "Bees dance."))
    older(
        bench.store,
        "delete from words_1",  # as the earlier table had them: 寳 was 宝, and so not found
        "insert into words_1 (rowid, body) values (1, '宝岛 书 以前'), (2, '以前')",
        "update generations set fingerprint = 'fake-1/1/0'",  # as the third step leaves it
    )
    later = Bench(tmp_path, FakeEmbedder(), Settings())
    assert set(later.found("以前", mode="words")) == {"old.md", "common.md"}
    before = later.search("dance of bees", mode="vectors").hits
    later.work_off()
    assert later.found("以前", mode="words") == []
    assert later.found("寳島", mode="words") == ["old.md"]
    assert later.search("dance of bees", mode="vectors").hits == before
    assert later.embedder is not None
    assert later.embedder.windows == []
    assert later.sound()
    later.store.close()


def test_without_a_model_words_are_cut_again_and_its_vectors_stay(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    bench.run(bench.file("old.md", "寳島 bees dance."))
    older(
        bench.store,
        "delete from words_1",
        "insert into words_1 (rowid, body) values (1, '以前')",
        "update generations set fingerprint = 'fake-1/1/0'",
    )
    without = Bench(tmp_path, None, Settings())
    without.work_off()
    assert without.found("以前", mode="words") == []
    assert without.sound()
    without.store.close()
    again = Bench(tmp_path, FakeEmbedder(), Settings())
    assert again.search("bees dance").hits[0].why.meaning is not None
    assert not again.ingest.process_next()
    again.store.close()


@pytest.mark.parametrize(
    ("code", "sentence", "details"),
    [
        (
            "too-large",
            "The file is larger than the limit of 200 MiB. Raise the limit in the settings or split the file.",
            {"limit_mib": 200},
        ),
        (
            "took-too-long",
            "Reading the file took longer than 0.5 seconds. Split the file and add the parts.",
            {"limit_s": 0.5},
        ),
        (
            "too-much-memory",
            "Reading the file needed more than 1.5 GB of memory. Split the file and add the parts.",
            {"limit_mib": 1536},
        ),
        (
            "too-much-text",
            "The file holds more text than the limit of 50,000,000 characters. Split the file and add the parts.",
            {"limit_characters": 50_000_000},
        ),
        (
            "unreadable",
            "The file could not be read: Input/output error. Check the disk it is on, then retry.",
            {"reason": "Input/output error"},
        ),
        ("too-large", "Words of another time.", {}),
        ("locked", "The PDF is locked with a password. Add it again with its password.", {}),
    ],
)
def test_the_sentences_of_old_failures_become_their_details(
    tmp_path: Path, code: str, sentence: str, details: dict[str, object]
) -> None:
    bench = Bench(tmp_path, None, Settings())
    (report,) = bench.run(bench.file("a.txt", "BROKEN"))
    old = asdict(report) | {"error": sentence, "error_code": code}
    del old["error_details"]
    older(
        bench.store,
        f"update documents set error_code = '{code}', error = '{sentence}'",
        f"update jobs set report = '{json.dumps(old)}'",
    )
    store = Store(bench.store.library)
    (document,) = store.documents.find()
    assert (document.error_code, document.error_details) == (code, details)
    report = store.queue.reports([1])[1]
    assert (report.error_code, report.error_details) == (code, details)
    store.close()


def test_a_library_has_an_id_for_good(tmp_path: Path) -> None:
    bench = Bench(tmp_path, None, Settings())
    id = bench.store.id
    assert re.fullmatch("[0-9a-f]{16}", id)
    bench.store.close()
    again = Store(bench.store.library)
    assert again.id == id
    again.close()
    other = Store(paths.library(tmp_path / "other"))
    assert other.id != id
    other.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_damaged_one_is_rescued_and_brought_to_this_version(tmp_path: Path, version: int) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / f"library-{version}.zip", library)
    connection = apsw.Connection(str(library.database))
    before = connection.execute("select uid, title from documents").fetchall()
    (page,) = connection.execute("select rootpage from sqlite_schema where name = 'metadata_key'").fetchall()[
        0
    ]
    connection.pragma("user_version", 1)  # its number is damaged as well
    connection.close()
    with library.database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    assert not is_readable(library.database)
    assert rescue(library) == []
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    bench.store.repair()
    with bench.store._database.read() as again:
        assert again.execute("select uid, title from documents").fetchall() == before
    bench.work_off()
    assert bench.embedder is not None
    assert bench.embedder.windows == []
    assert bench.found("公园", mode="words") == ["蜜蜂.md"]
    assert bench.search("whales sing").hits[0].why.meaning is not None
    assert bench.sound()
    bench.store.close()


def test_a_newer_one_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / f"library-{VERSIONS[-1]}.zip", library)
    connection = apsw.Connection(str(library.database))
    connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()
    before = library.database.read_bytes()
    with pytest.raises(StorageProblem) as caught:
        Store(library)
    assert caught.value.code == "newer-library"
    assert library.database.read_bytes() == before


def test_no_room_for_the_copy_is_said_and_nothing_is_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / "library-1.zip", library)

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("desktop_kb.store.schema.shutil.copy2", full)
        with pytest.raises(StorageProblem) as caught:
            Store(library)
    assert caught.value.code == "disk-full"
    connection = apsw.Connection(str(library.database), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.pragma("user_version") == 1
    connection.close()
    Store(library).close()
    (copy,) = library.root.glob("library.version-*.sqlite")
    assert copy.stat().st_size > 4096  # whole this time
