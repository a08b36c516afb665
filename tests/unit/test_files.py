"""What is written whole is the old content or the new one, and nothing is left beside it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb import files
from desktop_kb.files import (
    as_spelled,
    as_written,
    copy_bytes,
    is_plain,
    is_unfinished,
    plain_name,
    problem_of,
    regular,
    sha256,
    stored_path,
    sync,
    sync_folder,
    whole,
    write_whole,
)


def test_a_file_is_written_over_whole(tmp_path: Path) -> None:
    path = tmp_path / "笔记.md"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["笔记.md"]


def test_what_fails_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.md"
    write_whole(path, b"old")
    seen: list[str] = []

    def broken(_opened: int) -> None:
        seen.extend(entry.name for entry in tmp_path.iterdir() if is_unfinished(entry.name))
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        write_whole(path, b"new")
    assert len(seen) == 1
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]


def test_a_file_that_is_being_read_is_replaced_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses it until the reader has closed the file."""
    path = tmp_path / "a.md"
    write_whole(path, b"old")
    tried: list[Path] = []
    replace = Path.replace

    def busy(source: Path, target: Path) -> Path:
        tried.append(source)
        if len(tried) < 3:
            raise PermissionError(13, "Access denied")
        return replace(source, target)

    monkeypatch.setattr(files, "_TRIES_S", (0.001,) * 3)
    monkeypatch.setattr(Path, "replace", busy)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    tried.clear()
    monkeypatch.setattr(files, "_TRIES_S", (0.001,))
    with pytest.raises(PermissionError):
        write_whole(path, b"newer")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="rights and links are another thing there")
def test_a_file_that_may_not_be_removed_is_not_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a.md", tmp_path / "b.md"
    source.write_bytes(b"words")
    unlink = Path.unlink

    def kept(path: Path, missing_ok: bool = False) -> None:
        if path == source:
            raise PermissionError(13, "Access denied")
        unlink(path, missing_ok)

    def refused(path: Path, target: Path) -> Path:  # as Windows, which renames at once
        raise PermissionError(13, "Access denied")

    monkeypatch.setattr(Path, "unlink", kept)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        files.move(source, target, over=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_rights_and_links_stay(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.md", b"old")
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o600
    (tmp_path / "a.md").chmod(0o640)
    (tmp_path / "link.md").symlink_to("a.md")
    write_whole(tmp_path / "link.md", b"new")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "a.md").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name != "nt", reason="capitals tell files apart there")
def test_a_file_is_known_by_one_path_however_it_was_typed(tmp_path: Path) -> None:
    folder = as_spelled(tmp_path) / "Docs"
    folder.mkdir()
    (folder / "Übersicht.PDF").touch()
    typed = str(folder / "Übersicht.PDF")
    assert str(as_spelled(Path(typed.upper()))) == typed
    assert str(as_spelled(Path(typed.lower()))) == typed
    assert as_spelled(folder / "none.pdf") == folder / "none.pdf"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (r"C:\docs\nul.txt", r"\\?\C:\docs\nul.txt"),
        (r"\\server\share\a.md", r"\\?\UNC\server\share\a.md"),
        (r"\\?\C:\docs\a.md", r"\\?\C:\docs\a.md"),
    ],
)
def test_windows_takes_a_path_as_it_is_written(path: str, written: str) -> None:
    assert as_written(path) == written


@pytest.mark.skipif(os.name != "nt", reason="elsewhere every file that is there is opened")
def test_why_windows_does_not_open_a_file_that_is_there_is_said(tmp_path: Path) -> None:
    deep = as_spelled(tmp_path) / ("a folder of a project " * 5).strip() / ("and one within it " * 9).strip()
    Path(as_written(str(deep))).mkdir(parents=True)
    gone = FileNotFoundError(2, "No such file or directory")
    for name, code in (("a.md", "path-too-long"), ("aux.md", "device-name")):
        assert problem_of(gone, str(deep / name)).code == "vanished"
        Path(as_written(str(deep / name))).write_text("Bees dance.", encoding="utf-8")
        assert problem_of(gone, str(deep / name)).code == code
    assert (
        problem_of(PermissionError(13, "Permission denied"), str(tmp_path / "a.md")).code == "no-permission"
    )


@pytest.mark.skipif(os.name == "posix", reason="who may write the folder decides there")
def test_a_file_that_may_not_be_written_stays_and_nothing_is_left_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_TRIES_S", ())
    write_whole(tmp_path / "a.md", b"old")
    (tmp_path / "a.md").chmod(stat.S_IREAD)
    with pytest.raises(PermissionError):
        write_whole(tmp_path / "a.md", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.md", b"old")]
    (tmp_path / "a.md").chmod(stat.S_IREAD | stat.S_IWRITE)


@pytest.mark.parametrize("name", ["a.md", ".hidden", "notes.tmp", ".tmp", ".a note.tmp"])
def test_files_of_others_are_not_taken_for_unfinished_ones(name: str) -> None:
    assert not is_unfinished(name)


def test_a_file_that_was_only_read_cannot_be_synced(tmp_path: Path) -> None:
    """Windows refuses it, and so does every test; folders are another call."""
    (tmp_path / "a").write_bytes(b"x")
    with (tmp_path / "a").open("rb") as file, pytest.raises(PermissionError):
        sync(file)
    with (tmp_path / "a").open("r+b") as file:
        sync(file)
    sync_folder(tmp_path)


def test_a_copy_is_told_by_its_hash_and_kept_to_its_length(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bees" * 1_000_000)
    with open(tmp_path / "a", "rb", opener=regular) as source, whole(tmp_path / "b") as target:
        assert copy_bytes(source, target, limit=4_000_000) == sha256(tmp_path / "a")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
    with (
        pytest.raises(ValueError, match="larger"),
        open(tmp_path / "a", "rb", opener=regular) as source,
        whole(tmp_path / "b") as target,
    ):
        copy_bytes(source, target, limit=3_999_999)
    assert sha256(tmp_path / "b") == sha256(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("a\nb\tc.txt", "a_b_c.txt"),
        ("CON.txt", "_CON.txt"),
        ("con .txt", "_con.txt"),
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


@given(st.text(max_size=300))
def test_every_name_becomes_one_that_every_system_takes(name: str) -> None:
    assert is_plain(plain_name(name, set()))
    assert is_plain(plain_name(name, {plain_name(name, set()).casefold()}))


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a.", "a ", "a/b", "a\\b", "a:b", "nul", "LPT1.md", "a\0", "\ud800"]
)
def test_names_that_not_every_system_takes(name: str) -> None:
    assert not is_plain(name)


def test_a_stored_path_that_is_no_text_is_one_of_no_file() -> None:
    """Of a library from a system whose names are bytes; on Windows they are text, and decoding them failed."""
    assert stored_path("合同/ä.md".encode()) == "合同/ä.md"
    assert stored_path(b"/home/\x82.md") == "/home/\udc82.md"
