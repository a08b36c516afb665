"""Splits a document into measured sentences with exact raw offsets; overlong ones are cut."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from desktop_kb import language
from desktop_kb.reading import Reading
from desktop_kb.records import Extracted, Floats, Ints, Sentence

#: Token counts (n,) and coverage 0..1 (n,) of each text.
Measure = Callable[[Sequence[str]], tuple[Ints, Floats]]


@dataclass(frozen=True, slots=True)
class Budget:
    """The maximum and the target length of a passage, in the embedder's tokens without special ones."""

    maximum: int = 250
    target: int = 170


DEFAULT_BUDGET: Final = Budget()


def approximate_measure(texts: Sequence[str]) -> tuple[Ints, Floats]:
    """The `Measure` without a model: one token for each Han character or four others; coverage 0."""
    counts = [sum(1.0 if ord(c) > 0x2E7F else 0.25 for c in text) for text in texts]
    return np.ceil(counts).astype(np.int32), np.zeros(len(texts), np.float32)


def split(document: Extracted, measure: Measure, budget: Budget = DEFAULT_BUDGET) -> list[Sentence]:
    """Cut a document into measured sentences with exact raw offsets.

    `section` rises at every heading, `paragraph` at every newline of the reading. A sentence
    over `budget.maximum` is cut at clauses, then spaces, then words, then characters.
    """
    sentences = _measured(_sentences(document), measure)
    while too_long := {at for at, sentence in enumerate(sentences) if sentence.tokens > budget.maximum}:
        pieces = [
            piece
            for at, sentence in enumerate(sentences)
            for piece in (_pieces(document, sentence, budget) if at in too_long else (sentence,))
        ]
        if len(pieces) == len(sentences):
            break  # all overlong ones are single characters
        fresh = [piece for piece in pieces if not piece.tokens]
        measured = iter(_measured(fresh, measure))
        sentences = [piece if piece.tokens else next(measured) for piece in pieces]
    return sentences


def _measured(sentences: Sequence[Sentence], measure: Measure) -> list[Sentence]:
    if not sentences:
        return []
    tokens, coverage = measure([sentence.text for sentence in sentences])
    return [
        replace(sentence, tokens=int(count), coverage=float(share))
        for sentence, count, share in zip(sentences, tokens, coverage, strict=True)
    ]


def _sentences(document: Extracted) -> list[Sentence]:
    """The sentences of the reading, not yet measured."""
    reading = Reading(document.text, document.layout.edits)
    sentences: list[Sentence] = []
    section = paragraph = at = done = 0
    after_heading = False
    for start, end, heading in _spans(document, reading):
        section += heading
        if heading or after_heading or "\n" in reading.text[at:start]:
            paragraph += 1
        after_heading = heading
        at = end
        # An edit cannot be cut, so one that two sentences share belongs to the first.
        raw_start, raw_end = max(done, reading.start(start)), reading.end(end)
        if raw_start < raw_end:
            text = Reading(document.text, document.layout.edits, raw_start, raw_end).text
            sentences.append(Sentence(raw_start, raw_end, text, section, paragraph))
            done = raw_end
    return sentences


def _spans(document: Extracted, reading: Reading) -> Iterator[tuple[int, int, bool]]:
    """Sentences of the reading as `(start, end, is_heading)`."""
    places = range(len(reading.text))
    at = 0
    for heading in (*document.layout.headings, None):
        if heading is None:
            start = end = len(reading.text)
        else:
            start = max(at, bisect_left(places, heading.start, key=reading.start))
            end = max(start, bisect_left(places, heading.end, key=reading.start))
        for first, last in language.sentence_spans(reading.text[at:start]):
            yield at + first, at + last, False
        title = reading.text[start:end]
        if bare := title.strip():
            first = start + len(title) - len(title.lstrip())
            yield first, first + len(bare), True
        at = end


# --- sentences that are too long -------------------------------------------------------------

_CLAUSE = re.compile(r"[,;:，、；：—…)）\]】.。!?！？](?!\w)|[，、；：—…）】。！？]")
_JOINERS = "\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_REACH = 100  # characters around an even cut within which a better one is sought


def _pieces(document: Extracted, sentence: Sentence, budget: Budget) -> list[Sentence]:
    """A sentence in parts of about equal length, not yet measured; unchanged if it cannot be cut."""
    reading = Reading(document.text, document.layout.edits, sentence.start, sentence.end)
    text = reading.text
    parts = min(len(text), max(2, math.ceil(sentence.tokens / budget.target)))
    borders = [0]
    for number in range(1, parts):
        place = border(text, borders[-1], number * len(text) // parts, len(text) // parts // 2)
        if place > borders[-1]:
            borders.append(place)
    borders.append(len(text))
    pieces: list[Sentence] = []
    done = sentence.start
    for first, last in pairwise(borders):
        piece = text[first:last]
        if not piece.strip():
            continue
        first, last = last - len(piece.lstrip()), first + len(piece.rstrip())
        start, end = max(done, reading.start(first)), reading.end(last)
        if start < end:
            read = Reading(document.text, document.layout.edits, start, end).text
            pieces.append(replace(sentence, start=start, end=end, text=read, tokens=0))
            done = end
    return pieces if len(pieces) > 1 else [sentence]


def border(text: str, after: int, near: int, reach: int) -> int:
    """The best offset for a cut near `near`: after a clause, else at a space, after a word, or between
    characters."""
    reach = max(1, min(reach, _REACH))
    first, last = max(after + 1, near - reach), min(len(text) - 1, near + reach)
    if first > last:
        return after
    window = text[first - 1 : last + 1]

    def nearest(places: Iterator[int]) -> int | None:
        return min(
            (place for place in places if first <= place <= last),
            key=lambda place: (abs(place - near), place),
            default=None,
        )

    clause = nearest(first - 1 + match.end() for match in _CLAUSE.finditer(window))
    if clause is not None:
        return clause
    space = nearest(place for place in range(first, last + 1) if text[place].isspace())
    if space is not None:
        return space
    inside = {
        first - 1 + place
        for token in language.word_tokens(window)
        for place in range(token.start + 1, token.end)
    }
    whole = [place for place in range(first, last + 1) if not _joined(text, place)]
    best = nearest(place for place in whole if place not in inside)
    return best or nearest(iter(whole)) or near


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after `at` form one (accents, emoji, surrogates)."""
    before, behind = text[at - 1], text[at]
    return (
        unicodedata.category(behind)[0] == "M"
        or behind in _JOINERS
        or before == "\u200d"
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= behind <= "\udfff")
    )
