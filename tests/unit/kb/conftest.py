"""An open library around fakes, closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeEmbedder, fake_parts

from desktop_kb.kb import KnowledgeBase


@pytest.fixture
def open_kb(tmp_path: Path) -> Iterator[Callable[..., KnowledgeBase]]:
    opened: list[KnowledgeBase] = []

    def make(embedder: FakeEmbedder | None = None) -> KnowledgeBase:
        opened.append(KnowledgeBase(tmp_path / "library", parts=fake_parts(embedder)))
        return opened[-1]

    yield make
    for kb in opened:
        kb.close()
