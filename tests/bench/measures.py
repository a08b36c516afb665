"""What the benchmarks measure by."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_kb.evaluate.statistics import estimate

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


def once(names: Sequence[str]) -> list[str]:
    """These names with '' for each that stands before: it takes its place and is worth nothing."""
    return ["" if name in names[:rank] else name for rank, name in enumerate(names)]


def repeated(hits: Sequence[Span], budget: int | None = None) -> float:
    """Which share of the first so many characters of the hits (None: of all) was read before, 0..1.

    Args:
        hits: best first, where their text stands in its first copy.
    """
    places = [(name, at) for name, start, end in hits for at in range(start, end)][:budget]
    return 1 - len(set(places)) / len(places) if places else 0.0


def recalls(
    hits: Iterable[Sequence[Span]],
    corpus: str,
    references: Sequence[Sequence[int]],
    first: Callable[[Span], Span] = lambda span: span,
) -> list[float]:
    """For each of `READ` the share of the reference characters among the first so many of the hits.

    Hits are walked in rank order, each character of a file counted once, cut at exactly so many.

    Args:
        hits: each with its own range, then those of the copies that it stands for: who has read the hit to
            its end has read them.
        first: where a range stands in the first copy of its text.
    """
    wanted = {at for start, end in references for at in range(start, end)}
    seen: dict[str, set[int]] = {}
    read_: set[int] = set()
    found: list[float] = []
    count = 0
    for own, *copies in hits:
        name, start, end = own
        origin, moved, _ = first(own)
        done = seen.setdefault(name, set())
        for at in range(start, end):
            if at in done:
                continue
            done.add(at)
            count += 1
            if origin == corpus:
                read_.add(at - start + moved)
            if count in READ:
                found.append(len(read_ & wanted) / len(wanted))
                if len(found) == len(READ):
                    return found
        for origin, start, end in map(first, copies):
            if origin == corpus:
                read_.update(range(start, end))
    return found + [len(read_ & wanted) / len(wanted)] * (len(READ) - len(found))


def above(ones: Sequence[float], others: Sequence[float]) -> NDArray[np.float64]:
    """For each of these scores, how many of the others are lower, ties half: the mean is the area under the
    ROC curve (Hanley & McNeil 1982)."""
    order = np.sort(np.asarray(others))
    left, right = np.searchsorted(order, ones, "left"), np.searchsorted(order, ones, "right")
    return np.asarray((left + right) / 2 / max(1, len(order)), np.float64)


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
