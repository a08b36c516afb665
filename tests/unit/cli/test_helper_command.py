from __future__ import annotations

import pytest
from typed import Terminal

from desktop_kb.cli import helper
from desktop_kb.frames import Message


class _Said:
    """Stands in for a connection to a helper."""

    def __init__(self) -> None:
        self.asked = ""

    def send(self, header: dict[str, str]) -> None:
        self.asked = header["do"]

    def receive(self) -> Message:
        return Message({"running": True, "pid": 7, "memory_bytes": 700_000_000, "ends_after": 300.0})


def test_where_none_runs_that_is_said(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ((), ("status",), ("stop",)):
        assert terminal("helper", *command) == (0, [{"running": False}], "")
    assert terminal.main(["helper"]) == 0
    assert capsys.readouterr().out == "No helper runs for this library.\n"


def test_it_is_shown_and_stopped(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _Said()
    monkeypatch.setattr(helper, "connect", lambda _library: said)
    assert terminal.main(["helper", "status"]) == 0
    assert "process 7, 700 MB of memory; ends after 300 s" in capsys.readouterr().out
    assert (terminal("helper", "stop")[1][0]["running"], said.asked) == (False, "stop")
