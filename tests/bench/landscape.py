"""Measure the landscape: neighbours across languages, how much of them the map keeps, and a large library.

    landscape.py COLLECTIONS [--keep DIR] [--large LIBRARY]

LIBRARY is a library's folder, which is written to: measure a copy. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from corpora import Library, cisi, passages
from kept import Shelf, settings

from desktop_kb.kb import KnowledgeBase
from desktop_kb.landscape.graph import NEAREST
from desktop_kb.landscape.keeping import Keeper, most_apart
from desktop_kb.landscape.layout import lay_out
from desktop_kb.records import Floats, Ground, Halves, Ints
from desktop_kb.settings import Settings

#: Neighbours by which a map is judged, and passages that are looked at where all are too many.
_K = 15
_SAMPLE = 1_500


def ground_of(kb: KnowledgeBase) -> tuple[Ground, Halves, Halves]:
    """All passages with their neighbours and places, their directions, and their vectors."""
    keeper: Keeper = kb._surveyor._keeper
    ground, reading = keeper.complete(), keeper.reading()
    assert reading is not None
    vectors = kb._store.landscape.vectors(reading.number, ground.ids)
    return ground, reading.directions(vectors, ground.languages), vectors


def kept(directions: Floats, places: Floats, k: int = _K) -> tuple[float, float]:
    """Trustworthiness and continuity (Venna & Kaski 2001): how far from near what is near on the map really is, and
    how far on the map what is really near."""
    n = len(directions)
    alike = directions @ directions.T
    np.fill_diagonal(alike, 9)
    apart = -((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, 9)
    real, shown = (np.argsort(np.argsort(-one, axis=1), axis=1) for one in (alike, apart))
    norm = 2 / (n * k * (2 * n - 3 * k - 1))
    trust = 1 - norm * np.where((shown <= k) & (real > k), real - k, 0).sum()
    return float(trust), float(1 - norm * np.where((real <= k) & (shown > k), shown - k, 0).sum())


def map_kept(name: str, ground: Ground, directions: Halves) -> None:
    """The map against the two directions in which passages differ most, from three starts."""
    rows, near = directions.astype(np.float32), ground.positions(ground.near)
    start = most_apart(directions)
    print(f"{name}: {len(ground)} passages; the two main directions: trust {said(kept(rows, start))}")
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(size=start.shape) * start.std()
        began = time.process_time()
        places = lay_out(near, ground.alike, (start + noise).astype(np.float32), again=False)
        print(
            f"  map, start {seed}: {said(kept(rows, places))}, {time.process_time() - began:.1f} s",
            flush=True,
        )


def said(both: tuple[float, float]) -> str:
    return f"{both[0]:.3f}, continuity {both[1]:.3f}"


def across(folder: Path, ground: Ground, directions: Halves, name_of: Callable[[str], str]) -> None:
    """Of XQuAD in both languages: is the translation of a passage near in the other one?"""
    lines = (folder / "xquad-en" / "passages.jsonl").read_text("utf-8").splitlines()
    article = {str(row["id"]): row["title"] for row in map(json.loads, lines)}
    rows = directions.astype(np.float32)
    names = [name_of(ground.documents[owner]) for owner in ground.owner]
    numbers = [name.split("-")[1] for name in names]
    code = np.array([name.split("-")[0] for name in names])
    alike = rows @ rows.T
    first, third, same, linked = [], [], [], []
    graph = ground.positions(ground.near)
    for at, number in enumerate(numbers):
        others = np.flatnonzero(code != code[at])
        best = others[np.argsort(-alike[at, others])]
        seen = list(dict.fromkeys(numbers[one] for one in best[:20]))  # a note may have several passages
        first.append(seen[0] == number)
        third.append(number in seen[:3])
        same.append(article[seen[0]] == article[number])
        linked.append(any(one >= 0 and code[one] != code[at] for one in graph[at]))
    print(
        f"across languages: translation first {np.mean(first):.3f}, of three {np.mean(third):.3f}; nearest of the "
        f"other language is of the same article {np.mean(same):.3f}; passages with a neighbour in the other language "
        f"{np.mean(linked):.3f}",
        flush=True,
    )


def small(folder: Path, keep: Path) -> None:
    """XQuAD in both languages together, and CISI."""
    both = {
        f"{lang}-{number}": text
        for lang in ("en", "zh")
        for number, text in passages(folder, f"xquad-{lang}").items()
    }
    with Shelf(keep, settings([])).opened() as shelf:
        kb = shelf.library(Library("xquad-both", both, {}))
        ground, directions, _ = ground_of(kb)
        paths = {one.document: Path(one.path).stem for one in kb.documents()}
        across(folder, ground, directions, paths.__getitem__)
        map_kept("XQuAD, both languages", ground, directions)
        show(kb)
        kb = shelf.library(replace(next(iter(cisi(folder))), cells={}))
        ground, directions, _ = ground_of(kb)
        map_kept("CISI", ground, directions)
        show(kb)


def show(kb: KnowledgeBase) -> None:
    """Its topics and measures."""
    landscape = kb.landscape(measured=True)
    print("  ", landscape.measures)
    for topic in landscape.topics:
        print(f"   {topic.passages:>5}  {dict(topic.name)}")


def large(library: Path) -> None:
    """Graph and map of a large library, a note more, a hundred more."""
    with KnowledgeBase(library, Settings()) as kb:
        keeper: Keeper = kb._surveyor._keeper
        for what in ("graph", "map"):
            wall, began = time.perf_counter(), time.process_time()
            keeper.step(lambda: False)
            rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{what}: {time.process_time() - began:.1f} s of the processor, {time.perf_counter() - wall:.1f} s, "
                f"{rss:.0f} MB at most",
                flush=True,
            )
        ground, directions, _ = ground_of(kb)
        sample = np.random.default_rng(0).permutation(len(ground))[:_SAMPLE].astype(np.int32)
        print(f"recall of the ten nearest: {recall(ground, directions, sample):.4f}", flush=True)
        size = kb._store._database.write(
            lambda connection: (
                connection.execute("select sum(pgsize) from dbstat where name = 'neighbours'").get
            )
        )
        print(f"bytes a passage: {size / len(ground):.0f}")


def recall(ground: Ground, directions: Halves, sample: Ints) -> float:
    rows, near = directions.astype(np.float32), ground.positions(ground.near)
    found = []
    for begin in range(0, len(sample), 100):
        some = sample[begin : begin + 100]
        alike = rows[some] @ rows.T
        alike[np.arange(len(some)), some] = -2
        least = -np.sort(-alike, axis=1)[:, NEAREST - 1]
        # What is as near as the tenth counts, as copies are.
        for at, one in enumerate(some):
            found.append((alike[at, near[one][near[one] >= 0]] >= least[at] - 1e-3).sum() / NEAREST)
    return float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path)
    parser.add_argument("--keep", type=Path, default=Path.home() / ".cache" / "desktop-kb-bench")
    parser.add_argument("--large", type=Path)
    options = parser.parse_args()
    if options.large:
        large(options.large)
    else:
        small(options.collections, options.keep)


if __name__ == "__main__":
    main()
