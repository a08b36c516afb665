from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from desktop_kb.kb import new_notes
from desktop_kb.kb.new_notes import TextType, file_name, stem_of, titled, write_new


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
    monkeypatch.setattr(new_notes, "write_whole", _full)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path, "Tea", b"hot")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "type", "expected", "stem"),
    [
        ("Steep it long.", "md", "# Tea\n\nSteep it long.", "Tea"),
        ("---\ntags: x\n---\nSteep.", "md", "---\ntags: x\n---\n# Tea\n\nSteep.", "Tea"),
        ("\n# Tea\n\nSteep.", "md", "\n# Tea\n\nSteep.", "Tea"),
        ("<p>Steep.</p>", "html", "<title>Tea</title>\n<p>Steep.</p>", "Tea"),
        ("Steep.", "txt", "Steep.", "Tea"),
    ],
)
def test_a_text_takes_its_title(text: str, type: TextType, expected: str, stem: str) -> None:
    assert titled(text, " Tea\n", type) == expected
    assert stem_of(text, " Tea\n") == stem


@pytest.mark.parametrize(
    ("text", "type", "stem"),
    [("# 茶\n\n水", "md", "茶"), ("<h1>A pot</h1>", "html", "A pot"), ("***", "txt", "note")],
)
def test_without_a_title_the_first_line_names_it(text: str, type: TextType, stem: str) -> None:
    assert titled(text, "", type) == text
    assert stem_of(text, "") == stem


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such modes there")
@pytest.mark.parametrize("mode", [0o700, 0o775])
def test_a_folder_of_notes_is_as_open_as_the_one_that_it_is_in(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "team"
    folder.mkdir()
    folder.chmod(mode)
    before = os.umask(0o077)
    try:
        write_new(folder / "notes", "tea", b"Steep it.")
        write_new(folder / "notes", "tea", b"Steep it.")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "notes").stat().st_mode) == mode
    assert sorted(path.name for path in (folder / "notes").iterdir()) == ["tea (2).md", "tea.md"]
