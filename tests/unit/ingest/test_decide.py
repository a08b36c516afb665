"""What becomes of a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO, Any

import pytest

from desktop_kb.errors import StorageProblem
from desktop_kb.records import JobOptions


def test_a_password_opens_what_failed_before(bench: Any) -> None:
    path = bench.file("a.pdf", "LOCKED bees dance.")
    assert bench.run(path)[0].error_code == "locked"
    assert bench.run(path)[0].error_code == "locked"
    bench.ingest.passwords[path] = "bees"
    assert bench.run(path)[0].status == "updated"
    assert bench.found("bees") == ["a.pdf"]
    assert bench.ingest.passwords == {}


def test_a_text_read_with_its_password_elsewhere(bench: Any) -> None:
    path = bench.file("a.pdf", "LOCKED bees dance.")
    bench.run(path)
    bench.ingest.stage_locked(path, "bees", bench.stop)
    assert bench.run(path)[0].status == "updated"


def test_unchanged_and_touched(bench: Any) -> None:
    path = bench.file("a.txt", "Bees dance.")
    bench.run(path)
    os.utime(path, ns=(1, 1))
    assert bench.run(path, tags=("t",))[0].status == "unchanged"
    assert bench.store.documents.find()[0].tags == ("t",)


def test_a_stored_copy_stands_in_for_the_original(bench: Any) -> None:
    path = bench.file("a.pdf", "Bees dance.")
    bench.run(path)
    Path(path).unlink()
    assert bench.run(path, kind="read")[0].status == "updated"
    assert bench.run(path)[0].error_code == "vanished"
    assert bench.found("bees") == ["a.pdf"]


def test_a_copy_stands_in_for_a_path_that_this_system_cannot_have(bench: Any) -> None:
    """As 'C:\\...' of a library from Windows, which is one long name here."""
    bench.run(bench.file("a.pdf", "Bees dance."))
    path = f"/{'a' * 300}"
    bench.store._database.write(
        lambda connection: connection.execute("update places set path = ?", (path.encode(),))
    )
    assert bench.run(path, kind="read")[0].status == "updated"


def test_a_full_disk_while_copying_is_the_librarys_trouble(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = bench.file("a.pdf", "Bees dance.")
    with pytest.raises(StorageProblem) as caught:
        bench.run(path)
    assert caught.value.code == "disk-full"
    assert not [path for path in bench.store.library.files.rglob("*") if path.is_file()]
    monkeypatch.undo()
    assert bench.ingest.process_next()
    assert bench.found("bees") == ["a.pdf"]


def test_a_file_that_changes_while_it_is_copied_is_looked_at_again(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.file("a.pdf", "Bees dance.")

    def torn(source: IO[bytes], target: IO[bytes]) -> str:
        monkeypatch.undo()
        return "the hash of something else"

    monkeypatch.setattr("desktop_kb.files.copy_bytes", torn)
    bench.store.queue.enqueue([path], JobOptions())
    assert not bench.ingest.process_next()
    assert bench.store.documents.find() == []
    assert bench.ingest.process_next()
    assert bench.found("bees") == ["a.pdf"]
    assert bench.sound()


def test_a_copy_of_what_is_there_is_not_kept_twice(bench: Any) -> None:
    first, second = bench.file("a.pdf", "Bees dance."), bench.file("b.PDF", "Bees dance.")
    assert [report.status for report in bench.run(first, second)] == ["indexed", "duplicate"]
    assert len([path for path in bench.store.library.files.rglob("*") if path.is_file()]) == 1
