"""Files that are written and in no list: what a kill between the two leaves is added by the next program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import FakeEmbedder, fake_parts

from desktop_kb.kb import KnowledgeBase, unqueued
from desktop_kb.kb.unqueued import Unqueued

#: Adds a note, and is gone at a given place of that.
_DIES = """
import os, sys
from pathlib import Path
from fakes import FakeEmbedder, fake_parts
from desktop_kb.kb import KnowledgeBase, new_notes

kb = KnowledgeBase(sys.argv[1], parts=fake_parts(FakeEmbedder("fake")))

def killed(*_given, **_options):
    os._exit(9)

match sys.argv[2]:
    case "before the note":
        new_notes.write_first = killed
    case "in the note":
        new_notes.write_whole = killed
    case "before the queue":
        kb._store.queue.enqueue = killed
kb.add_text("Bees dance.", title="Bees")
"""


@pytest.mark.parametrize(
    ("where", "found"), [("before the note", []), ("in the note", []), ("before the queue", ["Bees"])]
)
def test_a_note_of_who_was_killed_is_added_by_the_next(tmp_path: Path, where: str, found: list[str]) -> None:
    own = str(Path(__file__).parents[1])
    paths = os.pathsep.join([own, *filter(None, [os.environ.get("PYTHONPATH"), *sys.path])])
    died = subprocess.run(
        [sys.executable, "-c", _DIES, str(tmp_path / "kb"), where],
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    assert died.returncode == 9
    with KnowledgeBase(tmp_path / "kb", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        kb.start_indexing()
        list(kb.follow(kb.add_text("Foxes run.", title="Foxes")))
        assert [one.title for one in kb.documents()] == [*found, "Foxes"]
        left = list((tmp_path / "kb" / "unqueued").iterdir())
        assert len(left) == (
            not found
        )  # a note that is not there may be another program's, who is about to write it


def test_files_are_left_in_the_order_in_which_they_were_expected(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.md" for number in range(20)]
    for file in files:
        file.write_text("Bees dance.", "utf-8")
    Unqueued(tmp_path, tmp_path / "root").expect(files)
    assert Unqueued(tmp_path, tmp_path / "root").left() == files


def test_a_journal_is_there_until_its_files_are_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, root = tmp_path / "notes", tmp_path / "root"
    notes.mkdir()
    mine, others = Unqueued(notes, root), Unqueued(notes, root)
    bees, foxes, elsewhere = notes / "bees.md", notes / "foxes.md", tmp_path / "own.md"
    mine.expect([elsewhere])
    assert not root.exists()
    mine.expect([bees, foxes])
    assert others.left() == []
    bees.write_text("Bees dance.", "utf-8")
    foxes.write_text("", "utf-8")
    assert others.left() == [bees]
    mine.queued([str(bees)])
    assert others.left() == [bees]
    foxes.write_text("Foxes run.", "utf-8")
    assert set(others.left()) == {bees, foxes}
    mine.queued([bees, foxes])
    assert list((root / "unqueued").iterdir()) == []
    assert others.left() == []
    mine.expect([notes / "never.md"])
    assert len(list((root / "unqueued").iterdir())) == 1
    monkeypatch.setattr(unqueued, "_OLD_S", -1.0)
    assert others.left() == []
    assert list((root / "unqueued").iterdir()) == []
