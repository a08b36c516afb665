"""What `add` takes besides paths typed one by one."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typed import Terminal

from desktop_kb.extract import Extractor
from desktop_kb.settings import person_file, save


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Standard input, to be filled."""
    data = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
    return data


def _fill(stdin: io.BytesIO, data: bytes) -> None:
    stdin.write(data)
    stdin.seek(0)


def _reason(error: str) -> str:
    found: str = json.loads(error)["error"]["details"]["reason"]
    return found


def test_a_text_from_standard_input_becomes_a_note(terminal: Terminal, stdin: io.BytesIO) -> None:
    _fill(stdin, "蒸三分钟。\n".encode())
    code, (report,), _ = terminal("add", "-", "--title", "茶", "--tag", "kitchen")
    assert (code, report["status"]) == (0, "indexed")
    note = terminal.folder / "library" / "notes" / "茶.md"
    assert report["path"] == str(note)
    assert note.read_text("utf-8") == "# 茶\n\n蒸三分钟。\n"
    (document,) = terminal("list", "tag:kitchen")[1]
    assert (document["title"], document["type"]) == ("茶", "markdown")


def test_its_type_decides_how_it_is_read(terminal: Terminal, stdin: io.BytesIO) -> None:
    _fill(stdin, b"<html><head><title>Page 7</title></head><p>Steep it &amp; wait.</p>")
    terminal.parts = replace(terminal.parts, extractor=Extractor())
    assert terminal("add", "--type", "html", "-", "--title", "A <pot>")[0] == 0
    (document,) = terminal("list")[1]
    assert (document["title"], document["type"]) == ("A <pot>", "html")
    ((hit,),) = (result["hits"] for result in terminal("search", "steep")[1])
    assert "Steep it & wait." in hit["shown"]


def test_texts_of_one_title_are_two_notes(terminal: Terminal, stdin: io.BytesIO) -> None:
    for number, text in enumerate((b"Green tea.", b"Black tea."), 1):
        stdin.seek(0)
        stdin.truncate()
        _fill(stdin, text)
        assert terminal("add", "-", "--title", "Tea")[0] == 0
        assert len(terminal("list")[1]) == number


@pytest.mark.parametrize(("data", "cause"), [(b" \n\t", None), (b"\xff\xfe caf\xe9", "not-utf-8")])
def test_no_text_is_wrong_usage(
    terminal: Terminal, stdin: io.BytesIO, data: bytes, cause: str | None
) -> None:
    _fill(stdin, data)
    code, rows, error = terminal("add", "-")
    assert (code, rows, _reason(error)) == (2, [], "text" if cause else "no-text")
    assert json.loads(error)["error"]["details"].get("cause") == cause
    assert not (terminal.folder / "library" / "notes").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "no-path"),
        (("-", "other.md"), "one-input"),
        (("-", "--from", "-"), "one-input"),
        (("other.md", "--title", "T"), "not-of-text"),
        (("--from", "absent.txt"), "paths"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    terminal: Terminal, arguments: tuple[str, ...], reason: str
) -> None:
    code, rows, error = terminal("add", *arguments)
    assert (code, rows, _reason(error)) == (2, [], reason)


@pytest.mark.parametrize(
    ("separator", "options"), [("\n", ()), ("\r\n", ()), ("\0", ("-0",))], ids=["lines", "windows", "nul"]
)
def test_paths_come_from_a_list(
    terminal: Terminal, stdin: io.BytesIO, separator: str, options: tuple[str, ...]
) -> None:
    paths = [terminal.file(f"{name}.md", f"# {name}\n\nText.") for name in ("a b", "茶", "c")]
    _fill(stdin, separator.join([*paths[:2], "", ""]).encode())
    code, rows, _ = terminal("add", "--from", "-", *options, paths[2])
    assert (code, {row["path"] for row in rows}) == (0, set(paths))
    listed = terminal.file("list.txt", "\n".join(paths))
    assert {row["status"] for row in terminal("add", "--from", listed)[1]} == {"unchanged"}


@pytest.mark.skipif(os.name == "nt", reason="names there hold no line feed")
def test_a_name_may_hold_a_line_feed_or_no_letters(terminal: Terminal, stdin: io.BytesIO) -> None:
    odd = Path(os.fsdecode(os.fsencode(terminal.folder) + b"/a\nb\xff.md"))
    odd.write_text("# Odd\n\nText.", encoding="utf-8")
    _fill(stdin, os.fsencode(odd) + b"\0")
    code, rows, _ = terminal("add", "--from", "-", "-0")
    assert (code, len(rows), rows[0]["status"]) == (0, 1, "indexed")


def test_a_name_that_was_mistyped_is_said_so(terminal: Terminal) -> None:
    there = terminal.file("tea.md", "# Tea\n\nText.")
    terminal("add", there)
    code, (report,), _ = terminal("add", str(terminal.folder / "tee.md"))
    assert (code, report["status"], report["error_code"]) == (1, "failed", "no-such-file")
    Path(there).unlink()
    assert terminal("add", there)[1][0]["error_code"] == "vanished"  # it was there


def test_what_lies_in_the_inbox_is_added(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, error = terminal("add", "--inbox")
    assert (code, json.loads(error)["error"]["code"]) == (2, "no-inbox")
    (tmp_path / "in").mkdir()
    save(person_file(), {"inbox": str(tmp_path / "in")})
    (tmp_path / "in" / "bees.txt").write_text("Bees dance.", encoding="utf-8")
    monkeypatch.setattr("desktop_kb.kb.inbox.QUIET_S", 0.05)
    monkeypatch.setattr("desktop_kb.cli.adding.QUIET_S", 0.1)
    code, rows, _ = terminal("add", "--inbox")
    assert (code, [row["status"] for row in rows]) == (0, ["indexed"])
    assert rows[0]["path"] == str(tmp_path / "library" / "notes" / "bees.txt")
    assert list((tmp_path / "in").iterdir()) == []
    code, _, error = terminal("add", "--inbox", "bees.txt")
    assert code == 2
