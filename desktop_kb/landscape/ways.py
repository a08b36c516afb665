"""The way from one passage to another along the neighbour graph (Tenenbaum et al. 2000: distance along the surface)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Final

from desktop_kb.landscape.graph import Neighbours

#: A long step costs more than two of half its length, so that each step can be followed.
_POWER: Final = 2


def way(graph: Neighbours, begin: int, end: int) -> list[int]:
    """The positions of the passages on the way, both ends included; [] if none leads there. Neighbours are gone to in
    both directions (Dijkstra 1959)."""
    edges: dict[int, dict[int, float]] = defaultdict(dict)
    for at, (near, alike) in enumerate(zip(graph.near.tolist(), graph.alike.tolist(), strict=True)):
        for other, cosine in zip(near, alike, strict=True):
            if other >= 0:
                edges[at][other] = edges[other][at] = (1 - cosine) ** _POWER + 1e-4
    cost, before, reached = {begin: 0.0}, {begin: begin}, set()
    waiting = [(0.0, begin)]
    while waiting:
        so_far, at = heapq.heappop(waiting)
        if at in reached:
            continue
        reached.add(at)
        if at == end:
            break
        for other, length in edges[at].items():
            if so_far + length < cost.get(other, float("inf")):
                cost[other], before[other] = so_far + length, at
                heapq.heappush(waiting, (so_far + length, other))
    if end not in before:
        return []
    found = [end]
    while found[-1] != begin:
        found.append(before[found[-1]])
    return found[::-1]
