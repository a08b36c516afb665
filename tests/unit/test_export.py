"""Everything comes out as files that any other program reads, whatever it was called."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.errors import StorageProblem
from desktop_kb.export import export, plain_name


def test_files_texts_and_tables(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("蜜蜂.txt", "Bees dance.\r\n"), tags=("insects",), metadata={"year": 2022})
    bench.run(bench.file("w.pdf", "Whales sing."))
    bench.run(bench.file("x.pdf", "BROKEN"))
    bench.run(bench.file("gone.txt", "Foxes run."))
    bench.run(bench.file("changed.txt", "Owls hoot."))
    Path(bench.folder / "w.pdf").unlink()
    Path(bench.folder / "gone.txt").unlink()
    bench.file("changed.txt", "Owls sleep.")
    out = tmp_path / "out"
    done = {exported.path: exported for exported in export(bench.store, out)}
    status = {Path(path).name: exported.status for path, exported in done.items()}
    assert status == {
        "蜜蜂.txt": "exported",
        "w.pdf": "exported",
        "x.pdf": "exported",
        "gone.txt": "gone",
        "changed.txt": "changed",
    }
    assert (out / "files" / "蜜蜂.txt").read_bytes() == (bench.folder / "蜜蜂.txt").read_bytes()
    assert (out / "files" / "w.pdf").read_text() == "Whales sing."
    assert (out / "files" / "changed.txt").read_text() == "Owls sleep."
    assert (out / "text" / "gone.txt.txt").read_text() == "Foxes run."
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
    assert exported.status == "gone"
    assert not list((tmp_path / "out" / "files").iterdir())
    assert [check.name for check in bench.store.check() if not check.ok] == ["files"]


def test_a_title_is_no_formula(bench: Any, tmp_path: Path) -> None:
    bench.run(bench.file("=1+1.txt", "Bees dance."))
    list(export(bench.store, tmp_path / "out"))
    assert "\n'=1+1," in (tmp_path / "out" / "documents.csv").read_text(encoding="utf-8-sig").replace(
        "\r", ""
    )


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("a\nb\tc.txt", "a_b_c.txt"),
        ("CON.txt", "_CON.txt"),
        ("lpt1", "_lpt1"),
        ("console.txt", "console.txt"),
        ("a<b>:c?.pdf", "a_b__c_.pdf"),
        ("trailing. . ", "trailing"),
        ("...", "_"),
        ("annual\u202efdp.exe", "annual_fdp.exe"),
        ("👨\u200d👩\u200d👧.md", "👨\u200d👩\u200d👧.md"),
        (os.fsdecode(b"caf\xe9.txt") if sys.platform != "win32" else "caf?.txt", "caf_.txt"),
    ],
)
def test_names_become_safe_and_stay_readable(name: str, plain: str) -> None:
    assert plain_name(name, set()) == plain


def test_names_are_short_and_apart() -> None:
    taken: set[str] = set()
    names = [plain_name(name, taken) for name in ("长" * 85 + ".pdf", "长" * 85 + ".pdf", "A.txt", "a.TXT")]
    assert len(set(map(str.casefold, names))) == 4
    assert all(len(name.encode()) <= 200 for name in names)
    assert names[0].endswith(".pdf")
    assert names[1].endswith(" (2).pdf")
