"""Backups by themselves: when they are due, which are kept, what happens where they cannot be made."""

from __future__ import annotations

import errno
import shutil
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import fake_parts

from desktop_kb.errors import Cancelled, StorageProblem
from desktop_kb.kb import KnowledgeBase, restore_backup
from desktop_kb.kb.own_backups import kept, last_of, notice_of
from desktop_kb.sentences import say
from desktop_kb.settings import Settings
from desktop_kb.store import verify

#: Of this machine: days are those of the person.
NOON = datetime(2026, 3, 2, 12).astimezone()
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def _opened(tmp_path: Path, folder: Path, every: str = "daily", name: str = "library") -> KnowledgeBase:
    settings = Settings(backup_every=every, backup_folder=str(folder))
    return KnowledgeBase(tmp_path / name, settings, parts=fake_parts())


@pytest.fixture
def kb(tmp_path: Path, folder: Path) -> Iterator[KnowledgeBase]:
    note = tmp_path / "bees.md"
    note.write_text("# Bees\n\nBees dance in the hive.\n")
    with _opened(tmp_path, folder) as made:
        list(made.follow(made.add([note])))
        yield made


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_is_made_each_day_and_read_back(kb: KnowledgeBase, folder: Path, tmp_path: Path) -> None:
    state = kb.back_up_if_due(now=NOON)
    assert Path(state.made).parent == folder
    assert (state.every, state.old, state.problem) == ("daily", False, None)
    assert kb.back_up_if_due(now=NOON + timedelta(hours=1)).made == ""
    # An hour a day, a little earlier than the day before, is enough.
    assert kb.back_up_if_due(now=NOON + DAY - timedelta(hours=1)).made
    assert len(_names(folder)) == 2
    restored = restore_backup(state.made, tmp_path / "restored")
    assert restored.documents == 1


def test_one_is_made_each_week(tmp_path: Path, folder: Path) -> None:
    with _opened(tmp_path, folder, "weekly") as kb:
        list(kb.follow(kb.add_text("Bees dance.")))
        assert kb.back_up_if_due(now=NOON).made
        assert not kb.back_up_if_due(now=NOON + 6 * DAY).made
        assert kb.back_up_if_due(now=NOON + 7 * DAY).made


def test_none_is_made_unless_asked_for(tmp_path: Path, folder: Path) -> None:
    with KnowledgeBase(tmp_path / "library", Settings(), parts=fake_parts()) as kb:
        assert kb.back_up_if_due(now=NOON).every == "off"
    with _opened(tmp_path, folder, name="empty") as kb:
        assert not kb.back_up_if_due(now=NOON).made  # there is nothing in it
    assert _names(folder) == []


def test_seven_days_and_four_weeks_are_kept(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "holiday.zip").write_text("mine")
    (folder / "other-00000000-20200101T000000Z.zip").write_text("another library's")
    for day in range(60):
        kb.back_up_if_due(now=NOON + day * DAY)
    made = [name for name in _names(folder) if name.startswith("library-")]
    assert 7 < len(made) <= 11
    assert {"holiday.zip", "other-00000000-20200101T000000Z.zip"} < set(_names(folder))


def test_the_rule() -> None:
    today = NOON.date()
    times = [NOON - day * DAY - hour * timedelta(hours=1) for day in range(100) for hour in (0, 2)]
    left = kept(times, today)
    assert NOON in left
    days = sorted({one.date() for one in left}, reverse=True)
    assert days[:7] == [(NOON - day * DAY).date() for day in range(7)]
    assert len({one.date().isocalendar()[:2] for one in left}) == 4
    assert kept(left, today) == left
    # Made once in a while, none of the last ones goes, however old.
    seldom = [NOON - month * 30 * DAY for month in range(5)]
    assert set(seldom) == kept(seldom, today)


def test_a_wrong_clock_costs_nothing(kb: KnowledgeBase, folder: Path) -> None:
    for day in range(5):
        kb.back_up_if_due(now=NOON + day * DAY)
    before = set(_names(folder))
    later = kb.back_up_if_due(now=NOON + 4000 * DAY)
    assert later.made
    assert before < set(_names(folder))
    # It is right again: what it dated later neither counts nor goes.
    again = kb.back_up_if_due(now=NOON + 5 * DAY)
    assert again.made
    assert datetime.fromisoformat(again.last) == NOON + 5 * DAY
    assert Path(later.made).exists()
    assert last_of([NOON + DAY], NOON.date()) is None


