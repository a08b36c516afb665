"""What code that has taken over the extraction child can still do: read, and answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_TRY = """
import json, os, socket, subprocess, sys
from desktop_kb.sandbox import confine
confined = confine()
secret, folder, parent = sys.argv[1:]
def attempt(step):
    try:
        return step() and "done" or "done"
    except OSError as error:
        return type(error).__name__
steps = {
    "write": lambda: open(folder + "/new", "w"),
    "change": lambda: open(secret, "r+"),
    "make a folder": lambda: os.mkdir(folder + "/sub"),
    "delete": lambda: os.unlink(secret),
    "rename": lambda: os.rename(secret, folder + "/other"),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "run": lambda: subprocess.run([sys.executable, "-c", "0"]),
    "signal": lambda: os.kill(int(parent), 0),
}
print(json.dumps({"confined": confined, **{name: attempt(step) for name, step in steps.items()}}))
"""


def _outcome(folder: Path) -> dict[str, str]:
    (folder / "secret").write_text("x")
    arguments = [sys.executable, "-c", _TRY, str(folder / "secret"), str(folder), str(os.getpid())]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    outcome: dict[str, str] = json.loads(done.stdout)
    return outcome


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux")
def test_it_cannot_write_speak_run_or_signal(tmp_path: Path) -> None:
    outcome = _outcome(tmp_path)
    confined = outcome.pop("confined")
    landlock = {"write", "change", "make a folder", "delete", "rename"}
    seccomp = {"connect", "datagram", "unix socket", "run"}
    refused = {name for name, how in outcome.items() if how == "PermissionError"}
    if "landlock" not in confined and "seccomp" not in confined:
        pytest.skip("this kernel offers neither")
    assert refused >= (landlock if "landlock" in confined else set()) | (
        seccomp if "seccomp" in confined else set()
    )
    if "landlock" in confined:
        assert (tmp_path / "secret").read_text() == "x"
        assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limits")
def test_what_a_system_does_not_know_is_left_out_without_harm(tmp_path: Path) -> None:
    """As on an old kernel or another processor: the child works all the same."""
    code = (
        "import platform; platform.machine = lambda: 'pdp11'\n"
        "from desktop_kb import sandbox\n"
        "sandbox._LANDLOCK_CREATE_RULESET = 99999\n"
        "print(*sandbox.confine())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["priority", "limits"]
