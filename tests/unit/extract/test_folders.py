"""What lies in a folder is found, whatever the system says of one entry of it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.extract import Passing, find_files

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links, pipes and names of POSIX")


def _found(path: Path, under: Path) -> list[tuple[str, str | None]]:
    return [
        (Path(os.path.relpath(name, under)).as_posix(), problem.code if problem else None)
        for name, problem, _ in find_files(path)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    notes = tmp_path / "notes"
    (notes / "b").mkdir(parents=True)
    for name in ("a.md", "b/one.md", "b/two.txt", "c.md", ".hidden.md", "picture.xyz"):
        (notes / name).write_text("The lamp is green.", encoding="utf-8")
    return notes


PLAIN = [
    (".hidden.md", "hidden"),
    ("a.md", None),
    ("b/one.md", None),
    ("b/two.txt", None),
    ("c.md", None),
    ("picture.xyz", "unsupported"),
]


def test_files_come_in_order_with_what_cannot_be_added(folder: Path) -> None:
    assert _found(folder, folder) == PLAIN
    assert _found(folder / ".hidden.md", folder) == [(".hidden.md", None)]
    assert _found(folder / "c.md", folder) == [("c.md", None)]
    assert _found(folder / "none.md", folder) == [("none.md", "vanished")]
    assert _found(folder / "c.md" / "below.md", folder) == [("c.md/below.md", "vanished")]
    assert _found(Path("no\0name.md"), Path())[0][1] == "vanished"


@pytest.mark.skipif(sys.platform not in ("win32", "darwin"), reason="only names hide files there")
def test_what_the_system_hides_is_passed_over(folder: Path) -> None:
    for path in (folder / "a.md", folder / "b"):
        if sys.platform == "win32":
            subprocess.run(["attrib", "+h", str(path)], check=True)
        elif sys.platform == "darwin":
            os.chflags(path, stat.UF_HIDDEN)
    assert _found(folder, folder) == [
        (".hidden.md", "hidden"),
        ("a.md", "hidden"),
        ("b", "hidden"),
        ("c.md", None),
        ("picture.xyz", "unsupported"),
    ]
    # What is asked for by name is found.
    assert _found(folder / "b", folder)[0][1] is None
    assert _found(folder / "a.md", folder) == [("a.md", None)]


@POSIX
def test_links_are_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "linked.md").write_text("Otters.", encoding="utf-8")
    (folder / "b" / "broken.md").symlink_to("/nowhere/at/all.md")
    (folder / "b" / "loop.md").symlink_to("loop.md")
    (folder / "b" / "up").symlink_to("..")
    (folder / "above").symlink_to(tmp_path)  # which the folder is in
    (folder / "d.md").symlink_to(tmp_path / "else" / "linked.md")
    (folder / "sub").symlink_to(tmp_path / "else")
    (folder / "sub again").symlink_to(tmp_path / "else")
    (folder / "a link to b").symlink_to("b")
    (tmp_path / "else" / "back").symlink_to(folder)
    assert _found(folder, folder) == [
        (".hidden.md", "hidden"),
        ("a.md", None),
        ("b/broken.md", "broken-link"),
        ("b/loop.md", "broken-link"),
        ("b/one.md", None),
        ("b/two.txt", None),
        ("c.md", None),
        ("d.md", None),
        ("picture.xyz", "unsupported"),
        # Links to folders come last, so that a file has its own path where it has one.
        ("a link to b", "linked-folder"),
        ("above", "linked-circle"),
        ("sub/linked.md", None),
        ("sub again", "linked-folder"),
        ("b/up", "linked-circle"),
        ("sub/back", "linked-circle"),
    ]
    assert _found(folder / "sub" / "linked.md", folder) == [("sub/linked.md", None)]
    assert _found(folder / "b" / "loop.md", folder) == [("b/loop.md", "broken-link")]


@pytest.mark.skipif(sys.platform != "win32", reason="junctions are Windows'")
def test_junctions_are_said_as_links_are(folder: Path) -> None:
    if sys.platform == "win32":
        import _winapi

        for link, leads in (("a junction", "b"), ("above", "."), ("gone", "none")):
            (folder / leads).mkdir(exist_ok=True)
            _winapi.CreateJunction(str((folder / leads).resolve()), str(folder / link))
        (folder / "none").rmdir()
    assert _found(folder, folder) == [
        *PLAIN[:5],
        ("gone", "broken-link"),
        PLAIN[5],
        ("a junction", "linked-folder"),
        ("above", "linked-circle"),
    ]


@POSIX
def test_pipes_and_names_that_are_no_text(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    if sys.platform == "linux":  # elsewhere names are UTF-8
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md")).write_text("x", encoding="utf-8")
    found = dict(_found(folder, folder))
    assert found["pipe.md"] == "not-a-file"
    assert found["c.md"] is None
    if sys.platform == "linux":
        assert found[os.fsdecode(b"caf\xe9.md")] is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(13, "Permission denied"), "no-permission"),
        (FileNotFoundError(2, "No such file or directory"), "vanished"),
        (OSError(5, "Input/output error"), "unreadable"),
    ],
)
def test_one_entry_that_cannot_be_looked_at_hides_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, code: str
) -> None:
    plain = Path.stat

    def refuse(self: Path, **options: Any) -> os.stat_result:
        if self.name == "one.md":
            raise error
        return plain(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert _found(folder, folder) == [(name, code if name == "b/one.md" else said) for name, said in PLAIN]


@pytest.mark.parametrize("after", [0, 1])
def test_a_folder_that_cannot_be_read_to_its_end_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    plain = os.scandir

    class Breaking:
        """Gives so many entries, then says what a broken disk would."""

        def __init__(self, path: Path) -> None:
            self.path = path

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return self._entries()

        def __exit__(self, *_: object) -> None: ...

        def _entries(self) -> Iterator[os.DirEntry[str]]:
            with plain(self.path) as entries:
                yield from sorted(entries, key=lambda entry: entry.name)[:after]
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", lambda path: Breaking(path) if path.name == "b" else plain(path))
    found = _found(folder, folder)
    assert ("b", "no-permission") in found
    assert [name for name, said in found if said is None] == ["a.md", *["b/one.md"][:after], "c.md"]


def test_a_folder_that_leads_back_without_a_link_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    above, plain = folder.stat(), Path.stat

    def mounted(self: Path, **options: Any) -> os.stat_result:
        return above if self.name == "b" else plain(self, **options)

    monkeypatch.setattr(Path, "stat", mounted)
    assert ("b", "linked-circle") in _found(folder, folder)


def test_folders_may_lie_as_deep_as_the_system_takes(tmp_path: Path) -> None:
    deep = tmp_path
    try:
        while len(str(deep)) < 2_500:
            deep /= "d"
            deep.mkdir()
    except OSError:
        deep = deep.parent
    (deep / "bottom.md").write_text("x", encoding="utf-8")
    assert _found(tmp_path, deep) == [("bottom.md", None)]
    (deep / "bottom.md").unlink()
    while deep != tmp_path:  # what walks by recursion, as `rmtree` and `rglob` do, could not get rid of it
        deep.rmdir()
        deep = deep.parent


def test_pictures_are_read_where_no_notes_show_them(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    for name in ("a.jpg", "scans/b.png", "c.pdf", "d.txt"):
        (tmp_path / name).write_bytes(b"x")
    pictures = [("a.jpg", None), ("scans/b.png", None)]
    assert _found(tmp_path, tmp_path) == [("c.pdf", None), ("d.txt", None), *pictures]
    (tmp_path / "scans" / "note.md").write_bytes(b"x")
    passed = [("a.jpg", "of-notes"), ("scans/b.png", "of-notes")]
    assert _found(tmp_path, tmp_path)[-2:] == passed
    assert _found(tmp_path / "a.jpg", tmp_path) == [("a.jpg", None)]


def test_only_what_is_asked_for_is_looked_at_and_as_in_the_whole_folder(folder: Path) -> None:
    (folder / "b" / ".gitignore").write_text("two.txt\n", encoding="utf-8")
    (folder / "d" / "e").mkdir(parents=True)
    (folder / "d" / "e" / "f.md").write_text("The lamp is red.", encoding="utf-8")
    passing = Passing(("/c.md",), use_gitignore=True)

    def among(*names: str) -> list[tuple[str, str | None]]:
        asked = {str(folder / name) for name in names}
        return [
            (Path(os.path.relpath(path, folder)).as_posix(), problem.code if problem else None)
            for path, problem, _ in find_files(folder, passing, among=asked)
        ]

    assert among("a.md", "none.md", "gone/x.md") == [("a.md", None)]
    assert among("b/one.md", "b/two.txt") == [("b/two.txt", "git-ignored"), ("b/one.md", None)]
    assert among("d") == [("d/e/f.md", None)]
    assert among("c.md", ".hidden.md") == [(".hidden.md", "hidden"), ("c.md", "ignored")]
    assert among(".") == among("a.md", "b", "c.md", "d", ".hidden.md", "picture.xyz")


def test_pictures_of_notes_are_passed_over_wherever_one_looks(folder: Path) -> None:
    (folder / "p.png").write_bytes(b"picture")
    asked = {str(folder / "p.png")}
    (found,) = find_files(folder, among=asked, is_of_notes=lambda: True)
    assert found.problem is not None
    assert found.problem.code == "of-notes"
    (found,) = find_files(folder, among=asked)
    assert found.problem is None


def test_what_is_in_a_cloud_only_is_said_and_not_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_kb.extract.folders.is_placeholder", lambda status: True)
    assert {code for _, code in _found(folder, folder)} == {"not-fetched", "hidden", "unsupported"}
    assert _found(folder / "a.md", folder) == [("a.md", None)]  # asked for by its name
