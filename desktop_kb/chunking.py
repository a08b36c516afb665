"""Documents into sentences, sentences into chunks. Pure: text and arrays in, offsets out.

Hides how sentences find their way back to the file, how an endless one is cut, and where the
meaning changes.

Invariants:
    Sentences are sorted, disjoint and hold every character of the reading that is no space;
    `read(text, edits, sentence.start, sentence.end) == sentence.text`.
    None is longer than `Budget.maximum`, unless it is a single character.
    A heading is a sentence of its own, the first one of its section and the only one of its
    paragraph. Section 0 is what stands before the first heading.
    Chunks hold every sentence once, in order; the same input gives the same chunks anywhere.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from desktop_kb import language
from desktop_kb.reading import Reading
from desktop_kb.records import Cut, Extracted, Floats, Ints, Sentence

STRATEGIES = ("semantic", "percentile", "recursive", "fixed")
Measure = Callable[[Sequence[str]], tuple[Ints, Floats]]


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a chunk may be and should be, in the embedder's tokens without specials."""

    maximum: int = 250
    target: int = 170


# --- sentences -------------------------------------------------------------------------------


def split(document: Extracted, measure: Measure, budget: Budget = Budget()) -> list[Sentence]:
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
            break  # single characters
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
        # Two sentences may share one edit, which cannot be cut: it goes to the first of them.
        raw_start, raw_end = max(done, reading.start(start)), reading.end(end)
        if raw_start < raw_end:
            text = Reading(document.text, document.layout.edits, raw_start, raw_end).text
            sentences.append(Sentence(raw_start, raw_end, text, section, paragraph))
            done = raw_end
    return sentences


def _spans(document: Extracted, reading: Reading) -> Iterator[tuple[int, int, bool]]:
    """Sentences of the reading as `(start, end, is a heading)`."""
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
_FIXED_REACH = 12
_REACH = 100  # characters around an even cut in which a better one is looked for


def _pieces(document: Extracted, sentence: Sentence, budget: Budget) -> list[Sentence]:
    """A sentence in about even parts, not yet measured; itself if it cannot be cut."""
    reading = Reading(document.text, document.layout.edits, sentence.start, sentence.end)
    text = reading.text
    parts = min(len(text), max(2, math.ceil(sentence.tokens / budget.target)))
    borders = [0]
    for number in range(1, parts):
        border = _border(text, borders[-1], number * len(text) // parts, len(text) // parts // 2)
        if border > borders[-1]:
            borders.append(border)
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


def _border(text: str, after: int, near: int, reach: int) -> int:
    """The best place for a cut close to `near`: behind a clause, a space, a word, a character."""
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
    """The characters before and behind `at` make one (accents, emoji, surrogates)."""
    before, behind = text[at - 1], text[at]
    return (
        unicodedata.category(behind)[0] == "M"
        or behind in _JOINERS
        or before == "\u200d"
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= behind <= "\udfff")
    )


# --- what sentences are about ----------------------------------------------------------------

_HASHED = 256


def lexical_vectors(sentences: Sequence[Sentence]) -> Floats:
    """Hashed word vectors of sentences: float32 (n, 256), unit rows, zero where no word is.

    Words and grams, signed hashing (Weinberger et al. 2009), weighted by BM25's idf over these
    sentences. They stand in where a model does not know the script.
    """
    counts = [Counter(language.words(s.text) + language.grams(s.text)) for s in sentences]
    frequency = Counter(term for count in counts for term in count)
    total = len(sentences)
    weights = {
        term: (zlib.crc32(term.encode()), math.log(1 + (total - n + 0.5) / (n + 0.5)))
        for term, n in frequency.items()
    }
    vectors = np.zeros((total, _HASHED), np.float32)
    for row, count in zip(vectors, counts, strict=True):
        for term, n in count.items():
            key, weight = weights[term]
            row[key % _HASHED] += (1 if key & 2**16 else -1) * weight * math.sqrt(n)
    return unit(vectors)


