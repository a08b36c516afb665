"""A library whose helper listens in a folder of the test's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_kb import paths


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[paths.Library]:
    with tempfile.TemporaryDirectory(prefix="kb", dir="/tmp") as folder:  # a socket's path is short
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield paths.library(Path(folder, "library"))
