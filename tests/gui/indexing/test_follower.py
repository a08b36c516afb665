"""Followed folders in the window."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from desktop_kb.errors import StorageProblem
from desktop_kb.gui.indexing import follower
from desktop_kb.gui.indexing.follower import News
from desktop_kb.gui.places import SideBarEntry, counted, entries_of
from desktop_kb.gui.side_bar import SideBar
from desktop_kb.gui.targets import Target
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import FolderEvent, FolderEventKind


@pytest.fixture
def following(window: MainWindow, notes: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window that follows the folder of both notes, which are there."""
    monkeypatch.setattr(follower, "_SOON_MS", 0)
    window.follower.follow(notes)
    window.follower.watch()
    return window


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([("new", "a"), ("changed", "a"), ("changed", "b"), ("changed", "b")], "1 new, 1 changed."),
        ([("new", "a"), ("gone", "a")], ""),
        ([("gone", "a"), ("back", "a")], ""),
        ([("moved", "b", "a"), ("moved", "c", "b"), ("changed", "c")], "1 moved."),
        ([("new", "a"), ("moved", "b", "a")], "1 new."),
        ([("failed", "a"), ("changed", "a")], "1 changed."),
        (
            [("changed", "a"), ("changed", "b"), ("changed", "c"), ("gone", "d")],
            "3 changed, 1 gone. What is gone stays in the library until you remove it: see 'File gone'.",
        ),
        ([("failed", "a")], "1 cannot be read. 'Failed' says why."),
    ],
)
def test_news_are_one_line_and_each_file_is_told_once(
    events: Sequence[tuple[FolderEventKind, str] | tuple[FolderEventKind, str, str]], words: str, qtbot: QtBot
) -> None:
    news = News()
    for event in events:
        news.hear(FolderEvent(*event))
    assert news.words() == (f"In followed folders: {words}" if words else "")


def test_what_changes_in_a_followed_folder_is_taken_over_and_said(
    following: MainWindow, notes: Path, qtbot: QtBot
) -> None:
    window = following
    qtbot.waitUntil(lambda: len(window.documents) == 2)
    qtbot.waitUntil(lambda: window.notice.words.text() == "In followed folders: 2 new.")
    window.notice.hide()
    (notes / "wasps.md").write_text("Wasps sting.", encoding="utf-8")
    qtbot.waitUntil(lambda: window.notice.words.text() == "In followed folders: 1 new.")
    (notes / "bees.md").unlink()
    qtbot.waitUntil(lambda: window.notice.words.text().startswith("In followed folders: 1 new, 1 gone. "))
    qtbot.waitUntil(lambda: any(one.gone for one in window.documents))


def test_all_is_looked_at_when_the_person_asks(following: MainWindow, notes: Path, qtbot: QtBot) -> None:
    window = following
    qtbot.waitUntil(lambda: window.follower.running and len(window.documents) == 2)
    asked: list[object] = []
    window.intake.looked_again.connect(lambda: asked.append(True))
    window.intake.refresh()
    assert asked


def test_it_begins_anew_after_a_failure_that_is_said_once(
    following: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, begun, said = following, [0], list[str]()
    qtbot.waitUntil(lambda: len(window.documents) == 2)
    monkeypatch.setattr(follower, "_AGAIN_MS", 10)
    folder_watch = KnowledgeBase.folder_watch

    def fails_twice(kb: KnowledgeBase, stop: object = None) -> object:
        begun[0] += 1
        if begun[0] < 3:
            raise StorageProblem("io-error", path="/away", reason="EIO")
        return folder_watch(kb, stop)  # type: ignore[arg-type]

    monkeypatch.setattr(KnowledgeBase, "folder_watch", fails_twice)
    window.bridge.failed.connect(lambda problem: said.append(problem.code))
    window.follower._begin()
    qtbot.waitUntil(lambda: begun[0] == 3)
    assert said == ["io-error"]
    monkeypatch.setattr(follower, "_WELL_S", 0.0)  # it was well meanwhile
    window.follower._stopped(StorageProblem("io-error", path="/away", reason="EIO"))
    assert said == ["io-error"] * 2


@pytest.mark.parametrize(
    ("chosen", "followed", "added"),
    [("Follow this folder", 1, 0), ("Add it once", 0, 1), ("Cancel", 0, 0)],
)
def test_who_adds_a_folder_is_asked_whether_it_is_followed(
    window: MainWindow, notes: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, followed: int, added: int
) -> None:
    def press(box: QMessageBox) -> int:
        next(button for button in box.buttons() if button.text() == chosen).click()
        return 0

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: str(notes))
    monkeypatch.setattr(QMessageBox, "exec", press)
    once: list[object] = []
    monkeypatch.setattr(window.intake, "add", once.append)
    follow: list[Path] = []
    window.intake.follow_requested.connect(follow.append)
    window.intake.add_folder()
    assert (len(follow), len(once)) == (followed, added)


def test_the_side_bar_shows_what_is_followed(qtbot: QtBot, tmp_path: Path) -> None:
    vault, papers = str(tmp_path / "Vault"), str(tmp_path / "papers")
    counts = {vault: 2, os.path.join(vault, "sub"): 3, f"{vault}, old": 7, papers: 1}  # noqa: PTH118
    library = replace(counted([]), folders=counts)
    rows = [row for row in entries_of(library, followed=[vault, papers]) if row.followed]
    assert [(row.label, row.count, row.folder) for row in rows] == [
        ("papers", 1, papers),
        ("Vault", 5, vault),
    ]
    assert rows[0].target is not None
    assert rows[0].target.kind == "filter"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (SideBarEntry("Vault", Target("filter", "x"), folder="/v", followed=True), ("", "/v")),
        (SideBarEntry("notes", Target("filter", "x"), folder="/n"), ("/n", "")),
        (SideBarEntry("All", Target("filter")), ("", "")),
    ],
)
def test_a_folder_is_followed_or_no_longer_from_its_menu(
    qtbot: QtBot, entry: SideBarEntry, said: tuple[str, str]
) -> None:
    bar = SideBar()
    qtbot.addWidget(bar)
    bar.show_entries([entry])
    bar.show()
    follow, unfollow = list[str](), list[str]()
    bar.follow_requested.connect(follow.append)
    bar.unfollow_requested.connect(unfollow.append)
    menu = QMenu(bar)
    bar._offer(entry, menu)
    for action in menu.actions():
        action.trigger()
    assert ("".join(follow), "".join(unfollow)) == said
    bar.setCurrentRow(0)
    qtbot.keyClick(bar, Qt.Key.Key_Delete)
    assert len(unfollow) == 2 * bool(said[1])


def test_to_follow_no_longer_can_be_undone(following: MainWindow, notes: Path, qtbot: QtBot) -> None:
    window = following
    kb = window.bridge.kb
    qtbot.waitUntil(lambda: len(kb.folders()) == 1)
    window.follower.unfollow(str(notes))
    qtbot.waitUntil(lambda: kb.folders() == [] and "no longer" in window.notice.words.text())
    window.notice.undo_last()
    qtbot.waitUntil(lambda: [one.path for one in kb.folders()] == [str(notes)])


def test_closing_does_not_wait_for_a_folder_at_rest(following: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: following.follower.running and len(following.documents) == 2)
    began = time.monotonic()
    following.bridge.close()
    assert time.monotonic() - began < 60
