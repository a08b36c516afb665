"""Opening, upgrading, writing in turn, and one indexer at a time."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import filelock
import pytest

from desktop_kb import paths
from desktop_kb.errors import Cancelled, Problem, StorageProblem
from desktop_kb.records import JobOptions, Scope
from desktop_kb.store import IndexerLock, Store, schema
from desktop_kb.store import database as database_module
from desktop_kb.store.connection import Presence, storage_problems
from desktop_kb.store.database import Database
from desktop_kb.store.pair import Pair
from desktop_kb.store.writer import Writer


def test_an_older_library_is_copied_before_it_is_changed(
    bench: Any, open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    bench.store.close()

    def add_notes(connection: apsw.Connection) -> None:
        connection.execute("create table notes (id integer primary key) strict")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, add_notes))
    upgraded = open_bench(bench.embedder)
    assert upgraded.found("bees", mode="words") == ["a.txt"]
    with upgraded.store._database.read() as connection:
        assert connection.execute("select count(*) from notes").get == 0
        assert connection.pragma("user_version") == len(schema.MIGRATIONS)
    (copy,) = bench.store.library.root.glob("*.version-*.sqlite")
    old = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
    assert old.pragma("user_version") == len(schema.MIGRATIONS) - 1
    assert old.execute("select count(*) from documents").get == 1
    old.close()


def test_a_migration_that_fails_changes_nothing(
    bench: Any, open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    bench.store.close()

    def half(connection: apsw.Connection) -> None:
        connection.execute("drop table texts")
        raise apsw.FullError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, half))
        with pytest.raises(StorageProblem) as caught:
            open_bench(bench.embedder)
    assert caught.value.code == "disk-full"
    assert open_bench(bench.embedder).sound()


def test_what_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    library = paths.library(tmp_path)
    library.database.write_bytes(b"not a database at all " * 100)
    with pytest.raises(StorageProblem) as caught:
        Store(library)
    assert caught.value.code == "database-damaged"
    assert library.database.read_bytes() == b"not a database at all " * 100


def test_a_read_only_library_is_for_searching(
    bench: Any, open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    bench.store.close()
    before = sorted(path.name for path in bench.store.library.root.iterdir())
    monkeypatch.setattr(database_module, "is_writable", lambda path: False)
    store = Store(bench.store.library)
    assert not store.writable
    assert [document.title for document in store.documents.find()] == ["a"]
    with store.index.moment() as moment:
        assert [passage.text for passage in moment.first(Scope(), 9)] == ["Bees dance."]
    with pytest.raises(StorageProblem) as caught:
        store.queue.enqueue(["/b.txt"], JobOptions())
    assert caught.value.code == "read-only"
    store.close()
    assert sorted(path.name for path in bench.store.library.root.iterdir()) == before
    empty = paths.library(bench.folder / "empty")
    with pytest.raises(StorageProblem) as caught:
        Store(empty)
    assert caught.value.code == "no-library"


def test_a_statement_ends_where_its_reader_is_cancelled(tmp_path: Path) -> None:
    database, cancelled = Database(tmp_path / "library.sqlite"), threading.Event()
    endless = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"
    used: list[apsw.Connection | None] = []

    def read() -> None:
        with database.read_pair(cancelled) as pair:
            used.extend(pair)
            threading.Timer(0.01, cancelled.set).start()
            Pair(*pair).run([lambda one: one.execute("select 1").get, lambda one: one.execute(endless).get])

    with pytest.raises(Cancelled):
        read()
    with database.read_pair() as again:
        assert {*again} == {*used}, "both are sound, and what they have read stays in memory"
        assert [one.execute("select count(*) from jobs").get for one in again if one] == [0, 0]
        database.write(lambda c: c.execute("delete from jobs"))
    database.close()


def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite")
    with database.read() as connection:
        count = "select count(*) from jobs"
        assert connection.execute(count).get == 0
        insert = (
            "insert into jobs (kind, path, state, options, created) values ('add', x'00', 'waiting', '', '')"
        )
        database.write(lambda c: c.execute(insert))
        assert connection.execute(count).get == 0
    with database.read() as connection:
        assert connection.execute(count).get == 1
    database.close()
    with pytest.raises(Problem) as caught, database.read():
        pass
    assert caught.value.code == "closed"


def test_the_persons_edits_go_first(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    writer = Writer(path, Presence(path))
    begun, go = threading.Event(), threading.Event()
    order: list[str] = []

    def block(_: apsw.Connection) -> None:
        begun.set()
        assert go.wait(10)

    def later(name: str, urgent: bool) -> threading.Thread:
        thread = threading.Thread(target=lambda: writer.run(lambda _: order.append(name), urgent=urgent))
        before = writer._tasks.qsize()
        thread.start()
        while writer._tasks.qsize() == before:
            pass
        return thread

    first = threading.Thread(target=lambda: writer.run(block))
    first.start()
    assert begun.wait(10)
    threads = [later("index 1", False), later("index 2", False), later("edit", True)]
    go.set()
    for thread in (first, *threads):
        thread.join()
    assert order == ["edit", "index 1", "index 2"]
    writer.close()
    writer.close()
    with pytest.raises(Problem) as caught:
        writer.run(lambda _: None)
    assert caught.value.code == "closed"


def test_a_job_that_fails_stores_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    writer = Writer(path, Presence(path))

    def half(connection: apsw.Connection) -> None:
        connection.execute("create table half (id integer)")
        raise KeyError("bug")

    with pytest.raises(KeyError):
        writer.run(half)
    tables = "select count(*) from sqlite_schema where name = 'half'"
    assert writer.run(lambda connection: connection.execute(tables).get) == 0
    writer.close()


def test_one_indexer_at_a_time(tmp_path: Path) -> None:
    ours, theirs = IndexerLock(tmp_path / "indexer.lock"), IndexerLock(tmp_path / "indexer.lock")
    assert ours.is_free()
    assert not ours.held
    assert ours.acquire()
    assert not ours.acquire()
    assert not theirs.acquire()
    assert not theirs.is_free()
    assert "process" in str(theirs.holder())
    assert json.loads((tmp_path / "indexer.json").read_text(encoding="utf-8"))["pid"] > 0
    ours.release()
    ours.release()
    assert theirs.acquire()
    theirs.release()
    assert theirs.holder() is None


def test_looking_whether_the_lock_is_free_does_not_let_it_go(tmp_path: Path) -> None:
    lock = IndexerLock(tmp_path / "indexer.lock")
    assert lock.acquire()
    assert not lock.is_free()
    assert lock.held
    with pytest.raises(filelock.Timeout):
        filelock.FileLock(tmp_path / "indexer.lock", blocking=False).acquire()
    lock.release()


def test_an_older_library_that_cannot_be_brought_forward_says_so(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    bench.store.close()
    connection = apsw.Connection(str(bench.store.library.database))
    connection.pragma("user_version", len(schema.MIGRATIONS) - 1)
    connection.close()
    monkeypatch.setattr(database_module, "is_writable", lambda path: False)
    store = Store(bench.store.library)
    with pytest.raises(StorageProblem) as caught:
        store.documents.find()
    assert caught.value.code == "older-library"
    store.close()


@pytest.mark.skipif(os.name == "nt", reason="an open database cannot be replaced there")
def test_an_older_copy_put_in_its_place_is_brought_forward(
    bench: Any, open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_kb.store.connection.SETTLED_S", 0.2)
    bench.run(bench.file("a.txt", "Bees dance."))
    bench.store.close()

    def add_notes(connection: apsw.Connection) -> None:
        connection.execute("create table if not exists notes (id integer primary key) strict")

    steps = (*schema.MIGRATIONS, add_notes)
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    monkeypatch.setattr(database_module, "MIGRATIONS", steps)
    bench = open_bench(bench.embedder)
    database = bench.store.library.database
    source = apsw.Connection(str(database))
    source.execute("vacuum into ?", (str(database.with_name("older")),))
    source.close()
    older = apsw.Connection(str(database.with_name("older")))
    older.pragma("user_version", len(schema.MIGRATIONS) - 1)
    older.execute("update documents set title = 'older'")
    older.close()
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    database.with_name("older").rename(database)
    time.sleep(0.4)

    def titles() -> list[str]:
        return [document.title for document in bench.store.documents.find()]

    for _ in range(2):  # it must rest for a while, and the writer leaves what it had open
        with contextlib.suppress(StorageProblem):
            titles()
        time.sleep(0.4)
    assert titles() == ["older"]
    with bench.store._database.read() as connection:
        assert connection.pragma("user_version") == len(schema.MIGRATIONS)


def test_two_connections_see_one_moment_or_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(paths.library(tmp_path).database)
    database.write(lambda connection: connection.execute("create table bees (name text) strict"))

    def add(name: str) -> None:
        database.write(lambda connection: connection.execute("insert into bees values (?)", (name,)))

    def names(connection: apsw.Connection) -> list[str]:
        return [name for (name,) in connection.execute("select name from bees")]

    add("Anna")
    for _ in range(2):  # the second time on connections that have seen other moments
        with database.read_pair() as (first, second):
            add("Berta")
            assert second is not None
            assert names(first) == names(second) == ["Anna"]
        database.write(lambda connection: connection.execute("delete from bees where name = 'Berta'"))

    read = database.read

    @contextlib.contextmanager
    def interrupted(*given: Any) -> Iterator[apsw.Connection]:
        with read() as first:
            first.pragma("schema_version")
            add("Clara")  # after the first has begun, before the second does
            yield first

    monkeypatch.setattr(database, "read", interrupted)
    with database.read_pair() as (first, second):
        assert second is None
        assert names(first) == ["Anna"]
    database.close()


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EDQUOT, "disk-full"), (errno.EIO, "io-error")]
)
def test_a_share_that_is_used_up_is_a_full_disk(number: int, code: str, tmp_path: Path) -> None:
    with pytest.raises(StorageProblem) as caught, storage_problems(tmp_path):
        raise OSError(number, "as the system says it")
    assert (caught.value.code, caught.value.path) == (code, str(tmp_path))
