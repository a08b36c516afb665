"""What reaches a screen reader through the accessibility bus, in the real program under X11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desktop import Desktop, can_listen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not can_listen(), reason="needs X11, a window manager, D-Bus and AT-SPI for Python"),
]


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
    assert [one["name"] for one in switch] == ["View: Search", "View: Library", "View: Landscape"]
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
