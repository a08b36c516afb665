"""What becomes of a document when its files come, change, go and come back."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.records import Location
from desktop_kb.store import index as index_module
from desktop_kb.store.schema import MIGRATIONS


def test_half_a_store_leaves_the_old_document(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.file("a.txt", "Bees dance in the hive.")
    bench.run(path)
    bench.file("a.txt", "Whales sing in the deep ocean.")

    def full(*_: object) -> None:
        raise StorageProblem("disk-full")

    monkeypatch.setattr(index_module, "finish", full)
    with pytest.raises(StorageProblem):
        bench.run(path)
    assert bench.found("bees", mode="words") == ["a.txt"]
    assert bench.found("whales", mode="words") == []
    assert bench.store.queue.waiting() == 1
    assert bench.sound()
    monkeypatch.undo()
    assert bench.ingest.process_next()
    assert bench.found("whales", mode="words") == ["a.txt"]
    assert bench.found("bees", mode="words") == []


def test_changed_content_keeps_what_the_person_gave(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path, tags=("insects",), metadata={"year": 2022})
    (before,) = bench.store.documents.find()
    bench.file("a.txt", "Whales sing loudly.")
    assert bench.run(path)[0].status == "updated"
    (after,) = bench.store.documents.find()
    assert after.document == before.document
    assert (after.tags, after.metadata) == (("insects",), {"year": 2022})


def test_a_place_is_known_as_it_was_looked_at(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path)
    place, status = bench.store.documents.place(path), Path(path).stat()
    assert (place.type, place.size, place.mtime_ns) == ("text", status.st_size, status.st_mtime_ns)
    assert (place.state, place.status, place.stored) == ("there", "ready", None)


def test_one_content_at_two_places_is_one_document(bench: Any) -> None:
    a, b = bench.file("a.txt", "Bees dance."), bench.file("b.txt", "Bees dance.")
    assert [report.status for report in bench.run(a, b)] == ["indexed", "duplicate"]
    (document,) = bench.store.documents.find()
    assert document.places == (a, b)
    bench.file("b.txt", "Whales sing.")
    bench.run(b)
    assert [document.places for document in bench.store.documents.find()] == [(a,), (b,)]
    assert bench.sound()


def test_content_that_becomes_that_of_another_document(bench: Any) -> None:
    a, b = bench.file("a.txt", "Bees dance."), bench.file("b.txt", "Whales sing.")
    bench.run(a, b)
    bench.file("b.txt", "Bees dance.")
    assert bench.run(b)[0].status == "duplicate"
    (document,) = bench.store.documents.find()
    assert document.places == (a, b)
    assert bench.store.documents.counts()["trash"] == 1
    assert bench.found("whales", mode="words") == []
    assert bench.sound()


def test_two_unreadable_files_with_one_content(bench: Any) -> None:
    a, b = bench.file("a.txt", "BROKEN"), bench.file("b.txt", "BROKEN")
    reports = bench.run(a, b)
    assert [report.error_code for report in reports] == ["damaged", "damaged"]
    (document,) = bench.store.documents.find()
    assert (document.status, document.places) == ("failed", (a, b))


def test_trash_and_restore(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path, tags=("insects",))
    (document,) = bench.store.documents.find()
    bench.store.documents.remove([document.document])
    assert bench.store.documents.find() == []
    assert bench.found("bees") == []
    assert bench.sound()
    assert bench.store.documents.restore(document.document) == (Location(path),)
    bench.run(path, kind="read")
    (restored,) = bench.store.documents.find()
    assert (restored.document, restored.tags, restored.status) == (document.document, ("insects",), "ready")
    assert bench.found("bees") == ["a.txt"]
    assert bench.sound()


def test_adding_trashed_content_again_restores_its_tags(bench: Any) -> None:
    bench.run(bench.file("a.txt", "Bees dance."), tags=("insects",))
    (before,) = bench.store.documents.find()
    bench.store.documents.remove([before.document])
    bench.run(bench.file("b.txt", "Bees dance."))
    (after,) = bench.store.documents.find()
    assert (after.document, after.tags) == (before.document, ("insects",))
    assert Path(after.path).name == "b.txt"


def test_restoring_what_came_back_by_another_way(bench: Any) -> None:
    a, b = bench.file("a.txt", "Bees dance."), bench.file("b.txt", "Whales sing.")
    bench.run(a, b, tags=("t",))
    bees = next(d for d in bench.store.documents.find() if d.path == a)
    bench.store.documents.remove([bees.document])
    bench.file("b.txt", "Bees dance.")
    bench.run(b)
    bench.run(*bench.store.documents.restore(bees.document), kind="read")
    (document,) = bench.store.documents.find()
    assert document.places == (a, b)
    assert bench.sound()


def test_restoring_where_another_file_stands_now(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path)
    (bees,) = bench.store.documents.find()
    bench.store.documents.remove([bees.document])
    bench.file("a.txt", "Whales sing.")
    bench.run(path)
    with pytest.raises(Problem) as caught:
        bench.store.documents.restore(bees.document)
    assert caught.value.code == "vanished"
    assert len(bench.store.documents.find()) == 1


def test_restoring_a_file_that_is_gone_says_so(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path)
    (bees,) = bench.store.documents.find()
    bench.store.documents.remove([bees.document])
    Path(path).unlink()
    (report,) = bench.run(*bench.store.documents.restore(bees.document), kind="read")
    assert report.error_code == "vanished"
    (document,) = bench.store.documents.find()
    assert (document.status, document.error_code) == ("failed", "vanished")


def test_purging_deletes_the_copies_that_nobody_needs(bench: Any) -> None:
    path = bench.file("a.pdf", "Bees dance.")
    bench.run(path, bench.file("b.pdf", "Whales sing."))
    bees = next(d for d in bench.store.documents.find() if d.path == path)
    bench.store.documents.remove([bees.document])
    bench.store.purge(30)
    assert _copies(bench) == ["Bees dance.", "Whales sing."]
    assert bench.store.documents.counts()["trash"] == 1
    bench.store.purge(-1)
    assert _copies(bench) == ["Whales sing."]
    assert bench.store.documents.counts()["trash"] == 0
    assert bench.sound()


def test_purging_deletes_old_copies_of_earlier_contents(bench: Any) -> None:
    path = bench.file("a.pdf", "Bees dance.")
    bench.run(path)
    bench.file("a.pdf", "Whales sing.")
    bench.run(path)
    for copy in bench.store.library.files.rglob("*.pdf"):
        os.utime(copy, (time.time() - 31 * 86_400,) * 2)
    (bench.store.library.files / "fresh.part").write_text("?", encoding="utf-8")
    bench.store.purge(30)
    assert _copies(bench) == ["?", "Whales sing."]
    assert bench.sound()


def test_a_copy_that_another_document_needs_stays(bench: Any) -> None:
    path = bench.file("a.pdf", "Bees dance.")
    bench.run(path)
    (trashed,) = bench.store.documents.find()
    bench.store.documents.remove([trashed.document])
    # Its place is taken meanwhile, so the same content comes back as another document.
    bench.run(bench.file("b.pdf", "Whales sing."))
    bench.file("b.pdf", "Bees dance.")
    bench.run(str(bench.folder / "b.pdf"))
    bench.store.purge(-1)
    assert "Bees dance." in _copies(bench)
    assert bench.sound()


def _copies(bench: Any) -> list[str]:
    files = bench.store.library.files.rglob("*")
    return sorted(path.read_text(encoding="utf-8") for path in files if path.is_file())


@pytest.mark.parametrize("name", [b"a\nb.txt", "蜜蜂🐝.txt".encode(), b"caf\xe9.txt"])
@pytest.mark.skipif(os.name != "posix", reason="file names are Unicode there")
def test_any_file_name_round_trips(bench: Any, tmp_path: Path, name: bytes) -> None:
    raw = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(raw)).write_bytes(b"Bees dance.")
    (report,) = bench.run(os.fsdecode(raw))
    assert report.status == "indexed"
    (hit,) = bench.search("bees").hits
    assert os.fsencode(hit.path) == raw
    hit.title.encode("utf-8")


def test_numbers_too_long_for_the_database_are_text(bench: Any) -> None:
    bench.run(bench.file("a.txt", "Bees dance."), metadata={"isbn": 10**30})
    assert bench.store.documents.find()[0].metadata == {"isbn": str(10**30)}


def test_a_newer_library_is_refused(bench: Any, open_bench: Any) -> None:
    bench.store._database.write(lambda c: c.pragma("user_version", len(MIGRATIONS) + 1))
    with pytest.raises(StorageProblem) as caught:
        open_bench()
    assert caught.value.code == "newer-library"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("year:2022", ["a.txt", "b.txt"]),
        ("year>=2022", ["a.txt", "b.txt", "c.txt"]),
        ("year>2022", ["c.txt"]),
        ("-year:2022", ["c.txt"]),
        ("tag:Cars", ["a.txt"]),
        ('author:"Ada"', ["b.txt"]),
        ("code:007", ["c.txt"]),
        ("code:7", ["c.txt"]),
        ("made:2023", ["b.txt"]),
        ("made:2023-10", ["b.txt"]),
        ("made:2023-10-08", ["b.txt"]),
        ("made>=2022-12", ["b.txt", "c.txt"]),
        ("made<2023", ["a.txt"]),
        ("made<=2024", ["a.txt", "b.txt", "c.txt"]),
        ("size>1", ["a.txt", "b.txt"]),
        ("size<2.5", ["a.txt", "c.txt"]),
        ("at>=9:45", ["b.txt"]),
        ("at:9:30", ["a.txt"]),
        ("type:note", ["a.txt", "b.txt", "c.txt"]),
        ("path:b.txt", ["b.txt"]),
        ("lang:en -tag:cars", ["b.txt", "c.txt"]),
        ("added>=2020 added<2100-01", ["a.txt", "b.txt", "c.txt"]),
    ],
)
def test_filters(bench: Any, filters: str, found: list[str]) -> None:
    metadata = {"year": 2022, "made": "May 6, 2022", "size": "1.10", "at": "9:30"}
    bench.run(bench.file("a.txt", "The bees dance in the hive."), tags=("cars",), metadata=metadata)
    metadata = {
        "year": "2022",
        "author": "Ada Lovelace, Alan Turing",
        "made": "2023/10/08",
        "size": 3,
        "at": "12:30",
    }
    bench.run(bench.file("b.txt", "The whales sing in the ocean."), metadata=metadata)
    bench.run(
        bench.file("c.txt", "The foxes run in the forest."),
        metadata={"year": 2023, "code": "007", "made": "20240101", "size": "1"},
    )
    assert sorted(bench.found(filters)) == found


def test_what_leaves_the_trash_is_in_the_queue_in_the_same_step(bench: Any) -> None:
    """A kill between two steps left a document that waited and that nobody read."""
    bench.run(bench.file("a.txt", "Bees dance."))
    (document,) = bench.store.documents.find()
    bench.store.documents.remove([document.document])
    bench.store.documents.restore(document.document)
    bench.work_off()
    assert bench.found("bees") == ["a.txt"]
