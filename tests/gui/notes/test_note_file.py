from __future__ import annotations

import errno
from pathlib import Path

import pytest

from desktop_kb.gui.notes import note_file
from desktop_kb.gui.notes.note_file import file_name, write_new, write_with_pictures


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\n## A *b*\n", "A b"),
        ("---\ntitle: x\n---\n# 茶\n", "茶"),
        ("***\n...\n", ""),
        ("con", "con note"),
        ("../..", ""),
    ],
)
def test_names_from_first_lines(text: str, name: str) -> None:
    assert file_name(text) == name


def test_no_name_is_too_long_for_a_file_system() -> None:
    assert len(f"{file_name('茶' * 500)} (2).md".encode()) < 255


def _full(path: Path, data: bytes) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_new_note_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every try leaves an empty file more."""
    monkeypatch.setattr(note_file, "write_whole", _full)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path, "Tea", b"hot")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A note's own, with pictures."""
    made = tmp_path / "notes"
    (made / "pics").mkdir(parents=True)
    (made / "cup.png").write_bytes(b"cup")
    (made / "pics" / "the pot.png").write_bytes(b"pot")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return made


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder).as_posix()): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_note_is_written_elsewhere_with_its_pictures(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    elsewhere = ["data:image/png;base64,eA==", "https://example.org/x.png", str(folder / "cup.png")]
    names = ["cup.png", "pics/the%20pot.png", "cup.png", *elsewhere]
    assert write_with_pictures(there / "tea.md", b"tea", names, folder) == 0
    assert _files(there) == {"tea.md": b"tea", "cup.png": b"cup", "pics/the pot.png": b"pot"}
    assert write_with_pictures(there / "tea.md", b"more tea", names, folder) == 0
    assert _files(there)["tea.md"] == b"more tea"


def test_pictures_that_are_gone_or_lie_outside_are_counted(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    names = ["gone.png", "../secret.png", "cup.png"]
    assert write_with_pictures(there / "tea.md", b"tea", names, folder) == 2
    assert _files(there) == {"tea.md": b"tea", "cup.png": b"cup"}


def test_no_file_is_written_over_by_a_picture(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "cup.png").write_bytes(b"another cup")
    with pytest.raises(FileExistsError):
        write_with_pictures(there / "tea.md", b"tea", ["cup.png"], folder)
    assert _files(there) == {"cup.png": b"another cup"}
