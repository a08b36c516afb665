"""Seconds of a search, stage by stage, in large made-up libraries, beside what the machine can do.

    python tests/bench/speed.py FOLDER --texts DIR... [--sizes 20000 200000 1000000] [--queries 20] [--both]
        [--kind chats]

FOLDER keeps the libraries (8.5 GB for a million passages) and is filled on the first run from the texts in DIR
(see `synthetic.py`). Each kind of query is asked in English and in Chinese, without a filter, and within 1 % and
0.01 % of the documents. Yardsticks, measured in the same run: the product of a float32 matrix in memory with the
query's vector and `argpartition`; FTS5's `count(*)` of the same MATCH. A question is asked for the first time
('new', nothing of its passages is remembered) and again. 'cold' is the first search after the file left the
system's cache. 'CPU' is processor time of this process, the encoder's child left out (the queries' vectors are
remembered): where other programs are at work it says what a quiet machine would take, which seconds do not;
numpy's product alone is worked at by every core.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import itertools
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import psutil
from synthetic import KINDS, Seed, library, make_seed

from desktop_kb import language, paths
from desktop_kb.inference import Models, find_embedder
from desktop_kb.lexical import WordQuery
from desktop_kb.records import Embedder, Floats, Scope, SearchOptions
from desktop_kb.search import Searcher
from desktop_kb.search.query import parse_filter
from desktop_kb.settings import Settings
from desktop_kb.store import Store
from desktop_kb.store.snapshot import Snapshot
from desktop_kb.store.words import Restriction

Result = TypeVar("Result")

STAGES = (
    "parse",
    "encode",
    "words",
    "vectors",
    "passages",
    "exact",
    "fuse",
    "order",
    "fold",
    "hits",
    "total",
)
#: Questions of each kind that are asked before those that count.
_WARMING = 5
FILTERS = {"all": (), "1 %": ("tag:hundredth",), ".01 %": ("tag:tenthousandth",)}


def queries(seed: Seed, count: int) -> Iterator[tuple[str, str, list[str]]]:
    """(language, kind, queries): rare words, two common words, eight common words."""
    chance = random.Random(1)
    for code in ("en", "zh"):
        frequency: Counter[str] = Counter()
        for sentence in seed.sentences[code]:
            if code == "en":
                found = {word.strip(".,;:!?()\"'").lower() for word in sentence.text.split()}
            else:
                found = {term for term in sentence.words.split() if len(term) > 1}
            frequency.update(word for word in found if word.isalpha() and not language.is_stop(word))
        common = [word for word, _ in frequency.most_common(50)]
        once = sorted(word for word, times in frequency.items() if times == 1)
        yield (
            code,
            "rare",
            [f"zq{chance.randint(9_000, 99_000):x}q {chance.choice(once)}" for _ in range(count)],
        )
        yield code, "common", [" ".join(chance.sample(common, 2)) for _ in range(count)]
        yield code, "eight common", [" ".join(chance.sample(common, 8)) for _ in range(count)]


def forget(root: Path) -> None:
    """Have the system drop the file from its cache, so that the next read is from the disk."""
    for path in root.glob("library.sqlite*"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of jobs of one kind: by the clock, and of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, job: Callable[[], Result]) -> Result:
        """Do it and count it."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = job()
        self.cpu.append((time.process_time() - cpu) * 1e3)
        self.wall.append((time.perf_counter() - wall) * 1e3)
        return result

    def __str__(self) -> str:
        return (
            f"{statistics.median(self.wall):.1f} ms (p95 {quantile(self.wall, 0.95):.1f}, "
            f"CPU {statistics.median(self.cpu):.1f}, p95 {quantile(self.cpu, 0.95):.1f})"
        )

    def ratio(self, other: Spent) -> str:
        """How many times what the other took, by the clock and of the processor."""
        wall, cpu = (
            statistics.median(mine) / max(0.01, statistics.median(its))
            for mine, its in ((self.wall, other.wall), (self.cpu, other.cpu))
        )
        return f"{wall:.2f}, CPU {cpu:.2f}"


