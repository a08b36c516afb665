from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.gui.notes.note_file import write_with_pictures


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
