"""Which command lines the helper answers, and what that costs in imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_kb import helper_search
from desktop_kb.frames import Message
from desktop_kb.helper.channel import Gone
from desktop_kb.settings import person_file, save


def test_it_imports_next_to_nothing() -> None:
    script = "import desktop_kb.helper_search, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {
        "numpy",
        "psutil",
        "argparse",
        "apsw",
        "desktop_kb.records",
        "desktop_kb.cli",
        "asyncio",
    }


class _Said:
    """Stands in for a connection; keeps what was sent."""

    def __init__(self, *answers: Message | None) -> None:
        self.sent: list[dict[str, object]] = []
        self._answers = list(answers)

    def send(self, header: dict[str, object]) -> None:
        self.sent.append(header)

    def receive(self, _seconds: float | None = None) -> Message:
        answer = self._answers.pop(0)
        if answer is None:
            raise Gone("killed")
        return answer

    def close(self) -> None:
        pass


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a library as far as the client looks."""
    monkeypatch.delenv("DESKTOP_KB_HELPER")
    (tmp_path / "library.sqlite").touch()
    return tmp_path


def _helper(monkeypatch: pytest.MonkeyPatch, *answers: Message | None) -> _Said:
    said = _Said(*answers)
    monkeypatch.setattr(helper_search, "connected", lambda _library: said)
    return said


ANSWER = Message({"exit": 0, "streams": ["stderr", "stdout"]}, (b"warned\n", "答\n".encode()))


def test_a_search_is_answered_with_its_streams_and_exit_code(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _helper(monkeypatch, Message({"begun": True}), ANSWER)
    typed = ["search", "茶", "-milk", "--json", f"--library={library}", "--", "--batch"]
    assert helper_search.answer(typed) == 0
    assert capsys.readouterr() == ("答\n", "warned\n")
    asked = said.sent[0]["arguments"]
    assert asked == ["--library", str(library), "search", "茶", "-milk", "--json", "--", "--batch"]


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["list"],
        ["gui", "search"],
        ["search", "--batch", "questions"],
        ["search", "--bat=-"],
        ["search", "--help"],
        ["search", "tea", "-h"],
        ["--verbose", "search", "tea"],
        ["search", "tea", "--library"],
    ],
)
def test_everything_else_is_done_here(
    typed: list[str], monkeypatch: pytest.MonkeyPatch, library: Path
) -> None:
    monkeypatch.setattr(helper_search, "connected", lambda _library: pytest.fail("the helper was asked"))
    assert (
        helper_search.answer(["--library", str(library), *typed] if typed[-1:] != ["--library"] else typed)
        is None
    )


@pytest.mark.parametrize("answers", [(None,), (Message({"begun": True}), None)], ids=["busy", "killed"])
def test_where_the_helper_is_lost_the_search_is_done_here(
    answers: tuple[Message | None, ...],
    library: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _helper(monkeypatch, *answers)
    assert helper_search.answer(["search", "tea", "--library", str(library)]) is None
    assert capsys.readouterr() == ("", "")


def test_it_can_be_switched_off(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_search, "connected", lambda _library: pytest.fail("the helper was asked"))
    typed = ["search", "tea", "--library", str(library)]
    monkeypatch.setenv("DESKTOP_KB_HELPER", "off")
    assert helper_search.answer(typed) is None
    monkeypatch.delenv("DESKTOP_KB_HELPER")
    save(person_file(), {"helper": False})
    assert helper_search.answer(typed) is None


def test_no_helper_is_started_for_a_library_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, library: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(helper_search, "connected", lambda _library: pytest.fail("the helper was asked"))
    assert helper_search.answer(["search", "tea", "--library", str(tmp_path / "none")]) is None
