"""Hits as they are handed out: raw text, reading, page, the sentence that answers, and merging.

Merging is presentation: the passage that matched was ranked before it gets here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from desktop_kb.reading import read_slice
from desktop_kb.records import Copy, Hit, Key, Location, Moment, Slice, StoredPassage, Why
from desktop_kb.search.context import Candidate
from desktop_kb.search.fold import same_text
from desktop_kb.search.sentences import COMPETING, MARKED, SentenceScorer

#: Characters that are read between two passages before all of them.
_GLANCE: Final = 1_000
Span = tuple[int, int]


class HitBuilder:
    """Makes hits of one search; keeps what each passage's text holds while it lives.

    Args:
        places: where the documents stand, also those of copies.
    """

    def __init__(
        self, moment: Moment, scorer: SentenceScorer, places: Mapping[str, Sequence[Location]]
    ) -> None:
        self._moment = moment
        self._scorer = scorer
        self._places = places
        self._dates: dict[str, str | None] = {}
        self._slices: dict[Key, Slice] = {}

    def read(self, places: Iterable[Key]) -> None:
        """Read what stands there, all at once; what is not read before is read when it is needed."""
        asked = [place for place in places if place not in self._slices]
        if asked:
            self._slices.update(zip(asked, self._moment.slices(asked), strict=True))

    def sentence_scores(
        self, candidate: Candidate, neighbour: float = COMPETING
    ) -> list[tuple[tuple[int, int], float]]:
        """The passage's sentences, raw [start, end), each with its own score, 0..1, and so much of its neighbours'.

        Headings are left out unless there is nothing else: they add weight to their neighbours, but answer
        nothing.
        """
        passage = candidate.passage
        slice = self._slice(*passage.key)
        spans = [(int(start), int(end)) for start, end in passage.sentences]
        spans = spans or [(passage.start, passage.end)]
        readings = [read_slice(slice, *span) for span in spans]
        scores = self._scorer.scores(readings, passage.vectors, candidate.script, neighbour)
        scored = [(span, float(score)) for span, score in zip(spans, scores, strict=True)]
        return [pair for pair in scored if not _is_heading(slice, pair[0])] or scored

    def build(self, candidate: Candidate, sentence: Span | None, why: Why) -> Hit:
        """The hit for a passage, or for one sentence of it. Its rank is 0 until the order is final."""
        passage = candidate.passage
        slice = self._slice(*passage.key)
        start, end = sentence or (passage.start, passage.end)
        places = self._places.get(passage.document, ())
        return Hit(
            rank=0,
            document=passage.document,
            path=places[0].path if places else "",
            part=places[0].part if places else "",
            places=tuple(dict.fromkeys(place.path for place in places)),
            title=passage.title,
            type=passage.type,
            heading=passage.heading,
            **_pages(slice, passage, start, end),  # type: ignore[arg-type]
            start=start,
            end=end,
            text=slice.text[start - slice.start : end - slice.start],
            shown=read_slice(slice, start, end).strip(),
            best=sentence or self._best(candidate),
            score=candidate.score,
            weak=candidate.weak,
            why=why,
            copies=tuple(self._copies(candidate, sentence)),
            date=self._date(passage.document),
        )

    def _copies(self, candidate: Candidate, sentence: Span | None) -> Iterator[Copy]:
        """The other passages of this text, or the other places of this sentence in them."""
        if not candidate.copies:
            return
        said = self._read(candidate.passage, sentence) if sentence else candidate.passage.text
        for copy in candidate.copies:
            span: Span | None = (copy.start, copy.end)
            if sentence:
                spans = ((int(start), int(end)) for start, end in copy.sentences)
                span = next((one for one in spans if same_text(self._read(copy, one), said)), None)
            if span is not None:
                path, part = next(iter(self._places.get(copy.document, ())), Location(""))
                date = self._date(copy.document)
                same = bool(sentence) or same_text(copy.text, said)
                yield Copy(copy.document, path, *span, date, same, part)

    def _date(self, document: str) -> str | None:
        if document not in self._dates:
            self._dates[document] = self._moment.times([document])[document].date or None
        return self._dates[document]

    def _read(self, passage: StoredPassage, span: Span) -> str:
        return read_slice(self._slice(*passage.key), *span)

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
            for number in reversed(others):  # the hit was between two others
                merged[first] = self._joined(merged[first], merged.pop(number))
        return merged

    def _adjacent(self, one: Hit, other: Hit) -> bool:
        if one.document != other.document:
            return False
        first, second = sorted((one, other), key=lambda hit: hit.start)
        if first.end > second.start:
            return False
        # Half a book may lie between them, of which a glance says enough.
        for end in sorted({min(first.end + _GLANCE, second.start), second.start}):
            (between,) = self._moment.slices([Key(one.document, first.end, end)])
            if read_slice(between, first.end, end).strip():
                return False
        return True

    def _joined(self, hit: Hit, other: Hit) -> Hit:
        start, end = min(hit.start, other.start), max(hit.end, other.end)
        slice = self._slice(hit.document, start, end)
        pages = None
        if hit.pages and other.pages:
            pages = (min(hit.pages[0], other.pages[0]), max(hit.pages[1], other.pages[1]))
        first = min((hit, other), key=lambda one: one.start)
        return replace(
            hit,
            start=start,
            end=end,
            text=slice.text,
            shown=read_slice(slice, start, end).strip(),
            page=first.page,
            page_label=first.page_label,
            recognized=hit.recognized or other.recognized,
            pages=pages,
        )

    def _best(self, candidate: Candidate) -> Span:
        scored = self.sentence_scores(candidate, MARKED)
        return scored[int(np.argmax([score for _, score in scored]))][0]

    def _slice(self, document: str, start: int, end: int) -> Slice:
        key = Key(document, start, end)
        self.read([key])
        return self._slices[key]


def _is_heading(slice: Slice, span: tuple[int, int]) -> bool:
    start, end = (offset - slice.start for offset in span)
    headings = slice.layout.headings
    at = bisect_right(headings, start, key=lambda heading: heading.start) - 1
    return at >= 0 and end <= headings[at].end


def _pages(slice: Slice, passage: StoredPassage, start: int, end: int) -> dict[str, object]:
    """Where `[start, end)` stands: the first page, the first and last, and what is printed on it."""
    pages = slice.layout.pages
    if passage.page is None or not pages:
        return {"page": None, "pages": None, "page_label": None, "recognized": False}
    begin = [page.start + slice.start for page in pages]
    first = max(0, bisect_right(begin, start) - 1)
    last = max(first, bisect_left(begin, end) - 1)
    return {
        "page": slice.first_page + first,
        "pages": (slice.first_page + first, slice.first_page + last),
        "page_label": pages[first].label,
        "recognized": any(page.recognized for page in pages[first : last + 1]),
    }
