from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from desktop_kb.errors import Problem
from desktop_kb.gui import reloader as module
from desktop_kb.gui.loaded import Library
from desktop_kb.gui.reloader import Reloader


class _Slow:
    """A bridge whose library takes `seconds` to load, by the clock that the reloader reads."""

    def __init__(self, library: Library) -> None:
        self.library, self.seconds, self.now, self.loads = library, 0.0, 0.0, 0
        self.waits = False
        self.end: Callable[[], object] = lambda: None
        self.fail: Callable[[], object] = lambda: None
        self.failed = SimpleNamespace(emit=lambda _problem: None)

    def load_library(
        self,
        then: Callable[[Library], None],
        _saved: Callable[[str], list[str]],
        otherwise: Callable[[Problem], None],
    ) -> None:
        self.loads += 1
        self.now += self.seconds
        self.fail = lambda: otherwise(Problem("library-gone"))
        self.end = lambda: then(self.library)
        if not self.waits:
            self.end()


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch) -> _Slow:
    made = _Slow(Library([], None, frozenset(), {}, {}))  # type: ignore[arg-type]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


@pytest.mark.parametrize(("seconds", "waits_ms"), [(0.001, 400), (0.3, 3_000), (60.0, 10_000)])
def test_it_waits_ten_times_as_long_as_loading_takes_up_to_ten_seconds(
    bridge: _Slow, qtbot: QtBot, seconds: float, waits_ms: int
) -> None:
    loaded: list[Library] = []
    parent = QObject()
    reloader = Reloader(bridge, loaded.append, list, parent)  # type: ignore[arg-type]
    bridge.seconds = seconds
    reloader.reload()
    assert loaded == [bridge.library]
    assert reloader.interval() == waits_ms


def test_what_happens_meanwhile_is_loaded_once_and_puts_nothing_off(bridge: _Slow, qtbot: QtBot) -> None:
    parent = QObject()
    reloader = Reloader(bridge, lambda _library: None, list, parent)  # type: ignore[arg-type]
    reloader.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one does not tell 50 ms
    reloader.setInterval(60_000)
    reloader.soon(object())
    qtbot.wait(50)
    left = reloader.remainingTime()
    reloader.soon(object())
    assert reloader.remainingTime() <= left < 60_000
    reloader.setInterval(0)
    qtbot.waitUntil(lambda: not reloader.isActive())
    assert bridge.loads == 1


@pytest.mark.parametrize("how", ["end", "fail"])
def test_one_load_at_a_time_and_what_is_asked_for_meanwhile_comes_at_once(
    bridge: _Slow, qtbot: QtBot, how: str
) -> None:
    parent = QObject()
    reloader = Reloader(bridge, lambda _library: None, list, parent)  # type: ignore[arg-type]
    reloader.setInterval(0)
    bridge.waits = True
    reloader.reload()
    reloader.soon(object())  # by the timer: what it finds at work it does not wait for
    qtbot.wait(20)
    assert bridge.loads == 1
    reloader.reload()
    reloader.reload()
    assert bridge.loads == 1
    reloader.stop()
    getattr(bridge, how)()
    assert bridge.loads == 2
    bridge.end()
    assert bridge.loads == 2


def test_what_fails_in_being_shown_is_loaded_again(bridge: _Slow, qtbot: QtBot) -> None:
    def broken(_library: Library) -> None:
        raise ZeroDivisionError

    parent = QObject()
    reloader = Reloader(bridge, broken, list, parent)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            reloader.reload()
    assert bridge.loads == 2
