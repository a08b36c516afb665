"""Pieces of a PDF page: a line as PDFium gives it, or a part of one, with the boxes of its words.

What can be said of one page alone is said here: which pieces are drawn twice, which number the lines at
the margin, and which blanks between Chinese characters are only their distance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from desktop_kb.extract.layout import SOLID, SOLID_MARK, Line, begins_within
from desktop_kb.records import Edit

#: A letter of a script that runs to the left.
RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BLANKS: Final = frozenset(" \t\u00a0\u3000")
#: What stands between Chinese characters without a blank: others of them, quotation marks and dashes.
_SOLID_BEFORE: Final = re.compile(f"[{SOLID}“‘—…]")
_SOLID_AFTER: Final = re.compile(f"[{SOLID}”’—…]")
_TOUCHING: Final = re.compile(rf"[{SOLID}](?=[{SOLID}])")
#: Blanks among all neighbours from which on they are the distance of the characters: on a page (a text layer
#: of OCR has them behind each word), in a short line (letter-spaced) and in a long one (justified).
_ON_PAGE = 0.3
_IN_LINE = 0.75
_IN_LONG_LINE = 0.4
_LONG_LINE = 12
_TYPED = 0.15  # letter heights; no font has a narrower blank

#: Hiragana; a form has katakana above a name, and asks for it.
_READING: Final = re.compile("(?!ふりがな)[\u3041-\u309f\u30fc\\s]+")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff々]")
_SMALL_PRINT = 0.65  # of the height of the characters below; print half as large is usual
_CLOSE = 0.4  # of that height, between the two
#: As every word is in which each letter is drawn twice.
_THRICE_TWICE: Final = re.compile(r"(\S)\1(\S)\2(\S)\3")
_LEAST_DOUBLED = 6  # letters of a word in which each is drawn twice
_BACK = 40  # words between a word and the same drawn again, and pieces of the same words that are looked at
_ASIDE = 0.35  # letter heights; text is drawn again that far aside to look bold, or as a shadow
_DIGITS = 3  # of a line's number
_FEWEST_NUMBERED = 8
_RUN_THROUGH = 0.12  # of the numbered lines that begin inside a sentence; a numbered list has none


class Word(NamedTuple):
    """The word `text[start:end]` and its box; `top` and `bottom` are its first letter's, `foot` is the
    bottom of its last."""

    start: int
    end: int
    left: float
    right: float
    top: float
    bottom: float
    foot: float


class Piece(NamedTuple):
    """`text[start:end]` on a page, not blank, with its words; `raised` as in `Line`. The longest word has the
    piece's own size; a superscript has not."""

    start: int
    end: int
    words: tuple[Word, ...]
    raised: tuple[int, int]
    longest: Word
    left: float
    right: float
    size: float
    gap: float  # the widest between two words
    overlaps: bool  # a word begins before the end of the one before it

    @classmethod
    def of(cls, start: int, end: int, words: Sequence[Word], raised: tuple[int, int] = (0, 0)) -> Piece:
        """The piece that these words make."""
        longest = before = words[0]
        left, right = longest.left, longest.right
        width, gap, overlaps = right - left, 0.0 if len(words) < 2 else words[1].left - right, False
        # Once for every word of a book: without `min` and `max`, whose calls would take half of the time.
        for word in words[1:]:
            if word.left < left:
                left = word.left
            if word.right > right:
                right = word.right
            if word.right - word.left > width:
                longest, width = word, word.right - word.left
            if word.left < before.right:
                overlaps = True
            if word.left - before.right > gap:
                gap = word.left - before.right
            before = word
        size = max(longest.bottom - longest.top, 1.0)
        return cls(start, end, tuple(words), raised, longest, left, right, size, gap, overlaps)

    def part(self, words: Sequence[Word]) -> Piece:
        """The part of it that these of its words make."""
        first, last = words[0] == self.words[0], words[-1] == self.words[-1]
        return Piece.of(
            self.start if first else words[0].start,
            self.end if last else words[-1].end,
            words,
            (self.raised[0] if first else 0, self.raised[1] if last else 0),
        )

    def moved(self, by: int) -> Piece:
        """The same at another offset of the text."""
        words = [w._replace(start=w.start + by, end=w.end + by) for w in self.words]
        return Piece.of(self.start + by, self.end + by, words, self.raised)


