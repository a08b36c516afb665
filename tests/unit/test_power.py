"""On battery the background rests as long as it worked."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from fakes import FakeEmbedder, fake_parts
from workbench import text_file, until

from desktop_kb import power
from desktop_kb.kb import KnowledgeBase
from desktop_kb.power import Sparing
from desktop_kb.settings import Settings


def _plugged(value: bool | None) -> Callable[[], object]:
    return lambda: SimpleNamespace(power_plugged=value)


def _fails() -> object:
    raise OSError("no such device")


@pytest.mark.parametrize(
    ("battery", "on"),
    [
        (_plugged(False), True),
        (_plugged(True), False),
        (_plugged(None), False),
        (lambda: None, False),
        (_fails, False),
    ],
)
def test_a_battery_is_told_from_a_socket(
    monkeypatch: pytest.MonkeyPatch, battery: Callable[[], object], on: bool
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", battery, raising=False)
    assert power.on_battery() is on
    assert Sparing(on=True).rest_s(3.0) == (3.0 if on else 0.0)
    assert Sparing(on=False).rest_s(3.0) == 0.0


def test_a_system_that_tells_nothing_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert not power.on_battery()


def test_a_rest_has_an_end_and_the_system_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    now = 0.0
    monkeypatch.setattr("desktop_kb.power.time.monotonic", lambda: now)

    def on_battery() -> bool:
        asked.append(now)
        return True

    monkeypatch.setattr(power, "on_battery", on_battery)
    sparing = Sparing(on=True)
    assert [sparing.rest_s(seconds) for seconds in (0.5, 600.0)] == [0.5, 10.0]
    now = 30.0
    sparing.rest_s(1.0)
    assert asked == [0.0, 30.0]


@pytest.mark.parametrize("saves", [True, False])
def test_the_background_rests_and_who_waits_is_not_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: bool
) -> None:
    monkeypatch.setattr(power, "on_battery", lambda: True)
    rests: list[float] = []
    waits = threading.Event()
    rest_s = Sparing.rest_s

    def noted(self: Sparing, worked_s: float) -> float:
        assert not waits.is_set()
        rests.append(rest_s(self, worked_s))
        return 0.0

    monkeypatch.setattr(Sparing, "rest_s", noted)
    settings = Settings(save_battery=saves)
    kb = KnowledgeBase(tmp_path / "library", settings, parts=fake_parts(FakeEmbedder()))
    waits.set()
    for report in kb.follow(kb.add([text_file(tmp_path, "Bees dance.")])):
        assert report.status == "indexed"
        waits.clear()
    kb.add_text("Whales sing.", title="Whales")
    until(lambda: rests and len(kb.documents()) == 2)
    kb.close()
    assert (max(rests) > 0) is saves


def test_it_rests_within_a_file_too_as_a_book_takes_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def noted(self: Sparing, worked_s: float) -> float:
        seen.append("rest")
        return 0.0

    monkeypatch.setattr(Sparing, "rest_s", noted)
    with KnowledgeBase(tmp_path / "library", parts=fake_parts(FakeEmbedder())) as kb:
        kb.subscribe(lambda event: seen.append(type(event).__name__))
        kb.start_indexing()
        kb.add_text("Whales sing.", title="Whales")
        until(lambda: "FileFinished" in seen)
    assert "rest" in seen[seen.index("ProgressMade") : seen.index("FileFinished")]


#: The processor's seconds at two moments 20 s apart, on two cores: nobody's, all programs', this program's.
_BUSY = [
    ("nobody works", (30.0, 5.0, 0.0), False),
    ("we alone", (0.0, 40.0, 40.0), False),
    ("others beside us", (0.0, 40.0, 20.0), True),
    ("others leave a core", (19.0, 20.0, 1.0), False),
    ("others a little", (0.0, 40.0, 35.0), False),
]


@pytest.mark.parametrize(
    ("idle_s", "taken_s", "own_s", "needed"), [(*spent, needed) for _, spent, needed in _BUSY]
)
def test_it_gives_way_to_programs_that_need_the_processor(
    monkeypatch: pytest.MonkeyPatch, idle_s: float, taken_s: float, own_s: float, needed: bool
) -> None:
    now, times, own = 100.0, SimpleNamespace(idle=50.0, user=70.0, system=0.0), 30.0
    monkeypatch.setattr("desktop_kb.power.time.monotonic", lambda: now)
    monkeypatch.setattr("desktop_kb.power.os.cpu_count", lambda: 2)
    monkeypatch.setattr(power, "on_battery", lambda: False)
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    processes = [_process(os.getpid(), lambda: own)]
    monkeypatch.setattr(psutil, "process_iter", lambda: processes)
    sparing = Sparing(on=True)
    assert sparing.rest_s(3.0) == 0.0
    now, own = 120.5, 30.0 + own_s / 2
    times = SimpleNamespace(idle=50.0 + idle_s, user=70.0 + taken_s, system=0.0)
    processes += [
        _process(-1, lambda: own_s / 2, "python", "-m", "desktop_kb", "--worker", "helper"),
        _process(-2, lambda: 1000.0, "cc1"),
    ]
    assert sparing.rest_s(3.0) == (3.0 if needed else 0.0)


def _process(pid: int, seconds: Callable[[], float], *command: str) -> object:
    return SimpleNamespace(
        pid=pid, cmdline=lambda: [*command], nice=lambda: 0, cpu_times=lambda: (seconds(), 0.0, 9.0)
    )


def test_the_processor_is_seen() -> None:
    idle_s, taken_s, ours = power._processor()
    assert idle_s >= 0
    assert taken_s > ours.get(os.getpid(), 0.0) > 0 or (sys.platform == "linux" and os.nice(0) > 0)
