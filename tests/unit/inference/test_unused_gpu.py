"""A graphics card that cannot be used is said, with what would use it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop_kb.inference import unused_gpu
from desktop_kb.sentences import say


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the driver shall stand; it is not there yet."""
    place = tmp_path / "gpus"
    monkeypatch.setattr(unused_gpu, "_DRIVER", (place,))
    monkeypatch.setattr(sys, "platform", "linux")
    return place


def test_without_a_card_nothing_is_said(driver: Path) -> None:
    assert unused_gpu.unused_card() is None


@pytest.mark.parametrize(("frozen", "named"), [(True, "desktop-kb-gpu"), (False, "--flavour gpu")])
def test_a_card_is_said_with_what_to_install(
    frozen: bool, named: str, driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.mkdir()
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    found = unused_gpu.unused_card()
    assert found is not None
    assert named in say(found)


def test_where_nothing_can_be_installed_nothing_is_said(
    driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.mkdir()
    monkeypatch.setattr(sys, "platform", "win32")
    assert unused_gpu.unused_card() is None
