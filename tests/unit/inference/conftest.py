"""One encoder for all tests: the real embedded model, in its real child."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asked import Tiny, answers_of

from desktop_kb.inference import EncoderClient, catalogue, find_embedder


@pytest.fixture(scope="session")
def model_folder() -> Path:
    folder = catalogue.find(catalogue.ENGLISH)
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


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    root = tmp_path_factory.mktemp("tiny")
    return Tiny(root, answers_of("tiny.py", str(root)))
