"""A backup holds one moment and everything; what restores it trusts nothing in it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb import paths
from desktop_kb.errors import Cancelled, StorageProblem
from desktop_kb.files import sha256
from desktop_kb.scratch import scratch_name
from desktop_kb.settings import Settings
from desktop_kb.store import Store, restore, verify

pytestmark = pytest.mark.usefixtures("removal_as_on_windows")


def opened(folder: Path) -> Bench:
    """A bench over the library in `folder`."""
    return Bench(folder, FakeEmbedder(), Settings())


def test_what_was_saved_comes_back(bench: Any, tmp_path: Path) -> None:
    note = bench.file("a.txt", "Bees dance in the hive.")
    bench.run(note, tags=("insects",), metadata={"year": 2022})
    bench.run(bench.file("b.pdf", "Whales sing in the ocean."))
    bench.run(bench.file("c.txt", "Foxes run."))
    bench.store.documents.remove([bench.store.documents.find()[2].document])
    bench.store.library.settings.write_text('{"trash_days": 7}')
    before = bench.store.documents.find()
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert (saved.documents, saved.files, saved.missing) == (3, 1, ())
    assert not list(tmp_path.glob(".backup-*"))
    library = paths.library(tmp_path / "other" / "library")
    assert restore(tmp_path / "saved.zip", library).documents == 3
    other = opened(tmp_path / "other")
    assert other.store.documents.find() == before
    assert [d.title for d in other.store.documents.find(removed=True)] == ["c"]
    assert other.search("bees dance").hits == bench.search("bees dance").hits
    assert other.sound()
    assert library.settings.read_text() == '{"trash_days": 7}'
    (copy,) = (path for path in library.files.rglob("*") if path.is_file())
    assert copy.read_text(encoding="utf-8") == "Whales sing in the ocean."
    other.store.close()


def test_what_a_killed_one_has_left_goes_with_the_next(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.file("a.pdf", "Bees dance."))
    folder = tmp_path / "backups"
    folder.mkdir()
    with monkeypatch.context() as dead:
        dead.setattr(os, "getpid", lambda: 999999999)
        for use in ("backup", "checking", "restoring"):
            scratch_name(folder, use).mkdir()
    bench.store.back_up(folder / "saved.zip")
    verify(folder / "saved.zip")
    restore(folder / "saved.zip", paths.library(folder / "library"))
    assert sorted(path.name for path in folder.iterdir()) == ["library", "saved.zip"]


def test_a_restored_library_is_sound_before_anything_is_done_to_it(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("a.pdf", "Bees dance."))
    bench.store.back_up(tmp_path / "saved.zip")
    restore(tmp_path / "saved.zip", paths.library(tmp_path / "other"))
    for _ in range(3):
        store = Store(paths.library(tmp_path / "other"))
        assert [check for check in store.check() if not check.ok] == []
        store.close()


def test_a_backup_while_indexing_is_one_moment(bench: Any, tmp_path: Path) -> None:
    """A thread adds documents all the time; every backup is sound and holds only whole ones."""
    stop = threading.Event()
    first = threading.Event()

    def index() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            bench.run(bench.file(f"{number}.txt", f"Bee{number} dances. " * 20))
            first.set()

    thread = threading.Thread(target=index)
    thread.start()
    first.wait(20)
    saved = [bench.store.back_up(tmp_path / f"{number}.zip") for number in range(4)]
    stop.set()
    thread.join()
    counts = [one.documents for one in saved]
    assert counts == sorted(counts)
    for number, count in enumerate(counts):
        folder = tmp_path / f"restored-{number}"
        restore(tmp_path / f"{number}.zip", paths.library(folder / "library"))
        other = opened(folder)
        assert len(other.store.documents.find()) == count
        assert other.sound()
        other.store.close()


def test_work_that_waited_goes_on_after_restoring(bench: Any, tmp_path: Path) -> None:
    from desktop_kb.records import JobOptions

    bench.store.queue.enqueue([bench.file("a.txt", "Bees dance.")], JobOptions(tags=("t",)))
    assert bench.store.queue.claim() is not None  # under way while the backup is made
    bench.store.back_up(tmp_path / "saved.zip")
    restore(tmp_path / "saved.zip", paths.library(tmp_path / "other" / "library"))
    other = opened(tmp_path / "other")
    assert other.ingest.process_next()
    assert other.found("bees tag:t") == ["a.txt"]
    other.store.close()


def test_a_stored_file_that_is_gone_or_damaged_is_named(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("a.pdf", "Bees dance."), bench.file("b.pdf", "Whales sing."))
    one, two = sorted(path for path in bench.store.library.files.rglob("*") if path.is_file())
    one.unlink()
    two.write_text("something else")
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert (saved.files, len(saved.missing)) == (0, 2)
    restored = restore(tmp_path / "saved.zip", paths.library(tmp_path / "other"))
    assert restored.missing == saved.missing


@pytest.mark.skipif(os.name != "posix", reason="rights are another thing there")
def test_backup_and_restored_library_are_the_persons_own(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("a.pdf", "Bees dance."))
    bench.store.back_up(tmp_path / "saved.zip")
    restore(tmp_path / "saved.zip", paths.library(tmp_path / "other"))
    for path in (tmp_path / "saved.zip", tmp_path / "other", *(tmp_path / "other").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_that_is_there_is_written_over(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(StorageProblem) as caught:
        bench.store.back_up(tmp_path / "thesis.doc")
    assert caught.value.code == "exists"
    assert (tmp_path / "thesis.doc").read_text() == "years of work"
    bench.store.back_up(tmp_path / "saved.zip")
    for place in (bench.store.library.root, tmp_path / "thesis.doc"):
        with pytest.raises(StorageProblem) as caught:
            restore(tmp_path / "saved.zip", paths.library(place))
        assert caught.value.code == "exists"
    assert bench.found("bees") == ["a.txt"]
    (tmp_path / "empty").mkdir()
    assert restore(tmp_path / "saved.zip", paths.library(tmp_path / "empty")).documents == 1


def test_a_backup_says_how_far_it_is_and_can_be_given_up(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("b.pdf", "Whales sing in the ocean."))
    told: list[tuple[int, int]] = []
    bench.store.back_up(tmp_path / "saved.zip", lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]
    assert {total for _, total in told} == {told[-1][1]}

    def stop(done: int, total: int) -> None:
        raise Cancelled

    before = set(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        bench.store.back_up(tmp_path / "other.zip", stop)
    assert set(tmp_path.iterdir()) == before


def test_a_place_that_cannot_be_written_is_said(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("a.txt", "Bees dance."))
    with pytest.raises(StorageProblem) as caught:
        bench.store.back_up(tmp_path / "nowhere" / "saved.zip")
    assert caught.value.code == "not-written"
    bench.store.back_up(tmp_path / "saved.zip")
    with pytest.raises(StorageProblem) as caught:
        restore(tmp_path / "saved.zip", paths.library(tmp_path / "a.txt" / "library"))
    assert caught.value.code == "not-written"
    with pytest.raises(StorageProblem) as caught:
        restore(tmp_path / "nothing.zip", paths.library(tmp_path / "other"))
    assert caught.value.code == "no-backup"
    assert not (tmp_path / "other").exists()


# --- an archive from a stranger --------------------------------------------------------------


def _rewritten(saved: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with its entries changed."""
    with zipfile.ZipFile(saved) as zipped:
        entries = {name: zipped.read(name) for name in zipped.namelist()}
    change(entries)
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in entries.items():
            zipped.writestr(name, data)


