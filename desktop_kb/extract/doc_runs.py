"""What Word's files of 1997 to 2003 say of their characters and paragraphs ([MS-DOC] 2.6 and 2.9).

Properties stand in pages of 512 bytes, each about a stretch of the file: a paragraph's style, and modifiers
(sprm) of what the style says. Only the modifiers that decide what is read, and how letters look, are looked at.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Final, NamedTuple

from desktop_kb.extract.doc_lists import Style
from desktop_kb.records import LookKind

_PAGE = 512
_PARAGRAPH_ENTRY, _CHARACTERS_ENTRY = 13, 1  # bytes
_MOST_RUNS = 2_000_000
_DELETED, _HIDDEN, _OUTLINE, _ROW_END, _IN_TABLE = 0x0800, 0x083C, 0x2640, 0x2417, 0x2416
#: How letters look; the operand is 1, or 0x81 for the opposite of what the style says.
_LOOKS: Final[dict[int, LookKind]] = {0x0835: "bold", 0x0836: "italic", 0x0837: "struck", 0x2A53: "struck"}
_IS_SO = 1
_POSITION = 0x2A48
_POSITIONS: Final[dict[int, LookKind]] = {1: "raised", 2: "lowered"}
_LIST, _DEPTH = 0x460B, 0x260A
_MOST_LISTS = 0x7FE  # larger numbers say that there is none
_STEPS = 20  # styles that a style may be based on, one on the other
#: Bytes of an operand by the upper three bits of its modifier; 0: its first byte says it.
_OPERANDS: Final = (1, 1, 2, 4, 2, 2, 0, 3)
_DEFINES_TABLE: Final = frozenset({0xD606, 0xD608})  # two bytes say the length of theirs
_FIRST_HEADING, _LAST_HEADING, _BODY_TEXT = 1, 9, 9  # styles with these numbers are headings in every file


class Looks(NamedTuple):
    """How a paragraph stands: the level of a heading or 0; in a table, and there the end of a row; the number of its
    list or 0, and the level in that from 0."""

    level: int = 0
    in_table: bool = False
    ends_row: bool = False
    list: int = 0
    depth: int = 0


class Paragraphs:
    """The looks of paragraphs by the place of their marks in the file."""

    def __init__(self, stream: bytes, table: bytes, styles: Sequence[Style]) -> None:
        by_style = _by_style(styles)
        runs = sorted(_runs(stream, table, _PARAGRAPH_ENTRY, _paragraph))
        self.known = bool(runs)
        self._starts = [start for start, _, _ in runs]
        self._ends = [end for _, end, _ in runs]
        looks = lru_cache(maxsize=10_000)(partial(_looks, by_style=by_style))
        self._looks = [looks(said) for _, _, said in runs]

    def at(self, place: int) -> Looks:
        """The looks of the paragraph whose mark is at this byte."""
        index = bisect_right(self._starts, place) - 1
        return self._looks[index] if index >= 0 and place < self._ends[index] else Looks()


class Letters(NamedTuple):
    """A stretch of the file, from byte `start` on, whose characters are not read, or look like this."""

    start: int
    end: int
    unread: bool
    kinds: tuple[LookKind, ...]


class Characters:
    """What is said of characters, by their places in the file."""

    def __init__(self, stream: bytes, table: bytes) -> None:
        looks = lru_cache(maxsize=10_000)(_letters)
        told = (
            (start, end, *looks(said))
            for start, end, said in _runs(stream, table, _CHARACTERS_ENTRY, _characters)
        )
        self._runs = sorted(Letters(*one) for one in told if one[2] or one[3])
        self._starts = [one.start for one in self._runs]

    def over(self, start: int, end: int) -> Iterator[Letters]:
        """The stretches that are not plain within these bytes, cut to them, in their order."""
        for one in islice(self._runs, max(0, bisect_right(self._starts, start) - 1), None):
            if one.start >= end:
                break
            first, last = max(start, one.start), min(end, one.end)
            if first < last:
                yield Letters(first, last, one.unread, one.kinds)
                start = last


def _letters(said: bytes) -> tuple[bool, tuple[LookKind, ...]]:
    """Whether characters are not read, and how they look."""
    modifiers = dict(_modifiers(said))
    is_unread = modifiers.get(_DELETED) == 1 or modifiers.get(_HIDDEN) == 1
    kinds = {kind for one, kind in _LOOKS.items() if modifiers.get(one, 0) & _IS_SO}
    place = _POSITIONS.get(modifiers.get(_POSITION, 0))
    return is_unread, tuple(sorted(kinds | ({place} if place else set())))


def _by_style(styles: Sequence[Style]) -> list[dict[int, int]]:
    """What each style says of its paragraphs, with the styles that it is based on; of a heading its level."""
    found: list[dict[int, int]] = []
    for style in styles:
        said: dict[int, int] = {}
        for _ in range(_STEPS):
            own = dict(_modifiers(style.said))
            if _FIRST_HEADING <= style.built_in <= _LAST_HEADING:
                own.setdefault(_OUTLINE, style.built_in - 1)
                own.setdefault(_DEPTH, style.built_in - 1)
            said = own | said
            if style.based_on >= len(styles):
                break
            style = styles[style.based_on]
        found.append(said)
    return found


def _looks(said: bytes, by_style: Sequence[dict[int, int]]) -> Looks:
    style = int.from_bytes(said[:2], "little")
    modifiers = dict(_modifiers(said[2:]))
    if style < len(by_style):
        modifiers = by_style[style] | modifiers
    elif _FIRST_HEADING <= style <= _LAST_HEADING:
        modifiers.setdefault(_OUTLINE, style - 1)
    outline = modifiers.get(_OUTLINE, _BODY_TEXT)
    number = modifiers.get(_LIST, 0)
    return Looks(
        outline + 1 if outline < _BODY_TEXT else 0,
        modifiers.get(_IN_TABLE) == 1,
        modifiers.get(_ROW_END) == 1,
        number if number <= _MOST_LISTS else 0,
        modifiers.get(_DEPTH, 0),
    )


def _runs(
    stream: bytes, table: bytes, width: int, said: Callable[[bytes, int], bytes]
) -> Iterator[tuple[int, int, bytes]]:
    """All runs: start, end and what is said of it. `width` is the length of an entry of the pages."""
    pages = (len(table) - 4) // 8
    seen = 0
    for number in range(max(0, pages)):
        (where,) = struct.unpack_from("<I", table, 4 * (pages + 1) + 4 * number)
        page = stream[(where & 0x3FFFFF) * _PAGE :][:_PAGE]
        if len(page) < _PAGE:
            continue
        count = page[-1]
        entries = 4 * (count + 1)
        if entries + width * count > _PAGE - 1:
            continue
        seen += count
        if seen > _MOST_RUNS:
            return
        places = struct.unpack_from(f"<{count + 1}I", page)
        for index in range(count):
            offset = 2 * page[entries + width * index]
            if places[index] < places[index + 1]:
                yield places[index], places[index + 1], said(page, offset) if offset else b""


def _paragraph(page: bytes, offset: int) -> bytes:
    length = 2 * page[offset] - 1
    if length < 0:
        offset += 1
        length = 2 * page[offset]
    return page[offset + 1 : offset + 1 + length]


def _characters(page: bytes, offset: int) -> bytes:
    return page[offset + 1 : offset + 1 + page[offset]]


def _modifiers(said: bytes) -> Iterator[tuple[int, int]]:
    """Each modifier with its operand, of which only those of one or two bytes matter here."""
    at = 0
    while at + 3 <= len(said):
        (modifier,) = struct.unpack_from("<H", said, at)
        length = _OPERANDS[modifier >> 13]
        if modifier in _DEFINES_TABLE:
            length = 1 + int.from_bytes(said[at + 2 : at + 4], "little")
        elif not length:
            length = 1 + said[at + 2]
        yield modifier, int.from_bytes(said[at + 2 : at + 2 + min(length, 2)], "little")
        at += 2 + length