def unit(vectors: Floats) -> Floats:
    """Rows of unit length; zero rows stay zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]  # `norm` makes a copy of it all
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def _told(vectors: Floats) -> NDArray[np.bool_]:
    """Which rows are not zero, bool (n,)."""
    return np.asarray(vectors.any(axis=1))


@dataclass(frozen=True, slots=True)
class _Run:
    """`sentences[first:last]`, which no chunk may leave, and their vectors in one space.

    `vectors` is float32 (n, d), unit rows or zero; `mean` (d,) is that of the whole document in
    this space. Vectors of a lexical run and of another must not be compared.
    """

    first: int
    last: int
    lexical: bool
    vectors: Floats
    mean: Floats


def _runs(sentences: Sequence[Sentence], vectors: Floats | None) -> list[_Run]:
    """The sections, each with its vectors: the model's where it covers half of the tokens or
    more (what it does not cover is neutral there), word vectors otherwise."""
    tokens = np.array([sentence.tokens for sentence in sentences])
    model = np.zeros((len(sentences), 1), np.float32) if vectors is None else vectors
    covered = _told(model)
    spaces = {False: model}
    runs: list[_Run] = []
    for first, last in _sections(sentences):
        part = slice(first, last)
        lexical = bool(tokens[part][covered[part]].sum() * 2 < tokens[part].sum() or not covered[part].any())
        if lexical and True not in spaces:
            spaces[True] = lexical_vectors(sentences)
        space = spaces[lexical]
        runs.append(_Run(first, last, lexical, space[part], space[0]))
    means = {lexical: _mean(space) for lexical, space in spaces.items()}
    return [replace(run, mean=means[run.lexical]) for run in runs]


def _mean(vectors: Floats) -> Floats:
    """Of the rows that are not zero."""
    told = max(1, int(_told(vectors).sum()))
    return np.asarray(vectors.sum(axis=0, dtype=np.float64) / told, np.float32)


def _sections(sentences: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    """Sections as `[first, last)`; a heading without text shares that of the next heading."""
    heading = _headings(sentences)
    first = 0
    for at in range(1, len(sentences)):
        if sentences[at].section != sentences[at - 1].section and not heading[at - 1]:
            yield first, at
            first = at
    yield first, len(sentences)


def _headings(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences are headings: the first paragraph of every section but 0."""
    found: list[bool] = []
    opening = (-1, -1)
    for sentence in sentences:
        if sentence.section != opening[0]:
            opening = sentence.section, sentence.paragraph
        found.append(sentence.section > 0 and sentence.paragraph == opening[1])
    return found


_COLON = (":", "：")
_STOP = re.compile(r"[.!?。！？…;；][\"'”’»)\]）】」』》]*$")