def line_of(text: str, piece: Piece) -> Line:
    """The piece as a line of its page."""
    left, right, longest = piece.left, piece.right, piece.longest
    if RIGHT_TO_LEFT.search(text, piece.start, piece.end):
        left, right = -right, -left
    top, bottom = longest.top, longest.bottom
    return Line(piece.start, piece.end, 0, left, right, top, bottom, piece.size, piece.gap, piece.raised)


# --- blanks between Chinese characters --------------------------------------------------------


def solid_blanks(text: str, pieces: Sequence[Piece]) -> list[Edit]:
    """Edits that drop blanks between Chinese (or Japanese) characters where they are only the characters'
    distance: PDFium makes them in justified lines, and OCR writes one behind each word. A blank as wide as a
    letter separates cells and stays, and so does a single one in a line without others."""
    if not _SOLID_BEFORE.search(text):
        return []
    found = [(_narrow_blanks(text, piece), _neighbours(text, piece)) for piece in pieces]
    blanks, pairs = sum(len(within) for within, _ in found), sum(count for _, count in found)
    everywhere = blanks >= _ON_PAGE * max(1, blanks + pairs)
    return [
        Edit(start, end)
        for within, count in found
        for start, end, gap in within
        if everywhere
        or gap < _TYPED
        or _is_distance(len(within), len(within) + count)
        or SOLID_MARK.match(text, start - 1)
        or SOLID_MARK.match(text, end)
    ]


def _is_distance(blanks: int, pairs: int) -> bool:
    return blanks > 0 and blanks >= (_IN_LONG_LINE if pairs >= _LONG_LINE else _IN_LINE) * pairs


def _neighbours(text: str, piece: Piece) -> int:
    return sum(1 for _ in _TOUCHING.finditer(text, piece.start, piece.end))


def _narrow_blanks(text: str, piece: Piece) -> list[tuple[int, int, float]]:
    """Start, end and width (in letter heights) of blanks that are narrower than a letter."""
    if len(piece.words) < 2:
        return []
    size = piece.size
    return [
        (a.end, b.start, (b.left - a.right) / size)
        for a, b in pairwise(piece.words)
        if b.left - a.right < size
        and _SOLID_BEFORE.match(text, a.end - 1)
        and _SOLID_AFTER.match(text, b.start)
        and _BLANKS.issuperset(text[a.end : b.start])
    ]


# --- drawn twice -----------------------------------------------------------------------------


def without_doubles(text: str, pieces: Sequence[Piece]) -> tuple[list[Piece], list[Edit]]:
    """The pieces without those that are drawn again in nearly the same place, and edits that drop words drawn
    again within a piece."""
    kept: list[Piece] = []
    edits: list[Edit] = []
    drawn: dict[str, list[Word]] = {}
    by_letter = _THRICE_TWICE.search(text) is not None
    for piece in pieces:
        first, reach = piece.words[0], _ASIDE * piece.size
        before = drawn.setdefault(text[piece.start : piece.end], [])
        if any(
            abs(first.left - o.left) <= reach and abs(first.top - o.top) <= reach for o in before[-_BACK:]
        ):
            continue
        before.append(first)
        kept.append(piece)
        if piece.overlaps:
            edits += _doubled_words(text, piece)
        if by_letter:
            edits += _doubled_letters(text, piece)
    return kept, edits


def _doubled_words(text: str, piece: Piece) -> Iterator[Edit]:
    reach = _ASIDE * piece.size
    furthest, last = piece.words[0].right, piece.words[-1]
    if abs(last.top - piece.words[0].top) > 3 * piece.size:
        return  # it runs up or down the page
    for at, word in enumerate(piece.words[1:], 1):
        if word.left >= furthest:
            furthest = word.right if word.right > furthest else furthest
            continue
        if word.left < furthest - reach and _is_drawn_again(
            text, word, piece.words[max(0, at - _BACK) : at], reach
        ):
            yield Edit(piece.words[at - 1].end, word.end)
        furthest = max(furthest, word.right)


def _doubled_letters(text: str, piece: Piece) -> Iterator[Edit]:
    """Edits that drop every second letter of words whose letters were each drawn twice: 'MMuunniicc'."""
    for word in piece.words:
        said = text[word.start : word.end]
        if len(said) < _LEAST_DOUBLED or said[0] != said[1] or said[::2] != said[1::2]:
            continue
        if len(set(said)) >= _LEAST_DOUBLED / 2 and not said.isdecimal():
            yield from (Edit(at, at + 1) for at in range(word.start + 1, word.end, 2))


