"""Quick find in the real program under X11: the main window is in the tray, the key works everywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from desktop import Desktop, can_listen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not can_listen(), reason="needs X11, a window manager, D-Bus and AT-SPI for Python"),
]

SMALL = "Quick find – Desktop KB"
KEY = "ctrl+alt+k"


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    folder = tmp_path_factory.mktemp("quick")
    notes = folder / "notes"
    notes.mkdir()
    for number in range(1, 4):
        (notes / f"{number}.md").write_text(f"# Owl {number}\n\nAn owl sleeps in tree {number}.\n")
    settings = folder / "CONFIG" / "desktop-kb" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"tray": True}))
    made = Desktop(folder, notes, tray=True)
    made.until(lambda line: line["event"] == "ready", "the bus")
    made.focus("Search")
    made.words("")  # the end of indexing
    yield made
    made.close()


def _until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not met():
        assert time.monotonic() < end
        time.sleep(0.1)


def _open(desktop: Desktop) -> None:
    desktop.keys(KEY)
    _until(lambda: desktop.windows() == [SMALL])


def _read(desktop: Desktop, text: str) -> None:
    """The main window shows the text."""
    _until(lambda: any(one["showing"] and text in one.get("text", "") for one in desktop.tree()))


def test_a_question_and_a_note_from_anywhere(desktop: Desktop) -> None:
    # The main window closes to the tray.
    desktop.keys("alt+F4")
    _until(lambda: desktop.windows() == [])
    # The key opens the small window, which takes letters at once.
    desktop.keys(KEY)
    desktop.type("tree 2")
    assert desktop.focus("Question or note")["showing"]
    assert desktop.windows() == [SMALL]
    desktop.words("1 hit, 2 weaker matches")
    # Enter reads the hit in the main window.
    desktop.keys("Return")
    _read(desktop, "An owl sleeps in tree 2.")
    assert SMALL not in desktop.windows()
    # A line becomes a note.
    desktop.keys("alt+F4")
    _until(lambda: desktop.windows() == [])
    _open(desktop)
    desktop.type("The walrus valve leaks")
    desktop.keys("ctrl+Return")
    _until(lambda: desktop.windows() == [])
    desktop.words("1 file is indexed.")
    # It is found.
    _open(desktop)
    desktop.type("walrus")
    desktop.words("1 hit")
    desktop.keys("Return")
    _read(desktop, "The walrus valve leaks")
