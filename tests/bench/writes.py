"""Seconds of writing into a large library made by `speed.py`, and of searching meanwhile.

    python tests/bench/writes.py FOLDER [--size 200000]

On a copy, deleted afterwards: a note of one passage is stored 20 times, as the indexer would but for
the encoding; then the document of 5,000 passages is removed, while another thread searches.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from synthetic import LARGE, make_seed

from desktop_kb import paths
from desktop_kb.records import (
    Extracted,
    File,
    FileReport,
    Incoming,
    JobOptions,
    Made,
    Passage,
    Question,
    Scope,
)
from desktop_kb.store import Store


def add(store: Store, number: int, text: str, vector: np.ndarray) -> float:
    """Seconds from the claim of a note's job to its last commit."""
    generation = store.index.generation()
    assert generation is not None
    name = f"/notes/{number}.txt"
    store.queue.enqueue([name], JobOptions())
    began = time.perf_counter()
    job = store.queue.claim()
    assert job is not None
    extracted = Extracted(text, "")
    store.queue.stage_text(name, extracted, 0)
    span = np.array([[0, len(text)]], np.int32)
    chunk = Passage(0, len(text), None, None, (), 99, text, 1.0, span, vector[None, :], vector)
    report = FileReport(name, "indexed")
    file = File(name, 1, 1, "text", content_hash=name)
    incoming = Incoming(file, extracted, name, [Made(generation.id, 1, [chunk])])
    store.index.put(incoming, ended=(job, report))
    return time.perf_counter() - began


def searching(store: Store, done: threading.Event, spent: list[float]) -> None:
    """Word searches until told to stop."""
    while not done.is_set():
        began = time.perf_counter()
        with store.index.moment() as moment:
            moment.retrieve(Question("public school"), Scope(), 100)
        spent.append(time.perf_counter() - began)


def main() -> None:
    """Print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=200_000)
    options = parser.parse_args()
    seed = make_seed([], options.folder / "seed.pickle")
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        root = Path(scratch) / "library"
        shutil.copytree(options.folder / f"library-{options.size}", root)
        store = Store(paths.library(root))
        texts = [" ".join(one.text for one in seed.sentences["en"][n * 9 : n * 9 + 6]) for n in range(20)]
        notes = [add(store, n, text, seed.vectors[n]) for n, text in enumerate(texts)]
        print(
            f"a note into {options.size}: {statistics.median(notes) * 1e3:.0f} ms (longest {max(notes) * 1e3:.0f})"
        )
        (large,) = [document for document in store.documents.find() if document.chunks == LARGE]
        quiet: list[float] = []
        during: list[float] = []
        jobs: list[tuple[list[float], Callable[[], None]]] = [
            (quiet, lambda: time.sleep(2)),
            (during, lambda: store.documents.remove([large.document])),
        ]
        for spent, job in jobs:
            done = threading.Event()
            thread = threading.Thread(target=searching, args=(store, done, spent))
            thread.start()
            began = time.perf_counter()
            job()
            took = time.perf_counter() - began
            done.set()
            thread.join()
        print(
            f"removing {LARGE} passages: {took:.2f} s; a search by words meanwhile "
            f"{statistics.median(during) * 1e3:.0f} ms "
            f"(longest {max(during) * 1e3:.0f}), before {statistics.median(quiet) * 1e3:.0f}"
        )
        store.close()


if __name__ == "__main__":
    main()
