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
    assert set(re.findall(r"\*(\.\w+)", asked[0])) == set(SUFFIXES)


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
