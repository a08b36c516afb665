"""The terminal contract, as a script sees it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from fakes import FakeEmbedder, FakeExtractor

from desktop_kb import cli, kb


class Terminal:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *arguments: str) -> tuple[int, list[Any], str]:
        """Exit code, the JSON objects on stdout, stderr."""
        command, *rest = arguments
        try:
            code = cli.main(["--library", str(self.folder / "library"), command, "--json", *rest])
        except SystemExit as stopped:
            code = cast(int, stopped.code)
        out, error = self._capsys.readouterr()
        assert out.isascii()
        return code, [json.loads(line) for line in out.splitlines()], error

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(kb, "_children", lambda settings: (FakeExtractor(), FakeEmbedder()))
    monkeypatch.setattr(kb, "_POLL_S", 0.01)
    monkeypatch.setattr(cli.diagnostics, "set_up", lambda verbose: None)
    return Terminal(tmp_path, capsys)


def test_from_adding_to_removing(terminal: Terminal, tmp_path: Path) -> None:
    path = terminal.file("蜜蜂.txt", "Bees dance in the hive.")
    code, (report,), _ = terminal("add", path, "--tag", "insects", "--set", "year=2022")
    assert (code, report["status"], report["path"]) == (0, "indexed", path)
    assert terminal("add", path)[1][0]["status"] == "unchanged"
    code, (result,), _ = terminal("search", "bees", "year:2022")
    assert (code, result["hits"][0]["path"], result["degraded"]) == (0, path, [])
    stages = {"parse", "words", "encode", "vectors", "fuse", "rerank", "total"}
    assert set(result["seconds"]) == stages
    (document,) = terminal("list", "tag:insects")[1]
    keys = "document path title status type pages chunks tags metadata added error"
    assert set(document) == set(keys.split())
    assert document["metadata"] == {"year": 2022}
    code, (shown,), error = terminal("remove", path)
    assert (code, shown["path"]) == (0, path)
    assert "--yes" in error
    assert len(terminal("list")[1]) == 1
    assert terminal("remove", document["document"], "--yes")[0] == 0
    assert terminal("list")[1] == []
    assert terminal("search", "bees")[1][0]["hits"] == []


def test_a_file_that_fails_is_named_each_time(terminal: Terminal) -> None:
    path = terminal.file("a.txt", "BROKEN")
    for _ in range(2):
        code, (report,), _ = terminal("add", path)
        assert (code, report["status"]) == (1, "failed")
        assert report["error"].startswith("The file is damaged")
    terminal.file("b.xyz", "?")
    code, reports, _ = terminal("add", str(terminal.folder))
    assert {report["status"] for report in reports if report["path"].endswith("b.xyz")} == {"skipped"}
    assert terminal("add", str(terminal.folder / "nowhere.txt"))[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("remove", "bees"),
        ("remove",),
        ("search",),
        ("search", "bees", "--limit", "0"),
        ("search", "bees", "--rerank-seconds", "nan"),
        ("search", "bees", "--filter", "two words"),
        ("add", "a.txt", "--set", "year"),
        ("add",),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_2_and_json(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance."))
    code, records, error = terminal(*arguments)
    assert (code, records) == (2, [])
    assert set(json.loads(error)["error"]) == {"code", "message", "path"}


def test_after_two_dashes_everything_is_query(terminal: Terminal) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance."))
    code, (result,), _ = terminal("search", "--", "-bees", "--limit")
    assert (code, result["query"]) == (0, "-bees --limit")


@pytest.mark.parametrize(
    "command", ["search bees", "list", "status", "doctor", "refresh", "retry", "remove tag:t"]
)
def test_only_add_begins_a_library(terminal: Terminal, command: str) -> None:
    code, records, error = terminal(*command.split())
    assert (code, records, json.loads(error)["error"]["code"]) == (1, [], "no-library")
    assert not (terminal.folder / "library").exists()


def test_the_persons_own_library_may_be_new(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--json"]) == 0
    assert cli.main(["search", "bees", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"] == []


def test_a_batch_is_split_at_line_feeds_only(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance in the hive."))
    data = io.TextIOWrapper(io.BytesIO("bees\n\nbees\u2028hive\x0cdance\nbees\0hive\n".encode()))
    monkeypatch.setattr(sys, "stdin", data)
    code, results, _ = terminal("search", "--batch", "-")
    assert code == 0
    assert [result["query"] for result in results] == ["bees", "", "bees\u2028hive\x0cdance", "bees\0hive"]
    assert [len(result["hits"]) for result in results] == [1, 0, 1, 1]


def test_out_and_back_in(terminal: Terminal, tmp_path: Path) -> None:
    path = terminal.file("a.txt", "Bees dance in the hive.")
    terminal("add", path, "--tag", "insects")
    saved, other = str(tmp_path / "saved.zip"), str(tmp_path / "other")
    code, (report,), _ = terminal("backup", saved)
    assert (code, report["path"], report["documents"], report["missing"]) == (0, saved, 1, [])
    assert json.loads(terminal("backup", saved)[2])["error"]["code"] == "exists"
    code, (exported,), _ = terminal("export", str(tmp_path / "out"))
    assert (code, exported["path"], exported["status"]) == (0, path, "exported")
    assert (tmp_path / "out" / exported["file"]).read_text() == "Bees dance in the hive."
    assert terminal("restore", saved)[0] == 1
    assert cli.main(["--library", other, "restore", "--json", saved]) == 0
    assert cli.main(["--library", other, "list", "--json", "tag:insects"]) == 0


def test_out_of_the_trash(terminal: Terminal) -> None:
    paths = [terminal.file("a.txt", "Bees dance."), terminal.file("b.txt", "Whales sing.")]
    terminal("add", *paths, "--tag", "kept")
    terminal("remove", *paths, "--yes")
    terminal.file("b.txt", "Foxes run.")
    terminal("add", paths[1])
    code, reports, _ = terminal("restore", "--trash")
    assert code == 0
    assert {report["path"] for report in reports} >= {paths[0]}
    assert {document["path"] for document in terminal("list", "tag:kept")[1]} >= {paths[0]}
    assert terminal("restore", "--trash")[0] == 0
    assert terminal("restore")[0] == terminal("restore", "x.zip", "--trash")[0] == 2