def test_a_clock_that_was_wrong_is_said(kb: KnowledgeBase, folder: Path) -> None:
    kb.back_up_if_due(now=NOON)
    before = set(_names(folder))
    for away in (365 * DAY, -365 * DAY):
        wrong = kb.back_up_if_due(now=NOON + away)
        assert wrong.made
        assert before < set(_names(folder))
    state = kb.back_up_if_due(now=NOON + DAY)
    assert (state.later, state.problem) == (1, None)
    assert (notice := notice_of(state)) is not None
    assert "clock" in say(notice)
    set_back = kb.back_up_if_due(now=NOON - 300 * DAY)
    assert set_back.later == 3
    assert before < set(_names(folder))


def test_a_copy_of_the_library_has_backups_of_its_own(tmp_path: Path, folder: Path) -> None:
    """Both have one id, and may have one name."""
    with _opened(tmp_path, folder) as kb:
        list(kb.follow(kb.add_text("Bees dance.")))
    (tmp_path / "copy").mkdir()
    shutil.copytree(tmp_path / "library", tmp_path / "copy" / "library")
    with _opened(tmp_path, folder) as kb, _opened(tmp_path / "copy", folder) as copy:
        assert kb.id == copy.id
        of_kb = {kb.back_up_if_due(now=NOON + day * DAY).made for day in range(0, 20, 2)}
        of_copy = {copy.back_up_if_due(now=NOON + day * DAY).made for day in range(20)}
        assert "" not in of_kb | of_copy  # what the other makes is not this one's
        left = {str(folder / name) for name in _names(folder)}
        assert len(of_kb & left) >= 7
        copy.back_up_if_due(now=NOON + 100 * DAY)
        assert of_kb & left <= {str(folder / name) for name in _names(folder)}


def test_one_that_was_renamed_is_kept(kb: KnowledgeBase, folder: Path) -> None:
    kept_ones = []
    for number, name in enumerate(("before the move-{}", "{}-keep.zip", "x{}", "keep/{}")):
        made = Path(kb.back_up_if_due(now=NOON + number * DAY).made)
        kept_ones.append(folder / name.format(made.name))
        kept_ones[-1].parent.mkdir(exist_ok=True)
        made.rename(kept_ones[-1])
    for day in range(4, 60):
        kb.back_up_if_due(now=NOON + day * DAY)
    assert all(one.exists() for one in kept_ones)