def matrix(store: Store) -> tuple[Any, Floats]:
    """Every vector of the library: ids int64 (n,), float32 (n, d)."""
    with _moment(store) as snapshot:
        rows = snapshot._connection.execute("select count(*) from chunk_vectors where vector is not null").get
        dimensions = snapshot._readers[1].dimensions
        ids, vectors = np.zeros(rows, np.int64), np.zeros((rows, dimensions), np.float32)
        found = snapshot._connection.execute(
            "select chunk_id, vector from chunk_vectors where vector is not null"
        )
        for row, (id, blob) in enumerate(found):
            ids[row], vectors[row] = id, np.frombuffer(blob, "<f2")
    return ids, vectors


def vectors(store: Store, embedder: Embedder, asked: Sequence[str]) -> None:
    """The vector leg against numpy, and its recall; within filters too."""
    ids, every = matrix(store)
    encoded = [embedder.encode_query(query) for query in asked]

    def exact(vector: Floats, among: Any) -> list[int]:
        cosines = among[1] @ vector
        k = min(50, len(cosines) - 1)
        best = np.argpartition(-cosines, k)[:k]
        return [int(id) for id in among[0][best]]

    for name, filters in FILTERS.items():
        scope = Scope(tuple(f for expression in filters for f in parse_filter(expression)))
        with _moment(store) as snapshot:
            chosen = np.isin(ids, _ids(snapshot, scope)) if scope else slice(None)
            among = (ids[chosen], every[chosen])
            recalls, ours, theirs = [], Spent(), Spent()
            for vector in encoded:
                truth = exact(vector, among)
                found = snapshot._nearest(1, vector, scope, 50)(snapshot._connection)
                recalls.append(len(set(truth) & set(found)) / max(1, len(truth)))
                ours.run(partial(_vectors_leg, snapshot, vector, scope))
                theirs.run(partial(exact, vector, among))
        print(
            f"  vectors {name:>5}: {ours}, numpy {theirs}, ratio {ours.ratio(theirs)}, "
            f"recall@50 {statistics.mean(recalls):.3f} (worst {min(recalls):.2f}), {len(among[0])} vectors",
            flush=True,
        )
    del every, among
    gc.collect()


@contextlib.contextmanager
def _moment(store: Store) -> Iterator[Snapshot]:
    with store.index.moment() as moment:
        yield cast(Snapshot, moment)


def _vectors_leg(snapshot: Snapshot, vector: Floats, scope: Scope) -> list[int]:
    """What a search does with its vector."""
    found, _ = snapshot._connections.run([snapshot._nearest(1, vector, scope, 100)])
    return found[0]


def _ids(snapshot: Snapshot, scope: Scope) -> list[int]:
    where, values = snapshot._where(scope, "id")
    return [id for (id,) in snapshot._connection.execute(f"select id from chunks where 1 {where}", values)]


def exhaustive(snapshot: Snapshot, query: WordQuery) -> dict[int, float]:
    """The score by words of every chunk that matches anything."""
    found: dict[int, float] = {}
    for table, match, weights, factor in snapshot._words.matches(query):
        for id, score in snapshot._connection.execute(
            f"select rowid, bm25({table}, {weights}) from {table} where {table} match ?", (match,)
        ):
            found[id] = found.get(id, 0.0) - score * factor
    return found


def overlap(best: Sequence[int], scores: Mapping[int, float]) -> float:
    """Which share of these is among as many best; what scores like the last of them is as good as it."""
    least = sorted(scores.values(), reverse=True)[: len(best)]
    return sum(scores.get(id, 0.0) >= least[-1] - 1e-9 for id in best) / len(best) if best else 1.0


def matching(snapshot: Snapshot, query: WordQuery) -> int:
    """How many rows of both tables match: what FTS5 does at the least."""
    return sum(
        snapshot._connection.execute(f"select count(*) from {table} where {table} match ?", (match,)).get
        for table, match, *_ in snapshot._words.matches(query)
    )


def _words_leg(snapshot: Snapshot, query: WordQuery) -> dict[int, float]:
    """What a search does with its words."""
    found, _ = snapshot._connections.run(snapshot._words.best(query, Restriction(), 100))
    return snapshot._words.score(query, dict.fromkeys(itertools.chain(*found)))


