"""Stand-ins for the two child processes: the same contracts, in this process, in no time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from desktop_kb.errors import DocumentProblem
from desktop_kb.extract import type_of
from desktop_kb.records import Extracted, Floats, Ints


class FakeEmbedder:
    """Each word has a fixed random direction; a sentence is their sum. Reads Latin letters only."""

    id = "fake"
    fingerprint = "fake-1"
    dimensions = 32
    window_tokens = 24
    device = "cpu"
    notice = None

    def __init__(self) -> None:
        self.windows: list[tuple[str, ...]] = []
        self.after_call = lambda: None

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        counts = [max(1, len(text.split())) for text in texts]
        coverage = [sum(c.isascii() for c in text) / max(1, len(text)) for text in texts]
        return np.array(counts, np.int32), np.array(coverage, np.float32)

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Floats]:
        self.windows += [tuple(window) for window in windows]
        self.after_call()
        return [np.stack([self._sum(text) for text in window]) for window in windows]

    def encode_query(self, text: str) -> Floats:
        vector = self._sum(text)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    def late_interaction(self, query: str, passages: Sequence[str]) -> Floats:
        words = set(query.lower().split())
        shares = [len(words & set(text.lower().split())) / max(1, len(words)) for text in passages]
        return np.array(shares, np.float32)

    def close(self) -> None:
        pass

    def _sum(self, text: str) -> Floats:
        total = np.zeros(self.dimensions)
        for word in text.lower().split() or [""]:
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
            total += np.random.default_rng(seed).normal(size=self.dimensions)
        return np.asarray(total, np.float32)


class FakeExtractor:
    """A file's text is its bytes; one that begins with 'LOCKED' needs the password 'bees'."""

    def extract(
        self, path: Path, *, password: str | None = None, cancelled: threading.Event | None = None
    ) -> Extracted:
        text = path.read_bytes().decode("utf-8", "replace")
        if text.startswith("LOCKED") and password != "bees":
            raise DocumentProblem("locked", path=str(path))
        if text.startswith("BROKEN"):
            raise DocumentProblem("damaged", path=str(path))
        kind = type_of(path)
        assert kind is not None
        return Extracted(text, kind, "")

    def close(self) -> None:
        pass
