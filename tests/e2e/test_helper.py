"""The helper as a person meets it: real processes, a real socket."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from test_program import run

from desktop_kb.kb import KnowledgeBase
from desktop_kb.settings import person_file, save

TEXT = "# Harbour\n\nThe signal at the harbour is green when ships may enter.\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with one note, indexed once for this file."""
    folder = tmp_path_factory.mktemp("made")
    note = folder / "harbour.md"
    note.write_text(TEXT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKTOP_KB_HOME", str(folder / "home"))
        assert run(folder / "library", "add", "--json", str(note))[0] == 0
    return folder / "library"


@pytest.fixture
def library(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it, and a place for its helper, which is ended with the test."""
    folder = tmp_path / "library"
    shutil.copytree(made, folder)
    monkeypatch.delenv("DESKTOP_KB_HELPER")
    with tempfile.TemporaryDirectory(prefix="kb") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        yield folder
        _end(folder)


def _end(library: Path) -> None:
    pid = run(library, "helper", "stop", "--json")[1][0].get("pid")
    if pid is not None:
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)


def _helper(library: Path) -> dict[str, Any]:
    found: dict[str, Any] = run(library, "helper", "status", "--json")[1][0]
    return found


def _pid(library: Path) -> int:
    """The process of its helper. A machine that is slow to start one has searched without it meanwhile."""
    deadline = time.monotonic() + 60
    while not (found := _helper(library))["running"]:
        assert time.monotonic() < deadline, "there is no helper"
    pid: int = found["pid"]
    return pid


def _ended(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _words(library: Path, *more: str) -> Any:
    code, (result,), errors = run(library, "search", "--json", "--mode", "words", "harbour", *more)
    assert (code, errors) == (0, "")
    return {**result, "seconds": None}


def test_it_answers_as_the_program_alone_does(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[bytes, bytes, int]] = []
    asked = (
        ["search", "--json", "when may ships enter"],
        ["search", "when may ships enter", "--rerank", "off"],
        ["search", "--json", "--filter", "no such filter", "ships"],
        ["search", "--limit", "none"],
    )
    for helper in ("on", "off"):
        monkeypatch.setenv("DESKTOP_KB_HELPER", helper)
        for arguments in asked:
            command = [sys.executable, "-m", "desktop_kb", "--library", str(library), *arguments]
            done = subprocess.run(command, capture_output=True, check=False)
            output = done.stdout
            if output.startswith(b"{"):
                output = json.dumps({**json.loads(output), "seconds": None}).encode()
            lines.append((output.partition(b" passage in ")[0], done.stderr, done.returncode))
    monkeypatch.delenv("DESKTOP_KB_HELPER")
    assert _helper(library)["loaded"]
    assert lines[: len(asked)] == lines[len(asked) :]
    assert [code for _, _, code in lines[: len(asked)]] == [0, 0, 2, 2]


def test_one_serves_all_searches_and_is_stopped_by_name(library: Path) -> None:
    assert not _helper(library)["running"]
    first = _words(library)
    pid = _pid(library)
    assert first == _words(library)
    assert _pid(library) == pid
    assert run(library, "helper", "stop", "--json")[1][0]["running"] is False
    assert _ended(pid)
    assert not _helper(library)["running"]


def test_idle_it_ends(library: Path) -> None:
    save(person_file(), {"helper_seconds": 1})
    _words(library)
    pid = _helper(library).get("pid")
    assert pid is None or _ended(pid)


def test_killed_it_is_missed_by_nobody(library: Path) -> None:
    first = _words(library)
    killed = _pid(library)
    psutil.Process(killed).kill()
    assert _ended(killed)
    assert _words(library) == first
    assert _pid(library) != killed


def test_it_holds_no_library_open(library: Path, tmp_path: Path) -> None:
    first = _words(library)
    pid = _pid(library)
    moved = tmp_path / "moved"
    library.rename(moved)
    code, _, errors = run(library, "search", "--json", "harbour")
    assert (code, json.loads(errors)["error"]["code"]) == (1, "no-library")
    shutil.copytree(moved, library)
    with KnowledgeBase(library) as kb:
        kb.remove([document.document for document in kb.documents()])
    assert not _words(library)["hits"]
    assert _pid(library) == pid
    moved_hits = _words(moved)["hits"]
    assert [hit["text"] for hit in moved_hits] == [hit["text"] for hit in first["hits"]]
    _end(moved)


def test_a_library_that_is_open_encodes_with_its_models(library: Path) -> None:
    run(library, "search", "--json", "when may ships enter")
    with KnowledgeBase(library) as kb:
        assert kb.search("when may ships enter").hits
        assert not [child for child in psutil.Process().children() if "encode" in child.cmdline()]
        assert kb.model_ready
        psutil.Process(_pid(library)).kill()
        assert kb.search("when do boats come in").hits  # by a child of its own
        assert [child for child in psutil.Process().children() if "encode" in child.cmdline()]


def test_a_library_that_shares_its_models_starts_one(library: Path) -> None:
    with KnowledgeBase(library) as kb:
        kb.share_models()
        assert kb.search("when may ships enter").hits
        assert _helper(library)["loaded"] == ["embed"]


def test_settings_that_change_count_at_once(library: Path) -> None:
    command = [sys.executable, "-m", "desktop_kb", "--library", str(library), "search", "harbour -harbour"]
    assert b"Nothing in the library" in subprocess.run(command, capture_output=True, check=True).stdout
    save(person_file(), {"language": "zh"})
    asked = [*command[:-1], "--mode", "words", "harbor"]
    said = subprocess.run(asked, capture_output=True, check=True).stdout.decode()
    assert any("一" <= letter <= "鿿" for letter in said)