def _leads(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences end in a colon, or are a paragraph by themselves that no mark ends."""
    found = []
    for at, sentence in enumerate(sentences):
        text = sentence.text.rstrip()
        begins = at == 0 or sentences[at - 1].paragraph != sentence.paragraph
        found.append(text.endswith(_COLON) or (begins and not _STOP.search(text)))
    return found


# --- chunks ----------------------------------------------------------------------------------


def cut(
    sentences: Sequence[Sentence],
    vectors: Floats | None,
    strategy: str = "semantic",
    budget: Budget = Budget(),
) -> list[Cut]:
    """Group sentences into chunks.

    Args:
        vectors: float32 (n, d), unit rows, zeros where the model does not know the text; None
            where there is no model. Such sections are cut by the words they share.
        strategy: one of `STRATEGIES`. 'semantic' looks for the best borders of the whole
            document; 'percentile' cuts wherever neighbours are less alike than 80 % of all
            neighbours are; 'recursive' fills chunks with paragraphs, else sentences; 'fixed'
            cuts every `budget.target` tokens, inside sentences too.

    No chunk crosses a heading, save that headings without text go with what follows them, and
    save 'fixed', which knows neither headings nor sentences.
    """
    if not sentences:
        return []
    if strategy == "fixed":
        return _fixed(sentences, budget)
    find = {"semantic": _semantic, "percentile": _percentile, "recursive": _recursive}[strategy]
    borders = find(sentences, _runs(sentences, vectors if strategy != "recursive" else None), budget)
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


#: Weights of the semantic cut, in chunks of the target size that are wholly about one thing.
#: R@1k / R@2k on Chroma's texts (276 questions, +- .02; ranked as in tests/bench/references.py), by
#: vectors and by vectors + BM25:
#:     _SIZE 2, _PARAGRAPH .1        mean 162 tokens   .579 / .757   .697 / .829
#:     _SIZE 2, _PARAGRAPH 0         mean 163          .557 / .712   .706 / .846
#:     _SIZE .5, _PARAGRAPH .1       mean 136          .588 / .753   .737 / .846
#:     the same DP, random vectors   mean 159          .543 / .732   .706 / .840
#:     recursive, target 200         mean 167          .547 / .733   .702 / .835
#:     percentile                    mean 110          .515 / .691   .648 / .814
#: So borders help the vectors and paragraphs help the borders; once words vote too, only size
#: is left, and _SIZE is what keeps the mean near the target.
_SIZE = 2.0
_PARAGRAPH = 0.1
_HEADING = 10.0
#: Behind a line that asks to be read on: as much as a chunk of half the target size.
_LEAD = 0.5


def _semantic(sentences: Sequence[Sentence], runs: Sequence[_Run], budget: Budget) -> list[int]:
    """Borders that minimise, over all chunks of T tokens,

        _SIZE * (T / target - 1)^2  -  |sum of w v|^2 / (T * target * s)

    where v are the sentence vectors minus the document's mean (less of it in a short document,
    which has nothing to stand out against), w their tokens, s the mean of |v|^2: the second term
    is the share of the meaning that the chunk's mean direction keeps. That is k-means' objective
    on contiguous segments, solved by dynamic programming as in Utiyama & Isahara (2001). A border
    between paragraphs costs _PARAGRAPH less, one behind a heading _HEADING more, one behind a
    list's lead, a row of a table or a heading that the file does not call one _LEAD more.
    """
    headings = _headings(sentences)
    leads = _leads(sentences)
    total = sum(sentence.tokens for sentence in sentences)
    known = max(0.0, 1 - budget.maximum / max(1, total))
    borders = [0]
    for run in runs:
        tokens = np.array([max(1, sentence.tokens) for sentence in sentences[run.first : run.last]])
        # One array of a book's size is made, not five: (120,000, 384) takes 184 MB.
        sums = np.zeros((len(tokens) + 1, run.vectors.shape[1]), np.float32)
        vectors = sums[1:]
        np.subtract(run.vectors, np.float32(known) * run.mean, out=vectors)
        vectors[~_told(run.vectors)] = 0
        scale = budget.target * max(1e-6, float(np.einsum("ij,ij->i", vectors, vectors).mean()))
        _add_up(vectors, tokens)
        extra = np.zeros(len(tokens))
        for at in range(1, len(tokens)):
            before = run.first + at - 1
            if sentences[before].paragraph != sentences[before + 1].paragraph:
                extra[at] = _HEADING if headings[before] else _LEAD if leads[before] else -_PARAGRAPH
        borders.extend(run.first + end for end in _best_ends(sums, tokens, extra, scale, budget))
    return borders


def _add_up(vectors: Floats, tokens: NDArray[np.int64]) -> None:
    """Make each row the sum of all rows up to it, times their tokens; in place, in double precision."""
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
    """The ends of the cheapest segments of one run: `sums[j] - sums[i]` is the sum of w v of `[i, j)`,
    `extra[i]` is what a border before i costs."""
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


def _percentile(sentences: Sequence[Sentence], runs: Sequence[_Run], budget: Budget) -> list[int]:
    """Borders wherever neighbours are less alike than in 80 % of all pairs, or the chunk is full."""
    headings = _headings(sentences)
    alike = [_neighbours(run.vectors) for run in runs]
    floor = {}
    for lexical in (False, True):
        known = [
            pairs[~np.isnan(pairs)] for run, pairs in zip(runs, alike, strict=True) if run.lexical is lexical
        ]
        pairs = np.concatenate([*known, np.zeros(0, np.float32)])
        floor[lexical] = float(np.percentile(pairs, _PERCENTILE)) if len(pairs) else -1.0
    borders = [0]
    for run, pairs in zip(runs, alike, strict=True):
        size = sentences[run.first].tokens
        for at in range(run.first + 1, run.last):
            size += sentences[at].tokens
            unlike = pairs[at - run.first - 1] < floor[run.lexical] and not headings[at - 1]
            if unlike or size > budget.maximum:
                borders.append(at)
                size = sentences[at].tokens
        borders.append(run.last)
    return borders


def _neighbours(vectors: Floats) -> Floats:
    """Cosine of each unit row and the next, float32 (n - 1,), NaN where one of them is zero."""
    alike = np.einsum("ij,ij->i", vectors[:-1], vectors[1:])
    told = _told(vectors)
    return np.where(told[:-1] & told[1:], alike, np.float32(np.nan))


def _recursive(sentences: Sequence[Sentence], runs: Sequence[_Run], budget: Budget) -> list[int]:
    """Borders of chunks filled to the target with whole paragraphs, or, where a paragraph is
    longer than that, with its sentences."""
    headings = _headings(sentences)
    borders = [0]
    for run in runs:
        size = 0
        at = run.first
        while at < run.last:
            unit = at + 1
            while unit < run.last and sentences[unit].paragraph == sentences[at].paragraph:
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
        borders.append(run.last)
    return borders


def _fixed(sentences: Sequence[Sentence], budget: Budget) -> list[Cut]:
    """Cuts about every `target` tokens, between words. A sentence belongs to the chunk it starts
    in. Places inside a sentence are told by its characters, since single tokens are not known,
    and are exact where its reading is its raw text."""
    before = np.concatenate(([0], np.cumsum([sentence.tokens for sentence in sentences])))
    borders = [(0, 0, 0)]  # sentence, character in it, tokens before
    for tokens in range(budget.target, int(before[-1]), budget.target):
        at = int(np.searchsorted(before, tokens, side="right")) - 1
        text = sentences[at].text
        near = int((tokens - before[at]) / sentences[at].tokens * len(text))
        after = borders[-1][1] if borders[-1][0] == at else 0
        place = _border(text, after, near, _FIXED_REACH) if near else 0
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
