"""A library whose helper listens in a folder of the test's own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_kb import paths


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[paths.Library]:
    short = None if os.name == "nt" else "/tmp"  # a socket's path is short
    with tempfile.TemporaryDirectory(prefix="kb", dir=short) as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield paths.library(Path(folder, "library"))
