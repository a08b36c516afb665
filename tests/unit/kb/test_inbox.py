"""The inbox: what is put there is moved in and added, once it is whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder, fake_parts

from desktop_kb import files
from desktop_kb.errors import Problem, StorageProblem, UsageProblem
from desktop_kb.kb import KnowledgeBase, inbox
from desktop_kb.kb.unqueued import Unqueued
from desktop_kb.locked import locked
from desktop_kb.settings import Settings

PAGE = """<!DOCTYPE html> <html lang=en><!--
 Page saved with SingleFile
 url: https://example.org/otters
 saved date: Sat Nov 21 2026 10:22:33 GMT+0100 (Central European Standard Time)
--><meta charset=utf-8><title>Otters of the Elbe</title><p>Otters sleep holding hands."""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    return made


@pytest.fixture
def kb(
    tmp_path: Path, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KnowledgeBase]:
    monkeypatch.setattr(inbox, "monotonic", clock)
    settings = Settings(inbox=str(folder))
    with KnowledgeBase(tmp_path / "library", settings, parts=fake_parts(FakeEmbedder())) as made:
        yield made


@pytest.fixture
def look(kb: KnowledgeBase, clock: Clock) -> Callable[[], list[tuple[str, str]]]:
    """Looks twice, as long apart as a file has to rest; what became of the files."""

    def look() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for _ in range(2):
            found += [(Path(report.path).name, report.status) for report in kb.follow(kb.take_inbox())]
            clock.now += inbox.QUIET_S
        return found

    return look


def test_what_is_put_there_is_moved_in_and_found(
    kb: KnowledgeBase, folder: Path, look: Callable[[], list[tuple[str, str]]]
) -> None:
    (folder / "bees.md").write_text("# Bees\n\nBees dance in the hive.", encoding="utf-8")
    (folder / "trips").mkdir()
    (folder / "trips" / "whales.txt").write_text("Whales sing.", encoding="utf-8")
    (folder / "bees.txt").write_text("Other bees dance too.", encoding="utf-8")
    assert look() == [("bees.md", "indexed"), ("bees.txt", "indexed"), ("whales.txt", "indexed")]
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert (kb.library.notes / "trips" / "whales.txt").read_text(encoding="utf-8") == "Whales sing."
    assert kb.search("whales sing").hits[0].title == "whales"
    (folder / "bees.md").write_text("Quite other bees.", encoding="utf-8")
    assert look() == [("bees (2).md", "indexed")]
    assert "dance" in (kb.library.notes / "bees.md").read_text(encoding="utf-8")
    assert look() == []


def test_what_is_still_written_waits(kb: KnowledgeBase, folder: Path, clock: Clock) -> None:
    path = folder / "long.txt"
    path.write_text("", encoding="utf-8")
    for number in range(5):
        assert kb.take_inbox().jobs == ()
        clock.now += inbox.QUIET_S
        with path.open("a", encoding="utf-8") as file:
            file.write(f"Sentence {number}. ")
    assert kb.inbox_waiting == 1
    assert kb.take_inbox().jobs == ()
    clock.now += inbox.QUIET_S / 2
    assert kb.take_inbox().jobs == ()
    clock.now += inbox.QUIET_S / 2
    assert len(kb.take_inbox().jobs) == 1
    assert kb.inbox_waiting == 0
    assert (kb.library.notes / "long.txt").read_text(encoding="utf-8").endswith("Sentence 4. ")


def test_what_is_not_for_it_stays(
    folder: Path, tmp_path: Path, look: Callable[[], list[tuple[str, str]]]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    names = [".hidden.txt", "~$open.docx", "program.exe", "page.html.part", "page.crdownload"]
    for name in names:
        (folder / name).write_text("words", encoding="utf-8")
    (folder / ".stversions").mkdir()
    (folder / ".stversions" / "old.txt").write_text("old", encoding="utf-8")
    if os.name == "posix":
        (folder / "link.txt").symlink_to(tmp_path / "mine.txt")
    before = sorted(folder.rglob("*"))
    assert look() == []
    assert sorted(folder.rglob("*")) == before
    assert (tmp_path / "mine.txt").exists()


def test_a_page_saved_there_keeps_its_title_address_and_date(
    kb: KnowledgeBase, folder: Path, look: Callable[[], list[tuple[str, str]]]
) -> None:
    (folder / "Otters of the Elbe (11_21_2026 10_22_33).html").write_text(PAGE, encoding="utf-8")
    from desktop_kb.extract import extraction_worker

    found = extraction_worker.read(next(folder.iterdir()), "html", None)
    assert found.title == "Otters of the Elbe"
    assert found.metadata["source"] == "https://example.org/otters"
    assert (found.metadata["saved"], found.metadata["date"]) == ("2026-11-21", "2026-11-21")
    assert [status for _, status in look()] == ["indexed"]


def apart(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the folder on another disk."""
    real = files.move

    def move(source: Path, target: Path, *, over: bool = True) -> None:
        if source.parent == folder:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target, over=over)

    monkeypatch.setattr(inbox, "move", move)


