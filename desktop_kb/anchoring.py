"""Finds a marked passage again in a text that has changed, by its words and by what stands around them.

The idea is that of the TextQuoteSelector (https://www.w3.org/TR/annotation-model/#text-quote-selector): a mark keeps
its quote and some text before and after it. What has become of it is looked for in this order: it stands in a part of
the text that no edit touched; its words stand somewhere else; its words were edited where they stood. Blanks and line
ends count nothing, so a text may be wrapped anew. Where two places are as likely as each other none is chosen: a mark
on wrong text is worse than one that is adrift.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import islice
from typing import Final

#: Characters before and after a quote that are kept with it.
CONTEXT: Final = 64
#: A quote of so many letters says by itself where it belongs; a Chinese character counts as three.
_DISTINCT: Final = 24
#: How alike the surroundings of a place must be: to choose it, and by how much more than those of another place.
_SURROUNDED, _AHEAD = 0.5, 0.1
#: How much of an edited quote must be left, and how alike its surroundings must be: sentences of one list may differ
#: in a number only.
_EDITED, _EDITED_AROUND = 0.6, 0.8
#: How many letters are looked for at once to find an edited quote; how many places of them, and how many candidates.
_SHINGLE, _MOST_PLACES, _MOST_CANDIDATES = 12, 40, 4
#: How many of a long quote's shingles are looked for: each goes through the whole text.
_MOST_SHINGLES: Final = 400
#: Of more equal quotes than this only those beside so many of the same letters are looked at (.15 ms each).
_MOST_EQUAL, _BESIDE = 500, 6
#: Texts whose lengths multiply to more than this are not compared letter by letter, which takes the square of them.
_COMPARED: Final = 400_000
_SOLID: Final = re.compile(r"\S+")
#: What editors turn into each other, one character each.
_ALIKE: Final = str.maketrans("“”„‟‘’‚‛–—‐‑−", '""""' + "''''" + "-----")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a passage stands, `[start, end)` of the text, and what stands there, before and after it."""

    start: int
    end: int
    quote: str
    before: str
    after: str


def anchor(text: str, start: int, end: int) -> Anchor:
    """The passage `text[start:end]` with what is around it, without blanks at its ends."""
    quote = text[start:end]
    start += len(quote) - len(quote.lstrip())
    end = max(start, end - len(quote) + len(quote.rstrip()))
    return Anchor(
        start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    )


class Letters:
    """A text without blanks, whose places are places of the text."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def all(self) -> str:
        """The letters."""
        return solid(self._text)

    @cached_property
    def _runs(self) -> tuple[list[int], list[int]]:
        """Where each run without blanks begins among the letters, and in the text."""
        among, within, at = [], [], 0
        for run in _SOLID.finditer(self._text):
            among.append(at)
            within.append(run.start())
            at += run.end() - run.start()
        return among, within

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Letters `[start, end)` as a range of the text."""
        return self._at(start), self._at(end - 1) + 1 if end > start else self._at(start)

    def _at(self, letter: int) -> int:
        among, within = self._runs
        run = max(0, bisect_right(among, letter) - 1)
        return within[run] + letter - among[run] if among else 0

    def count_before(self, place: int) -> int:
        """How many letters stand before a place of the text."""
        among, within = self._runs
        run = bisect_right(within, place) - 1
        if run < 0:
            return 0
        following = among[run + 1] if run + 1 < len(among) else len(self.all)
        return min(among[run] + place - within[run], following)


def solid(text: str) -> str:
    """A text without blanks; quotes and dashes in their plain form."""
    return "".join(text.split()).translate(_ALIKE)


class Change:
    """What became of a text, for any number of its marks.

    Args:
        old: the text before; None if it is not known.
    """

    def __init__(self, old: str | None, new: str) -> None:
        self._old, self._new = old, new
        self._letters = Letters(new)
        self._before = Letters(old) if old is not None else None
        self._head = _common(old, new) if old is not None else 0
        self._tail = _common_end(old, new) if old is not None else 0

    def find(self, mark: Anchor, *, adrift: bool = False) -> tuple[int, int] | None:
        """Where the passage stands in the new text; None if that cannot be said.

        Args:
            adrift: it was not in the old text either. Then only its own words count.
        """
        if not adrift and (kept := self._untouched(mark)) is not None:
            return kept
        quote = solid(mark.quote)
        if not quote:
            return None
        found = self._exact(mark, quote, adrift)
        if found is None and not adrift:
            found = self._edited(mark, quote)
        return self._letters.place(*found) if found is not None else None

    def _untouched(self, mark: Anchor) -> tuple[int, int] | None:
        """Its place if it stands before or behind all edits."""
        if self._old is None:
            return None
        if mark.end <= self._head:
            return mark.start, mark.end
        if mark.start >= len(self._old) - self._tail:
            by = len(self._new) - len(self._old)
            return mark.start + by, mark.end + by
        return None

    def _exact(self, mark: Anchor, quote: str, adrift: bool) -> tuple[int, int] | None:
        """Where all its words stand."""
        text = self._letters.all
        before, after = solid(mark.before), solid(mark.after)
        places = _equal(text, quote, before, after)
        alike = [_around(text, at, at + len(quote), before, after) for at in places]
        if not places:
            return None
        best = max(range(len(places)), key=alike.__getitem__)
        rivals = [at for at in range(len(places)) if at != best and alike[at] > alike[best] - _AHEAD]
        if rivals:
            return self._same_turn(mark, quote, places, adrift)
        at, to = places[best], places[best] + len(quote)
        stood = len(_equal(self._before.all, quote, before, after)) if self._before is not None else 1
        if len(places) < stood:  # one of several equal passages is gone: this may be another one
            sure = text[:at].endswith(before or "\0") or text.startswith(after or "\0", to)
            return (at, to) if sure else None
        alone = len(places) == stood == 1 and _weight(quote) >= _DISTINCT
        return (at, to) if alone or alike[best] >= _SURROUNDED else None

    def _same_turn(self, mark: Anchor, quote: str, places: list[int], adrift: bool) -> tuple[int, int] | None:
        """Of equal places with equal surroundings the one that is as many as it was: the third of five."""
        if self._before is None or adrift:
            return None
        stood = _equal(self._before.all, quote, solid(mark.before), solid(mark.after))
        was = self._before.count_before(mark.start)
        if len(stood) != len(places) or was not in stood:
            return None
        at = places[stood.index(was)]
        return at, at + len(quote)

    def _edited(self, mark: Anchor, quote: str) -> tuple[int, int] | None:
        """Where most of its words stand, edited."""
        before, after = solid(mark.before), solid(mark.after)
        whole = before + quote + after
        found: list[tuple[float, int, int]] = []
        for start in self._candidates(whole):
            slack = max(CONTEXT, len(quote) // 2)
            low = max(0, start - slack)
            window = self._letters.all[low : start + len(whole) + slack]
            at, to, left = _aligned(whole, window, len(before), len(before) + len(quote))
            if to <= at or self._stood_elsewhere(quote, window[at:to]):
                continue
            around = _around(self._letters.all, low + at, low + to, before, after)
            if left >= _EDITED and around >= _EDITED_AROUND:
                found.append((left + around, low + at, low + to))
        found.sort(reverse=True)
        rival = next((one for one in found[1:] if one[1] >= found[0][2] or one[2] <= found[0][1]), None)
        if not found or (rival is not None and rival[0] > found[0][0] - _AHEAD):
            return None
        return found[0][1], found[0][2]

    def _stood_elsewhere(self, quote: str, letters: str) -> bool:
        """Words that the old text had as they are, beside those of the quote, are others and not edited ones."""
        if letters == quote:  # `_exact` has looked at all of these
            return True
        old = self._before.all if self._before is not None else ""
        return old.count(letters) > old.count(quote) * quote.count(letters)

    def _candidates(self, whole: str) -> list[int]:
        """Where among the letters something like this may begin, the likeliest first."""
        size = max(4, min(_SHINGLE, len(whole) // 6))
        votes: Counter[int] = Counter()
        step = max(1, size // 2, len(whole) // _MOST_SHINGLES)
        for offset in range(0, max(1, len(whole) - size + 1), step):
            for count, at in enumerate(occurrences(self._letters.all, whole[offset : offset + size])):
                if count == _MOST_PLACES:
                    break
                votes[(at - offset) // CONTEXT] += 1
        # A beginning may lie on the border of two.
        sums = {place: votes[place] + votes[place + 1] for place in votes}
        ordered = sorted(sums, key=lambda place: (-sums[place], place))[:_MOST_CANDIDATES]
        return [max(0, place * CONTEXT) for place in ordered]


def _equal(text: str, quote: str, before: str, after: str) -> list[int]:
    """Where a quote stands; where that is too often to look at, beside the same letters; none if that is too."""
    places = list(islice(occurrences(text, quote), _MOST_EQUAL + 1))
    if len(places) <= _MOST_EQUAL:
        return places
    left, right = before[-_BESIDE:], after[:_BESIDE]
    near = {at + len(left) for at in islice(occurrences(text, left + quote), _MOST_EQUAL + 1)}
    near.update(islice(occurrences(text, quote + right), _MOST_EQUAL + 1))
    return sorted(near) if len(near) <= _MOST_EQUAL else []


def occurrences(text: str, wanted: str) -> Iterator[int]:
    """Where `wanted` stands in a text, overlapping itself too."""
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _aligned(whole: str, window: str, start: int, end: int) -> tuple[int, int, float]:
    """Where `whole[start:end]` is in the window, and the share of it that is the same there, 0..1."""
    blocks = matching_blocks(whole, window)
    same = sum(max(0, min(at + size, end) - max(at, start)) for at, _, size in blocks if size > 1)
    at = _image(blocks, start, ends=False)
    to = _image(blocks, end, ends=True)
    return at, to, same / max(1, end - start, to - at)


def matching_blocks(a: str, b: str) -> list[tuple[int, int, int]]:
    """What two texts have in common, in order, as (place in `a`, place in `b`, letters). Long ones are first parted
    where a shingle stands once in both, as patience diff does with lines
    (https://bramcohen.livejournal.com/73318.html); a part that stays too long has nothing in common."""
    found: list[tuple[int, int, int]] = []
    was, now = 0, 0  # the end of the block before
    for at, there, size in [*_shared(a, b), (len(a), len(b), 0)]:
        if (at - was) * (there - now) <= _COMPARED:
            blocks = SequenceMatcher(None, a[was:at], b[now:there], autojunk=False).get_matching_blocks()
            found += [(was + one.a, now + one.b, one.size) for one in blocks if one.size]
        found.append((at, there, size))
        was, now = at + size, there + size
    return found


def _shared(a: str, b: str) -> list[tuple[int, int, int]]:
    """Stretches that stand in both texts, in the same order in both, and nowhere else; none of short texts."""
    if len(a) * len(b) <= _COMPARED:
        return []
    first, second = _once(a), _once(b)
    pairs = [(at, second[shingle]) for shingle, at in first.items() if shingle in second]
    stretches: list[tuple[int, int, int]] = []
    for at, there in _rising(pairs):
        was, now, size = stretches[-1] if stretches else (0, 0, 0)
        if at < was + size and at - was == there - now:
            stretches[-1] = (was, now, at - was + _SHINGLE)
        elif at >= was + size and there >= now + size:
            stretches.append((at, there, _SHINGLE))
    return stretches


def _once(text: str) -> dict[str, int]:
    """The shingles that stand once in a text, with their places, in order."""
    places: dict[str, int] = {}
    for at in range(len(text) - _SHINGLE + 1):
        shingle = text[at : at + _SHINGLE]
        places[shingle] = -1 if shingle in places else at
    return {shingle: at for shingle, at in places.items() if at >= 0}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most of these pairs, which rise in the first, that rise in the second too."""
    ends: list[int] = []  # the smallest second with which a row of so many may end, and which pair that is
    lasts: list[int] = []
    before: list[int] = []
    for index, (_, there) in enumerate(pairs):
        length = bisect_left(ends, there)
        before.append(lasts[length - 1] if length else -1)
        ends[length : length + 1], lasts[length : length + 1] = [there], [index]
    chosen = []
    index = lasts[-1] if lasts else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = before[index]
    return chosen[::-1]


def _image(blocks: Iterable[tuple[int, int, int]], place: int, *, ends: bool) -> int:
    """Where a place of the first text is in the second. In what was replaced, a beginning is behind that, unless the
    replaced part begins with it; an end is before it, unless the replaced part ends with it."""
    was, now = 0, 0  # the end of the block before
    for a, b, size in blocks:
        if (a < place <= a + size) if ends else (a <= place < a + size):
            return b + place - a
        if place <= a:
            if ends:
                return b if place == a > was else now
            return now if place == was else b
        was, now = a + size, b + size
    return now


def _around(text: str, start: int, end: int, before: str, after: str) -> float:
    """How alike the surroundings of a place are to those of the mark, 0..1: the better side counts twice. Where the
    mark had nothing on a side, neither may the place."""
    left = _alike(before, text[max(0, start - max(1, len(before))) : start])
    right = _alike(after, text[end : end + max(1, len(after))])
    return (2 * max(left, right) + min(left, right)) / 3


def _alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def _weight(quote: str) -> int:
    """How much a quote says: its letters, of which those of Chinese count threefold."""
    return sum(3 if ord(c) >= 0x2E80 else c.isalnum() for c in quote)


def _common(a: str, b: str) -> int:
    """How many characters two texts begin with together."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(a: str, b: str) -> int:
    """How many characters two texts end with together."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low
