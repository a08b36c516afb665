"""`folders` and `watch` in the terminal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typed import Terminal


def _at_rest(path: Path) -> None:
    os.utime(path, (10**9, 10**9))


def test_a_folder_is_followed_and_what_becomes_of_its_files_is_printed(terminal: Terminal) -> None:
    vault = terminal.folder / "vault"
    (vault / ".obsidian").mkdir(parents=True)
    _at_rest(Path(terminal.file("vault/bees.md", "Bees dance.")))
    code, rows, _ = terminal("folders", "add", str(vault), "--exclude", "*.tmp")
    expected = {"path": str(vault), "kind": "obsidian", "ignore": ["*.tmp"], "there": True}
    assert (code, rows) == (0, [expected])
    assert terminal("folders")[1] == terminal("folders", "list")[1] == rows
    code, (event,), _ = terminal("watch", "--once")
    (document,) = terminal("list")[1]
    assert code == 0
    assert event == {
        "event": "new",
        "path": str(vault / "bees.md"),
        "from": None,
        "document": document["document"],
        "error": None,
        "error_code": None,
        "error_details": {},
    }
    (vault / "bees.md").rename(vault / "hornets.md")
    (moved,) = terminal("watch", "--once")[1]
    assert (moved["event"], moved["from"]) == ("moved", str(vault / "bees.md"))
    assert terminal("folders", "remove", str(vault))[0] == 0
    assert terminal("folders")[1] == []
    assert len(terminal("list")[1]) == 1


def test_what_failed_is_named_and_the_exit_code_says_so(terminal: Terminal) -> None:
    (terminal.folder / "vault").mkdir()
    _at_rest(Path(terminal.file("vault/empty.md", "")))
    terminal("folders", "add", str(terminal.folder / "vault"), "--kind", "plain")
    code, (event,), _ = terminal("watch", "--once")
    assert (code, event["event"], event["error_code"]) == (1, "failed", "no-words")
    assert event["error"]
    assert terminal("watch", "--once")[:2] == (0, [])


def test_a_folder_that_is_not_there_is_wrong_usage(terminal: Terminal) -> None:
    code, rows, error = terminal("folders", "add", str(terminal.folder / "none"))
    assert (code, rows, json.loads(error)["error"]["code"]) == (2, [], "no-folder")
    code, _, error = terminal("folders", "remove", str(terminal.folder))
    assert (code, json.loads(error)["error"]["code"]) == (2, "not-followed")


def test_a_person_reads_lines(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    (terminal.folder / "vault").mkdir()
    _at_rest(Path(terminal.file("vault/bees.md", "Bees dance.")))
    library = ["--library", str(terminal.folder / "library")]
    assert terminal.main([*library, "folders", "add", str(terminal.folder / "vault")]) == 0
    assert terminal.main([*library, "folders"]) == 0
    assert terminal.main([*library, "watch", "--once"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out] == ["plain", "plain", "new"]
    assert terminal.main([*library, "folders", "remove", str(terminal.folder / "vault")]) == 0
    capsys.readouterr()
    assert terminal.main([*library, "watch", "--once"]) == 0
    assert "folders add DIR" in capsys.readouterr().err
