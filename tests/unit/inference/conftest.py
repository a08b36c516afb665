"""One encoder for all tests: the real embedded model, in its real child."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.inference import EncoderClient, catalogue, find_embedder
from desktop_kb.inference.client import ENVIRONMENT


@pytest.fixture(scope="session")
def model_folder() -> Path:
    folder = catalogue.find(catalogue.EMBEDDED)
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def encoder() -> Iterator[EncoderClient]:
    client = find_embedder(device="cpu")
    assert client is not None
    yield client
    client.close()


@pytest.fixture(scope="session")
def probe(model_folder: Path) -> dict[str, Any]:
    """What `torch_side.py` found out: torch must not be loaded into the process of the tests."""
    import os

    script = Path(__file__).with_name("torch_side.py")
    done = subprocess.run(
        [sys.executable, str(script), str(model_folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **ENVIRONMENT},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
