"""A command that is told to end leaves nothing unfinished behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typed import Terminal

#: Runs the command of its arguments and tells itself to end as the archive is whole and has no name yet.
_TOLD_TO_END = """
import signal, sys
from desktop_kb import cli
from desktop_kb.store import backup
number = signal.Signals[sys.argv[1]]
if sys.argv[2] == "ignored":
    signal.signal(number, signal.SIG_IGN)
backup.sync = lambda file: signal.raise_signal(number)
sys.exit(cli.main(sys.argv[3:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends programs without a word")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_command_in_order(terminal: Terminal, name: str) -> None:
    code, _, _ = terminal("add", terminal.file("bees.txt", "Bees dance in the hive."))
    assert code == 0
    done = _backup(terminal.folder, name, "heard")
    assert done.returncode == -signal.Signals[name]
    assert "Stopped." in done.stderr
    assert "Traceback" not in done.stderr
    assert list((terminal.folder / "backups").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_signal_that_is_ignored_ends_nothing(terminal: Terminal) -> None:
    """As `nohup` has it."""
    terminal("add", terminal.file("bees.txt", "Bees dance in the hive."))
    assert _backup(terminal.folder, "SIGHUP", "ignored").returncode == 0
    assert [path.name for path in (terminal.folder / "backups").iterdir()] == ["saved.zip"]


def _backup(folder: Path, name: str, how: str) -> subprocess.CompletedProcess[str]:
    (folder / "backups").mkdir()
    command = ["--library", str(folder / "library"), "backup", str(folder / "backups" / "saved.zip")]
    return subprocess.run(
        [sys.executable, "-c", _TOLD_TO_END, name, how, *command],
        capture_output=True,
        text=True,
        check=False,
    )
