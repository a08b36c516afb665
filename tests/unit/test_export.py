"""Everything comes out as files that any other program reads, whatever it was called."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from workbench import Bench

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.export import Exported, export
from desktop_kb.store import Store, restore


def test_files_texts_and_tables(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("蜜蜂.txt", "Bees dance.\r\n"), tags=("insects",), metadata={"year": 2022})
    bench.run(bench.file("w.pdf", "Whales sing."))
    bench.run(bench.file("x.pdf", "BROKEN"))
    bench.run(bench.file("gone.txt", "Foxes run."))
    bench.run(bench.file("changed.txt", "Owls hoot."))
    bench.run(bench.file("lost.pdf", "Cranes call."), bench.file("empty.pdf", "BROKEN too"))
    for name in ("w.pdf", "gone.txt", "lost.pdf", "empty.pdf"):
        (bench.folder / name).unlink()
    for document in bench.store.documents.find():
        if document.title in ("lost", "empty"):
            bench.store.sources(document.document)[1][0].unlink()
    bench.file("changed.txt", "Owls sleep.")
    out = tmp_path / "out"
    done = {exported.path: exported for exported in export(bench.store, out)}
    status = {Path(path).name: exported.status for path, exported in done.items()}
    assert status == {
        "蜜蜂.txt": "exported",
        "w.pdf": "exported",
        "x.pdf": "exported",
        "gone.txt": "as-read",
        "lost.pdf": "as-read",
        "empty.pdf": "gone",
        "changed.txt": "changed",
    }
    assert (out / "files" / "蜜蜂.txt").read_bytes() == (bench.folder / "蜜蜂.txt").read_bytes()
    assert (out / "files" / "w.pdf").read_text() == "Whales sing."
    assert (out / "files" / "changed.txt").read_text() == "Owls sleep."
    assert (out / "text" / "gone.txt.txt").read_text() == "Foxes run."
    # A note's text is the note; that of a PDF does not look like one.
    assert (out / "files" / "gone.txt").read_text() == "Foxes run."
    assert (out / "files" / "lost.pdf.txt").read_text() == "Cranes call."
    assert done[str(bench.folder / "lost.pdf")].file == "files/lost.pdf.txt"
    assert not (out / "files" / "lost.pdf").exists()
    assert not (out / "text" / "x.pdf.txt").exists()
    records = {record["title"]: record for record in json.loads((out / "documents.json").read_text())}
    assert records["蜜蜂"]["tags"] == ["insects"]
    assert records["蜜蜂"]["metadata"] == {"year": 2022}
    assert records["蜜蜂"]["file"] == "files/蜜蜂.txt"
    assert records["x"]["error_code"] == "damaged"
    with (out / "documents.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["title"]: row for row in csv.DictReader(file)}
    assert rows["蜜蜂"]["metadata"] == "year=2022"
    assert set(rows) == set(records)


def test_a_folder_that_holds_something_is_left_alone(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(StorageProblem) as caught:
        list(export(bench.store, tmp_path / "out"))
    assert caught.value.code == "exists"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_stored_path_from_a_stranger_is_not_followed(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("a.pdf", "Bees dance."))
    secret = tmp_path / "secret.pdf"
    secret.write_text("not yours")
    (bench.folder / "a.pdf").unlink()
    bench.store._database.write(lambda c: c.execute("update documents set stored = '../secret.pdf'"))
    (exported,) = export(bench.store, tmp_path / "out")
    assert exported.status == "as-read"
    (written,) = (tmp_path / "out" / "files").iterdir()
    assert (written.name, written.read_text()) == ("a.pdf.txt", "Bees dance.")
    assert [check.name for check in bench.store.check() if not check.ok] == ["files"]


def _notes(bench: Bench, files: dict[str, bytes]) -> list[str]:
    """Write files into the library's folder of notes."""
    written = []
    for name, content in files.items():
        path = bench.store.library.notes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(str(path))
    return written


def test_notes_go_out_with_their_pictures_as_they_lie(bench: Bench, tmp_path: Path) -> None:
    bees, _, removed, _ = _notes(
        bench,
        {
            "旅行/bees.md": b"Bees dance. ![](x.png)",
            "旅行/x.png": b"\x89PNG\xff",
            "removed.md": b"Foxes run.",
            "not added.md": b"Owls hoot.",
        },
    )
    bench.run(bees, removed)
    bench.store.documents.remove([bench.store.documents.find()[1].document])
    if os.name == "posix":
        (bench.store.library.notes / "elsewhere").symlink_to(tmp_path)
    done = list(export(bench.store, tmp_path / "out"))
    assert done[-1] == Exported(done[-1].document, bees, "exported", "notes/旅行/bees.md", "text/bees.md.txt")
    if os.name == "posix":
        assert [(one.status, one.path) for one in done[:-1]] == [
            ("left-out", str(bench.store.library.notes / "elsewhere"))
        ]
    out = tmp_path / "out" / "notes"
    assert {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.*")} == {
        "旅行/bees.md": b"Bees dance. ![](x.png)",
        "旅行/x.png": b"\x89PNG\xff",
        "not added.md": b"Owls hoot.",
    }


def test_a_restored_library_exports_the_same_to_the_byte(bench: Bench, tmp_path: Path) -> None:
    """The disk with the library is lost: everything comes out of the backup as it was."""
    note, _ = _notes(bench, {"蜜蜂.md": b"\xef\xbb\xbfBees dance.\r\n![](x.png)", "x.png": b"\x89PNG\xff"})
    pdf = bench.file("w.pdf", "Whales sing.")
    bench.run(note, tags=("insects",), metadata={"year": 2022})
    bench.run(pdf)
    list(export(bench.store, tmp_path / "before"))
    bench.store.back_up(tmp_path / "saved.zip")
    bench.store.close()
    shutil.rmtree(bench.store.library.root)
    Path(pdf).unlink()
    restore(tmp_path / "saved.zip", paths.library(tmp_path / "elsewhere"))
    store = Store(paths.library(tmp_path / "elsewhere"))
    assert {exported.status for exported in export(store, tmp_path / "after")} == {"exported"}

    def outside(folder: Path, library: paths.Library) -> dict[str, bytes]:
        """Every file below a folder, by name; a place in the library is named from there."""
        named, escaped = str(library.root).encode(), json.dumps(str(library.root)).strip('"').encode()
        return {
            path.relative_to(folder).as_posix(): path.read_bytes().replace(escaped, b"-").replace(named, b"-")
            for path in folder.rglob("*.*")
        }

    after = outside(tmp_path / "after", store.library)
    assert after == outside(tmp_path / "before", bench.store.library)
    assert set(after) > {"notes/蜜蜂.md", "notes/x.png", "files/w.pdf"}
    store.close()


def test_a_title_is_no_formula(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("=1+1.txt", "Bees dance."))
    list(export(bench.store, tmp_path / "out"))
    assert "\n'=1+1," in (tmp_path / "out" / "documents.csv").read_text(encoding="utf-8-sig").replace(
        "\r", ""
    )
