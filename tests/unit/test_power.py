"""On battery the background rests as long as it worked."""

from __future__ import annotations

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
