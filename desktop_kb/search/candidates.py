"""A passage on its way through the stages, and the order that it comes out in.

The order holds what an earlier stage was sure of; no weight does. What the question names comes
first, by words and meaning, as no model that reads it again knows titles or has seen that name.
What a model read changes places with what it read, and with nothing else. Strong comes before weak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from desktop_kb.records import Exact, Leg, Passage

#: Scores are compared to this many digits: the encoder's last bits vary with its batch.
DIGITS: Final = 5


@dataclass(slots=True)
class Candidate:
    """A passage with its scores: `scores` and `ranks` of the legs that found it; `fused`, weak below
    `floor`, of these together; `score` is the final one."""

    passage: Passage
    scores: dict[Leg, float] = field(default_factory=dict)
    ranks: dict[Leg, int] = field(default_factory=dict)
    fused: float = 0.0
    floor: float = 0.0
    rerank: float | None = None
    score: float = 0.0
    weak: bool = False
    exact: Exact | None = None

    @property
    def tier(self) -> int:
        """0 and 1 for what the question names, 2 for a strong match, 3 for a weak one."""
        if self.exact is not None:
            return 0 if self.exact in ("title", "name") else 1
        return 3 if self.weak else 2


def rank_legs(candidates: Sequence[Candidate]) -> None:
    """Each leg's own ranks, for the 'why'."""
    for leg in Leg:
        found = [candidate for candidate in candidates if leg in candidate.scores]
        found.sort(key=lambda candidate: (-candidate.scores[leg], candidate.passage.key))
        for rank, candidate in enumerate(found, 1):
            candidate.ranks[leg] = rank


def blend(candidates: Sequence[Candidate], weight: float, floor: float | None) -> None:
    """Give every passage its score; of one that a model read again so much is the model's.

    Args:
        floor: the model's score below which a passage is weak; None: it has none that is known.
    """
    for candidate in candidates:
        candidate.score = candidate.fused
        candidate.weak = candidate.fused < candidate.floor
        if candidate.rerank is None:
            continue
        # Both are rounded; two more digits keep apart what a small weight brings near.
        candidate.score = round((1 - weight) * candidate.fused + weight * candidate.rerank, DIGITS + 2)
        if floor is not None:
            candidate.weak = candidate.score < (1 - weight) * candidate.floor + weight * floor


def ordered(candidates: Sequence[Candidate], paths: Mapping[str, Sequence[str]]) -> list[Candidate]:
    """The final order; ties by path, then start. What nothing speaks for is left out."""

    def place(candidate: Candidate) -> tuple[str, int]:
        passage = candidate.passage
        return next(iter(paths.get(passage.document, ())), ""), passage.start

    found = [c for c in candidates if c.scores or c.exact]
    fused = sorted(found, key=lambda c: (-c.fused, place(c)))
    read = sorted((c for c in fused if c.rerank is not None), key=lambda c: (-c.score, place(c)))
    strong = max((rank for rank, candidate in enumerate(read) if not candidate.weak), default=0)
    for candidate in read[:strong]:
        candidate.weak = False  # as the model has it, it answers better than one that is strong
    better = iter(read)
    reread = [next(better) if c.rerank is not None else c for c in fused]
    named = sorted((c for c in fused if c.exact), key=lambda c: c.tier)
    rest = sorted((c for c in reread if not c.exact), key=lambda c: c.tier)
    for candidate in named:
        candidate.weak = False
    return falling([*named, *rest])


def falling(candidates: list[Candidate]) -> list[Candidate]:
    """Scores that agree with this order, as they are of different kinds: none below that of what comes
    later, and one that no model read none above that of the read one before it."""
    most = 1.0
    for candidate in candidates:
        if candidate.rerank is None:
            candidate.score = min(candidate.score, most)
        elif candidate.exact is None:
            most = candidate.score
    least = 0.0
    for candidate in reversed(candidates):
        candidate.score = least = max(candidate.score, least)
    return candidates
