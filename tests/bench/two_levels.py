"""What the sentence level costs a search: time with two levels over time with one."""

from __future__ import annotations

import random
import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import apsw
import numpy as np

from desktop_kb import paths
from desktop_kb.inference import Models
from desktop_kb.records import (
    Embedder,
    Extracted,
    File,
    Fingerprint,
    Floats,
    Incoming,
    Made,
    Passage,
    Reader,
    SearchOptions,
)
from desktop_kb.search import Searcher
from desktop_kb.settings import Settings
from desktop_kb.store import Store

_SENTENCES, _WORDS, _CHUNKS_A_DOCUMENT, _DIMENSIONS = 9, 15, 40, 384
_VOCABULARY = 20_000
_OPTIONS = SearchOptions(rerank="off")


class RandomEmbedder:
    """Every query has some direction, and is covered."""

    id = fingerprint = "random"
    dimensions, window_tokens = _DIMENSIONS, 254
    device, notice, fell_back = "cpu", None, False

    def measure(self, texts: list[str]) -> tuple[np.ndarray, Floats]:
        return np.ones(len(texts), np.int32), np.ones(len(texts), np.float32)

    def encode_query(self, text: str) -> Floats:
        vector = np.random.default_rng(len(text)).normal(size=_DIMENSIONS)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def word(chance: random.Random) -> str:
    """Words as in English: the r-th most frequent one turns up 1/r as often as the first (Zipf)."""
    number, letters = int(_VOCABULARY ** chance.random()), ""
    while number:
        number, letter = divmod(number, 20)
        letters += "bcdfghjklmnpqrtvwxyz"[letter] + "aeiou"[number % 5]
    return letters


def documents(chunks: int) -> Iterator[tuple[Extracted, list[Passage]]]:
    """Random text and vectors; the same each time."""
    chance, normal = random.Random(1), np.random.default_rng(1)
    for _ in range(0, chunks, _CHUNKS_A_DOCUMENT):
        text, made = "", []
        for _ in range(_CHUNKS_A_DOCUMENT):
            start, spans = len(text), []
            for _ in range(_SENTENCES):
                sentence = " ".join(word(chance) for _ in range(_WORDS)) + ". "
                spans.append((len(text), len(text) + len(sentence) - 1))
                text += sentence
            vectors = normal.normal(size=(_SENTENCES, _DIMENSIONS)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            mean = vectors.mean(axis=0)
            made.append(
                Passage(
                    start, len(text) - 1, None, None, (), 150, text[start:-1], 1.0,
                    np.array(spans, np.int32), vectors, mean / np.linalg.norm(mean),
                )
            )  # fmt: skip
        yield Extracted(text, "random"), made


def ratio(folder: Path, chunks: int, queries: int = 200) -> tuple[float, float]:
    """Milliseconds of a search with sentence vectors and without, medians over interleaved queries."""
    _fill(folder / "two", chunks)
    shutil.copytree(folder / "two", folder / "one")
    connection = apsw.Connection(str(paths.library(folder / "one").database))
    connection.execute("update chunk_vectors set sentence_vectors = null")
    connection.execute("vacuum")
    connection.close()
    stores = [Store(paths.library(folder / name)) for name in ("two", "one")]
    times: tuple[list[float], list[float]] = ([], [])
    try:
        embedder = cast(Embedder, RandomEmbedder())
        models = Models(Settings(), lambda **_options: embedder)
        searchers = [Searcher(store, models, Settings()) for store in stores]
        chance = random.Random(2)
        for number in range(queries):
            query = " ".join(word(chance) for _ in range(6 + number % 5))
            for which in (0, 1) if number % 2 else (1, 0):
                began = time.perf_counter()
                searchers[which].search(query, _OPTIONS)
                times[which].append(time.perf_counter() - began)
    finally:
        for store in stores:
            store.close()
    return statistics.median(times[0]) * 1000, statistics.median(times[1]) * 1000


def _fill(folder: Path, chunks: int) -> None:
    store = Store(paths.library(folder))
    try:
        store.index.start_generation(Fingerprint((Reader("random", "random", _DIMENSIONS),), 1, 1, 0))
        for number, (extracted, made) in enumerate(documents(chunks)):
            _put(store, number, extracted, made)
    finally:
        store.close()


def _put(store: Store, number: int, extracted: Extracted, chunks: list[Passage]) -> None:
    path = f"/random/{number}.txt"
    generation = store.index.generation()
    assert generation is not None
    file = File(path, 1, 0, "text", path)
    store.index.put(Incoming(file, extracted, path, [Made(generation.id, 1, chunks)]))
