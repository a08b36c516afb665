from __future__ import annotations

import time

import pytest

from desktop_kb import patience
from desktop_kb.patience import Patience

SECONDS = 60.0


def waited(monkeypatch: pytest.MonkeyPatch, share: float, *, until: float = 1e9) -> float:
    """How long a process is waited for that gets this share of a processor, and hangs from `until` on."""
    at = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: at)
    monkeypatch.setattr(patience, "_processor_s", lambda _pid: 3.0 + share * min(at, until))
    limit = Patience(SECONDS, 1)
    while not limit.is_at_end():
        at += 0.5
    return at


def test_one_that_works_is_ended_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waited(monkeypatch, 1.0) == pytest.approx(SECONDS, abs=1)


def test_one_that_gets_little_of_the_processor_is_given_as_much_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert waited(monkeypatch, 0.2) == pytest.approx(5 * SECONDS, abs=5)
    assert waited(monkeypatch, 0.01) == pytest.approx(10 * SECONDS, abs=1)


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waited(monkeypatch, 0.2, until=20) == pytest.approx(SECONDS, abs=1)
    assert waited(monkeypatch, 0.2, until=100) == pytest.approx(110, abs=1)


def test_one_that_is_gone_is_ended() -> None:
    assert patience._processor_s(2**22 + 1) == 0.0