def _database(entries: dict[str, bytes], *statements: str) -> None:
    """Change the database in the archive, and its hash with it, as a forger would."""
    import hashlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.sqlite"
        path.write_bytes(entries["library.sqlite"])
        connection = apsw.Connection(str(path))
        for statement in statements:
            connection.execute(statement)
        connection.close()
        entries["library.sqlite"] = path.read_bytes()
    manifest = json.loads(entries["backup.json"])
    manifest["database_sha256"] = hashlib.sha256(entries["library.sqlite"]).hexdigest()
    entries["backup.json"] = json.dumps(manifest).encode()


_FORGERIES: dict[str, Callable[[dict[str, bytes]], Any]] = {
    "up and out": lambda e: e.update({"../evil.txt": b"x"}),
    "absolute": lambda e: e.update({"/tmp/evil.txt": b"x"}),
    "out of files": lambda e: e.update({"files/../../evil.pdf": b"x"}),
    "backslashes": lambda e: e.update({"files\\..\\evil.pdf": b"x"}),
    "a name of ours with more": lambda e: e.update({"files/ab/" + "ab" * 32 + ".pdf\n": b"x"}),
    "a program beside": lambda e: e.update({"files/run.sh": b"x"}),
    "a copy that is another file": lambda e: e.update({"files/ab/" + "ab" * 32 + ".pdf": b"x"}),
    "an archive in it": lambda e: e.update({"inner.zip": b"PK"}),
    "no list": lambda e: e.pop("backup.json"),
    "a list of another kind": lambda e: e.update({"backup.json": b"[]"}),
    "a list with nonsense": lambda e: e.update({"backup.json": b'{"format": 1, "documents": "x"}'}),
    "a list without end": lambda e: e.update({"backup.json": b"[" * 100_000}),
    "no library": lambda e: e.pop("library.sqlite"),
    "another library": lambda e: e.update({"library.sqlite": b"x" * 5000}),
    "settings that cannot be": lambda e: e.update({"settings.json": b'{"trash_days": -1}'}),
    "a path out of the library": lambda e: _database(
        e, "update documents set stored = '../../../etc/passwd' where id = 1"
    ),
    "a trigger": lambda e: _database(
        e, "create trigger t after insert on jobs begin delete from documents; end"
    ),
    "a view": lambda e: _database(e, "drop table staged_texts", "create view staged_texts as select 1"),
    "a database of another program": lambda e: _database(e, "pragma application_id = 7"),
    "a half database": lambda e: _rehash(
        e, {"library.sqlite": e["library.sqlite"][: len(e["library.sqlite"]) // 2]}
    ),
}


def _rehash(entries: dict[str, bytes], changed: dict[str, bytes]) -> None:
    import hashlib

    entries.update(changed)
    manifest = json.loads(entries["backup.json"])
    manifest["database_sha256"] = hashlib.sha256(entries["library.sqlite"]).hexdigest()
    entries["backup.json"] = json.dumps(manifest).encode()


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    bench = opened(folder)
    bench.run(bench.file("a.pdf", "Bees dance in the hive."))
    bench.store.back_up(folder / "saved.zip")
    bench.store.close()
    return folder / "saved.zip"


@pytest.mark.parametrize("forgery", _FORGERIES)
def test_a_forged_backup_writes_nothing(saved_once: Path, tmp_path: Path, forgery: str) -> None:
    saved = Path(shutil.copy(saved_once, tmp_path / "saved.zip"))
    _rewritten(saved, _FORGERIES[forgery])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StorageProblem) as caught:
        restore(saved, paths.library(tmp_path / "library"))
    assert caught.value.code == "no-backup"
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.txt").exists()


def test_a_backup_of_a_newer_version_is_refused(saved_once: Path, tmp_path: Path) -> None:
    saved = Path(shutil.copy(saved_once, tmp_path / "saved.zip"))
    _rewritten(saved, lambda e: _database(e, "pragma user_version = 99"))
    with pytest.raises(StorageProblem) as caught:
        restore(saved, paths.library(tmp_path / "library"))
    assert caught.value.code == "newer-library"


def _refused(saved: Path, folder: Path) -> bool:
    try:
        restore(saved, paths.library(folder / "library"))
    except StorageProblem as problem:
        return problem.code == "no-backup"
    return False


def test_a_damaged_archive_is_refused_wherever_it_is_cut_or_changed(saved_once: Path, tmp_path: Path) -> None:
    whole = saved_once.read_bytes()
    saved = tmp_path / "saved.zip"
    for part in range(1, 12):
        saved.write_bytes(whole[: len(whole) * part // 12])
        with pytest.raises(StorageProblem) as caught:
            restore(saved, paths.library(tmp_path / "library"))
        assert caught.value.code == "no-backup"
    refused = 0
    for part in range(40):
        at = len(whole) * part // 40
        saved.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        if _refused(saved, tmp_path):
            refused += 1
        else:  # a byte that no reader looks at, such as a date
            other = opened(tmp_path)
            assert other.sound()
            other.store.close()
            shutil.rmtree(tmp_path / "library")
    assert refused >= 30
    assert [path.name for path in tmp_path.iterdir()] == ["saved.zip"]


def test_a_bomb_stops_at_the_size_it_says(saved_once: Path, tmp_path: Path) -> None:
    """A header that says 10 bytes for a gigabyte of zeros: no more than that is ever written."""
    saved = tmp_path / "saved.zip"
    name = "files/ab/" + "ab" * 32 + ".pdf"
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("backup.json", json.dumps(json.loads(_manifest_of(saved_once))))
        zipped.writestr(name, b"\0" * 50_000_000)
        zipped.infolist()[1].file_size = 10
    with pytest.raises(StorageProblem) as caught:
        restore(saved, paths.library(tmp_path / "library"))
    assert caught.value.code == "no-backup"
    assert [path.name for path in tmp_path.iterdir()] == ["saved.zip"]


def _manifest_of(saved: Path) -> bytes:
    with zipfile.ZipFile(saved) as zipped:
        return zipped.read("backup.json")


def test_a_stored_file_that_cannot_be_read_costs_no_other(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bench.file("a.pdf", "Bees dance."), bench.file("b.pdf", "Whales sing."))
    one, _ = sorted(path for path in bench.store.library.files.rglob("*") if path.is_file())
    digest = sha256

    def on_a_bad_sector(path: Path) -> str:
        if path == one:
            raise OSError(errno.EIO, "Input/output error")
        return digest(path)

    monkeypatch.setattr("desktop_kb.store.backup.sha256", on_a_bad_sector)
    monkeypatch.setattr(sys.modules["desktop_kb.store.check"], "sha256", on_a_bad_sector)
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert (saved.files, saved.missing) == (1, (one.relative_to(bench.store.library.root).as_posix(),))
    (files,) = [check for check in bench.store.check() if check.name == "files"]
    assert [(found.code, found.details) for found in files.findings] == [
        ("file-unreadable", {"name": one.name, "reason": "EIO"})
    ]
