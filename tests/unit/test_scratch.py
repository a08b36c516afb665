"""Scratch folders go, whatever happens to who made them; what is not theirs stays."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from desktop_kb.scratch import scratch_folder, scratch_name


def test_a_scratch_folder_is_private_and_goes_as_do_those_of_dead_processes(tmp_path: Path) -> None:
    (tmp_path / ".incoming-999999999-aa").mkdir()
    (tmp_path / f".incoming-{os.getpid()}-aa").mkdir()
    with scratch_folder(tmp_path) as folder:
        assert os.name != "posix" or folder.stat().st_mode & 0o777 == 0o700
        (folder / "a").write_text("text")
    assert [path.name for path in tmp_path.iterdir()] == [f".incoming-{os.getpid()}-aa"]


def test_what_is_not_of_a_dead_process_of_this_machine_for_this_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "getpid", lambda: 999999999)
        scratch_name(tmp_path, "backup").mkdir()
        kept = [scratch_name(tmp_path)]
        elsewhere.setattr(platform, "node", lambda: "another")
        kept.append(scratch_name(tmp_path, "backup"))
    kept += [tmp_path / ".backup-of-bees", tmp_path / ".backup-2026-11-27", tmp_path / ".backup-999999999-"]
    for path in kept:
        path.mkdir()
    with scratch_folder(tmp_path, "backup"):
        pass
    assert sorted(tmp_path.iterdir()) == sorted(kept)
