"""The strategies that decide where passages end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb import similarity
from desktop_kb.chunking.splitting import DEFAULT_BUDGET, Budget, border
from desktop_kb.chunking.subjects import Section, find_headings, find_leads, find_sections
from desktop_kb.records import Cut, Floats, Sentence

#: Raise it when the same sentences would be cut or pooled differently: every library is then cut again.
VERSION: Final = 1
STRATEGIES = ("semantic", "percentile", "recursive", "fixed")


def cut(
    sentences: Sequence[Sentence],
    vectors: Floats | None,
    strategy: str = "semantic",
    budget: Budget = DEFAULT_BUDGET,
) -> list[Cut]:
    """Group sentences into passages.

    Args:
        vectors: float32 (n, d), unit rows, zero for a sentence that the model does not cover; None
            without a model. Sections without vectors are cut by the words that sentences share.
        strategy: one of `STRATEGIES`. 'semantic' finds the best borders of the whole document;
            'percentile' cuts between neighbours that are less similar than 80 % of all neighbours;
            'recursive' fills passages with paragraphs, or with sentences if a paragraph is too long;
            'fixed' cuts every `budget.target` tokens, even inside sentences.

    No passage crosses a heading, except that a heading without text goes with the next one. 'fixed' ignores
    headings and sentences.
    """
    if not sentences:
        return []
    if strategy == "fixed":
        return _fixed(sentences, budget)
    find = {"semantic": _semantic, "percentile": _percentile, "recursive": _recursive}[strategy]
    borders = find(sentences, find_sections(sentences, vectors if strategy != "recursive" else None), budget)
    return [
        Cut(
            sentences[first].start,
            sentences[last - 1].end,
            first,
            last,
            sum(sentence.tokens for sentence in sentences[first:last]),
        )
        for first, last in pairwise(borders)
    ]


#: Weights of the semantic cut; 1 is the value of a passage of the target size on a single subject.
#: R@1k / R@2k on Chroma's texts (276 questions, +- .02; ranked as in tests/bench/references.py), by
#: vectors and by vectors + BM25:
#:     _SIZE 2, _PARAGRAPH .1        mean 162 tokens   .579 / .757   .697 / .829
#:     _SIZE 2, _PARAGRAPH 0         mean 163          .557 / .712   .706 / .846
#:     _SIZE .5, _PARAGRAPH .1       mean 136          .588 / .753   .737 / .846
#:     the same DP, random vectors   mean 159          .543 / .732   .706 / .840
#:     recursive, target 200         mean 167          .547 / .733   .702 / .835
#:     percentile                    mean 110          .515 / .691   .648 / .814
#: So semantic borders help the vectors, and paragraphs help the borders; with BM25 only the size matters,
#: and _SIZE keeps the mean near the target.
_SIZE = 2.0
_PARAGRAPH = 0.1
_HEADING = 10.0
#: Cost of a border after a line that leads to the next: as much as a passage of half the target size.
_LEAD = 0.5


def _semantic(sentences: Sequence[Sentence], sections: Sequence[Section], budget: Budget) -> list[int]:
    """Borders that minimise, over all passages of T tokens,

        _SIZE * (T / target - 1)^2  -  |sum of w v|^2 / (T * target * s)

    where v are the sentence vectors minus the document's mean (or part of it in a short document, whose
    mean is the subject itself), w their tokens, s the mean of |v|^2. The second term is the share of the
    variance that the passage's mean explains: the objective of k-means on contiguous segments, solved by
    dynamic programming as in Utiyama & Isahara (2001). A border between paragraphs costs _PARAGRAPH less,
    one after a heading _HEADING more, and one after the lead of a list, a table row or an unmarked heading
    _LEAD more.
    """
    headings = find_headings(sentences)
    leads = find_leads(sentences)
    total = sum(sentence.tokens for sentence in sentences)
    known = max(0.0, 1 - budget.maximum / max(1, total))
    borders = [0]
    for section in sections:
        tokens = np.array([max(1, sentence.tokens) for sentence in sentences[section.first : section.last]])
        # In place, since an array for a book, (120,000, 384), takes 184 MB and five would be needed otherwise.
        sums = np.zeros((len(tokens) + 1, section.vectors.shape[1]), np.float32)
        vectors = sums[1:]
        np.subtract(section.vectors, np.float32(known) * section.mean, out=vectors)
        vectors[~similarity.known(section.vectors)] = 0
        scale = budget.target * max(1e-6, float(np.einsum("ij,ij->i", vectors, vectors).mean()))
        _add_up(vectors, tokens)
        extra = np.zeros(len(tokens))
        for at in range(1, len(tokens)):
            before = section.first + at - 1
            if sentences[before].paragraph != sentences[before + 1].paragraph:
                extra[at] = _HEADING if headings[before] else _LEAD if leads[before] else -_PARAGRAPH
        borders.extend(section.first + end for end in _best_ends(sums, tokens, extra, scale, budget))
    return borders


def _add_up(vectors: Floats, tokens: NDArray[np.int64]) -> None:
    """Replace each row by the cumulative sum of rows times tokens; in place, summed in double precision."""
    before = np.zeros(vectors.shape[1])
    for first in range(0, len(vectors), 4096):
        block = vectors[first : first + 4096] * tokens[first : first + 4096, None].astype(np.float64)
        block[0] += before
        np.cumsum(block, axis=0, out=block)
        before = block[-1].copy()
        vectors[first : first + 4096] = block


def _best_ends(
    sums: Floats, tokens: NDArray[np.int64], extra: NDArray[np.float64], scale: float, budget: Budget
) -> list[int]:
    """The ends of the cheapest segments of one section: `sums[j] - sums[i]` is the sum of w v over `[i, j)`,
    `extra[i]` the cost of a border before i."""
    count = len(tokens)
    length = np.concatenate(([0], np.cumsum(tokens)))
    earliest = np.searchsorted(length, length - budget.maximum)
    cost = np.zeros(count + 1)
    origin = np.zeros(count + 1, np.int64)
    for end in range(1, count + 1):
        first = min(int(earliest[end]), end - 1)
        size = length[end] - length[first:end]
        direction = sums[end] - sums[first:end]
        kept = np.einsum("ij,ij->i", direction, direction) / (size * scale)
        costs = cost[first:end] + extra[first:end] + _SIZE * (size / budget.target - 1) ** 2 - kept
        best = int(np.argmin(costs))
        cost[end], origin[end] = costs[best], first + best
    ends = [count]
    while origin[ends[-1]] > 0:
        ends.append(int(origin[ends[-1]]))
    return ends[::-1]


_PERCENTILE = 20


def _percentile(sentences: Sequence[Sentence], sections: Sequence[Section], budget: Budget) -> list[int]:
    """Borders between neighbours that are less similar than 80 % of all pairs, and where a passage is full."""
    headings = find_headings(sentences)
    alike = [similarity.neighbour_cosines(section.vectors) for section in sections]
    floor = {}
    for lexical in (False, True):
        known = [
            pairs[~np.isnan(pairs)]
            for section, pairs in zip(sections, alike, strict=True)
            if section.lexical is lexical
        ]
        pairs = np.concatenate([*known, np.zeros(0, np.float32)])
        floor[lexical] = float(np.percentile(pairs, _PERCENTILE)) if len(pairs) else -1.0
    borders = [0]
    for section, pairs in zip(sections, alike, strict=True):
        size = sentences[section.first].tokens
        for at in range(section.first + 1, section.last):
            size += sentences[at].tokens
            unlike = pairs[at - section.first - 1] < floor[section.lexical] and not headings[at - 1]
            if unlike or size > budget.maximum:
                borders.append(at)
                size = sentences[at].tokens
        borders.append(section.last)
    return borders


def _recursive(sentences: Sequence[Sentence], sections: Sequence[Section], budget: Budget) -> list[int]:
    """Borders of passages that are filled to the target with whole paragraphs, or with the sentences of a
    paragraph that is longer than the target."""
    headings = find_headings(sentences)
    borders = [0]
    for section in sections:
        size = 0
        at = section.first
        while at < section.last:
            unit = at + 1
            while unit < section.last and sentences[unit].paragraph == sentences[at].paragraph:
                unit += 1
            whole = sum(sentence.tokens for sentence in sentences[at:unit])
            lonely = at > borders[-1] and all(headings[borders[-1] : at])
            if whole > budget.target or (lonely and size + whole > budget.target):
                unit, whole = at + 1, sentences[at].tokens
            if at > borders[-1] and size + whole > (budget.maximum if lonely else budget.target):
                borders.append(at)
                size = 0
            size += whole
            at = unit
        borders.append(section.last)
    return borders


_FIXED_REACH = 12  # characters around an even cut within which the end of a word is sought


def _fixed(sentences: Sequence[Sentence], budget: Budget) -> list[Cut]:
    """Cut about every `target` tokens, between words. A sentence belongs to the passage in which it starts.
    The place inside a sentence is interpolated by characters, since only its number of tokens is known; the
    raw offset is exact if the sentence's reading equals its raw text."""
    before = np.concatenate(([0], np.cumsum([sentence.tokens for sentence in sentences])))
    borders = [(0, 0, 0)]  # sentence, character in it, tokens before
    for tokens in range(budget.target, int(before[-1]), budget.target):
        at = int(np.searchsorted(before, tokens, side="right")) - 1
        text = sentences[at].text
        near = int((tokens - before[at]) / sentences[at].tokens * len(text))
        after = borders[-1][1] if borders[-1][0] == at else 0
        place = border(text, after, near, _FIXED_REACH) if near else 0
        if (at, place) > borders[-1][:2]:
            borders.append((at, place, tokens))
    borders.append((len(sentences), 0, int(before[-1])))
    cuts = []
    for (one, place, tokens), (other, stop, tokens_then) in pairwise(borders):
        start = _raw(sentences[one], place)
        end = _raw(sentences[other], stop) if stop else sentences[other - 1].end
        cuts.append(Cut(start, end, one + bool(place), other + bool(stop), tokens_then - tokens))
    return cuts


def _raw(sentence: Sentence, place: int) -> int:
    return sentence.start + round(place * (sentence.end - sentence.start) / len(sentence.text))