def words(store: Store, kind: str, asked: Sequence[str], checked: int) -> None:
    """The word leg against FTS5's count of the same MATCH, and its overlap with the exhaustive ranking."""
    ours, counts, overlaps = Spent(), Spent(), []
    with _moment(store) as snapshot:
        for number, text in enumerate(asked):
            query = WordQuery.of(text)
            matching(snapshot, query)
            counts.run(partial(matching, snapshot, query))
            snapshot._words._weights.clear()
            ours.run(partial(_words_leg, snapshot, query))
            if number < checked:
                found = _words_leg(snapshot, query)
                best = sorted(found, key=lambda id: (-found[id], id))[:10]
                overlaps.append(overlap([id for id in best if found[id]], exhaustive(snapshot, query)))
    print(
        f"  words {kind:>15}: {ours}, count(*) {counts}, ratio {ours.ratio(counts)}, "
        f"top-10 overlap {statistics.mean(overlaps or [1]):.3f}",
        flush=True,
    )


def searches(
    root: Path, embedder: Embedder | None, seed: Seed, count: int, scopes: Sequence[str] = tuple(FILTERS)
) -> None:
    """Whole searches without rerank, with this model or with all: the first time, again, and p50 of every stage
    the first time."""
    store = Store(paths.library(root))
    models = Models(Settings()) if embedder is None else Models(Settings(), lambda **_options: embedder)
    searcher = Searcher(store, models, Settings())
    for code, kind, asked in queries(seed, count + _WARMING):
        for scope in scopes:
            options = SearchOptions(rerank="off", filters=FILTERS[scope])
            forget(root)
            cold_store = Store(paths.library(root))
            began = time.perf_counter()
            Searcher(cold_store, models, Settings()).search(asked[-1], options)
            cold = (time.perf_counter() - began) * 1e3
            cold_store.close()
            searcher.search("准备", options)  # loads the dictionary of Chinese words
            for query in asked[count:]:
                searcher.search(query, options)
            new, again, stages = Spent(), Spent(), []
            for query in asked[:count]:
                stages.append(new.run(partial(searcher.search, query, options)).seconds)
                again.run(partial(searcher.search, query, options))
            spent = ((stage, statistics.median(one[stage] for one in stages) * 1e3) for stage in STAGES)
            print(
                f"  {code + ' ' + kind:<16} {scope:>5}: new {new}, again {again}, cold {cold:.0f};",
                ", ".join(f"{stage} {ms:.1f}" for stage, ms in spent if ms >= 0.05),
                flush=True,
            )
    store.close()


def main() -> None:
    """Print one block a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", default=[])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=20, help="of each kind")
    parser.add_argument("--checked", type=int, default=10, help="ranked exhaustively as well, of each kind")
    parser.add_argument("--parts", nargs="+", default=["vectors", "words", "searches"])
    parser.add_argument("--kind", choices=[*KINDS], default="texts", help="of text")
    parser.add_argument("--scopes", nargs="+", choices=[*FILTERS], default=[*FILTERS], help="of searches")
    parser.add_argument(
        "--both", action="store_true", help="libraries that both models read; without vectors"
    )
    options = parser.parse_args()
    if options.both:
        options.parts = [part for part in options.parts if part != "vectors"]
    options.folder.mkdir(parents=True, exist_ok=True)
    name = "seed" if options.kind == "texts" else f"seed-{options.kind}"
    seed = make_seed(options.texts, options.folder / f"{name}.pickle", options.kind)
    embedder = find_embedder()
    assert embedder is not None
    embedder.encode_query("ready")
    for size in options.sizes:
        root = library(
            options.folder,
            seed,
            size,
            lambda made: print(f"  made {made}", end="\r", file=sys.stderr),
            both=options.both,
            kind=options.kind,
        )
        store = Store(paths.library(root))
        print(f"{size} passages, {store.size_bytes() / 1e6:.0f} MB")
        before = psutil.Process().memory_info().rss
        if "searches" in options.parts:
            searches(root, None if options.both else embedder, seed, options.queries, options.scopes)
            grown = (psutil.Process().memory_info().rss - before) / 1e6
            print(
                f"  memory of this process grew by {grown:.0f} MB, is {psutil.Process().memory_info().rss / 1e6:.0f}"
            )
        for code, kind, asked in queries(seed, options.queries):
            if "words" in options.parts:
                words(store, f"{code} {kind}", asked, options.checked)
            if "vectors" in options.parts and (code, kind) == ("en", "common"):
                vectors(store, embedder, asked)
        store.close()
    embedder.close()


if __name__ == "__main__":
    main()
