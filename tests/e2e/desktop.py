"""The real program on an X11 display of its own, with a window manager, D-Bus, and somebody who listens at the bus of
accessibility; if asked for, with a tray."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NEEDED = ("Xvfb", "openbox", "xdotool", "import", "dbus-run-session", "/usr/bin/python3")
_SECONDS = 90.0  # a busy machine is no bug


def can_listen() -> bool:
    if sys.platform != "linux" or any(shutil.which(program) is None for program in NEEDED):
        return False
    script = "import gi; gi.require_version('Atspi', '2.0')"
    return (
        subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, check=False).returncode == 0
    )


class Desktop:
    """The program on a display of its own, with somebody who listens."""

    def __init__(self, folder: Path, notes: Path, *, tray: bool = False) -> None:
        read, write = os.pipe()
        self._display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24"], pass_fds=(write,)
        )
        os.close(write)
        with os.fdopen(read) as told:
            display = told.readline().strip()
        places = {f"XDG_{name}_HOME": str(folder / name) for name in ("DATA", "CONFIG", "CACHE")}
        self._environment = os.environ | places | {
            "DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "DESKTOP_KB_HELPER": "off", "HOME": str(folder), "LANG": "C.UTF-8",
        }  # fmt: skip
        shown = f"/usr/bin/python3 '{HERE / 'tray.py'}' & sleep 1;" if tray else ""
        script = f"""{shown} openbox & '{sys.executable}' -m desktop_kb --library '{folder / "library"}' gui '{notes}' &
            /usr/bin/python3 '{HERE / "listener.py"}'; kill $(jobs -p)"""
        self._listener = subprocess.Popen(
            ["dbus-run-session", "--", "bash", "-c", script],
            env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._listener.stdout is not None
        for line in self._listener.stdout:
            if line.startswith("{"):
                self._lines.put(json.loads(line))

    def until(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """The next event that is wanted."""
        seen: list[str] = []
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            try:
                line = self._lines.get(timeout=1)
            except queue.Empty:
                continue
            if wanted(line):
                return line
            seen.append(
                f"{line.get('event')} {line.get('role')} {line.get('name')} {line.get('words')}"[:120]
            )
        raise AssertionError(f"{what} was not heard; heard: {seen[-12:]}")

    def words(self, beginning: str) -> str:
        """The next announcement that begins so."""
        line = self.until(lambda one: str(one.get("words", "")).startswith(beginning), beginning)
        return str(line["words"])

    def focus(self, name: str) -> dict[str, Any]:
        """The next object of this name that gets the focus."""
        return self.until(lambda one: one["event"] == "focus" and name in one["name"], f"focus on {name!r}")

    def tree(self) -> list[dict[str, Any]]:
        """Everything that the window shows the bus."""
        assert self._listener.stdin is not None
        self._listener.stdin.write("tree\n")
        self._listener.stdin.flush()
        found: list[dict[str, Any]] = self.until(lambda one: one["event"] == "tree", "the tree")["tree"]
        return found

    def after(self, *keys: str, quiet: float = 1.0) -> list[dict[str, Any]]:
        """Press keys, and what is heard until it has been quiet for a while."""
        self.keys(*keys)
        heard: list[dict[str, Any]] = []
        while True:
            try:
                heard.append(self._lines.get(timeout=quiet if heard else 10 * quiet))
            except queue.Empty:
                return heard

    def step_to(self, *roles: str) -> dict[str, Any]:
        """Press Tab until something of one of these roles has the focus."""
        passed = []
        for _ in range(30):
            heard = [line for line in self.after("Tab") if line["event"] == "focus"]
            if found := [line for line in heard if line["role"] in roles]:
                return found[-1]
            passed += [(line["role"], line["name"]) for line in heard]
        raise AssertionError(f"Tab leads to no {roles}, but to {passed}")

    def one(self, role: str) -> dict[str, Any]:
        """The first object of this role that can be seen."""
        return next(one for one in self.tree() if one["role"] == role and one["showing"])

    def picture(self, box: list[int]) -> bytes:
        """What this part of the screen shows."""
        left, top, width, height = box
        crop = ["-crop", f"{width}x{height}+{left}+{top}", "-depth", "8", "rgb:-"]
        command = ["import", "-window", "root", *crop]
        return subprocess.run(command, env=self._environment, check=True, capture_output=True).stdout

    def keys(self, *names: str) -> None:
        """Press keys."""
        subprocess.run(["xdotool", "key", "--clearmodifiers", *names], env=self._environment, check=True)

    def type(self, text: str) -> None:
        """Type letters."""
        subprocess.run(["xdotool", "type", "--delay", "60", text], env=self._environment, check=True)

    def windows(self) -> list[str]:
        """The titles of the windows that can be seen."""
        found = self._xdotool("search", "--onlyvisible", "--name", "Desktop KB").split()
        return [self._xdotool("getwindowname", one).strip() for one in found]

    def _xdotool(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=self._environment, stdout=subprocess.PIPE, text=True, check=False
        ).stdout

    def close(self) -> None:
        os.killpg(self._listener.pid, signal.SIGTERM)
        self._listener.wait(30)
        self._reader.join(30)
        assert self._listener.stdin is not None
        assert self._listener.stdout is not None
        self._listener.stdin.close()
        self._listener.stdout.close()
        self._display.terminate()
        self._display.wait(10)
