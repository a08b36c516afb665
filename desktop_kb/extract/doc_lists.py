"""Lists and styles of Word's files of 1997 to 2003 ([MS-DOC] 2.9.131 ff., 2.9.271).

A list has nine levels, or one; a paragraph or its style names an *override* of a list, which may begin with
another number, and the level.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from desktop_kb.extract.numbering import LONGEST_MARK, Level, NumberedList

_LIST, _LEVEL, _OVERRIDE = 28, 28, 16  # bytes
_LEVELS = 9
_MOST = 10_000  # lists, overrides or styles
#: The formats of numbers stand in the order of ECMA-376 part 1, 17.18.59 ([MS-OSHARED] 2.2.1.3).
_FORMATS: Final = (
    *("decimal", "upperRoman", "lowerRoman", "upperLetter", "lowerLetter", "ordinal", "cardinalText"),
    *("ordinalText", "hex", "chicago", "ideographDigital", "japaneseCounting", "aiueo", "iroha"),
    *("decimalFullWidth", "decimalHalfWidth", "japaneseLegal", "japaneseDigitalTenThousand"),
    *(
        "decimalEnclosedCircle",
        "decimalFullWidth2",
        "aiueoFullWidth",
        "irohaFullWidth",
        "decimalZero",
        "bullet",
    ),
    *("ganada", "chosung", "decimalEnclosedFullstop", "decimalEnclosedParen", "decimalEnclosedCircleChinese"),
    *("ideographEnclosedCircle", "ideographTraditional", "ideographZodiac", "ideographZodiacTraditional"),
    *("taiwaneseCounting", "ideographLegalTraditional", "taiwaneseCountingThousand", "taiwaneseDigital"),
    *("chineseCounting", "chineseLegalSimplified", "chineseCountingThousand"),
)
_PARAGRAPH_STYLE = 1


class Style(NamedTuple):
    """A style: its number among those that every file has, the style that it is based on, and what it says of
    paragraphs."""

    built_in: int
    based_on: int
    said: bytes


def styles(data: bytes) -> list[Style]:
    """The styles of a document, by their numbers."""
    found: list[Style] = []
    if len(data) < 6:
        return found
    length, count, base = struct.unpack_from("<HHH", data)
    at = 2 + length
    while at + 2 <= len(data) and len(found) < min(count, _MOST):
        (length,) = struct.unpack_from("<H", data, at)
        found.append(_style(data[at + 2 : at + 2 + length], base))
        at += 2 + length
    return found


def _style(data: bytes, base: int) -> Style:
    if len(data) < base + 2 or base < 6:
        return Style(0xFFF, 0xFFF, b"")
    identity, kind = struct.unpack_from("<HH", data)
    (letters,) = struct.unpack_from("<H", data, base)
    at = base + 2 + 2 * letters + 2
    said = b""
    if kind & 0xF == _PARAGRAPH_STYLE and at + 2 <= len(data):
        (length,) = struct.unpack_from("<H", data, at)
        said = data[at + 4 : at + 2 + length]
    return Style(identity & 0xFFF, kind >> 4, said)


def lists(table: bytes, at: int, length: int, overrides: bytes) -> dict[str, NumberedList]:
    """The lists by the numbers of their overrides.

    Args:
        at, length: where in the table stream the lists are; their levels stand behind them.
    """
    levels = dict(_levels_of_lists(table, at, length))
    found: dict[str, NumberedList] = {}
    for number, (identity, changes) in enumerate(_overrides(overrides), 1):
        held = NumberedList(str(identity), dict(levels.get(identity, {})))
        for depth, start, level in changes:
            if level is not None:
                held.levels[depth] = level
            elif start is not None:
                held.overridden[depth] = start
        found[str(number)] = held
    return found


def _levels_of_lists(table: bytes, at: int, length: int) -> Iterator[tuple[int, dict[int, Level]]]:
    if length < 2 or at + 2 > len(table):
        return
    count = min(struct.unpack_from("<H", table, at)[0], (length - 2) // _LIST, _MOST)
    behind = at + length
    for number in range(count):
        start = at + 2 + _LIST * number
        if start + _LIST > len(table):
            return
        (identity,) = struct.unpack_from("<i", table, start)
        levels: dict[int, Level] = {}
        for depth in range(1 if table[start + 26] & 1 else _LEVELS):
            read = _level(table, behind)
            if read is None:
                return
            levels[depth], behind = read
        yield identity, levels


def _level(data: bytes, at: int) -> tuple[Level, int] | None:
    """A level, and where the next thing begins; None where the data ends."""
    if at + _LEVEL + 2 > len(data):
        return None
    start, format, flags = struct.unpack_from("<iBB", data, at)
    places = set(data[at + 6 : at + 15])
    characters, paragraphs, restart = struct.unpack_from("<BBB", data, at + 24)
    at += _LEVEL + paragraphs + characters
    (letters,) = struct.unpack_from("<H", data, at) if at + 2 <= len(data) else (0,)
    written = data[at + 2 : at + 2 + 2 * letters].decode("utf-16-le", "replace")
    text = "".join(
        f"%{ord(letter) + 1}" if place in places and ord(letter) < _LEVELS else letter
        for place, letter in enumerate(written[:LONGEST_MARK], 1)
    )
    name = _FORMATS[format] if format < len(_FORMATS) else "none" if format == 0xFF else "decimal"
    level = Level(name, text, start, "", restart if flags & 8 else None, bool(flags & 4))
    return level, at + 2 + 2 * letters


def _overrides(data: bytes) -> Iterator[tuple[int, list[tuple[int, int | None, Level | None]]]]:
    """Each override: the identity of its list and what it changes: a level, its start, all of it."""
    if len(data) < 4:
        return
    count = min(struct.unpack_from("<I", data)[0], (len(data) - 4) // _OVERRIDE, _MOST)
    behind = 4 + _OVERRIDE * count
    for number in range(count):
        identity, changed = struct.unpack_from("<i8xB", data, 4 + _OVERRIDE * number)
        behind += 4
        changes: list[tuple[int, int | None, Level | None]] = []
        for _ in range(changed):
            if behind + 8 > len(data):
                break
            start, flags = struct.unpack_from("<iI", data, behind)
            behind += 8
            level = None
            if flags & 0x20:
                read = _level(data, behind)
                if read is None:
                    break
                level, behind = read
            changes.append((flags & 0xF, start if flags & 0x10 else None, level))
        yield identity, changes
