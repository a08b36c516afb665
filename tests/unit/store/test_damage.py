"""Whatever is broken on the disk: the doctor finds it, repair makes again what is derived, names
what is gone, and never makes it worse."""

from __future__ import annotations

import errno
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from fakes import FakeEmbedder, fake_parts
from workbench import open_files

from desktop_kb import paths
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.kb import KnowledgeBase, rescue
from desktop_kb.records import Document, Finding
from desktop_kb.sentences import say
from desktop_kb.store import Store, seal
from desktop_kb.store.connection import connect

pytestmark = pytest.mark.usefixtures("removal_as_on_windows")

NOTES = 12


def opened(library: Path, *, create: bool = True) -> KnowledgeBase:
    """The library over fakes of the children."""
    return KnowledgeBase(library, create=create, parts=fake_parts(FakeEmbedder()))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notes, a PDF, and a closed library of them."""
    folder = tmp_path_factory.mktemp("sound")
    chance = random.Random(4)
    words = [f"word{number}" for number in range(300)]
    for number in range(NOTES):
        text = " ".join(" ".join(chance.choices(words, k=9)).capitalize() + "." for _ in range(60))
        (folder / f"{number}.txt").write_text(f"Unique{number} begins. {text}")
    (folder / "paper.pdf").write_text("Whales sing in the ocean.")
    with opened(folder / "library") as kb:
        list(kb.follow(kb.add([folder], tags=("kept",), metadata={"year": 2022})))
    return folder


@pytest.fixture
def library(sound: Path) -> Iterator[Path]:
    """The library, put back as it was after each test; the originals stay where they stand."""
    kept = sound / "kept"
    shutil.copytree(sound / "library", kept)
    yield sound / "library"
    shutil.rmtree(sound / "library")
    kept.rename(sound / "library")


def findings(library: Path) -> list[str]:
    """What the doctor says is wrong; a library that does not open is one thing."""
    try:
        with opened(library, create=False) as kb:
            return [f"{c.name}: {say(c)}" for c in kb.doctor() if not c.ok and c.name != "model"]
    except StorageProblem as problem:
        return [problem.code]


def repaired(library: Path) -> list[Document]:
    """The documents after `doctor --repair`, with which nothing may be wrong any more."""
    rescue(library)
    with opened(library, create=False) as kb:
        wrong = [c for c in kb.doctor(repair=True) if not c.ok and c.name != "model"]
        assert not wrong, wrong
        for number in range(NOTES):
            assert kb.search(f"unique{number}").hits, number
        return kb.documents()


def flip(path: Path, at: int, bit: int = 4) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))


def pages_of(library: Path, table: str) -> list[int]:
    connection = apsw.Connection(f"file:{library / 'library.sqlite'}?immutable=1", flags=0x41)
    found = connection.execute(
        "select pageno from dbstat where name = ? order by pageno", (table,)
    ).fetchall()
    connection.close()
    return [page for (page,) in found]


def test_a_sound_library_is_sound(library: Path) -> None:
    assert findings(library) == []
    assert findings(library) == []


@pytest.mark.parametrize("seed", range(3))
def test_one_bit_anywhere_is_found_and_all_comes_back(library: Path, seed: int) -> None:
    chance = random.Random(seed)
    database = library / "library.sqlite"
    flip(database, chance.randrange(100, database.stat().st_size), chance.randrange(8))
    assert findings(library)
    assert len(repaired(library)) == NOTES + 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_bits_anywhere(library: Path, seed: int) -> None:
    chance = random.Random(seed)
    database = library / "library.sqlite"
    for _ in range(chance.choice((1, 3))):
        flip(database, chance.randrange(100, database.stat().st_size), chance.randrange(8))
    assert findings(library)
    assert len(repaired(library)) == NOTES + 1


def test_each_page_of_the_list_of_tables_may_be_rubbish_in_the_middle(library: Path) -> None:
    """SQLite then reads no table at all."""
    whole = (library / "library.sqlite").read_bytes()
    for page in pages_of(library, "sqlite_schema"):
        damaged = bytearray(whole)
        damaged[page * 4096 - 1000 : page * 4096 - 980] = bytes(20)
        (library / "library.sqlite").write_bytes(damaged)
        assert findings(library)
        lost = [one.details["table"] for one in rescue(library) if one.code == "rows-lost"]
        assert len(lost) <= 1, (page, lost)


def test_a_list_of_tables_that_leads_nowhere_is_beyond_repair(library: Path) -> None:
    """Its first page says where the others are."""
    database = library / "library.sqlite"
    damaged = bytearray(database.read_bytes())
    damaged[108:4096] = bytes(4096 - 108)
    database.write_bytes(damaged)
    with pytest.raises(StorageProblem) as caught:
        rescue(library)
    assert caught.value.code == "beyond-repair"
    assert database.read_bytes() == damaged


def test_a_job_that_cannot_be_read_is_done_away_with(library: Path) -> None:
    connection = apsw.Connection(str(library / "library.sqlite"))
    done = connection.execute("select min(id) from jobs").get
    connection.execute("update jobs set report = replace(report, 'status', 'stauts') where id = ?", (done,))
    connection.execute(
        "insert into jobs (kind, path, state, options, created) values ('add', ?, 'waiting', '{', '2026')",
        (str(library.parent / "0.txt").encode(),),
    )
    connection.close()
    seal.seal_file(library / "library.sqlite")
    assert findings(library) == ["work in progress: job 1 cannot be read; job 14 cannot be read"]
    assert len(repaired(library)) == NOTES + 1


@pytest.mark.parametrize(
    "table", ["words_1_data", "grams_1_data", "vectors_1_vector_chunks00", "chunks", "chunk_vectors", "texts"]
)
def test_a_page_of_rubbish_in_what_is_derived_or_read(library: Path, table: str) -> None:
    page = pages_of(library, table)[-1]
    with (library / "library.sqlite").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(random.Random(page).randbytes(4096))
    assert findings(library)
    documents = repaired(library)
    assert len(documents) == NOTES + 1
    assert {document.tags for document in documents} == {("kept",)}
    assert {document.metadata["year"] for document in documents} == {2022}


def test_documents_whose_rows_are_lost_are_read_again_from_where_they_stand(library: Path) -> None:
    page = pages_of(library, "documents")[0]
    with (library / "library.sqlite").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    assert findings(library)
    lost = rescue(library)
    assert any("documents" in say(finding) for finding in lost)
    documents = repaired(library)
    assert {Path(document.path).name for document in documents} >= {f"{n}.txt" for n in range(NOTES)}
    assert {document.tags for document in documents} == {("kept",)}


def test_of_what_cannot_be_read_only_so_much_is_said_as_is_known(library: Path) -> None:
    (page,) = pages_of(library, "generations")
    with (library / "library.sqlite").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    assert rescue(library)[0] == Finding("rows-lost", {"at_least": 1, "table": "generations"})


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_an_end_that_is_cut_off(library: Path, share: float) -> None:
    database = library / "library.sqlite"
    whole = database.stat().st_size
    with database.open("r+b") as file:
        file.truncate(int(whole * share))
    damaged = database.read_bytes()
    assert findings(library)
    assert database.read_bytes() == damaged  # looking at it changed nothing
    try:
        repaired(library)
    except Problem as problem:
        assert problem.code in ("beyond-repair", "not-found")  # noqa: PT017 - either is an end
    assert any(path.read_bytes() == damaged for path in library.glob("library*.sqlite"))


def test_nothing_but_rubbish_is_left_as_it_is(library: Path) -> None:
    database = library / "library.sqlite"
    database.write_bytes(rubbish := random.Random(1).randbytes(9_000))
    assert findings(library) == ["database-damaged"]
    with pytest.raises(StorageProblem) as caught:
        rescue(library)
    assert caught.value.code == "beyond-repair"
    assert database.read_bytes() == rubbish


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_database_that_does_not_open_is_let_go_of(library: Path, share: float) -> None:
    """Or Windows would neither move it aside nor put a backup in its place."""
    database = library / "library.sqlite"
    database.write_bytes(database.read_bytes()[: int(database.stat().st_size * share)] or b"rubbish" * 600)
    for look in (lambda: connect(database), lambda: Store(paths.library(library)), lambda: rescue(library)):
        # `caught` keeps the frames that the problem passed through, and what they held.
        with pytest.raises(StorageProblem) as caught:
            look()
        assert not open_files(library), caught.value.code


def test_a_log_that_is_gone_is_missed(library: Path, sound: Path, tmp_path: Path) -> None:
    """As after a kill and a 'cleaning' program: the log held what was stored last."""
    (library / "library.seal").unlink()
    assert any("log is gone" in finding for finding in findings(library))
    assert findings(library) == []  # said once; it has been closed since


def test_no_seal_on_a_full_disk_is_no_damage(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "full", str(path))

    with opened(library) as kb, monkeypatch.context() as patch:
        kb.tag([kb.documents()[0].document], ["new"])
        patch.setattr(seal, "write_whole", full)
        kb.close()
    assert not (library / "library.seal").exists()
    assert findings(library) == []
    assert (library / "library.seal").exists()
    assert not (library / "library.sqlite-wal").exists()


def test_a_session_that_was_killed_is_no_damage(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(library) as kb:
        kb.tag([kb.documents()[0].document], ["new"])
        shutil.copytree(library, library.parent / "killed")
    assert not (library.parent / "killed" / "library.seal").exists()
    assert findings(library.parent / "killed") == []
    shutil.rmtree(library.parent / "killed")


def _no_vectors(library: Path) -> None:
    connection = apsw.Connection(str(library / "library.sqlite"))
    connection.execute("delete from vectors_1_rowids where rowid % 2")
    connection.close()


def _cut_vectors(library: Path) -> None:
    connection = apsw.Connection(str(library / "library.sqlite"))
    connection.execute("update chunk_vectors set vector = substr(vector, 1, 10)")
    connection.close()


@pytest.mark.parametrize("damage", [_no_vectors, _cut_vectors])
def test_vectors_cut_short(library: Path, damage: Callable[[Path], None]) -> None:
    damage(library)
    assert findings(library)
    assert len(repaired(library)) == NOTES + 1
    with opened(library) as kb:
        assert (
            kb.search(
                "unique3 begins",
            )
            .hits[0]
            .why.meaning
            is not None
        )


def test_a_stored_file_that_is_gone_is_named_and_not_forgotten(library: Path) -> None:
    (copy,) = (path for path in (library / "files").rglob("*") if path.is_file())
    copy.unlink()
    (finding,) = findings(library)
    assert finding.startswith("files: ")
    with opened(library) as kb:
        assert [c.name for c in kb.doctor(repair=True) if not c.ok and c.name != "model"] in ([], ["files"])
        assert kb.search("whales").hits


def test_repairing_waits_for_nobody(library: Path) -> None:
    with opened(library) as kb:
        assert kb._store.lock.acquire()
        flip(library / "library.sqlite", 4096 * (pages_of(library, "texts")[0] - 1), 7)
        with pytest.raises(StorageProblem) as caught:
            rescue(library)
        assert caught.value.code == "database-busy"


def test_a_file_whose_state_makes_no_sense_is_taken(library: Path) -> None:
    """It waited for ever, and what is made again waited for it."""
    connection = apsw.Connection(str(library / "library.sqlite"))
    connection.pragma("foreign_keys", True)
    connection.execute(
        "update jobs set state = 'w4iting' where id = 1; delete from chunks; delete from indexed"
    )
    connection.close()
    assert len(repaired(library)) == NOTES + 1
    with opened(library) as kb:
        assert kb._store.queue.waiting() == 0


def test_any_damage_ends_in_a_sentence(library: Path) -> None:
    """A hundred bytes changed at once, many times: never anything but a finding or a Problem."""
    database: Any = library / "library.sqlite"
    whole = database.read_bytes()
    for seed in range(6):
        chance = random.Random(seed)
        data = bytearray(whole)
        for _ in range(100):
            data[chance.randrange(len(data))] = chance.randrange(256)
        database.write_bytes(data)
        assert findings(library)
        try:
            rescue(library)
            with opened(library) as kb:
                kb.doctor(repair=True)
                kb.search("unique1")
        except Problem as problem:
            assert say(problem)  # noqa: PT017


@pytest.mark.parametrize("index", ["sqlite_autoindex_places_1", "documents_status", "documents_content"])
def test_an_index_that_says_something_else_than_its_table(library: Path, index: str) -> None:
    database = library / "library.sqlite"
    (page,) = pages_of(library, index)
    flip(database, page * 4096 - 3)  # cells lie at the end of their page
    assert findings(library)
    assert len(repaired(library)) == NOTES + 1


@pytest.mark.parametrize("words", [b"TABLE texts", b"TABLE documents", b"INDEX jobs_state", b"UNIQUE INDEX"])
def test_a_list_of_tables_that_is_damaged(library: Path, words: bytes) -> None:
    database = library / "library.sqlite"
    flip(database, database.read_bytes().index(words) + 1)
    assert findings(library)
    assert len(repaired(library)) == NOTES + 1
