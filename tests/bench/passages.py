"""Recall of the reference text within the first characters read, through `search --batch`.

    python tests/bench/passages.py COLLECTION [--library DIR]

COLLECTION holds corpora (`*.md`) and `questions.jsonl` (corpus, question, references: [start, end)
offsets). For each question the hits are walked in rank order, each character of a file counted
once, cut at exactly B characters: R@B is the share of the reference characters among them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ranking import STAGES, program, read

BUDGETS = (1000, 2000)


def recall(hits: Iterable[Mapping[str, Any]], corpus: str, references: list[list[int]], budget: int) -> float:
    """The share of the reference characters among the first `budget` characters of the hits."""
    wanted = {at for start, end in references for at in range(start, end)}
    seen: set[tuple[str, int]] = set()
    for hit in hits:
        name = Path(hit["path"]).stem
        for at in range(hit["start"], hit["end"]):
            if len(seen) >= budget:
                break
            seen.add((name, at))
    return len(wanted & {at for name, at in seen if name == corpus}) / len(wanted)


def main() -> None:
    """Print one line a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--library", type=Path, help="keep the library here, and use it if it is there")
    parser.add_argument("--unit", default="passage")
    parser.add_argument("--stages", nargs="*", default=list(STAGES))
    options = parser.parse_args()
    questions = read(options.collection / "questions.jsonl")
    with tempfile.TemporaryDirectory() as scratch:
        library = options.library or Path(scratch) / "library"
        if not library.exists():
            began = time.perf_counter()
            program(library, "add", "--json", *map(str, sorted(options.collection.glob("*.md"))))
            print(f"indexed in {time.perf_counter() - began:.1f} s")
        lines = "\n".join(question["question"] for question in questions)
        for stage in options.stages:
            arguments = ["search", "--json", "--limit", "30", "--unit", options.unit, *STAGES[stage]]
            output = program(library, *arguments, "--batch", "-", stdin=lines).splitlines()
            answers = [json.loads(line)["hits"] for line in output]
            scores = [
                sum(
                    recall(hits, question["corpus"], question["references"], budget)
                    for hits, question in zip(answers, questions, strict=True)
                )
                / len(questions)
                for budget in BUDGETS
            ]
            named = "  ".join(f"R@{b} {score:.3f}" for b, score in zip(BUDGETS, scores, strict=True))
            print(f"{stage:<9} {named}  ({len(questions)} questions)", flush=True)


if __name__ == "__main__":
    main()
