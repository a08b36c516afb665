"""nDCG@10 of words, vectors, fused and reranked on a collection, through `search --batch`.

    python tests/bench/ranking.py COLLECTION [--every 4] [--library DIR]

COLLECTION is a folder with `passages.jsonl` (id, text) and `queries.jsonl` (query, relevant:
{passage id: gain}). Each passage becomes one note; documents count once, in rank order.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

STAGES = {
    "words": ["--mode", "words", "--rerank", "off"],
    "vectors": ["--mode", "vectors", "--rerank", "off"],
    "fused": ["--rerank", "off"],
    "reranked": [],
}


def program(library: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run the terminal program and return what it printed."""
    command = [sys.executable, "-m", "desktop_kb", "--library", str(library), *arguments]
    return subprocess.run(command, input=stdin, text=True, check=True, stdout=subprocess.PIPE).stdout


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Jarvelin & Kekalainen 2002), log2 discount."""
    found = sum(gains.get(name, 0) / math.log2(rank + 2) for rank, name in enumerate(ranked[:depth]))
    best = sorted(gains.values(), reverse=True)[:depth]
    return found / sum(gain / math.log2(rank + 2) for rank, gain in enumerate(best))


def read(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def index(collection: Path, folder: Path, library: Path) -> float:
    """Index one note a passage; returns seconds."""
    notes = folder / "notes"
    notes.mkdir()
    for passage in read(collection / "passages.jsonl"):
        (notes / f"{passage['id']}.md").write_text(passage["text"], encoding="utf-8")
    began = time.perf_counter()
    program(library, "add", "--json", str(notes))
    return time.perf_counter() - began


def main() -> None:
    """Print one line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--every", type=int, default=4, help="take every Nth query")
    parser.add_argument("--library", type=Path, help="keep the library here, and use it if it is there")
    parser.add_argument("--stages", nargs="*", default=list(STAGES))
    options = parser.parse_args()
    queries = read(options.collection / "queries.jsonl")[:: options.every]
    with tempfile.TemporaryDirectory() as scratch:
        library = options.library or Path(scratch) / "library"
        if not library.exists():
            print(f"indexed in {index(options.collection, Path(scratch), library):.1f} s")
        lines = "\n".join(query["query"] for query in queries)
        for stage in options.stages:
            began = time.perf_counter()
            arguments = ["search", "--json", "--limit", "40", *STAGES[stage], "--batch", "-"]
            output = program(library, *arguments, stdin=lines)
            seconds = time.perf_counter() - began
            scores = []
            for query, line in zip(queries, output.splitlines(), strict=True):
                hits = json.loads(line)["hits"]
                ranked = list(dict.fromkeys(Path(hit["path"]).stem for hit in hits))
                scores.append(ndcg(ranked, query["relevant"]))
            mean = sum(scores) / len(scores)
            print(f"{stage:<9} nDCG@10 {mean:.4f}  ({len(scores)} queries, {seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
