"""What the system says of folders, and of which it says nothing."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from workbench import until

from desktop_kb import paths, watching
from desktop_kb.watching import Watcher


def touched(watcher: Watcher, *expected: Path) -> None:
    """Wait until these paths were told."""
    seen: set[str] = set()

    def told() -> bool:
        seen.update(watcher.wait(0.2, threading.Event()))
        return seen >= {str(path) for path in expected}

    until(told)


def test_what_is_touched_is_told_by_the_path_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "notes" / "deep").mkdir(parents=True)
    watcher = Watcher([str(tmp_path / "notes")])
    assert watcher.polled == set()
    (tmp_path / "notes" / "deep" / "a.md").write_text("Bees dance.", encoding="utf-8")
    touched(watcher, tmp_path / "notes" / "deep" / "a.md")
    (tmp_path / "notes" / "deep").rename(tmp_path / "notes" / "deeper")
    touched(watcher, tmp_path / "notes" / "deep", tmp_path / "notes" / "deeper")
    (tmp_path / "notes" / "deeper" / "a.md").unlink()
    touched(watcher, tmp_path / "notes" / "deeper" / "a.md")
    watcher.close()
    assert watcher.wait(0.0, threading.Event()) == set()


@pytest.mark.skipif(os.name == "nt", reason="only who may make links can there")
def test_a_link_within_a_folder_does_not_rename_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "disk" / "notes" / "deep").mkdir(parents=True)
    (tmp_path / "disk" / "notes" / "link").symlink_to(tmp_path / "disk" / "notes" / "deep")
    (tmp_path / "mine").symlink_to(tmp_path / "disk" / "notes")
    watcher = Watcher([str(tmp_path / "mine")])
    (tmp_path / "disk" / "notes" / "deep" / "a.md").write_text("Bees dance.", encoding="utf-8")
    touched(watcher, tmp_path / "mine" / "deep" / "a.md")
    watcher.close()


def test_what_the_system_cannot_watch_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("local", "server", "huge"):
        (tmp_path / name).mkdir()
    local, server, huge = (str(tmp_path / name) for name in ("local", "server", "huge"))
    monkeypatch.setattr(paths, "network_of", lambda folder: "nfs" if folder.name == "server" else "")
    notify = watching._notify
    monkeypatch.setattr(watching, "_notify", lambda folders: None if huge in folders else notify(folders))
    watcher = Watcher([local, server, huge])
    assert watcher.polled == {server, huge}
    (tmp_path / "local" / "a.md").write_text("Bees dance.", encoding="utf-8")
    touched(watcher, tmp_path / "local" / "a.md")
    watcher.close()


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="each name is text there")
def test_a_name_that_is_no_text_does_not_end_it(tmp_path: Path) -> None:
    notes, strange = tmp_path / "notes", Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    notes.mkdir()
    strange.mkdir()
    watcher = Watcher([str(notes), str(strange)])
    assert watcher.polled == {str(strange)}
    for _ in range(2):
        Path(os.fsdecode(os.fsencode(notes) + b"/\xff.md")).write_text("Bees dance.", encoding="utf-8")
        touched(watcher, notes)  # all of it is looked through
    (notes / "a.md").write_text("Bees dance.", encoding="utf-8")
    touched(watcher, notes / "a.md")
    watcher.close()
