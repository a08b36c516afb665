"""What reaches a screen reader through the accessibility bus, in the real program under X11."""

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NEEDED = ("Xvfb", "openbox", "xdotool", "import", "dbus-run-session", "/usr/bin/python3")
_SECONDS = 90.0  # a busy machine is no bug


def _can_listen() -> bool:
    if sys.platform != "linux" or any(shutil.which(program) is None for program in NEEDED):
        return False
    script = "import gi; gi.require_version('Atspi', '2.0')"
    return (
        subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, check=False).returncode == 0
    )


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not _can_listen(), reason="needs X11, a window manager, D-Bus and AT-SPI for Python"),
]


class Desktop:
    """The program on a display of its own, with somebody who listens."""

    def __init__(self, folder: Path, notes: Path) -> None:
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
        script = f"""openbox & '{sys.executable}' -m desktop_kb --library '{folder / "library"}' gui '{notes}' &
            /usr/bin/python3 '{HERE / "listener.py"}'; kill %1 %2"""
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


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    folder = tmp_path_factory.mktemp("by-ear")
    notes = folder / "notes"
    notes.mkdir()
    for number in range(1, 6):
        (notes / f"{number}.md").write_text(f"# Owl {number}\n\nAn owl sleeps in tree {number}.\n")
    made = Desktop(folder, notes)
    made.until(lambda line: line["event"] == "ready", "the bus")
    made.focus("Search")
    made.words("")  # the end of indexing
    yield made
    made.close()


def test_a_document_is_found_read_and_kept_by_ear(desktop: Desktop) -> None:
    """Each of the ten that the bus can tell, in the order of a person's work."""
    # What was found, once; then the hits from the box, each with its number, answer and why.
    desktop.type("owl")
    desktop.words("5 hits")
    desktop.keys("Down")
    heard = desktop.words("2 of 5; Owl")
    assert "An owl sleeps in tree" in heard
    assert heard.endswith("found by owl")
    # Enter reads: what has the focus can be seen and holds the text.
    desktop.keys("Return")
    read = desktop.until(lambda line: line["event"] == "focus" and "text" in line, "the document")
    assert read["showing"]
    assert "An owl sleeps in tree" in read["text"]
    # In the library Enter in the box goes nowhere that is hidden.
    desktop.keys("ctrl+2")
    desktop.keys("ctrl+k")
    assert desktop.focus("Search")["showing"]
    # A filter that became a chip.
    desktop.type("tag:night ")
    desktop.words("Filter tag:night")
    desktop.keys("BackSpace")
    desktop.words("Filter tag:night taken away")
    desktop.keys("ctrl+a", "BackSpace", "Tab")
    tree = desktop.tree()
    empty = ("table cell",)  # of a document that has no author, say
    stops = [one for one in tree if one["focusable"] and one["showing"] and one["role"] not in empty]
    nameless = [one for one in stops if not (one["name"] or one["labels"])]
    assert nameless == []
    # A combo box has the name of its label.
    desktop.keys("ctrl+comma")
    desktop.until(lambda line: line["event"] == "focus", "the settings")
    combos = [one for one in desktop.tree() if one["role"] == "combo box" and one["showing"]]
    assert combos
    assert all(one["labels"] or one["name"] for one in combos)


def _shown(desktop: Desktop, role: str) -> list[dict[str, Any]]:
    return [one for one in desktop.tree() if one["role"] == role and one["showing"]]


def test_the_keys_keep_their_place(desktop: Desktop) -> None:
    """What else the bus and the screen can tell: Esc closes the innermost thing, a row stays where it is, menus and
    reasons are reached by keys, and what was done is undone."""
    window = desktop.one("frame")["box"]
    desktop.after("ctrl+comma")
    assert all(at >= 0 for at in desktop.one("dialog")["box"])
    left, top, width, height = desktop.one("dialog")["box"]
    assert left + width <= 1440
    assert top + height <= 900
    desktop.after("Escape")
    # The views are radio buttons, and the visible word is in their names.
    switch = [one for one in desktop.tree() if one["role"] == "radio button" and "View: " in one["name"]]
    assert [one["name"] for one in switch] == ["View: Search", "View: Library"]
    # Esc closes the completions and leaves the question.
    desktop.after("ctrl+1", "ctrl+k", "ctrl+a", "BackSpace")
    desktop.type("owl ta")
    desktop.after("Escape")
    assert "owl ta" in [one.get("text") for one in desktop.tree()]
    # A row: it is seen where the keys are, and it stays so when the library is loaded anew.
    desktop.after("ctrl+a", "BackSpace", "ctrl+2")
    desktop.step_to("table", "table cell")
    rows = [one["name"] for at in range(3) for one in desktop.after("Down")[-1:]]
    assert rows == [f"Owl {int(rows[0][-1]) - at}" for at in range(3)], "each row says its title"
    here = next(
        one["box"] for one in desktop.tree() if one["name"] == rows[-1] and one["role"] == "table cell"
    )
    with_keys = desktop.picture(here)
    desktop.after("F5")
    heard = desktop.after("Down")
    assert heard[-1]["name"] == f"Owl {int(rows[-1][-1]) - 1}"
    desktop.after("Up")
    desktop.after("ctrl+k")
    assert desktop.picture(here) != with_keys
    # Enter reads, Esc comes back to the row and to nothing else on the way.
    desktop.step_to("table", "table cell")
    assert "An owl sleeps" in desktop.after("Return")[-1]["text"]
    assert {one["role"] for one in desktop.after("Escape")} <= {"table", "table cell"}
    # The menu of a row by keys, which goes back to it.
    desktop.after("shift+F10")
    assert desktop.after("Down")[-1]["role"] == "menu item"
    assert desktop.after("Escape")[-1]["role"] in ("table", "table cell")
    # What is removed is said, and comes back by a key.
    desktop.keys("Delete")
    assert desktop.words("1 document removed.").endswith("Undo: Ctrl+Z")
    desktop.keys("ctrl+z")
    desktop.words("1 file is indexed.")
    # From a hit to why it was found: a dialog that is in the tree.
    desktop.after("ctrl+1", "ctrl+k", "ctrl+a", "BackSpace")
    desktop.type("owl")
    desktop.words("5 hits")
    desktop.step_to("list", "list item")
    desktop.after("shift+F10")
    desktop.after("w")
    desktop.after("Return")
    why = [one for one in desktop.tree() if one["role"] in ("dialog", "frame") and one["box"] != window]
    assert why