def test_another_disk_is_no_hindrance(
    kb: KnowledgeBase,
    folder: Path,
    look: Callable[[], list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apart(monkeypatch, folder)
    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    os.utime(folder / "bees.md", (1_600_000_000, 1_600_000_000))
    assert look() == [("bees.md", "indexed")]
    assert list(folder.iterdir()) == []
    assert (kb.library.notes / "bees.md").stat().st_mtime == 1_600_000_000
    assert [path.name for path in kb.library.notes.iterdir()] == ["bees.md"]


def test_what_is_written_while_it_is_copied_to_another_disk_waits_and_loses_nothing(
    kb: KnowledgeBase,
    folder: Path,
    look: Callable[[], list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apart(monkeypatch, folder)
    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    copystat = shutil.copystat

    def written(source: Path, target: Path, **more: Any) -> None:
        copystat(source, target, **more)
        with source.open("a", encoding="utf-8") as file:
            file.write(" They sing too.")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copystat", written)
        assert look() == []
        assert kb.inbox_waiting == 1
    assert list(kb.library.notes.iterdir()) == []
    assert look() == [("bees.md", "indexed")]
    assert (kb.library.notes / "bees.md").read_text(encoding="utf-8") == "Bees dance. They sing too."


def test_a_folder_that_may_be_listed_only_keeps_nothing_else_back(
    folder: Path, look: Callable[[], list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "ants.md").write_text("Ants march.", encoding="utf-8")
    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    lstat = Path.lstat

    def refused(path: Path) -> os.stat_result:
        if path.parent.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return lstat(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", refused)
        assert look() == [("bees.md", "indexed")]


def test_a_full_disk_leaves_the_file_where_it_is_and_says_so_once(
    kb: KnowledgeBase,
    folder: Path,
    look: Callable[[], list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_given: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "move", full)
        assert look() == [("bees.md", "failed")]
        assert look() == []
    assert (folder / "bees.md").exists()
    (folder / "bees.md").write_text("Bees dance again.", encoding="utf-8")
    assert look() == [("bees.md", "indexed")]


def test_what_was_moved_in_is_queued_at_the_next_look_if_it_could_not_be(
    kb: KnowledgeBase,
    folder: Path,
    look: Callable[[], list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_given: Any, **_options: Any) -> None:
        raise StorageProblem("disk-full")

    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(kb._store.queue, "enqueue", full)
        with pytest.raises(StorageProblem):
            look()
    assert look() == [("bees.md", "indexed")]
    assert look() == []


class Killed(BaseException):
    """The program ends here."""


def test_what_was_moved_in_by_a_program_that_was_killed_is_queued_by_the_next(
    tmp_path: Path, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_given: Any, **_options: Any) -> None:
        raise Killed

    monkeypatch.setattr(inbox, "monotonic", clock)
    settings = Settings(inbox=str(folder))
    for name in ("bees.md", "ants.md"):
        (folder / name).write_text(f"{name}: they dance.", encoding="utf-8")
    with KnowledgeBase(tmp_path / "library", settings, parts=fake_parts(FakeEmbedder())) as kb:
        kb.take_inbox()
        clock.now += inbox.QUIET_S
        with monkeypatch.context() as patch:
            patch.setattr(kb._store.queue, "enqueue", killed)
            with pytest.raises(Killed):
                kb.take_inbox()
    assert list(folder.iterdir()) == []
    with KnowledgeBase(tmp_path / "library", settings, parts=fake_parts(FakeEmbedder())) as kb:
        found = [(Path(report.path).name, report.status) for report in kb.follow(kb.take_inbox())]
        assert found == [("ants.md", "indexed"), ("bees.md", "indexed")]
        assert kb.take_inbox().jobs == ()


@pytest.mark.parametrize("journal", ["", "null", "[3]", '["../../mine.txt", "away.md"]'])
def test_only_what_lies_in_the_librarys_folder_was_moved_in(
    kb: KnowledgeBase, tmp_path: Path, journal: str
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    kb.library.notes.mkdir(exist_ok=True)
    (kb.library.root / "unqueued").mkdir()
    (kb.library.root / "unqueued" / ("1" * 32)).write_text(journal, encoding="utf-8")
    assert kb.take_inbox().jobs == ()


def test_a_journal_that_cannot_be_read_is_left_and_keeps_nothing_back(
    kb: KnowledgeBase, folder: Path, look: Callable[[], list[tuple[str, str]]]
) -> None:
    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    (kb.library.root / "unqueued" / ("1" * 32)).mkdir(parents=True)
    assert look() == [("bees.md", "indexed")]
    assert [path.name for path in (kb.library.root / "unqueued").iterdir()] == ["1" * 32]


def test_in_the_folder_of_a_team_only_what_was_moved_in_is_written(
    tmp_path: Path, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal there would be that of each of its machines."""
    monkeypatch.setattr(inbox, "monotonic", clock)
    team, root = tmp_path / "team", tmp_path / "own"
    team.mkdir()
    root.mkdir()
    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    looks = inbox.Inbox(folder, team / "notes", root, Unqueued(team / "notes", root))
    for clock.now in (0.0, inbox.QUIET_S):
        with looks.take() as taken:
            there = [path.relative_to(team).as_posix() for path in sorted(team.rglob("*"))]
            journal = len(list((root / "unqueued").glob("*"))) == 1
    assert [path.name for path in taken.files] == ["bees.md"]
    assert (there, journal) == (["notes", "notes/bees.md"], True)


def test_one_program_looks_at_a_time(
    kb: KnowledgeBase, folder: Path, look: Callable[[], list[tuple[str, str]]]
) -> None:
    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    with ThreadPoolExecutor() as other, locked(kb.library.root / "inbox.lock"):
        assert other.submit(look).result() == []
    assert look() == [("bees.md", "indexed")]


def test_a_file_on_another_disk_that_may_not_be_deleted_is_told_once_and_copied_more_and_more_seldom(
    kb: KnowledgeBase,
    folder: Path,
    clock: Clock,
    look: Callable[[], list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apart(monkeypatch, folder)
    copies: list[Path] = []
    copystat, unlink = shutil.copystat, Path.unlink

    def copied(source: Path, target: Path, **more: Any) -> None:
        copystat(source, target, **more)
        copies.append(source)

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent == folder:
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copystat", copied)
        patch.setattr(Path, "unlink", refused)
        looks = [look() for _ in range(100)]  # over 400 seconds
        assert (looks[0], any(looks[1:])) == ([("bees.md", "failed")], False)
        assert len(copies) == 3
        assert list(kb.library.notes.iterdir()) == []
    clock.now += 600
    assert look() == [("bees.md", "indexed")]


def test_a_file_that_is_open_elsewhere_waits(
    kb: KnowledgeBase,
    folder: Path,
    look: Callable[[], list[tuple[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(*_given: Any, **_options: Any) -> None:
        raise PermissionError(errno.EACCES, "used by another process")

    (folder / "bees.md").write_text("Bees dance.", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "move", locked)
        assert look() == []
        assert kb.inbox_waiting == 1
    assert look() == [("bees.md", "indexed")]


def test_the_librarys_own_folder_is_no_inbox(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "library", tmp_path / "library" / "notes"):
        folder.mkdir(exist_ok=True)
        settings = Settings(inbox=str(folder))
        with KnowledgeBase(tmp_path / "library", settings, parts=fake_parts()) as kb:
            with pytest.raises(UsageProblem) as told:
                kb.take_inbox()
            assert told.value.code == "inbox-own"


def test_files_of_a_followed_folder_stay_where_they_are(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "vault").mkdir()
    kb.follow_folder(folder / "vault")
    with pytest.raises(UsageProblem) as told:
        kb.take_inbox()
    assert told.value.code == "inbox-followed"
    kb.unfollow_folder(folder / "vault")
    kb.follow_folder(folder.parent)
    assert kb.take_inbox().jobs == ()


def test_a_folder_that_is_away_is_said(kb: KnowledgeBase, folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(StorageProblem) as told:
        kb.take_inbox()
    assert told.value.code == "inbox-away"
    assert isinstance(told.value, Problem)


def test_without_one_nothing_is_taken(tmp_path: Path) -> None:
    with KnowledgeBase(tmp_path / "library", Settings(), parts=fake_parts()) as kb:
        assert kb.take_inbox().jobs == ()
