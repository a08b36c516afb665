from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.errors import StorageProblem, UsageProblem
from desktop_kb.settings import Settings, load, save


def test_what_is_missing_has_its_default_and_the_librarys_own_wins(tmp_path: Path) -> None:
    person, library = tmp_path / "person.json", tmp_path / "library.json"
    assert load(person, library) == Settings()
    save(person, {"trash_days": 7, "read_seconds": 60})
    save(library, {"trash_days": 90})
    assert load(person, library) == Settings(trash_days=90, read_seconds=60)
    save(library, {"copy_notes": True})
    assert load(person, library) == Settings(trash_days=90, read_seconds=60, copy_notes=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trash_days", 0),
        ("trash_days", 3651),
        ("trash_days", "30"),
        ("trash_days", True),
        ("trash_days", None),
        ("copy_files", 1),
        ("device", "abacus"),
        ("nonsense", 1),
    ],
)
def test_a_value_that_cannot_be_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    path = tmp_path / "settings.json"
    save(path, {"trash_days": 7})
    with pytest.raises(UsageProblem) as caught:
        save(path, {"read_seconds": 60, name: value})
    assert name == caught.value.details["name"]
    assert load(path) == Settings(trash_days=7)
    path.write_text(json.dumps({name: value}), encoding="utf-8")
    with pytest.raises(UsageProblem):
        load(path)


def test_a_setting_is_read_by_the_name_it_had_before(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"copy_pdfs": false}', encoding="utf-8")
    assert load(path) == Settings(copy_files=False)
    save(path, {"trash_days": 7})
    assert load(path) == Settings(copy_files=False, trash_days=7)
    save(path, {"copy_files": True})
    assert load(path) == Settings(trash_days=7)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b""])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    for use in (lambda: load(path), lambda: save(path, {"trash_days": 7})):
        with pytest.raises(StorageProblem) as caught:
            use()
        assert caught.value.path == str(path)
    assert path.read_bytes() == content


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    save(path, {"trash_days": 7})

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StorageProblem) as caught:
        save(path, {"trash_days": 8})
    assert (caught.value.code, caught.value.path) == ("io-error", str(path))
    assert load(path) == Settings(trash_days=7)


def test_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageProblem) as caught:
        save(tmp_path / "settings.json", {"trash_days": 8})
    assert caught.value.code == "disk-full"


def test_a_library_says_nothing_of_what_is_the_persons(tmp_path: Path) -> None:
    person, library = tmp_path / "person.json", tmp_path / "library.json"
    save(person, {"hub": "https://mirror.example", "trash_days": 5})
    save(library, {"hub": "http://evil.example", "max_file_mib": 9_999, "trash_days": 7})
    assert load(person, library) == Settings(hub="https://mirror.example", trash_days=7)
