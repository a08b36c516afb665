"""What comes into the library from the window."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop_kb.formats import SUFFIXES
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing import intake
from desktop_kb.gui.indexing.intake import Intake
from desktop_kb.kb import Batch
from desktop_kb.kb.citing import BIBLIOGRAPHIES
from desktop_kb.kb.inbox import Inbox


def test_every_file_that_can_be_read_can_be_chosen(
    bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    asked: list[str] = []

    def dialog(*arguments: Any, **_options: Any) -> tuple[list[str], str]:
        asked.append(arguments[3])
        return [], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", dialog)
    Intake(bridge, window).add_files()
    assert set(re.findall(r"\*(\.\w+)", asked[0])) == {*SUFFIXES, *BIBLIOGRAPHIES}


def test_what_has_changed_is_seen_without_being_asked_for(
    bridge: Bridge, qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    note = tmp_path / "note.txt"
    note.write_text("Bees dance.", encoding="utf-8")
    list(bridge.kb.follow(bridge.kb.add([note])))
    note.write_text("Bees sleep in winter.", encoding="utf-8")
    now = [1_000.0]
    monkeypatch.setattr(intake, "_SOON_MS", 0)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    one = Intake(bridge, window)
    with qtbot.waitSignal(one.said) as said:
        one.watch(qapp)
    assert said.args == ["1 file has changed and is read again."]
    looked: list[float] = []

    def notice() -> Batch:
        looked.append(now[0])
        return Batch((), ())

    monkeypatch.setattr(bridge.kb, "notice", notice)
    active = Qt.ApplicationState.ApplicationActive
    for now[0] in (1_300.0, 1_700.0, 2_000.0, 2_400.0):
        qapp.applicationStateChanged.emit(active)
        qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    qtbot.waitUntil(lambda: len(looked) == 2)


def test_what_is_put_into_the_inbox_is_taken_and_a_folder_that_is_away_said_once(
    bridge: Bridge, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    folder = tmp_path / "inbox"
    monkeypatch.setattr(
        bridge.kb,
        "_inbox",
        Inbox(folder, bridge.kb.library.notes, bridge.kb.library.root, bridge.kb._unqueued),
    )
    monkeypatch.setattr("desktop_kb.kb.inbox.QUIET_S", 0.0)
    one = Intake(bridge, window)
    said: list[str] = []
    one.said.connect(said.append)

    def look() -> None:
        one.look_into_inbox()
        qtbot.waitUntil(lambda: not bridge.busy)
        qtbot.wait(1)  # what was found is delivered

    look()
    look()
    assert len(said) == 1
    assert "inbox" in said[0]
    folder.mkdir()
    (folder / "whales.txt").write_text("Whales sing.", encoding="utf-8")
    with qtbot.waitSignal(one.queued):
        look()
    assert [Path(queued.path).name for queued in bridge.kb.queue()] == ["whales.txt"]
    assert not (folder / "whales.txt").exists()


@pytest.mark.logs("work for the window failed")
def test_the_inbox_is_looked_into_again_after_a_bug(
    bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    looks: list[int] = []

    def fails() -> Batch:
        looks.append(1)
        raise RuntimeError

    monkeypatch.setattr(bridge.kb, "take_inbox", fails)
    one = Intake(bridge, window)
    said: list[str] = []
    one.said.connect(said.append)
    for so_many in (1, 2):
        one.look_into_inbox()
        qtbot.waitUntil(lambda: not bridge.busy)
        qtbot.wait(1)  # what was found is delivered
        assert len(looks) == so_many
    assert len(said) == 1
    assert "RuntimeError" in said[0]
