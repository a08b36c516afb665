"""Which passages a word search scores: all with a rare term, and of the common terms those with several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from desktop_kb.lexical.weights import idf

#: The most passages that an index should score (FTS5: .55 us each), and the fewest that a lookup should match.
_MOST_SCORED: Final = 20_000
_FEWEST_SCORED: Final = 5_000
#: A term of so much less weight than the heaviest orders no passages, and walking over its matches takes the longest:
#: without it eight common words of abstracts take 18 ms for 21, to the same first ten.
_LIGHT: Final = 0.1


class Groups(NamedTuple):
    """Passages with one of the `any_of` terms, or with a term of each of the groups `one_of_each`."""

    any_of: tuple[str, ...]
    one_of_each: tuple[tuple[str, ...], ...] = ()


def selective(terms: Mapping[str, int], size: int, share: float) -> Iterator[Groups]:
    """Lookups to try in turn until one finds enough; the last matches any of the terms.

    A passage with a rare term is always scored; a term that stands nearly everywhere beside others that do not is
    looked for in the last lookup alone. Common terms are dealt into groups, the rarest first, and a
    passage must have one term of each group. Example: eight words that are each in a tenth of a million
    passages match 570,000 of them; in three groups they match 14,000, and the best are among those.

    Args:
        terms: term -> the number of passages that have it.
        size: the number of passages in the table.
        share: the share of the table's passages that are in scope.
    """
    every = sorted(terms, key=lambda term: (terms[term], term))
    least = _LIGHT * (idf(size, terms[every[0]]) if every else 0.0)
    ordered = [term for term in every if idf(size, terms[term]) >= least]
    scored, rare = 0.0, 0
    while rare < len(ordered) and scored + terms[ordered[rare]] * share <= _FEWEST_SCORED:
        scored += terms[ordered[rare]] * share
        rare += 1
    common = ordered[rare:]
    required: tuple[tuple[str, ...], ...] = ()
    # At least two terms per group, because a passage that lacks one of many words may still be among the best.
    for count in range(2, max(2, len(common) // 2) + 1 if len(common) > 1 else 2):
        groups = tuple(tuple(common[first::count]) for first in range(count))
        expected = share * size
        for group in groups:
            expected *= 1 - math.prod(1 - terms[term] / size for term in group)
        if expected < _FEWEST_SCORED:
            break
        required = groups
        if expected <= _MOST_SCORED:
            break
    if required:
        yield Groups(tuple(ordered[:rare]), required)
    if len(ordered) < len(every):
        yield Groups(tuple(ordered))
    yield Groups(tuple(every))
