"""Hits as they are handed out: raw text, reading, page, the sentence that answers, and merging.

Merging is presentation: the passage that matched was ranked before it gets here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from desktop_kb.reading import read
from desktop_kb.records import Hit, Layout, Page, Why
from desktop_kb.search.sentences import SentenceScorer
from desktop_kb.store import Passage, Snapshot


class HitBuilder:
    """Makes hits of one search; keeps each document's text while it lives."""

    def __init__(self, snapshot: Snapshot, scorer: SentenceScorer) -> None:
        self._snapshot = snapshot
        self._scorer = scorer
        self._texts: dict[int, tuple[str, Layout]] = {}
        self._places: dict[int, tuple[str, ...]] = {}

    def sentence_scores(self, passage: Passage) -> list[tuple[tuple[int, int], float]]:
        """The passage's sentences, raw [start, end), each with its own score, 0..1.

        A heading lends its neighbour weight but answers nothing itself: it is left out where
        there is anything else.
        """
        text, layout = self._text(passage.document_id)
        spans = [(int(start), int(end)) for start, end in passage.sentences]
        spans = spans or [(passage.start, passage.end)]
        readings = [read(text, layout.edits, *span) for span in spans]
        scores = self._scorer.scores(readings, passage.sentence_vectors)
        scored = [(span, float(score)) for span, score in zip(spans, scores, strict=True)]
        return [pair for pair in scored if not _is_heading(layout, pair[0])] or scored

    def build(
        self, passage: Passage, sentence: tuple[int, int] | None, *, score: float, weak: bool, why: Why
    ) -> Hit:
        """The hit for a passage, or for one sentence of it. Its rank is 0 until it is known."""
        text, layout = self._text(passage.document_id)
        start, end = sentence or (passage.start, passage.end)
        places = self._paths(passage.document_id)
        return Hit(
            rank=0,
            document=passage.document,
            path=places[0] if places else "",
            places=places,
            title=passage.title,
            type=passage.type,
            heading=passage.heading,
            **_pages(layout.pages, passage, start, end),  # type: ignore[arg-type]
            start=start,
            end=end,
            text=text[start:end],
            shown=read(text, layout.edits, start, end).strip(),
            best=sentence or self._best(passage),
            score=score,
            weak=weak,
            why=why,
        )

    def merge(self, hits: Sequence[Hit]) -> list[Hit]:
        """Hits whose passages follow each other in a document become one, at the better's rank.

        Between them nothing is read: white space, furniture.
        """
        merged: list[Hit] = []
        for hit in hits:
            neighbours = [i for i, other in enumerate(merged) if self._adjacent(other, hit)]
            if not neighbours:
                merged.append(hit)
                continue
            first, *others = neighbours
            merged[first] = self._joined(merged[first], hit)
            for number in reversed(others):  # it stood between two
                merged[first] = self._joined(merged[first], merged.pop(number))
        return merged

    def _adjacent(self, one: Hit, other: Hit) -> bool:
        if one.document != other.document:
            return False
        first, second = sorted((one, other), key=lambda hit: hit.start)
        text, layout = self._of(one.document)
        return first.end <= second.start and not read(text, layout.edits, first.end, second.start).strip()

    def _joined(self, hit: Hit, other: Hit) -> Hit:
        start, end = min(hit.start, other.start), max(hit.end, other.end)
        text, layout = self._of(hit.document)
        pages = None
        if hit.pages and other.pages:
            pages = (min(hit.pages[0], other.pages[0]), max(hit.pages[1], other.pages[1]))
        first = min((hit, other), key=lambda one: one.start)
        return replace(
            hit,
            start=start,
            end=end,
            text=text[start:end],
            shown=read(text, layout.edits, start, end).strip(),
            page=first.page,
            page_label=first.page_label,
            pages=pages,
        )

    def _best(self, passage: Passage) -> tuple[int, int]:
        scored = self.sentence_scores(passage)
        return scored[int(np.argmax([score for _, score in scored]))][0]

    def _text(self, document_id: int) -> tuple[str, Layout]:
        if document_id not in self._texts:
            self._texts[document_id] = self._snapshot.text(document_id)
        return self._texts[document_id]

    def _of(self, document: str) -> tuple[str, Layout]:
        return self._text(self._snapshot.document_id(document))

    def _paths(self, document_id: int) -> tuple[str, ...]:
        if document_id not in self._places:
            self._places |= self._snapshot.paths([document_id])
        return self._places.get(document_id, ())


def _is_heading(layout: Layout, span: tuple[int, int]) -> bool:
    at = bisect_right(layout.headings, span[0], key=lambda heading: heading.start) - 1
    return at >= 0 and span[1] <= layout.headings[at].end


def _pages(pages: Sequence[Page], passage: Passage, start: int, end: int) -> dict[str, object]:
    """Where `[start, end)` stands: the first page, the first and last, and what is printed on it."""
    if passage.page is None or not pages:
        return {"page": None, "pages": None, "page_label": None}
    last_of_passage = passage.last_page or passage.page
    within = range(passage.page, min(last_of_passage, len(pages)) + 1)
    first = max((n for n in within if pages[n - 1].start <= start), default=passage.page)
    last = max((n for n in within if pages[n - 1].start < end), default=first)
    return {"page": first, "pages": (first, last), "page_label": pages[first - 1].label}
