"""Backups by themselves while the window is open."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop_kb.gui.backups_due import BackupsDue
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import BackupState, KnowledgeBase
from desktop_kb.records import Finding


def test_it_is_said_once_that_there_is_no_new_one(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Finding("backup-away", {"what": "/away", "reason": "ENOENT"})
    states = [
        BackupState("daily", "/away", last="2026-03-02T11:00:00+00:00", problem=problem),  # not old yet
        BackupState("daily", "/away", last="2026-03-02T11:00:00+00:00", old=True, problem=problem),
        BackupState("daily", "/away", last="2026-03-02T11:00:00+00:00", old=True, problem=problem),
    ]
    monkeypatch.setattr(KnowledgeBase, "back_up_if_due", lambda _kb, progress: states.pop(0))
    own = BackupsDue(window)
    heard: list[str] = []
    monkeypatch.setattr(window, "say", heard.append)
    while states:
        own.look()
        qtbot.waitUntil(lambda: own.idle)
    assert len(heard) == 1
    assert "2026-03-02" in heard[0]
    assert "/away" in heard[0]
