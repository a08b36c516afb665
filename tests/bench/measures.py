"""What the benchmarks measure by."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_kb.evaluate import estimate

#: Characters read, in recall.
READ = (1000, 2000)
Span = tuple[str, int, int]  # file, start, end


def read(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Jarvelin & Kekalainen 2002), log2 discount."""
    found = sum(gains.get(name, 0) / math.log2(rank + 2) for rank, name in enumerate(ranked[:depth]))
    best = sorted(gains.values(), reverse=True)[:depth]
    return found / sum(gain / math.log2(rank + 2) for rank, gain in enumerate(best))


def recalls(hits: Iterable[Span], corpus: str, references: Sequence[Sequence[int]]) -> list[float]:
    """For each of `READ` the share of the reference characters among the first so many of the hits.

    Hits are walked in rank order, each character of a file counted once, cut at exactly so many.
    """
    wanted = {at for start, end in references for at in range(start, end)}
    seen: dict[str, set[int]] = {}
    found: list[float] = []
    count = hit = 0
    for name, start, end in hits:
        done = seen.setdefault(name, set())
        for at in range(start, end):
            if at in done:
                continue
            done.add(at)
            count += 1
            hit += name == corpus and at in wanted
            if count in READ:
                found.append(hit / len(wanted))
                if len(found) == len(READ):
                    return found
    return found + [hit / len(wanted)] * (len(READ) - len(found))


def area(above: Sequence[float], below: Sequence[float]) -> float:
    """How often a score of `above` is larger than one of `below`: area under the ROC curve, ties half."""
    order = np.sort(np.asarray(below))
    left = np.searchsorted(order, above, "left")
    right = np.searchsorted(order, above, "right")
    return float((left + right).mean() / 2 / len(order))


def interval(values: NDArray[np.float64]) -> str:
    """`mean [low, high]`, the 95 % interval by bootstrap over questions."""
    found = estimate(values)
    return f"{found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]"


def difference(values: NDArray[np.float64], other: NDArray[np.float64]) -> str:
    """`gain [low, high]`, question by question; bold where the interval leaves out zero."""
    found = estimate(values - other)
    text = f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
    return text if found.low <= 0 <= found.high else f"**{text}**"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
