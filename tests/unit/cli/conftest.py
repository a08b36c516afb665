"""A terminal with a library of its own and fakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed import Terminal

from desktop_kb import diagnostics


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(diagnostics, "set_up", lambda verbose: None)
    return Terminal(tmp_path, capsys)
