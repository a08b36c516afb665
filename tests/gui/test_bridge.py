"""The crossing between threads and Qt."""

from __future__ import annotations

import sys

from pytestqt.qtbot import QtBot

from desktop_kb.gui.bridge import Bridge

_EMITS = 100_000


def test_a_signal_keeps_its_references_to_true(bridge: Bridge, qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 drops one each time a signal is emitted, and dies in the end.

    From Python 3.12 on `True` is immortal and its count does not move.
    """
    heard = [0]

    def count(*_arguments: object) -> None:
        heard[0] += 1

    bridge.searched.connect(count)
    bridge.finished.connect(count)
    before = sys.getrefcount(True)
    for number in range(_EMITS // 2):
        bridge.searched.emit(number, None, True)
        bridge.finished.emit(True)
    lost = before - sys.getrefcount(True)
    assert heard[0] == _EMITS
    assert lost < 50
