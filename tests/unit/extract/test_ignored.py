"""What is passed over in a folder, and that it is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_kb.errors import UsageProblem
from desktop_kb.extract import Passing, find_files


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("The lamp is green.", encoding="utf-8")
    return root


def found(root: Path, passing: Passing) -> dict[str, str | None]:
    """The readable files and what is passed over, with the pattern or the reason."""
    return {
        Path(os.path.relpath(name, root)).as_posix(): (
            str(problem.details.get("pattern", problem.code)) if problem else None
        )
        for name, problem, _ in find_files(root, passing)
    }


def test_what_is_hidden_is_named_and_can_be_taken_back(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "n", "a.md", ".net相关/b.md", ".git/config", ".secret.md", ".DS_Store", "c/.x/d.md"
    )
    hidden = {".git": "hidden", ".net相关": "hidden", ".secret.md": "hidden", "a.md": None, "c/.x": "hidden"}
    assert found(root, Passing()) == hidden  # of files those of a kind that is read
    assert found(root / ".net相关", Passing()) == {"b.md": None}
    taken = found(root, Passing(("!.net相关",)))
    assert taken == {**{k: v for k, v in hidden.items() if k != ".net相关"}, ".net相关/b.md": None}


def test_patterns_are_those_of_gitignore_files(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "n",
        *("a.md", "node_modules/x/readme.md", "b/node_modules/y.md", "drafts/1.md", "b/drafts/2.md"),
        *("old.tmp.md", "keep.tmp.md", "~$report.md", "inbox/x/old/3.md", "b/inbox/x/old/4.md"),
        *("名前 草稿/5.md", "node_modules.md"),
    )
    patterns = ("node_modules", "/drafts", "*.tmp.md", "!keep.tmp.md", "~$*", "inbox/**/old/", "*草稿")
    assert found(root, Passing(patterns)) == {
        "a.md": None,
        "b/drafts/2.md": None,
        "b/inbox/x/old/4.md": None,
        "b/node_modules": "node_modules",
        "drafts": "/drafts",
        "inbox/x/old": "inbox/**/old/",
        "keep.tmp.md": None,
        "node_modules": "node_modules",
        "node_modules.md": None,
        "old.tmp.md": "*.tmp.md",
        "~$report.md": "~$*",
        "名前 草稿": "*草稿",
    }


def test_what_is_in_a_folder_is_not_the_folder(tmp_path: Path) -> None:
    names = ("img/a.md", "img/keep.md", "img/deep/b.md", "img/kept/e.md", "c/img/d.md")
    root = tree(tmp_path / "n", *names)
    assert found(root, Passing(("img/**", "!img/*/", "!img/kept/**", "img/deep/", "!img/keep.md"))) == {
        "c/img/d.md": None,
        "img/a.md": "img/**",
        "img/deep": "img/deep/",
        "img/keep.md": None,
        "img/kept/e.md": None,
    }


def test_gitignore_files_hold_below_their_folder_and_the_nearest_decides(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "n", "a.log.md", "b/a.log.md", "b/c/a.log.md", "b/c/d.md", "build/e.md", "f/build/g.md"
    )
    (root / ".gitignore").write_bytes(
        b"\xef\xbb\xbf# a comment\r\n*.log.md\r\n/build/\r\n\r\n[\r\n!\r\nIcon[\r]\r\n"
    )
    (root / "b" / "c" / ".gitignore").write_text("!a.log.md\nd.md\n")
    (root / "f" / ".gitignore").mkdir()  # no file
    on = found(root, Passing(use_gitignore=True))
    assert on == {
        "a.log.md": "*.log.md",
        "b/a.log.md": "*.log.md",
        "b/c/a.log.md": None,
        "b/c/d.md": "d.md",
        "build": "/build/",
        "f/.gitignore": "hidden",
        "f/build/g.md": None,
    }
    off = found(root, Passing())
    assert [name for name, problem in off.items() if problem] == ["f/.gitignore"]


def test_a_folder_within_a_repository_heeds_the_files_above_it(tmp_path: Path) -> None:
    root = tree(tmp_path / "n", "docs/a.md", "docs/b.tmp.md", "out/c.md", "out/d.tmp.md")
    (root / ".gitignore").write_text("*.tmp.md\nout/\n")
    outside = found(root / "docs", Passing(use_gitignore=True))
    assert outside == {"a.md": None, "b.tmp.md": None}  # it is in no repository
    (root / ".git").mkdir()
    assert found(root / "docs", Passing(use_gitignore=True)) == {"a.md": None, "b.tmp.md": "*.tmp.md"}
    # What is asked for is read, whatever is said of it.
    assert found(root / "out", Passing(use_gitignore=True)) == {"c.md": None, "d.tmp.md": None}
    assert found(root / "docs" / "b.tmp.md", Passing(use_gitignore=True)) == {".": None}


def test_what_is_no_pattern_is_refused_of_a_person_only() -> None:
    with pytest.raises(UsageProblem) as caught:
        Passing(("*.md", "!"))
    assert (caught.value.code, caught.value.details) == ("bad-pattern", {"pattern": "!"})


def test_a_person_on_windows_may_write_backslashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(tmp_path / "n", "a.md", "drafts/old/1.md", "drafts/2.md", "b/c/3.md")
    monkeypatch.setattr("desktop_kb.extract.ignored._BACKSLASHES", True)
    assert found(root, Passing(("drafts\\old\\", "b\\**\\3.md"))) == {
        "a.md": None,
        "drafts/2.md": None,
        "drafts/old": "drafts/old/",
        "b/c/3.md": "b/**/3.md",
    }