def _is_drawn_again(text: str, word: Word, before: Sequence[Word], reach: float) -> bool:
    """It stands in the place of one of the words before it, and is a part of it."""
    said = text[word.start : word.end]
    return any(
        o.left - reach <= word.left
        and word.right <= o.right + reach
        and min(o.bottom, word.bottom) - max(o.top, word.top) > 0.5 * (word.bottom - word.top)
        and said in text[o.start : o.end]
        for o in before
    )


# --- readings above characters ---------------------------------------------------------------


def without_readings(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without the kana that say, small above Chinese characters, how these are read (furigana): between
    the lines they would tear every sentence."""
    small = [piece for piece in pieces if _READING.fullmatch(text, piece.start, piece.end)]
    if not small:
        return list(pieces)
    large = [piece for piece in pieces if _HAN.search(text, piece.start, piece.end)]
    most = _SMALL_PRINT * max((piece.size for piece in large), default=0.0)
    small = [piece for piece in small if piece.size <= most]
    readings = {
        id(one) for one in small if any(_is_above(word, below) for word in one.words for below in large)
    }
    return [piece for piece in pieces if id(piece) not in readings]


def _is_above(word: Word, below: Piece) -> bool:
    """A word in small print that touches the upper edge of a piece."""
    height, top = word.bottom - word.top, below.longest.top
    return (
        height <= _SMALL_PRINT * below.size
        and abs(word.bottom - top) <= _CLOSE * below.size
        and word.left < below.right
        and word.right > below.left
    )


# --- numbers of lines ------------------------------------------------------------------------


def without_line_numbers(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without the numbers that count the lines at a margin, as in court transcripts and drafts of
    laws. They run through the sentences, stand in one column and beside all other text; those of a list or a
    table do not, and stay."""
    for end in (0, -1):
        numbered = [piece for piece in pieces if _is_number(text, piece.words[end])]
        if len(numbered) < _FEWEST_NUMBERED:
            continue
        column = _counting(text, numbered, end)
        if column and _is_margin(text, pieces, column, end):
            rest = {id(piece): piece.words[1:] if end == 0 else piece.words[:-1] for piece in column}
            return [
                piece.part(rest[id(piece)]) if id(piece) in rest else piece
                for piece in pieces
                if rest.get(id(piece), piece.words)
            ]
    return list(pieces)


def _is_number(text: str, word: Word) -> bool:
    return word.end - word.start <= _DIGITS and text[word.start : word.end].isdecimal()


def _counting(text: str, numbered: Sequence[Piece], end: int) -> list[Piece]:
    """Those that share an edge and count on by one or by five from the top, in even steps; none if most do
    not."""
    best: list[Piece] = []
    for side in (0, 1):
        at = [round((p.words[end].right, p.words[end].left)[side] / 2) for p in numbered]
        edge = Counter(at).most_common(1)[0][0]
        column = [piece for piece, place in zip(numbered, at, strict=True) if place == edge]
        column.sort(key=lambda piece: piece.words[end].top)
        numbers = [int(text[slice(*piece.words[end][:2])]) for piece in column]
        steps = [b - a for a, b in pairwise(numbers)]
        begins = bool(numbers) and numbers[0] in (1, 2, 5)
        if begins and len(column) >= _FEWEST_NUMBERED and len(column) > len(best):
            counts = max(steps.count(1), steps.count(5))
            best = column if counts >= 0.9 * len(steps) else best
    return best


def _is_margin(text: str, pieces: Sequence[Piece], column: Sequence[Piece], end: int) -> bool:
    """The column stands beside all other text (but for a line or two), which is prose."""
    numbers = [piece.words[end] for piece in column]
    top, bottom = numbers[0].top, numbers[-1].bottom
    mine = {id(piece) for piece in column}
    others: list[tuple[Word, ...]] = []
    for piece in pieces:
        words = piece.words if id(piece) not in mine else piece.words[1:] if end == 0 else piece.words[:-1]
        if words and top - 1 <= words[0].top and words[0].bottom <= bottom + 1:
            others.append(words)
    if not others:
        return False
    if end == 0:
        edge = max(word.right for word in numbers)
        inside = sum(min(w.left for w in words) < edge for words in others)
    else:
        edge = min(word.left for word in numbers)
        inside = sum(max(w.right for w in words) > edge for words in others)
    going_on = sum(begins_within(text[words[0].start]) for words in others)
    return inside == 0 and going_on >= _RUN_THROUGH * len(others)
