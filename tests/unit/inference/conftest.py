"""One encoder for all tests: the real embedded model, in its real child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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
    found: dict[str, Any] = answers_of("torch_side.py", str(model_folder))
    return found


@dataclass(frozen=True, slots=True)
class Tiny:
    """Tiny random models as they are published, and what their model cards' code answers."""

    root: Path
    answers: dict[str, Any]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    root = tmp_path_factory.mktemp("tiny")
    return Tiny(root, answers_of("tiny.py", str(root)))


def answers_of(script: str, *arguments: str) -> Any:
    """What a script beside this file prints as JSON, run where torch may be loaded."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **ENVIRONMENT},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
