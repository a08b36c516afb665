"""What comes into the library from the window."""

from __future__ import annotations

import re
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop_kb.formats import SUFFIXES
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.intake import Intake


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