def test_whatever_came_between_the_last_one_is_restored_whole(
    kb: KnowledgeBase, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (note,) = kb.follow(kb.add_text("Whales sing.", title="Whales", tags=["sea"]))
    kb.back_up_if_due(now=NOON + 365 * DAY)  # a wrong clock
    folder.rename(folder.with_name("away"))
    assert kb.back_up_if_due(now=NOON).problem is not None
    folder.with_name("away").rename(folder)
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", _full)
        assert kb.back_up_if_due(now=NOON).problem is not None
    made = kb.back_up_if_due(now=NOON).made
    restore_backup(made, tmp_path / "restored")
    with KnowledgeBase(tmp_path / "restored", Settings(), parts=fake_parts()) as back:
        found = {one.title: (one.tags, back.text(one.document)[0]) for one in back.documents()}
        assert found == {one.title: (one.tags, kb.text(one.document)[0]) for one in kb.documents()}
        assert (back.library.notes / Path(note.path).name).read_bytes() == Path(note.path).read_bytes()
        assert back.search("whales sing").hits[0].title == "Whales"
        assert all(check.ok for check in back.doctor())


def _full(*_arguments: object, **_options: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_drive_that_is_away_is_no_place_for_another_one(kb: KnowledgeBase, folder: Path) -> None:
    kb.back_up_if_due(now=NOON)
    away = folder.with_name("away")
    folder.rename(away)
    state = kb.back_up_if_due(now=NOON + 2 * DAY)
    assert state.problem is not None
    assert state.problem.code == "backup-away"
    assert not state.old
    assert notice_of(state) is None  # that may be seen to tomorrow
    assert not folder.exists()
    folder.mkdir()  # where a drive is put in, an empty folder is left without it
    state = kb.back_up_if_due(now=NOON + 5 * DAY)
    assert state.problem is not None
    assert state.old
    assert datetime.fromisoformat(state.last) == NOON
    assert _names(folder) == []
    assert (notice := notice_of(state)) is not None
    assert "2026-03-02" in say(notice)
    folder.rmdir()
    away.rename(folder)
    assert kb.back_up_if_due(now=NOON + 5 * DAY).made


def test_a_drive_that_goes_meanwhile_is_said(
    kb: KnowledgeBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb.back_up_if_due(now=NOON)
    away = folder.with_name("away")

    def gone(store: Any, target: Path, progress: Any) -> Any:
        folder.rename(away)
        raise StorageProblem("not-written", path=str(target), what=target.name, reason="gone")

    monkeypatch.setattr(type(kb._store), "back_up", gone)
    state = kb.back_up_if_due(now=NOON + DAY)
    assert state.problem is not None
    assert state.problem.code == "not-written"
    assert datetime.fromisoformat(state.last) == NOON


def test_a_name_with_no_such_time_is_none_of_them(kb: KnowledgeBase, folder: Path) -> None:
    made = Path(kb.back_up_if_due(now=NOON).made)
    other = made.with_name(f"{made.name[:-20]}20261399T000000Z.zip")
    other.write_bytes(b"")
    assert kb.back_up_if_due(now=NOON + DAY).made
    assert other.exists()


def test_a_full_disk_leaves_the_old_ones(
    kb: KnowledgeBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb.back_up_if_due(now=NOON)
    before = _names(folder)

    monkeypatch.setattr(zipfile.ZipFile, "open", _full)
    state = kb.back_up_if_due(now=NOON + DAY)
    assert state.problem is not None
    assert state.problem.code == "not-written"
    assert _names(folder) == before
    monkeypatch.undo()
    assert kb.back_up_if_due(now=NOON + DAY).made


def test_what_cannot_be_read_back_is_no_backup(
    kb: KnowledgeBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up = type(kb._store).back_up

    def damaged(store: Any, target: Path, progress: Any) -> Any:
        done = back_up(store, target, progress)
        data = bytearray(target.read_bytes())
        data[len(data) // 3] ^= 0xFF
        target.write_bytes(bytes(data))
        return done

    kb.back_up_if_due(now=NOON)
    before = _names(folder)
    monkeypatch.setattr(type(kb._store), "back_up", damaged)
    state = kb.back_up_if_due(now=NOON + DAY)
    assert state.problem is not None
    assert state.problem.code == "no-backup"
    assert _names(folder) == before


def test_a_stop_leaves_nothing(kb: KnowledgeBase, folder: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done > 0.7 * total:  # while it is read back
            raise Cancelled

    with pytest.raises(Cancelled):
        kb.back_up_if_due(now=NOON, progress=stop)
    assert _names(folder) == []


def test_reading_back_finds_each_kind_of_damage(kb: KnowledgeBase, folder: Path, tmp_path: Path) -> None:
    sound = Path(kb.back_up_if_due(now=NOON).made)
    verify(sound)
    with zipfile.ZipFile(sound) as zipped:
        entries = {name: zipped.read(name) for name in zipped.namelist()}
    for name in entries.keys() - {"settings.json"}:
        bad = tmp_path / "bad.zip"
        with zipfile.ZipFile(bad, "w") as zipped:
            for other, data in entries.items():
                zipped.writestr(other, data[: len(data) // 2] if other == name else data)
        with pytest.raises(StorageProblem) as raised:
            verify(bad)
        assert raised.value.code == "no-backup", name
    shutil.copy(sound, tmp_path / "short.zip")
    with (tmp_path / "short.zip").open("r+b") as file:
        file.truncate(sound.stat().st_size - 10)
    with pytest.raises(StorageProblem):
        verify(tmp_path / "short.zip")
