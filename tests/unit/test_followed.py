"""Which folders are followed is kept in the library's settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from desktop_kb import settings
from desktop_kb.errors import UsageProblem
from desktop_kb.followed import Followed
from desktop_kb.records import FollowedFolder

VAULT = FollowedFolder("/home/me/My Vault", "obsidian", ("*.tmp", "/old drafts/"))
INSIDE = FollowedFolder("/home/me/My Vault/papers")


def test_each_program_sees_what_another_follows(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    one, other = Followed(file), Followed(file)
    assert other.all() == ()
    one.add(VAULT)
    one.add(INSIDE)
    assert other.all() == (VAULT, INSIDE)
    one.add(FollowedFolder(VAULT.path, "logseq"))
    assert [folder.kind for folder in other.all()] == ["plain", "logseq"]
    assert other.remove(INSIDE.path) == INSIDE
    assert [folder.path for folder in one.all()] == [VAULT.path]
    with pytest.raises(UsageProblem) as raised:
        one.remove(INSIDE.path)
    assert raised.value.code == "not-followed"


def test_what_two_programs_change_at_once_is_lost_in_neither_order(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    folders = [FollowedFolder(f"/home/me/{number}") for number in range(8)]
    settings.save(file, {"folders": ["plain /home/me/old"]})
    begun = threading.Barrier(10)

    def run(change: Callable[[], object]) -> None:
        begun.wait()
        change()

    changes: list[Callable[[], object]] = [partial(Followed(file).add, folder) for folder in folders]
    changes.append(partial(settings.save, file, {"trash_days": 7}))
    changes.append(partial(Followed(file).remove, "/home/me/old"))
    with ThreadPoolExecutor(10) as programs:
        for done in [programs.submit(run, change) for change in changes]:
            done.result()
    assert set(Followed(file).all()) == set(folders)
    assert settings.load(file).trash_days == 7


def test_a_path_belongs_to_the_innermost_folder(tmp_path: Path) -> None:
    followed = Followed(tmp_path / "settings.json")
    for folder in (VAULT, INSIDE):
        followed.add(folder)
    # As this system joins paths.
    assert followed.of(str(Path(VAULT.path) / "a.md")) in (VAULT, None)
    assert followed.of(INSIDE.path) == INSIDE
    assert followed.of(f"{VAULT.path}, too/a.md") is None


def test_other_settings_stay_and_a_newer_kind_is_plain(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    settings.save(file, {"trash_days": 7, "folders": ["notion /home/me/Export"]})
    followed = Followed(file)
    assert followed.all() == (FollowedFolder("/home/me/Export", "plain"),)
    followed.add(VAULT)
    assert settings.load(file).trash_days == 7
    assert len(settings.load(file).folders) == 2
