"""How a value that is kept as it was written stands to one that is asked for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from desktop_kb.language.dates import iso_date
from desktop_kb.language.folding import composed, fold
from desktop_kb.language.phrases import bare, holds

_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(?:[.]\d{1,30})?")
#: '007' is a name, not the number seven.
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(?:0|[1-9]\d{0,29})(?:\.\d{1,30})?")
#: Between the values of a list.
_BETWEEN: Final = re.compile(r"[,，、;；]")
_UNLIKE_WORDS: Final = re.compile(r"[\W\d_]*")
_YEAR: Final = re.compile(r"[12]\d{3}")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")


@lru_cache(maxsize=16_384)
def order(value: str, wanted: str) -> int | None:
    """-1, 0 or 1: `value` is less than, equal to or more than `wanted`; None if they cannot be compared.

    Numbers are compared as numbers, times as times, dates as dates and only as exactly as both say
    ('2023/10/08' is equal to '2023-10' and to '2023'); anything else as text, as far as `wanted` goes.
    """
    value, wanted = unicodedata.normalize("NFKC", value), unicodedata.normalize("NFKC", wanted)  # １２．５
    wanted_date = iso_date(wanted)
    if _NUMBER.fullmatch(wanted):
        date = iso_date(value) if _YEAR.fullmatch(wanted) else ""
        if date[4:]:  # more than a year; 20231008 is one too
            return _sign(date[:4], wanted)
        return _sign(float(value), float(wanted)) if _NUMBER.fullmatch(value) else None
    if wanted_date:
        date = iso_date(value)
        exact = min(len(date), len(wanted_date))
        return _sign(date[:exact], wanted_date[:exact]) if date else None
    clocks = _CLOCK.fullmatch(value), _CLOCK.fullmatch(wanted)
    if clocks[0] and clocks[1]:
        mine, theirs = ([int(part or 0) for part in clock.groups()] for clock in clocks if clock)
        return _sign(mine, theirs)
    return _sign(value[: len(wanted)], wanted)


@lru_cache(maxsize=16_384)
def says(value: str, wanted: str) -> bool:
    """Whether a value, or one in a list, is what is asked for: the same number, date or time, or a text with
    these words."""
    wanted = unicodedata.normalize("NFKC", wanted)
    for one in (value, *map(str.strip, _BETWEEN.split(value))):
        if folded(one) == folded(wanted):
            return True
        exact = _PLAIN_NUMBER.fullmatch(wanted) or iso_date(wanted) or _CLOCK.fullmatch(wanted)
        if exact and order(one, wanted) == 0:
            return True
    return not _UNLIKE_WORDS.fullmatch(wanted) and holds(bare(value), bare(wanted))


def bounds(wanted: str) -> tuple[str, str] | None:
    """Both ends of a range such as 2023..2024-06, either of which may be open; None if it is none."""
    low, dots, high = (part.strip() for part in wanted.partition(".."))
    return (low, high.lstrip(".")) if dots and (low or high.strip(".")) else None


def folded(text: str) -> str:
    """A text as filters compare it."""
    return fold(composed(unicodedata.normalize("NFC", text))).strip()


def _sign(mine: Any, theirs: Any) -> int:
    return int(mine > theirs) - int(mine < theirs)
