"""Notes lie in the library alone: a backup brings them and their pictures back to the byte, whatever
they are called and whoever is writing them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb import files, paths
from desktop_kb.errors import StorageProblem
from desktop_kb.files import is_plain, write_whole
from desktop_kb.formats import format_of
from desktop_kb.records import Finding, JobOptions
from desktop_kb.settings import Settings
from desktop_kb.store import NoteFolder, Store, notes, restore, restoring
from desktop_kb.store.notes import NoteFile, move_places

pytestmark = pytest.mark.usefixtures("removal_as_on_windows")

DATA = Path(__file__).parents[2] / "data"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def opened(folder: Path) -> Bench:
    """A bench over the library in `folder`."""
    return Bench(folder, FakeEmbedder(), Settings())


@pytest.fixture(autouse=True)
def _soon_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_REST_S", 0.02)


def note(bench: Bench, name: str, content: bytes) -> str:
    """A file in the library's folder of notes, written some time ago."""
    path = bench.store.library.notes / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(1_600_000_000_123_456_700, 1_600_000_000_123_456_700))
    return str(path)


def lying(library: paths.Library) -> dict[str, bytes]:
    """What lies in the folder of notes, by name."""
    return {
        path.relative_to(library.notes).as_posix(): path.read_bytes()
        for path in library.notes.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def restored(bench: Bench, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Backs the library up, deletes it, and opens what the backup makes elsewhere."""
    made: list[Bench] = []

    def again() -> Bench:
        bench.store.back_up(tmp_path / "saved.zip")
        bench.store.close()
        shutil.rmtree(bench.store.library.root)
        restore(tmp_path / "saved.zip", paths.library(tmp_path / "elsewhere" / "library"))
        made.append(opened(tmp_path / "elsewhere"))
        return made[-1]

    yield again
    for other in made:
        other.store.close()


def test_notes_and_pictures_come_back_to_the_byte(
    bench: Bench, restored: Callable[[], Bench], tmp_path: Path
) -> None:
    bench.run(
        note(bench, "旅行/蜜蜂.md", b"\xef\xbb\xbf# Bees\r\n![](pictures/x.png)\r\n"), tags=("insects",)
    )
    note(bench, "旅行/pictures/x.png", PICTURE)
    bench.run(bench.file("w.pdf", "Whales sing in the ocean."))
    before, documents = lying(bench.store.library), bench.store.documents.find()
    other = restored()
    assert lying(other.store.library) == before
    assert [path.stat().st_mtime_ns for path in other.store.library.notes.rglob("*.*")] == [
        1_600_000_000_123_456_700
    ] * 2
    bees, whales = other.store.documents.find()
    assert bees.path == str(other.store.library.notes / "旅行" / "蜜蜂.md")
    assert (bees.document, bees.tags) == (documents[0].document, ("insects",))
    assert whales == documents[1]
    place = other.store.documents.place(bees.path)
    assert place is not None
    assert place.mtime_ns == Path(bees.path).stat().st_mtime_ns  # so it need not be read again
    assert other.sound()
    backup = restore(tmp_path / "saved.zip", paths.library(tmp_path / "third"))
    assert (backup.documents, backup.files, backup.notes) == (2, 1, 2)


def test_work_on_a_note_that_waited_goes_on_where_the_note_is_now(
    bench: Bench, restored: Callable[[], Bench]
) -> None:
    bench.store.queue.enqueue([note(bench, "a.md", b"Bees dance.")], JobOptions(tags=("t",)))
    other = restored()
    assert other.ingest.process_next()
    (document,) = other.store.documents.find()
    assert (document.path, document.tags) == (str(other.store.library.notes / "a.md"), ("t",))


def test_a_note_in_the_trash_can_be_taken_out_of_it(bench: Bench, restored: Callable[[], Bench]) -> None:
    bench.run(note(bench, "a.md", b"Bees dance. ![](x.png)"), tags=("insects",))
    note(bench, "x.png", PICTURE)
    bench.store.documents.remove([bench.store.documents.find()[0].document])
    bench.store.purge(30)
    other = restored()
    (document,) = other.store.documents.find(removed=True)
    other.run(*other.store.documents.restore(document.document), kind="read")
    assert other.found("bees tag:insects") == ["a.md"]
    assert lying(other.store.library) == {"a.md": b"Bees dance. ![](x.png)", "x.png": PICTURE}


def test_a_file_outside_that_is_called_alike_keeps_its_place(
    bench: Bench, restored: Callable[[], Bench]
) -> None:
    beside = bench.folder / "library-2" / "notes"
    beside.mkdir(parents=True)
    (beside / "a.md").write_text("Foxes run.")
    bench.run(note(bench, "a.md", b"Bees dance."), str(beside / "a.md"))
    other = restored()
    assert {document.path for document in other.store.documents.find()} == {
        str(other.store.library.notes / "a.md"),
        str(beside / "a.md"),
    }


# --- while notes are written -------------------------------------------------------------------


def test_a_note_that_is_saved_all_the_time_is_old_or_new(bench: Bench, tmp_path: Path) -> None:
    """Its document is as old as the note or older, and a look at the originals reads it again."""
    versions = [f"Version {number}. ".encode() * (number + 1) * 2_000 for number in range(40)]
    path = Path(note(bench, "a.md", versions[0]))
    bench.run(str(path))
    stop, last = threading.Event(), [0]

    def write() -> None:
        while not stop.wait(0.005):
            last[0] = (last[0] + 1) % len(versions)
            write_whole(path, versions[last[0]])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        bench.store.back_up(tmp_path / "saved.zip")
    finally:
        stop.set()
        thread.join()
    library = paths.library(tmp_path / "other" / "library")
    assert restore(tmp_path / "saved.zip", library).left_out == ()
    assert (library.notes / "a.md").read_bytes() in versions
    other = opened(tmp_path / "other")
    (document,) = other.store.documents.find()
    other.run(document.path)
    text, _ = other.store.documents.text(document.document)
    assert text.encode() == (library.notes / "a.md").read_bytes()
    other.store.close()


def test_a_file_that_another_program_writes_piece_by_piece_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "_REST_S", 0.2)
    source = tmp_path / "a.md"
    source.write_bytes(b"first half, ")

    def write_on() -> None:
        with source.open("ab") as file:
            file.write(b"second half")

    later = threading.Timer(0.05, write_on)
    later.start()
    folder = NoteFolder(paths.Library(tmp_path))
    copied = folder.copy(NoteFile(source, "a.md", "a.md"), tmp_path / "copy")
    later.join()
    assert copied is not None
    assert (tmp_path / "copy").read_bytes() == b"first half, second half"
    assert copied.sha256 == hashlib.sha256(b"first half, second half").hexdigest()


def test_a_file_that_never_rests_is_left_out_and_said(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(bench, "a.md", b"Bees dance.")
    note(bench, "log.txt", b"")
    copy_bytes = files.copy_bytes

    def copy(source: Any, target: Any) -> str:
        digest = copy_bytes(source, target)
        if source.name.endswith("log.txt"):
            with Path(source.name).open("ab") as file:
                file.write(b"more")
        return digest

    monkeypatch.setattr(notes, "copy_bytes", copy)
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert (saved.notes, saved.left_out) == (1, ("notes/log.txt",))
    assert restore(tmp_path / "saved.zip", paths.library(tmp_path / "other")).left_out == ("notes/log.txt",)


def test_a_note_that_is_renamed_meanwhile_is_not_missed(bench: Bench, tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.md"):
        note(bench, name, name.encode())
    folder = bench.store.library.notes

    def rename(_done: int, _total: int) -> None:
        if (folder / "c.md").exists():
            (folder / "c.md").rename(folder / "0.md")

    bench.store.back_up(tmp_path / "saved.zip", rename)
    library = paths.library(tmp_path / "other")
    restore(tmp_path / "saved.zip", library)
    assert lying(library) == {"a.md": b"a.md", "b.md": b"b.md", "0.md": b"c.md"}


def test_what_is_still_being_written_and_what_leads_elsewhere_is_no_note(
    bench: Bench, tmp_path: Path
) -> None:
    note(bench, "a.md", b"Bees dance.")
    note(bench, ".x1b2_3yz.tmp", b"half of it")
    note(bench, ".obsidian/app.json", b"{}")
    left_out: tuple[str, ...] = ()
    if os.name == "posix":
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "b.md").write_text("Foxes run.")
        (bench.store.library.notes / "folder").symlink_to(tmp_path / "outside")
        (bench.store.library.notes / "file.md").symlink_to(tmp_path / "outside" / "b.md")
        (bench.store.library.notes / "gone.md").symlink_to(tmp_path / "outside" / "c.md")
        os.mkfifo(bench.store.library.notes / "pipe")
        left_out = ("notes/folder", "notes/gone.md", "notes/pipe")
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert saved.left_out == left_out
    library = paths.library(tmp_path / "other")
    restore(tmp_path / "saved.zip", library)
    taken = {"a.md": b"Bees dance.", ".obsidian/app.json": b"{}"}
    assert lying(library) == taken | ({"file.md": b"Foxes run."} if os.name == "posix" else {})
    assert not any(path.is_symlink() for path in library.notes.rglob("*"))


# --- names -------------------------------------------------------------------------------------

ODD_NAMES = (
    "What? A: b.md",
    "What: A? b.md",
    "e\u0301.md",
    "\u00e9.md",
    "🐝🏴.md",
    "con.md",
    "ends with a dot.",
    "Twin.md",
    "twin.md",
    "back\\slash.md",
    "caf\udce9.md",  # bytes that are no UTF-8
    "deep/NUL/x.md",
    ".obsidian/app.json",
    "长" * 80 + ".md",
)


def test_what_cannot_be_looked_at_is_left_out_and_said(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(bench, "a.md", b"Bees dance.")
    secret = Path(note(bench, "secret.md", b"Whales sing."))
    bench.run(str(secret))
    is_regular, stat = files.regular, Path.stat

    def refuse(path: str, flags: int) -> int:
        if Path(path) == secret:
            raise PermissionError(13, "Permission denied")
        return is_regular(path, flags)

    def refuse_to_look(path: Path, **options: Any) -> os.stat_result:
        if path == secret:
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(notes, "regular", refuse)
    monkeypatch.setattr(Path, "stat", refuse_to_look)
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert (saved.notes, saved.left_out, saved.missing) == (1, ("notes/secret.md",), ())
    assert [check.name for check in bench.store.check() if not check.ok] == []  # not lost, for all we know


def test_a_full_disk_is_no_reason_to_leave_a_note_out(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(bench, "a.md", b"Bees dance.")

    def full(_source: Any, _target: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(notes, "copy_bytes", full)
    with pytest.raises(StorageProblem) as caught:
        bench.store.back_up(tmp_path / "saved.zip")
    assert (caught.value.code, caught.value.details["reason"]) == ("not-written", "ENOSPC")
    assert not (tmp_path / "saved.zip").exists()


@pytest.mark.skipif(os.name != "posix", reason="no such names there")
def test_a_name_that_not_every_system_takes_comes_back_where_it_can(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ODD_NAMES:
        written = note(bench, name, b"Bees dance in " + os.fsencode(name))
        if format_of(Path(written)):
            bench.run(written)
    bench.store.back_up(tmp_path / "saved.zip")
    before = lying(bench.store.library)
    with zipfile.ZipFile(tmp_path / "saved.zip") as zipped:
        entries = [name for name in zipped.namelist() if name.startswith("notes/")]
        zipped.extractall(tmp_path / "by another program")  # no name in it is odd
    assert len({entry.casefold() for entry in entries}) == len(ODD_NAMES)
    library = paths.library(tmp_path / "here" / "library")
    restore(tmp_path / "saved.zip", library)
    assert lying(library) == before
    monkeypatch.setattr(restoring, "_TAKES_ANY_NAME", False)
    restore(tmp_path / "saved.zip", paths.library(tmp_path / "there" / "library"))
    there = opened(tmp_path / "there")
    renamed = lying(there.store.library)
    assert all(is_plain(part) for name in renamed for part in name.split("/"))
    assert sorted(renamed.values()) == sorted(before.values())
    assert {".obsidian/app.json", "Twin.md", "长" * 80 + ".md"} < set(renamed)
    for document in there.store.documents.find():
        assert Path(document.path).is_file(), document.path
    there.store.close()


@pytest.mark.parametrize("here", ["/srv/库/library", "/"])
@pytest.mark.parametrize(
    ("folder", "place"),
    [
        ("/home/ada/lib", "/home/ada/lib/notes/a b.md"),
        ("C:\\Users\\Ada\\lib", "c:\\users\\ada\\Lib\\notes\\a b.md"),
        ("\\\\?\\D:\\lib", "\\\\?\\D:\\lib\\notes\\a b.md"),
    ],
)
def test_places_follow_the_library_from_one_system_to_another(folder: str, place: str, here: str) -> None:
    connection = apsw.Connection(":memory:")
    for table in notes.TABLES_OF_PATHS:
        connection.execute(f"create table {table} (path blob)")
        for path in (place, f"{folder}-2/notes/a b.md", "/elsewhere/a.md", folder):
            connection.execute(f"insert into {table} values (?)", (os.fsencode(path),))
    library = paths.Library(Path(here))
    with connection:
        move_places(connection, (folder,), library, {"notes/a b.md": "notes/a_b.md"})
    for table in notes.TABLES_OF_PATHS:
        found = [os.fsdecode(path) for (path,) in connection.execute(f"select path from {table}")]
        assert found == [
            str(library.root / "notes" / "a_b.md"),
            f"{folder}-2/notes/a b.md",
            "/elsewhere/a.md",
            folder,
        ]
    connection.close()


def test_every_path_in_the_database_is_moved(bench: Bench) -> None:
    with bench.store._database.read() as connection:
        tables = connection.execute(
            "select tables.name from sqlite_schema as tables join pragma_table_info(tables.name) as columns "
            "where tables.type = 'table' and columns.name = 'path'"
        ).fetchall()
    assert {table for (table,) in tables} == set(notes.TABLES_OF_PATHS)


# --- what is lost ------------------------------------------------------------------------------


def test_a_note_that_is_nowhere_any_more_is_named(bench: Bench, tmp_path: Path) -> None:
    gone, kept = note(bench, "旅行/gone.md", b"Bees dance."), note(bench, "kept.md", b"Whales sing.")
    bench.run(gone, kept, bench.file("twice.md", "Whales sing."), note(bench, "removed.md", b"Foxes run."))
    documents = {document.title: document.document for document in bench.store.documents.find()}
    bench.store.documents.remove([documents["removed"]])
    for name in ("旅行/gone.md", "kept.md", "removed.md"):
        (bench.store.library.notes / name).unlink()
    saved = bench.store.back_up(tmp_path / "saved.zip")
    assert saved.missing == ("notes/旅行/gone.md",)
    assert restore(tmp_path / "saved.zip", paths.library(tmp_path / "other")).missing == saved.missing
    (wrong,) = (check for check in bench.store.check() if not check.ok)
    assert (wrong.name, wrong.findings) == (
        "notes",
        (Finding("note-gone", {"name": "notes/旅行/gone.md"}),),
    )


# --- other formats, and strangers --------------------------------------------------------------


@pytest.mark.parametrize("version", range(1, 5))
def test_a_backup_of_format_1_is_read(tmp_path: Path, version: int) -> None:
    """Made by the program of then, which kept no notes and did not say where the library stood."""
    saved = DATA / f"library-{version}.zip"
    with zipfile.ZipFile(saved) as zipped:
        assert json.loads(zipped.read("backup.json"))["format"] == 1
    library = paths.library(tmp_path / "library")
    backup = restore(saved, library)
    assert (backup.documents, backup.notes, backup.left_out) == (5, 0, ())
    store = Store(library)
    assert not any(Path(d.path).is_relative_to(library.root) for d in store.documents.find())
    store.close()


def test_a_format_of_a_newer_program_is_refused_as_such(bench: Bench, tmp_path: Path) -> None:
    bench.store.back_up(tmp_path / "saved.zip")
    forge(tmp_path / "saved.zip", lambda entries, manifest: manifest.update(format=3))
    with pytest.raises(StorageProblem) as caught:
        restore(tmp_path / "saved.zip", paths.library(tmp_path / "other"))
    assert caught.value.code == "newer-library"


def forge(saved: Path, change: Callable[[dict[str, bytes], dict[str, Any]], Any]) -> None:
    """Change the entries of an archive and the list of them."""
    with zipfile.ZipFile(saved) as zipped:
        entries = {name: zipped.read(name) for name in zipped.namelist()}
    manifest = json.loads(entries["backup.json"])
    change(entries, manifest)
    entries["backup.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in entries.items():
            zipped.writestr(name, data)


def _smuggle(entry: str, own: str = "") -> Callable[[dict[str, bytes], dict[str, Any]], Any]:
    """A note with these names, listed as it should be."""

    def change(entries: dict[str, bytes], manifest: dict[str, Any]) -> None:
        entries[entry] = b"x"
        listed = {"name": own or entry, "sha256": hashlib.sha256(b"x").hexdigest(), "mtime_ns": 0}
        manifest["notes"][entry] = listed

    return change


FORGERIES: dict[str, Callable[[dict[str, bytes], dict[str, Any]], Any]] = {
    "up and out": _smuggle("notes/../../evil.md"),
    "out by its own name": _smuggle("notes/a2.md", "notes/../../evil.md"),
    "beside the notes": _smuggle("notes/a2.md", "library.sqlite"),
    "the folder itself": _smuggle("notes", "notes"),
    "a folder": _smuggle("notes/deep/", "notes/deep/"),
    "absolute": _smuggle("/tmp/evil.md"),
    "absolute by its own name": _smuggle("notes/a2.md", "/tmp/evil.md"),
    "backslashes": _smuggle("notes/..\\..\\evil.md"),
    "a drive": _smuggle("notes/C:evil.md"),
    "a stream": _smuggle("notes/a.md:evil"),
    "a device": _smuggle("notes/nul.md"),
    "a name that ends in a zero": _smuggle("notes/a2.md", "notes/a2.md\0"),
    "another note": lambda e, m: e.update({"notes/a.md": b"Bees sting."}),
    "a shorter note": lambda e, m: e.update({"notes/a.md": e["notes/a.md"][:-1]}),
    "no note": lambda e, m: e.pop("notes/a.md"),
    "a note that is not listed": lambda e, m: e.update({"notes/b.md": b"x"}),
    "notes in a backup of format 1": lambda e, m: m.update(format=1),
    "a list without notes": lambda e, m: m.pop("notes"),
    "notes that are no list": lambda e, m: m.update(notes=[]),
    "a note without a hash": lambda e, m: m["notes"]["notes/a.md"].pop("sha256"),
    "a note with a time that is none": lambda e, m: m["notes"]["notes/a.md"].update(mtime_ns="now"),
    "a library that is no folder": lambda e, m: m.update(library=[7]),
    "left out, but no names": lambda e, m: m.update(left_out=None),
    "a format that is no number": lambda e, m: m.update(format="2"),
    "a format that never was": lambda e, m: m.update(format=0),
}


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    bench = opened(folder)
    bench.run(note(bench, "a.md", b"Bees dance in the hive."))
    bench.store.back_up(folder / "saved.zip")
    bench.store.close()
    return folder / "saved.zip"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_notes_write_nothing(saved_once: Path, tmp_path: Path, forgery: str) -> None:
    saved = Path(shutil.copy(saved_once, tmp_path / "saved.zip"))
    forge(saved, FORGERIES[forgery])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StorageProblem) as caught:
        restore(saved, paths.library(tmp_path / "deep" / "library"))
    assert caught.value.code == "no-backup"
    shutil.rmtree(tmp_path / "deep")
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.md").exists()


def test_a_time_that_no_disk_holds_is_no_matter(saved_once: Path, tmp_path: Path) -> None:
    saved = Path(shutil.copy(saved_once, tmp_path / "saved.zip"))
    forge(saved, lambda entries, manifest: manifest["notes"]["notes/a.md"].update(mtime_ns=10**30))
    restore(saved, paths.library(tmp_path / "library"))
    assert (tmp_path / "library" / "notes" / "a.md").read_bytes() == b"Bees dance in the hive."


def test_a_list_of_notes_that_could_not_be_read_again_is_not_written(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(bench, "a.md", b"Bees dance.")
    monkeypatch.setattr("desktop_kb.store.backup.MANIFEST_BYTES", 100)
    with pytest.raises(StorageProblem) as caught:
        bench.store.back_up(tmp_path / "saved.zip")
    assert caught.value.code == "not-written"
    assert not (tmp_path / "saved.zip").exists()


def test_a_library_without_notes_has_no_folder_of_them(bench: Bench) -> None:
    folder = NoteFolder(bench.store.library)
    assert (list(folder.files()), folder.left_out) == ([], [])
